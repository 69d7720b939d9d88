/* From the first entry to the one that is wanted: who asks has time. */
#include "kernel/symbol_table.h"

#include "lib/bits.h"
#include "lib/text_list.h"

#define LEB128_BITS 7
#define LEB128_MORE 0x80

#define SHARED_BITS 4

/* The name of the entry that was read last. */
struct spelling {
	uint8_t pieces[SYMBOL_NAME_MAX - 1]; /* enough even if each is one letter */
	unsigned count;
};

static const uint8_t *read_number(const uint8_t *bytes, const uint8_t *end, uint64_t *number)
{
	unsigned shift = 0;
	uint8_t byte = LEB128_MORE;

	*number = 0;
	while (byte & LEB128_MORE && bytes < end && shift < 64) {
		byte = *bytes++;
		*number |= (uint64_t)(byte & (LEB128_MORE - 1)) << shift;
		shift += LEB128_BITS;
	}
	return bytes;
}

/* Puts the pieces at `bytes` behind the first `shared`. Returns what lies behind them, or the table's end. */
static const uint8_t *read_name(const struct symbol_table *table, const uint8_t *bytes,
				unsigned shared, struct spelling *name)
{
	bool last = false;

	name->count = shared;
	while (bytes < table->end && !last) {
		last = *bytes < table->last_pieces;
		if (name->count < sizeof(name->pieces))
			name->pieces[name->count++] = *bytes;
		bytes++;
	}
	return bytes;
}

static void spell(const struct symbol_table *table, const struct spelling *spelling, char *name)
{
	unsigned length = 0;

	for (unsigned i = 0; i < spelling->count; i++)
		for (const char *p = nth_text(table->pieces, spelling->pieces[i]);
		     *p && length < SYMBOL_NAME_MAX - 1; p++)
			name[length++] = *p;
	name[length] = 0;
}

bool symbol_table_find(const struct symbol_table *table, uint64_t at, char name[SYMBOL_NAME_MAX],
		       uint64_t *offset)
{
	const uint8_t *entry = table->entries;
	struct spelling found = { .count = 0 };
	uint64_t start = 0, number;

	while (entry < table->end) {
		entry = read_number(entry, table->end, &number);
		if (number >> SHARED_BITS > at - start)
			break;
		start += number >> SHARED_BITS;
		entry = read_name(table, entry, number & (BIT(SHARED_BITS) - 1), &found);
	}
	if (!found.count)
		return false;
	spell(table, &found, name);
	*offset = at - start;
	return true;
}
