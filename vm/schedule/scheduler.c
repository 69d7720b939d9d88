/* Round-robin over a run queue per CPU. Each CPU takes vCPUs from its own queue only. A vCPU's
 * hardware state stays loaded on the CPU that ran it last, and only that CPU can let go of it: so
 * work moves by being handed over by the CPU that has too much, never by being taken. */
#include "vm/schedule/scheduler.h"

#include "kernel/command_line.h"
#include "kernel/cpu.h"
#include "kernel/output/log.h"
#include "kernel/memory.h"
#include "kernel/recorder.h"
#include "kernel/time.h"
#include "kernel/timer.h"
#include "lib/assert.h"
#include "lib/bits.h"
#include "vm/exit_log.h"
#include "vm/schedule/idle_cpus.h"
#include "vm/manager.h"
#include "vm/schedule/run_loop.h"
#include "vm/schedule/run_queue.h"
#include "vm/schedule/scheduler_cpu.h"
#include "vm/vcpu/vcpu_account.h"
#include "vm/vm.h"
#include "vm/schedule/watchdog.h"

/* How often a busy CPU feeds the serial port: about what its FIFO takes to run dry. */
#define DRAIN_PERIOD_US 1000

/* A turn that lasts this many slices is broken off by a timer interrupt, whatever the guest does:
 * a guest that only ever causes exits uses up no guest time. */
#define BACKSTOP_SLICES         16
/* While somebody watches, each exit may wait for the log. */
#define BACKSTOP_SLICES_WATCHED 1000
#define BALANCE_TURNS           16 /* between two looks at the other CPUs' load */
#define WORD_BITS               64

/* Constant while the schedulers run. */
static void (*other_chores)(void);
static unsigned chores_us = WATCHDOG_PERIOD_US;

static uint32_t load_of(const struct scheduler *s)
{
	return __atomic_load_n(&s->load, __ATOMIC_RELAXED);
}

/* --- queues --------------------------------------------------------------------------------- */

static void ring(struct timer *alarm)
{
	__atomic_store_n(&this_cpu()->need_resched, true, __ATOMIC_RELAXED);
}

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
	timer_init(&s->alarm, ring, NULL);
	__atomic_store_n(&cpu->scheduler, s, __ATOMIC_RELEASE);
	return ERROR_NONE;
}

static void enqueue(struct scheduler *s, struct vcpu *vcpu)
{
	uint64_t flags = spinlock_acquire(&s->lock);

	vcpu->queue_cpu = s->cpu;
	run_queue_append(&s->queue, vcpu);
	scheduler_change_load(s, +1);
	spinlock_release(&s->lock, flags);
	idle_rouse(s->cpu);
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
static void share(struct scheduler *s)
{
	if (!__atomic_load_n(&s->queue.movable, __ATOMIC_RELAXED))
		return;
	struct cpu *hungry = idle_claim();

	if (hungry) {
		(void)give(s, scheduler_of(hungry));
		cpu_kick(hungry);
	} else if (++s->turns % BALANCE_TURNS == 0) {
		struct scheduler *to = least_loaded();

		if (load_of(to) + 2 <= load_of(s))
			(void)give(s, to);
	}
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

static void set_current(struct vcpu *vcpu)
{
	struct cpu *cpu = this_cpu();

	cpu->current.describe = vcpu ? exit_log_describe : NULL;
	cpu->current.vcpu = vcpu;
}

/* Sets the backend's clock and the backstop. Returns when that rings, in host ticks. */
static uint64_t start_timers(struct scheduler *s, struct vcpu *vcpu)
{
	uint64_t us = (uint64_t)command_line.slice_us *
		      (vcpu->watcher ? BACKSTOP_SLICES_WATCHED : BACKSTOP_SLICES);

	vcpu->slice_ticks = time_us_to_ticks(command_line.slice_us);
	uint64_t until = time_ticks() + time_us_to_ticks(us);

	timer_arm(&s->alarm, until);
	return until;
}

static const char *const end_names[] = {
	[TURN_OVER] = "turn-over",
	[TURN_BLOCK] = "blocked",
	[TURN_PARK] = "parked",
	[TURN_DONE] = "ended",
};
_Static_assert(ARRAY_SIZE(end_names) == TURN_DONE + 1, "every end of a turn has a name");

/* What the turn took belongs to this CPU, too. */
static void account(struct scheduler *s, struct vcpu *vcpu, const char *why)
{
	uint64_t guest = vcpu->guest_ticks;
	uint64_t turn = vcpu_account_turn_end(vcpu, why);

	guest = vcpu->guest_ticks - guest;
	scheduler_add_ticks(&s->guest_ticks, guest);
	scheduler_add_ticks(&s->exit_ticks, turn - guest);
}

static enum turn_end take_turn(struct scheduler *s, struct vcpu *vcpu)
{
	if (!vcpu->cpu && vcpu_bind(vcpu)) {
		struct reason why;

		reason_set(&why, ERROR_BAD_STATE, "vcpu %u cannot be bound to CPU %u", vcpu->id,
			   this_cpu()->index);
		vm_stop(vcpu->vm, &why);
		return TURN_DONE;
	}
	if (vcpu->state == VCPU_INVALID) {
		vm_stop(vcpu->vm, &vcpu->trouble);
		return TURN_DONE;
	}
	set_current(vcpu);
	vcpu->slices++;
	vcpu_account_turn(vcpu);
	uint64_t until = start_timers(s, vcpu);
	enum turn_end end = run_loop_turn(vcpu, until);
	account(s, vcpu, end_names[end]);
	set_current(NULL);
	return end;
}

static struct vcpu *take_next(struct scheduler *s)
{
	uint64_t flags = spinlock_acquire(&s->lock);
	struct vcpu *vcpu = run_queue_take(&s->queue);

	spinlock_release(&s->lock, flags);
	return vcpu;
}

static void turn(struct scheduler *s, struct vcpu *vcpu)
{
	enum turn_end end = take_turn(s, vcpu);
	uint64_t flags = spinlock_acquire(&s->lock);

	if (end == TURN_OVER)
		run_queue_append(&s->queue, vcpu);
	else
		scheduler_change_load(s, -1);
	spinlock_release(&s->lock, flags);
	if (end == TURN_BLOCK)
		scheduler_block(s, vcpu);
	else if (end == TURN_PARK)
		park(s, vcpu);
	else if (end == TURN_DONE)
		retire(vcpu);
	share(s);
}

void scheduler_set_chores(void (*chores)(void), unsigned period_us)
{
	other_chores = chores;
	chores_us = chores && period_us < WATCHDOG_PERIOD_US ? period_us : WATCHDOG_PERIOD_US;
}

/* The bootstrap processor does the chores: the others can sleep longer. */
static bool does_chores(const struct scheduler *s)
{
	return other_chores && !s->cpu->index;
}

static void halt(struct scheduler *s)
{
	uint64_t began = time_ticks();

	interrupts_enable_and_halt();
	scheduler_add_ticks(&s->idle_ticks, time_ticks() - began);
}

/* Halts until a kick, or until somebody has to look at something. */
static void idle(struct scheduler *s)
{
	if (log_drain_some())
		return;
	unsigned us = does_chores(s) ? chores_us : WATCHDOG_PERIOD_US;

	timer_arm(&s->alarm, time_ticks() + time_us_to_ticks(us));
	interrupts_disable();
	idle_mark(s->cpu);
	if (__atomic_load_n(&s->queue.length, __ATOMIC_SEQ_CST) || !vm_running_count())
		interrupts_enable();
	else
		halt(s);
	idle_unmark(s->cpu);
}

/* Between turns: what has to be done now and then. */
static void look_after_the_rest(struct scheduler *s)
{
	uint64_t now = time_ticks();

	if (now >= s->next_drain) {
		s->next_drain = now + time_us_to_ticks(DRAIN_PERIOD_US);
		(void)log_drain_some();
	}
	watchdog_look(now);
	if (does_chores(s))
		other_chores();
}

void scheduler_run(void)
{
	struct scheduler *s = scheduler_of(this_cpu());

	assert(s);
	s->began = time_ticks();
	while (vm_running_count()) {
		struct vcpu *vcpu = take_next(s);

		if (vcpu)
			turn(s, vcpu);
		else
			idle(s);
		look_after_the_rest(s);
	}
	timer_cancel(&s->alarm);
	s->ended = time_ticks();
}
