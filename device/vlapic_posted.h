/* The words in which other CPUs leave their requests for a local APIC (device/vlapic_post.c says in what
 * order), and what is done with them so often that it is inline: an edge-triggered interrupt posted, and
 * one taken over. */
#ifndef DEVICE_VLAPIC_POSTED_H
#define DEVICE_VLAPIC_POSTED_H

#include "device/vlapic_vectors.h"

#define POSTED_WORD_VECTORS 64u /* in one word of struct vlapic_posted */

/* posted.outstanding. */
#define OUTSTANDING_WORD(n) (1u << (n))
#define OUTSTANDING_PINS    (1u << (VLAPIC_VECTORS / POSTED_WORD_VECTORS))
#define OUTSTANDING_WORDS   (OUTSTANDING_PINS - 1)

/* True when no request of this word waited unseen: its sender has had the owner told, or is about to. */
static inline bool posted_raise_flag(struct vlapic *lapic, unsigned word)
{
	uint32_t flag = OUTSTANDING_WORD(word);

	return !(__atomic_fetch_or(&lapic->posted.outstanding, flag, __ATOMIC_SEQ_CST) & flag);
}

/* vlapic_post() of an edge. Any CPU. */
static inline bool posted_add_edge(struct vlapic *lapic, uint8_t vector)
{
	unsigned word = vector / POSTED_WORD_VECTORS;
	uint64_t bit = BIT(vector % POSTED_WORD_VECTORS);

	if (unlikely(__atomic_load_n(&lapic->posted.level[word], __ATOMIC_RELAXED) & bit))
		__atomic_fetch_and(&lapic->posted.level[word], ~bit, __ATOMIC_RELAXED);
	__atomic_fetch_or(&lapic->posted.vectors[word], bit, __ATOMIC_SEQ_CST);
	return posted_raise_flag(lapic, word);
}

/* The owner: takes all flags down. */
static inline uint32_t posted_take_flags(struct vlapic *lapic)
{
	return __atomic_exchange_n(&lapic->posted.outstanding, 0, __ATOMIC_SEQ_CST);
}

static inline uint64_t posted_take_word(struct vlapic *lapic, unsigned word)
{
	return __atomic_exchange_n(&lapic->posted.vectors[word], 0, __ATOMIC_SEQ_CST);
}

/* vlapic_post.c. The rest, of words that were flagged, and of vectors taken from one of them. */
void posted_take_flagged(struct vlapic *lapic, uint32_t flags);
void posted_take_vectors(struct vlapic *lapic, unsigned word, uint64_t vectors);

#endif
