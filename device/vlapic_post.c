/* How other CPUs reach a local APIC whose registers are not theirs to touch: atomic bits, and a
 * flag for each word of them that some are set there. A sender sets its bit before the flag, the owner
 * takes all flags down before it takes the bits of those words: so a bit is either taken, or its sender
 * finds no flag up and has the owner told. */
#include "device/vlapic_vectors.h"

#define WORD_VECTORS 64u /* in one word of struct vlapic_posted */

/* posted.pins. Both edges are kept: which one counts is the owner's to know. */
#define PINS_ALL    BITS(VLAPIC_LINTS - 1, 0)
#define PIN_HIGH(n) ((uint32_t)BIT(n))
#define PIN_ROSE(n) ((uint32_t)BIT(VLAPIC_LINTS + (n)))
#define PIN_FELL(n) ((uint32_t)BIT(2 * VLAPIC_LINTS + (n)))
#define PIN_EXTINT  ((uint32_t)BIT(3 * VLAPIC_LINTS))
#define PINS_EVENTS ((uint32_t)BITS(3 * VLAPIC_LINTS, VLAPIC_LINTS))

/* posted.outstanding. */
#define OUTSTANDING_WORD(n) ((uint32_t)BIT(n))
#define OUTSTANDING_WORDS   (OUTSTANDING_PINS - 1)
#define OUTSTANDING_PINS    ((uint32_t)BIT(VLAPIC_VECTORS / WORD_VECTORS))

static bool raise_flag(struct vlapic *lapic, uint32_t flag)
{
	return !__atomic_fetch_or(&lapic->posted.outstanding, flag, __ATOMIC_SEQ_CST);
}

/* Mostly it is noted as it should be. */
static void note_trigger(uint64_t *word, uint64_t bit, bool level_triggered)
{
	if (likely(!(__atomic_load_n(word, __ATOMIC_RELAXED) & bit) == !level_triggered))
		return;
	if (level_triggered)
		__atomic_fetch_or(word, bit, __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(word, ~bit, __ATOMIC_RELAXED);
}

bool vlapic_post(struct vlapic *lapic, uint8_t vector, bool level_triggered)
{
	unsigned word = vector / WORD_VECTORS;
	uint64_t bit = BIT(vector % WORD_VECTORS);

	note_trigger(&lapic->posted.level[word], bit, level_triggered);
	__atomic_fetch_or(&lapic->posted.vectors[word], bit, __ATOMIC_SEQ_CST);
	return raise_flag(lapic, OUTSTANDING_WORD(word));
}

bool vlapic_post_extint(struct vlapic *lapic)
{
	__atomic_fetch_or(&lapic->posted.pins, PIN_EXTINT, __ATOMIC_SEQ_CST);
	return raise_flag(lapic, OUTSTANDING_PINS);
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
	return raise_flag(lapic, OUTSTANDING_PINS);
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

static void take_vectors(struct vlapic *lapic, unsigned word)
{
	uint64_t vectors = __atomic_exchange_n(&lapic->posted.vectors[word], 0, __ATOMIC_SEQ_CST);
	uint64_t level = __atomic_load_n(&lapic->posted.level[word], __ATOMIC_RELAXED);

	for (; vectors; vectors &= vectors - 1) {
		unsigned bit = (unsigned)__builtin_ctzll(vectors);

		vlapic_request(lapic, (uint8_t)(word * WORD_VECTORS + bit), level >> bit & 1);
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

void vlapic_take_outstanding(struct vlapic *lapic)
{
	uint32_t flags = __atomic_exchange_n(&lapic->posted.outstanding, 0, __ATOMIC_SEQ_CST);

	for (uint32_t words = flags & OUTSTANDING_WORDS; words; words &= words - 1)
		take_vectors(lapic, (unsigned)__builtin_ctz(words));
	if (flags & OUTSTANDING_PINS)
		take_pins(lapic);
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
}
