/* Reads ELF headers. The two classes differ in the offsets of fields only, so each field is named
 * once with both of its places, and the code is the same for the two. */
#include "guest/load/elf.h"

#include "lib/bits.h"
#include "lib/bytes.h"
#include "lib/string.h"

enum {
	IDENT_CLASS = 4,
	IDENT_DATA = 5,
	IDENT_VERSION = 6,
	CLASS_32 = 1,
	CLASS_64 = 2,
	DATA_LITTLE_ENDIAN = 1,
	VERSION_CURRENT = 1,
	TYPE_EXECUTABLE = 2,
	TYPE_SHARED = 3, /* position-independent executables, too */
	MACHINE_386 = 3,
	MACHINE_X86_64 = 62,
};

#define MAGIC  \
	"\x7f" \
	"ELF"
#define MAGIC_SIZE 4

/* A field of a structure: its offset and its width in bytes, in each class. */
struct field {
	uint8_t offset32, width32, offset64, width64;
};

static const struct field header_type = { 16, 2, 16, 2 }, header_machine = { 18, 2, 18, 2 },
			  header_entry = { 24, 4, 24, 8 }, header_segments = { 28, 4, 32, 8 },
			  header_sections = { 32, 4, 40, 8 },
			  header_segment_size = { 42, 2, 54, 2 },
			  header_segment_count = { 44, 2, 56, 2 },
			  header_section_size = { 46, 2, 58, 2 },
			  header_section_count = { 48, 2, 60, 2 },
			  header_section_names = { 50, 2, 62, 2 };

/* Those of struct elf_segment, in its order. */
static const struct field segment_fields[] = {
	{ 0, 4, 0, 4 },   /* type */
	{ 4, 4, 8, 8 },   /* offset */
	{ 16, 4, 32, 8 }, /* file_size */
	{ 8, 4, 16, 8 },  /* virtual_start */
	{ 12, 4, 24, 8 }, /* physical_start */
	{ 20, 4, 40, 8 }, /* memory_size */
	{ 28, 4, 48, 8 }, /* align */
};
_Static_assert(sizeof(struct elf_segment) == ARRAY_SIZE(segment_fields) * sizeof(uint64_t),
	       "a field has a number");

static const struct field section_address = { 12, 4, 16, 8 };

/* Those of struct elf_section, in its order. */
static const struct field section_fields[] = {
	{ 4, 4, 4, 4 },   /* type */
	{ 8, 4, 8, 8 },   /* flags */
	{ 12, 4, 16, 8 }, /* address */
	{ 16, 4, 24, 8 }, /* offset */
	{ 20, 4, 32, 8 }, /* size */
	{ 32, 4, 48, 8 }, /* align */
	{ 24, 4, 40, 4 }, /* link */
};
_Static_assert(sizeof(struct elf_section) == ARRAY_SIZE(section_fields) * sizeof(uint64_t),
	       "a field has a number");

/* Sizes of the structures, by class. */
static unsigned size_of_header(bool is_64bit)
{
	return is_64bit ? 64 : 52;
}

static unsigned size_of_segment(bool is_64bit)
{
	return is_64bit ? 56 : 32;
}

static unsigned size_of_section(bool is_64bit)
{
	return is_64bit ? 64 : 40;
}

static uint64_t get(const struct elf_image *elf, uint64_t at, struct field field)
{
	const uint8_t *bytes = elf->bytes + at + (elf->is_64bit ? field.offset64 : field.offset32);

	return load_bytes(bytes, elf->is_64bit ? field.width64 : field.width32);
}

static void get_all(const struct elf_image *elf, uint64_t at, const struct field *fields,
		    unsigned count, uint64_t *values)
{
	for (unsigned i = 0; i < count; i++)
		values[i] = get(elf, at, fields[i]);
}

static bool within(const struct elf_image *elf, uint64_t offset, uint64_t length)
{
	return offset <= elf->length && length <= elf->length - offset;
}

/* What kind of ELF file it is: the fields that stand before any table. */
static enum error check_kind(struct elf_image *elf, struct reason *why)
{
	const uint8_t *ident = elf->bytes;

	if (elf->length < size_of_header(false) || memcmp(ident, MAGIC, MAGIC_SIZE))
		return reason_set(why, ERROR_INVALID_DATA, "ELF: no ELF header in %lu bytes",
				  elf->length);
	if (ident[IDENT_CLASS] != CLASS_32 && ident[IDENT_CLASS] != CLASS_64)
		return reason_set(why, ERROR_INVALID_DATA,
				  "ELF: class %u is neither 32-bit nor 64-bit", ident[IDENT_CLASS]);
	if (ident[IDENT_DATA] != DATA_LITTLE_ENDIAN)
		return reason_set(why, ERROR_INVALID_DATA, "ELF: data encoding %u is not x86's",
				  ident[IDENT_DATA]);
	if (ident[IDENT_VERSION] != VERSION_CURRENT)
		return reason_set(why, ERROR_INVALID_DATA, "ELF: version %u is not 1",
				  ident[IDENT_VERSION]);
	elf->is_64bit = ident[IDENT_CLASS] == CLASS_64;
	if (elf->length < size_of_header(elf->is_64bit))
		return reason_set(why, ERROR_INVALID_DATA,
				  "ELF: the 64-bit header is cut off at %lu bytes", elf->length);

	uint64_t type = get(elf, 0, header_type), machine = get(elf, 0, header_machine);
	if (type != TYPE_EXECUTABLE && type != TYPE_SHARED)
		return reason_set(why, ERROR_INVALID_DATA, "ELF: type %lu is no executable", type);
	if (machine != MACHINE_X86_64 && (machine != MACHINE_386 || elf->is_64bit))
		return reason_set(why, ERROR_INVALID_DATA,
				  "ELF: machine %lu of a %s file is neither i386 nor x86-64",
				  machine, elf->is_64bit ? "64-bit" : "32-bit");
	return ERROR_NONE;
}

/* A table of `count` headers of `size` bytes at `offset`. */
static enum error check_table(const struct elf_image *elf, const char *name, uint64_t offset,
			      unsigned count, unsigned size, unsigned least, unsigned most,
			      struct reason *why)
{
	if (!count)
		return ERROR_NONE;
	if (size < least)
		return reason_set(why, ERROR_INVALID_DATA,
				  "ELF: %s headers of %u bytes, not %u or more", name, size, least);
	if (count > most)
		return reason_set(why, ERROR_UNSUPPORTED, "ELF: %u %ss, more than %u", count, name,
				  most);
	if (!within(elf, offset, (uint64_t)count * size))
		return reason_set(why, ERROR_INVALID_DATA,
				  "ELF: %u %s headers of %u bytes at 0x%lx end past the file's %lu "
				  "bytes",
				  count, name, size, offset, elf->length);
	return ERROR_NONE;
}

static enum error check_segment(const struct elf_image *elf, unsigned n, struct reason *why)
{
	struct elf_segment s = elf_segment(elf, n);

	if (s.type != ELF_SEGMENT_LOAD && s.type != ELF_SEGMENT_NOTE)
		return ERROR_NONE;
	if (!within(elf, s.offset, s.file_size))
		return reason_set(why, ERROR_INVALID_DATA,
				  "ELF: segment %u has 0x%lx bytes at file offset 0x%lx, past the "
				  "file's %lu bytes",
				  n, s.file_size, s.offset, elf->length);
	if (s.type != ELF_SEGMENT_LOAD || !s.memory_size)
		return s.file_size && s.type == ELF_SEGMENT_LOAD
			       ? reason_set(why, ERROR_INVALID_DATA,
					    "ELF: segment %u has bytes but no memory", n)
			       : ERROR_NONE;
	if (s.file_size > s.memory_size)
		return reason_set(why, ERROR_INVALID_DATA,
				  "ELF: segment %u has 0x%lx bytes in the file but only 0x%lx in "
				  "memory",
				  n, s.file_size, s.memory_size);
	if (s.memory_size && (!range_is_valid(s.physical_start, s.memory_size) ||
			      !range_is_valid(s.virtual_start, s.memory_size)))
		return reason_set(why, ERROR_INVALID_DATA,
				  "ELF: segment %u of 0x%lx bytes wraps around at 0x%lx", n,
				  s.memory_size, s.physical_start);
	return ERROR_NONE;
}

/* Boot loaders differ in what they do with two segments in one place; no linker makes any. */
static enum error check_overlap(const struct elf_image *elf, unsigned n, struct reason *why)
{
	struct elf_segment s = elf_segment(elf, n);

	for (unsigned i = 0; i < n && elf_segment_is_loaded(&s); i++) {
		struct elf_segment other = elf_segment(elf, i);

		if (elf_segment_is_loaded(&other) &&
		    ranges_overlap(s.physical_start, s.memory_size, other.physical_start,
				   other.memory_size))
			return reason_set(why, ERROR_INVALID_DATA,
					  "ELF: segments %u at 0x%lx and %u at 0x%lx overlap", i,
					  other.physical_start, n, s.physical_start);
	}
	return ERROR_NONE;
}

static enum error check_section(const struct elf_image *elf, unsigned n, struct reason *why)
{
	struct elf_section s = elf_section(elf, n);

	if (s.type != ELF_SECTION_NULL && s.type != ELF_SECTION_NOBITS &&
	    !within(elf, s.offset, s.size))
		return reason_set(why, ERROR_INVALID_DATA,
				  "ELF: section %u has 0x%lx bytes at file offset 0x%lx, past the "
				  "file's %lu bytes",
				  n, s.size, s.offset, elf->length);
	return ERROR_NONE;
}

static enum error check_tables(const struct elf_image *elf, struct reason *why)
{
	enum error error =
		check_table(elf, "segment", elf->segments, elf->segment_count, elf->segment_size,
			    size_of_segment(elf->is_64bit), ELF_MOST_SEGMENTS, why);

	if (!error)
		error = check_table(elf, "section", elf->sections, elf->section_count,
				    elf->section_size, size_of_section(elf->is_64bit),
				    ELF_MOST_SECTIONS, why);
	for (unsigned n = 0; !error && n < elf->segment_count; n++)
		error = check_segment(elf, n, why);
	for (unsigned n = 0; !error && n < elf->segment_count; n++)
		error = check_overlap(elf, n, why);
	for (unsigned n = 0; !error && n < elf->section_count; n++)
		error = check_section(elf, n, why);
	return error;
}

enum error elf_open(const uint8_t *bytes, uint64_t length, struct elf_image *out,
		    struct reason *why)
{
	*out = (struct elf_image) { .bytes = bytes, .length = length };
	enum error error = check_kind(out, why);
	if (error)
		return error;
	out->entry = get(out, 0, header_entry);
	out->segments = get(out, 0, header_segments);
	out->segment_count = (unsigned)get(out, 0, header_segment_count);
	out->segment_size = (unsigned)get(out, 0, header_segment_size);
	out->sections = get(out, 0, header_sections);
	out->section_count = (unsigned)get(out, 0, header_section_count);
	out->section_size = (unsigned)get(out, 0, header_section_size);
	out->section_names = (unsigned)get(out, 0, header_section_names);
	return check_tables(out, why);
}

struct elf_segment elf_segment(const struct elf_image *elf, unsigned n)
{
	struct elf_segment segment;

	get_all(elf, elf->segments + (uint64_t)n * elf->segment_size, segment_fields,
		ARRAY_SIZE(segment_fields), (uint64_t *)&segment);
	return segment;
}

struct elf_section elf_section(const struct elf_image *elf, unsigned n)
{
	struct elf_section section;

	get_all(elf, elf->sections + (uint64_t)n * elf->section_size, section_fields,
		ARRAY_SIZE(section_fields), (uint64_t *)&section);
	return section;
}

const uint8_t *elf_section_header(const struct elf_image *elf, unsigned n)
{
	return elf->bytes + elf->sections + (uint64_t)n * elf->section_size;
}

void elf_set_section_address(const struct elf_image *elf, uint8_t *header, uint64_t address)
{
	if (elf->is_64bit)
		memcpy(header + section_address.offset64, &address, section_address.width64);
	else
		memcpy(header + section_address.offset32, &address, section_address.width32);
}

enum error elf_entry(const struct elf_image *elf, uint64_t entry, uint64_t *out, struct reason *why)
{
	bool is_physical = false;

	for (unsigned n = 0; n < elf->segment_count; n++) {
		struct elf_segment s = elf_segment(elf, n);

		if (s.type != ELF_SEGMENT_LOAD)
			continue;
		if (entry - s.virtual_start < s.memory_size) {
			*out = s.physical_start + (entry - s.virtual_start);
			return ERROR_NONE;
		}
		is_physical |= entry - s.physical_start < s.memory_size;
	}
	if (!is_physical)
		return reason_set(why, ERROR_INVALID_DATA,
				  "ELF: no segment holds the entry point 0x%lx", entry);
	*out = entry;
	return ERROR_NONE;
}

/* A list of notes: each has three words, its name and its content, both padded. */
struct note_list {
	const uint8_t *bytes;
	uint64_t length, align;
};

#define NOTE_HEAD 12

static bool find_in_list(struct note_list list, const char *name, uint32_t type,
			 struct elf_note *out)
{
	uint64_t name_length = strlen(name) + 1, at = 0;

	while (list.length - at >= NOTE_HEAD) {
		const uint8_t *note = list.bytes + at;
		uint64_t name_size = load_u32(note), size = load_u32(note + 4);
		uint64_t content = align_up(at + NOTE_HEAD + name_size, list.align);

		if (content > list.length || size > list.length - content)
			return false;
		if (load_u32(note + 8) == type && name_size == name_length &&
		    !memcmp(note + NOTE_HEAD, name, name_length)) {
			*out = (struct elf_note) { list.bytes + content, (uint32_t)size };
			return true;
		}
		at = align_up(content + size, list.align);
		if (at > list.length)
			return false;
	}
	return false;
}

/* Notes are padded to words, or to eight bytes where their segment says so. */
static struct note_list list_at(const struct elf_image *elf, uint64_t offset, uint64_t length,
				uint64_t align)
{
	return (struct note_list) { elf->bytes + offset, length, align == 8 ? 8 : 4 };
}

bool elf_find_note(const struct elf_image *elf, const char *name, uint32_t type,
		   struct elf_note *out)
{
	bool found = false, any = false;

	for (unsigned n = 0; !found && n < elf->segment_count; n++) {
		struct elf_segment s = elf_segment(elf, n);

		if (s.type != ELF_SEGMENT_NOTE)
			continue;
		any = true;
		found = find_in_list(list_at(elf, s.offset, s.file_size, s.align), name, type, out);
	}
	for (unsigned n = 0; !any && !found && n < elf->section_count; n++) {
		struct elf_section s = elf_section(elf, n);

		if (s.type == ELF_SECTION_NOTE)
			found = find_in_list(list_at(elf, s.offset, s.size, s.align), name, type,
					     out);
	}
	return found;
}
