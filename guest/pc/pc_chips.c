/* The chips of a PC: which there are, where they answer, and how they are wired. */
#include "guest/pc/pc_parts.h"

#include "guest/pc/pc_layout.h"
#include "kernel/output/log.h"
#include "kernel/wall_clock.h"
#include "lib/assert.h"
#include "lib/bits.h"

void pc_keep_chip(struct pc *pc, const struct chip_ops *ops, void *chip)
{
	static const bool never;

	assert(pc->chip_count < PC_CHIPS);
	pc->chips[pc->chip_count++] = (struct pc_chip) {
		.ops = ops,
		.chip = chip,
		.next = ops->next ? 0 : DEVICE_NEVER,
		.idle = ops->idle ? ops->idle(chip) : &never,
	};
}

static struct wire irq_wire(struct pc *pc, unsigned irq, unsigned source)
{
	return (struct wire) { pc_irq, pc, PC_WIRE(irq, source) };
}

/* --- interrupt controllers ------------------------------------------------------------------- */

static enum error add_interrupt_controllers(struct pc *pc, struct reason *why)
{
	const struct wire intr = { pc_pic_output, pc, 0 };
	static const struct bus_place place = { IOAPIC_BASE, IOAPIC_LENGTH, 0, 8 };
	enum error error;

	pic_init(&pc->pic, &intr);
	pc_keep_chip(pc, &pic_ops, &pc->pic);
	error = pic_attach(&pc->pic, &pc->ports, why);
	/* The wires lead to it in any case. Without APICs the guest cannot reach it, and so it stays
	 * as RESET# leaves it: all of its pins are masked. */
	ioapic_init(&pc->ioapic, PC_PCI_PINS, pc_send_message, pc);
	pc_keep_chip(pc, &ioapic_ops, &pc->ioapic);
	if (error || pc->spec->apic == SPEC_APIC_NONE)
		return error;
	return bus_attach(&pc->memory, &place, 1, &ioapic_ops, &pc->ioapic, why);
}

/* --- clocks ---------------------------------------------------------------------------------- */

static void set_pin(void *context, unsigned pin, bool level)
{
	pc_irq(context, pin, level);
}

/* The clock's IRQ 8: an event of ACPI's too, and with an HPET led through that, which may keep it. */
static void clock_asks(void *context, unsigned number, bool level)
{
	struct pc *pc = (struct pc *)context;

	if (pc->spec->acpi)
		acpi_pm_clock(&pc->acpi_pm, level);
	if (pc->spec->hpet)
		hpet_set_legacy(&pc->hpet, HPET_LEGACY_RTC, level);
	else
		pc_irq(pc, number, level);
}

/* With an HPET, the wires of the 8254 and the clock lead through it. */
static enum error add_clocks(struct pc *pc, struct reason *why)
{
	const struct wire irq8 = irq_wire(pc, PC_IRQ_RTC, 0);
	struct wire irq0 = irq_wire(pc, PC_IRQ_TIMER, 0);
	const struct hpet_wires wires = { pc, set_pin, pc_send_msi, irq0, irq8 };
	const struct wire clock = { clock_asks, pc, irq8.number };
	uint64_t low = pc_low_memory(pc);
	enum error error = ERROR_NONE;

	if (pc->spec->hpet) {
		hpet_init(&pc->hpet, &wires);
		pc_keep_chip(pc, &hpet_ops, &pc->hpet);
		error = hpet_attach(&pc->hpet, &pc->memory, why);
		irq0 = (struct wire) { hpet_set_legacy, &pc->hpet, HPET_LEGACY_PIT };
	}
	pit_init(&pc->pit, &irq0);
	pc_keep_chip(pc, &pit_ops, &pc->pit);
	rtc_init(&pc->rtc, &clock, wall_clock_seconds());
	rtc_describe_memory(&pc->rtc, low, pc->spec->memory - low);
	rtc_describe_cpus(&pc->rtc, pc->spec->cpus);
	pc_keep_chip(pc, &rtc_ops, &pc->rtc);
	if (!error)
		error = pit_attach(&pc->pit, &pc->ports, why);
	return error ? error : rtc_attach(&pc->rtc, &pc->ports, why);
}

/* --- power and reset ------------------------------------------------------------------------- */

static void sleeps(void *context, unsigned type)
{
	if (type == ACPI_SLEEP_S5 || type == ACPI_SLEEP_SOFT_OFF)
		pc_end_request((struct pc *)context, PC_POWER_OFF, "ACPI S5");
}

static void resets(void *context, enum reset_kind kind)
{
	struct pc *pc = (struct pc *)context;

	if (kind == RESET_KIND_INIT)
		pc_reset_processors(pc);
	else
		pc_end_request(pc, PC_RESET, "reset control register");
}

static enum error add_power(struct pc *pc, struct reason *why)
{
	const struct wire sci = irq_wire(pc, PC_IRQ_SCI, 0), nowhere = { 0 };

	reset_ports_init(&pc->reset_ports, &nowhere, pc, resets);
	pc_keep_chip(pc, &reset_ports_ops, &pc->reset_ports);
	if (pc->spec->acpi) {
		/* Where its ports are, PCI's power management function says. */
		acpi_pm_init(&pc->acpi_pm, &sci, pc, sleeps);
		pc_keep_chip(pc, &acpi_pm_ops, &pc->acpi_pm);
	}
	return reset_ports_attach(&pc->reset_ports, &pc->ports, why);
}

static enum error add_keyboard(struct pc *pc, struct reason *why)
{
	const struct i8042_wires wires = {
		.keyboard_irq = irq_wire(pc, PC_IRQ_KEYBOARD, 0),
		.mouse_irq = irq_wire(pc, PC_IRQ_MOUSE, 0),
		.a20 = { reset_ports_set_keyboard_a20, &pc->reset_ports, 0 },
		.reset = { reset_ports_set_keyboard_reset, &pc->reset_ports, 0 },
	};

	if (!pc->spec->i8042)
		return ERROR_NONE;
	i8042_init(&pc->i8042, &wires);
	pc_keep_chip(pc, &i8042_ops, &pc->i8042);
	return i8042_attach(&pc->i8042, &pc->ports, why);
}

/* --- all of them ----------------------------------------------------------------------------- */

enum error pc_chips_create(struct pc *pc, struct reason *why)
{
	static enum error (*const steps[])(struct pc *, struct reason *) = {
		add_interrupt_controllers,
		add_clocks,
		add_power,
		pc_pci_create,
		pc_fw_cfg_create,
		pc_debug_create,
		pc_disks_create,
		pc_vga_create,
		add_keyboard,
		pc_serial_create,
	};
	enum error error = ERROR_NONE;

	for (unsigned i = 0; i < ARRAY_SIZE(steps) && !error; i++)
		error = steps[i](pc, why);
	return error;
}

void pc_chips_reset(struct pc *pc)
{
	for (unsigned i = 0; i < pc->chip_count; i++) {
		struct pc_chip *c = &pc->chips[i];

		if (c->ops->reset)
			c->ops->reset(c->chip);
		pc_time_touched(pc, c->chip);
	}
	pc_pci_was_reset(pc);
}
