/* What every loader of a guest's kernel has in common: where it puts it, and what it leaves behind
 * for the vCPU. Loaders are pure and treat images as hostile: every offset and length is checked,
 * and an error names the field and its value. */
#ifndef GUEST_LOAD_LOADER_H
#define GUEST_LOAD_LOADER_H

#include "lib/error.h"
#include "lib/types.h"
#include "vm/vcpu/vcpu.h"

/* Types as the E820 interface and Multiboot number them. */
enum memory_kind { MEMORY_RAM = 1, MEMORY_RESERVED = 2, MEMORY_ACPI = 3, MEMORY_NVS = 4 };

/* As Multiboot2 and PVH want it told, too. The E820 interface and Multiboot 1 want no more of it than the
 * first MEMORY_ENTRY_SHORT bytes: the kind in 32 bits. */
struct memory_entry {
	uint64_t start, length;
	uint64_t kind; /* enum memory_kind */
};
_Static_assert(sizeof(struct memory_entry) == 24, "Multiboot2 and PVH: memory map entry");

#define MEMORY_ENTRY_SHORT 20

#define LOAD_MEMORY_ENTRIES 16

/* Sorted, disjoint. */
struct memory_map {
	struct memory_entry entries[LOAD_MEMORY_ENTRIES];
	unsigned count;
};

#define ACPI_RSDP_LENGTH 36 /* of revision 2: ACPI, "Root System Description Pointer" */

/* The machine to load into. */
struct load_target {
	void *context;
	/* Guest RAM [at, at + length) for reading and writing, or null when any byte of it is no
	 * RAM (ROM and the VGA window are none). It is zero before anything is loaded. */
	uint8_t *(*memory)(void *context, uint64_t at, uint64_t length);
	struct memory_map map;   /* as the guest's firmware would tell it */
	struct memory_map taken; /* what nothing may be loaded over: firmware tables and such */
	uint64_t rsdp;           /* guest-physical; 0: none */
	/* The table at `rsdp`, ACPI_RSDP_LENGTH bytes: it may lie in ROM, which memory() does not
	 * give. Null: none. */
	const uint8_t *rsdp_bytes;
	bool vga_text; /* there is a VGA screen, and it shows 80 by 25 characters */
};

/* A file of a VM, as the boot loader left it in memory. */
struct load_file {
	const uint8_t *bytes;
	uint64_t length;
	const char *string; /* its own command line ("" if none), unescaped */
};

/* How the bootstrap processor starts. Application processors wait for INIT and SIPI. */
struct boot_state {
	enum vcpu_mode mode; /* VCPU_MODE_REAL16, _RESET, _PROT32 or _LONG64 */
	uint64_t rip;        /* an offset from CS.base; linear in flat modes */
	uint64_t gpr[GPR_COUNT];
	/* Real mode: segment values. Else selectors into the table at gdt_base. */
	uint16_t cs, ds;   /* `ds` is that of the stack and all others, too */
	uint64_t gdt_base; /* 0: none */
	uint16_t gdt_limit;
	uint64_t page_table; /* CR3, for _LONG64 */
};

#endif
