/* The table of breakpoints. */
#include "guest/gdb/gdb_breakpoints.h"

#include "lib/bits.h"

/* In DR7, by register: enabled globally, the condition, the length. */
#define DR7_GLOBAL(n)    BIT(2 * (n) + 1)
#define DR7_CONDITION(n) (16 + 4 * (n))
#define DR7_LENGTH(n)    (18 + 4 * (n))

enum dr7_condition { ON_EXECUTE = 0, ON_WRITE = 1, ON_ACCESS = 3 };

/* --- patches --------------------------------------------------------------------------------- */

struct gdb_patch *gdb_patch_add(struct gdb_breakpoints *all, gpa_t at, uint64_t address,
				uint8_t original)
{
	for (unsigned i = 0; i < GDB_SOFTWARE_MAX; i++) {
		struct gdb_patch *patch = &all->patches[i];

		if (patch->used)
			continue;
		*patch = (struct gdb_patch) { true, at, address, original };
		return patch;
	}
	return NULL;
}

struct gdb_patch *gdb_patch_at(struct gdb_breakpoints *all, gpa_t at)
{
	for (unsigned i = 0; i < GDB_SOFTWARE_MAX; i++)
		if (all->patches[i].used && all->patches[i].at.value == at.value)
			return &all->patches[i];
	return NULL;
}

struct gdb_patch *gdb_patch_named(struct gdb_breakpoints *all, uint64_t address)
{
	for (unsigned i = 0; i < GDB_SOFTWARE_MAX; i++)
		if (all->patches[i].used && all->patches[i].address == address)
			return &all->patches[i];
	return NULL;
}

void gdb_patches_hide(const struct gdb_breakpoints *all, gpa_t at, uint8_t *bytes, size_t length)
{
	for (unsigned i = 0; i < GDB_SOFTWARE_MAX; i++) {
		const struct gdb_patch *patch = &all->patches[i];
		uint64_t offset = patch->at.value - at.value;

		/* Where the guest has written something else since, that is what there is. */
		if (patch->used && offset < length && bytes[offset] == GDB_INT3)
			bytes[offset] = patch->original;
	}
}

void gdb_patches_keep(struct gdb_breakpoints *all, gpa_t at, uint8_t *bytes, size_t length)
{
	for (unsigned i = 0; i < GDB_SOFTWARE_MAX; i++) {
		struct gdb_patch *patch = &all->patches[i];
		uint64_t offset = patch->at.value - at.value;

		if (!patch->used || offset >= length)
			continue;
		patch->original = bytes[offset];
		bytes[offset] = GDB_INT3;
	}
}

/* --- debug registers ------------------------------------------------------------------------- */

static bool can_watch(enum gdb_breakpoint_type type, uint64_t address, uint64_t length)
{
	if (type == GDB_BREAK_HARDWARE)
		return true;
	return (length == 1 || length == 2 || length == 4 || length == 8) &&
	       !(address & (length - 1));
}

/* GDB gives an instruction breakpoint the length that an INT3 would have. */
static uint8_t length_of(enum gdb_breakpoint_type type, uint64_t length)
{
	return type == GDB_BREAK_HARDWARE ? 1 : (uint8_t)length;
}

static struct gdb_hardware *find(struct gdb_breakpoints *all, enum gdb_breakpoint_type type,
				 uint64_t address, uint64_t length)
{
	for (unsigned i = 0; i < DEBUG_BREAKPOINTS; i++) {
		struct gdb_hardware *h = &all->hardware[i];

		if (h->used && h->type == type && h->address == address &&
		    h->length == length_of(type, length))
			return h;
	}
	return NULL;
}

bool gdb_hardware_add(struct gdb_breakpoints *all, enum gdb_breakpoint_type type, uint64_t address,
		      uint64_t length)
{
	if (!can_watch(type, address, length))
		return false;
	if (find(all, type, address, length))
		return true;
	for (unsigned i = 0; i < DEBUG_BREAKPOINTS; i++) {
		if (all->hardware[i].used)
			continue;
		all->hardware[i] =
			(struct gdb_hardware) { true, type, address, length_of(type, length) };
		return true;
	}
	return false;
}

bool gdb_hardware_remove(struct gdb_breakpoints *all, enum gdb_breakpoint_type type,
			 uint64_t address, uint64_t length)
{
	struct gdb_hardware *h =
		can_watch(type, address, length) ? find(all, type, address, length) : NULL;

	if (h)
		h->used = false;
	return h;
}

static uint64_t condition_of(enum gdb_breakpoint_type type)
{
	return type == GDB_BREAK_HARDWARE ? ON_EXECUTE
	       : type == GDB_WATCH_WRITE  ? ON_WRITE
					  : ON_ACCESS;
}

/* 1, 2, 8 and 4 bytes, in the order of the encodings. */
static uint64_t encoded(uint8_t length)
{
	return length == 8 ? 2 : length - 1u;
}

void gdb_hardware_registers(const struct gdb_breakpoints *all, struct vcpu_debug *debug)
{
	debug->dr7 = 0;
	for (unsigned i = 0; i < DEBUG_BREAKPOINTS; i++) {
		const struct gdb_hardware *h = &all->hardware[i];

		debug->address[i] = h->used ? h->address : 0;
		if (h->used)
			debug->dr7 |= DR7_GLOBAL(i) | condition_of(h->type) << DR7_CONDITION(i) |
				      encoded(h->length) << DR7_LENGTH(i);
	}
}
