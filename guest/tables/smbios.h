/* The table by which systems tell users, and now and then themselves, what machine they are on: who
 * made it and when, its processors and memory. Some decide by the BIOS's date how old a machine they
 * are on, and one without a table is older than any. DMTF, DSP0134, "System Management BIOS (SMBIOS)
 * Reference Specification", version 2.8, of which both the 32-bit entry point and the structures
 * are. Pure. */
#ifndef GUEST_TABLES_SMBIOS_H
#define GUEST_TABLES_SMBIOS_H

#include "lib/error.h"
#include "lib/types.h"

#define SMBIOS_ENTRY_SIZE  32    /* the entry point, and a byte to the next boundary of 16 */
#define SMBIOS_ENTRY_BYTES 31    /* what of it is told to a firmware */
#define SMBIOS_MOST        0x400 /* room for the structures of any machine */
#define SMBIOS_VENDOR      13    /* as CPUID spells it, with an end */

struct smbios_machine {
	const char *name; /* the VM's: its serial number, from which its UUID is made */
	unsigned cpus;    /* cores of one package */
	uint64_t memory;  /* bytes of RAM, of which `low` begin at 0, the rest at 4 GiB */
	uint64_t low;
	uint32_t signature, features; /* CPUID leaf 1, EAX and EDX, of its CPUs */
	char vendor[SMBIOS_VENDOR];   /* of its CPUs */
};

/* Writes the entry point to the SMBIOS_ENTRY_SIZE bytes at `entry`, and the structures to `to`,
 * `size` bytes that the guest sees at `address`, below 4 GiB; `length` is how many of these are used.
 * Both checksums are right. NoMemory when it does not fit. */
enum error smbios_build(const struct smbios_machine *machine, uint32_t address, uint8_t *entry,
			uint8_t *to, uint32_t size, uint32_t *length,
			struct reason *why) must_check;

#endif
