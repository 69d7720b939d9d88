/* A guest's ACPI tables: RSDP, RSDT, XSDT, FADT, FACS, DSDT, MADT, MCFG and, where the machine has
 * one, HPET. ACPI Specification 6.5, "ACPI Software Programming Model". Pure. */
#ifndef GUEST_TABLES_ACPI_TABLES_H
#define GUEST_TABLES_ACPI_TABLES_H

#include "guest/tables/acpi_blob.h"
#include "guest/tables/machine.h"
#include "lib/error.h"
#include "lib/types.h"

/* The DSDT as iasl made it: a table with its header. */
struct acpi_dsdt {
	const uint8_t *bytes;
	uint32_t length;
};

/* Appends all tables to `blob`, not yet placed. NoMemory when they do not fit, InvalidData when the
 * DSDT has no place for the machine's choices. */
enum error acpi_tables_build(const struct table_machine *machine, const struct acpi_dsdt *dsdt,
			     struct acpi_blob *blob, struct reason *why) must_check;

#endif
