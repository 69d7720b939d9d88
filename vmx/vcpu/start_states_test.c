/* Tests of the states in which vCPUs begin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vmx/vcpu/start_state.h"
#include "x86/control_registers.h"
#include "x86/segment.h"

/* What VM entry asks of any usable segment: SDM volume 3, "Checks on Guest Segment Registers". */
static void check_segments(const struct start_state *state)
{
	for (unsigned i = 0; i < SEGMENT_COUNT; i++) {
		const struct start_segment *s = &state->segments[i];
		uint32_t type = s->rights & RIGHTS_TYPE;

		assert_true(s->rights & RIGHTS_P);
		assert_int_equal(s->rights & RIGHTS_RESERVED, 0);
		/* The granularity must not contradict the limit. */
		if ((s->limit & 0xfff) != 0xfff)
			assert_false(s->rights & RIGHTS_G);
		if (s->limit & 0xfff00000)
			assert_true(s->rights & RIGHTS_G);
		if (i == SEGMENT_TR)
			assert_int_equal(type, TYPE_TSS_BUSY);
		else if (i == SEGMENT_LDTR)
			assert_int_equal(type, TYPE_LDT);
		else
			assert_int_equal(type & TYPE_ACCESSED, TYPE_ACCESSED);
	}
	assert_int_equal(!!(state->segments[SEGMENT_CS].rights & RIGHTS_L),
			 !!(state->view.efer & EFER_LMA));
}

static struct start_state begin(enum vcpu_mode mode, uint64_t entry)
{
	struct vcpu_config config = { .mode = mode,
				      .page_table = { 0x1000 },
				      .stack_pointer = 0x8000 };
	struct start_state state;

	start_state_of_mode(&config, gpa(entry), &state);
	check_segments(&state);
	return state;
}

static void real_mode(void **unused)
{
	struct start_state state = begin(VCPU_MODE_REAL16, 0x7c0d);

	assert_int_equal(state.segments[SEGMENT_CS].selector, 0x7c0);
	assert_int_equal(state.segments[SEGMENT_CS].base, 0x7c00);
	assert_int_equal(state.rip, 0xd);
	assert_int_equal(state.view.cr0 & (CR0_PE | CR0_PG), 0);
	assert_int_equal(state.rsp, 0x8000);
}

static void reset(void **unused)
{
	struct start_state state = begin(VCPU_MODE_RESET, 0);

	assert_int_equal(state.view.cr0, 0x60000010);
	assert_int_equal(state.segments[SEGMENT_CS].selector, 0xf000);
	assert_int_equal(state.segments[SEGMENT_CS].base + state.rip, 0xfffffff0);
	assert_int_equal(state.segments[SEGMENT_DS].limit, 0xffff);
	assert_int_equal(state.table_limit, 0xffff);
}

static void paged_modes(void **unused)
{
	struct start_state state = begin(VCPU_MODE_PAE32, 0x100000);

	assert_int_equal(state.cr3, 0x1000);
	assert_int_equal(state.view.cr4, CR4_PAE);
	assert_true(control_is_pae(&state.view));
	assert_int_equal(state.rip, 0x100000);

	state = begin(VCPU_MODE_LONG64, 0x100000);
	assert_int_equal(state.view.efer, EFER_LME | EFER_LMA);
	assert_int_equal(state.segments[SEGMENT_CS].rights & RIGHTS_DB, 0);

	state = begin(VCPU_MODE_PROT32, 0x100000);
	assert_int_equal(state.view.cr0 & (CR0_PE | CR0_PG), CR0_PE);
	assert_int_equal(state.cr3, 0);
}

static void init_keeps_the_cache_bits(void **unused)
{
	struct start_state state;

	start_state_after_init(CR0_PE | CR0_PG | CR0_CD | CR0_WP, &state);
	assert_int_equal(state.view.cr0, CR0_CD | CR0_ET);
	check_segments(&state);
}

static void sipi(void **unused)
{
	struct start_state state;

	start_state_after_init(CR0_RESET, &state);
	start_state_after_sipi(0x9f, &state);
	assert_int_equal(state.segments[SEGMENT_CS].selector, 0x9f00);
	assert_int_equal(state.segments[SEGMENT_CS].base, 0x9f000);
	assert_int_equal(state.rip, 0);
	assert_int_equal(state.view.cr0, CR0_RESET);
	check_segments(&state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_mode),   cmocka_unit_test(reset),
		cmocka_unit_test(paged_modes), cmocka_unit_test(init_keeps_the_cache_bits),
		cmocka_unit_test(sipi),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
