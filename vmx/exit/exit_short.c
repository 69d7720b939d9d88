/* The shortest way from an exit back into the guest, for the instructions that guests execute most:
 * CPUID, RDMSR and WRMSR of registers that were read or written before, and hypercalls that nobody
 * knows. The entry code (vmx/vcpu/entry.asm) comes here with most of the guest's registers still in
 * the CPU, and goes back when the answer is true; else the loop (vmx/vcpu/run.c) goes on as if nothing
 * had been tried. Answered exits are recorded and counted as all others are.
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

/* The exit is over. Its row was made with the vCPU, so that it need not be looked up. */
static inline struct vcpu *finish(struct vcpu *vcpu, struct vmx_vcpu *v, struct record *record,
				  enum exit_short_row number)
{
	struct statistics_row *row = &vcpu->statistics.rows[number];

	vmcs_store(VMCS_GUEST_RIP,
		   (record->rip + vmcs_fetch(VMCS_EXIT_INSTRUCTION_LENGTH)) & v->rip_mask);
	record->value = 0;
	record->did = "emulated";
	record->head = vcpu->record_head;
	recorder_publish(v->recorder, record);
	row->count++;
	record->end = read_tsc();
	statistics_finish(&vcpu->statistics, row, record->end - record->time);
	return vcpu;
}

/* Not inline, so that the exits above do not share registers with it. */
static noinline_fn struct vcpu *pass_on(struct vcpu *vcpu, struct vmx_vcpu *v)
{
	uint32_t reason = recorder_place(v->recorder)->reason;

	if (reason < 64 && (RUN_IN_PLACE >> reason & 1))
		return enter_run_in_place(vcpu, v);
	if (reason < 64 && (RUN_STORED_IN_PLACE >> reason & 1))
		return enter_run_stored_in_place(vcpu, v);
	return NULL;
}

struct vcpu *exit_short(struct vcpu *vcpu, struct vmx_vcpu *v)
{
	struct record *record = recorder_place(v->recorder);

	begin_record(record);
	uint32_t reason = record->reason;

	if (reason == EXIT_REASON_CPUID && allowed() && answer_cpuid(vcpu, v))
		return finish(vcpu, v, record, EXIT_SHORT_CPUID);
	if (reason == EXIT_REASON_VMCALL && allowed() && answer_vmcall(vcpu, v))
		return finish(vcpu, v, record, EXIT_SHORT_VMCALL);
	if (reason == EXIT_REASON_IO_INSTRUCTION)
		return enter_run_io_in_place(vcpu, v);
	if (reason == EXIT_REASON_RDMSR && allowed() && answer_rdmsr(vcpu, v))
		return finish(vcpu, v, record, EXIT_SHORT_RDMSR);
	if (reason == EXIT_REASON_WRMSR && allowed())
		return answer_wrmsr(vcpu, v) ? finish(vcpu, v, record, EXIT_SHORT_WRMSR)
					     : enter_run_wrmsr_in_place(vcpu, v);
	if (reason == EXIT_REASON_EXTERNAL_INTERRUPT)
		return enter_run_interrupt_in_place(vcpu, v);
	if (reason == EXIT_REASON_APIC_WRITE)
		return enter_run_apic_write_in_place(vcpu, v);
	if (reason == EXIT_REASON_PAUSE)
		return enter_hand_over_in_place(vcpu, v);
	return pass_on(vcpu, v);
}

struct vcpu *exit_not_short(struct vcpu *vcpu, struct vmx_vcpu *v)
{
	begin_record(recorder_place(v->recorder));
	return NULL;
}

struct vcpu *exit_untold(struct vcpu *vcpu, struct vmx_vcpu *v)
{
	return NULL;
}
