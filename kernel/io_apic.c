/* Intel 82093AA datasheet, "Register Description". Firmware has left all pins masked, or for a system that
 * would program them as it likes: no other pin is touched. */
#include "kernel/io_apic.h"

#include "boot/acpi.h"
#include "kernel/cpu.h"
#include "kernel/firmware.h"
#include "kernel/memory.h"
#include "lib/bits.h"

/* Byte offsets of what is mapped, and the registers that the first one chooses. */
#define IO_APIC_SELECT      0x00
#define IO_APIC_WINDOW      0x10
#define IO_APIC_LENGTH      0x20
#define IO_APIC_VERSION     0x01
#define IO_APIC_REDIRECTION 0x10 /* low half of pin 0; two registers a pin */

#define VERSION_LAST_PIN     BITS(23, 16)
#define REDIRECTION_LOW      BIT(13) /* the wire is active low */
#define REDIRECTION_TO_SHIFT 24      /* of the high half: the destination's APIC id */
#define HIGHEST_APIC_ID      254

typedef volatile uint8_t io_apic_page; /* device memory: volatile is what it is for */

static volatile uint32_t *at(io_apic_page *page, unsigned offset)
{
	return (volatile uint32_t *)(page + offset);
}

static uint32_t read(io_apic_page *page, unsigned index)
{
	*at(page, IO_APIC_SELECT) = index;
	return *at(page, IO_APIC_WINDOW);
}

static void write(io_apic_page *page, unsigned index, uint32_t value)
{
	*at(page, IO_APIC_SELECT) = index;
	*at(page, IO_APIC_WINDOW) = value;
}

/* Edge-triggered and active high, as on the ISA bus, unless the firmware knows better. */
static struct acpi_override override_of(const struct acpi_info *acpi, unsigned irq)
{
	for (unsigned i = 0; i < acpi->override_count; i++)
		if (acpi->overrides[i].source == irq)
			return acpi->overrides[i];
	return (struct acpi_override) { .source = (uint8_t)irq, .interrupt = irq };
}

static enum error program(io_apic_page *page, unsigned pin, uint8_t vector,
			  const struct acpi_override *wire, struct reason *why)
{
	uint32_t low = vector;

	if (pin > field_get(read(page, IO_APIC_VERSION), VERSION_LAST_PIN))
		return reason_set(why, ERROR_UNSUPPORTED, "the I/O APIC has no pin %u", pin);
	if (wire->polarity == ACPI_POLARITY_LOW)
		low |= REDIRECTION_LOW;
	write(page, IO_APIC_REDIRECTION + 2 * pin + 1, this_cpu()->apic_id << REDIRECTION_TO_SHIFT);
	write(page, IO_APIC_REDIRECTION + 2 * pin, low);
	return ERROR_NONE;
}

enum error io_apic_route_isa(unsigned irq, uint8_t vector, struct reason *why)
{
	const struct acpi_info *acpi = firmware_acpi();
	struct acpi_override wire = override_of(acpi, irq);
	const struct acpi_io_apic *chosen = NULL;

	/* It would come again and again until the device is served, which is not done by its handler. */
	if (wire.trigger == ACPI_TRIGGER_LEVEL)
		return reason_set(why, ERROR_UNSUPPORTED, "interrupt %u is level-triggered",
				  wire.interrupt);
	if (this_cpu()->apic_id > HIGHEST_APIC_ID)
		return reason_set(why, ERROR_UNSUPPORTED, "an I/O APIC cannot name APIC id %u",
				  this_cpu()->apic_id);
	/* The one whose first pin is nearest below. */
	for (unsigned i = 0; i < acpi->io_apic_count; i++) {
		const struct acpi_io_apic *a = &acpi->io_apics[i];

		if (a->interrupt_base <= wire.interrupt &&
		    (!chosen || a->interrupt_base > chosen->interrupt_base))
			chosen = a;
	}
	if (!chosen)
		return reason_set(why, ERROR_UNSUPPORTED, "no I/O APIC has interrupt %u",
				  wire.interrupt);
	io_apic_page *page = mmio_map(hpa(chosen->address), IO_APIC_LENGTH, MMIO_UNCACHED);
	if (!page)
		return reason_set(why, ERROR_NO_MEMORY, "no room to map the I/O APIC");
	return program(page, wire.interrupt - chosen->interrupt_base, vector, &wire, why);
}
