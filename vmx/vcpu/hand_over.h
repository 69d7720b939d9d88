/* The way out of one vCPU's guest right into another's: see vmx/vcpu/hand_over.c. */
#ifndef VMX_VCPU_HAND_OVER_H
#define VMX_VCPU_HAND_OVER_H

struct vcpu;
struct vmx_vcpu;

/* PAUSE, with all registers in vcpu->gpr. Returns whose guest is to be entered, or null: the loop's. */
struct vcpu *hand_over_in_place(struct vcpu *vcpu, struct vmx_vcpu *v);

/* Another exit that the loop is to go on with, likewise: for a vCPU that goes first. */
struct vcpu *break_off_in_place(struct vcpu *vcpu, struct vmx_vcpu *v);

/* The way to the former from exit_short(), by a jump: in vmx/vcpu/entry.asm. */
void enter_hand_over_in_place(struct vcpu *vcpu, struct vmx_vcpu *v);

#endif
