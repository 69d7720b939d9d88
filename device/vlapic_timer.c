/* The local APIC's timer. The current count is never stepped: it follows from the moment at which
 * it reaches zero, so that a timer which is looked at late is still in phase. SDM volume 3, "APIC
 * Timer" and "TSC-Deadline Mode". */
#include "device/vlapic_deadline.h"
#include "device/vlapic_vectors.h"

#define DIVIDE_LOW  BITS(1, 0)
#define DIVIDE_HIGH BIT(3)

static void changed(struct vlapic *lapic)
{
	lapic->connections->timer_changed(lapic->context, lapic);
}

static void stop(struct vlapic *lapic)
{
	lapic->timer.counting = false;
	lapic->timer.tsc_deadline = 0;
}

/* Without telling anybody: the caller does, once a reset is complete. */
void vlapic_timer_reset(struct vlapic *lapic)
{
	stop(lapic);
	lapic->timer.mode = TIMER_ONE_SHOT;
	lapic->timer.shift = 1; /* a divide configuration of 0 divides by 2 */
	vlapic_put(lapic, VLAPIC_INITIAL_COUNT, 0);
	vlapic_put(lapic, VLAPIC_DIVIDE, 0);
}

/* The time from one count to the next. */
static uint64_t step(const struct vlapic *lapic)
{
	return (uint64_t)VLAPIC_TIMER_TICK << lapic->timer.shift;
}

static uint64_t period(const struct vlapic *lapic)
{
	return vlapic_get(lapic, VLAPIC_INITIAL_COUNT) * step(lapic);
}

/* One-shot and periodic change into each other on the run; any other change disarms. */
void vlapic_timer_set_mode(struct vlapic *lapic, unsigned mode)
{
	if (mode != lapic->timer.mode &&
	    (mode > TIMER_PERIODIC || lapic->timer.mode > TIMER_PERIODIC)) {
		stop(lapic);
		vlapic_put(lapic, VLAPIC_INITIAL_COUNT, 0);
	}
	lapic->timer.mode = (uint8_t)mode;
	changed(lapic);
}

void vlapic_timer_set_count(struct vlapic *lapic, uint32_t count)
{
	if (lapic->timer.mode > TIMER_PERIODIC) {
		vlapic_put(lapic, VLAPIC_INITIAL_COUNT, 0);
		return;
	}
	vlapic_put(lapic, VLAPIC_INITIAL_COUNT, count);
	lapic->timer.counting = count;
	lapic->timer.expires = lapic->now + period(lapic);
	changed(lapic);
}

uint32_t vlapic_timer_count(const struct vlapic *lapic)
{
	const struct vlapic_timer *t = &lapic->timer;

	if (!t->counting || t->expires <= lapic->now)
		return 0;
	return (uint32_t)((t->expires - lapic->now + step(lapic) - 1) / step(lapic));
}

/* The count goes on from where it is, at another pace. */
void vlapic_timer_set_divide(struct vlapic *lapic, uint32_t value)
{
	uint64_t count = vlapic_timer_count(lapic);
	uint64_t code = field_get(value, DIVIDE_LOW) | (value & DIVIDE_HIGH ? BIT(2) : 0);

	vlapic_put(lapic, VLAPIC_DIVIDE, value);
	lapic->timer.shift = (code + 1) % 8; /* 0 is 2, 1 is 4 ... 6 is 128, and 7 is 1 */
	if (!lapic->timer.counting)
		return;
	lapic->timer.expires = lapic->now + count * step(lapic);
	changed(lapic);
}

void vlapic_set_tsc_deadline(struct vlapic *lapic, uint64_t deadline)
{
	if (vlapic_arm_tsc_deadline(lapic, deadline))
		changed(lapic);
}

/* An interrupt, with `late` periods over since the one that it stands for. */
static void fire(struct vlapic *lapic, uint64_t late)
{
	uint32_t entry = vlapic_get(lapic, VLAPIC_LVT_TIMER);
	uint8_t vector = (uint8_t)field_get(entry, VLAPIC_VECTOR);

	lapic->timer.fired = lapic->now;
	if (entry & LVT_MASKED)
		return;
	/* This entry has no delivery mode but the fixed one. */
	lapic->timer.missed += late + vlapic_set_holds(lapic, VLAPIC_IRR, vector);
	vlapic_request(lapic, vector, false);
}

static void expire(struct vlapic *lapic)
{
	struct vlapic_timer *t = &lapic->timer;
	uint64_t late = 0;

	if (t->mode == TIMER_PERIODIC && period(lapic)) {
		late = (lapic->now - t->expires) / period(lapic);
		t->expires += (late + 1) * period(lapic);
	} else {
		t->counting = false;
	}
	fire(lapic, late);
}

void vlapic_timer_take_deadline(struct vlapic *lapic)
{
	lapic->timer.tsc_deadline = 0;
	fire(lapic, 0);
}

void vlapic_advance(struct vlapic *lapic, device_time now, uint64_t tsc)
{
	struct vlapic_timer *t = &lapic->timer;

	if (now > lapic->now)
		lapic->now = now;
	if (t->counting && t->expires <= lapic->now)
		expire(lapic);
	if (vlapic_tsc_deadline_passed(lapic, tsc))
		vlapic_timer_take_deadline(lapic);
}

bool vlapic_advance_tsc(struct vlapic *lapic, uint64_t tsc)
{
	if (lapic->timer.mode != TIMER_TSC_DEADLINE)
		return false;
	if (vlapic_tsc_deadline_passed(lapic, tsc))
		vlapic_timer_take_deadline(lapic);
	return true;
}

uint64_t vlapic_deadline(const struct vlapic *lapic, bool *is_tsc)
{
	const struct vlapic_timer *t = &lapic->timer;

	*is_tsc = false;
	if (vlapic_get(lapic, VLAPIC_LVT_TIMER) & LVT_MASKED)
		return DEVICE_NEVER;
	if (t->tsc_deadline) {
		*is_tsc = true;
		return t->tsc_deadline;
	}
	if (!t->counting)
		return DEVICE_NEVER;
	if (t->mode == TIMER_PERIODIC && t->expires < t->fired + VLAPIC_SHORTEST_WAIT)
		return t->fired + VLAPIC_SHORTEST_WAIT;
	return t->expires;
}
