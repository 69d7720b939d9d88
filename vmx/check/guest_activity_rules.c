/* SDM volume 3, "Checks on Guest Non-Register State": the activity state, and which events it lets in. */
#include "vmx/check/guest_words.h"
#include "vmx/exit/exit_decode.h"
#include "x86/exception.h"
#include "x86/msr.h"

static uint64_t activity(const struct entry_check_input *in)
{
	return field(in, VMCS_GUEST_ACTIVITY);
}

/* --- the state itself ------------------------------------------------------------------------ */

static bool activity_is_supported(const struct entry_check_input *in)
{
	switch (activity(in)) {
	case ACTIVITY_ACTIVE:
		return true;
	case ACTIVITY_HLT:
		return in->capability->misc & VMX_MISC_ACTIVITY_HLT;
	case ACTIVITY_SHUTDOWN:
		return in->capability->misc & VMX_MISC_ACTIVITY_SHUTDOWN;
	case ACTIVITY_WAIT_FOR_SIPI:
		return in->capability->misc & VMX_MISC_ACTIVITY_WAIT_SIPI;
	default:
		return false;
	}
}

/* In that state, and it is not the state itself that is wrong. */
static bool is_in(const struct entry_check_input *in, enum activity_state state)
{
	return activity(in) == state && activity_is_supported(in);
}

static bool only_level_0_halts(const struct entry_check_input *in)
{
	return implies(is_in(in, ACTIVITY_HLT), !dpl_of(in, SEGMENT_SS));
}

static void halt_at_level_3(struct entry_check_input *in)
{
	guest_state_become_user(in);
	set_field(in, VMCS_GUEST_ACTIVITY, ACTIVITY_HLT);
}

static bool blocked_is_active(const struct entry_check_input *in)
{
	bool blocked = interruptibility(in) & (BLOCKING_BY_STI | BLOCKING_BY_MOV_SS);

	return implies(blocked && activity_is_supported(in), activity(in) == ACTIVITY_ACTIVE);
}

static bool is_not_waiting_for_sipi(const struct entry_check_input *in)
{
	return !is_in(in, ACTIVITY_WAIT_FOR_SIPI);
}

/* --- events ---------------------------------------------------------------------------------- */

static bool injects_exception(const struct entry_check_input *in, uint64_t vector)
{
	return injects_type(in, INTERRUPTION_HARDWARE_EXCEPTION) &&
	       field_get(injected(in), INTERRUPTION_VECTOR_MASK) == vector;
}

/* The pending MTF VM exit: type 7, "other event", with vector 0. */
static bool injects_pending_exit(const struct entry_check_input *in)
{
	return injects_type(in, INTERRUPTION_OTHER) &&
	       !field_get(injected(in), INTERRUPTION_VECTOR_MASK);
}

static bool halted_takes_the_event(const struct entry_check_input *in)
{
	if (!is_in(in, ACTIVITY_HLT) || !(injected(in) & INTERRUPTION_VALID))
		return true;
	return injects_type(in, INTERRUPTION_EXTERNAL) || injects_type(in, INTERRUPTION_NMI) ||
	       injects_exception(in, EXCEPTION_DEBUG) ||
	       injects_exception(in, EXCEPTION_MACHINE_CHECK) || injects_pending_exit(in);
}

static bool shut_down_takes_the_event(const struct entry_check_input *in)
{
	if (!is_in(in, ACTIVITY_SHUTDOWN) || !(injected(in) & INTERRUPTION_VALID))
		return true;
	return injects_type(in, INTERRUPTION_NMI) || injects_exception(in, EXCEPTION_MACHINE_CHECK);
}

static bool waiting_takes_no_event(const struct entry_check_input *in)
{
	return !is_in(in, ACTIVITY_WAIT_FOR_SIPI) || !(injected(in) & INTERRUPTION_VALID);
}

#define INJECT_EXCEPTION(vector) \
	(INTERRUPTION_VALID | (INTERRUPTION_HARDWARE_EXCEPTION << 8) | (vector))

static const struct entry_rule_row guest_activity_rules[] = {
	{
		.id = "activity.supported",
		.want = "0 (active), or one of 1 (HLT), 2 (shutdown), 3 (wait for SIPI) that "
			"IA32_VMX_MISC has",
		READS(VMCS_GUEST_ACTIVITY),
		.holds = activity_is_supported,
		BREAKS(WRITE(VMCS_GUEST_ACTIVITY, ACTIVITY_WAIT_FOR_SIPI + 1)),
	},
	{
		.id = "activity.hlt-level",
		.want = "not 1 (HLT) while the DPL of SS is not 0",
		READS(VMCS_GUEST_ACTIVITY, VMCS_GUEST_SS_AR_BYTES),
		.holds = only_level_0_halts,
		.break_by = halt_at_level_3,
	},
	{
		.id = "activity.blocked",
		.want = "0 (active) while STI or MOV SS blocks events",
		READS(VMCS_GUEST_ACTIVITY, VMCS_GUEST_INTERRUPTIBILITY),
		.holds = blocked_is_active,
		BREAKS(WRITE(VMCS_GUEST_ACTIVITY, ACTIVITY_HLT),
		       WRITE(VMCS_GUEST_INTERRUPTIBILITY, BLOCKING_BY_MOV_SS)),
	},
	{
		.id = "activity.event-in-hlt",
		.want = "an external interrupt, an NMI, #DB, #MC or a pending MTF exit as the "
			"event",
		READS(VMCS_GUEST_ACTIVITY, VMCS_ENTRY_INTERRUPTION_INFO),
		.holds = halted_takes_the_event,
		BREAKS(WRITE(VMCS_GUEST_ACTIVITY, ACTIVITY_HLT),
		       WRITE(VMCS_ENTRY_INTERRUPTION_INFO,
			     INJECT_EXCEPTION(EXCEPTION_INVALID_OPCODE))),
	},
	{
		.id = "activity.event-in-shutdown",
		.want = "an NMI or #MC as the event",
		READS(VMCS_GUEST_ACTIVITY, VMCS_ENTRY_INTERRUPTION_INFO),
		.holds = shut_down_takes_the_event,
		BREAKS(WRITE(VMCS_GUEST_ACTIVITY, ACTIVITY_SHUTDOWN),
		       WRITE(VMCS_ENTRY_INTERRUPTION_INFO,
			     INJECT_EXCEPTION(EXCEPTION_INVALID_OPCODE))),
	},
	{
		.id = "activity.event-in-wait-for-sipi",
		.want = "no event",
		READS(VMCS_GUEST_ACTIVITY, VMCS_ENTRY_INTERRUPTION_INFO),
		.holds = waiting_takes_no_event,
		BREAKS(WRITE(VMCS_GUEST_ACTIVITY, ACTIVITY_WAIT_FOR_SIPI),
		       WRITE(VMCS_ENTRY_INTERRUPTION_INFO,
			     INJECT_EXCEPTION(EXCEPTION_MACHINE_CHECK))),
	},
	{
		.id = "activity.wait-for-sipi-in-smm",
		.want = "not 3 (wait for SIPI) while \"entry to SMM\" is 1",
		READS(VMCS_GUEST_ACTIVITY, VMCS_ENTRY_CONTROLS),
		WHILE(ENTRY, ENTRY_TO_SMM),
		.holds = is_not_waiting_for_sipi,
		BREAKS(WRITE(VMCS_GUEST_INTERRUPTIBILITY, BLOCKING_BY_SMI),
		       WRITE(VMCS_GUEST_ACTIVITY, ACTIVITY_WAIT_FOR_SIPI)),
		.start = START_IN_SMM,
	},
};

RULE_TABLE(guest_activity_rules, SECTION_GUEST_NON_REGISTER, REFUSED_GUEST_STATE);
