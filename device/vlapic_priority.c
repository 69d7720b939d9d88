/* Which interrupt a processor takes next, and the end of one. SDM volume 3, "Task and Processor
 * Priorities", "Interrupt Acceptance for Fixed Interrupts" and "Signaling Interrupt Servicing
 * Completion". */
#include "device/vlapic_posted.h"

#define CLASS_SHIFT 4

static uint8_t task_priority(const struct vlapic *lapic)
{
	return (uint8_t)vlapic_get(lapic, VLAPIC_TPR);
}

static uint8_t class_of(int vector)
{
	return vector < 0 ? 0 : (uint8_t)(vector & VLAPIC_CLASS);
}

uint8_t vlapic_ppr(const struct vlapic *lapic)
{
	uint8_t task = task_priority(lapic);
	uint8_t in_service = class_of(vlapic_set_highest(lapic, VLAPIC_ISR));

	return class_of(task) >= in_service ? task : in_service;
}

cold_fn uint8_t vlapic_apr(const struct vlapic *lapic)
{
	uint8_t task = task_priority(lapic);
	uint8_t in_service = class_of(vlapic_set_highest(lapic, VLAPIC_ISR));
	uint8_t requested = class_of(vlapic_set_highest(lapic, VLAPIC_IRR));
	uint8_t both = class_of(task) & in_service;

	if (class_of(task) >= requested && class_of(task) > in_service)
		return task;
	return both > requested ? both : requested;
}

unsigned vlapic_priority(const struct vlapic *lapic)
{
	return task_priority(lapic) >> CLASS_SHIFT;
}

void vlapic_set_priority(struct vlapic *lapic, unsigned priority)
{
	vlapic_put(lapic, VLAPIC_TPR, field_put(VLAPIC_CLASS, priority));
}

/* The requested vector that the processor's priority lets through; -1: none. */
static int deliverable(const struct vlapic *lapic)
{
	int vector = vlapic_set_highest(lapic, VLAPIC_IRR);

	return class_of(vector) > class_of(vlapic_ppr(lapic)) ? vector : -1;
}

/* Through LINT0 also while the APIC is disabled. */
static inline bool extint_waits(const struct vlapic *lapic)
{
	bool high0 = lapic->pins & BIT(VLAPIC_LINT0), high1 = lapic->pins & BIT(VLAPIC_LINT1);

	if (lapic->extint)
		return true;
	if (unlikely(vlapic_mode(lapic) == VLAPIC_DISABLED))
		return high0;
	return vlapic_lint_extint(vlapic_get(lapic, VLAPIC_LVT_LINT0), high0) ||
	       vlapic_lint_extint(vlapic_get(lapic, VLAPIC_LVT_LINT1), high1);
}

cold_fn void vlapic_look_aside(struct vlapic *lapic)
{
	lapic->aside = vlapic_mode(lapic) == VLAPIC_DISABLED || extint_waits(lapic);
}

cold_fn bool vlapic_extint_pending(const struct vlapic *lapic)
{
	return extint_waits(lapic);
}

/* Is the highest vector of those that are posted, in the one word that they are in, more than the
 * processor's priority? Nothing is taken. */
static inline bool posted_is_deliverable(const struct vlapic *lapic)
{
	uint32_t flags = __atomic_load_n(&lapic->posted.outstanding, __ATOMIC_ACQUIRE);

	if (!flags || (flags & (flags - 1)) || flags >= OUTSTANDING_PINS)
		return false;
	unsigned word = (unsigned)__builtin_ctz(flags);
	uint64_t vectors = __atomic_load_n(&lapic->posted.vectors[word], __ATOMIC_RELAXED);

	if (unlikely(!vectors))
		return false;
	unsigned bit = (unsigned)(63 ^ __builtin_clzll(vectors));
	uint8_t class = class_of((int)(word * POSTED_WORD_VECTORS + bit));

	return class > class_of(vlapic_set_highest(lapic, VLAPIC_ISR)) &&
	       class > class_of(task_priority(lapic)) && vlapic_mode(lapic) != VLAPIC_DISABLED;
}

static cold_fn bool pending_taken(struct vlapic *lapic)
{
	vlapic_take_posted(lapic);
	return extint_waits(lapic) ||
	       (vlapic_mode(lapic) != VLAPIC_DISABLED && deliverable(lapic) >= 0);
}

bool vlapic_pending(struct vlapic *lapic)
{
	return likely(posted_is_deliverable(lapic)) || pending_taken(lapic);
}

cold_fn int vlapic_acknowledge(struct vlapic *lapic)
{
	int vector;

	vlapic_take_posted(lapic);
	/* The 8259's interrupts know no priority of the APIC, and it neither latches nor ends them. */
	if (extint_waits(lapic)) {
		lapic->extint = false;
		vlapic_look_aside(lapic);
		return lapic->connections->extint_acknowledge(lapic->context, lapic);
	}
	vector = vlapic_mode(lapic) == VLAPIC_DISABLED ? -1 : deliverable(lapic);
	if (vector >= 0) {
		vlapic_set_remove(lapic, VLAPIC_IRR, (uint8_t)vector);
		vlapic_set_add(lapic, VLAPIC_ISR, (uint8_t)vector);
	}
	return vector;
}

/* By the functions that it stands for. */
static noinline_fn struct vlapic_offer offer_step_by_step(struct vlapic *lapic, bool open)
{
	struct vlapic_offer offer = { .vector = -1, .waits = vlapic_pending(lapic) };

	if (offer.waits && open) {
		offer.vector = (int16_t)vlapic_acknowledge(lapic);
		offer.waits = vlapic_pending(lapic);
	}
	offer.threshold = (uint8_t)vlapic_priority_threshold(lapic);
	return offer;
}

/* A request is the highest, and once acknowledged it is as high as the processor's priority: nothing
 * waits behind it then, and the task priority holds nothing back that it does not hold back as well. */
static noinline_fn struct vlapic_offer offer_highest(struct vlapic *lapic, bool open)
{
	struct vlapic_offer offer = { .vector = -1 };
	int request;

	if (unlikely(lapic->aside))
		return offer_step_by_step(lapic, open);
	request = vlapic_set_highest(lapic, VLAPIC_IRR);
	if (request < 0 || class_of(request) <= class_of(vlapic_set_highest(lapic, VLAPIC_ISR)))
		return offer;
	if (class_of(request) <= class_of(task_priority(lapic))) {
		offer.threshold = class_of(request) >> CLASS_SHIFT;
	} else if (open) {
		vlapic_set_remove(lapic, VLAPIC_IRR, (uint8_t)request);
		vlapic_set_add(lapic, VLAPIC_ISR, (uint8_t)request);
		offer.vector = (int16_t)request;
	} else {
		offer.waits = true;
	}
	return offer;
}

/* Would a processor that is open take `vector` at once, with nothing else requested? */
static inline bool goes_straight(const struct vlapic *lapic, unsigned vector)
{
	return vector >= APIC_FIRST_VECTOR && !lapic->aside &&
	       !vlapic_set_registers(lapic, VLAPIC_IRR) &&
	       class_of((int)vector) > class_of(vlapic_set_highest(lapic, VLAPIC_ISR)) &&
	       class_of((int)vector) > class_of(task_priority(lapic)) &&
	       !vlapic_set_holds(lapic, VLAPIC_TMR, (uint8_t)vector);
}

/* Most that come are a single edge for a processor that waits for it. It would enter IRR to leave it at
 * once, and goes into ISR straight. */
struct vlapic_offer vlapic_offer(struct vlapic *lapic, bool open)
{
	if (unlikely(!vlapic_outstanding(lapic)))
		return offer_highest(lapic, open);

	uint32_t flags = posted_take_flags(lapic);

	if (unlikely((flags & (flags - 1)) || flags >= OUTSTANDING_PINS || !open)) {
		posted_take_flagged(lapic, flags);
		return offer_highest(lapic, open);
	}
	unsigned word = (unsigned)__builtin_ctz(flags);
	uint64_t vectors = posted_take_word(lapic, word);
	unsigned vector = word * POSTED_WORD_VECTORS + (unsigned)__builtin_ctzll(vectors | BIT(63));

	if (unlikely(vectors != BIT(vector % POSTED_WORD_VECTORS) ||
		     (__atomic_load_n(&lapic->posted.level[word], __ATOMIC_RELAXED) & vectors) ||
		     !goes_straight(lapic, vector))) {
		posted_take_vectors(lapic, word, vectors);
		return offer_highest(lapic, open);
	}
	vlapic_set_add(lapic, VLAPIC_ISR, (uint8_t)vector);
	return (struct vlapic_offer) { .vector = (int16_t)vector };
}

/* The only request there is, and one that is let through, goes into ISR straight. */
struct vlapic_offer vlapic_offer_tsc_deadline(struct vlapic *lapic, bool open)
{
	uint32_t entry = vlapic_get(lapic, VLAPIC_LVT_TIMER);
	uint8_t vector = (uint8_t)field_get(entry, VLAPIC_VECTOR);

	if (unlikely(!open || (entry & LVT_MASKED) || vlapic_outstanding(lapic) ||
		     !goes_straight(lapic, vector))) {
		vlapic_timer_take_deadline(lapic);
		return vlapic_offer(lapic, open);
	}
	lapic->timer.tsc_deadline = 0;
	lapic->timer.fired = lapic->now;
	vlapic_set_add(lapic, VLAPIC_ISR, vector);
	return (struct vlapic_offer) { .vector = vector };
}

cold_fn int vlapic_highest_request(struct vlapic *lapic)
{
	vlapic_take_posted(lapic);
	return vlapic_set_highest(lapic, VLAPIC_IRR);
}

cold_fn int vlapic_highest_in_service(const struct vlapic *lapic)
{
	return vlapic_set_highest(lapic, VLAPIC_ISR);
}

void vlapic_after_eoi(struct vlapic *lapic, uint8_t vector)
{
	if (!vlapic_set_holds(lapic, VLAPIC_TMR, vector))
		return;
	vlapic_lint_eoi(lapic, vector);
	if (!(vlapic_get(lapic, VLAPIC_SVR) & SVR_NO_EOI_BROADCAST))
		lapic->connections->eoi(lapic->context, lapic, vector);
}

void vlapic_eoi(struct vlapic *lapic)
{
	int vector = vlapic_set_highest(lapic, VLAPIC_ISR);

	if (vector < 0)
		return;
	vlapic_set_remove(lapic, VLAPIC_ISR, (uint8_t)vector);
	vlapic_after_eoi(lapic, (uint8_t)vector);
}
