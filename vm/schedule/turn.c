/* A turn lasts a slice, or, while nobody else waits for the CPU, until the CPU is kicked: whoever queues a vCPU there
 * does that. The backend counts guest time, and so ends the turns of guests that compute; the alarm, a host
 * timer, ends a little later those whose time goes into exits, and those that chores wait for. */
#include "vm/schedule/turn.h"

#include "kernel/command_line.h"
#include "kernel/cpu.h"
#include "kernel/output/log.h"
#include "kernel/time.h"
#include "kernel/timer.h"
#include "vm/exit_log.h"
#include "vm/manager.h"
#include "vm/schedule/scheduler.h"
#include "vm/schedule/scheduler_cpu.h"
#include "vm/schedule/turn_settle.h"
#include "vm/schedule/watchdog.h"
#include "vm/vcpu/turn_account.h"
#include "vm/vm.h"

/* A turn that lasts longer than its slice by this part of one is ended by the alarm: long enough that guest time
 * mostly comes first. What it took too long is taken off the vCPU's next slices. */
#define ALLOWANCE_PART          4
/* One that was woken in the turn of another mostly halts soon, and the alarm is left alone. */
#define BACKSTOP_SLICES_WOKEN   16
/* While somebody watches, each exit may wait for the log: then only guest time counts, but for this. */
#define BACKSTOP_SLICES_WATCHED 1000
/* A vCPU that is alone is asked back now and then: its accounts are brought up to date, the watchdog
 * looks, and an engine that held a kick back has held it for no longer than that. */
#define ALONE_US                100000

/* --- the alarm ------------------------------------------------------------------------------ */

/* Most turns end before it rings: it stays armed for the earliest moment that any of them asked for, and
 * when it rings too early it is armed for what the present one wants. It may ring at any moment of this;
 * when it does between the last two lines, it rings once more than is needed. */
static inline void arm(struct scheduler *s, uint64_t at)
{
	if (likely(at >= s->armed_for))
		return;
	__atomic_store_n(&s->armed_for, at, __ATOMIC_RELAXED);
	timer_arm(&s->alarm, at);
}

void turn_set_alarm(struct scheduler *s, uint64_t until)
{
	__atomic_store_n(&s->until, until, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	arm(s, until);
}

/* It rings no earlier than the present turn wants. */
static void put_off(struct scheduler *s)
{
	__atomic_store_n(&s->armed_for, s->until, __ATOMIC_RELAXED);
	timer_put_off(&s->alarm, s->until);
}

/* While a vCPU is alone, its CPU feeds the serial port out of the guest, as long as there is something in
 * the log; whoever writes something there while there was nothing has this looked at again. Returns when
 * it is to be fed next. */
static uint64_t attend_to_log(struct scheduler *s, uint64_t now)
{
	bool pending = log_is_pending();

	this_cpu()->current.log_unattended = !pending;
	return pending ? now + s->drain_ticks : TIMER_NEVER;
}

static void ring(struct timer *alarm)
{
	struct scheduler *s = (struct scheduler *)alarm->owner;
	uint64_t now = time_ticks(), next = s->until;

	s->armed_for = TIMER_NEVER;
	if (now >= next) {
		cpu_set_resched();
		return;
	}
	if (this_cpu()->current.endless) {
		log_feed();
		uint64_t feed = attend_to_log(s, now);
		next = feed < next ? feed : next;
	}
	if (next != TIMER_NEVER)
		arm(s, next);
}

void turn_init(struct scheduler *s)
{
	s->slice = time_us_to_ticks(command_line.slice_us);
	s->allowance = s->slice / ALLOWANCE_PART;
	s->backstop = s->slice + s->allowance;
	s->backstop_woken = s->slice * BACKSTOP_SLICES_WOKEN;
	s->backstop_watched = s->slice * BACKSTOP_SLICES_WATCHED;
	s->alone_ticks = time_us_to_ticks(ALONE_US);
	s->drain_ticks = time_us_to_ticks(DRAIN_PERIOD_US);
	s->until = s->armed_for = TIMER_NEVER;
	s->cpu->current.describe = exit_log_describe;
	timer_init(&s->alarm, ring, s);
}

/* --- how long a turn lasts ------------------------------------------------------------------ */

static void set_endless(struct scheduler *s, struct vcpu *vcpu, uint64_t now)
{
	vcpu_set_slice(vcpu, SLICE_ENDLESS);
	this_cpu()->current.endless = true;
	turn_set_alarm(
		s, now + (scheduler_does_chores_often(s, now) ? s->chores_ticks : s->alone_ticks));
	arm(s, attend_to_log(s, now));
}

static inline void set_slice(struct scheduler *s, struct vcpu *vcpu, uint64_t now)
{
	slice_fill(&vcpu->slice, s->slice, now);
	slice_pay(&vcpu->slice, s->slice);

	uint64_t over = now + vcpu->slice.left;

	vcpu_set_slice(vcpu, vcpu->slice.left);
	turn_set_alarm(s,
		       unlikely(vcpu->watcher) ? now + s->backstop_watched : over + s->allowance);
	/* Else it would ring in each turn of those that compute. */
	if (s->armed_for < over)
		put_off(s);
}

/* The vCPU is not alone any more. The turn until now is to cost it nothing. */
static void end_endlessness(struct scheduler *s, struct vcpu *vcpu, uint64_t now)
{
	this_cpu()->current.endless = this_cpu()->current.log_unattended = false;
	set_slice(s, vcpu, now);
	vcpu->slice.left += now - vcpu->turn_began;
}

bool turn_is_over(struct vcpu *vcpu, enum turn_end *end)
{
	struct scheduler *s = scheduler_of(this_cpu());
	uint64_t now = time_ticks();

	*end = TURN_BROKEN_OFF;
	if (__atomic_load_n(&s->preempt, __ATOMIC_RELAXED))
		return true;
	*end = TURN_OVER;
	if (now >= s->until || s->chores_called)
		return true;
	if (vcpu->slice_ticks != SLICE_ENDLESS)
		return false;
	if (__atomic_load_n(&s->alone, __ATOMIC_RELAXED))
		arm(s, attend_to_log(s, now));
	else
		end_endlessness(s, vcpu, now);
	return false;
}

/* --- the turn ------------------------------------------------------------------------------- */

static inline void set_current(struct vcpu *vcpu)
{
	struct cpu *cpu = this_cpu();

	cpu->current.vcpu = vcpu;
	cpu->current.endless = cpu->current.log_unattended = false;
}

static const char *const end_names[] = {
	[TURN_OVER] = TURN_OVER_NAME, [TURN_BROKEN_OFF] = TURN_BROKEN_OFF_NAME,
	[TURN_BLOCK] = "blocked",     [TURN_PARK] = "parked",
	[TURN_DONE] = "ended",
};
_Static_assert(ARRAY_SIZE(end_names) == TURN_DONE + 1, "every end of a turn has a name");

/* False: the turn ends before it begins. */
static noinline_fn bool bind(struct vcpu *vcpu)
{
	struct reason why;

	if (!vcpu->cpu && vcpu_bind(vcpu)) {
		reason_set(&why, ERROR_BAD_STATE, "vcpu %u cannot be bound to CPU %u", vcpu->id,
			   this_cpu()->index);
		vm_stop(vcpu->vm, &why);
		return false;
	}
	if (vcpu->state == VCPU_INVALID) {
		vm_stop(vcpu->vm, &vcpu->trouble);
		return false;
	}
	return true;
}

/* Its exits wait for the log, of which it knows nothing. */
static void charge_watched(struct vcpu *vcpu, struct turn_ticks took, uint64_t least)
{
	slice_use(&vcpu->slice, took.guest, least);
	vcpu->slice.debt = 0;
}

static inline void charge(struct vcpu *vcpu, struct turn_ticks took, enum turn_end end)
{
	uint64_t least = end == TURN_BROKEN_OFF ? SLICE_LEFT_TO_GO_ON : 0;

	if (unlikely(vcpu->watcher))
		charge_watched(vcpu, took, least);
	else
		turn_charge(vcpu, took, least);
	if (end == TURN_OVER)
		vcpu->slice.left = 0;
	/* Its next turn begins here, where it pays. */
	if (unlikely(vcpu->slice.debt))
		vcpu->in_debt = true;
}

enum turn_end turn_take(struct scheduler *s, struct vcpu **whose)
{
	struct vcpu *vcpu = *whose;

	if (unlikely(!vcpu->cpu || vcpu->state == VCPU_INVALID) && !bind(vcpu))
		return TURN_DONE;
	set_current(vcpu);
	vcpu->slices++;
	vcpu->in_debt = false;
	uint64_t now = turn_account_begin(vcpu);

	if (__atomic_load_n(&s->alone, __ATOMIC_RELAXED))
		set_endless(s, vcpu, now);
	else
		set_slice(s, vcpu, now);
	enum turn_end end = run_loop_turn(whose);
	vcpu = *whose;

	struct turn_ticks took = turn_account_end(vcpu, end_names[end]);

	turn_settle(s, took);
	charge(vcpu, took, end);
	this_cpu()->current.vcpu = NULL;
	return end;
}
