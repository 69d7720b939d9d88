/* Exits that are handled while RBP and R12 to R15 of the guest stay in the CPU, as C functions preserve
 * them: most of those that need neither these registers nor the machine above. The entry code calls what
 * is here through vmx/exit/exit_short.c; when it returns null the loop (vmx/vcpu/run.c) goes on, from the
 * beginning or, with v->noted, from where v->next says. */
#include "vmx/vcpu/run_in_place.h"

#include "kernel/recorder_ring.h"
#include "lib/bits.h"
#include "vm/emulate/io_result.h"
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
	run_prepare(v, cpu);
	vcpu_account_entry(vcpu, record, read_tsc());
	return vcpu;
}

/* The loop has to look at what comes after the access. */
static noinline_fn struct vcpu *io_to_loop(struct vcpu *vcpu, struct vmx_vcpu *v,
					   struct record *record, bool go_on)
{
	v->last = (struct vmx_exit) {
		.reason = EXIT_REASON_IO_INSTRUCTION,
		.row = EXIT_REASON_IO_INSTRUCTION,
		.known = VMX_KNOWN_RIP | VMX_KNOWN_QUALIFICATION,
		.rip = record->rip,
		.qualification = record->value,
	};
	return to_loop(v, vmx_answered(v, go_on));
}

struct vcpu *run_io_in_place(struct vcpu *vcpu, struct vmx_vcpu *v)
{
	struct record *record = recorder_place(v->recorder);
	uint64_t qualification = vmcs_fetch(VMCS_EXIT_QUALIFICATION);
	unsigned width = (unsigned)(qualification & IO_SIZE) + 1;
	bool in = qualification & IO_IN;

	if (unlikely(!vcpu->quick || (qualification & IO_STRING) || !vmx_ends_plainly()))
		return NULL;
	uint32_t value = (uint32_t)vcpu->gpr[RAX] & (uint32_t)BITS(width * 8 - 1, 0);

	/* The access itself may have something to be recorded. */
	record->value = qualification;
	record->did = "answered by the board";
	vcpu->row = &vcpu->statistics.rows[EXIT_SHORT_IO_INSTRUCTION];
	vcpu->row->count++;
	vcpu_publish_exit(vcpu, v->recorder, record);
	vmcs_store(VMCS_GUEST_RIP,
		   (record->rip + vmcs_fetch(VMCS_EXIT_INSTRUCTION_LENGTH)) & v->rip_mask);
	bool go_on = vcpu->quick->port(vcpu, (uint16_t)field_get(qualification, IO_PORT), width, in,
				       &value);

	if (in)
		vcpu->gpr[RAX] = io_result(vcpu->gpr[RAX], width, value);
	if (unlikely(!go_on || cpu_attention()))
		return io_to_loop(vcpu, v, record, go_on);
	vcpu_account_entry(vcpu, record, read_tsc());
	return vcpu;
}
