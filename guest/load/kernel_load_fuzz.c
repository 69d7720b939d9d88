/* Any bytes as a Multiboot or PVH kernel, in a small machine. The first byte of the input chooses the
 * protocol and may put a header or a note there; modules and lines are parts of the input, too. What
 * is accepted must be in RAM and lead to RAM. */
#include <stdlib.h>
#include <string.h>

#include "guest/load/load_multiboot.h"
#include "guest/load/load_pvh.h"
#include "lib/assert.h"
#include "lib/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RAM     MIB(2)
#define LOW_END KIB(640)
#define HEADER  0x100u /* where a header is put */

static uint8_t *ram;

static uint8_t *memory(void *context, uint64_t at, uint64_t length)
{
	bool low = at < LOW_END && length <= LOW_END - at;
	bool high = at >= MIB(1) && at < RAM && length <= RAM - at;

	return low || high ? ram + at : NULL;
}

static void put(uint8_t *file, size_t at, uint32_t value)
{
	memcpy(file + at, &value, sizeof(value));
}

/* Makes of any bytes something that gets past the first checks. */
static void dress(uint8_t *file, size_t size, uint8_t choices)
{
	if (size < HEADER + 64)
		return;
	if (choices & 2) {
		memcpy(file, "\177ELF\1\1\1", 7);
		file[4] = choices & 4 ? 2 : 1;
		memcpy(file + 16, "\2\0\76\0", 4);
	}
	if (choices & 8) {
		uint32_t flags = choices & 16 ? 0x10007 : 7;
		put(file, HEADER, 0x1badb002);
		put(file, HEADER + 4, flags);
		put(file, HEADER + 8, -(0x1badb002 + flags));
	} else if (choices & 32) {
		uint32_t length = file[HEADER + 8] & ~7u;
		put(file, HEADER, 0xe85250d6);
		put(file, HEADER + 4, 0);
		put(file, HEADER + 8, length);
		put(file, HEADER + 12, -(0xe85250d6 + length));
	} else {
		memcpy(file + HEADER, "\4\0\0\0\4\0\0\0\22\0\0\0Xen", 16);
	}
}

static void check(const struct boot_state *state)
{
	assert(state->mode == VCPU_MODE_PROT32);
	assert(memory(NULL, state->rip, 1));
	assert(memory(NULL, state->gpr[RBX], 56));
	assert(memory(NULL, state->gdt_base, state->gdt_limit + 1u));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t rsdp[ACPI_RSDP_LENGTH] = { [15] = 2 };
	const struct load_target target = {
		.memory = memory,
		.map = { .entries = { { 0, LOW_END, MEMORY_RAM },
				      { KIB(896), KIB(128), MEMORY_RESERVED },
				      { MIB(1), RAM - MIB(1), MEMORY_RAM } },
			 .count = 3 },
		.taken = { .entries = { { 0, 0x500, MEMORY_RESERVED } }, .count = 1 },
		.rsdp = KIB(896),
		.rsdp_bytes = rsdp,
	};
	struct boot_state state;
	struct reason why = { 0 };

	if (size < 2)
		return 0;
	uint8_t choices = *data++;
	size--;
	ram = calloc(1, RAM);
	uint8_t *file = malloc(size);
	memcpy(file, data, size);
	if (choices & 1)
		dress(file, size, choices);
	const struct load_file kernel = { file, size, "a line" };
	const struct load_file modules[2] = { { file, size / 2, "first" }, { file, 0, "" } };
	unsigned count = choices >> 6 & 1 ? 2 : 0;

	enum error error = choices & 0x80
				   ? load_pvh(&target, &kernel, modules, count, &state, &why)
				   : load_multiboot(&target, &kernel, modules, count, &state, &why);
	if (!error)
		check(&state);
	else
		assert(why.kind == error && why.text[0]);
	free(file);
	free(ram);
	return 0;
}
