/* Any accesses of a guest, at any times, to all the legacy chips of a PC, wired as on one. Each step
 * of the input is an access, a stretch of time, or what a board does besides. What must hold: no
 * chip touches memory that is not its own, work is bounded, next() is in the future, and INTR is
 * what the interrupt controllers say. */
#include <string.h>

#include "device/acpi_pm.h"
#include "device/hpet.h"
#include "device/i8042.h"
#include "device/pic.h"
#include "device/pit.h"
#include "device/reset_ports.h"
#include "device/rtc.h"
#include "lib/assert.h"
#include "lib/bits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct machine {
	struct bus ports, memory;
	struct pic pic;
	struct pit pit;
	struct rtc rtc;
	struct i8042 i8042;
	struct reset_ports reset_ports;
	struct hpet hpet;
	struct acpi_pm acpi_pm;
	device_time now;
	bool intr;
	unsigned resets, sleeps, messages;
} m;

static const struct timed {
	const struct chip_ops *ops;
	void *chip;
} chips[] = {
	{ &hpet_ops, &m.hpet },       { &pit_ops, &m.pit },
	{ &rtc_ops, &m.rtc },         { &pic_ops, &m.pic },
	{ &i8042_ops, &m.i8042 },     { &reset_ports_ops, &m.reset_ports },
	{ &acpi_pm_ops, &m.acpi_pm },
};

static void set_intr(void *context, unsigned number, bool level)
{
	m.intr = level;
}

static void set_pin(void *context, unsigned pin, bool level)
{
	assert(BIT(pin) & HPET_ROUTES);
}

static void send(void *context, uint64_t address, uint32_t value)
{
	m.messages++;
}

static void hear_reset(void *context, enum reset_kind kind)
{
	m.resets++;
}

static void hear_sleep(void *context, unsigned type)
{
	assert(type < 8);
	m.sleeps++;
}

static void build(void)
{
	const struct wire intr = { set_intr, NULL, 0 };
	const struct wire pit = { hpet_set_legacy, &m.hpet, HPET_LEGACY_PIT };
	const struct wire rtc = { hpet_set_legacy, &m.hpet, HPET_LEGACY_RTC };
	const struct wire sci = { pic_set_irq, &m.pic, ACPI_SCI_IRQ };
	const struct wire nowhere = { 0 };
	const struct hpet_wires hpet = {
		NULL, set_pin, send, { pic_set_irq, &m.pic, 0 }, { pic_set_irq, &m.pic, RTC_IRQ }
	};
	const struct i8042_wires i8042 = {
		.keyboard_irq = { pic_set_irq, &m.pic, 1 },
		.mouse_irq = { pic_set_irq, &m.pic, 12 },
		.a20 = { reset_ports_set_keyboard_a20, &m.reset_ports, 0 },
		.reset = { reset_ports_set_keyboard_reset, &m.reset_ports, 0 },
	};
	struct reason why;

	memset(&m, 0, sizeof(m));
	pic_init(&m.pic, &intr);
	hpet_init(&m.hpet, &hpet);
	pit_init(&m.pit, &pit);
	rtc_init(&m.rtc, &rtc, 1700000000);
	reset_ports_init(&m.reset_ports, &nowhere, NULL, hear_reset);
	i8042_init(&m.i8042, &i8042);
	acpi_pm_init(&m.acpi_pm, &sci, NULL, hear_sleep);
	assert(!pic_attach(&m.pic, &m.ports, &why) && !pit_attach(&m.pit, &m.ports, &why) &&
	       !rtc_attach(&m.rtc, &m.ports, &why) && !i8042_attach(&m.i8042, &m.ports, &why) &&
	       !reset_ports_attach(&m.reset_ports, &m.ports, &why) &&
	       !acpi_pm_attach(&m.acpi_pm, &m.ports, ACPI_PM_PORT, &why) &&
	       !hpet_attach(&m.hpet, &m.memory, &why));
}

/* One step of the input. */
struct step {
	uint8_t what, place, width, scale;
	uint32_t value;
};

static void access_bus(const struct step *s, struct bus *bus, uint64_t at)
{
	unsigned width = 1u << (s->width & 3);

	if (s->width & 4)
		bus_write(bus, m.now, at, width, (uint64_t)s->value << (s->scale & 31));
	else
		bus_read(bus, m.now, at, width);
}

static void do_step(const struct step *s)
{
	const struct bus_window *window = &m.ports.windows[s->place % m.ports.count];

	switch (s->what & 7) {
	case 0:
		m.now += (uint64_t)(s->value & 0xffff) << (s->scale & 31);
		break;
	case 1:
		pic_set_irq(&m.pic, s->place & 0x1f, s->width & 1);
		break;
	case 2:
		if (m.intr)
			pic_acknowledge(&m.pic);
		break;
	case 3:
		i8042_key(&m.i8042, (uint16_t)s->value, s->width & 1);
		i8042_mouse(&m.i8042, (int)s->value, s->place, s->width);
		acpi_pm_power_button(&m.acpi_pm);
		break;
	case 4:
		access_bus(s, &m.memory, HPET_BASE + (s->place | (unsigned)(s->scale & 0x80) << 1));
		break;
	case 5:
		if (s->place == s->scale)
			chips[s->value % ARRAY_SIZE(chips)].ops->reset(
				chips[s->value % ARRAY_SIZE(chips)].chip);
		break;
	default:
		access_bus(s, &m.ports, window->first + s->value % window->length);
	}
}

static void pass_time(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(chips); i++)
		if (chips[i].ops->advance)
			chips[i].ops->advance(chips[i].chip, m.now);
	for (unsigned i = 0; i < ARRAY_SIZE(chips); i++)
		assert(!chips[i].ops->next || chips[i].ops->next(chips[i].chip) > m.now);
	assert(m.intr == pic_pending(&m.pic));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct step step;

	build();
	for (; size >= sizeof(step); data += sizeof(step), size -= sizeof(step)) {
		memcpy(&step, data, sizeof(step));
		do_step(&step);
		pass_time();
	}
	return 0;
}
