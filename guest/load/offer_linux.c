/* The layout is that of a kernel entered in real mode (linux_real_mode.h), in less memory: a BIOS
 * keeps tables and data of its own at the end of RAM below 4 GiB. */
#include "guest/load/offer_linux.h"

#include "guest/load/linux_layout.h"
#include "guest/load/linux_real_mode.h"
#include "lib/bits.h"
#include "lib/string.h"

/* SeaBIOS takes 256 KiB and what its drivers and the ACPI tables need: more than twice of that. */
#define FIRMWARE_KEEPS MIB(1)

/* RAM below 4 GiB without its end; a BIOS's boot ROM and the 16-bit entry know of no other. */
static void leave_to_firmware(struct load_target *target)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < target->map.count; i++) {
		struct memory_entry entry = target->map.entries[i];

		if (entry.start >= GIB(4))
			continue;
		if (entry.kind == MEMORY_RAM && entry.start >= MIB(1))
			entry.length -=
				entry.length < FIRMWARE_KEEPS ? entry.length : FIRMWARE_KEEPS;
		if (entry.length)
			target->map.entries[kept++] = entry;
	}
	target->map.count = kept;
}

/* What is placed ends below 4 GiB: addresses and lengths fit 32 bits. */
static struct offered_part part(uint64_t at, const void *bytes, uint64_t length)
{
	return (struct offered_part) { (uint32_t)at, (uint32_t)length, bytes };
}

enum error offer_linux(const struct load_target *target, const struct load_file *kernel,
		       const struct load_file *initrds, unsigned initrd_count,
		       struct linux_offer *offer, struct reason *why)
{
	struct load_target left = *target;
	struct linux_real_mode real;
	struct linux_load load;
	const struct linux_image *image = &load.image;

	leave_to_firmware(&left);
	enum error error =
		linux_load_start(&load, &left, kernel, initrds, initrd_count, ENTRY_16, why);
	if (!error)
		error = linux_real_mode_place(&load, &real, why);
	if (error)
		return error;
	memcpy(offer->setup_bytes, image->setup, image->setup_length);
	linux_real_mode_fill(&load, &real, offer->setup_bytes);
	offer->setup = part(real.at, offer->setup_bytes, image->setup_length);
	offer->kernel = part(load.kernel, image->code, image->code_length);
	offer->command_line =
		part(load.command_line_at, load.command_line, strlen(load.command_line) + 1);
	offer->initrd =
		part(load.initrd, initrd_count == 1 ? initrds[0].bytes : NULL, load.initrd_size);
	return ERROR_NONE;
}

void offer_linux_join(struct linux_offer *offer, const struct load_file *initrds,
		      unsigned initrd_count, uint8_t *to)
{
	const struct linux_load load = { .initrds = initrds,
					 .initrd_count = initrd_count,
					 .initrd_size = offer->initrd.length };

	linux_join_initrds(&load, to);
	offer->initrd.bytes = to;
}
