/* PM1a, the timer and the command port. All registers lie in one block of ports, which is read and
 * written in any width, byte by byte. Register bits: ACPI, "PM1 Event Grouping", "PM1 Control
 * Grouping", "Power Management Timer". */
#include "device/acpi_pm.h"

#include "device/clock.h"
#include "lib/bits.h"

#define STATUS_TIMER        BIT(0) /* each enable has the bit of its status */
#define STATUS_GLOBAL       BIT(5)
#define STATUS_POWER_BUTTON BIT(8)
#define STATUS_SLEEP_BUTTON BIT(9)
#define STATUS_RTC          BIT(10)
#define STATUS_WAKE         BIT(15)
#define ENABLES \
	(STATUS_TIMER | STATUS_GLOBAL | STATUS_POWER_BUTTON | STATUS_SLEEP_BUTTON | STATUS_RTC)

#define CONTROL_SCI_EN     BIT(0) /* the firmware's to set, by the command port */
#define CONTROL_STORED     (BIT(1) | CONTROL_SLEEP_TYPE) /* BM_RLD */
#define CONTROL_SLEEP_TYPE BITS(12, 10)
#define CONTROL_SLEEP_EN   BIT(13) /* write-only */

/* Offsets in the block. */
#define STATUS_AT  0x0
#define ENABLE_AT  0x2
#define CONTROL_AT 0x4
#define TIMER_AT   0x8
#define GPE_AT     0xe /* the enables; its status bits are none */

/* TMR_STS is set when the highest bit of the timer changes. */
#define TIMER_HALF BIT(31)

static void update_sci(struct acpi_pm *pm)
{
	wire_set(&pm->sci, (pm->control & CONTROL_SCI_EN) && (pm->status & pm->enable));
}

static void acpi_pm_advance(void *chip, device_time now)
{
	struct acpi_pm *pm = chip;
	uint64_t tick = clock_ticks(now, ACPI_PM_HZ);

	if (tick <= pm->tick)
		return;
	if (tick / TIMER_HALF != pm->tick / TIMER_HALF)
		pm->status |= STATUS_TIMER;
	pm->tick = tick;
	update_sci(pm);
}

static device_time acpi_pm_next(const void *chip)
{
	const struct acpi_pm *pm = chip;

	if (!(pm->control & CONTROL_SCI_EN) || !(pm->enable & STATUS_TIMER) ||
	    (pm->status & STATUS_TIMER))
		return DEVICE_NEVER;
	return clock_time((pm->tick / TIMER_HALF + 1) * TIMER_HALF, ACPI_PM_HZ);
}

static uint8_t read_byte(const struct acpi_pm *pm, uint64_t offset)
{
	switch (offset) {
	case STATUS_AT:
	case STATUS_AT + 1:
		return (uint8_t)(pm->status >> (offset - STATUS_AT) * 8);
	case ENABLE_AT:
	case ENABLE_AT + 1:
		return (uint8_t)(pm->enable >> (offset - ENABLE_AT) * 8);
	case CONTROL_AT:
	case CONTROL_AT + 1:
		return (uint8_t)(pm->control >> (offset - CONTROL_AT) * 8);
	case TIMER_AT ... TIMER_AT + 3:
		return (uint8_t)(pm->tick >> (offset - TIMER_AT) * 8);
	case GPE_AT:
	case GPE_AT + 1:
		return (uint8_t)(pm->gpe_enable >> (offset - GPE_AT) * 8);
	case ACPI_COMMAND_OFFSET:
	case ACPI_COMMAND_OFFSET + 1:
		return pm->command[offset - ACPI_COMMAND_OFFSET];
	default:
		return 0;
	}
}

/* A register with `byte` in the place that begins at bit `shift`. */
static uint16_t with_byte(uint16_t old, unsigned shift, uint8_t byte)
{
	return (uint16_t)((old & ~(0xffu << shift)) | (unsigned)byte << shift);
}

/* SLP_EN was written. A board that goes on after that, because it has no such state, is awake. */
static void sleep(struct acpi_pm *pm)
{
	if (pm->sleep)
		pm->sleep(pm->context, (unsigned)field_get(pm->control, CONTROL_SLEEP_TYPE));
	pm->status |= STATUS_WAKE;
}

static void write_control(struct acpi_pm *pm, unsigned shift, uint8_t byte)
{
	uint16_t written = with_byte(pm->control, shift, byte);

	pm->control = (pm->control & CONTROL_SCI_EN) | (written & CONTROL_STORED);
	if (written & CONTROL_SLEEP_EN)
		sleep(pm);
}

static void command(struct acpi_pm *pm, uint8_t byte)
{
	pm->command[0] = byte;
	if (byte == ACPI_ENABLE)
		pm->control |= CONTROL_SCI_EN;
	if (byte == ACPI_DISABLE)
		pm->control &= ~CONTROL_SCI_EN;
}

static void write_byte(struct acpi_pm *pm, uint64_t offset, uint8_t byte)
{
	unsigned shift = offset % 2 * 8;

	switch (offset) {
	case STATUS_AT:
	case STATUS_AT + 1:
		pm->status &= ~((unsigned)byte << shift); /* ones clear */
		break;
	case ENABLE_AT:
	case ENABLE_AT + 1:
		pm->enable = with_byte(pm->enable, shift, byte) & ENABLES;
		break;
	case CONTROL_AT:
	case CONTROL_AT + 1:
		write_control(pm, shift, byte);
		break;
	case GPE_AT:
	case GPE_AT + 1:
		pm->gpe_enable = with_byte(pm->gpe_enable, shift, byte);
		break;
	case ACPI_COMMAND_OFFSET:
		command(pm, byte);
		break;
	case ACPI_COMMAND_OFFSET + 1:
		pm->command[1] = byte;
		break;
	default:
		break; /* the timer and the status of no events are read-only */
	}
}

static uint64_t acpi_pm_read(void *chip, uint64_t offset, unsigned width)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < width; i++)
		value |= (uint64_t)read_byte(chip, offset + i) << i * 8;
	return value;
}

static void acpi_pm_write(void *chip, uint64_t offset, unsigned width, uint64_t value)
{
	for (unsigned i = 0; i < width; i++)
		write_byte(chip, offset + i, (uint8_t)(value >> i * 8));
	update_sci(chip);
}

void acpi_pm_enable(struct acpi_pm *pm)
{
	pm->control |= CONTROL_SCI_EN;
	update_sci(pm);
}

void acpi_pm_clock(struct acpi_pm *pm, bool level)
{
	if (level && !pm->clock_asks)
		pm->status |= STATUS_RTC;
	pm->clock_asks = level;
	update_sci(pm);
}

void acpi_pm_power_button(struct acpi_pm *pm)
{
	pm->status |= STATUS_POWER_BUTTON;
	update_sci(pm);
}

static void acpi_pm_reset(void *chip)
{
	struct acpi_pm *pm = chip;

	pm->status = pm->enable = pm->control = pm->gpe_enable = 0;
	pm->command[0] = pm->command[1] = 0;
	update_sci(pm);
}

void acpi_pm_init(struct acpi_pm *pm, const struct wire *sci, void *context,
		  void (*sleep_state)(void *context, unsigned type))
{
	*pm = (struct acpi_pm) { .sci = *sci, .context = context, .sleep = sleep_state };
	acpi_pm_reset(pm);
}

const struct chip_ops acpi_pm_ops = {
	.name = "ACPI",
	.read = acpi_pm_read,
	.write = acpi_pm_write,
	.advance = acpi_pm_advance,
	.next = acpi_pm_next,
	.reset = acpi_pm_reset,
};

enum error acpi_pm_attach(struct acpi_pm *pm, struct bus *ports, uint16_t base, struct reason *why)
{
	static const struct bus_place command = { ACPI_COMMAND_PORT, ACPI_COMMAND_PORTS,
						  ACPI_COMMAND_OFFSET, 4 };
	const struct bus_window registers = {
		.first = base,
		.length = ACPI_PM_PORTS,
		.offset = ACPI_PM_OFFSET,
		.widest = 4,
		.ops = &acpi_pm_ops,
		.chip = pm,
	};
	enum error error;

	bus_remove(ports, pm);
	error = bus_attach(ports, &command, 1, &acpi_pm_ops, pm, why);
	return error || !base ? error : bus_add(ports, &registers, why);
}
