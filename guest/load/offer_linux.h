/* A Linux kernel that the VM's firmware is to start: what the firmware device offers of it, and
 * where each part is meant to go. A BIOS has a boot ROM copy the parts there and enters the setup
 * code (guest/bios/option/); UEFI firmware takes the bytes and starts the kernel as its program.
 * QEMU, "QEMU Firmware Configuration (fw_cfg) Device", the items of "-kernel". Pure. */
#ifndef GUEST_LOAD_OFFER_LINUX_H
#define GUEST_LOAD_OFFER_LINUX_H

#include "guest/load/loader.h"
#include "lib/error.h"
#include "lib/types.h"

#define OFFER_SETUP_MOST KIB(32)

struct offered_part {
	uint32_t at; /* guest-physical */
	uint32_t length;
	const uint8_t *bytes; /* null when they are still to be made, or there are none */
};

struct linux_offer {
	struct offered_part setup, kernel, initrd, command_line;
	uint8_t setup_bytes[OFFER_SETUP_MOST]; /* the setup code, its header filled */
};

/* Makes the offer for the machine `target`, in whose RAM nothing is changed. The kernel's `string` is
 * its command line. Bytes are those of the files, which stay the caller's; but several initrds are
 * to be made one: the initrd's bytes are null then, and offer_linux_join() makes them.
 *
 * Errors as those of load_linux(). */
enum error offer_linux(const struct load_target *target, const struct load_file *kernel,
		       const struct load_file *initrds, unsigned initrd_count,
		       struct linux_offer *offer, struct reason *why) must_check;

/* Writes several initrds as one to `to`, which has offer->initrd.length bytes. */
void offer_linux_join(struct linux_offer *offer, const struct load_file *initrds,
		      unsigned initrd_count, uint8_t *to);

#endif
