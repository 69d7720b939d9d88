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
uint64_t cr0_fixed_ones(const struct entry_check_input *in);
uint64_t cr0_fixed_zeros(const struct entry_check_input *in);

/* The registers as far as their fixed bits allow them: other rules speak for those. */
uint64_t guest_cr0(const struct entry_check_input *in);
uint64_t guest_cr4(const struct entry_check_input *in);

static inline uint64_t guest_rflags(const struct entry_check_input *in)
{
	return field(in, VMCS_GUEST_RFLAGS);
}

/* The VM flag where it may be set. */
bool virtual_8086_guest(const struct entry_check_input *in);

/* PAE paging proper: four PDPTEs. */
bool pae_guest(const struct entry_check_input *in);

/* --- segments -------------------------------------------------------------------------------- */

uint64_t selector_of(const struct entry_check_input *in, enum vmcs_segment segment);
uint64_t base_of(const struct entry_check_input *in, enum vmcs_segment segment);
uint64_t limit_of(const struct entry_check_input *in, enum vmcs_segment segment);
uint64_t rights_of(const struct entry_check_input *in, enum vmcs_segment segment);
uint64_t type_of(const struct entry_check_input *in, enum vmcs_segment segment);
uint64_t dpl_of(const struct entry_check_input *in, enum vmcs_segment segment);
uint64_t rpl_of(const struct entry_check_input *in, enum vmcs_segment segment);

/* CS and TR are always looked at, the others only while they are usable. */
bool is_usable(const struct entry_check_input *in, enum vmcs_segment segment);
/* ES, CS, SS, DS, FS or GS. */
bool is_ordinary(enum vmcs_segment segment);

/* Access rights are looked at where the register is usable, and in virtual-8086 mode only those of TR and
 * LDTR. */
bool is_looked_at(const struct entry_check_input *in, enum vmcs_segment segment);

bool code64_guest(const struct entry_check_input *in);

/* --- the event to be injected ---------------------------------------------------------------- */

static inline uint64_t injected(const struct entry_check_input *in)
{
	return field(in, VMCS_ENTRY_INTERRUPTION_INFO);
}

bool injects_type(const struct entry_check_input *in, uint64_t type);

static inline uint64_t interruptibility(const struct entry_check_input *in)
{
	return field(in, VMCS_GUEST_INTERRUPTIBILITY);
}

#endif
