/* Round-robin over a run queue per CPU. Each CPU takes vCPUs from its own queue only. A vCPU's
 * hardware state stays loaded on the CPU that ran it last, and only that CPU can let go of it: so
 * work moves by being handed over by the CPU that has too much, never by being taken. */
#include "vm/schedule/scheduler.h"

#include "kernel/cpu.h"
#include "kernel/cpu_sleep.h"
#include "kernel/output/log.h"
#include "kernel/memory.h"
#include "kernel/recorder.h"
#include "kernel/time.h"
#include "kernel/timer.h"
#include "lib/assert.h"
#include "lib/atomic.h"
#include "vm/schedule/idle_cpus.h"
#include "vm/manager.h"
#include "vm/schedule/run_loop.h"
#include "vm/schedule/run_queue.h"
#include "vm/schedule/scheduler_cpu.h"
#include "vm/schedule/turn.h"
#include "vm/vcpu/vcpu_account.h"
#include "vm/vm.h"
#include "vm/schedule/watchdog.h"

#define BALANCE_TURNS 16 /* between two looks at the other CPUs' load */

/* Constant while the schedulers run. */
static void (*other_chores)(void);
static unsigned chores_us = WATCHDOG_PERIOD_US;
static bool chores_on_call;

/* How long chores that were called for are done often. */
#define CALLED_US 1000000

static uint32_t load_of(const struct scheduler *s)
{
	return __atomic_load_n(&s->load, __ATOMIC_RELAXED);
}

/* --- queues --------------------------------------------------------------------------------- */

enum error scheduler_init_cpu(void)
{
	struct cpu *cpu = this_cpu();
	struct scheduler *s = page_alloc();
	struct reason why;

	if (!s)
		reason_set(&why, ERROR_NO_MEMORY, "no page for the scheduler of CPU %u",
			   cpu->index);
	if (!s || recorder_init_cpu(&why)) {
		page_free(s);
		return log_reason(LOG_ERROR, "vm", &why);
	}
	s->cpu = cpu;
	s->lock = (struct spinlock)SPINLOCK_INIT("run queue");
	run_queue_init(&s->queue);
	turn_init(s);
	__atomic_store_n(&cpu->scheduler, s, __ATOMIC_RELEASE);
	return ERROR_NONE;
}

enum scheduler_call scheduler_queue(struct scheduler *s, struct vcpu *vcpu, bool woken)
{
	return scheduler_queue_at(s, vcpu, woken, time_ticks());
}

void scheduler_call(struct scheduler *s, enum scheduler_call call)
{
	if (call == CALL_IDLE)
		idle_rouse(s->cpu);
	else if (call == CALL_RUNNING)
		cpu_kick(s->cpu);
}

static void enqueue(struct scheduler *s, struct vcpu *vcpu)
{
	uint64_t flags = spinlock_acquire(&s->lock);

	vcpu->queue_cpu = s->cpu;
	enum scheduler_call call = scheduler_queue(s, vcpu, false);
	spinlock_release(&s->lock, flags);
	scheduler_call(s, call);
}

static struct scheduler *least_loaded(void)
{
	struct scheduler *best = NULL;

	for (unsigned i = 0; i < cpu_count(); i++) {
		struct scheduler *s = scheduler_of(cpu_by_index(i));

		if (s && (!best || load_of(s) < load_of(best)))
			best = s;
	}
	return best;
}

void scheduler_add(struct vcpu *vcpu)
{
	struct scheduler *s = vcpu->pinned_cpu < 0
				      ? least_loaded()
				      : scheduler_of(cpu_by_index((unsigned)vcpu->pinned_cpu));

	assert(s);
	enqueue(s, vcpu);
}

bool scheduler_has_cpu(int index)
{
	return index >= 0 && (unsigned)index < cpu_count() &&
	       scheduler_of(cpu_by_index((unsigned)index));
}

void scheduler_rouse_all(void)
{
	for (unsigned i = 0; i < cpu_count(); i++)
		if (scheduler_of(cpu_by_index(i)))
			idle_rouse(cpu_by_index(i));
}

/* --- moving work ---------------------------------------------------------------------------- */

/* Hands one waiting vCPU over to `to`, which owes nothing: it was claimed, or has a queue anyway. */
static bool give(struct scheduler *from, struct scheduler *to)
{
	uint64_t flags = spinlock_acquire(&from->lock);
	struct vcpu *vcpu = run_queue_take_movable(&from->queue);

	if (vcpu)
		scheduler_change_load(from, -1);
	/* It was woken by somebody who queued it. */
	if (vcpu && vcpu == from->halted)
		from->halted = NULL;
	spinlock_release(&from->lock, flags);
	if (!vcpu)
		return false;
	/* A vCPU that this CPU cannot let go of is Invalid now: its own turn here ends it. */
	bool failed = vcpu->cpu && vcpu_unbind(vcpu);
	if (!failed)
		(void)vcpu_record_event(vcpu, RECORD_MIGRATED, to->cpu->index, NULL);
	enqueue(failed ? from : to, vcpu);
	return !failed;
}

/* After a turn: a halted CPU gets what waits here; now and then a queue that is two longer than
 * the shortest gives one away. */
static noinline_fn void give_away(struct scheduler *s)
{
	struct cpu *hungry = idle_claim();

	if (hungry) {
		(void)give(s, scheduler_of(hungry));
		idle_wake(hungry);
	} else if (++s->turns % BALANCE_TURNS == 0) {
		struct scheduler *to = least_loaded();

		if (load_of(to) + 2 <= load_of(s))
			(void)give(s, to);
	}
}

static inline void share(struct scheduler *s)
{
	if (s->shares && __atomic_load_n(&s->queue.movable, __ATOMIC_RELAXED))
		give_away(s);
}

/* --- the loop ------------------------------------------------------------------------------- */

/* `vcpu` will not run again: releases this CPU's hold on it. May free the vCPU and its VM. */
static void retire(struct vcpu *vcpu)
{
	/* An unbind that fails has been logged; the VM's end deals with what stays bound. */
	if (vcpu->cpu && vcpu_unbind(vcpu))
		log_warn("vm", "vcpu stays bound vm=%u(%s) vcpu=%u", vcpu->vm->id, vcpu->vm->name,
			 vcpu->id);
	vm_vcpu_ended(vcpu);
}

/* Lets go of `vcpu` until its VM goes on. May free the vCPU and its VM. */
static void park(struct scheduler *s, struct vcpu *vcpu)
{
	/* One that this CPU cannot let go of is Invalid now: its next turn here ends it. */
	if (vcpu->cpu && vcpu_unbind(vcpu))
		enqueue(s, vcpu);
	else
		vm_vcpu_parked(vcpu);
}

/* Under the lock: it is the turn of `vcpu`, who was taken from the queue. */
static inline struct vcpu *choose(struct scheduler *s, struct vcpu *vcpu)
{
	s->busy = vcpu;
	if (vcpu)
		s->halted = NULL;
	/* Who is watched has slices all the same: their ends are part of what is seen. */
	__atomic_store_n(&s->alone, vcpu && !s->queue.length && !vcpu->watcher, __ATOMIC_RELAXED);
	__atomic_store_n(&s->preempt, false, __ATOMIC_RELAXED);
	return vcpu;
}

static struct vcpu *take_next(struct scheduler *s)
{
	uint64_t flags = spinlock_acquire(&s->lock);
	struct vcpu *vcpu = choose(s, run_queue_take(&s->queue));

	spinlock_release(&s->lock, flags);
	return vcpu;
}

/* The same after a sleep. One that halted here and was waited for has its turn without having been queued. */
static struct vcpu *take_woken(struct scheduler *s)
{
	struct vcpu *halted = s->halted;

	if (!halted)
		return take_next(s);
	interrupts_disable();
	spinlock_take(&s->lock);
	bool resumed = scheduler_resume(s, halted);
	struct vcpu *vcpu = choose(s, resumed ? halted : run_queue_take(&s->queue));

	spinlock_give(&s->lock);
	interrupts_enable();
	return vcpu;
}

/* Queues `vcpu`, which has had its turn, and takes the next. */
static inline struct vcpu *exchange(struct scheduler *s, struct vcpu *vcpu, bool broken_off)
{
	struct vcpu *next;

	interrupts_disable();
	spinlock_take(&s->lock);

	if (unlikely(broken_off)) {
		/* Behind those that go first. */
		run_queue_put_back(&s->queue, vcpu);
		next = run_queue_take(&s->queue);
	} else {
		next = run_queue_exchange(&s->queue, vcpu);
	}
	next = choose(s, next);
	spinlock_give(&s->lock);
	interrupts_enable();
	return next;
}

static void take_off_load(struct scheduler *s)
{
	uint64_t flags = spinlock_acquire(&s->lock);

	scheduler_change_load(s, -1);
	spinlock_release(&s->lock, flags);
}

/* Returns whose turn is next. */
static struct vcpu *turn(struct scheduler *s, struct vcpu *vcpu)
{
	enum turn_end end = turn_take(s, &vcpu);

	switch (end) {
	case TURN_OVER:
	case TURN_BROKEN_OFF:
		s->hurries = end == TURN_BROKEN_OFF;
		return exchange(s, vcpu, end == TURN_BROKEN_OFF);
	case TURN_BLOCK:
		scheduler_block(s, vcpu);
		break;
	case TURN_PARK:
		take_off_load(s);
		park(s, vcpu);
		break;
	case TURN_DONE:
		take_off_load(s);
		retire(vcpu);
		break;
	}
	return take_next(s);
}

void scheduler_set_chores(void (*chores)(void), unsigned period_us)
{
	other_chores = chores;
	chores_us = chores && period_us < WATCHDOG_PERIOD_US ? period_us : WATCHDOG_PERIOD_US;
	chores_on_call = false;
}

void scheduler_chores_on_call(void)
{
	chores_on_call = true;
}

void scheduler_call_chores(void)
{
	struct scheduler *s = scheduler_of(this_cpu());

	/* Before there is a scheduler nothing sleeps. */
	if (!s)
		return;
	s->chores_called = true;
	cpu_set_resched();
}

/* Sleeps until there is work, or until somebody has to look at something. */
static void idle(struct scheduler *s)
{
	if (log_drain_some()) {
		s->now = time_ticks();
		return;
	}
	uint64_t began = time_ticks();

	turn_set_alarm(s, began + (scheduler_does_chores_often(s, began) ? s->chores_ticks
									 : s->idle_most));
	bool slept = idle_sleep(s);

	s->now = time_ticks();
	if (slept)
		atomic_count(&s->idle_ticks, s->now - began);
}

/* Between turns: what has to be done now and then. */
static noinline_fn void look_after_the_rest(struct scheduler *s, uint64_t now)
{
	s->next_look = now + s->drain_ticks;
	(void)log_drain_some();
	watchdog_look(now);
	/* Taken down before they are done. */
	if (__atomic_exchange_n(&s->chores_called, false, __ATOMIC_SEQ_CST))
		s->chores_often_until = now + time_us_to_ticks(CALLED_US);
	if (s->chores)
		s->chores();
}

static void begin_to_schedule(struct scheduler *s)
{
	/* The bootstrap processor does the chores: the others can sleep longer. */
	s->chores = s->cpu->index ? NULL : other_chores;
	s->chores_ticks = time_us_to_ticks(chores_us);
	s->chores_often_until = s->chores && !chores_on_call ? UINT64_MAX : 0;
	s->idle_most = time_us_to_ticks(WATCHDOG_PERIOD_US);
	s->shares = cpu_count() > 1;
	s->monitors = cpu_can_monitor();
	s->began = s->now = time_ticks();
}

void scheduler_run(void)
{
	struct scheduler *s = scheduler_of(this_cpu());

	assert(s);
	begin_to_schedule(s);
	struct vcpu *vcpu = take_next(s);

	/* Who was chosen keeps its VM, and the loop, going. */
	while (likely(vcpu) || vm_running_count()) {
		/* Not while one that was woken is waited for. */
		if (unlikely(s->now >= s->next_look || s->chores_called) && !s->hurries)
			look_after_the_rest(s, s->now);
		s->hurries = false;
		share(s);
		if (vcpu) {
			vcpu = turn(s, vcpu);
		} else {
			idle(s);
			vcpu = take_woken(s);
			s->hurries = vcpu;
		}
	}
	turn_set_alarm(s, TIMER_NEVER);
	timer_cancel(&s->alarm);
	s->armed_for = TIMER_NEVER;
	s->ended = time_ticks();
}
