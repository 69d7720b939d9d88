/* Loads kernels and modules of Multiboot and PVH. What cannot be moved claims the place of each
 * piece, so that a kernel may lie on both sides of the VGA window; what can be moved gets one place
 * for all from its lowest byte to its highest. */
#include "guest/load/kernel_load.h"

#include "lib/bits.h"
#include "lib/format.h"
#include "lib/string.h"

#define KERNEL "the kernel" /* in sentences */

#define GZIP_MAGIC "\x1f\x8b"

enum error kernel_load_start(struct kernel_load *load, const char *protocol,
			     const struct load_target *target, const struct load_file *kernel,
			     const struct load_file *modules, unsigned module_count,
			     struct reason *why)
{
	*load = (struct kernel_load) {
		.target = target,
		.kernel = kernel,
		.modules = modules,
		.module_count = module_count,
	};
	placement_start(&load->placement, protocol, target);
	if (module_count > KERNEL_MOST_MODULES)
		return reason_set(why, ERROR_INVALID_INPUT, "%s: %u modules, more than %u",
				  protocol, module_count, KERNEL_MOST_MODULES);
	if (kernel->length >= 2 && !memcmp(kernel->bytes, GZIP_MAGIC, 2))
		return reason_set(
			why, ERROR_INVALID_DATA,
			"%s: the kernel is compressed (gzip) and has to be unpacked first",
			protocol);
	return ERROR_NONE;
}

/* The bounds of all pieces. Each is a valid range. */
static void measure(struct kernel_load *load, const struct kernel_piece *pieces, unsigned count)
{
	load->low = UINT64_MAX;
	load->high = 0;
	for (unsigned i = 0; i < count; i++) {
		uint64_t start = pieces[i].physical, end = start + pieces[i].memory_size;

		load->low = start < load->low ? start : load->low;
		load->high = end > load->high ? end : load->high;
	}
}

static enum error check_pieces(struct kernel_load *load, const struct kernel_piece *pieces,
			       unsigned count, uint64_t entry, struct reason *why)
{
	bool entered = false;

	for (unsigned i = 0; i < count; i++) {
		const struct kernel_piece *p = &pieces[i];

		if (!range_is_valid(p->physical, p->memory_size) || p->physical >= KERNEL_LIMIT ||
		    p->memory_size > KERNEL_LIMIT - p->physical)
			return reason_set(why, ERROR_INVALID_DATA,
					  "%s: the kernel's 0x%lx bytes at 0x%lx do not lie below "
					  "4 GiB",
					  load->placement.loader, p->memory_size, p->physical);
		entered |= entry - p->physical < p->memory_size;
	}
	if (!count)
		return reason_set(why, ERROR_INVALID_DATA, "%s: the kernel has nothing to load",
				  load->placement.loader);
	if (!entered)
		return reason_set(why, ERROR_INVALID_DATA,
				  "%s: the entry point 0x%lx is not in the kernel",
				  load->placement.loader, entry);
	return ERROR_NONE;
}

static void copy(const struct kernel_load *load, const struct kernel_piece *piece, uint8_t *memory)
{
	if (piece->file_size)
		memcpy(memory, load->kernel->bytes + piece->offset, piece->file_size);
}

static enum error load_in_place(struct kernel_load *load, const struct kernel_piece *pieces,
				unsigned count, struct reason *why)
{
	enum error error = ERROR_NONE;

	for (unsigned i = 0; !error && i < count; i++) {
		uint8_t *memory;

		error = placement_claim(&load->placement, KERNEL, pieces[i].physical,
					pieces[i].memory_size, &memory, why);
		if (!error)
			copy(load, &pieces[i], memory);
	}
	return error;
}

/* True when a kernel without a preference may stay where it was linked, and there is room. */
static bool may_stay(struct kernel_load *load, const struct kernel_wish *wish, uint8_t **memory)
{
	return wish->anywhere && load->low >= wish->least && load->high <= wish->limit &&
	       is_aligned(load->low, wish->alignment) &&
	       placement_claim(&load->placement, "", load->low, load->high - load->low, memory,
			       NULL) == ERROR_NONE;
}

static enum error load_moved(struct kernel_load *load, const struct kernel_piece *pieces,
			     unsigned count, const struct kernel_wish *wish, struct reason *why)
{
	uint8_t *memory;
	uint64_t at = load->low;

	if (!may_stay(load, wish, &memory)) {
		const struct placement_wish place = {
			.what = KERNEL,
			.size = load->high - load->low,
			.alignment = wish->alignment,
			.least = wish->least,
			.limit = wish->limit,
			.order = wish->order,
		};
		enum error error = placement_find(&load->placement, &place, &at, &memory, why);
		if (error)
			return error;
	}
	for (unsigned i = 0; i < count; i++)
		copy(load, &pieces[i], memory + (pieces[i].physical - load->low));
	load->moved = at - load->low;
	return ERROR_NONE;
}

enum error kernel_load_pieces(struct kernel_load *load, const struct kernel_piece *pieces,
			      unsigned count, uint64_t entry, const struct kernel_wish *wish,
			      struct reason *why)
{
	enum error error = check_pieces(load, pieces, count, entry, why);

	if (error)
		return error;
	measure(load, pieces, count);
	error = wish ? load_moved(load, pieces, count, wish, why)
		     : load_in_place(load, pieces, count, why);
	load->low += load->moved;
	load->high += load->moved;
	load->entry = entry + load->moved;
	return error;
}

enum error kernel_load_open_elf(struct kernel_load *load, struct reason *why)
{
	return elf_open(load->kernel->bytes, load->kernel->length, &load->elf, why);
}

enum error kernel_load_elf(struct kernel_load *load, uint64_t entry, const struct kernel_wish *wish,
			   struct reason *why)
{
	struct kernel_piece pieces[ELF_MOST_SEGMENTS];
	unsigned count = 0;

	for (unsigned n = 0; n < load->elf.segment_count; n++) {
		struct elf_segment s = elf_segment(&load->elf, n);

		if (elf_segment_is_loaded(&s))
			pieces[count++] = (struct kernel_piece) { s.offset, s.file_size,
								  s.physical_start, s.memory_size };
	}
	return kernel_load_pieces(load, pieces, count, entry, wish, why);
}

enum error kernel_load_place(struct kernel_load *load, const char *what, uint64_t size,
			     uint64_t *at, uint8_t **memory, struct reason *why)
{
	struct placement_wish wish = {
		.what = what,
		.size = size,
		.alignment = PAGE_SIZE,
		.least = load->high > MIB(1) ? load->high : MIB(1),
		.limit = KERNEL_LIMIT,
		.order = PLACE_LOWEST,
	};

	enum error error = placement_find(&load->placement, &wish, at, memory, why);
	if (!error)
		return ERROR_NONE;
	/* Not between its pieces: a kernel takes all of that for its own. */
	wish.least = MIB(1);
	wish.limit = load->low;
	return placement_find(&load->placement, &wish, at, memory, NULL) ? error : ERROR_NONE;
}

static enum error load_module(struct kernel_load *load, unsigned n, struct reason *why)
{
	const struct load_file *module = &load->modules[n];
	char name[sizeof("module ") + 10];
	uint8_t *memory;

	format_string(name, sizeof(name), "module %u", n);
	enum error error = kernel_load_place(load, name, module->length ? module->length : 1,
					     &load->module_at[n], &memory, why);
	if (!error && module->length)
		memcpy(memory, module->bytes, module->length);
	return error;
}

enum error kernel_load_modules(struct kernel_load *load, struct reason *why)
{
	enum error error = ERROR_NONE;

	for (unsigned n = 0; !error && n < load->module_count; n++)
		error = load_module(load, n, why);
	return error;
}
