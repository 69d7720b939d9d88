/* Parser and loader of embedded test guests. */
#include "guest/image.h"

#include "lib/bits.h"
#include "lib/string.h"
#include "lib/text_list.h"
#include "x86/page_table.h"

static const char field_names[] =
#define X(symbol, name) name "\0"
	GUEST_FIELD_LIST(X)
#undef X
	;
_Static_assert(VCPU_EXIT_KINDS <= 64, "header.ignored has a bit for every kind");

const char *guest_field_name(enum guest_field field)
{
	return (unsigned)field < GUEST_FIELDS ? nth_text(field_names, field) : "unknown";
}

static enum error bad(struct reason *why, const char *what, uint64_t value)
{
	return reason_set(why, ERROR_INVALID_DATA, "guest image: bad %s %#llx", what,
			  (unsigned long long)value);
}

static enum error check_header(const struct guest_header *header, size_t size, struct reason *why)
{
	if (memcmp(header->magic, GUEST_MAGIC, sizeof(header->magic)))
		return reason_set(why, ERROR_INVALID_DATA, "guest image: no magic number");
	if (header->header_size != sizeof(*header))
		return bad(why, "header size", header->header_size);
	if (header->row_size != sizeof(struct guest_row))
		return bad(why, "row size", header->row_size);
	if (header->mode > VCPU_MODE_LONG64 || header->mode == VCPU_MODE_RESET)
		return bad(why, "mode", header->mode);
	if (!header->vcpus || header->vcpus > GUEST_MAX_VCPUS)
		return bad(why, "vCPU count", header->vcpus);
	if (header->memory < GUEST_MIN_MEMORY || header->memory > GUEST_MAX_MEMORY ||
	    !is_aligned(header->memory, PAGE_SIZE))
		return bad(why, "memory size", header->memory);
	if (header->text_offset < sizeof(*header) || header->text_offset > header->rows_offset)
		return bad(why, "text offset", header->text_offset);
	if (header->rows_offset > size)
		return bad(why, "rows offset", header->rows_offset);
	if (header->rows_offset - header->text_offset > header->memory - GUEST_LOAD)
		return bad(why, "text length", header->rows_offset - header->text_offset);
	if (header->entry < GUEST_LOAD ||
	    header->entry - GUEST_LOAD >= header->rows_offset - header->text_offset)
		return bad(why, "entry", header->entry);
	if (header->flags & ~(uint32_t)GUEST_FLAGS)
		return bad(why, "flags", header->flags);
	if (!header->deadline_ms)
		return bad(why, "deadline", 0);
	if (header->ignored >> VCPU_EXIT_KINDS)
		return bad(why, "set of ignored exits", header->ignored);
	if (header->pinned < -1)
		return bad(why, "CPU to pin to", (uint32_t)header->pinned);
	if (strnlen(header->says, sizeof(header->says)) == sizeof(header->says))
		return reason_set(why, ERROR_INVALID_DATA, "guest image: its sentence has no end");
	return ERROR_NONE;
}

static enum error check_row(const struct guest_header *header, const struct guest_row *row,
			    const struct guest_row *above, struct reason *why)
{
	if (row->type >= ROW_TYPES)
		return bad(why, "row type", row->type);
	if (row->vcpu >= header->vcpus)
		return bad(why, "vCPU of a row", row->vcpu);
	if (row->flags & ~(uint32_t)ROW_FLAGS)
		return bad(why, "row flags", row->flags);
	if (row->kind >= VCPU_EXIT_KINDS)
		return bad(why, "exit kind", row->kind);
	if ((row->type != ROW_WORK && row->min > row->max) || (row->type == ROW_EXIT && !row->max))
		return bad(why, "row count", row->max);

	bool belongs = row->type == ROW_GPR || row->type == ROW_FIELD;
	if (belongs && (!above || above->type > ROW_FIELD || above->vcpu != row->vcpu))
		return bad(why, "check without an exit row above, line", row->line);
	if (row->type == ROW_GPR && row->which >= GPR_COUNT)
		return bad(why, "register", row->which);
	if (row->type == ROW_FIELD && row->which >= GUEST_FIELDS)
		return bad(why, "field", row->which);
	if (row->type == ROW_FINAL && row->which >= GPR_COUNT + VCPU_REGISTERS)
		return bad(why, "register", row->which);
	if (row->type == ROW_MEMORY && (row->at >= header->memory || header->memory - row->at < 8))
		return bad(why, "address", row->at);
	if (row->type == ROW_WORK &&
	    (row->at >= header->memory || row->length > PAGE_SIZE ||
	     header->memory - row->at < (uint64_t)row->length * header->vcpus + 8))
		return bad(why, "address", row->at);
	return ERROR_NONE;
}

enum error guest_image_parse(const void *bytes, size_t size, struct guest_image *out,
			     struct reason *why)
{
	if (size < sizeof(out->header))
		return reason_set(why, ERROR_INVALID_DATA, "guest image: %zu bytes hold no header",
				  size);
	memcpy(&out->header, bytes, sizeof(out->header));

	const struct guest_header *header = &out->header;
	enum error error = check_header(header, size, why);
	if (error)
		return error;

	size_t rows_length = size - header->rows_offset;
	if (rows_length % sizeof(struct guest_row))
		return bad(why, "length of the rows", rows_length);
	out->row_count = (uint32_t)(rows_length / sizeof(struct guest_row));
	if (!out->row_count || rows_length / sizeof(struct guest_row) > GUEST_MAX_ROWS)
		return bad(why, "number of rows", out->row_count);
	out->text = (const uint8_t *)bytes + header->text_offset;
	out->text_length = header->rows_offset - header->text_offset;
	out->rows = (const void *)((const uint8_t *)bytes + header->rows_offset);

	for (uint32_t i = 0; i < out->row_count; i++) {
		error = check_row(header, &out->rows[i], i ? &out->rows[i - 1] : NULL, why);
		if (error)
			return error;
	}
	return ERROR_NONE;
}

static void put_entry(uint8_t *memory, uint64_t table, unsigned index, uint64_t value)
{
	memcpy(memory + table + index * sizeof(value), &value, sizeof(value));
}

/* SDM volume 3, "4-Level Paging and 5-Level Paging" and "PAE Paging": a PDPT entry of PAE paging
 * must not have the writable and user bits. */
static void write_page_tables(enum vcpu_mode mode, uint8_t *memory)
{
	const uint64_t rights = PAGE_PRESENT | PAGE_WRITABLE | PAGE_USER;
	uint64_t table = GUEST_PAGE_TABLES;

	if (mode == VCPU_MODE_LONG64) {
		put_entry(memory, table, 0, (table + PAGE_SIZE) | rights);
		table += PAGE_SIZE;
		put_entry(memory, table, 0, (table + PAGE_SIZE) | rights);
	} else {
		put_entry(memory, table, 0, (table + PAGE_SIZE) | PAGE_PRESENT);
	}
	table += PAGE_SIZE;
	for (unsigned i = 0; i < PAGE_TABLE_ENTRIES; i++)
		put_entry(memory, table, i, MIB(2) * i | rights | PAGE_LARGE);
}

void guest_image_load(const struct guest_image *image, uint8_t *memory)
{
	memcpy(memory + GUEST_LOAD, image->text, image->text_length);
	if (image->header.mode == VCPU_MODE_LONG64 || image->header.mode == VCPU_MODE_PAE32)
		write_page_tables((enum vcpu_mode)image->header.mode, memory);
}
