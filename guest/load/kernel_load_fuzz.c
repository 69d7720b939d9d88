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
#define LEAST   (HEADER + 64)

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

/* ELF of 32 bits: all of the file at 1 MiB, and a note where a header is put. */
static void put_segments(uint8_t *file, size_t size)
{
	const uint32_t headers[2][8] = {
		{ 1, 0, MIB(1), MIB(1), (uint32_t)size, (uint32_t)size, 7, 1 },
		{ 4, HEADER, MIB(1) + HEADER, MIB(1) + HEADER, 20, 20, 4, 4 },
	};

	put(file, 24, MIB(1));        /* entry */
	put(file, 28, 52);            /* program headers: where */
	put(file, 40, 32 << 16 | 52); /* sizes of a program header and of this one */
	put(file, 44, 2);             /* how many, and no sections */
	put(file, 48, 0);
	memcpy(file + 52, headers, sizeof(headers));
}

/* For an image without an ELF header: all of the file at 1 MiB. */
static void put_addresses(uint8_t *file)
{
	put(file, HEADER + 12, MIB(1) + HEADER);
	put(file, HEADER + 16, MIB(1));
	put(file, HEADER + 20, 0);
	put(file, HEADER + 24, 0);
	put(file, HEADER + 28, MIB(1));
}

/* Makes of any bytes something that gets past the first checks, or past all of them. */
static void dress(uint8_t *file, size_t size, uint8_t choices)
{
	bool whole = file[HEADER + 40] & 1;

	if (choices & 2) {
		memcpy(file, "\177ELF\1\1\1", 7);
		file[4] = choices & 4 ? 2 : 1;
		memcpy(file + 16, "\2\0\76\0", 4);
		if (whole && !(choices & 4))
			put_segments(file, size);
	}
	if (choices & 8) {
		uint32_t flags = choices & 16 ? 0x10007 : 7;
		put(file, HEADER, 0x1badb002);
		put(file, HEADER + 4, flags);
		put(file, HEADER + 8, -(0x1badb002 + flags));
		if (whole)
			put_addresses(file);
	} else if (choices & 32) {
		uint32_t length = whole ? 24 : file[HEADER + 8] & ~7u;
		put(file, HEADER, 0xe85250d6);
		put(file, HEADER + 4, 0);
		put(file, HEADER + 8, length);
		put(file, HEADER + 12, -(0xe85250d6 + length));
		if (whole) /* the end tag alone */
			memcpy(file + HEADER + 16, "\0\0\0\0\10\0\0\0", 8);
	} else {
		memcpy(file + HEADER, "\4\0\0\0\4\0\0\0\22\0\0\0Xen", 16);
		if (whole)
			put(file, HEADER + 16, MIB(1));
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
	/* What is dressed has room for it. */
	const size_t room = choices & 1 && size < LEAST ? LEAST : size;
	uint8_t *file = calloc(1, room);
	memcpy(file, data, size);
	size = room;
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
