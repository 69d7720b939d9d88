/* The handlers of exits that the backend deals with itself, and the words that tell what each did.
 * Every handler has the contract of vmx_exit_handler (vmx/vcpu/vcpu.h). Those that only hand the exit to
 * the machine above have no function: their row of the table is empty. */
#ifndef VMX_EXIT_EXIT_HANDLERS_H
#define VMX_EXIT_EXIT_HANDLERS_H

#include "kernel/cpu.h"
#include "vm/vcpu/vcpu_quick.h"
#include "vmx/exit/instruction_end.h"
#include "vmx/vcpu/vcpu.h"

/* exit_cpuid_msr.c */
enum vmx_next vmx_handle_cpuid(struct vmx_vcpu *v);
enum vmx_next vmx_handle_rdmsr(struct vmx_vcpu *v);
enum vmx_next vmx_handle_wrmsr(struct vmx_vcpu *v);
enum vmx_next vmx_handle_rdtsc(struct vmx_vcpu *v);
enum vmx_next vmx_handle_rdtscp(struct vmx_vcpu *v);

/* exit_quick.c */
enum vmx_next vmx_handle_io(struct vmx_vcpu *v);
enum vmx_next vmx_handle_vmcall(struct vmx_vcpu *v);
enum vmx_next vmx_handle_ept_violation(struct vmx_vcpu *v);

/* vmx/vcpu/apicv.c */
enum vmx_next vmx_handle_tpr_below_threshold(struct vmx_vcpu *v);
enum vmx_next vmx_handle_apic_write(struct vmx_vcpu *v);
enum vmx_next vmx_handle_virtualized_eoi(struct vmx_vcpu *v);

/* exit_control_registers.c */
enum vmx_next vmx_handle_cr_access(struct vmx_vcpu *v);
enum vmx_next vmx_handle_mov_dr(struct vmx_vcpu *v);
enum vmx_next vmx_handle_xsetbv(struct vmx_vcpu *v);

/* exit_instructions.c */
enum vmx_next vmx_handle_cache_flush(struct vmx_vcpu *v);
enum vmx_next vmx_handle_invlpg(struct vmx_vcpu *v);
enum vmx_next vmx_handle_pause(struct vmx_vcpu *v);
enum vmx_next vmx_handle_rdpmc(struct vmx_vcpu *v);
enum vmx_next vmx_handle_random(struct vmx_vcpu *v);
enum vmx_next vmx_handle_hidden_instruction(struct vmx_vcpu *v);

/* exit_events.c */
enum vmx_next vmx_handle_exception_or_nmi(struct vmx_vcpu *v);
enum vmx_next vmx_handle_nested_fault(struct vmx_vcpu *v);

/* --- for the handlers ----------------------------------------------------------------------- */

/* A general register of the guest, RSP included, at the width that the running code gives it:
 * outside 64-bit code operands are 32 bits wide. */
uint64_t vmx_read_operand(struct vmx_vcpu *v, enum gpr gpr);
void vmx_write_operand(struct vmx_vcpu *v, enum gpr gpr, uint64_t value);

/* CS.L while IA-32e mode is active. */
bool vmx_runs_64bit_code(const struct vmx_vcpu *v);

/* 0..3: that of SS, which the VMCS keeps right in every mode. */
unsigned vmx_privilege_level(void);

/* Puts back blocking by NMI if the exit cut short an IRET that had ended it. */
void vmx_restore_nmi_blocking(struct vmx_vcpu *v);

/* What delivering a #DB does besides: DR6 tells of `hits` (in DR6's layout), DR7.GD is cleared. An
 * injected #DB does neither by itself. */
void vmx_debug_exception_taken(struct vmx_vcpu *v, uint64_t hits);

/* The instruction has been carried out. */
enum vmx_next vmx_emulated(struct vmx_vcpu *v);

static inline enum vmx_next vmx_to_board(struct vmx_vcpu *v)
{
	v->did = "to the board";
	return VMX_LEAVE;
}

/* The board has answered within the loop. What it wants of the machine above has drawn attention. */
static inline enum vmx_next vmx_answered(struct vmx_vcpu *v)
{
	v->did = "answered by the board";
	if (unlikely(cpu_attention()) && !v->vcpu->quick->may_go_on(v->vcpu))
		return VMX_LEAVE_ANSWERED;
	return VMX_RESUME;
}

/* The board has carried out the instruction. */
enum vmx_next vmx_emulated_by_board(struct vmx_vcpu *v);

/* WRMSR of `value` is #GP(0). */
enum vmx_next vmx_deny_wrmsr(struct vmx_vcpu *v, uint64_t value);

/* #GP(0) and #UD at the instruction. */
enum vmx_next vmx_raise_protection(struct vmx_vcpu *v);
enum vmx_next vmx_raise_undefined(struct vmx_vcpu *v);

#endif
