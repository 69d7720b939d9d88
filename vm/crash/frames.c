/* Each frame holds the pointer to the one outside of it, and above that the return address: what
 * System V's Application Binary Interface suggests for x86, and what 16-bit compilers did, too. */
#include "vm/crash/frames.h"

#include "lib/bits.h"

static bool is_canonical(uint64_t at)
{
	return (uint64_t)((int64_t)(at << 7) >> 7) == at; /* 57 bits, the most that a CPU takes */
}

static gva_t linear(const struct frame_chain *chain, uint64_t offset)
{
	uint64_t at = chain->base + offset;

	return gva(chain->width == sizeof(uint64_t) ? at : (uint32_t)at);
}

static bool end_of(struct reason *end, const char *what, uint64_t pointer)
{
	reason_set(end, ERROR_INVALID_DATA, "frame pointer 0x%lx %s", pointer, what);
	return false;
}

bool frame_next(struct frame_chain *chain, uint64_t *address, struct reason *end)
{
	uint64_t frame = chain->pointer, outer = 0;

	if (chain->count == FRAMES_MOST) {
		reason_set(end, ERROR_INVALID_DATA, "there are more than %u frames", FRAMES_MOST);
		return false;
	}
	if (!frame)
		return end_of(end, "is where a chain ends", frame);
	if (chain->width == sizeof(uint64_t) && !is_canonical(frame))
		return end_of(end, "is not canonical", frame);
	if (!is_aligned(frame, chain->width))
		return end_of(end, "is not aligned", frame);
	/* Stacks grow down: an outer frame lies higher. */
	if (chain->count && frame <= chain->inner)
		return end_of(end, "does not lie above the one before", frame);
	if (!chain->read(chain->context, linear(chain, frame), chain->width, &outer) ||
	    !chain->read(chain->context, linear(chain, frame + chain->width), chain->width,
			 address))
		return end_of(end, "leads to no memory", frame);
	if (!*address)
		return end_of(end, "has return address 0", frame);
	chain->inner = frame;
	chain->pointer = outer;
	chain->count++;
	return true;
}
