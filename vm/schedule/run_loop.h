/* One turn of a vCPU: run, act on the exit, run again, until its slice is over or it has to stop. */
#ifndef VM_SCHEDULE_RUN_LOOP_H
#define VM_SCHEDULE_RUN_LOOP_H

#include "lib/types.h"
#include "vm/vcpu/vcpu.h"

/* How a turn ended. */
enum turn_end {
	TURN_OVER,       /* ready, but somebody else's turn */
	TURN_BROKEN_OFF, /* ready, and its slice is not over, but one that was woken goes first */
	TURN_BLOCK,      /* waits for an event */
	TURN_PARK,       /* its VM is paused, or is about to start anew */
	TURN_DONE,       /* this vCPU will not run again: it ended, failed, or its VM stops */
};

/* On the CPU that the vCPU is bound to, interrupts on, vCPU Ready. `*vcpu` becomes whose turn it is at its
 * end: see vm/schedule/hand_over.h. */
enum turn_end run_loop_turn(struct vcpu **vcpu);

#endif
