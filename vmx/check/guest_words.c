/* Words that rules on the guest-state area have in common. */
#include "vmx/check/guest_words.h"

#include "vmx/exit/exit_decode.h"
#include "x86/control_registers.h"
#include "x86/segment.h"

uint64_t cr0_fixed_ones(const struct entry_check_input *in)
{
	uint64_t free = unrestricted_guest(in) ? CR0_PE | CR0_PG : 0;

	return in->capability->cr0_fixed0 & ~(free | CR0_NW | CR0_CD);
}

uint64_t cr0_fixed_zeros(const struct entry_check_input *in)
{
	return ~(in->capability->cr0_fixed1 | CR0_NW | CR0_CD);
}

uint64_t guest_cr0(const struct entry_check_input *in)
{
	return (field(in, VMCS_GUEST_CR0) | cr0_fixed_ones(in)) & ~cr0_fixed_zeros(in);
}

uint64_t guest_cr4(const struct entry_check_input *in)
{
	return (field(in, VMCS_GUEST_CR4) | in->capability->cr4_fixed0) &
	       in->capability->cr4_fixed1;
}

bool virtual_8086_guest(const struct entry_check_input *in)
{
	return (guest_rflags(in) & RFLAGS_VM) && !ia32e_guest(in) && (guest_cr0(in) & CR0_PE);
}

bool pae_guest(const struct entry_check_input *in)
{
	return (guest_cr0(in) & CR0_PG) && (guest_cr4(in) & CR4_PAE) && !ia32e_guest(in);
}

uint64_t selector_of(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return field(in, (enum vmcs_field)VMCS_GUEST_SELECTOR(segment));
}

uint64_t base_of(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return field(in, (enum vmcs_field)VMCS_GUEST_BASE(segment));
}

uint64_t limit_of(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return field(in, (enum vmcs_field)VMCS_GUEST_LIMIT(segment));
}

uint64_t rights_of(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return field(in, (enum vmcs_field)VMCS_GUEST_RIGHTS(segment));
}

uint64_t type_of(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return field_get(rights_of(in, segment), RIGHTS_TYPE);
}

uint64_t dpl_of(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return field_get(rights_of(in, segment), RIGHTS_DPL);
}

uint64_t rpl_of(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return field_get(selector_of(in, segment), SELECTOR_RPL);
}

bool is_usable(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return segment == SEGMENT_CS || segment == SEGMENT_TR ||
	       !(rights_of(in, segment) & RIGHTS_UNUSABLE);
}

bool is_ordinary(enum vmcs_segment segment)
{
	return segment < SEGMENT_LDTR;
}

bool is_looked_at(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return is_usable(in, segment) && !(is_ordinary(segment) && virtual_8086_guest(in));
}

bool code64_guest(const struct entry_check_input *in)
{
	return ia32e_guest(in) && (rights_of(in, SEGMENT_CS) & RIGHTS_L);
}

bool injects_type(const struct entry_check_input *in, uint64_t type)
{
	return (injected(in) & INTERRUPTION_VALID) &&
	       field_get(injected(in), INTERRUPTION_TYPE_MASK) == type;
}
