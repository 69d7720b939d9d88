/* A VM with a firmware and a Linux kernel: the kernel's parts are items of fw_cfg, and the option ROM
 * that starts it is a file there, first in the boot order. SeaBIOS, "Runtime config", names both
 * files; UEFI firmware needs neither, and passes over them. */
#include "guest/pc/pc_parts.h"

#include "guest/load/offer_linux.h"
#include "kernel/memory.h"
#include "lib/bits.h"

#define LINUX_ROM_SIZE 512

/* From guest/bios/rom.asm. */
extern const uint8_t linux_rom[LINUX_ROM_SIZE];

#define ROM_FILE "genroms/linux.bin"

static const char boot_order[] = "/rom@" ROM_FILE "\n";

#define OFFER_PAGES ((sizeof(struct linux_offer) + PAGE_MASK) / PAGE_SIZE)

static size_t initrd_pages(const struct linux_offer *offer)
{
	return (offer->initrd.length + PAGE_MASK) / PAGE_SIZE;
}

/* Several initrds are one to the guest. */
static enum error join(struct pc *pc, const struct load_file *initrds, unsigned count,
		       struct reason *why)
{
	struct linux_offer *offer = pc->offer;

	if (!offer->initrd.length || offer->initrd.bytes)
		return ERROR_NONE;
	pc->joined_initrds = pages_alloc(initrd_pages(offer), PAGE_SIZE);
	if (!pc->joined_initrds)
		return reason_set(why, ERROR_NO_MEMORY,
				  "no memory to make one of %u initrds: 0x%x bytes", count,
				  offer->initrd.length);
	offer_linux_join(offer, initrds, count, pc->joined_initrds);
	return ERROR_NONE;
}

static void add_part(struct fw_cfg_items *fw, const struct offered_part *part, uint16_t address,
		     uint16_t size, uint16_t data)
{
	fw_cfg_add_number(fw, address, part->at, 4);
	fw_cfg_add_number(fw, size, part->length, 4);
	fw_cfg_add_bytes(fw, data, part->bytes, part->length);
}

static void add_items(const struct linux_offer *offer, struct fw_cfg_items *fw)
{
	add_part(fw, &offer->setup, FW_CFG_SETUP_ADDRESS, FW_CFG_SETUP_SIZE, FW_CFG_SETUP_DATA);
	add_part(fw, &offer->kernel, FW_CFG_KERNEL_ADDRESS, FW_CFG_KERNEL_SIZE, FW_CFG_KERNEL_DATA);
	add_part(fw, &offer->command_line, FW_CFG_COMMAND_LINE_ADDRESS, FW_CFG_COMMAND_LINE_SIZE,
		 FW_CFG_COMMAND_LINE_DATA);
	if (offer->initrd.length)
		add_part(fw, &offer->initrd, FW_CFG_INITRD_ADDRESS, FW_CFG_INITRD_SIZE,
			 FW_CFG_INITRD_DATA);
	fw_cfg_add_file(fw, ROM_FILE, linux_rom, LINUX_ROM_SIZE);
	fw_cfg_add_file(fw, "bootorder", boot_order, sizeof(boot_order));
}

enum error pc_offer_create(struct pc *pc, struct fw_cfg_items *fw, struct reason *why)
{
	struct load_file kernel, initrds[SPEC_MODULES];
	const struct spec_module *module;
	struct reason story;

	if (pc->spec->offered == SPEC_NO_KERNEL)
		return ERROR_NONE;
	module = &pc->spec->modules[pc->spec->offered];
	kernel = pc_file(module);
	unsigned count = pc_files_of(pc->spec, MODULE_INITRD, initrds);
	pc->offer = pages_alloc(OFFER_PAGES, PAGE_SIZE);
	if (!pc->offer)
		return reason_set(why, ERROR_NO_MEMORY, "no memory for what fw_cfg offers VM %s",
				  pc->spec->name);
	enum error error = offer_linux(&pc->target, &kernel, initrds, count, pc->offer, &story);
	if (!error)
		error = join(pc, initrds, count, &story);
	if (!error)
		add_items(pc->offer, fw);
	/* The VM's kernel is the firmware, and this is told of another module. */
	return error ? reason_set(why, error, "for the firmware to start, module %u: %s",
				  module->index, story.text)
		     : ERROR_NONE;
}

void pc_offer_free(struct pc *pc)
{
	if (pc->joined_initrds)
		pages_free(pc->joined_initrds, initrd_pages(pc->offer));
	pages_free(pc->offer, OFFER_PAGES);
}
