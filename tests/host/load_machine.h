/* A guest's memory for the tests of loaders: RAM to 640 KiB and from 1 MiB to an end that the test
 * chooses, a table of the firmware's in between, and nothing else. Bytes of RAM that is not used are
 * never touched, so that a machine of gigabytes costs nothing. */
#ifndef TESTS_HOST_LOAD_MACHINE_H
#define TESTS_HOST_LOAD_MACHINE_H

#include <assert.h>
#include <string.h>
#include <sys/mman.h>

#include "guest/load/loader.h"
#include "lib/bits.h"

#define LOAD_MACHINE_LOW_END  KIB(640)
#define LOAD_MACHINE_PCI_HOLE GIB(3)
#define LOAD_MACHINE_RSDP     0xf0000ull

struct load_machine {
	struct load_target target;
	uint8_t *bytes; /* guest-physical 0 */
	uint64_t size;  /* of the address space behind `bytes` */
};

static inline uint8_t *load_machine_memory(void *context, uint64_t at, uint64_t length)
{
	struct load_machine *machine = context;

	for (unsigned i = 0; i < machine->target.map.count; i++) {
		const struct memory_entry *entry = &machine->target.map.entries[i];
		if (entry->kind == MEMORY_RAM && at >= entry->start &&
		    at - entry->start <= entry->length &&
		    length <= entry->length - (at - entry->start))
			return machine->bytes + at;
	}
	return NULL;
}

static inline void load_machine_add(struct load_machine *machine, uint64_t start, uint64_t length,
				    enum memory_kind kind)
{
	machine->target.map.entries[machine->target.map.count++] =
		(struct memory_entry) { start, length, kind };
}

/* `memory` bytes, the hole below 1 MiB counted; what does not fit below 3 GiB goes above 4 GiB. */
static inline void load_machine_make(struct load_machine *machine, uint64_t memory)
{
	uint64_t below = memory < LOAD_MACHINE_PCI_HOLE ? memory : LOAD_MACHINE_PCI_HOLE;

	*machine = (struct load_machine) { .target = { .memory = load_machine_memory,
						       .context = machine,
						       .rsdp = LOAD_MACHINE_RSDP } };
	machine->size = memory > below ? GIB(4) + memory - below : below;
	machine->bytes = mmap(NULL, machine->size, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert(machine->bytes != MAP_FAILED);
	load_machine_add(machine, 0, LOAD_MACHINE_LOW_END, MEMORY_RAM);
	load_machine_add(machine, 0xf0000, KIB(64), MEMORY_RESERVED);
	load_machine_add(machine, MIB(1), below - MIB(1), MEMORY_RAM);
	if (memory > below)
		load_machine_add(machine, GIB(4), memory - below, MEMORY_RAM);
	/* The interrupt vectors and BIOS data, as a board would keep them. */
	machine->target.taken.entries[machine->target.taken.count++] =
		(struct memory_entry) { 0, 0x500, MEMORY_RESERVED };
}

static inline void load_machine_free(struct load_machine *machine)
{
	munmap(machine->bytes, machine->size);
}

#endif
