/* The table by which systems without ACPI find CPUs and interrupt wires. Intel, "MultiProcessor
 * Specification", version 1.4. Pure. */
#ifndef GUEST_TABLES_MP_TABLE_H
#define GUEST_TABLES_MP_TABLE_H

#include "guest/tables/machine.h"
#include "lib/error.h"
#include "lib/types.h"

/* Writes the floating pointer and the configuration table behind it to `to`, `size` bytes that the
 * guest sees at `address`, a multiple of 16 below 1 MiB. `signature`, `features`: CPUID leaf 1, EAX
 * and EDX, of its CPUs. NoMemory when it does not fit. */
enum error mp_table_build(const struct table_machine *machine, uint32_t signature,
			  uint32_t features, uint64_t address, uint8_t *to, uint32_t size,
			  struct reason *why) must_check;

#endif
