/* The fixed hardware of ACPI: event and control registers PM1a, the power management timer, an empty
 * general-purpose event block, and the command port by which an operating system takes the machine
 * over from its firmware. ACPI, "ACPI Register Model". */
#ifndef DEVICE_ACPI_PM_H
#define DEVICE_ACPI_PM_H

#include "device/bus.h"
#include "device/chip.h"
#include "lib/error.h"
#include "lib/types.h"

/* Ports; the FADT names them. */
#define ACPI_PM_PORT       0x600
#define ACPI_PM_EVENT      (ACPI_PM_PORT + 0x0) /* PM1a_STS and PM1a_EN: 4 bytes */
#define ACPI_PM_CONTROL    (ACPI_PM_PORT + 0x4) /* PM1a_CNT: 2 bytes */
#define ACPI_PM_TIMER      (ACPI_PM_PORT + 0x8) /* 4 bytes; 32 bits count */
#define ACPI_PM_GPE0       (ACPI_PM_PORT + 0xc) /* GPE0_STS and GPE0_EN: 4 bytes, none wired */
#define ACPI_PM_PORTS      0x10
#define ACPI_COMMAND_PORT  0xb2 /* SMI_CMD, and a byte of scratch behind it */
#define ACPI_COMMAND_PORTS 2
#define ACPI_ENABLE        0xf1
#define ACPI_DISABLE       0xf0
#define ACPI_PM_HZ         3579545u
#define ACPI_SCI_IRQ       9 /* level-triggered, active high */

/* Where acpi_pm_ops sees them. */
#define ACPI_PM_OFFSET      0
#define ACPI_COMMAND_OFFSET ACPI_PM_PORTS

/* Sleep types that the DSDT's \_S5 and \_S3 name. */
#define ACPI_SLEEP_S0       0
#define ACPI_SLEEP_S5       5
/* What a PIIX4 takes for soft off, and so firmware of such machines, which reads no DSDT. With
 * SLP_EN, nothing else is asked for by 0: S0 is not entered that way. */
#define ACPI_SLEEP_SOFT_OFF 0

struct acpi_pm {
	uint16_t status, enable, control;
	uint16_t gpe_enable;
	uint8_t command[ACPI_COMMAND_PORTS];
	uint64_t tick;
	bool clock_asks; /* the level of the clock's wire */
	struct wire sci;
	void *context;
	void (*sleep)(void *context, unsigned type); /* may be null */
};

extern const struct chip_ops acpi_pm_ops;

/* `sleep` is told the SLP_TYP that a guest set SLP_EN with. The machine starts in legacy mode:
 * SCI_EN comes with ACPI_ENABLE, or by acpi_pm_enable() on boards without firmware. */
void acpi_pm_init(struct acpi_pm *pm, const struct wire *sci, void *context,
		  void (*sleep)(void *context, unsigned type));

/* Puts the registers at `base`, wherever they were before; 0: nowhere. InvalidInput when another chip
 * has these ports: they are nowhere then. The command port stays. */
enum error acpi_pm_attach(struct acpi_pm *pm, struct bus *ports, uint16_t base,
			  struct reason *why) must_check;

/* What a firmware does before it hands over. */
void acpi_pm_enable(struct acpi_pm *pm);

/* The clock's IRQ 8 goes high or low: going high is its event, RTC_STS, as in a PIIX4. */
void acpi_pm_clock(struct acpi_pm *pm, bool level);

/* The user presses the power button. */
void acpi_pm_power_button(struct acpi_pm *pm);

#endif
