/* CPUID, RDMSR, WRMSR and the time stamp: the most frequent exits of an ordinary guest. What the
 * guest sees is policy (vm/policy/cpuid_policy.h, vm/policy/msr_policy.h); here it is only moved. */
#include "vmx/exit/exit_handlers.h"

#include "kernel/command_line.h"
#include "kernel/output/log.h"
#include "vm/vcpu/vcpu_interrupts.h"
#include "vm/vcpu/vcpu_quick.h"
#include "vm/vm.h"
#include "vmx/exit/exit_fields.h"
#include "vmx/vcpu/apicv.h"
#include "vmx/vcpu/resident.h"
#include "x86/instructions.h"
#include "x86/msr.h"

/* RAX and RDX take the halves of a value; their own upper halves become 0. */
static void set_edx_eax(struct vmx_vcpu *v, uint64_t value)
{
	v->vcpu->gpr[RAX] = (uint32_t)value;
	v->vcpu->gpr[RDX] = value >> 32;
}

/* Programs ask the same again and again, some as a barrier. */
static noinline_fn const struct cpuid_result *work_out(struct vmx_vcpu *v, uint32_t leaf,
						       uint32_t subleaf)
{
	cpuid_memo_keep(&v->cpuid_memo, leaf, subleaf,
			cpuid_policy(cpuid_query, vmx_cpuid_guest(v), leaf, subleaf));
	return cpuid_memo_find(&v->cpuid_memo, leaf, subleaf);
}

enum vmx_next vmx_handle_cpuid(struct vmx_vcpu *v)
{
	uint64_t *gpr = v->vcpu->gpr;
	uint32_t leaf = (uint32_t)gpr[RAX], subleaf = (uint32_t)gpr[RCX];
	const struct cpuid_result *r = cpuid_memo_find(&v->cpuid_memo, leaf, subleaf);

	if (unlikely(!r))
		r = work_out(v, leaf, subleaf);
	gpr[RAX] = r->eax;
	gpr[RBX] = r->ebx;
	gpr[RCX] = r->ecx;
	gpr[RDX] = r->edx;
	return vmx_emulated(v);
}

/* What may have changed since the last access. */
static inline const struct msr_inputs *msr_inputs(struct vmx_vcpu *v)
{
	v->msr_inputs.cr0 = v->control_registers.view.cr0;
	v->msr_inputs.efer = v->control_registers.view.efer;
	v->msr_inputs.host_tsc = read_tsc();
	return &v->msr_inputs;
}

/* Guests probe for registers, and may do it as often as they like: no more than a line for the
 * curious. */
static enum vmx_next deny(struct vmx_vcpu *v, const char *instruction, uint64_t value)
{
	uint32_t index = (uint32_t)v->vcpu->gpr[RCX];

	if (unlikely(command_line.log_level <= LOG_DEBUG))
		log_debug("vm", "%s denied vm=%u(%s) vcpu=%u msr=0x%x(%s) value=0x%lx rip=0x%lx",
			  instruction, v->vcpu->vm->id, v->vcpu->vm->name, v->vcpu->id, index,
			  msr_name(index), value, vmx_exit_rip(v));
	return vmx_raise_protection(v);
}

enum vmx_next vmx_deny_wrmsr(struct vmx_vcpu *v, uint64_t value)
{
	return deny(v, "wrmsr", value);
}

/* Registers that only the board knows. */
static enum vmx_next read_of_board(struct vmx_vcpu *v, uint32_t index)
{
	const struct vcpu_quick *quick = v->vcpu->quick;
	uint64_t value = 0;

	if (!quick)
		return vmx_to_board(v);
	if (!quick->read_msr(v->vcpu, index, &value))
		return deny(v, "rdmsr", 0);
	set_edx_eax(v, value);
	return vmx_emulated_by_board(v);
}

static enum vmx_next write_of_board(struct vmx_vcpu *v, uint32_t index, uint64_t value)
{
	const struct vcpu_quick *quick = v->vcpu->quick;

	if (!quick)
		return vmx_to_board(v);
	if (!quick->write_msr(v->vcpu, index, value))
		return deny(v, "wrmsr", value);
	return vmx_emulated_by_board(v);
}

enum vmx_next vmx_handle_rdmsr(struct vmx_vcpu *v)
{
	uint32_t index = (uint32_t)v->vcpu->gpr[RCX];
	uint64_t value = 0;

	switch (msr_policy_read(&v->msrs, msr_inputs(v), index, &value)) {
	case MSR_DONE:
		set_edx_eax(v, value);
		return vmx_emulated(v);
	case MSR_TO_BOARD:
		return read_of_board(v, index);
	default:
		return deny(v, "rdmsr", 0);
	}
}

/* Lets the hardware follow what the policy changed. False when EFER is refused after all. */
static bool apply_msr_changes(struct vmx_vcpu *v, unsigned changed)
{
	if ((changed & MSR_CHANGED_EFER) && vmx_write_efer(v, v->msrs.efer) != ERROR_NONE) {
		v->msrs.efer = vmx_read_efer(v);
		return false;
	}
	if (changed & (MSR_CHANGED_APIC_BASE | MSR_CHANGED_MISC_ENABLE | MSR_CHANGED_XSS))
		cpuid_memo_forget(&v->cpuid_memo);
	if (changed & MSR_CHANGED_PAT)
		vmx_set_pat(v);
	if (changed & MSR_CHANGED_TSC_OFFSET) {
		vmx_set_tsc_offset(v);
		if (v->vcpu->interrupts)
			v->vcpu->interrupts->tsc_changed(v->vcpu);
	}
	if (changed & MSR_CHANGED_XSS)
		vmx_set_xss(v);
	if ((changed & MSR_CHANGED_APIC_BASE) && v->vcpu->interrupts) {
		v->vcpu->interrupts->apic_base(v->vcpu, v->msrs.apic_base);
		apicv_set_mode(v);
	}
	return true;
}

enum vmx_next vmx_handle_wrmsr(struct vmx_vcpu *v)
{
	const uint64_t *gpr = v->vcpu->gpr;
	uint32_t index = (uint32_t)gpr[RCX];
	uint64_t value = gpr[RDX] << 32 | (uint32_t)gpr[RAX];
	unsigned changed = 0;

	switch (msr_policy_write(&v->msrs, msr_inputs(v), index, value, &changed)) {
	case MSR_DONE:
		if (changed && !apply_msr_changes(v, changed))
			return vmx_raise_protection(v);
		return vmx_emulated(v);
	case MSR_TO_BOARD:
		return write_of_board(v, index, value);
	case MSR_TO_CPU:
		return resident_write_msr(v, index, value) ? vmx_emulated(v)
							   : deny(v, "wrmsr", value);
	default:
		return deny(v, "wrmsr", value);
	}
}

/* CPL against CR4.TSD was checked by the hardware: that fault comes before the exit. */
enum vmx_next vmx_handle_rdtsc(struct vmx_vcpu *v)
{
	set_edx_eax(v, read_tsc() + v->msrs.tsc_offset);
	return vmx_emulated(v);
}

enum vmx_next vmx_handle_rdtscp(struct vmx_vcpu *v)
{
	set_edx_eax(v, read_tsc() + v->msrs.tsc_offset);
	/* The guest's value is in the CPU as long as the guest is. */
	v->vcpu->gpr[RCX] = (uint32_t)read_msr(MSR_TSC_AUX);
	return vmx_emulated(v);
}
