/* WRMSR to a register of the local APIC's, which the policy leaves to the board whatever is written: the
 * deadline of a timer, the end of an interrupt. What run_in_place() does of every exit is done of
 * these too, in fewer steps. */
#include "vm/policy/msr_policy.h"
#include "vm/vcpu/vcpu_quick.h"
#include "vmx/exit/instruction_end.h"
#include "vmx/instructions.h"
#include "vmx/vcpu/run_answered.h"
#include "vmx/vcpu/run_in_place.h"

/* The machine above has to act, or the loop has to look at what comes after the write. */
static noinline_fn bool to_loop(struct vmx_vcpu *v, const struct record *record, enum vmx_next next)
{
	return run_to_loop(v, record, EXIT_REASON_WRMSR, next);
}

static noinline_fn bool refuse(struct vmx_vcpu *v, struct record *record, uint64_t value)
{
	(void)run_to_loop(v, record, EXIT_REASON_WRMSR, VMX_RESUME);
	v->next = vmx_deny_wrmsr(v, value);
	record->did = v->did;
	return false;
}

/* Nothing waited as the exit came, and the instruction ends plainly: exit_short() has looked. Recorded
 * first, as what follows from the write may be recorded, too. */
bool run_wrmsr_in_place(struct vcpu *vcpu, struct vmx_vcpu *v)
{
	struct record *record = recorder_place(v->recorder);
	uint32_t index = (uint32_t)vcpu->gpr[RCX];
	uint64_t value = vcpu->gpr[RDX] << 32 | (uint32_t)vcpu->gpr[RAX];

	if (unlikely(!msr_policy_is_boards(&v->msr_inputs, index)))
		return run_in_place(vcpu, v);
	record->value = 0;
	record->did = "answered by the board";
	vcpu_publish_exit(vcpu, v->recorder, record);
	vcpu->row = &vcpu->statistics.rows[EXIT_SHORT_WRMSR];
	vcpu->row->count++;
	if (unlikely(!vcpu->quick->write_msr(vcpu, index, value)))
		return refuse(v, record, value);
	vmx_pass_instruction(v, record->rip);
	if (unlikely(cpu_attention()))
		return to_loop(v, record, vmx_answered(v));
	if (unlikely(events_waiting(vcpu)))
		run_inject(vcpu, v);
	run_refit(vcpu, v, this_cpu());
	vcpu_account_entry(vcpu, record, read_tsc());
	return true;
}
