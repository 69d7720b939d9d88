/* The screen: a VGA, and its text for whoever wants to see it. Nobody draws it. While a page of its
 * window is plain memory the guest has it mapped, and no access to it makes an exit. */
#include "guest/pc/pc_parts.h"

#include "kernel/memory.h"
#include "kernel/output/log.h"
#include "lib/bits.h"
#include "vm/manager.h"

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
	if (page)
		pages_set_owner(page, 1, (uint16_t)(pc->vm->id + 1));
	return page;
}

/* --- plain memory ---------------------------------------------------------------------------- */

/* The guest's access made it so, or not so any longer. With the lock, and perhaps in the backend's loop,
 * where nothing can be mapped. */
static void plain_changed(void *context)
{
	pc_leave_aside((struct pc *)context, PC_SCREEN_MOVED);
}

static gpa_t plain_page(unsigned n)
{
	return gpa(VGA_PLAIN + n * PAGE_SIZE);
}

/* Without memory for the tables a page stays as it is: each access to it makes an exit. */
static void show(struct pc *pc, unsigned n)
{
	struct reason why;

	if (vm_show_page(pc->vm, plain_page(n), pc->vga.blocks[n], &why))
		pc_complain(pc, &why);
}

static bool hide(struct pc *pc, unsigned n)
{
	struct reason why;

	if (!vm_hide_page(pc->vm, plain_page(n), &why))
		return true;
	log_error("guest", "vm=%u(%s): its screen cannot be taken back: %s", pc->vm->id,
		  pc->vm->name, why.text);
	return false;
}

static bool show_and_hide(struct pc *pc, uint8_t wanted)
{
	bool done = true;

	for (unsigned n = 0; n < VGA_PLAIN_PAGES && done; n++) {
		if (wanted & ~pc->vga_shown & BIT(n))
			show(pc, n);
		else if (pc->vga_shown & ~wanted & BIT(n))
			done = hide(pc, n);
	}
	pc->vga_shown = wanted;
	return done;
}

/* True when nothing is left to do; until then every vCPU that makes an access comes here. */
static bool has_followed(struct pc *pc, uint8_t *wanted)
{
	uint64_t flags = spinlock_acquire(&pc->lock);
	bool followed = pc->vga.plain == pc->vga_shown;

	*wanted = pc->vga.plain;
	if (followed)
		__atomic_fetch_and(&pc->asides, ~(uint32_t)PC_SCREEN_MOVED, __ATOMIC_RELAXED);
	spinlock_release(&pc->lock, flags);
	return followed;
}

/* Each vCPU can change its mind but once meanwhile: it then waits here, too. */
bool pc_vga_follow(struct pc *pc)
{
	uint64_t flags = spinlock_acquire(&pc->screen_lock);
	uint8_t wanted;
	bool done = true;

	while (done && !has_followed(pc, &wanted))
		done = show_and_hide(pc, wanted);
	spinlock_release(&pc->screen_lock, flags);
	return done;
}

/* --- making ---------------------------------------------------------------------------------- */

enum error pc_vga_create(struct pc *pc, struct reason *why)
{
	const struct vga_source source = { take_page, plain_changed, pc };

	pc->screen_lock = (struct spinlock)SPINLOCK_INIT("screen");
	if (!pc->spec->vga)
		return ERROR_NONE;
	vga_text_init(&pc->vga, &source);
	pc_keep_chip(pc, &vga_text_ops, &pc->vga);
	return vga_text_attach(&pc->vga, &pc->ports, &pc->memory, why);
}

/* --- its text -------------------------------------------------------------------------------- */

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
	for (unsigned i = 0; i < VGA_BLOCKS; i++) {
		if (!pc->vga.blocks[i])
			continue;
		pages_set_owner(pc->vga.blocks[i], 1, OWNER_PLINTH);
		page_free(pc->vga.blocks[i]);
	}
}
