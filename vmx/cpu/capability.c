/* Decisions from the capability snapshot. A control's allowed settings are two halves of one MSR:
 * bits 31:0 are those that must be 1, bits 63:32 those that may be 1. */
#include "vmx/cpu/capability.h"

#include "vmx/cpu/controls.h"
#include "vmx/nested_format.h"

#define ALLOWED_0(msr_value) ((msr_value)&0xffffffffull)
#define ALLOWED_1(msr_value) ((msr_value) >> 32)

#define X(member, msr) (msr),
const uint16_t vmx_capability_msrs[] = { VMX_CAPABILITY_MSR_LIST(X) };
#undef X

bool vmx_capability_has_msr(const struct vmx_capability *so_far, enum msr msr)
{
	switch (msr) {
	case MSR_FEATURE_CONTROL: /* SDM volume 4: if CPUID.1:ECX[5] or [6] is set */
		return so_far->vmx || so_far->smx;
	case MSR_VMX_PROCBASED_CTLS2:
		return ALLOWED_1(so_far->primary) & PRIMARY_ACTIVATE_SECONDARY;
	case MSR_VMX_EPT_VPID_CAP:
		return ALLOWED_1(so_far->secondary) &
		       (SECONDARY_ENABLE_EPT | SECONDARY_ENABLE_VPID);
	case MSR_VMX_TRUE_PINBASED_CTLS:
	case MSR_VMX_TRUE_PROCBASED_CTLS:
	case MSR_VMX_TRUE_EXIT_CTLS:
	case MSR_VMX_TRUE_ENTRY_CTLS:
		return so_far->basic & VMX_BASIC_TRUE_CONTROLS;
	case MSR_VMX_VMFUNC:
		return ALLOWED_1(so_far->secondary) & SECONDARY_ENABLE_VM_FUNCTIONS;
	case MSR_VMX_PROCBASED_CTLS3:
		return ALLOWED_1(so_far->primary) & PRIMARY_ACTIVATE_TERTIARY;
	case MSR_VMX_EXIT_CTLS2:
		return ALLOWED_1(so_far->exit) & EXIT_ACTIVATE_SECONDARY;
	default:
		return so_far->vmx && msr >= MSR_VMX_BASIC && msr <= MSR_VMX_VMCS_ENUM;
	}
}

/* The MSR that speaks for a word, the tertiary one excepted, which has no must-be-1 half. */
static uint64_t control_msr(const struct vmx_capability *cap, enum vmx_control_word word)
{
	bool use_true = cap->basic & VMX_BASIC_TRUE_CONTROLS;

	switch (word) {
	case CONTROL_PIN:
		return use_true ? cap->true_pin : cap->pin;
	case CONTROL_PRIMARY:
		return use_true ? cap->true_primary : cap->primary;
	case CONTROL_SECONDARY:
		return cap->secondary;
	case CONTROL_EXIT:
		return use_true ? cap->true_exit : cap->exit;
	case CONTROL_ENTRY:
		return use_true ? cap->true_entry : cap->entry;
	default:
		return 0;
	}
}

uint64_t vmx_control_may_be_one(const struct vmx_capability *cap, enum vmx_control_word word)
{
	return word == CONTROL_TERTIARY ? cap->tertiary : ALLOWED_1(control_msr(cap, word));
}

uint64_t vmx_control_must_be_one(const struct vmx_capability *cap, enum vmx_control_word word)
{
	return ALLOWED_0(control_msr(cap, word));
}

/* Control bits that Plinth may set must be the same, and those that it must; one that only one of
 * the CPUs offers and that nothing uses does no harm. */
static enum error controls_agree(const struct vmx_capability *mine,
				 const struct vmx_capability *first, struct reason *why)
{
	for (unsigned i = 0; i < VMX_CONTROLS; i++) {
		const struct vmx_control_row *row = &vmx_control_rows[i];
		uint64_t may = vmx_control_may_be_one(mine, row->word);
		if (row->need != NEED_UNUSED && row->need != NEED_FORBIDDEN &&
		    ((may ^ vmx_control_may_be_one(first, row->word)) & vmx_control_mask(row)))
			return reason_set(why, ERROR_UNSUPPORTED,
					  "control \"%s\" can%s be 1 on this CPU, unlike on CPU 0",
					  row->name, may & vmx_control_mask(row) ? "" : "not");
	}
	for (unsigned word = 0; word < CONTROL_WORDS; word++)
		if (vmx_control_must_be_one(mine, word) != vmx_control_must_be_one(first, word))
			return reason_set(why, ERROR_UNSUPPORTED,
					  "%s controls that must be 1 differ from CPU 0's",
					  vmx_control_word_name(word));
	return ERROR_NONE;
}

enum error vmx_capability_agrees(const struct vmx_capability *mine,
				 const struct vmx_capability *first, struct reason *why)
{
	static const uint8_t same[] = {
		PLACE_OF_MSR_VMX_BASIC,        PLACE_OF_MSR_VMX_MISC,
		PLACE_OF_MSR_VMX_CR0_FIXED0,   PLACE_OF_MSR_VMX_CR0_FIXED1,
		PLACE_OF_MSR_VMX_CR4_FIXED0,   PLACE_OF_MSR_VMX_CR4_FIXED1,
		PLACE_OF_MSR_VMX_EPT_VPID_CAP,
	};

	if (mine->vmx != first->vmx)
		return reason_set(why, ERROR_UNSUPPORTED, "this CPU %s VMX, unlike CPU 0",
				  mine->vmx ? "has" : "lacks");
	if (mine->physical_bits != first->physical_bits)
		return reason_set(why, ERROR_UNSUPPORTED,
				  "this CPU has %u physical-address bits and CPU 0 has %u",
				  mine->physical_bits, first->physical_bits);
	for (unsigned i = 0; i < ARRAY_SIZE(same); i++) {
		uint64_t here = mine->msr[same[i]], there = first->msr[same[i]];

		if (here != there)
			return reason_set(why, ERROR_UNSUPPORTED,
					  "%s is 0x%llx on this CPU and 0x%llx on CPU 0",
					  msr_name(vmx_capability_msrs[same[i]]),
					  (unsigned long long)here, (unsigned long long)there);
	}
	return controls_agree(mine, first, why);
}

bool vmx_has_ept(const struct vmx_capability *cap)
{
	return vmx_control_may_be_one(cap, CONTROL_SECONDARY) & SECONDARY_ENABLE_EPT;
}

bool vmx_has_unrestricted_guest(const struct vmx_capability *cap)
{
	return vmx_has_ept(cap) &&
	       (vmx_control_may_be_one(cap, CONTROL_SECONDARY) & SECONDARY_UNRESTRICTED_GUEST);
}

bool vmx_has_vpid(const struct vmx_capability *cap)
{
	return vmx_control_may_be_one(cap, CONTROL_SECONDARY) & SECONDARY_ENABLE_VPID;
}

bool vmx_has_preemption_timer(const struct vmx_capability *cap)
{
	return vmx_control_may_be_one(cap, CONTROL_PIN) & PIN_ACTIVATE_PREEMPTION_TIMER;
}

bool vmx_has_virtual_nmis(const struct vmx_capability *cap)
{
	return vmx_control_may_be_one(cap, CONTROL_PIN) & PIN_VIRTUAL_NMIS;
}

static enum error ept_usable(const struct vmx_capability *cap, struct reason *why)
{
	struct ept_format format;

	if (!vmx_has_ept(cap))
		return reason_set(why, ERROR_UNSUPPORTED, "this CPU has VMX but no EPT");
	return nested_format_choose(&format, cap->ept_vpid, cap->physical_bits, true, why);
}

enum error vmx_usable(const struct vmx_capability *cap, struct reason *why)
{
	struct vmx_controls controls;
	uint64_t locked_off =
		cap->feature_control & (FEATURE_CONTROL_LOCK | FEATURE_CONTROL_VMX_OUTSIDE_SMX);

	if (!cap->vmx)
		return reason_set(why, ERROR_UNSUPPORTED, "this CPU has no VMX");
	if (locked_off == FEATURE_CONTROL_LOCK)
		return reason_set(why, ERROR_UNSUPPORTED, "VMX disabled by firmware");
	enum error error = ept_usable(cap, why);
	if (error)
		return error;
	return vmx_controls_resolve(cap, vmx_request(false, false, INTERCEPT_HLT), &controls, why);
}

enum error vmx_mode_usable(const struct vmx_capability *cap, enum vcpu_mode mode,
			   struct reason *why)
{
	bool real = mode == VCPU_MODE_REAL16 || mode == VCPU_MODE_RESET;

	if (real && !vmx_has_unrestricted_guest(cap))
		return reason_set(why, ERROR_UNSUPPORTED,
				  "real mode needs unrestricted guest, which this CPU lacks");
	return ERROR_NONE;
}
