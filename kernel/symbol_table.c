/* From the first entry to the one that is wanted: who asks has time. */
#include "kernel/symbol_table.h"

#include "lib/text_list.h"

#define DISTANCE_BITS 7
#define DISTANCE_MORE 0x80

static const uint8_t *read_distance(const uint8_t *entry, const uint8_t *end, uint64_t *distance)
{
	unsigned shift = 0;
	uint8_t byte = DISTANCE_MORE;

	*distance = 0;
	while (byte & DISTANCE_MORE && entry < end && shift < 64) {
		byte = *entry++;
		*distance |= (uint64_t)(byte & (DISTANCE_MORE - 1)) << shift;
		shift += DISTANCE_BITS;
	}
	return entry;
}

/* Behind the name at `bytes`, or the table's end. */
static const uint8_t *skip_name(const struct symbol_table *table, const uint8_t *bytes)
{
	while (bytes < table->end && *bytes >= table->last_pieces)
		bytes++;
	return bytes < table->end ? bytes + 1 : bytes;
}

static void spell(const struct symbol_table *table, const uint8_t *bytes, char *name)
{
	const uint8_t *end = skip_name(table, bytes);
	unsigned length = 0;

	for (; bytes < end; bytes++)
		for (const char *p = nth_text(table->pieces, *bytes);
		     *p && length < SYMBOL_NAME_MAX - 1; p++)
			name[length++] = *p;
	name[length] = 0;
}

bool symbol_table_find(const struct symbol_table *table, uint64_t at, char name[SYMBOL_NAME_MAX],
		       uint64_t *offset)
{
	const uint8_t *entry = table->entries, *found = NULL;
	uint64_t start = 0, distance;

	while (entry < table->end) {
		entry = read_distance(entry, table->end, &distance);
		if (distance > at - start)
			break;
		start += distance;
		found = entry;
		entry = skip_name(table, entry);
	}
	if (!found)
		return false;
	spell(table, found, name);
	*offset = at - start;
	return true;
}
