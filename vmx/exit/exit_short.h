/* What becomes of an exit before anything else does: the entry code (vmx/vcpu/entry.asm) calls one of
 * these through v->after_exit, IRQs off, with the record of the recorder that comes next as theirs. */
#ifndef VMX_EXIT_EXIT_SHORT_H
#define VMX_EXIT_EXIT_SHORT_H

#include "lib/types.h"

struct vcpu;
struct vmx_vcpu;

/* The exits that are answered here, in the order of their rows in each vCPU's statistics. */
#define EXIT_SHORT_LIST(X) X(CPUID) X(VMCALL) X(RDMSR) X(WRMSR) X(IO_INSTRUCTION)

enum exit_short_row {
#define X(name) EXIT_SHORT_##name,
	EXIT_SHORT_LIST(X)
#undef X
};

/* Called with RAX, RCX, RDX, RBX, RSI and RDI of the guest in vcpu->gpr; all other general registers are
 * still the guest's own, and stay so. Writes when the exit was, its reason and RIP into the record.
 * When the exit has been answered and is over it enters the guest again; it comes back only when it has not. */
typedef void (*exit_short_function)(struct vcpu *vcpu, struct vmx_vcpu *v);

void exit_short(struct vcpu *vcpu, struct vmx_vcpu *v);

/* Answers nothing: for a vCPU that somebody watches. */
void exit_not_short(struct vcpu *vcpu, struct vmx_vcpu *v);

/* Nor writes anything down: for who enters a guest without the loop. */
void exit_untold(struct vcpu *vcpu, struct vmx_vcpu *v);

/* Into the guest, from one of these, by a jump at their end: RAX, RCX, RDX, RBX, RSI and RDI are loaded. In
 * vmx/vcpu/entry.asm; does not return. */
void enter_again(struct vcpu *vcpu);

#endif
