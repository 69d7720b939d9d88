/* How what a vCPU does gets into the flight recorder of its CPU and into its own statistics. An exit is
 * written down as it comes; what it cost is known at the next entry, or at the end of the turn, and is
 * written behind it. The turn itself begins with a record of the same kind: its cost is what it takes
 * to get the vCPU going.
 *
 * All on the CPU that the vCPU is bound to. What the loop that enters guests calls is inline, and is
 * what the recorder and the statistics cost an exit (docs/observing.md counts it). */
#ifndef VM_VCPU_VCPU_ACCOUNT_H
#define VM_VCPU_VCPU_ACCOUNT_H

#include "kernel/recorder.h"
#include "vm/statistics.h"
#include "vm/vcpu/vcpu.h"
#include "x86/instructions.h"

/* The record of an exit is filled in. */
static inline void vcpu_publish_exit(struct vcpu *vcpu, struct recorder *recorder,
				     struct record *record)
{
	record->head = vcpu->record_head;
	recorder_publish(recorder, record);
	vcpu->record = record;
}

/* An exit, IRQs off: `record` is the recorder's place for it, with time, reason and RIP already in it,
 * and the qualification if that is known, else 0; `row` the backend's number for its reason in the statistics.
 * An exit that more than RECORDER_KEPT events follow before its end gives its cost to one of these. */
static inline void vcpu_account_exit(struct vcpu *vcpu, struct recorder *recorder,
				     struct record *record, uint32_t row)
{
	vcpu_publish_exit(vcpu, recorder, record);
	vcpu->row = statistics_begin(&vcpu->statistics, row);
}

/* What was done about it; a constant string. */
static inline void vcpu_account_did(struct vcpu *vcpu, const char *did)
{
	vcpu->record->did = did;
}

/* It is over: the guest is about to be entered. `record` is the vCPU's. */
static inline void vcpu_account_entry(struct vcpu *vcpu, struct record *record, uint64_t now)
{
	record->end = now;
	statistics_finish(&vcpu->statistics, vcpu->row, now - record->time);
}

/* An event of the vCPU that this CPU runs, for its recorder: IRQs off, from within run(). */
static inline void vcpu_note_event(const struct vcpu *vcpu, struct recorder *recorder,
				   enum record_kind kind, uint64_t value, const char *did)
{
	(void)recorder_put(recorder, read_tsc(), record_head_of_kind(vcpu->record_head, kind),
			   value, 0, did);
}

/* Events that are no exits, for the recorder of the CPU that calls. */
struct record *vcpu_record_event(const struct vcpu *vcpu, enum record_kind kind, uint64_t value,
				 const char *did);
void vm_record_event(const struct vm *vm, enum record_kind kind, const char *did);

#endif
