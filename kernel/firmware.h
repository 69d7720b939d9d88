/* What boot loader and firmware told: parsed once, kept for the run. */
#ifndef KERNEL_FIRMWARE_H
#define KERNEL_FIRMWARE_H

#include "boot/acpi.h"
#include "boot/memory_map.h"
#include "boot/multiboot2.h"
#include "lib/error.h"

/* Parses the boot information at physical address `boot_info` and builds the memory map from it.
 * InvalidData with the reason when the block cannot be used. */
enum error firmware_read_loader(uint32_t boot_info, struct reason *why) must_check;

/* Finds and reads the ACPI tables; without usable ones the machine has one CPU. Logs the reason. */
void firmware_read_acpi(void);

/* Constant once read. */
const struct multiboot2_info *firmware_loader(void);
const struct acpi_info *firmware_acpi(void);
struct memory_map *firmware_memory_map(void);

/* Adds the MADT's CPUs to the CPU table, as the command line allows. */
void firmware_add_cpus(void);

#endif
