/* Halts and what ends them: who blocks sets the state and then looks for a reason to run, who brings one
 * looks at the state afterwards. docs/locking.md says why none is lost. */
#include "vm/schedule/scheduler_cpu.h"

#include "kernel/cpu_nudge.h"
#include "kernel/time.h"
#include "lib/assert.h"
#include "vm/ipi.h"
#include "vm/manager.h"
#include "vm/schedule/idle_cpus.h"
#include "vm/schedule/scheduler.h"
#include "vm/vcpu/vcpu_account.h"
#include "vm/vcpu/vcpu_interrupts.h"
#include "vm/vm.h"
#include "x86/control_registers.h"
#include "x86/instructions.h"

bool scheduler_is_woken(struct vcpu *vcpu)
{
	uint32_t startup = __atomic_load_n(&vcpu->startup, __ATOMIC_SEQ_CST);

	if (__atomic_load_n(&vcpu->wake_pending, __ATOMIC_SEQ_CST) ||
	    (startup & (STARTUP_INIT | STARTUP_SIPI)))
		return true;
	if (startup & STARTUP_WAITING)
		return false;
	return scheduler_is_requested(vcpu) ||
	       vcpu_events_wake(&vcpu->events, vcpu->halted_interruptible, vcpu->halted_priority);
}

/* One that is held needs a turn as well, to be parked by it, and so does one that is asked. */
static inline bool is_called_for(const struct vcpu *vcpu)
{
	return vm_holds(vcpu->vm, vcpu) || __atomic_load_n(&vcpu->asked, __ATOMIC_SEQ_CST);
}

bool scheduler_is_due(struct vcpu *vcpu)
{
	return is_called_for(vcpu) || scheduler_is_woken(vcpu);
}

/* For somebody who has brought it something: where an interrupt ends the halt, it is mostly one, and its
 * own CPU looks at it anyway, in its turn, which else ends at once. */
static bool may_be_due(struct vcpu *vcpu)
{
	return vcpu->halted_interruptible || scheduler_is_due(vcpu);
}

/* Under the lock, before it is queued, or has a turn: the halt is over. */
static inline void end_halt(struct vcpu *vcpu, uint64_t now)
{
	__atomic_fetch_add(&vcpu->vm->wakes, 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&vcpu->blocked_ticks, vcpu->blocked_ticks + now - vcpu->blocked_since,
			 __ATOMIC_RELAXED);
	__atomic_store_n(&vcpu->blocked_since, 0, __ATOMIC_RELAXED);
	vcpu_wake_blocked(vcpu);
}

static inline_always enum scheduler_call make_ready(struct scheduler *s, struct vcpu *vcpu)
{
	struct recorder *recorder = this_cpu()->recorder;
	uint64_t now = read_tsc();

	end_halt(vcpu, now);
	/* Who has no recorder runs no guests. */
	if (likely(recorder))
		recorder_put(recorder, now, record_head_of_kind(vcpu->record_head, RECORD_WOKEN),
			     s->cpu->index, 0, NULL);
	return scheduler_queue_at(s, vcpu, true, now);
}

/* By its own CPU, which is about to choose: nobody has to be told. */
static cold_fn void make_ready_here(struct scheduler *s, struct vcpu *vcpu)
{
	(void)make_ready(s, vcpu);
}

bool scheduler_resume(struct scheduler *s, struct vcpu *vcpu)
{
	/* Somebody may have queued it. */
	if (__atomic_load_n(&vcpu->state, __ATOMIC_RELAXED) != VCPU_BLOCKED)
		return false;
	bool held = is_called_for(vcpu), woken = scheduler_is_woken(vcpu);

	if (!held && !woken)
		return false;
	if (s->queue.length) {
		make_ready_here(s, vcpu);
		return false;
	}
	end_halt(vcpu, s->now);
	/* Its turn need not find that out again. */
	vcpu->halted = held;
	/* It goes before nobody: its slice is what it was. */
	scheduler_change_load(s, +1);
	return true;
}

void scheduler_block(struct scheduler *s, struct vcpu *vcpu)
{
	uint64_t rflags = 0, priority = 0;
	enum error error = vcpu_get_register(vcpu, VCPU_RFLAGS, &rflags);

	/* What controllers acknowledged has passed the priority; what they have yet to, they judge. */
	if (!error && !vcpu->interrupts)
		error = vcpu_get_register(vcpu, VCPU_CR8, &priority);
	if (vcpu->interrupts)
		vcpu->interrupts->sleeps(vcpu);
	uint64_t flags = spinlock_acquire(&s->lock);

	vcpu->halted = true;
	__atomic_store_n(&vcpu->halted_interruptible, !error && (rflags & RFLAGS_IF),
			 __ATOMIC_RELAXED);
	vcpu->halted_priority = (uint8_t)priority;
	__atomic_store_n(&vcpu->blocked_since, time_ticks(), __ATOMIC_RELAXED);
	error = vcpu_block(vcpu);
	assert(!error);
	/* What came before the state said Blocked had nobody to wake. */
	bool due = scheduler_is_due(vcpu);
	scheduler_change_load(s, -1);
	if (due)
		make_ready_here(s, vcpu);
	else if (vcpu->halted_interruptible && !vcpu->startup && !vcpu->watcher)
		s->halted = vcpu;
	spinlock_release(&s->lock, flags);
	/* Whoever wakes it from now on queues it on this CPU, so it and its VM stay until the next
	 * turn here. */
	if (!due)
		vm_vcpu_blocked(vcpu);
}

/* On this very CPU the backend, or the loop, looks what it is wanted for as soon as the exit is over. */
static inline void call(struct scheduler *s, enum scheduler_call call)
{
	if (call == CALL_RUNNING && s->cpu == this_cpu())
		cpu_set_resched();
	else
		scheduler_call(s, call);
}

static noinline_fn void wake_blocked(struct vcpu *vcpu)
{
	uint64_t rflags = read_rflags();

	interrupts_disable();
	struct cpu *cpu = __atomic_load_n(&vcpu->queue_cpu, __ATOMIC_ACQUIRE);
	struct scheduler *s = scheduler_of(cpu);
	enum scheduler_call wanted = CALL_NOBODY;

	spinlock_take(&s->lock);
	bool here = vcpu->queue_cpu == cpu;
	if (likely(here && __atomic_load_n(&vcpu->state, __ATOMIC_RELAXED) == VCPU_BLOCKED &&
		   may_be_due(vcpu)))
		wanted = make_ready(s, vcpu);
	spinlock_give(&s->lock);
	call(s, wanted);
	if (rflags & RFLAGS_IF)
		interrupts_enable();
	/* It was handed to another CPU at this moment. */
	if (unlikely(!here))
		scheduler_wake(vcpu);
}

/* It runs: the CPU that it is bound to is told, by `tell` if that is another one. */
static void tell_running(const struct vcpu *vcpu, void (*tell)(struct cpu *cpu))
{
	struct cpu *cpu = __atomic_load_n(&vcpu->cpu, __ATOMIC_RELAXED);

	if (cpu == this_cpu())
		cpu_draw_attention();
	else if (cpu)
		tell(cpu);
}

/* It waits in line, or its CPU is about to enter its guest and has looked already at what a turn has to
 * see to: that one looks again. */
static void kick_ready(const struct vcpu *vcpu)
{
	struct cpu *cpu = __atomic_load_n(&vcpu->cpu, __ATOMIC_RELAXED);

	if (cpu)
		cpu_kick(cpu);
}

void scheduler_wake(struct vcpu *vcpu)
{
	switch (__atomic_load_n(&vcpu->state, __ATOMIC_SEQ_CST)) {
	case VCPU_RUNNING:
		tell_running(vcpu, cpu_kick);
		break;
	case VCPU_READY:
		kick_ready(vcpu);
		break;
	case VCPU_BLOCKED:
		wake_blocked(vcpu);
		break;
	default:
		break;
	}
}

/* Its CPU does nothing but wait for it: a word is enough, and it will look itself. */
static inline bool rouse_in_place(const struct vcpu *vcpu)
{
	const struct scheduler *s =
		scheduler_of(__atomic_load_n(&vcpu->queue_cpu, __ATOMIC_ACQUIRE));

	if (__atomic_load_n(&s->waits_for, __ATOMIC_SEQ_CST) != vcpu)
		return false;
	idle_rouse_waiting(s->cpu);
	return true;
}

void scheduler_notify(struct vcpu *vcpu)
{
	uint32_t state = __atomic_load_n(&vcpu->state, __ATOMIC_SEQ_CST);

	if (likely(state == VCPU_BLOCKED)) {
		if (!rouse_in_place(vcpu))
			wake_blocked(vcpu);
	} else if (state == VCPU_RUNNING) {
		tell_running(vcpu, cpu_nudge);
	}
	/* Ready: it looks at its events before it enters the guest. */
}

void scheduler_wake_always(struct vcpu *vcpu)
{
	__atomic_store_n(&vcpu->wake_pending, true, __ATOMIC_SEQ_CST);
	scheduler_wake(vcpu);
}
