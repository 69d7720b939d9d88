/* The second chance of an exit: see vmx/vcpu/run_in_place.c. */
#ifndef VMX_VCPU_RUN_IN_PLACE_H
#define VMX_VCPU_RUN_IN_PLACE_H

#include "lib/types.h"

struct record;
struct vcpu;
struct vmx_vcpu;

/* Handle an exit whose handler uses no register that is not in vcpu->gpr by then; an external interrupt and a
 * write to the local APIC (vmx/vcpu/run_interrupts.c). R8 to R11 and RBP are in vcpu->gpr, too. True: the exit is
 * over, and the guest is to be entered again; else the loop goes on. */
bool run_in_place(struct vcpu *vcpu, struct vmx_vcpu *v);
bool run_interrupt_in_place(struct vcpu *vcpu, struct vmx_vcpu *v);
bool run_apic_write_in_place(struct vcpu *vcpu, struct vmx_vcpu *v);
/* WRMSR that exit_short() might have answered (vmx/vcpu/run_msr.c). */
bool run_wrmsr_in_place(struct vcpu *vcpu, struct vmx_vcpu *v);

/* Handles IN or OUT likewise, whose record `record` is; enters the guest again by itself, and comes back for
 * the loop only. */
void run_io_in_place(struct vcpu *vcpu, struct vmx_vcpu *v, struct record *record);

/* The ways there from exit_short(), by a jump: in vmx/vcpu/entry.asm. They come back as it does. */
void enter_run_in_place(struct vcpu *vcpu, struct vmx_vcpu *v);
void enter_run_interrupt_in_place(struct vcpu *vcpu, struct vmx_vcpu *v);
void enter_run_apic_write_in_place(struct vcpu *vcpu, struct vmx_vcpu *v);
void enter_run_wrmsr_in_place(struct vcpu *vcpu, struct vmx_vcpu *v);
void enter_run_io_in_place(struct vcpu *vcpu, struct vmx_vcpu *v, struct record *record);
/* To run_in_place() with all registers in vcpu->gpr. */
void enter_run_stored_in_place(struct vcpu *vcpu, struct vmx_vcpu *v);

/* And back, from within run_io_in_place(): does not return. */
void enter_again_in_place(struct vcpu *vcpu);

#endif
