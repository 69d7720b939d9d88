/* The local APIC's registers in memory, its states after power-up and INIT, and its modes. */
#include "tests/host/one_lapic.h"

/* SDM volume 3, "Local APIC Register Address Map". */
static void registers_lie_where_the_sdm_says(void **state)
{
	assert_int_equal(VLAPIC_ID, 0x20);
	assert_int_equal(VLAPIC_VERSION, 0x30);
	assert_int_equal(VLAPIC_TPR, 0x80);
	assert_int_equal(VLAPIC_APR, 0x90);
	assert_int_equal(VLAPIC_PPR, 0xa0);
	assert_int_equal(VLAPIC_EOI, 0xb0);
	assert_int_equal(VLAPIC_REMOTE_READ, 0xc0);
	assert_int_equal(VLAPIC_LDR, 0xd0);
	assert_int_equal(VLAPIC_DFR, 0xe0);
	assert_int_equal(VLAPIC_SVR, 0xf0);
	assert_int_equal(VLAPIC_ISR, 0x100);
	assert_int_equal(VLAPIC_TMR, 0x180);
	assert_int_equal(VLAPIC_IRR, 0x200);
	assert_int_equal(VLAPIC_ESR, 0x280);
	assert_int_equal(VLAPIC_ICR, 0x300);
	assert_int_equal(VLAPIC_ICR_HIGH, 0x310);
	assert_int_equal(VLAPIC_LVT_TIMER, 0x320);
	assert_int_equal(VLAPIC_LVT_THERMAL, 0x330);
	assert_int_equal(VLAPIC_LVT_PERFORMANCE, 0x340);
	assert_int_equal(VLAPIC_LVT_LINT0, 0x350);
	assert_int_equal(VLAPIC_LVT_LINT1, 0x360);
	assert_int_equal(VLAPIC_LVT_ERROR, 0x370);
	assert_int_equal(VLAPIC_INITIAL_COUNT, 0x380);
	assert_int_equal(VLAPIC_CURRENT_COUNT, 0x390);
	assert_int_equal(VLAPIC_DIVIDE, 0x3e0);
	assert_int_equal(VLAPIC_SELF_IPI, 0x3f0);
}

static void expect_reset_state(void)
{
	assert_int_equal(get(VLAPIC_LDR), 0);
	assert_int_equal(get(VLAPIC_DFR), 0xffffffff);
	assert_int_equal(get(VLAPIC_TPR), 0);
	assert_int_equal(get(VLAPIC_SVR), 0xff);
	assert_int_equal(get(VLAPIC_ICR), 0);
	assert_int_equal(get(VLAPIC_ICR_HIGH), 0);
	assert_int_equal(get(VLAPIC_INITIAL_COUNT), 0);
	assert_int_equal(get(VLAPIC_CURRENT_COUNT), 0);
	assert_int_equal(get(VLAPIC_DIVIDE), 0);
	for (unsigned at = VLAPIC_LVT_TIMER; at <= VLAPIC_LVT_ERROR; at += 0x10)
		assert_int_equal(get(at), 0x10000);
	for (unsigned at = VLAPIC_ISR; at <= VLAPIC_ESR; at += 0x10)
		assert_int_equal(get(at), 0);
}

/* "Local APIC State After Power-Up or Reset". */
static void power_up_state(void **state)
{
	assert_int_equal(vlapic_mode(&lapic), VLAPIC_XAPIC);
	assert_int_equal(lapic.base, APIC_ENABLED);
	assert_int_equal(get(VLAPIC_ID), LAPIC_ID_OF_TEST << 24);
	/* Integrated, six LVT entries, EOI broadcasts can be suppressed. */
	assert_int_equal(get(VLAPIC_VERSION), 0x01050014);
	expect_reset_state();
	assert_int_equal(errors(), 0);
	assert_false(vlapic_pending(&lapic));
}

static void only_the_bootstrap_processor_says_so(void **state)
{
	vlapic_init(&lapic, page, 1, false, &connections, &told);
	assert_int_equal(lapic.base, 0xfee00800);
}

static void scribble(void)
{
	set(VLAPIC_SVR, 0x1ff);
	set(VLAPIC_ID, 0x77000000);
	set(VLAPIC_LDR, 0x02000000);
	set(VLAPIC_DFR, 0x0fffffff);
	set(VLAPIC_TPR, 0x30);
	set(VLAPIC_LVT_ERROR, 0xfe);
	set(VLAPIC_LVT_TIMER, 0x20040);
	set(VLAPIC_INITIAL_COUNT, 1000);
	set(VLAPIC_ICR_HIGH, 0x05000000);
	vlapic_post(&lapic, 0x50, true);
	vlapic_pending(&lapic);
	vlapic_acknowledge(&lapic);
	vlapic_post(&lapic, 0x60, false);
	vlapic_pending(&lapic);
	vlapic_post(&lapic, 0x70, false);
	vlapic_post_extint(&lapic);
}

/* "Local APIC State After It Receives an INIT Reset": all but the APIC id and the base. */
static void init_keeps_the_id_and_the_base(void **state)
{
	bool is_tsc;

	scribble();
	vlapic_set_base(&lapic, 0xfe000900);
	told.timer_changes = 0;
	vlapic_init_reset(&lapic);
	assert_int_equal(told.timer_changes, 1);
	assert_int_equal(get(VLAPIC_ID), 0x77000000);
	assert_int_equal(lapic.base, 0xfe000900);
	expect_reset_state();
	assert_false(vlapic_pending(&lapic));
	assert_int_equal(vlapic_deadline(&lapic, &is_tsc), DEVICE_NEVER);
}

static void reset_restores_all(void **state)
{
	scribble();
	vlapic_set_base(&lapic, 0xfe000900);
	told.timer_changes = 0;
	vlapic_reset(&lapic);
	assert_int_equal(told.timer_changes, 1);
	power_up_state(state);
}

static void init_keeps_x2apic_mode(void **state)
{
	assert_true(vlapic_set_base(&lapic, APIC_X2APIC));
	assert_true(wrmsr(0x808, 0x20));
	vlapic_init_reset(&lapic);
	assert_int_equal(vlapic_mode(&lapic), VLAPIC_X2APIC);
	assert_int_equal(rdmsr(0x802), LAPIC_ID_OF_TEST);
	assert_int_equal(rdmsr(0x80d), 0x00020020);
	assert_int_equal(rdmsr(0x808), 0);
}

/* "x2APIC State Transitions", every pair of states. */
static void mode_transitions(void **state)
{
	static const uint64_t values[] = { 0xfee00000, 0xfee00800, 0xfee00c00 };
	static const bool legal[3][3] = {
		/* to disabled, xAPIC, x2APIC; from disabled: */
		{ true, true, false },
		{ true, true, true },
		{ true, false, true },
	};

	for (unsigned from = 0; from < 3; from++) {
		for (unsigned to = 0; to < 3; to++) {
			power_up(NULL);
			assert_true(vlapic_set_base(&lapic, values[from]));
			assert_int_equal(vlapic_set_base(&lapic, values[to]), legal[from][to]);
			assert_int_equal(lapic.base, values[legal[from][to] ? to : from]);
			assert_int_equal(vlapic_mode(&lapic), legal[from][to] ? to : from);
			/* EXTD without EN is no state at all. */
			assert_false(vlapic_set_base(&lapic, 0xfee00400));
		}
	}
}

static void reserved_bits_of_the_base(void **state)
{
	for (unsigned bit = 0; bit < 64; bit++) {
		bool reserved = bit < 8 || bit == 9 || bit >= 52;

		if (bit == 10 || bit == 11)
			continue;
		assert_int_equal(vlapic_set_base(&lapic, 0x800ull | 1ull << bit), !reserved);
	}
}

static void disabling_loses_the_registers_but_not_the_id(void **state)
{
	scribble();
	told.timer_changes = 0;
	assert_true(vlapic_set_base(&lapic, 0xfee00100));
	assert_int_equal(told.timer_changes, 1);
	assert_false(vlapic_pending(&lapic));
	assert_true(vlapic_set_base(&lapic, APIC_ENABLED));
	expect_reset_state();
	assert_int_equal(get(VLAPIC_ID), LAPIC_ID_OF_TEST << 24);
}

static void x2apic_mode_keeps_what_xapic_mode_set(void **state)
{
	scribble();
	assert_true(vlapic_set_base(&lapic, APIC_X2APIC));
	assert_int_equal(rdmsr(0x802), LAPIC_ID_OF_TEST);
	assert_int_equal(rdmsr(0x80d), 0x00020020);
	assert_int_equal(rdmsr(0x808), 0x30);
	assert_int_equal(rdmsr(0x80f), 0x1ff);
	assert_int_equal(rdmsr(0x837), 0xfe);
	assert_int_equal(rdmsr(0x812), 1u << 16); /* 50h in service */
	assert_int_equal(rdmsr(0x823), 1u << 0 | 1u << 16);
}

/* Registers that software only stores: which bits stick. */
static void writable_bits(void **state)
{
	static const struct {
		unsigned offset;
		uint32_t ones;
	} registers[] = {
		{ 0x020, 0xff000000 }, { 0x030, 0x01050014 },
		{ 0x080, 0x000000ff }, { 0x0a0, 0x000000ff } /* follows the TPR */,
		{ 0x0c0, 0x00000000 }, { 0x0d0, 0xff000000 },
		{ 0x0e0, 0xffffffff }, { 0x0f0, 0x000013ff },
		{ 0x300, 0x000ccfff }, { 0x310, 0xff000000 },
		{ 0x320, 0x000700ff }, { 0x330, 0x000107ff },
		{ 0x340, 0x000107ff }, { 0x350, 0x0001a7ff },
		{ 0x360, 0x0001a7ff }, { 0x370, 0x000100ff },
		{ 0x390, 0x00000000 }, { 0x3e0, 0x0000000b },
	};

	set(VLAPIC_SVR, 0x1ff);
	for (unsigned i = 0; i < ARRAY_SIZE(registers); i++) {
		set(registers[i].offset, 0xffffffff);
		assert_int_equal(get(registers[i].offset), registers[i].ones);
	}
	assert_int_equal(errors(), 0);
	set(VLAPIC_DFR, 0);
	assert_int_equal(get(VLAPIC_DFR), 0x0fffffff);
	set(VLAPIC_LVT_TIMER, 0);
	set(VLAPIC_INITIAL_COUNT, 0xffffffff);
	assert_int_equal(get(VLAPIC_INITIAL_COUNT), 0xffffffff);
}

static void sets_of_vectors_are_read_only(void **state)
{
	for (unsigned at = VLAPIC_ISR; at < VLAPIC_ESR; at += 0x10) {
		set(at, 0xffffffff);
		assert_int_equal(get(at), 0);
	}
	assert_int_equal(errors(), 0);
}

/* "Error Handling": bit 7, an access to a register that is not there. */
static void reserved_registers_are_errors(void **state)
{
	static const unsigned reserved[] = { 0x000, 0x010, 0x040, 0x050, 0x060, 0x070, 0x290,
					     0x2e0, 0x2f0, 0x3a0, 0x3d0, 0x3f0, 0x400, 0xff0 };

	for (unsigned i = 0; i < ARRAY_SIZE(reserved); i++) {
		assert_int_equal(get(reserved[i]), 0);
		assert_int_equal(errors(), 0x80);
		set(reserved[i], 0xffffffff);
		assert_int_equal(errors(), 0x80);
		assert_int_equal(errors(), 0);
	}
	assert_int_equal(get(VLAPIC_EOI), 0); /* write-only, but there */
	assert_int_equal(errors(), 0);
}

static void odd_accesses_do_no_harm(void **state)
{
	set(VLAPIC_SVR, 0x1ff);
	assert_int_equal(vlapic_read(&lapic, 0x30, 1), 0x14);
	assert_int_equal(vlapic_read(&lapic, 0x32, 1), 0x05);
	assert_int_equal(vlapic_read(&lapic, 0x32, 2), 0x0105);
	assert_int_equal(vlapic_read(&lapic, 0x30, 8), 0x01050014);
	assert_int_equal(vlapic_read(&lapic, 0x34, 4), 0);
	assert_int_equal(vlapic_read(&lapic, VLAPIC_CURRENT_COUNT + 8, 4), 0);
	vlapic_write(&lapic, VLAPIC_CURRENT_COUNT + 8, 4, 1);
	assert_int_equal(errors(), 0);
	vlapic_write(&lapic, VLAPIC_TPR, 1, 0x20);
	vlapic_write(&lapic, VLAPIC_TPR, 2, 0x20);
	vlapic_write(&lapic, VLAPIC_TPR + 4, 4, 0x20);
	vlapic_write(&lapic, VLAPIC_TPR + 1, 4, 0x20);
	assert_int_equal(get(VLAPIC_TPR), 0);
	vlapic_write(&lapic, VLAPIC_TPR, 8, 0x1111111100000020);
	assert_int_equal(get(VLAPIC_TPR), 0x20);
}

static void virtual_wire(void **state)
{
	vlapic_set_virtual_wire(&lapic);
	assert_int_equal(get(VLAPIC_SVR), 0x1ff);
	assert_int_equal(get(VLAPIC_LVT_LINT0), 0x700);
	assert_int_equal(get(VLAPIC_LVT_LINT1), 0x400);
	vlapic_init(&lapic, page, 1, false, &connections, &told);
	vlapic_set_virtual_wire(&lapic);
	assert_int_equal(get(VLAPIC_LVT_LINT0), 0x10700);
	assert_int_equal(get(VLAPIC_LVT_LINT1), 0x400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registers_lie_where_the_sdm_says),
		cmocka_unit_test_setup(power_up_state, power_up),
		cmocka_unit_test_setup(only_the_bootstrap_processor_says_so, power_up),
		cmocka_unit_test_setup(init_keeps_the_id_and_the_base, power_up),
		cmocka_unit_test_setup(reset_restores_all, power_up),
		cmocka_unit_test_setup(init_keeps_x2apic_mode, power_up),
		cmocka_unit_test_setup(mode_transitions, power_up),
		cmocka_unit_test_setup(reserved_bits_of_the_base, power_up),
		cmocka_unit_test_setup(disabling_loses_the_registers_but_not_the_id, power_up),
		cmocka_unit_test_setup(x2apic_mode_keeps_what_xapic_mode_set, power_up),
		cmocka_unit_test_setup(writable_bits, power_up),
		cmocka_unit_test_setup(sets_of_vectors_are_read_only, power_up),
		cmocka_unit_test_setup(reserved_registers_are_errors, power_up),
		cmocka_unit_test_setup(odd_accesses_do_no_harm, power_up),
		cmocka_unit_test_setup(virtual_wire, power_up),
	};

	return cmocka_run_group_tests_name("vlapic", tests, NULL, NULL);
}
