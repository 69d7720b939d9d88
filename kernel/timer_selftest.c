/* Host timers on the machine itself: that each fires once, on its CPU, in order and never early, and
 * that cancelling and arming from several CPUs at once leaves nothing behind; and that the deadline of a
 * guest comes as they do. */
#include "kernel/timer_selftest.h"

#include "kernel/cpu.h"
#include "kernel/output/tap.h"
#include "kernel/time.h"
#include "kernel/timer_front.h"

#define TIMERS  16 /* a CPU */
#define STEP_US 50
#define FAR_US  3600000000ull
#define LATE    8 /* timers that are shared out among the CPUs */
#define ROUNDS  200

/* One CPU's part of the first test. */
struct row {
	struct timer timers[TIMERS];
	uint64_t deadlines[TIMERS];
	unsigned fired, early, astray;
	struct cpu *cpu;
};

static struct row rows[2]; /* the first CPU's and that of the first other one to come */
static bool other_came;

static void note(struct timer *timer)
{
	struct row *row = timer->owner;
	uint64_t deadline = row->deadlines[timer - row->timers];

	row->early += time_ticks() < deadline;
	row->astray += this_cpu() != row->cpu;
	__atomic_fetch_add(&row->fired, 1, __ATOMIC_RELAXED);
}

static bool wait_for(const unsigned *counter, unsigned count)
{
	struct deadline end = deadline_in_us(cpu_work_timeout_us());

	while (__atomic_load_n(counter, __ATOMIC_RELAXED) < count)
		if (deadline_passed(&end))
			return false;
	return true;
}

/* Arms in an order of its own: 5 and 16 have no common divisor. */
static void arm_and_wait(void *argument)
{
	struct cpu *cpu = this_cpu();
	struct row *row = cpu->index ? &rows[1] : &rows[0];
	uint64_t start = time_ticks();

	/* Not one by its index: the last in the table need not be online. */
	if (cpu->index && __atomic_exchange_n(&other_came, true, __ATOMIC_RELAXED))
		return;
	*row = (struct row) { .cpu = cpu };
	for (unsigned i = 0; i < TIMERS; i++) {
		unsigned n = i * 5 % TIMERS;

		row->deadlines[n] = start + time_us_to_ticks(n * STEP_US);
		timer_init(&row->timers[n], note, row);
	}
	for (unsigned i = 0; i < TIMERS; i++)
		timer_arm(&row->timers[i * 5 % TIMERS], row->deadlines[i * 5 % TIMERS]);
	(void)wait_for(&row->fired, TIMERS);
}

static void test_fire_in_order(void)
{
	bool done = cpu_run_everywhere(arm_and_wait, NULL, cpu_work_timeout_us());
	unsigned used = cpu_online_count() > 1 ? 2 : 1, fired = 0, wrong = 0;

	for (unsigned i = 0; i < used; i++) {
		fired += rows[i].fired;
		/* What was overdue when it was armed fires at once, before earlier ones are armed. */
		wrong += rows[i].early + rows[i].astray;
	}
	tap_result(done && fired == used * TIMERS && !wrong, "timer/never-early-and-once",
		   "%u fired of %u, %u early or on another CPU", fired, used * TIMERS, wrong);
}

/* A chain: the function arms its own timer again. */
static struct timer chain_timer;
static unsigned chain_fired;

static void next_link(struct timer *timer)
{
	/* Also for what has passed already: the next round, and not for ever in this one. */
	if (__atomic_add_fetch(&chain_fired, 1, __ATOMIC_RELAXED) < TIMERS)
		timer_arm(timer, 0);
}

static void test_function_arms_again(void)
{
	chain_fired = 0;
	timer_init(&chain_timer, next_link, NULL);
	timer_arm(&chain_timer, time_ticks() + time_us_to_ticks(STEP_US));
	bool done = wait_for(&chain_fired, TIMERS);
	timer_cancel(&chain_timer);
	tap_result(done && chain_fired == TIMERS, "timer/function-arms-its-timer-again",
		   "fired %u times instead of %u", chain_fired, TIMERS);
}

static struct timer shared[LATE];
static unsigned shared_fired, inside[LATE], twice;

static void count(struct timer *timer)
{
	unsigned *mine = &inside[timer - shared];

	if (__atomic_add_fetch(mine, 1, __ATOMIC_RELAXED) != 1)
		__atomic_fetch_add(&twice, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&shared_fired, 1, __ATOMIC_RELAXED);
	__atomic_sub_fetch(mine, 1, __ATOMIC_RELAXED);
}

static void arm_and_cancel(void *argument)
{
	unsigned rounds = ROUNDS / cpu_online_count() + 1, start = this_cpu()->index;

	for (unsigned i = start; i < start + rounds; i++) {
		timer_arm(&shared[i % LATE], time_ticks() + time_us_to_ticks(i % 3 * STEP_US));
		if (i % 4 == 0)
			timer_cancel(&shared[(i + 3) % LATE]);
	}
}

static void test_cancel_across_cpus(void)
{
	unsigned after;

	for (unsigned i = 0; i < LATE; i++)
		timer_init(&shared[i], count, NULL);
	bool done = cpu_run_everywhere(arm_and_cancel, NULL, cpu_work_timeout_us());
	for (unsigned i = 0; i < LATE; i++)
		timer_cancel(&shared[i]);
	after = __atomic_load_n(&shared_fired, __ATOMIC_RELAXED);
	time_delay_us(4 * STEP_US);
	tap_result(done && !twice && after == __atomic_load_n(&shared_fired, __ATOMIC_RELAXED),
		   "timer/cancelled-on-another-cpu-stays-silent",
		   "%u fired after they were cancelled, %u ran twice at a time",
		   shared_fired - after, twice);
}

static struct timer behind;
static unsigned behind_fired;
static uint64_t behind_fired_at;

static void note_behind(struct timer *timer)
{
	behind_fired_at = time_ticks();
	__atomic_fetch_add(&behind_fired, 1, __ATOMIC_RELAXED);
}

/* Whose interrupt it would be: the guest's alone only if nothing of the queue comes before, and not long
 * before its deadline. However long this takes, an hour is far. */
static bool tells_guests_from_others(void)
{
	uint64_t now = time_ticks(), far = now + time_us_to_ticks(FAR_US);
	struct timer_front behind_another = { .next = far, .guest = far + 1 };
	struct timer_front at_hand = { .next = far, .guest = now };
	struct timer_front far_away = { .next = far, .guest = far - 1 };

	return !timer_is_for_guest(&behind_another) && timer_is_for_guest(&at_hand) &&
	       !timer_is_for_guest(&far_away);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Is the hardware set for the later deadline, too, unless another timer comes before? IRQs off. Leaves the timer, which
 * was not armed, armed for `deadline`. */
static bool puts_off(struct timer *timer, const struct timer_front *front, uint64_t deadline)
{
	uint64_t others = front->next, later = deadline + time_us_to_ticks(FAR_US);

	timer_arm(timer, deadline);
	bool armed = front->next == earlier(others, deadline);

	timer_put_off(timer, later);
	bool put_off = front->next == earlier(others, later) && front->set_for == front->next;

	timer_arm(timer, deadline);
	return armed && put_off;
}

/* As a CPU that is about to enter a guest: the handler takes the deadline away, when it has come, and the
 * timer behind it is not forgotten. */
static void test_guests_deadline(void)
{
	uint64_t start = time_ticks(), deadline = start + time_us_to_ticks(4 * STEP_US),
		 next = deadline + time_us_to_ticks(STEP_US), taken_at;
	struct deadline end = deadline_in_us(cpu_work_timeout_us());

	timer_init(&behind, note_behind, NULL);
	interrupts_disable();
	struct timer_front *front = timer_front_here();

	bool put_off = puts_off(&behind, front, next);

	timer_set_guest(front, deadline);
	interrupts_enable();
	while (__atomic_load_n(&front->guest, __ATOMIC_RELAXED) != TIMER_NEVER &&
	       !deadline_passed(&end))
		cpu_relax();
	taken_at = time_ticks();
	bool done = wait_for(&behind_fired, 1);

	timer_cancel(&behind);
	tap_result(tells_guests_from_others() && put_off && done && taken_at >= deadline &&
			   behind_fired_at >= next,
		   "timer/guests-deadline-beside-the-queue",
		   "taken away %lu ticks after %lu, the next timer %u times after %lu",
		   taken_at - start, deadline - start, behind_fired, behind_fired_at - start);
}

unsigned timer_selftest_count(void)
{
	return 4;
}

void timer_selftest(void)
{
	test_fire_in_order();
	test_function_arms_again();
	test_cancel_across_cpus();
	test_guests_deadline();
}
