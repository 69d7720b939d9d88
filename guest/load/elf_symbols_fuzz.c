/* Any bytes behind a header that is right: what symbols say of any address stays within the file. */
#include <stdlib.h>
#include <string.h>

#include "guest/load/elf_symbols.h"
#include "lib/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEADER 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t start[] = { 0x7f, 'E', 'L', 'F', 1, 1, 1 };
	struct elf_symbols symbols;
	char text[100];

	if (size < HEADER + 1)
		return 0;
	bool is_64bit = *data & 1;
	uint8_t *copy = malloc(--size);
	memcpy(copy, data + 1, size);
	memcpy(copy, start, sizeof(start));
	copy[4] = is_64bit ? 2 : 1;
	memcpy(copy + 16, "\2\0\3\0", 4);
	if (is_64bit)
		copy[18] = 62;
	if (elf_symbols_open(copy, size, &symbols)) {
		for (unsigned n = 0; n < symbols.elf.segment_count; n++) {
			struct elf_segment s = elf_segment(&symbols.elf, n);

			if (elf_symbols_find(&symbols, s.virtual_start + size, text, sizeof(text)))
				assert(text[0] && memchr(text, 0, sizeof(text)));
		}
	}
	free(copy);
	return 0;
}
