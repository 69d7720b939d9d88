/* Any bytes as a Linux image in a small machine, loaded and offered to a firmware. The first byte says which entry is asked for, whether
 * there is an initrd, and whether the magic numbers are put right beforehand. */
#include <stdlib.h>
#include <string.h>

#include "guest/load/linux_image.h"
#include "guest/load/load_linux.h"
#include "guest/load/offer_linux.h"
#include "lib/assert.h"
#include "lib/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RAM_SIZE    MIB(4)
#define LEAST_IMAGE 0x600 /* boot sector, a sector of setup code, a sector of kernel */

static uint8_t *ram;

static uint8_t *memory(void *context, uint64_t at, uint64_t length)
{
	return at < RAM_SIZE && length <= RAM_SIZE - at ? ram + at : NULL;
}

/* Makes the header one of a version that has every field, in a machine where it could fit. */
static void put_right(uint8_t *image, uint8_t choices)
{
	store_u16(image + LINUX_BOOT_FLAG, 0xaa55);
	store_u32(image + LINUX_HEADER, 0x53726448);
	store_u8(image + LINUX_JUMP, 0xeb);
	if (choices & 32)
		store_u16(image + LINUX_VERSION, 0x200 | (choices >> 6) * 5);
	if (choices & 64) {
		store_u32(image + LINUX_SYSSIZE, 0);
		store_u32(image + LINUX_PAYLOAD_OFFSET, 0);
	}
	if (choices & 128) {
		store_u64(image + LINUX_PREF_ADDRESS, MIB(1));
		store_u8(image + LINUX_SETUP_SECTS, 1);
	}
}

static void check(const struct load_target *target, const struct boot_state *boot)
{
	uint64_t at = boot->rip + (boot->mode == VCPU_MODE_REAL16 ? boot->cs * 16u : 0);

	assert(at < RAM_SIZE);
	if (boot->mode == VCPU_MODE_REAL16)
		return;
	assert(boot->gdt_base >= 0x500 && boot->gdt_base < RAM_SIZE);
	assert(boot->gpr[RSI] && boot->gpr[RSI] < RAM_SIZE);
	const uint8_t *params = ram + boot->gpr[RSI];
	uint32_t line = load_u32(params + LINUX_CMD_LINE_PTR);
	if (load_u16(params + LINUX_VERSION) >= LINUX_2_02)
		assert(!strcmp((const char *)ram + line, "words"));
}

static void check_offered(const struct offered_part *part)
{
	assert(!part->length || memory(NULL, part->at, part->length));
	for (uint32_t i = 0; i < part->length; i++)
		ram[part->at + i] = part->bytes[i]; /* which ASan watches */
}

static void offer(const struct load_target *target, const struct load_file *kernel,
		  const struct load_file *initrds, unsigned count)
{
	static struct linux_offer offer;
	struct reason why;

	if (offer_linux(target, kernel, initrds, count, &offer, &why)) {
		assert(why.kind != ERROR_NONE && strlen(why.text) > 0);
		return;
	}
	uint8_t *joined = calloc(1, offer.initrd.length + 1);
	if (!offer.initrd.bytes)
		offer_linux_join(&offer, initrds, count, joined);
	check_offered(&offer.setup);
	check_offered(&offer.kernel);
	check_offered(&offer.command_line);
	check_offered(&offer.initrd);
	free(joined);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct load_target target = {
		.memory = memory,
		.map = { .entries = { { 0, KIB(640), MEMORY_RAM },
				      { MIB(1), RAM_SIZE - MIB(1), MEMORY_RAM } },
			 .count = 2 },
		.taken = { .entries = { { 0, 0x500, MEMORY_RESERVED } }, .count = 1 },
	};
	struct boot_state boot;
	struct reason why;

	if (!size)
		return 0;
	uint8_t choices = *data++;
	size--;
	const bool helped = choices & 16;
	size_t room = helped && size < LEAST_IMAGE ? LEAST_IMAGE : size;
	uint8_t *copy = calloc(1, room + 1);
	/* Helped, the input begins where the header does. */
	size_t from = helped && size <= room - LINUX_SETUP_SECTS ? LINUX_SETUP_SECTS : 0;
	memcpy(copy + from, data, size);
	size = room;
	if (helped)
		put_right(copy, choices);
	ram = calloc(1, RAM_SIZE);
	const struct load_file kernel = { copy, size, "words" };
	const struct load_file initrds[] = { { copy, size, "" }, { copy, size / 2, "" } };
	enum spec_entry entry = (enum spec_entry)(choices & 3);
	if (load_linux(&target, &kernel, initrds, choices >> 2 & 3 ? 2 : 0, entry, &boot, &why) ==
	    ERROR_NONE)
		check(&target, &boot);
	else
		assert(why.kind != ERROR_NONE && strlen(why.text) > 0);
	offer(&target, &kernel, initrds, choices >> 2 & 3 ? 2 : choices >> 7);
	free(ram);
	free(copy);
	return 0;
}
