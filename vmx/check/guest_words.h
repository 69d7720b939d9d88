/* Words that rules on the guest-state area have in common. */
#ifndef VMX_CHECK_GUEST_WORDS_H
#define VMX_CHECK_GUEST_WORDS_H

#include "vmx/check/guest_states.h"
#include "vmx/check/rule_words.h"
#include "vmx/exit/exit_decode.h"
#include "vmx/vcpu/interruptibility.h"
#include "x86/control_registers.h"
#include "x86/segment.h"

static inline bool ia32e_guest(const struct entry_check_input *in)
{
	return entry_on(in, ENTRY_IA32E_MODE_GUEST);
}

static inline bool unrestricted_guest(const struct entry_check_input *in)
{
	return secondary_on(in, SECONDARY_UNRESTRICTED_GUEST);
}

/* Bits of CR0 that the CPU insists on. NW and CD are never checked, since an entry does not change them;
 * with "unrestricted guest" PE and PG are free. */
static inline uint64_t cr0_fixed_ones(const struct entry_check_input *in)
{
	uint64_t free = unrestricted_guest(in) ? CR0_PE | CR0_PG : 0;

	return in->capability->cr0_fixed0 & ~(free | CR0_NW | CR0_CD);
}

static inline uint64_t cr0_fixed_zeros(const struct entry_check_input *in)
{
	return ~(in->capability->cr0_fixed1 | CR0_NW | CR0_CD);
}

/* The registers as far as their fixed bits allow them: other rules speak for those. */
static inline uint64_t guest_cr0(const struct entry_check_input *in)
{
	return (field(in, VMCS_GUEST_CR0) | cr0_fixed_ones(in)) & ~cr0_fixed_zeros(in);
}

static inline uint64_t guest_cr4(const struct entry_check_input *in)
{
	return (field(in, VMCS_GUEST_CR4) | in->capability->cr4_fixed0) &
	       in->capability->cr4_fixed1;
}

static inline uint64_t guest_rflags(const struct entry_check_input *in)
{
	return field(in, VMCS_GUEST_RFLAGS);
}

/* The VM flag where it may be set. */
static inline bool virtual_8086_guest(const struct entry_check_input *in)
{
	return (guest_rflags(in) & RFLAGS_VM) && !ia32e_guest(in) && (guest_cr0(in) & CR0_PE);
}

/* PAE paging proper: four PDPTEs. */
static inline bool pae_guest(const struct entry_check_input *in)
{
	return (guest_cr0(in) & CR0_PG) && (guest_cr4(in) & CR4_PAE) && !ia32e_guest(in);
}

/* --- segments -------------------------------------------------------------------------------- */

static inline uint64_t selector_of(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return field(in, (enum vmcs_field)VMCS_GUEST_SELECTOR(segment));
}

static inline uint64_t base_of(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return field(in, (enum vmcs_field)VMCS_GUEST_BASE(segment));
}

static inline uint64_t limit_of(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return field(in, (enum vmcs_field)VMCS_GUEST_LIMIT(segment));
}

static inline uint64_t rights_of(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return field(in, (enum vmcs_field)VMCS_GUEST_RIGHTS(segment));
}

static inline uint64_t type_of(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return field_get(rights_of(in, segment), RIGHTS_TYPE);
}

static inline uint64_t dpl_of(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return field_get(rights_of(in, segment), RIGHTS_DPL);
}

static inline uint64_t rpl_of(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return field_get(selector_of(in, segment), SELECTOR_RPL);
}

/* CS and TR are always looked at, the others only while they are usable. */
static inline bool is_usable(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return segment == SEGMENT_CS || segment == SEGMENT_TR ||
	       !(rights_of(in, segment) & RIGHTS_UNUSABLE);
}

static inline bool code64_guest(const struct entry_check_input *in)
{
	return ia32e_guest(in) && (rights_of(in, SEGMENT_CS) & RIGHTS_L);
}

/* --- the event to be injected ---------------------------------------------------------------- */

static inline uint64_t injected(const struct entry_check_input *in)
{
	return field(in, VMCS_ENTRY_INTERRUPTION_INFO);
}

static inline bool injects_type(const struct entry_check_input *in, uint64_t type)
{
	return (injected(in) & INTERRUPTION_VALID) &&
	       field_get(injected(in), INTERRUPTION_TYPE_MASK) == type;
}

static inline uint64_t interruptibility(const struct entry_check_input *in)
{
	return field(in, VMCS_GUEST_INTERRUPTIBILITY);
}

/* --- for recipes ----------------------------------------------------------------------------- */

/* Changes only the bits in `mask`. */
static inline void change_field(struct entry_check_input *in, unsigned which, uint64_t mask,
				uint64_t value)
{
	set_field(in, (enum vmcs_field)which,
		  (field(in, (enum vmcs_field)which) & ~mask) | (value & mask));
}

#endif
