/* Exits that are handled while RBP and R12 to R15 of the guest stay in the CPU, as C functions preserve
 * them: most of those that need neither these registers nor the machine above. The entry code calls what
 * is here through vmx/exit/exit_short.c; when it returns null the loop (vmx/vcpu/run.c) goes on, from the
 * beginning or, with v->noted, from where v->next says. */
#include "vmx/vcpu/run_in_place.h"

#include "kernel/recorder_ring.h"
#include "lib/bits.h"
#include "vmx/exit/exit_qualification.h"
#include "vmx/exit/port_answer.h"
#include "vmx/instructions.h"
#include "vmx/vcpu/interruptibility.h"
#include "vmx/vcpu/run_steps.h"
#include "x86/control_registers.h"

void run_catch_up(struct vmx_vcpu *v, const struct cpu *cpu)
{
	v->nested_seen = nested_catch_up(v->nested, cpu->index);
}

/* The exit has been written down, and handled so far: the loop does what `next` says. */
static struct vcpu *to_loop(struct vmx_vcpu *v, enum vmx_next next)
{
	v->noted = true;
	v->next = next;
	return NULL;
}

struct vcpu *run_in_place(struct vcpu *vcpu, struct vmx_vcpu *v)
{
	struct record *record = recorder_place(v->recorder);

	run_note(v, vcpu, v->recorder, record);
	v->last.vectoring = (uint32_t)vmcs_fetch(VMCS_IDT_VECTORING_INFO);
	if (unlikely(v->last.vectoring & INTERRUPTION_VALID))
		inject_save_interrupted(v);
	enum vmx_next next = run_handle(v, record);

	struct cpu *cpu = this_cpu();

	run_pay_attention(cpu);
	if (unlikely(next != VMX_RESUME || __atomic_load_n(&cpu->need_resched, __ATOMIC_RELAXED)))
		return to_loop(v, next);
	run_prepare(vcpu, v, cpu);
	vcpu_account_entry(vcpu, record, read_tsc());
	return vcpu;
}

/* --- IN and OUT -------------------------------------------------------------------------------- */

/* The loop has to look at what comes after the access. */
static continuation_fn struct vcpu *io_to_loop(struct vcpu *vcpu, struct record *record, bool go_on)
{
	struct vmx_vcpu *v = vmx_of(vcpu);

	vcpu->record = record;
	vcpu->row = &vcpu->statistics.rows[EXIT_SHORT_IO_INSTRUCTION];
	v->last = (struct vmx_exit) {
		.reason = EXIT_REASON_IO_INSTRUCTION,
		.row = EXIT_REASON_IO_INSTRUCTION,
		.known = VMX_KNOWN_RIP | VMX_KNOWN_QUALIFICATION,
		.rip = record->rip,
		.qualification = record->value,
	};
	return to_loop(v, vmx_answered(v, go_on));
}

static inline struct vcpu *finish_io(struct vcpu *vcpu, struct record *record, bool go_on)
{
	if (unlikely(!go_on || cpu_attention()))
		return io_to_loop(vcpu, record, go_on);
	record->end = read_tsc();
	statistics_finish(&vcpu->statistics, &vcpu->statistics.rows[EXIT_SHORT_IO_INSTRUCTION],
			  record->end - record->time);
	return vcpu;
}

static continuation_fn struct vcpu *out_in_place(struct vcpu *vcpu, struct record *record,
						 uint16_t port, unsigned width)
{
	return finish_io(vcpu, record, port_answer_out(vcpu, port, width));
}

static continuation_fn struct vcpu *in_in_place(struct vcpu *vcpu, struct record *record,
						uint16_t port, unsigned width)
{
	return finish_io(vcpu, record, port_answer_in(vcpu, port, width));
}

/* Recorded before the access, which may have something to be recorded itself. */
struct vcpu *run_io_in_place(struct vcpu *vcpu, struct vmx_vcpu *v)
{
	struct record *record = recorder_place(v->recorder);
	uint64_t qualification = vmcs_fetch(VMCS_EXIT_QUALIFICATION);

	if (unlikely((qualification & IO_STRING) || !vmx_ends_plainly()))
		return NULL;
	vmcs_store(VMCS_GUEST_RIP,
		   (record->rip + vmcs_fetch(VMCS_EXIT_INSTRUCTION_LENGTH)) & v->rip_mask);
	record->value = qualification;
	record->did = "answered by the board";
	record->head = vcpu->record_head;
	recorder_publish(v->recorder, record);
	vcpu->statistics.rows[EXIT_SHORT_IO_INSTRUCTION].count++;

	unsigned width = (unsigned)(qualification & IO_SIZE) + 1;
	uint16_t port = (uint16_t)field_get(qualification, IO_PORT);

	return qualification & IO_IN ? in_in_place(vcpu, record, port, width)
				     : out_in_place(vcpu, record, port, width);
}
