/* The table of function names that tools/make-symbols writes. Names share most of their words, so that
 * each byte of a name stands for a piece of text, of which there are as many as a byte tells apart; and
 * neighbours begin alike, so that only what differs from the name before is there. Pure. */
#ifndef KERNEL_SYMBOL_TABLE_H
#define KERNEL_SYMBOL_TABLE_H

#include "lib/types.h"

#define SYMBOL_NAME_MAX 64 /* with its end; longer names are cut */

struct symbol_table {
	/* For each function, by address: a number (LEB128: seven bits a byte, the lowest first; all but the
	 * last have bit 7 set), of which the lowest four bits are how many pieces of its name are those of the
	 * name before, and the others how many bytes it lies behind that one; then its other pieces. */
	const uint8_t *entries, *end;
	const char *pieces;  /* one after the other, from that of byte 0 */
	uint8_t last_pieces; /* the first of them end a name: so many */
};

/* The function that holds `at`, a distance from where the first entry counts from, and how far into it.
 * False, and nothing changed, when `at` lies before all of them. */
bool symbol_table_find(const struct symbol_table *table, uint64_t at, char name[SYMBOL_NAME_MAX],
		       uint64_t *offset);

#endif
