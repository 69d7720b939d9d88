/* Exits that are handled while RBP and R12 to R15 of the guest stay in the CPU, as C functions preserve
 * them: most of those that need neither these registers nor the machine above. The entry code calls what
 * is here through vmx/exit/exit_short.c; where it does not enter the guest again the loop (vmx/vcpu/run.c)
 * goes on, from the beginning or, with v->noted, from where v->next says. */
#include "vmx/vcpu/run_in_place.h"

#include "kernel/recorder_ring.h"
#include "lib/assert.h"
#include "lib/bits.h"
#include "vm/vcpu/vcpu_quick.h"
#include "vmx/exit/exit_qualification.h"
#include "vmx/instructions.h"
#include "vmx/vcpu/interruptibility.h"
#include "vmx/vcpu/run_steps.h"
#include "x86/control_registers.h"

void run_catch_up(struct vmx_vcpu *v, const struct cpu *cpu)
{
	v->nested_seen = nested_catch_up(v->nested, cpu->index);
}

/* The exit has been written down, and handled so far: the loop does what `next` says. */
static void leave_to_loop(struct vmx_vcpu *v, enum vmx_next next)
{
	v->noted = true;
	v->next = next;
}

bool run_in_place(struct vcpu *vcpu, struct vmx_vcpu *v)
{
	struct record *record = recorder_place(v->recorder);

	run_note(v, vcpu, v->recorder, record);
	v->last.vectoring = (uint32_t)vmcs_fetch(VMCS_IDT_VECTORING_INFO);
	if (unlikely(v->last.vectoring & INTERRUPTION_VALID))
		inject_save_interrupted(v);
	enum vmx_next next = run_handle(v, record);

	struct cpu *cpu = this_cpu();

	run_pay_attention(cpu);
	if (unlikely(next != VMX_RESUME || __atomic_load_n(&cpu->need_resched, __ATOMIC_RELAXED))) {
		leave_to_loop(v, next);
		return false;
	}
	run_prepare(vcpu, v, cpu);
	vcpu_account_entry(vcpu, record, read_tsc());
	return true;
}

/* --- IN and OUT -------------------------------------------------------------------------------- */

/* Something may wait, perhaps for the machine above: the loop looks. */
static continuation_fn void io_to_loop(struct vcpu *vcpu, struct record *record)
{
	struct vmx_vcpu *v = vmx_of(vcpu);

	vcpu->row = &vcpu->statistics.rows[EXIT_SHORT_IO_INSTRUCTION];
	v->last = (struct vmx_exit) {
		.reason = EXIT_REASON_IO_INSTRUCTION,
		.row = EXIT_REASON_IO_INSTRUCTION,
		.known = VMX_KNOWN_RIP | VMX_KNOWN_QUALIFICATION,
		.rip = record->rip,
		.qualification = record->value,
	};
	leave_to_loop(v, vmx_answered(v));
}

/* After the access, of which no register had to be kept: it is this CPU's turn's. */
static inline void finish_io(void)
{
	struct vcpu *vcpu = (struct vcpu *)this_cpu_vcpu();
	struct record *record = vcpu->record;

	if (unlikely(cpu_attention())) {
		io_to_loop(vcpu, record);
		return;
	}
	record->end = read_tsc();
	statistics_finish(&vcpu->statistics, &vcpu->statistics.rows[EXIT_SHORT_IO_INSTRUCTION],
			  record->end - record->time);
	enter_again_in_place(vcpu);
}

/* Recorded before the access, which may have something to be recorded itself. */
void run_io_in_place(struct vcpu *vcpu, struct vmx_vcpu *v, struct record *record)
{
	uint64_t qualification = vmcs_fetch(VMCS_EXIT_QUALIFICATION);

	assert_slow(vcpu == this_cpu_vcpu());
	if (unlikely((qualification & IO_STRING) || !vmx_ends_plainly()))
		return;
	vmx_pass_instruction(v, record->rip);
	record->value = qualification;
	record->did = "answered by the board";
	vcpu_publish_exit(vcpu, v->recorder, record);
	vcpu->statistics.rows[EXIT_SHORT_IO_INSTRUCTION].count++;
	vcpu->quick->port(vcpu, qualification & PORT_ACCESS);
	finish_io();
}
