/* The chain of frame pointers on a guest's stack, with nothing taken on trust. Pure. */
#ifndef VM_CRASH_FRAMES_H
#define VM_CRASH_FRAMES_H

#include "lib/error.h"
#include "lib/types.h"

#define FRAMES_MOST 32

struct frame_chain {
	/* Reads `width` bytes at a linear address; false when nothing is there. */
	bool (*read)(void *context, gva_t at, unsigned width, uint64_t *value);
	void *context;
	unsigned width; /* of a stack slot: 2, 4 or 8 bytes */
	uint64_t base;  /* of the stack segment; 0 in 64-bit mode */
	uint64_t pointer;
	uint64_t inner; /* the frame taken last */
	unsigned count; /* of frames taken */
};

/* Takes the next frame: the address that it returns to. False at the end of the chain, and `end`
 * says why it is one. */
bool frame_next(struct frame_chain *chain, uint64_t *address, struct reason *end) must_check;

#endif
