/* The states that recipes begin with: each breaks no rule, and so do variations that a guest may well be
 * in. A rule that is too strict fails here. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>

#include "vmx/check/entry_sample.h"
#include "vmx/check/guest_states.h"
#include "vmx/exit/exit_decode.h"
#include "vmx/vcpu/interruptibility.h"
#include "x86/cpuid.h"

static void print_rule(void *context, const struct entry_rule *rule)
{
	char line[ENTRY_CHECK_LINE_MAX];

	entry_check_line(rule, context, line, sizeof(line));
	print_message("# %s\n", line);
}

static void assert_good(struct entry_check_input *in)
{
	assert_int_equal(entry_check_run(in, print_rule, in), 0);
}

static void assert_bad(struct entry_check_input *in)
{
	assert_int_not_equal(entry_check_run(in, print_rule, in), 0);
}

static struct vmx_capability cap;

static struct entry_check_input good(enum guest_state state)
{
	struct entry_check_input in;

	cap = sample_everything();
	sample_entry(&cap, &in);
	guest_state_become(&in, state);
	return in;
}

static void every_state_is_good(void **unused)
{
	for (unsigned state = 0; state < GUEST_STATES; state++) {
		struct entry_check_input in = good((enum guest_state)state);

		assert_good(&in);
	}
}

static void every_paged_state_is_good_without_unrestricted_guest(void **unused)
{
	for (unsigned state = 0; state < GUEST_STATE_REAL; state++) {
		struct entry_check_input in = good((enum guest_state)state);
		uint64_t secondary = field(&in, VMCS_SECONDARY_CONTROLS);

		secondary &= ~(uint64_t)SECONDARY_UNRESTRICTED_GUEST;
		set_field(&in, VMCS_SECONDARY_CONTROLS, secondary);
		assert_good(&in);
	}
	struct entry_check_input in = good(GUEST_STATE_REAL);
	set_field(&in, VMCS_SECONDARY_CONTROLS,
		  field(&in, VMCS_SECONDARY_CONTROLS) & ~(uint64_t)SECONDARY_UNRESTRICTED_GUEST);
	assert_bad(&in);
}

static void user_code_is_good(void **unused)
{
	for (unsigned state = 0; state <= GUEST_STATE_PROTECTED; state++) {
		struct entry_check_input in = good((enum guest_state)state);

		guest_state_become_user(&in);
		assert_good(&in);
	}
}

/* All but CS and TR may be unusable, and are then not looked at. */
static void unusable_segments_are_good(void **unused)
{
	struct entry_check_input in = good(GUEST_STATE_64);

	for (unsigned i = 0; i < SEGMENT_COUNT; i++) {
		if (i == SEGMENT_CS || i == SEGMENT_TR)
			continue;
		set_field(&in, (enum vmcs_field)VMCS_GUEST_RIGHTS(i), RIGHTS_UNUSABLE);
		if (i != SEGMENT_FS && i != SEGMENT_GS)
			set_field(&in, (enum vmcs_field)VMCS_GUEST_BASE(i), ~0ull);
	}
	set_field(&in, VMCS_GUEST_LDTR_SELECTOR, SELECTOR_TI);
	assert_good(&in);
}

static void real_mode_code_may_be_data(void **unused)
{
	struct entry_check_input in = good(GUEST_STATE_REAL);

	set_field(&in, VMCS_GUEST_CS_AR_BYTES, RIGHTS_DATA16);
	assert_good(&in);
}

static void stacks_may_expand_down(void **unused)
{
	struct entry_check_input in = good(GUEST_STATE_PROTECTED);

	set_field(&in, VMCS_GUEST_SS_AR_BYTES, RIGHTS_DATA32 | TYPE_EXPAND_DOWN);
	assert_good(&in);
}

/* CD and NW are the CPU's own, whatever its fixed bits say. */
static void cache_bits_are_not_looked_at(void **unused)
{
	struct entry_check_input in = good(GUEST_STATE_64);

	cap.cr0_fixed1 &= ~(uint64_t)(CR0_CD | CR0_NW);
	set_field(&in, VMCS_GUEST_CR0, field(&in, VMCS_GUEST_CR0) | CR0_CD | CR0_NW);
	assert_good(&in);
	cap.cr0_fixed0 |= CR0_CD;
	set_field(&in, VMCS_GUEST_CR0, field(&in, VMCS_GUEST_CR0) & ~(uint64_t)(CR0_CD | CR0_NW));
	assert_good(&in);
}

/* RIP of 64-bit code may lie one past the lower half's end: the next fetch faults, not the entry. */
static void rip_may_be_uncanonical_by_one_bit(void **unused)
{
	struct entry_check_input in = good(GUEST_STATE_64);

	set_field(&in, VMCS_GUEST_RIP, 1ull << (cap.linear_bits - 1));
	assert_good(&in);
	set_field(&in, VMCS_GUEST_RIP, 1ull << cap.linear_bits);
	assert_bad(&in);
}

static void halted_guests_take_what_wakes_them(void **unused)
{
	static const uint32_t events[] = {
		INTERRUPTION_VALID | 0x20,
		INTERRUPTION_VALID | INTERRUPTION_NMI << 8 | 2,
		INTERRUPTION_VALID | INTERRUPTION_HARDWARE_EXCEPTION << 8 | 1,
	};

	for (unsigned i = 0; i < ARRAY_SIZE(events); i++) {
		struct entry_check_input in = good(GUEST_STATE_64);

		set_field(&in, VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_IF);
		set_field(&in, VMCS_GUEST_ACTIVITY, ACTIVITY_HLT);
		set_field(&in, VMCS_ENTRY_INTERRUPTION_INFO, events[i]);
		assert_good(&in);
	}
}

static void stepped_guests_have_their_step_pending(void **unused)
{
	struct entry_check_input in = good(GUEST_STATE_64);

	set_field(&in, VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_TF);
	set_field(&in, VMCS_GUEST_INTERRUPTIBILITY, BLOCKING_BY_MOV_SS);
	assert_bad(&in);
	set_field(&in, VMCS_GUEST_PENDING_DEBUG, PENDING_DEBUG_BS);
	assert_good(&in);
}

static void bus_locks_are_pending_where_they_are_noticed(void **unused)
{
	struct entry_check_input in = good(GUEST_STATE_64);

	set_field(&in, VMCS_GUEST_PENDING_DEBUG, PENDING_DEBUG_BUS_LOCK);
	cap.leaf7_ecx &= ~(uint32_t)CPUID_7_ECX_BUS_LOCK_DETECT;
	assert_bad(&in);
	cap.leaf7_ecx |= (uint32_t)CPUID_7_ECX_BUS_LOCK_DETECT;
	assert_good(&in);
}

static void link_pointers_may_lead_to_shadows(void **unused)
{
	struct entry_check_input in = good(GUEST_STATE_64);
	uint64_t secondary = field(&in, VMCS_SECONDARY_CONTROLS) | SECONDARY_VMCS_SHADOWING;

	set_field(&in, VMCS_LINK_POINTER, in.spare_page);
	in.memory.link_revision = vmx_revision(&cap);
	assert_good(&in);
	set_field(&in, VMCS_SECONDARY_CONTROLS, secondary);
	set_field(&in, VMCS_VMREAD_BITMAP_ADDRESS, in.spare_page);
	set_field(&in, VMCS_VMWRITE_BITMAP_ADDRESS, in.spare_page);
	assert_bad(&in);
	in.memory.link_revision |= 1u << 31;
	assert_good(&in);
}

static void msr_areas_are_good_up_to_their_count(void **unused)
{
	struct entry_check_input in = good(GUEST_STATE_64);

	in.memory.msr_load_count = 2;
	in.memory.msr_load[0] = (struct msr_area_entry) { .index = MSR_LSTAR, .value = 1 };
	in.memory.msr_load[1] = (struct msr_area_entry) { .index = MSR_FS_BASE };
	set_field(&in, VMCS_ENTRY_MSR_LOAD_ADDRESS, in.spare_page);
	set_field(&in, VMCS_ENTRY_MSR_LOAD_COUNT, 1);
	assert_good(&in);
	set_field(&in, VMCS_ENTRY_MSR_LOAD_COUNT, 2);
	assert_bad(&in);
	in.memory.msr_load[1] =
		(struct msr_area_entry) { .index = MSR_EFER, .value = field(&in, VMCS_GUEST_EFER) };
	assert_good(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_is_good),
		cmocka_unit_test(every_paged_state_is_good_without_unrestricted_guest),
		cmocka_unit_test(user_code_is_good),
		cmocka_unit_test(unusable_segments_are_good),
		cmocka_unit_test(real_mode_code_may_be_data),
		cmocka_unit_test(stacks_may_expand_down),
		cmocka_unit_test(cache_bits_are_not_looked_at),
		cmocka_unit_test(rip_may_be_uncanonical_by_one_bit),
		cmocka_unit_test(halted_guests_take_what_wakes_them),
		cmocka_unit_test(stepped_guests_have_their_step_pending),
		cmocka_unit_test(bus_locks_are_pending_where_they_are_noticed),
		cmocka_unit_test(link_pointers_may_lead_to_shadows),
		cmocka_unit_test(msr_areas_are_good_up_to_their_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
