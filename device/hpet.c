/* The timers of the HPET: matches, periods and interrupts. The registers by which a guest reaches
 * them are in the second half. Section names are those of the IA-PC HPET Specification. */
#include "device/hpet.h"

#include "device/apic_message.h"
#include "device/clock.h"
#include "lib/bits.h"

/* Registers: each has 64 bits. */
#define CAPABILITIES  0x000
#define CONFIGURATION 0x010
#define STATUS        0x020
#define COUNTER       0x0f0
#define TIMERS        0x100
#define TIMER_SIZE    0x20
#define TIMER_CONFIG  0x00 /* of a timer */
#define TIMER_VALUE   0x08
#define TIMER_MESSAGE 0x10
#define REGISTER_SIZE 8

#define CONFIG_ENABLE BIT(0)
#define CONFIG_LEGACY BIT(1)

#define TIMER_LEVEL            BIT(1)
#define TIMER_INTERRUPT        BIT(2)
#define TIMER_PERIODIC         BIT(3)
#define TIMER_PERIODIC_CAPABLE BIT(4)
#define TIMER_64_BITS          BIT(5)
#define TIMER_SET_VALUE        BIT(6)
#define TIMER_32_MODE          BIT(8)
#define TIMER_ROUTE            BITS(13, 9)
#define TIMER_MESSAGES         BIT(14)
#define TIMER_MESSAGES_CAPABLE BIT(15)

#define TIMER_WRITABLE                                                                      \
	(TIMER_LEVEL | TIMER_INTERRUPT | TIMER_PERIODIC | TIMER_SET_VALUE | TIMER_32_MODE | \
	 TIMER_ROUTE | TIMER_MESSAGES)
#define TIMER_CONSTANT                                                     \
	(TIMER_PERIODIC_CAPABLE | TIMER_64_BITS | TIMER_MESSAGES_CAPABLE | \
	 (uint64_t)HPET_ROUTES << 32)

#define LEGACY_TIMERS 2 /* those that may take IRQ 0 and 8 */

/* --- interrupt lines ------------------------------------------------------------------------ */

static bool is_legacy(const struct hpet *hpet, unsigned n)
{
	return n < LEGACY_TIMERS && (hpet->config & CONFIG_LEGACY);
}

/* The pin of the I/O APIC that a timer drives, as a mask; 0 when it drives none. */
static uint32_t pin_of(const struct hpet *hpet, unsigned n)
{
	uint64_t config = hpet->timers[n].config;

	if (is_legacy(hpet, n) || (config & TIMER_MESSAGES))
		return 0;
	return (uint32_t)BIT(field_get(config, TIMER_ROUTE)) & HPET_ROUTES;
}

static void drive_legacy(struct hpet *hpet, unsigned source)
{
	const struct wire *wire = source == HPET_LEGACY_PIT ? &hpet->wires.irq0 : &hpet->wires.irq8;

	wire_set(wire, hpet->config & CONFIG_LEGACY ? hpet->timers[source].output
						    : hpet->legacy_in[source]);
}

/* The timers that share a pin are joined. */
static void drive_pin(struct hpet *hpet, uint32_t pin)
{
	bool level = false;

	if (!pin || !hpet->wires.set_pin)
		return;
	for (unsigned n = 0; n < HPET_TIMERS; n++)
		level |= hpet->timers[n].output && pin_of(hpet, n) == pin;
	hpet->wires.set_pin(hpet->wires.context, (unsigned)__builtin_ctz(pin), level);
}

static void set_output(struct hpet *hpet, unsigned n, bool level)
{
	hpet->timers[n].output = level;
	if (is_legacy(hpet, n))
		drive_legacy(hpet, n);
	else
		drive_pin(hpet, pin_of(hpet, n));
}

static bool may_interrupt(const struct hpet *hpet, unsigned n)
{
	return (hpet->config & CONFIG_ENABLE) && (hpet->timers[n].config & TIMER_INTERRUPT);
}

/* The line of a timer in level mode follows its status bit. */
static void update_level(struct hpet *hpet, unsigned n)
{
	const struct hpet_timer *timer = &hpet->timers[n];

	if (!may_interrupt(hpet, n))
		set_output(hpet, n, false);
	else if (timer->config & TIMER_LEVEL)
		set_output(hpet, n, hpet->status & BIT(n));
}

static void interrupt(struct hpet *hpet, unsigned n)
{
	const struct hpet_timer *timer = &hpet->timers[n];

	if (timer->config & TIMER_LEVEL)
		hpet->status |= BIT(n);
	if (!may_interrupt(hpet, n))
		return;
	if (timer->config & TIMER_MESSAGES) {
		if (hpet->wires.send)
			hpet->wires.send(hpet->wires.context, timer->route >> 32,
					 (uint32_t)timer->route);
	} else if (timer->config & TIMER_LEVEL) {
		update_level(hpet, n);
	} else {
		/* An edge; the line stays high until the next, so that an 8259 keeps the request. */
		set_output(hpet, n, false);
		set_output(hpet, n, true);
	}
}

bool hpet_sends_unmaskable(const struct hpet *hpet)
{
	for (unsigned n = 0; n < HPET_TIMERS; n++) {
		uint64_t route = hpet->timers[n].route;
		struct apic_message message;

		if (may_interrupt(hpet, n) && (hpet->timers[n].config & TIMER_MESSAGES) &&
		    apic_message_from_msi(route >> 32, (uint32_t)route, &message) &&
		    apic_is_unmaskable(message.delivery))
			return true;
	}
	return false;
}

void hpet_set_legacy(void *context, unsigned source, bool level)
{
	struct hpet *hpet = context;

	if (source >= LEGACY_TIMERS)
		return;
	hpet->legacy_in[source] = level;
	drive_legacy(hpet, source);
}

/* --- matches -------------------------------------------------------------------------------- */

static uint64_t mask_of(const struct hpet_timer *timer)
{
	return timer->config & TIMER_32_MODE ? UINT32_MAX : UINT64_MAX;
}

/* Ticks until the counter next equals the comparator, less one: a whole round may lie between. */
static uint64_t ticks_to_match(const struct hpet *hpet, const struct hpet_timer *timer)
{
	return (timer->comparator - hpet->counter - 1) & mask_of(timer);
}

/* The counter goes on by `ticks`. */
static void pass(struct hpet *hpet, unsigned n, uint64_t ticks)
{
	struct hpet_timer *timer = &hpet->timers[n];
	uint64_t before = ticks_to_match(hpet, timer), more;
	bool unread = (timer->config & TIMER_LEVEL) && (hpet->status & BIT(n));

	if (ticks <= before)
		return;
	ticks -= before + 1;
	if ((timer->config & TIMER_PERIODIC) && timer->period) {
		more = ticks / timer->period;
		timer->comparator += (more + 1) * timer->period;
		timer->comparator &= mask_of(timer);
	} else {
		more = timer->config & TIMER_32_MODE ? ticks >> 32 : 0;
	}
	if (may_interrupt(hpet, n))
		hpet->missed += more + unread;
	interrupt(hpet, n);
}

static void hpet_advance(void *chip, device_time now)
{
	struct hpet *hpet = chip;
	uint64_t tick = clock_ticks(now, HPET_HZ), ticks = tick - hpet->tick;

	if (tick <= hpet->tick)
		return;
	hpet->tick = tick;
	if (!(hpet->config & CONFIG_ENABLE))
		return;
	for (unsigned n = 0; n < HPET_TIMERS; n++)
		pass(hpet, n, ticks);
	hpet->counter += ticks;
}

static device_time hpet_next(const void *chip)
{
	const struct hpet *hpet = chip;
	uint64_t least = UINT64_MAX;

	for (unsigned n = 0; n < HPET_TIMERS; n++) {
		const struct hpet_timer *timer = &hpet->timers[n];

		/* A level that is asserted already cannot change by itself. */
		if (!may_interrupt(hpet, n) || ((timer->config & TIMER_LEVEL) && timer->output))
			continue;
		if (ticks_to_match(hpet, timer) < least)
			least = ticks_to_match(hpet, timer);
	}
	if (least >= UINT64_MAX - hpet->tick)
		return DEVICE_NEVER;
	return clock_time(hpet->tick + least + 1, HPET_HZ);
}

/* --- registers ------------------------------------------------------------------------------ */

static uint64_t read_timer(const struct hpet_timer *timer, unsigned at)
{
	switch (at) {
	case TIMER_CONFIG:
		return timer->config | TIMER_CONSTANT;
	case TIMER_VALUE:
		return timer->comparator;
	case TIMER_MESSAGE:
		return timer->route;
	default:
		return 0;
	}
}

static uint64_t read_register(const struct hpet *hpet, uint64_t at)
{
	if (at >= TIMERS && at < TIMERS + HPET_TIMERS * TIMER_SIZE)
		return read_timer(&hpet->timers[(at - TIMERS) / TIMER_SIZE], at % TIMER_SIZE);
	switch (at) {
	case CAPABILITIES:
		return (uint64_t)HPET_PERIOD_FS << 32 | HPET_BLOCK_ID;
	case CONFIGURATION:
		return hpet->config;
	case STATUS:
		return hpet->status;
	case COUNTER:
		return hpet->counter;
	default:
		return 0; /* reserved */
	}
}

static uint64_t merge(uint64_t old, uint64_t value, uint64_t mask)
{
	return (old & ~mask) | (value & mask);
}

/* "General Configuration Register". Lines let go under the old routing and are driven under the
 * new one. */
static void write_configuration(struct hpet *hpet, uint64_t config)
{
	bool rerouted = (config ^ hpet->config) & CONFIG_LEGACY;

	for (unsigned n = 0; n < HPET_TIMERS && rerouted; n++)
		set_output(hpet, n, false);
	hpet->config = config & (CONFIG_ENABLE | CONFIG_LEGACY);
	for (unsigned n = 0; n < HPET_TIMERS; n++)
		update_level(hpet, n);
	for (unsigned source = 0; source < LEGACY_TIMERS; source++)
		drive_legacy(hpet, source);
}

/* "Timer N Configuration and Capability Register". A pin that is not to be had leaves the old one. */
static void write_timer_config(struct hpet *hpet, unsigned n, uint64_t config)
{
	struct hpet_timer *timer = &hpet->timers[n];

	config &= TIMER_WRITABLE;
	if (!(BIT(field_get(config, TIMER_ROUTE)) & HPET_ROUTES))
		config = merge(config, timer->config, TIMER_ROUTE);
	if ((config ^ timer->config) & ~TIMER_SET_VALUE)
		set_output(hpet, n, false);
	timer->config = config;
	timer->comparator &= mask_of(timer);
	timer->period &= mask_of(timer);
	if (!(config & TIMER_LEVEL))
		hpet->status &= ~BIT(n);
	update_level(hpet, n);
}

/* "Timer N Comparator Value Register". In periodic mode a write is the new period; the comparator
 * itself takes it only after the value-set bit, which lasts for one write. */
static void write_timer_value(struct hpet_timer *timer, uint64_t value, uint64_t mask)
{
	bool periodic = timer->config & TIMER_PERIODIC;

	if (periodic)
		timer->period = merge(timer->period, value, mask) & mask_of(timer);
	if (!periodic || (timer->config & TIMER_SET_VALUE))
		timer->comparator = merge(timer->comparator, value, mask) & mask_of(timer);
	timer->config &= ~TIMER_SET_VALUE;
}

static void write_timer(struct hpet *hpet, unsigned n, unsigned at, uint64_t value, uint64_t mask)
{
	struct hpet_timer *timer = &hpet->timers[n];

	if (at == TIMER_CONFIG)
		write_timer_config(hpet, n, merge(timer->config, value, mask));
	else if (at == TIMER_VALUE)
		write_timer_value(timer, value, mask);
	else if (at == TIMER_MESSAGE)
		timer->route = merge(timer->route, value, mask);
}

/* `value` and `mask` are in their places within the register. */
static void write_register(struct hpet *hpet, uint64_t at, uint64_t value, uint64_t mask)
{
	if (at >= TIMERS && at < TIMERS + HPET_TIMERS * TIMER_SIZE) {
		write_timer(hpet, (unsigned)(at - TIMERS) / TIMER_SIZE, at % TIMER_SIZE, value,
			    mask);
	} else if (at == CONFIGURATION) {
		write_configuration(hpet, merge(hpet->config, value, mask));
	} else if (at == STATUS) {
		hpet->status &= ~(value & mask); /* ones clear */
		for (unsigned n = 0; n < HPET_TIMERS; n++)
			update_level(hpet, n);
	} else if (at == COUNTER) {
		hpet->counter = merge(hpet->counter, value, mask);
	}
}

static uint64_t hpet_read(void *chip, uint64_t offset, unsigned width)
{
	uint64_t at = align_down(offset, REGISTER_SIZE);
	unsigned shift = (unsigned)(offset - at) * 8;
	uint64_t value = read_register(chip, at) >> shift;

	if (shift + width * 8 > 64)
		value |= read_register(chip, at + REGISTER_SIZE) << (64 - shift);
	return value & BITS(width * 8 - 1, 0);
}

static void hpet_write(void *chip, uint64_t offset, unsigned width, uint64_t value)
{
	uint64_t at = align_down(offset, REGISTER_SIZE), mask = BITS(width * 8 - 1, 0);
	unsigned shift = (unsigned)(offset - at) * 8;

	write_register(chip, at, value << shift, mask << shift);
	if (shift + width * 8 > 64)
		write_register(chip, at + REGISTER_SIZE, value >> (64 - shift),
			       mask >> (64 - shift));
}

static void hpet_reset(void *chip)
{
	struct hpet *hpet = chip;

	for (unsigned n = 0; n < HPET_TIMERS; n++) {
		set_output(hpet, n, false);
		hpet->timers[n] = (struct hpet_timer) { .comparator = UINT64_MAX };
	}
	hpet->config = hpet->status = hpet->counter = 0;
	for (unsigned source = 0; source < LEGACY_TIMERS; source++)
		drive_legacy(hpet, source);
}

void hpet_init(struct hpet *hpet, const struct hpet_wires *wires)
{
	*hpet = (struct hpet) { .wires = *wires };
	hpet_reset(hpet);
}

const struct chip_ops hpet_ops = {
	.name = "HPET",
	.read = hpet_read,
	.write = hpet_write,
	.advance = hpet_advance,
	.next = hpet_next,
	.reset = hpet_reset,
};

enum error hpet_attach(struct hpet *hpet, struct bus *memory, struct reason *why)
{
	static const struct bus_place place = { HPET_BASE, HPET_SIZE, 0, 8 };

	return bus_attach(memory, &place, 1, &hpet_ops, hpet, why);
}
