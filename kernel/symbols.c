/* Looking an address up in the sorted table that tools/make-symbols writes. */
#include "kernel/symbols.h"

const char *symbols_find(uint64_t address, uint64_t *offset)
{
	return NULL;
}
