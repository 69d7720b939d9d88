/* The bounds of turns, and events that are no exits. */
#include "vm/vcpu/vcpu_account.h"

#include "kernel/cpu.h"
#include "kernel/time.h"
#include "vm/vm.h"
#include "x86/control_registers.h"
#include "x86/instructions.h"

struct record *vcpu_record_event(const struct vcpu *vcpu, enum record_kind kind, uint64_t value,
				 const char *did)
{
	return recorder_write(record_head_of_kind(vcpu->record_head, kind), value, 0, did);
}

void vm_record_event(const struct vm *vm, enum record_kind kind, const char *did)
{
	const struct recorder_event event = { .kind = kind, .vm = (uint16_t)vm->id, .did = did };

	(void)recorder_note(&event);
}

/* A bound of a turn in this CPU's flight recorder, as recorder_write() does it, but in place: every turn has
 * two. `now` becomes its time, which is read when no interrupt's handler can write a record any more. */
static inline struct record *note_bound(const struct vcpu *vcpu, enum record_kind kind,
					uint64_t *now, const char *did)
{
	struct recorder *recorder = this_cpu()->recorder;
	uint64_t rflags = read_rflags();
	struct record *record;

	if (unlikely(!recorder)) {
		*now = time_ticks();
		return NULL;
	}
	interrupts_disable();
	*now = time_ticks();
	record = recorder_put(recorder, *now, record_head_of_kind(vcpu->record_head, kind), 0, 0,
			      did);
	if (rflags & RFLAGS_IF)
		interrupts_enable();
	return record;
}

void vcpu_account_turn(struct vcpu *vcpu)
{
	uint64_t now;
	struct record *record = note_bound(vcpu, RECORD_IN, &now, NULL);

	vcpu->no_record.time = now;
	vcpu->no_record.end = 0;
	vcpu->record = record ? record : &vcpu->no_record;
	vcpu->row = &vcpu->statistics.turns;
	vcpu->row->count++;
	__atomic_store_n(&vcpu->turn_began, now, __ATOMIC_RELAXED);
	vcpu->ticks_before_turn = vcpu->statistics.ticks;
}

uint64_t vcpu_account_turn_end(struct vcpu *vcpu, const char *why)
{
	uint64_t now, turn, plinth;

	(void)note_bound(vcpu, RECORD_OUT, &now, why);
	turn = now - vcpu->turn_began;

	/* An exit that led out of the turn; but an entry that was refused came after the last one's
	 * end. */
	if (!record_cost(vcpu->record))
		vcpu_account_entry(vcpu, vcpu->record, now);
	plinth = vcpu->statistics.ticks - vcpu->ticks_before_turn;
	__atomic_store_n(&vcpu->turn_began, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&vcpu->guest_ticks,
			 vcpu->guest_ticks + (turn > plinth ? turn - plinth : 0), __ATOMIC_RELAXED);
	__atomic_store_n(&vcpu->turn_ticks, vcpu->turn_ticks + turn, __ATOMIC_RELAXED);
	/* Its record may be overwritten from now on. */
	vcpu->no_record.rip = vcpu->record->rip;
	vcpu->record = &vcpu->no_record;
	return turn;
}
