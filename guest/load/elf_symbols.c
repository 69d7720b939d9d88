/* Looks symbols up, one after another. */
#include "guest/load/elf_symbols.h"

#include "lib/bits.h"
#include "lib/bytes.h"
#include "lib/format.h"

#define NAME_MOST 64 /* of a name as it is shown */

enum { TYPE_NONE, TYPE_OBJECT, TYPE_FUNCTION };
enum { SECTION_UNDEFINED = 0, SECTION_RESERVED = 0xff00 };

/* What is of use in an entry of the table. */
struct symbol {
	uint32_t name;
	uint8_t type;
	uint16_t section;
	uint64_t value, size;
};

static unsigned entry_size(const struct elf_image *elf)
{
	return elf->is_64bit ? 24 : 16;
}

static struct symbol symbol_at(const struct elf_symbols *s, unsigned n)
{
	const uint8_t *at = s->elf.bytes + s->table + (uint64_t)n * entry_size(&s->elf);
	struct symbol symbol = { .name = load_u32(at) };

	if (s->elf.is_64bit) {
		symbol.type = at[4] & 15;
		symbol.section = (uint16_t)load_bytes(at + 6, 2);
		symbol.value = load_bytes(at + 8, 8);
		symbol.size = load_bytes(at + 16, 8);
	} else {
		symbol.value = load_u32(at + 4);
		symbol.size = load_u32(at + 8);
		symbol.type = at[12] & 15;
		symbol.section = (uint16_t)load_bytes(at + 14, 2);
	}
	return symbol;
}

bool elf_symbols_open(const uint8_t *bytes, uint64_t length, struct elf_symbols *out)
{
	struct reason why;

	*out = (struct elf_symbols) { 0 };
	if (elf_open(bytes, length, &out->elf, &why))
		return false;
	for (unsigned n = 0; n < out->elf.section_count; n++) {
		struct elf_section table = elf_section(&out->elf, n), strings;
		uint64_t count = table.size / entry_size(&out->elf);

		if (table.type != ELF_SECTION_SYMBOLS || table.link >= out->elf.section_count)
			continue;
		strings = elf_section(&out->elf, table.link);
		if (strings.type != ELF_SECTION_STRINGS)
			continue;
		out->table = table.offset;
		out->count = count < ELF_MOST_SYMBOLS ? (unsigned)count : ELF_MOST_SYMBOLS;
		out->strings = strings.offset;
		out->strings_length = strings.size;
		return out->count;
	}
	return false;
}

/* --- looking up ------------------------------------------------------------------------------ */

/* The virtual address of what is meant by `at`; false when no segment is there. */
static bool find_virtual(const struct elf_image *elf, uint64_t at, uint64_t *out)
{
	bool found = false;

	for (unsigned n = 0; n < elf->segment_count; n++) {
		struct elf_segment s = elf_segment(elf, n);

		if (!elf_segment_is_loaded(&s))
			continue;
		if (at - s.virtual_start < s.memory_size) {
			*out = at;
			return true;
		}
		if (!found && at - s.physical_start < s.memory_size) {
			*out = s.virtual_start + (at - s.physical_start);
			found = true;
		}
	}
	return found;
}

/* Of symbols at one address a function's name tells more than a label's. */
static bool is_better(const struct symbol *one, const struct symbol *than)
{
	if (one->value != than->value)
		return one->value > than->value;
	return one->type > than->type;
}

/* A name, as far as it is printable and within its table. */
static bool name_of(const struct elf_symbols *s, const struct symbol *symbol, char *name)
{
	const uint8_t *strings = s->elf.bytes + s->strings;
	unsigned length = 0;

	for (uint64_t at = symbol->name;
	     at < s->strings_length && strings[at] > ' ' && strings[at] < 0x7f &&
	     strings[at] != '"' && length < NAME_MOST - 1;
	     at++)
		name[length++] = (char)strings[at];
	name[length] = 0;
	return length;
}

bool elf_symbols_find(const struct elf_symbols *s, uint64_t at, char *text, size_t size)
{
	struct symbol best = { 0 };
	bool found = false;
	char name[NAME_MOST];
	uint64_t wanted;

	text[0] = 0;
	if (!find_virtual(&s->elf, at, &wanted))
		return false;
	for (unsigned n = 0; n < s->count; n++) {
		struct symbol symbol = symbol_at(s, n);

		if (symbol.type > TYPE_FUNCTION || symbol.section == SECTION_UNDEFINED ||
		    symbol.section >= SECTION_RESERVED || symbol.value > wanted)
			continue;
		/* What says how long it is ends there. */
		if (symbol.size && wanted - symbol.value >= symbol.size)
			continue;
		if ((!found || is_better(&symbol, &best)) && name_of(s, &symbol, name)) {
			best = symbol;
			found = true;
		}
	}
	if (!found || !name_of(s, &best, name))
		return false;
	format_string(text, size, "%s+0x%lx", name, wanted - best.value);
	return true;
}
