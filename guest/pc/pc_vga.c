/* The screen: a VGA, and its text for whoever wants to see it. Nobody draws it. */
#include "guest/pc/pc_parts.h"

#include "kernel/memory.h"
#include "lib/bits.h"

#define VGA_PAGES (VGA_MEMORY_SIZE / PAGE_SIZE)

/* More than a text mode has, and less than a guest could program. */
#define ROW_MAX  160 /* columns, with the end of the string */
#define ROWS_MAX 60

enum error pc_vga_create(struct pc *pc, struct reason *why)
{
	uint8_t *memory = (uint8_t *)pages_alloc(VGA_PAGES, PAGE_SIZE);

	if (!memory)
		return reason_set(why, ERROR_NO_MEMORY, "no memory for the VGA of VM %s",
				  pc->spec->name);
	vga_text_init(&pc->vga, memory);
	return vga_text_attach(&pc->vga, &pc->ports, &pc->memory, why);
}

/* Returns the number of rows up to the last that is not blank, and of `row` the text. */
static unsigned read_row(struct pc *pc, unsigned row, char *text, bool *is_text)
{
	uint64_t flags = spinlock_acquire(&pc->lock);
	const struct vga_screen screen = vga_text_screen(&pc->vga);
	unsigned rows = screen.is_text ? screen.rows : 0;

	if (rows > ROWS_MAX)
		rows = ROWS_MAX;
	while (rows && !vga_text_row(&pc->vga, rows - 1, text, ROW_MAX))
		rows--;
	if (row < rows)
		vga_text_row(&pc->vga, row, text, ROW_MAX);
	*is_text = screen.is_text;
	spinlock_release(&pc->lock, flags);
	return rows;
}

bool pc_vga_print(struct pc *pc, void (*print)(const struct vm *vm, const char *row))
{
	char text[ROW_MAX];
	bool is_text = false;

	/* The log has locks of its own: a row at a time, and the guest goes on in between. */
	for (unsigned row = 0; pc->vga.memory && row < read_row(pc, row, text, &is_text); row++)
		print(pc->vm, text);
	return is_text;
}

bool pc_vm_screen(struct vm *vm, void (*print)(const struct vm *vm, const char *row))
{
	return pc_vga_print((struct pc *)vm->board_data, print);
}

void pc_vga_free(struct pc *pc)
{
	pages_free(pc->vga.memory, VGA_PAGES);
}
