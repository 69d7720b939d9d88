/* The VM's clock, and the one host timer behind all chips of the board. */
#include "guest/pc/pc_parts.h"

#include "kernel/time.h"
#include "lib/assert.h"
#include "lib/bits.h"
#include "lib/format.h"

uint64_t pc_time_to_ticks(const struct pc *pc, device_time at)
{
	uint64_t ticks = time_ns_to_ticks(at);

	/* Rounded down: one more, so that nothing fires early. */
	return ticks < UINT64_MAX - pc->epoch - 1 ? pc->epoch + ticks + 1 : UINT64_MAX;
}

/* A guest may program a chip to change every few nanoseconds. It is looked at no more often than
 * this, or one guest could keep a CPU in timer interrupts; a late chip says what it missed. */
#define SHORTEST_WAIT 10000 /* ns */

/* One that was armed for earlier is left: it fires for nothing, which costs less than to arm it at every
 * access. */
void pc_time_arm(struct pc *pc)
{
	device_time earliest = DEVICE_NEVER;

	for (unsigned i = 0; i < pc->chip_count; i++)
		if (pc->chips[i].next < earliest)
			earliest = pc->chips[i].next;
	/* Nearly always: the clock need not be read. */
	if (pc->time_stopped || earliest >= pc->timer_at)
		return;
	device_time soonest = pc_now(pc) + SHORTEST_WAIT;
	if (earliest < soonest)
		earliest = soonest;
	if (earliest >= pc->timer_at)
		return;
	pc->timer_at = earliest;
	timer_arm(&pc->timer, pc_time_to_ticks(pc, earliest));
}

static void look_again(struct pc_chip *c)
{
	c->next = c->ops->next ? c->ops->next(c->chip) : DEVICE_NEVER;
}

struct pc_chip *pc_time_chip(struct pc *pc, const void *chip)
{
	for (unsigned i = 0; i < pc->chip_count; i++)
		if (pc->chips[i].chip == chip)
			return pc->chips[i].ops->next ? &pc->chips[i] : NULL;
	return NULL;
}

void pc_time_touched(struct pc *pc, const void *chip)
{
	struct pc_chip *c = pc_time_chip(pc, chip);

	assert_slow(spinlock_is_held(&pc->lock));
	if (c)
		pc_time_ask(pc, c);
}

void pc_time_advance(struct pc *pc)
{
	device_time now = pc_now(pc);

	assert_slow(spinlock_is_held(&pc->lock));
	for (unsigned i = 0; i < pc->chip_count; i++) {
		struct pc_chip *c = &pc->chips[i];

		if (c->next > now)
			continue;
		c->ops->advance(c->chip, now);
		look_again(c);
	}
}

static void chips_due(struct timer *timer)
{
	struct pc *pc = (struct pc *)timer->owner;
	uint64_t flags = spinlock_acquire(&pc->lock);

	pc->timer_at = DEVICE_NEVER;
	pc_time_advance(pc);
	pc_time_arm(pc);
	spinlock_release(&pc->lock, flags);
}

void pc_time_start(struct pc *pc)
{
	pc->epoch = time_ticks();
	pc->tick_ns = ratio_of(NANOSECONDS, time_tick_rate());
	pc->timer_at = DEVICE_NEVER;
	timer_init(&pc->timer, chips_due, pc);
}

/* Whoever touches a chip afterwards, as one who types does, arms nothing. */
void pc_time_stop(struct pc *pc)
{
	uint64_t flags = spinlock_acquire(&pc->lock);

	pc->time_stopped = true;
	spinlock_release(&pc->lock, flags);
	timer_cancel(&pc->timer);
}

void pc_time_go_on(struct pc *pc)
{
	uint64_t flags = spinlock_acquire(&pc->lock);

	pc->time_stopped = false;
	pc->timer_at = DEVICE_NEVER;
	pc_time_arm(pc);
	spinlock_release(&pc->lock, flags);
}

/* The local APICs' counters belong to other CPUs, which go on counting. */
static uint64_t missed_by_local_apics(const struct pc *pc)
{
	uint64_t missed = 0;

	for (unsigned i = 0; i < pc->vm->vcpu_count; i++)
		missed += __atomic_load_n(&pc->lapics[i]->timer.missed, __ATOMIC_RELAXED);
	return missed;
}

bool pc_missed_ticks(struct vm *vm, char *text, size_t size)
{
	struct pc *pc = (struct pc *)vm->board_data;
	uint64_t flags = spinlock_acquire(&pc->lock);
	const struct {
		const char *name;
		uint64_t missed;
	} rows[] = {
		{ "pit", pc->pit.missed },
		{ "rtc", pc->rtc.missed },
		{ "hpet", pc->hpet.missed },
		{ "local-apic", missed_by_local_apics(pc) },
	};
	size_t used = 0;

	spinlock_release(&pc->lock, flags);
	text[0] = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(rows) && used < size; i++)
		if (rows[i].missed)
			used += format_string(text + used, size - used, " %s=%lu", rows[i].name,
					      rows[i].missed);
	return used;
}
