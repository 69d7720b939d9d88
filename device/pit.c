/* The 8254's registers and port 0x61 around three channels. */
#include "device/pit.h"

#include "device/clock.h"
#include "lib/bits.h"

#define CONTROL_OFFSET 3 /* the control word register, behind the channels */
#define FLOATING       0xff

#define SELECT_CHANNEL      0xc0
#define SELECT_READ_BACK    3
#define CONTROL_ACCESS      0x30 /* 0: the counter latch command */
#define READ_BACK_NO_COUNT  0x20
#define READ_BACK_NO_STATUS 0x10
#define READ_BACK_CHANNEL_0 0x02

#define SPEAKER_CHANNEL 2
#define PORT61_GATE     0x01
#define PORT61_STORED   0x0f /* gate, speaker, and the enables of two sources of NMIs */
#define PORT61_REFRESH  0x10
#define PORT61_OUT      0x20

/* Memory was refreshed every 18 ticks, and a bit toggled with it; programs wait by it still. */
#define REFRESH_TICKS 18

static void read_back(struct pit *pit, uint8_t command)
{
	for (unsigned i = 0; i < PIT_CHANNELS; i++) {
		if (!(command & READ_BACK_CHANNEL_0 << i))
			continue;
		if (!(command & READ_BACK_NO_COUNT))
			pit_channel_latch_count(&pit->channels[i]);
		if (!(command & READ_BACK_NO_STATUS))
			pit_channel_latch_status(&pit->channels[i]);
	}
}

static void write_control(struct pit *pit, uint8_t control)
{
	unsigned channel = field_get(control, SELECT_CHANNEL);

	if (channel == SELECT_READ_BACK)
		read_back(pit, control);
	else if (control & CONTROL_ACCESS)
		pit_channel_control(&pit->channels[channel], control);
	else
		pit_channel_latch_count(&pit->channels[channel]);
}

static uint8_t read_port61(const struct pit *pit)
{
	uint8_t value = pit->port61;

	if (pit->tick / REFRESH_TICKS % 2)
		value |= PORT61_REFRESH;
	if (pit->channels[SPEAKER_CHANNEL].out)
		value |= PORT61_OUT;
	return value;
}

static uint64_t pit_read(void *chip, uint64_t offset, unsigned width)
{
	struct pit *pit = chip;

	if (offset >= PIT_CONTROL_OFFSET)
		return read_port61(pit);
	return offset == CONTROL_OFFSET ? FLOATING : pit_channel_read(&pit->channels[offset]);
}

static void pit_write(void *chip, uint64_t offset, unsigned width, uint64_t value)
{
	struct pit *pit = chip;

	if (offset >= PIT_CONTROL_OFFSET) {
		pit->port61 = (uint8_t)value & PORT61_STORED;
		pit_channel_set_gate(&pit->channels[SPEAKER_CHANNEL], value & PORT61_GATE);
	} else if (offset == CONTROL_OFFSET) {
		write_control(pit, (uint8_t)value);
	} else {
		pit_channel_write(&pit->channels[offset], (uint8_t)value);
	}
	wire_set(&pit->irq, pit->channels[0].out);
}

static void pit_advance(void *chip, device_time now)
{
	struct pit *pit = chip;
	uint64_t tick = clock_ticks(now, PIT_HZ), rises;

	if (tick <= pit->tick)
		return;
	rises = pit_channel_run(&pit->channels[0], tick - pit->tick);
	for (unsigned i = 1; i < PIT_CHANNELS; i++)
		pit_channel_run(&pit->channels[i], tick - pit->tick);
	pit->tick = tick;
	if (rises) {
		pit->missed += rises - 1;
		wire_set(&pit->irq, false);
		wire_set(&pit->irq, true);
	}
	wire_set(&pit->irq, pit->channels[0].out);
}

static device_time pit_next(const void *chip)
{
	const struct pit *pit = chip;
	uint64_t ticks = pit_channel_next(&pit->channels[0]);

	return ticks > UINT64_MAX - pit->tick ? DEVICE_NEVER
					      : clock_time(pit->tick + ticks, PIT_HZ);
}

static void pit_reset(void *chip)
{
	struct pit *pit = chip;

	for (unsigned i = 0; i < PIT_CHANNELS; i++) {
		pit->channels[i] = (struct pit_channel) { .gate = i != SPEAKER_CHANNEL };
		pit_channel_control(&pit->channels[i], CONTROL_ACCESS);
	}
	pit->port61 = 0;
	wire_set(&pit->irq, pit->channels[0].out);
}

void pit_init(struct pit *pit, const struct wire *irq)
{
	*pit = (struct pit) { .irq = *irq };
	pit_reset(pit);
}

const struct chip_ops pit_ops = {
	.name = "8254",
	.read = pit_read,
	.write = pit_write,
	.advance = pit_advance,
	.next = pit_next,
	.reset = pit_reset,
};

enum error pit_attach(struct pit *pit, struct bus *ports, struct reason *why)
{
	static const struct bus_place places[] = {
		{ PIT_PORT, CONTROL_OFFSET + 1, PIT_OFFSET, 1 },
		{ PIT_CONTROL_PORT, 1, PIT_CONTROL_OFFSET, 1 },
	};

	return bus_attach(ports, places, ARRAY_SIZE(places), &pit_ops, pit, why);
}
