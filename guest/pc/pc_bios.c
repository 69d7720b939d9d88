/* The BIOS of a machine that is started without firmware (guest/bios/): below 1 MiB and below 4 GiB,
 * and the interrupt vectors that lead to it. */
#include "guest/pc/pc_parts.h"

#include "guest/bios/bios_head.h"
#include "guest/pc/pc_layout.h"
#include "lib/bits.h"
#include "lib/string.h"
#include "vm/manager.h"

/* From guest/bios/rom.asm. */
extern const uint8_t bios_rom[BIOS_SIZE];

#define LOW_ROM  (PC_EXTENDED_MEMORY - BIOS_SIZE)
#define HIGH_ROM (PC_HIGH_MEMORY - BIOS_SIZE)

_Static_assert(LOW_ROM >= PC_BIOS_TABLES_END, "the tables leave room for the BIOS");

enum error pc_bios_place(struct pc *pc, struct reason *why)
{
	struct bios_head *head = vm_memory(pc->vm, gpa(LOW_ROM), BIOS_SIZE);
	enum error error = ERROR_NONE;

	memcpy(head, bios_rom, BIOS_SIZE);
	bios_tell_machine(head, &pc->target);
	bios_point_vectors(head,
			   vm_memory(pc->vm, gpa(0), BIOS_VECTORS * sizeof(struct real_pointer)));
	/* The ROM's memory is made at the first boot, and nobody can change it. */
	if (vm_memory(pc->vm, gpa(HIGH_ROM), BIOS_SIZE))
		return ERROR_NONE;
	error = vm_add_memory(pc->vm, gpa(HIGH_ROM), BIOS_SIZE, ACCESS_READ | ACCESS_EXECUTE, why);
	if (!error)
		memcpy(vm_memory(pc->vm, gpa(HIGH_ROM), BIOS_SIZE), head, BIOS_SIZE);
	return error;
}

void pc_bios_begin(struct pc *pc, struct boot_state *state)
{
	struct bios_head *head = vm_memory(pc->vm, gpa(LOW_ROM), BIOS_SIZE);

	head->kernel = (struct real_pointer) { (uint16_t)state->rip, state->cs };
	state->cs = BIOS_SEGMENT;
	state->rip = head->start;
}
