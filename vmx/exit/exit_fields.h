/* The fields of the exit being handled, each read from the VMCS at most once an exit. On the bound
 * CPU, VMCS loaded, between an exit and the next entry. */
#ifndef VMX_EXIT_EXIT_FIELDS_H
#define VMX_EXIT_EXIT_FIELDS_H

#include "lib/types.h"
#include "vmx/instructions.h"
#include "vmx/vcpu/vcpu.h"

/* RIP of the instruction that exited: not moved by vmx_skip_instruction(). Read it before RIP is
 * written by other means. */
static inline uint64_t vmx_exit_rip(struct vmx_vcpu *v)
{
	if (!(v->last.known & VMX_KNOWN_RIP)) {
		v->last.rip = vmcs_read(VMCS_GUEST_RIP);
		v->last.known |= VMX_KNOWN_RIP;
	}
	return v->last.rip;
}

/* Bytes; meaningful only for the reasons that exit_needs() lists with EXIT_NEEDS_LENGTH. */
static inline uint32_t vmx_exit_length(struct vmx_vcpu *v)
{
	if (!(v->last.known & VMX_KNOWN_LENGTH)) {
		v->last.length = (uint32_t)vmcs_read(VMCS_EXIT_INSTRUCTION_LENGTH);
		v->last.known |= VMX_KNOWN_LENGTH;
	}
	return v->last.length;
}

/* The flight recorder has it from here. */
static inline uint64_t vmx_exit_qualification(struct vmx_vcpu *v)
{
	if (!(v->last.known & VMX_KNOWN_QUALIFICATION)) {
		v->last.qualification = vmcs_read(VMCS_EXIT_QUALIFICATION);
		v->vcpu->record->value = v->last.qualification;
		v->last.known |= VMX_KNOWN_QUALIFICATION;
	}
	return v->last.qualification;
}

#endif
