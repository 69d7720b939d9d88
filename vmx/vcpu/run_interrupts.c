/* The exits of the interrupts that guests live by. The two of an interrupt that one vCPU sends to another
 * which runs: the sender's, whose local APIC's interrupt command register was written, and the receiver's,
 * which is nudged; and that of the guest's timer, for which the host's interrupts. What run_in_place() does
 * of every exit is done of these too, in fewer steps, and what somebody waits for comes first.
 *
 * Neither exit can have cut short the delivery of an event: an access to the local APIC that is part of one
 * is another exit, and an external interrupt comes between two instructions. SDM volume 3, "Information for
 * VM Exits That Occur During Event Delivery". */
#include "kernel/cpu_nudge.h"
#include "kernel/recorder_ring.h"
#include "lib/bits.h"
#include "vm/vcpu/vcpu_interrupts.h"
#include "vmx/exit/exit_decode.h"
#include "vmx/instructions.h"
#include "vmx/vcpu/run_answered.h"
#include "vmx/vcpu/run_in_place.h"

#define WRITE_OFFSET BITS(11, 0) /* of the exit qualification of an APIC write */

static noinline_fn bool to_loop(struct vmx_vcpu *v, const struct record *record, uint32_t reason)
{
	return run_to_loop(v, record, reason, VMX_RESUME);
}

/* What is left once the exit has been dealt with. */
static inline_always bool go_back(struct vcpu *vcpu, struct vmx_vcpu *v, struct record *record,
				  uint32_t reason)
{
	struct cpu *cpu = this_cpu();

	vcpu->row = statistics_begin(&vcpu->statistics, reason);
	run_pay_attention(cpu);
	if (unlikely(__atomic_load_n(&cpu->need_resched, __ATOMIC_RELAXED)))
		return to_loop(v, record, reason);
	if (events_waiting(vcpu))
		run_inject(vcpu, v);
	run_refit(vcpu, v, cpu);
	vcpu_account_entry(vcpu, record, read_tsc());
	return true;
}

static inline void publish(struct vcpu *vcpu, struct vmx_vcpu *v, struct record *record,
			   const char *did)
{
	record->value = 0;
	record->did = did;
	vcpu_publish_exit(vcpu, v->recorder, record);
}

static inline bool take_nudge(struct vcpu *vcpu, struct vmx_vcpu *v, struct record *record)
{
	cpu_take_nudge(this_cpu());
	publish(vcpu, v, record, "host interrupt handled");
	return go_back(vcpu, v, record, EXIT_REASON_EXTERNAL_INTERRUPT);
}

/* The guest's timer, and something else that the vCPU has to look at. */
static cold_fn bool take_guest_timer_aside(struct vcpu *vcpu, struct vmx_vcpu *v,
					   struct record *record)
{
	(void)timer_take_guest(v->slice.timers);
	vcpu->interrupts->timer_due(vcpu);
	return go_back(vcpu, v, record, EXIT_REASON_EXTERNAL_INTERRUPT);
}

/* What does not depend on the time comes before the deadline does. */
static bool take_guest_timer(struct vcpu *vcpu, struct vmx_vcpu *v, struct record *record)
{
	bool open = inject_is_open();

	publish(vcpu, v, record, "guest's timer");
	if (unlikely(cpu_attention() || !inject_is_simple(v)))
		return take_guest_timer_aside(vcpu, v, record);
	vcpu->row = statistics_begin(&vcpu->statistics, EXIT_REASON_EXTERNAL_INTERRUPT);
	uint64_t now = timer_take_guest(v->slice.timers);

	inject_offer(vcpu, v, v->recorder, vcpu->interrupts->offer_timer(vcpu, now, open));
	run_refit(vcpu, v, this_cpu());
	vcpu_account_entry(vcpu, record, read_tsc());
	return true;
}

/* An interrupt of any other kind is for its handler. */
bool run_interrupt_in_place(struct vcpu *vcpu, struct vmx_vcpu *v)
{
	struct record *record = recorder_place(v->recorder);
	uint32_t info = (uint32_t)vmcs_fetch(VMCS_EXIT_INTERRUPTION_INFO) &
			(INTERRUPTION_VALID | INTERRUPTION_VECTOR_MASK);

	if (likely(info == (INTERRUPTION_VALID | VECTOR_NUDGE)))
		return take_nudge(vcpu, v, record);
	if (likely(info == (INTERRUPTION_VALID | VECTOR_TIMER) &&
		   timer_is_for_guest(v->slice.timers)))
		return take_guest_timer(vcpu, v, record);
	return run_in_place(vcpu, v);
}

/* A trap: the write is in the page, and RIP behind it. Recorded first, as what follows from the write is
 * recorded, too. */
bool run_apic_write_in_place(struct vcpu *vcpu, struct vmx_vcpu *v)
{
	struct record *record = recorder_place(v->recorder);

	record->value = vmcs_fetch(VMCS_EXIT_QUALIFICATION);
	record->did = "local APIC written";
	vcpu_publish_exit(vcpu, v->recorder, record);
	vcpu->interrupts->written(vcpu, (unsigned)field_get(record->value, WRITE_OFFSET));
	/* It may have sent itself an INIT, which is for the machine above to act on. */
	if (unlikely(__atomic_load_n(&vcpu->startup, __ATOMIC_RELAXED)))
		__atomic_store_n(&this_cpu()->need_resched, true, __ATOMIC_RELAXED);
	return go_back(vcpu, v, record, EXIT_REASON_APIC_WRITE);
}
