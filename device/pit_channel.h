/* One counter of an 8254: its control word, its count, and the counting element, which is moved by
 * ticks of the clock input, any number at once. Datasheet: 8254, "Mode Definitions" and "Read
 * Operations". Pure. */
#ifndef DEVICE_PIT_CHANNEL_H
#define DEVICE_PIT_CHANNEL_H

#include "lib/types.h"

#define PIT_NO_EDGE UINT64_MAX

/* A latch that keeps what it took until the CPU has read it. */
struct pit_latch {
	uint16_t value;
	uint8_t bytes; /* still to be read */
};

struct pit_channel {
	uint8_t control; /* the control word: access, mode, BCD */
	bool gate, out;
	/* The CPU's side. */
	bool write_high, read_high; /* the second byte of two is next */
	uint8_t low_written;        /* the first byte of two */
	uint16_t initial;           /* the count register, as written */
	bool written;               /* a whole count, since the control word */
	bool null_count;            /* `initial` is not in the counter yet */
	struct pit_latch count_latch, status_latch;
	/* The counting element. */
	bool load;       /* at the next tick */
	bool loaded;     /* since the control word was written */
	bool halted;     /* mode 0 between two bytes of a count */
	bool armed;      /* the terminal count is still to come (modes 0, 1, 4, 5) */
	bool strobe;     /* OUT is low for this one tick (modes 4, 5) */
	uint32_t period; /* what the counter was loaded with, 1..65536 or 10000 */
	uint32_t count;  /* as it would be read; modes 2 and 3: ticks since the last reload */
};

/* What a control word does to the channel that it selects. */
void pit_channel_control(struct pit_channel *channel, uint8_t control);
/* The counter latch command, and what a read-back command wants of this channel. */
void pit_channel_latch_count(struct pit_channel *channel);
void pit_channel_latch_status(struct pit_channel *channel);

void pit_channel_write(struct pit_channel *channel, uint8_t byte);
uint8_t pit_channel_read(struct pit_channel *channel);
void pit_channel_set_gate(struct pit_channel *channel, bool gate);

/* `ticks` of the clock pass. Returns how many times OUT rose. */
uint64_t pit_channel_run(struct pit_channel *channel, uint64_t ticks);

/* How many ticks from now OUT changes in a way that matters to an interrupt: it rises, or falls for
 * more than one tick. PIT_NO_EDGE when it does not change. */
uint64_t pit_channel_next(const struct pit_channel *channel);

#endif
