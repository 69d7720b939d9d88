/* Round-robin over a run queue per CPU. A vCPU has a slice of time; HLT blocks it until an
 * event is due; an idle CPU halts and is woken by a kick. */
#ifndef VM_SCHEDULE_SCHEDULER_H
#define VM_SCHEDULE_SCHEDULER_H

#include "lib/error.h"
#include "lib/types.h"
#include "vm/vcpu/vcpu.h"

/* Prepares the run queue of the CPU that calls. Before any vCPU is added. */
enum error scheduler_init_cpu(void) must_check;

/* Makes a Free vCPU runnable: on its pinned CPU, else on the least loaded one. Any CPU. */
void scheduler_add(struct vcpu *vcpu);

/* The vCPU's turn has something to see to (a hold, an INIT, the end): if Blocked it becomes Ready when it is
 * due; if Running or Ready its CPU is kicked. Any CPU, IRQs any. */
void scheduler_wake(struct vcpu *vcpu);

/* The same for an event that the backend itself looks for before each entry, as interrupts are, which end a
 * halt while RFLAGS.IF is set: a vCPU that is Running need not leave its loop, and one that is Ready needs
 * nothing. */
void scheduler_notify(struct vcpu *vcpu);

/* Has something come that ends the halt of a vCPU that is Blocked, or would block? On the bound CPU, or
 * under the lock of its queue. */
bool scheduler_is_woken(struct vcpu *vcpu) must_check;

/* As scheduler_wake(), but a Blocked vCPU, or one that is about to block, runs whatever its events
 * say: what its board waited for has come, or it has to stop. */
void scheduler_wake_always(struct vcpu *vcpu);

/* Has this CPU index a run queue, so that a vCPU may be pinned there? */
bool scheduler_has_cpu(int index) must_check;

/* What the bootstrap processor does between turns, and while idle at least once in `period_us`: with
 * no lock held, IRQs on. Before scheduler_run(); null: nothing. */
void scheduler_set_chores(void (*chores)(void), unsigned period_us);

/* As above, but from now on scheduler_call_chores(), in interrupt context on that processor, says when there
 * is something to do: without a call they are done seldom, and as often as above for a while after one. */
void scheduler_chores_on_call(void);
void scheduler_call_chores(void);

/* Ends the halt of every idle CPU: no VM is left. */
void scheduler_rouse_all(void);

/* The loop of one CPU: picks, binds, runs, acts. Returns when no VM is left running anywhere. */
void scheduler_run(void);

#endif
