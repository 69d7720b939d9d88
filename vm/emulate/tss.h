/* Task-state segments as memory holds them, 16-bit and 32-bit, and as one form that is the same for
 * both. Pure. SDM volume 3, "Task-State Segment (TSS)" and "16-Bit Task-State Segment (TSS)". */
#ifndef VM_EMULATE_TSS_H
#define VM_EMULATE_TSS_H

#include "lib/types.h"

#define TSS_LENGTH_MAX 104
#define TSS_SEGMENTS   6 /* ES to GS, in encoding order */

struct tss_image {
	uint32_t eip, eflags;
	uint32_t gpr[8];                     /* in encoding order */
	uint16_t segment[TSS_SEGMENTS], ldt; /* selectors */
	uint32_t cr3;                        /* of a 32-bit TSS only */
	bool trap;                           /* likewise: raise #DB when the task starts */
};

/* Bytes that a TSS must have at least: up to TSS_LENGTH_MAX. */
uint32_t tss_length(bool is_16bit);

/* `bytes`: tss_length() of them. A 16-bit TSS has no FS and GS: they are null. Nor has it upper halves
 * of registers, and the SDM leaves open what they become: they are 0. */
void tss_unpack(const void *bytes, bool is_16bit, struct tss_image *image);

/* What a switch away from a task writes into its TSS: instruction pointer, flags, general registers
 * and segments, which lie in one piece. */
struct tss_saved {
	uint32_t offset, length; /* where in the TSS */
	uint8_t bytes[TSS_LENGTH_MAX];
};

void tss_pack(const struct tss_image *image, bool is_16bit, struct tss_saved *saved);

#endif
