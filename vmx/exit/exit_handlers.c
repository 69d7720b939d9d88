/* The table of handlers by basic exit reason, what they share, and the reading of a whole exit for
 * those above and for the log. */
#include "vmx/exit/exit_handlers.h"

#include "lib/bits.h"
#include "vmx/backend.h"
#include "vmx/cpu/capability.h"
#include "vmx/exit/exit_decode.h"
#include "vmx/exit/exit_fields.h"
#include "vmx/exit/exit_reason.h"
#include "x86/control_registers.h"
#include "x86/exception.h"
#include "x86/msr.h"
#include "x86/segment.h"

/* An empty row leaves to the machine above: what only it knows (HLT, task switches,
 * INIT, SIPI, the end of a slice), and what Plinth never asks the hardware for (descriptor tables
 * are no secret and the guest's accesses to them need no help, so there is nothing to emulate). */
const vmx_exit_handler vmx_exit_handlers[VMX_EXIT_REASONS] = {
	[EXIT_REASON_EXCEPTION_OR_NMI] = vmx_handle_exception_or_nmi,
	[EXIT_REASON_EXTERNAL_INTERRUPT] = vmx_handle_external_interrupt,
	[EXIT_REASON_INTERRUPT_WINDOW] = vmx_handle_interrupt_window,
	[EXIT_REASON_NMI_WINDOW] = vmx_handle_nmi_window,
	[EXIT_REASON_CPUID] = vmx_handle_cpuid,
	[EXIT_REASON_GETSEC] = vmx_handle_hidden_instruction,
	[EXIT_REASON_INVD] = vmx_handle_cache_flush,
	[EXIT_REASON_INVLPG] = vmx_handle_invlpg,
	[EXIT_REASON_RDPMC] = vmx_handle_rdpmc,
	[EXIT_REASON_RDTSC] = vmx_handle_rdtsc,
	[EXIT_REASON_VMCALL] = vmx_handle_vmcall,
	[EXIT_REASON_VMCLEAR] = vmx_handle_hidden_instruction,
	[EXIT_REASON_VMLAUNCH] = vmx_handle_hidden_instruction,
	[EXIT_REASON_VMPTRLD] = vmx_handle_hidden_instruction,
	[EXIT_REASON_VMPTRST] = vmx_handle_hidden_instruction,
	[EXIT_REASON_VMREAD] = vmx_handle_hidden_instruction,
	[EXIT_REASON_VMRESUME] = vmx_handle_hidden_instruction,
	[EXIT_REASON_VMWRITE] = vmx_handle_hidden_instruction,
	[EXIT_REASON_VMXOFF] = vmx_handle_hidden_instruction,
	[EXIT_REASON_VMXON] = vmx_handle_hidden_instruction,
	[EXIT_REASON_CR_ACCESS] = vmx_handle_cr_access,
	[EXIT_REASON_MOV_DR] = vmx_handle_mov_dr,
	[EXIT_REASON_IO_INSTRUCTION] = vmx_handle_io,
	[EXIT_REASON_RDMSR] = vmx_handle_rdmsr,
	[EXIT_REASON_WRMSR] = vmx_handle_wrmsr,
	[EXIT_REASON_MWAIT] = vmx_handle_hidden_instruction,
	[EXIT_REASON_MONITOR] = vmx_handle_hidden_instruction,
	[EXIT_REASON_PAUSE] = vmx_handle_pause,
	[EXIT_REASON_TPR_BELOW_THRESHOLD] = vmx_handle_tpr_below_threshold,
	[EXIT_REASON_APIC_ACCESS] = vmx_handle_nested_fault,
	[EXIT_REASON_EPT_VIOLATION] = vmx_handle_ept_violation,
	[EXIT_REASON_EPT_MISCONFIGURATION] = vmx_handle_nested_fault,
	[EXIT_REASON_INVEPT] = vmx_handle_hidden_instruction,
	[EXIT_REASON_RDTSCP] = vmx_handle_rdtscp,
	[EXIT_REASON_PREEMPTION_TIMER] = vmx_handle_preemption_timer,
	[EXIT_REASON_INVVPID] = vmx_handle_hidden_instruction,
	[EXIT_REASON_WBINVD] = vmx_handle_cache_flush,
	[EXIT_REASON_XSETBV] = vmx_handle_xsetbv,
	[EXIT_REASON_APIC_WRITE] = vmx_handle_apic_write,
	[EXIT_REASON_VIRTUALIZED_EOI] = vmx_handle_virtualized_eoi,
	[EXIT_REASON_RDRAND] = vmx_handle_random,
	[EXIT_REASON_VMFUNC] = vmx_handle_hidden_instruction,
	[EXIT_REASON_ENCLS] = vmx_handle_hidden_instruction,
	[EXIT_REASON_RDSEED] = vmx_handle_random,
	[EXIT_REASON_PCONFIG] = vmx_handle_hidden_instruction,
	[EXIT_REASON_UMWAIT] = vmx_handle_hidden_instruction,
	[EXIT_REASON_TPAUSE] = vmx_handle_hidden_instruction,
	[EXIT_REASON_LOADIWKEY] = vmx_handle_hidden_instruction,
	[EXIT_REASON_ENCLV] = vmx_handle_hidden_instruction,
};

/* --- what handlers share -------------------------------------------------------------------- */

bool vmx_runs_64bit_code(const struct vmx_vcpu *v)
{
	return (v->control_registers.view.efer & EFER_LMA) &&
	       (vmcs_read(VMCS_GUEST_CS_AR_BYTES) & RIGHTS_L);
}

unsigned vmx_privilege_level(void)
{
	return (unsigned)field_get(vmcs_read(VMCS_GUEST_SS_AR_BYTES), RIGHTS_DPL);
}

uint64_t vmx_read_operand(struct vmx_vcpu *v, enum gpr gpr)
{
	uint64_t value = gpr == RSP ? vmcs_read(VMCS_GUEST_RSP) : v->vcpu->gpr[gpr];

	return vmx_runs_64bit_code(v) ? value : (uint32_t)value;
}

void vmx_write_operand(struct vmx_vcpu *v, enum gpr gpr, uint64_t value)
{
	if (!vmx_runs_64bit_code(v))
		value = (uint32_t)value;
	if (gpr == RSP)
		vmcs_write(VMCS_GUEST_RSP, value);
	else
		v->vcpu->gpr[gpr] = value;
}

void vmx_end_instruction(struct vmx_vcpu *v)
{
	vmx_skip_instruction(v);
}

void vmx_vcpu_finish_instruction(struct vcpu *vcpu, uint32_t length)
{
	struct vmx_vcpu *v = vmx_of(vcpu);

	vmx_make_current(v);
	vmx_finish_instruction(v, length);
}

void vmx_vcpu_skip_instruction(struct vcpu *vcpu)
{
	struct vmx_vcpu *v = vmx_of(vcpu);

	vmx_make_current(v);
	vmx_end_instruction(v);
}

enum vmx_next vmx_emulated(struct vmx_vcpu *v)
{
	v->did = "emulated";
	vmx_end_instruction(v);
	return VMX_RESUME;
}

enum vmx_next vmx_emulated_by_board(struct vmx_vcpu *v)
{
	vmx_end_instruction(v);
	return vmx_answered(v);
}

/* The flags that a fault saves have RF set, while an exit for an instruction leaves it clear: SDM
 * volume 3, "Saving RIP, RSP, RFLAGS, and SSP". */
static enum vmx_next raise_fault(struct vmx_vcpu *v, enum exception vector)
{
	vmcs_write(VMCS_GUEST_RFLAGS, vmcs_read(VMCS_GUEST_RFLAGS) | RFLAGS_RF);
	return vmx_raise(v, (uint8_t)vector, 0);
}

enum vmx_next vmx_raise_protection(struct vmx_vcpu *v)
{
	v->did = "injected #GP(0)";
	return raise_fault(v, EXCEPTION_PROTECTION);
}

enum vmx_next vmx_raise_undefined(struct vmx_vcpu *v)
{
	v->did = "injected #UD";
	return raise_fault(v, EXCEPTION_INVALID_OPCODE);
}

/* --- the whole exit ------------------------------------------------------------------------- */

static void read_rare_fields(const struct vmx_vcpu *v, struct exit_snapshot *s, unsigned needs)
{
	if (needs & EXIT_NEEDS_INTERRUPTION) {
		s->interruption_info = (uint32_t)vmcs_read(VMCS_EXIT_INTERRUPTION_INFO);
		s->interruption_error = (uint32_t)vmcs_read(VMCS_EXIT_INTERRUPTION_ERROR_CODE);
	}
	if (needs & EXIT_NEEDS_VECTORING)
		s->vectoring_error = (uint32_t)vmcs_read(VMCS_IDT_VECTORING_ERROR_CODE);
	if (needs & EXIT_NEEDS_LINEAR)
		s->linear_address = vmcs_read(VMCS_GUEST_LINEAR_ADDRESS);
	if (needs & EXIT_NEEDS_PHYSICAL)
		s->physical_address = vmcs_read(VMCS_GUEST_PHYSICAL_ADDRESS);
	if (needs & EXIT_NEEDS_INSTRUCTION)
		s->instruction_info = (uint32_t)vmcs_read(VMCS_EXIT_INSTRUCTION_INFO);
	if (needs & EXIT_NEEDS_OPERAND) {
		s->rsp = vmcs_read(VMCS_GUEST_RSP);
		s->code64 = vmx_runs_64bit_code(v);
	}
}

/* In x2APIC mode the interrupt command register is one MSR, and writing it sends: what the machine
 * above has to do is deliver an interrupt. Where there are interrupt controllers, they decide. */
static void name_ipi(const struct vmx_vcpu *v, struct vcpu_exit *exit)
{
	if (exit->kind != VCPU_EXIT_MSR_WRITE || exit->msr.index != MSR_X2APIC_ICR ||
	    v->vcpu->interrupts || !(v->msrs.apic_base & APIC_BASE_X2APIC))
		return;
	uint64_t icr = exit->msr.value;

	exit->kind = VCPU_EXIT_IPI;
	exit->ipi.icr = icr;
}

void vmx_exit_decode(struct vmx_vcpu *v, struct vcpu_exit *exit)
{
	unsigned needs = exit_needs(v->last.reason);
	struct exit_snapshot s = {
		.reason = v->last.reason,
		.vectoring_info = v->last.vectoring,
		.rip = vmx_exit_rip(v),
		.gpr = v->vcpu->gpr,
		.ins_outs_info = vmx_capability.basic & VMX_BASIC_INS_OUTS_INFO,
	};

	if (needs & EXIT_NEEDS_QUALIFICATION)
		s.qualification = vmx_exit_qualification(v);
	if (needs & EXIT_NEEDS_LENGTH)
		s.instruction_length = vmx_exit_length(v);
	read_rare_fields(v, &s, needs);
	exit_decode(&s, exit);
	name_ipi(v, exit);
	if (v->last.known & VMX_KNOWN_HOST_TIMER)
		exit->kind = VCPU_EXIT_INTERRUPT;
	if (vmx_debug_is_hit(&v->debug)) {
		exit->kind = VCPU_EXIT_DEBUG;
		exit->debug = v->debug.hit;
	}
}
