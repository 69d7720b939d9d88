/* How other CPUs reach a local APIC whose registers are not theirs to touch: atomic bits, and a
 * flag for each word of them that some are set there. A sender sets its bit before the flag, the owner
 * takes all flags down before it takes the bits of those words: so a bit is either taken, or its sender
 * finds no flag up and has the owner told. */
#include "device/vlapic_posted.h"

/* posted.pins. Both edges are kept: which one counts is the owner's to know. */
#define PINS_ALL    BITS(VLAPIC_LINTS - 1, 0)
#define PIN_HIGH(n) ((uint32_t)BIT(n))
#define PIN_ROSE(n) ((uint32_t)BIT(VLAPIC_LINTS + (n)))
#define PIN_FELL(n) ((uint32_t)BIT(2 * VLAPIC_LINTS + (n)))
#define PIN_EXTINT  ((uint32_t)BIT(3 * VLAPIC_LINTS))
#define PINS_EVENTS ((uint32_t)BITS(3 * VLAPIC_LINTS, VLAPIC_LINTS))

static bool raise_pins_flag(struct vlapic *lapic)
{
	return !__atomic_fetch_or(&lapic->posted.outstanding, OUTSTANDING_PINS, __ATOMIC_SEQ_CST);
}

static bool add_level(struct vlapic *lapic, uint8_t vector)
{
	unsigned word = vector / POSTED_WORD_VECTORS;
	uint64_t bit = BIT(vector % POSTED_WORD_VECTORS);

	/* Mostly it is noted as it should be. */
	if (unlikely(!(__atomic_load_n(&lapic->posted.level[word], __ATOMIC_RELAXED) & bit)))
		__atomic_fetch_or(&lapic->posted.level[word], bit, __ATOMIC_RELAXED);
	__atomic_fetch_or(&lapic->posted.vectors[word], bit, __ATOMIC_SEQ_CST);
	return posted_raise_flag(lapic, word);
}

bool vlapic_post(struct vlapic *lapic, uint8_t vector, bool level_triggered)
{
	return level_triggered ? add_level(lapic, vector) : posted_add_edge(lapic, vector);
}

bool vlapic_post_extint(struct vlapic *lapic)
{
	__atomic_fetch_or(&lapic->posted.pins, PIN_EXTINT, __ATOMIC_SEQ_CST);
	return raise_pins_flag(lapic);
}

bool vlapic_set_lint(struct vlapic *lapic, unsigned number, bool level)
{
	uint32_t before, after;

	if (number >= VLAPIC_LINTS)
		return false;
	before = __atomic_load_n(&lapic->posted.pins, __ATOMIC_RELAXED);
	do {
		if (level == !!(before & PIN_HIGH(number)))
			return false;
		after = level ? before | PIN_HIGH(number) | PIN_ROSE(number)
			      : (before & ~PIN_HIGH(number)) | PIN_FELL(number);
	} while (!__atomic_compare_exchange_n(&lapic->posted.pins, &before, after, true,
					      __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	vlapic_lint_signal(lapic, number, level);
	return raise_pins_flag(lapic);
}

/* --- the owner --------------------------------------------------------------------------------- */

void vlapic_request(struct vlapic *lapic, uint8_t vector, bool level_triggered)
{
	if (vector < APIC_FIRST_VECTOR) {
		vlapic_error(lapic, ESR_RECEIVE_ILLEGAL_VECTOR);
		return;
	}
	if (level_triggered)
		vlapic_set_add(lapic, VLAPIC_TMR, vector);
	else if (vlapic_set_holds(lapic, VLAPIC_TMR, vector))
		vlapic_set_remove(lapic, VLAPIC_TMR, vector);
	vlapic_set_add(lapic, VLAPIC_IRR, vector);
}

void posted_take_vectors(struct vlapic *lapic, unsigned word, uint64_t vectors)
{
	uint64_t level = __atomic_load_n(&lapic->posted.level[word], __ATOMIC_RELAXED);

	for (; vectors; vectors &= vectors - 1) {
		unsigned bit = (unsigned)__builtin_ctzll(vectors);

		vlapic_request(lapic, (uint8_t)(word * POSTED_WORD_VECTORS + bit),
			       level >> bit & 1);
	}
}

static void take_pins(struct vlapic *lapic)
{
	uint32_t pins = __atomic_fetch_and(&lapic->posted.pins, ~PINS_EVENTS, __ATOMIC_SEQ_CST);

	if (pins & PIN_EXTINT)
		lapic->extint = true;
	vlapic_lint_changed(lapic, pins & PINS_ALL, pins / PIN_ROSE(0) & PINS_ALL,
			    pins / PIN_FELL(0) & PINS_ALL);
}

void posted_take_flagged(struct vlapic *lapic, uint32_t flags)
{
	for (uint32_t words = flags & OUTSTANDING_WORDS; words; words &= words - 1) {
		unsigned word = (unsigned)__builtin_ctz(words);

		posted_take_vectors(lapic, word, posted_take_word(lapic, word));
	}
	if (flags & OUTSTANDING_PINS)
		take_pins(lapic);
}

void vlapic_take_outstanding(struct vlapic *lapic)
{
	posted_take_flagged(lapic, posted_take_flags(lapic));
}

/* Requests under way get lost; the pins keep their levels. */
void vlapic_forget_posted(struct vlapic *lapic)
{
	__atomic_store_n(&lapic->posted.outstanding, 0, __ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < ARRAY_SIZE(lapic->posted.vectors); i++)
		__atomic_store_n(&lapic->posted.vectors[i], 0, __ATOMIC_SEQ_CST);
	lapic->pins =
		__atomic_fetch_and(&lapic->posted.pins, ~PINS_EVENTS, __ATOMIC_SEQ_CST) & PINS_ALL;
	lapic->extint = false;
	vlapic_look_aside(lapic);
}
