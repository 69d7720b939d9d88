/* The shortest way from an exit back into the guest, for the instructions that guests execute most:
 * CPUID, RDMSR and WRMSR of registers that were read or written before, and hypercalls that nobody
 * knows. The entry code (vmx/vcpu/entry.asm) comes here with most of the guest's registers still in
 * the CPU. Who has answered jumps back into the guest; who has not returns, and the loop (vmx/vcpu/run.c)
 * goes on as if nothing had been tried. Answered exits are recorded and counted as all others are.
 *
 * Nothing that may wait for the vCPU is looked at, but cpu->attention, which tells of everything. Watched
 * and debugged vCPUs have exit_not_short() instead.
 *
 * This file is compiled with a calling convention of its own (Makefile): R8 to R11 belong to the caller
 * too, RBX does not. So it calls no function that is not inline, which tools/lint proves. */
#include "vmx/exit/exit_short.h"

#include "kernel/cpu.h"
#include "kernel/recorder_ring.h"
#include "vm/statistics.h"
#include "vmx/instructions.h"
#include "vmx/exit/instruction_end.h"
#include "vmx/vcpu/hand_over.h"
#include "vmx/vcpu/run_in_place.h"
#include "vmx/vcpu/vcpu.h"
#include "x86/control_registers.h"
#include "x86/instructions.h"
#include "x86/segment.h"

static inline bool answer_cpuid(struct vcpu *vcpu, struct vmx_vcpu *v)
{
	uint64_t *gpr = vcpu->gpr;
	const struct cpuid_result *r =
		cpuid_memo_find(&v->cpuid_memo, (uint32_t)gpr[RAX], (uint32_t)gpr[RCX]);

	if (unlikely(!r))
		return false;
	gpr[RAX] = r->eax;
	gpr[RBX] = r->ebx;
	gpr[RCX] = r->ecx;
	gpr[RDX] = r->edx;
	return true;
}

static inline bool answer_rdmsr(struct vcpu *vcpu, struct vmx_vcpu *v)
{
	const struct msr_memo_row *row = msr_memo_find(&v->msrs.memo, (uint32_t)vcpu->gpr[RCX]);

	if (unlikely(!row))
		return false;
	vcpu->gpr[RAX] = row->low;
	vcpu->gpr[RDX] = row->high;
	return true;
}

/* A register that already holds what is written, and was seen to take it. */
static inline bool answer_wrmsr(struct vcpu *vcpu, struct vmx_vcpu *v)
{
	const struct msr_memo_row *row = msr_memo_find(&v->msrs.memo, (uint32_t)vcpu->gpr[RCX]);

	return likely(row && row->written && row->low == (uint32_t)vcpu->gpr[RAX] &&
		      row->high == (uint32_t)vcpu->gpr[RDX]);
}

/* In 32-bit code the upper half of the result is nobody's. */
static inline bool answer_vmcall(struct vcpu *vcpu, struct vmx_vcpu *v)
{
	if (unlikely(!vcpu->unknown_hypercall || (vmcs_fetch(VMCS_GUEST_SS_AR_BYTES) & RIGHTS_DPL)))
		return false;
	vcpu->gpr[RAX] = vcpu->unknown_hypercall & v->rip_mask;
	return true;
}

/* May the exit be answered here at all? */
static inline bool allowed(void)
{
	return !cpu_attention() && vmx_ends_plainly();
}

/* What is known at once. The loop finds it there when the exit is not answered here. */
static inline void begin_record(struct record *record)
{
	read_tsc_halves(&record->time_low, &record->time_high);
	record->reason = (uint32_t)vmcs_fetch(VMCS_EXIT_REASON);
	record->rip = vmcs_fetch(VMCS_GUEST_RIP);
}

static inline void go_back(struct vcpu *vcpu, struct record *record, struct statistics_row *row)
{
	row->count++;
	record->end = read_tsc();
	statistics_finish(&vcpu->statistics, row, record->end - record->time);
	enter_again(vcpu);
}

static continuation_fn void finish_page(struct vcpu *vcpu, struct vmx_vcpu *v,
					struct record *record, struct statistics_row *row)
{
	recorder_publish(v->recorder, record);
	go_back(vcpu, record, row);
}

/* The exit is over. Its row was made with the vCPU, so that it need not be looked up. */
static inline void finish(struct vcpu *vcpu, struct vmx_vcpu *v, struct record *record,
			  enum exit_short_row number)
{
	struct statistics_row *row = &vcpu->statistics.rows[number];

	vmx_pass_instruction(v, record->rip);
	record->value = 0;
	record->did = "emulated";
	record->head = vcpu->record_head;
	if (unlikely(!recorder_stays_on_page(v->recorder, record))) {
		finish_page(vcpu, v, record, row);
		return;
	}
	recorder_publish_on_page(v->recorder, record);
	go_back(vcpu, record, row);
}

/* Where all others go: most to the loop. */
#define WAYS 64

static void to_loop(struct vcpu *vcpu, struct vmx_vcpu *v)
{
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init" /* all rows, then some */

static const exit_short_function ways[WAYS] = {
	[0 ... WAYS - 1] = to_loop,
	[EXIT_REASON_EXTERNAL_INTERRUPT] = enter_run_interrupt_in_place,
	[EXIT_REASON_INTERRUPT_WINDOW] = enter_run_in_place,
	[EXIT_REASON_RDTSC] = enter_run_in_place,
	[EXIT_REASON_CR_ACCESS] = enter_run_stored_in_place,
	[EXIT_REASON_PAUSE] = enter_hand_over_in_place,
	[EXIT_REASON_TPR_BELOW_THRESHOLD] = enter_run_in_place,
	[EXIT_REASON_VIRTUALIZED_EOI] = enter_run_in_place,
	[EXIT_REASON_EPT_VIOLATION] = enter_run_stored_in_place,
	[EXIT_REASON_PREEMPTION_TIMER] = enter_run_in_place,
	[EXIT_REASON_APIC_WRITE] = enter_run_apic_write_in_place,
};

#pragma GCC diagnostic pop

/* What cannot be answered here may be all the same with more registers stored. */
void exit_short(struct vcpu *vcpu, struct vmx_vcpu *v)
{
	struct record *record = recorder_place(v->recorder);

	begin_record(record);
	uint32_t reason = record->reason;

	if (reason == EXIT_REASON_CPUID)
		return allowed() && answer_cpuid(vcpu, v)
			       ? finish(vcpu, v, record, EXIT_SHORT_CPUID)
			       : enter_run_in_place(vcpu, v);
	if (reason == EXIT_REASON_VMCALL)
		return allowed() && answer_vmcall(vcpu, v)
			       ? finish(vcpu, v, record, EXIT_SHORT_VMCALL)
			       : enter_run_in_place(vcpu, v);
	if (reason == EXIT_REASON_IO_INSTRUCTION)
		return enter_run_io_in_place(vcpu, v, record);
	if (reason == EXIT_REASON_RDMSR)
		return allowed() && answer_rdmsr(vcpu, v)
			       ? finish(vcpu, v, record, EXIT_SHORT_RDMSR)
			       : enter_run_in_place(vcpu, v);
	if (reason == EXIT_REASON_WRMSR) {
		if (unlikely(!allowed()))
			return enter_run_in_place(vcpu, v);
		return answer_wrmsr(vcpu, v) ? finish(vcpu, v, record, EXIT_SHORT_WRMSR)
					     : enter_run_wrmsr_in_place(vcpu, v);
	}
	if (likely(reason < WAYS))
		ways[reason](vcpu, v);
}

void exit_not_short(struct vcpu *vcpu, struct vmx_vcpu *v)
{
	begin_record(recorder_place(v->recorder));
}

void exit_untold(struct vcpu *vcpu, struct vmx_vcpu *v)
{
}
