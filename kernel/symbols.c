/* Looking an address up in the table that is linked in. */
#include "kernel/symbols.h"

#include "kernel/address_space.h"

extern const uint8_t symbol_entries[], symbol_entries_end[], symbol_last_pieces;
extern const char symbol_pieces[];

bool symbols_find(uint64_t address, char name[SYMBOL_NAME_MAX], uint64_t *offset)
{
	const struct symbol_table table = {
		.entries = symbol_entries,
		.end = symbol_entries_end,
		.pieces = symbol_pieces,
		.last_pieces = symbol_last_pieces,
	};
	uint64_t start = (uintptr_t)image_start, end = (uintptr_t)image_text_end;

	return address >= start && address < end &&
	       symbol_table_find(&table, address - start, name, offset);
}
