/* The counting element and the byte-wise access of an 8254 channel. Long stretches of ticks are
 * reckoned, not stepped through: between two loads nothing can happen but what the mode says. */
#include "device/pit_channel.h"

#include "lib/bits.h"

#define CONTROL_BCD    0x01
#define CONTROL_MODE   0x0e
#define CONTROL_ACCESS 0x30
#define CONTROL_STORED 0x3f
#define STATUS_OUT     0x80
#define STATUS_NULL    0x40

enum { ACCESS_LOW = 1, ACCESS_HIGH = 2, ACCESS_BOTH = 3 };

enum mode { TERMINAL_COUNT, ONE_SHOT, RATE, SQUARE_WAVE, SOFTWARE_STROBE, HARDWARE_STROBE };

static enum mode mode_of(const struct pit_channel *channel)
{
	unsigned mode = field_get(channel->control, CONTROL_MODE);

	return mode > HARDWARE_STROBE ? mode - 4 : mode; /* x10 and x11 are modes 2 and 3 */
}

static bool is_periodic(const struct pit_channel *channel)
{
	return mode_of(channel) == RATE || mode_of(channel) == SQUARE_WAVE;
}

static bool is_strobe(const struct pit_channel *channel)
{
	return mode_of(channel) == SOFTWARE_STROBE || mode_of(channel) == HARDWARE_STROBE;
}

static bool is_triggered(const struct pit_channel *channel)
{
	return mode_of(channel) == ONE_SHOT || mode_of(channel) == HARDWARE_STROBE;
}

/* How many values the counter has. */
static uint32_t modulus(const struct pit_channel *channel)
{
	return channel->control & CONTROL_BCD ? 10000 : 0x10000;
}

/* The count register as a number of ticks: 0 stands for the largest. Digits past 9 are no BCD; they
 * count for what they are. */
static uint32_t initial_count(const struct pit_channel *channel)
{
	uint32_t value = channel->initial, m = modulus(channel);

	if (channel->control & CONTROL_BCD)
		value = (value >> 12) * 1000 + (value >> 8 & 0xf) * 100 + (value >> 4 & 0xf) * 10 +
			(value & 0xf);
	return value % m ? value % m : m;
}

/* Ticks until the reload of mode 3: odd counts are high for one more than low. */
static uint32_t half_period(const struct pit_channel *channel)
{
	return (channel->period + channel->out) / 2;
}

/* The counting element as a number, before it is told as BCD. */
static uint32_t counting_element(const struct pit_channel *channel)
{
	uint32_t value = channel->count;

	if (mode_of(channel) == RATE)
		value = channel->period - channel->count;
	if (mode_of(channel) == SQUARE_WAVE) /* by two a tick, from an even number */
		value = (channel->period & ~1u) - 2 * channel->count;
	return value % modulus(channel);
}

static uint16_t readable(const struct pit_channel *channel)
{
	uint32_t value = counting_element(channel);

	if (channel->control & CONTROL_BCD)
		value = value / 1000 << 12 | value / 100 % 10 << 8 | value / 10 % 10 << 4 |
			value % 10;
	return (uint16_t)value;
}

/* --- the CPU's side ------------------------------------------------------------------------- */

void pit_channel_control(struct pit_channel *channel, uint8_t control)
{
	uint32_t value = counting_element(channel);

	*channel = (struct pit_channel) {
		.control = control & CONTROL_STORED,
		.gate = channel->gate,
		.null_count = true,
	};
	channel->out = mode_of(channel) != TERMINAL_COUNT;
	/* The counter itself keeps its value until it is loaded. */
	value %= modulus(channel);
	if (is_periodic(channel))
		channel->period = value ? value : modulus(channel);
	else
		channel->count = value;
}

void pit_channel_latch_count(struct pit_channel *channel)
{
	if (channel->count_latch.bytes)
		return; /* "the later Counter Latch Commands are ignored" */
	channel->count_latch = (struct pit_latch) {
		.value = readable(channel),
		.bytes = field_get(channel->control, CONTROL_ACCESS) == ACCESS_BOTH ? 2 : 1,
	};
}

void pit_channel_latch_status(struct pit_channel *channel)
{
	if (channel->status_latch.bytes)
		return;
	channel->status_latch = (struct pit_latch) {
		.value = channel->control | (channel->out ? STATUS_OUT : 0) |
			 (channel->null_count ? STATUS_NULL : 0),
		.bytes = 1,
	};
}

/* A whole count is in the count register. */
static void count_written(struct pit_channel *channel, uint16_t value)
{
	channel->initial = value;
	channel->null_count = true;
	channel->written = true;
	channel->halted = false;
	if (mode_of(channel) == TERMINAL_COUNT)
		channel->out = false;
	if (is_periodic(channel) ? !channel->loaded : !is_triggered(channel))
		channel->load = true;
}

void pit_channel_write(struct pit_channel *channel, uint8_t byte)
{
	switch (field_get(channel->control, CONTROL_ACCESS)) {
	case ACCESS_LOW:
		count_written(channel, byte);
		break;
	case ACCESS_HIGH:
		count_written(channel, (uint16_t)(byte << 8));
		break;
	default:
		channel->write_high = !channel->write_high;
		if (!channel->write_high) {
			count_written(channel, (uint16_t)(byte << 8 | channel->low_written));
			break;
		}
		channel->low_written = byte;
		if (mode_of(channel) == TERMINAL_COUNT) {
			channel->halted = true;
			channel->load = false;
			channel->out = false;
		}
	}
}

uint8_t pit_channel_read(struct pit_channel *channel)
{
	struct pit_latch *latch = &channel->count_latch;
	unsigned access = field_get(channel->control, CONTROL_ACCESS);
	uint16_t value = latch->bytes ? latch->value : readable(channel);
	bool high = access == ACCESS_HIGH;

	if (channel->status_latch.bytes) {
		channel->status_latch.bytes = 0;
		return (uint8_t)channel->status_latch.value;
	}
	if (access == ACCESS_BOTH && latch->bytes) {
		high = latch->bytes == 1;
	} else if (access == ACCESS_BOTH) {
		high = channel->read_high;
		channel->read_high = !high;
	}
	if (latch->bytes)
		latch->bytes--;
	return (uint8_t)(high ? value >> 8 : value);
}

void pit_channel_set_gate(struct pit_channel *channel, bool gate)
{
	bool rose = gate && !channel->gate;

	channel->gate = gate;
	if (rose && channel->written && (is_triggered(channel) || is_periodic(channel)))
		channel->load = true;
	if (!gate && is_periodic(channel))
		channel->out = true;
}

/* --- the counting element ------------------------------------------------------------------- */

static bool is_counting(const struct pit_channel *channel)
{
	return channel->loaded && !channel->halted && (channel->gate || is_triggered(channel));
}

static void take_initial_count(struct pit_channel *channel)
{
	channel->period = initial_count(channel);
	channel->null_count = false;
}

/* The tick that loads does not count. */
static uint64_t load(struct pit_channel *channel)
{
	uint64_t rises = channel->strobe;

	take_initial_count(channel);
	channel->load = false;
	channel->loaded = true;
	channel->armed = !is_periodic(channel);
	channel->strobe = false;
	channel->count = is_periodic(channel) ? 0 : channel->period;
	if (mode_of(channel) == ONE_SHOT)
		channel->out = false;
	else if (mode_of(channel) != TERMINAL_COUNT)
		channel->out = true;
	return rises;
}

/* Modes 0, 1, 4 and 5: down to zero once, and on from the top without further effect. */
static uint64_t run_once(struct pit_channel *channel, uint64_t ticks)
{
	uint32_t m = modulus(channel);
	uint64_t rises = 0;

	if (channel->strobe) {
		channel->strobe = false;
		channel->out = true;
		rises++;
	}
	if (!is_counting(channel))
		return rises;
	if (channel->armed && ticks >= channel->count) {
		channel->armed = false;
		channel->strobe = is_strobe(channel) && ticks == channel->count;
		channel->out = !channel->strobe;
		rises += channel->out;
	}
	channel->count = (uint32_t)((channel->count + m - ticks % m) % m);
	return rises;
}

/* Mode 2. A period of one is illegal: OUT has no tick to be low in, and stays high. */
static uint64_t run_rate(struct pit_channel *channel, uint64_t ticks)
{
	uint64_t rises = 0;

	if (ticks < channel->period - channel->count) {
		channel->count += (uint32_t)ticks;
	} else {
		ticks -= channel->period - channel->count;
		rises = channel->period > 1;
		take_initial_count(channel);
		if (channel->period > 1)
			rises += ticks / channel->period;
		channel->count = (uint32_t)(ticks % channel->period);
	}
	channel->out = channel->period == 1 || channel->count != channel->period - 1;
	return rises;
}

/* Mode 3. With a period of one, illegal too, OUT stays high. */
static uint64_t run_square_wave(struct pit_channel *channel, uint64_t ticks)
{
	uint64_t rises = 0;

	while (ticks >= half_period(channel) - channel->count) {
		bool was_high = channel->out;

		ticks -= half_period(channel) - channel->count;
		channel->count = 0;
		take_initial_count(channel);
		channel->out = !was_high || channel->period == 1;
		rises += channel->out && !was_high;
		/* Whole periods bring back the same state: the loop goes round three times at most. */
		if (channel->period == 1)
			return rises;
		rises += ticks / channel->period;
		ticks %= channel->period;
	}
	channel->count += (uint32_t)ticks;
	return rises;
}

uint64_t pit_channel_run(struct pit_channel *channel, uint64_t ticks)
{
	uint64_t rises = 0;

	if (ticks && channel->load) {
		rises = load(channel);
		ticks--;
	}
	if (!ticks)
		return rises;
	if (!is_periodic(channel))
		return rises + run_once(channel, ticks);
	if (!is_counting(channel))
		return rises;
	return rises + (mode_of(channel) == RATE ? run_rate(channel, ticks)
						 : run_square_wave(channel, ticks));
}

/* The same for a channel that has no load and no end of a strobe before it. */
static uint64_t next_while_counting(const struct pit_channel *channel)
{
	if (!is_counting(channel))
		return PIT_NO_EDGE;
	if (is_periodic(channel)) {
		if (channel->period == 1)
			return initial_count(channel) == 1 ? PIT_NO_EDGE : 1;
		return (mode_of(channel) == RATE ? channel->period : half_period(channel)) -
		       channel->count;
	}
	if (!channel->armed)
		return PIT_NO_EDGE;
	return channel->count + is_strobe(channel);
}

uint64_t pit_channel_next(const struct pit_channel *channel)
{
	struct pit_channel loaded = *channel;
	uint64_t next;

	if (channel->strobe)
		return 1;
	if (!channel->load)
		return next_while_counting(channel);
	load(&loaded);
	if (loaded.out != channel->out)
		return 1;
	next = next_while_counting(&loaded);
	return next == PIT_NO_EDGE ? next : next + 1;
}
