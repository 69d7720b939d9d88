/* What the writers of tables share: appending to memory of a given size, and checksums. Pure. */
#ifndef GUEST_TABLES_TABLE_WRITER_H
#define GUEST_TABLES_TABLE_WRITER_H

#include "lib/types.h"

struct table_writer {
	uint8_t *bytes;
	uint32_t size, used;
	bool full; /* something did not fit */
};

void table_put(struct table_writer *w, const void *bytes, uint32_t count);

/* Changes the byte at `at` so that the sum of the `length` bytes is zero. */
void table_make_sum_zero(uint8_t *bytes, uint32_t length, uint32_t at);

#endif
