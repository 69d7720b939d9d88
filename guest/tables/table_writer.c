/* Bytes and their sums. */
#include "guest/tables/table_writer.h"

#include "lib/string.h"

void table_put(struct table_writer *w, const void *bytes, uint32_t count)
{
	if (count > w->size - w->used) {
		w->full = true;
		return;
	}
	memcpy(w->bytes + w->used, bytes, count);
	w->used += count;
}

void table_make_sum_zero(uint8_t *bytes, uint32_t length, uint32_t at)
{
	uint8_t sum = 0;

	for (uint32_t i = 0; i < length; i++)
		sum = (uint8_t)(sum + bytes[i]);
	bytes[at] = (uint8_t)(bytes[at] - sum);
}
