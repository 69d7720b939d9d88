/* The second chance of an exit: see vmx/vcpu/run_in_place.c. */
#ifndef VMX_VCPU_RUN_IN_PLACE_H
#define VMX_VCPU_RUN_IN_PLACE_H

struct vcpu;
struct vmx_vcpu;

#include "lib/bits.h"
#include "vmx/exit/exit_reason.h"

/* Exits whose handlers use no register that is not in vcpu->gpr by then. */
#define RUN_IN_PLACE                                                                           \
	(BIT(EXIT_REASON_INTERRUPT_WINDOW) | BIT(EXIT_REASON_CPUID) | BIT(EXIT_REASON_RDTSC) | \
	 BIT(EXIT_REASON_VMCALL) | BIT(EXIT_REASON_RDMSR) | BIT(EXIT_REASON_WRMSR) |           \
	 BIT(EXIT_REASON_TPR_BELOW_THRESHOLD) | BIT(EXIT_REASON_VIRTUALIZED_EOI) |             \
	 BIT(EXIT_REASON_PREEMPTION_TIMER))

/* Those whose handlers may use any register: all are stored first. */
#define RUN_STORED_IN_PLACE (BIT(EXIT_REASON_EPT_VIOLATION) | BIT(EXIT_REASON_CR_ACCESS))

/* Handle one of these, IN or OUT, an external interrupt, and a write to the local APIC
 * (vmx/vcpu/run_interrupts.c). As exit_short() is called and answers, but with R8 to R11 in
 * vcpu->gpr, too. */
struct vcpu *run_in_place(struct vcpu *vcpu, struct vmx_vcpu *v);
struct vcpu *run_io_in_place(struct vcpu *vcpu, struct vmx_vcpu *v);
struct vcpu *run_interrupt_in_place(struct vcpu *vcpu, struct vmx_vcpu *v);
struct vcpu *run_apic_write_in_place(struct vcpu *vcpu, struct vmx_vcpu *v);
/* WRMSR that exit_short() might have answered (vmx/vcpu/run_msr.c). */
struct vcpu *run_wrmsr_in_place(struct vcpu *vcpu, struct vmx_vcpu *v);

/* The ways there from exit_short(), by a jump: in vmx/vcpu/entry.asm. */
struct vcpu *enter_run_in_place(struct vcpu *vcpu, struct vmx_vcpu *v);
struct vcpu *enter_run_io_in_place(struct vcpu *vcpu, struct vmx_vcpu *v);
struct vcpu *enter_run_interrupt_in_place(struct vcpu *vcpu, struct vmx_vcpu *v);
struct vcpu *enter_run_apic_write_in_place(struct vcpu *vcpu, struct vmx_vcpu *v);
struct vcpu *enter_run_wrmsr_in_place(struct vcpu *vcpu, struct vmx_vcpu *v);
/* The same with all registers in vcpu->gpr. */
struct vcpu *enter_run_stored_in_place(struct vcpu *vcpu, struct vmx_vcpu *v);

#endif
