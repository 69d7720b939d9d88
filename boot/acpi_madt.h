/* The Multiple APIC Description Table. Only boot/acpi.c calls this. */
#ifndef BOOT_ACPI_MADT_H
#define BOOT_ACPI_MADT_H

#include "boot/acpi.h"

/* `table` is the whole table, header included; its length and checksum have been verified. */
void acpi_parse_madt(const uint8_t *table, uint32_t length, struct acpi_info *out,
		     const struct complaints *complaints);

#endif
