/* What the tables tell of a guest's machine. */
#ifndef GUEST_TABLES_MACHINE_H
#define GUEST_TABLES_MACHINE_H

#include "lib/types.h"

struct table_machine {
	unsigned cpus; /* APIC ids 0 to cpus - 1 */
	bool apics;    /* there are local APICs and an I/O APIC */
	bool hpet, keyboard, vga;
	uint8_t com_mask; /* COM1 to COM4, a bit each */
	uint16_t pm_base; /* the first port of the ACPI registers (device/acpi_pm.h) */
};

#endif
