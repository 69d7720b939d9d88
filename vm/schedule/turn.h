/* A vCPU's turn on its CPU: how long it may last, and what it took. */
#ifndef VM_SCHEDULE_TURN_H
#define VM_SCHEDULE_TURN_H

#include "lib/types.h"
#include "vm/schedule/run_loop.h"
#include "vm/vcpu/vcpu.h"

struct scheduler;

/* Lengths in ticks of the host's clock: of a CPU that begins to schedule. */
void turn_init(struct scheduler *s);

/* What the flight recorder says of the end of one that was over. */
#define TURN_OVER_NAME       "turn-over"
#define TURN_BROKEN_OFF_NAME "broken-off"

/* Binds the vCPU where it has to be, and lets it run until its turn ends: on this CPU, IRQs on. `*vcpu`
 * becomes whose turn it is then, where turns followed each other without the machine above. */
enum turn_end turn_take(struct scheduler *s, struct vcpu **vcpu);

/* Somebody wanted this CPU, whose need_resched was set, to look up: does the turn of `vcpu` end? Else it
 * goes on, with an end if it had none and others wait now. On the bound CPU, IRQs on. */
bool turn_is_over(struct vcpu *vcpu, enum turn_end *end) must_check;

/* Has the CPU rung at `until`, an interrupt that sets need_resched; TIMER_NEVER: not at all. What was
 * asked for before is forgotten. On the CPU itself. */
void turn_set_alarm(struct scheduler *s, uint64_t until);

#endif
