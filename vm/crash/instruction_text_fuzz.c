/* Any bytes in any mode: the text ends within its buffer and the operands within their array. */
#include <string.h>

#include "lib/assert.h"
#include "vm/crash/instruction_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct instruction_registers registers;
	struct instruction_text text;
	uint8_t bytes[INSTRUCTION_BYTES] = { 0 };

	if (!size)
		return 0;
	enum code_mode mode = (enum code_mode)(*data & 3);
	unsigned available = size - 1 < sizeof(bytes) ? (unsigned)size - 1 : sizeof(bytes);
	memcpy(bytes, data + 1, available);
	memset(&registers, *data, sizeof(registers));
	instruction_describe(mode, bytes, available, &registers, &text);
	assert(text.length <= available);
	assert(memchr(text.text, 0, sizeof(text.text)) && text.text[0]);
	assert(text.operands <= INSTRUCTION_OPERANDS);
	return 0;
}
