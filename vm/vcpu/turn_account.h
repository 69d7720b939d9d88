/* The bounds of a vCPU's turn, in the flight recorder and in its accounts of time. Inline, since every
 * switch from one vCPU to the next has two of them. On the CPU that the vCPU is bound to. */
#ifndef VM_VCPU_TURN_ACCOUNT_H
#define VM_VCPU_TURN_ACCOUNT_H

#include "kernel/cpu.h"
#include "kernel/time.h"
#include "lib/atomic.h"
#include "vm/vcpu/vcpu_account.h"

/* A bound's record; IRQs on. `now` becomes its time, which is read when no interrupt's handler can write a record
 * any more. Null before this CPU has a recorder. */
static inline struct record *turn_note_bound(const struct vcpu *vcpu, enum record_kind kind,
					     uint64_t *now, const char *did)
{
	struct recorder *recorder = this_cpu()->recorder;

	if (unlikely(!recorder)) {
		*now = time_ticks();
		return NULL;
	}
	interrupts_disable();
	*now = time_ticks();
	struct record *record = recorder_put(
		recorder, *now, record_head_of_kind(vcpu->record_head, kind), 0, 0, did);
	interrupts_enable();
	return record;
}

/* A turn begins, and `record` says so. */
static inline void turn_open(struct vcpu *vcpu, struct record *record, uint64_t now)
{
	vcpu->record = record;
	vcpu->row = &vcpu->statistics.turns;
	vcpu->statistics.turns.count++;
	__atomic_store_n(&vcpu->turn_began, now, __ATOMIC_RELAXED);
	vcpu->ticks_before_turn = vcpu->statistics.ticks;
}

/* Returns when it begins. */
static inline uint64_t turn_account_begin(struct vcpu *vcpu)
{
	uint64_t now;
	struct record *record = turn_note_bound(vcpu, RECORD_IN, &now, NULL);

	vcpu->no_record.time = now;
	vcpu->no_record.end = 0;
	turn_open(vcpu, likely(record) ? record : &vcpu->no_record, now);
	return now;
}

/* Where the time of a turn went, and when it ended. */
struct turn_ticks {
	uint64_t guest, plinth, end;
};

/* A turn ends, the cost of its last exit, at `rip`, being counted. */
static inline struct turn_ticks turn_close(struct vcpu *vcpu, uint64_t rip, uint64_t now)
{
	uint64_t turn = now - vcpu->turn_began;
	uint64_t plinth = vcpu->statistics.ticks - vcpu->ticks_before_turn;

	plinth = likely(plinth < turn) ? plinth : turn;
	__atomic_store_n(&vcpu->turn_began, 0, __ATOMIC_RELAXED);
	atomic_count(&vcpu->guest_ticks, turn - plinth);
	atomic_count(&vcpu->turn_ticks, turn);
	/* Its record may be overwritten from now on. */
	vcpu->no_record.rip = rip;
	vcpu->record = &vcpu->no_record;
	return (struct turn_ticks) { .guest = turn - plinth, .plinth = plinth, .end = now };
}

static inline struct turn_ticks turn_account_end(struct vcpu *vcpu, const char *why)
{
	uint64_t now;

	(void)turn_note_bound(vcpu, RECORD_OUT, &now, why);

	struct record *record = vcpu->record;

	/* An exit that led out of the turn; but an entry that was refused came after the last one's
	 * end. */
	if (!record_cost(record))
		vcpu_account_entry(vcpu, record, now);
	return turn_close(vcpu, record->rip, now);
}

#endif
