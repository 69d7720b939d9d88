/* The screen: a VGA, and its text for whoever wants to see it. Nobody draws it. */
#include "guest/pc/pc_parts.h"

#include "kernel/memory.h"
#include "kernel/output/log.h"
#include "lib/bits.h"

_Static_assert(VGA_BLOCK_SIZE == PAGE_SIZE, "the VGA takes a page at a time");

/* More than a text mode has, and less than a guest could program. */
#define ROW_MAX  160 /* columns, with the end of the string */
#define ROWS_MAX 60

/* A guest that finds the host's memory used up goes on without what it wrote to the screen, and is told
 * of once. With the lock. */
static uint8_t *take_page(void *context)
{
	struct pc *pc = (struct pc *)context;
	uint8_t *page = (uint8_t *)page_alloc();

	if (!page && !pc->vga_starves)
		log_warn(
			"guest",
			"vm=%u(%s): no memory is left for its screen: what it writes there is lost",
			pc->vm->id, pc->vm->name);
	pc->vga_starves = !page;
	return page;
}

enum error pc_vga_create(struct pc *pc, struct reason *why)
{
	const struct vga_source source = { take_page, pc };

	vga_text_init(&pc->vga, &source);
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
	for (unsigned row = 0; pc->spec->vga && row < read_row(pc, row, text, &is_text); row++)
		print(pc->vm, text);
	return is_text;
}

bool pc_vm_screen(struct vm *vm, void (*print)(const struct vm *vm, const char *row))
{
	return pc_vga_print((struct pc *)vm->board_data, print);
}

void pc_vga_free(struct pc *pc)
{
	for (unsigned i = 0; i < VGA_BLOCKS; i++)
		page_free(pc->vga.blocks[i]);
}
