/* Writes blocks of information for a kernel. */
#include "guest/load/kernel_info.h"

#include "lib/bits.h"
#include "lib/string.h"

#define BLOCK_ALIGN 8

/* Above what kernels take for the start of application processors. */
#define LOW_LEAST KIB(64)
#define LOW_END   KIB(640)

uint64_t info_put(struct info_writer *writer, const void *bytes, uint64_t length)
{
	uint64_t at = writer->start + writer->used;

	if (writer->memory && length)
		memcpy(writer->memory + writer->used, bytes, length);
	writer->used += length;
	return at;
}

uint64_t info_put_string(struct info_writer *writer, const char *text)
{
	return info_put(writer, text, strlen(text) + 1);
}

uint64_t info_put_map(struct info_writer *writer, const struct load_target *target)
{
	return info_put(writer, target->map.entries,
			target->map.count * sizeof(target->map.entries[0]));
}

void info_align(struct info_writer *writer, unsigned alignment)
{
	static const uint8_t zeros[BLOCK_ALIGN];

	info_put(writer, zeros, align_up(writer->used, alignment) - writer->used);
}

void info_replace(struct info_writer *writer, uint64_t at, const void *bytes, uint64_t length)
{
	if (writer->memory)
		memcpy(writer->memory + (at - writer->start), bytes, length);
}

enum error info_place(struct kernel_load *load,
		      void (*write)(struct info_writer *writer, const struct kernel_load *load,
				    const void *context),
		      const void *context, uint64_t *at, struct reason *why)
{
	struct info_writer writer = { 0 };

	write(&writer, load, context);
	struct placement_wish wish = {
		.what = "the boot information",
		.size = writer.used,
		.alignment = BLOCK_ALIGN,
		.least = LOW_LEAST,
		.limit = LOW_END,
		.order = PLACE_LOWEST,
	};
	writer = (struct info_writer) { 0 };
	enum error error =
		placement_find(&load->placement, &wish, &writer.start, &writer.memory, why);
	if (error) {
		wish.least = 0;
		wish.limit = KERNEL_LIMIT;
		error = placement_find(&load->placement, &wish, &writer.start, &writer.memory, why);
	}
	if (error)
		return error;
	write(&writer, load, context);
	*at = writer.start;
	return ERROR_NONE;
}

/* The end of the RAM that begins at `start` or lies around it; `start` if there is none. */
static uint64_t ram_end(const struct load_target *target, uint64_t start)
{
	uint64_t end = start;

	/* The map is sorted, and neighbours need not be one entry. */
	for (unsigned i = 0; i < target->map.count; i++) {
		const struct memory_entry *entry = &target->map.entries[i];

		if (entry->kind == MEMORY_RAM && entry->start <= end &&
		    end - entry->start < entry->length)
			end = entry->start + entry->length;
	}
	return end;
}

struct info_memory info_memory_sizes(const struct load_target *target)
{
	uint64_t lower = ram_end(target, 0), upper = (ram_end(target, MIB(1)) - MIB(1)) / KIB(1);

	lower = (lower < LOW_END ? lower : LOW_END) / KIB(1);
	upper = upper < UINT32_MAX ? upper : UINT32_MAX;
	return (struct info_memory) { (uint32_t)lower, (uint32_t)upper };
}
