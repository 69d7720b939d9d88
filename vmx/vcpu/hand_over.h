/* The way out of one vCPU's guest right into another's: see vmx/vcpu/hand_over.c. */
#ifndef VMX_VCPU_HAND_OVER_H
#define VMX_VCPU_HAND_OVER_H

#include "lib/types.h"

struct vcpu;
struct vmx_vcpu;

/* PAUSE, with all registers in vcpu->gpr. Comes back only when the exit is the loop's. */
void hand_over_in_place(struct vcpu *vcpu, struct vmx_vcpu *v);

/* Another exit that the loop is to go on with, likewise: for a vCPU that goes first. */
void break_off_in_place(struct vcpu *vcpu, struct vmx_vcpu *v);

/* The way to the former from exit_short(), by a jump: in vmx/vcpu/entry.asm. */
void enter_hand_over_in_place(struct vcpu *vcpu, struct vmx_vcpu *v);

/* Into the guest of another vCPU than that of the last exit, from within these. */
void enter_other(struct vcpu *vcpu) noreturn_fn;

#endif
