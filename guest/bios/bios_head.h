/* The head of the BIOS (guest/bios/rom/bios.asm): what it is told of the machine, and what it tells
 * of itself. Pure. */
#ifndef GUEST_BIOS_BIOS_HEAD_H
#define GUEST_BIOS_BIOS_HEAD_H

#include "guest/load/loader.h"
#include "lib/types.h"

#define BIOS_SIZE           0x2000
#define BIOS_SEGMENT        0xf000
#define BIOS_MEMORY_ENTRIES 16
#define BIOS_VECTORS        256

_Static_assert(LOAD_MEMORY_ENTRIES <= BIOS_MEMORY_ENTRIES, "the BIOS has room for the memory map");

/* Real mode's interrupt vectors are an array of these. */
struct real_pointer {
	uint16_t offset, segment;
};

struct bios_vector {
	uint16_t number, offset;
};

struct bios_head {
	uint16_t memory_count;
	uint16_t memory_to_16m; /* KiB from 1 MiB, at most 15 MiB */
	uint16_t memory_above;  /* blocks of 64 KiB from 16 MiB */
	uint16_t memory_kib;    /* KiB from 1 MiB, at most 65535 */
	struct packed_layout {
		uint64_t start, length;
		uint32_t kind;
	} memory[BIOS_MEMORY_ENTRIES]; /* as INT 15H, AX = E820H tells it */
	uint16_t screen;               /* 1: there is one */
	struct real_pointer kernel;    /* what `start` begins with */
	/* Its own: where a kernel in real mode is begun, and its services. The first vector is for
	 * every number that no other names; a later one counts. */
	uint16_t start;
	uint16_t vector_count;
	struct bios_vector vectors[];
} packed_layout;

_Static_assert(sizeof(struct bios_head) == 338, "as guest/bios/rom/bios.asm has it");

/* Tells the BIOS of the memory and the screen of `target`. */
void bios_tell_machine(struct bios_head *head, const struct load_target *target);

/* Fills the BIOS_VECTORS interrupt vectors. */
void bios_point_vectors(const struct bios_head *head, struct real_pointer *table);

#endif
