/* What firmware would leave behind for kernels that call it in real mode: interrupt vectors, and the
 * few services behind them (guest/tables/bios_services.asm). */
#include "guest/pc/pc_parts.h"

#include "guest/pc/pc_layout.h"
#include "lib/bits.h"
#include "lib/string.h"

/* From guest/tables/bios_services.asm. */
extern const uint8_t bios_services_start[], bios_services_end[];

#define VECTORS        256
#define MEMORY_ENTRIES 16

_Static_assert(LOAD_MEMORY_ENTRIES <= MEMORY_ENTRIES, "the services have room for the memory map");

struct bios_vector {
	uint16_t number, offset;
};

/* As the services' first bytes. */
struct bios_head {
	uint16_t memory_count;
	uint16_t memory_to_16m, memory_above, memory_kib;
	struct packed_layout {
		uint64_t start, length;
		uint32_t kind;
	} memory[MEMORY_ENTRIES];
	uint16_t vector_count;
	struct bios_vector vectors[];
} packed_layout;

_Static_assert(sizeof(struct bios_head) == 330, "as guest/tables/bios_services.asm has it");

static uint16_t at_most(uint64_t value, uint64_t most)
{
	return (uint16_t)(value < most ? value : most);
}

static void tell_memory(const struct pc *pc, struct bios_head *head)
{
	const struct load_target *t = &pc->target;

	head->memory_count = (uint16_t)t->map_entries;
	for (unsigned i = 0; i < t->map_entries; i++) {
		const struct memory_entry *entry = &t->map[i];

		head->memory[i].start = entry->start;
		head->memory[i].length = entry->length;
		head->memory[i].kind = entry->kind;
		if (entry->start != PC_EXTENDED_MEMORY)
			continue;
		head->memory_kib = at_most(entry->length / KIB(1), UINT16_MAX);
		head->memory_to_16m = at_most(entry->length / KIB(1), MIB(15) / KIB(1));
		if (entry->length > MIB(15))
			head->memory_above =
				at_most((entry->length - MIB(15)) / KIB(64), UINT16_MAX);
	}
}

static void point_vectors(struct pc *pc, const struct bios_head *head)
{
	struct real_pointer {
		uint16_t offset, segment;
	} *table = vm_memory(pc->vm, gpa(0), VECTORS * sizeof(*table));

	for (unsigned i = 0; i < VECTORS; i++)
		table[i] = (struct real_pointer) { head->vectors[0].offset, PC_BIOS_SERVICES >> 4 };
	for (unsigned i = 1; i < head->vector_count; i++)
		table[head->vectors[i].number].offset = head->vectors[i].offset;
}

void pc_bios_place(struct pc *pc)
{
	uint64_t length = (uint64_t)(bios_services_end - bios_services_start);
	struct bios_head *head = vm_memory(pc->vm, gpa(PC_BIOS_SERVICES), length);

	memcpy(head, bios_services_start, length);
	tell_memory(pc, head);
	point_vectors(pc, head);
}
