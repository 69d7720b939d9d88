/* The user's disks: a virtio block device for each module of role `disk`, in the slots of PCI from the
 * third on. The guest changes the module where it lies, so that what it wrote outlives a reset. */
#include "guest/pc/pc_parts.h"

#include "guest/pc/pc_layout.h"
#include "kernel/memory.h"
#include "lib/bits.h"
#include "lib/format.h"
#include "lib/string.h"

#define FIRST_SLOT 3
#define MOST_DISKS 6 /* DSDT and MP table know the interrupts of slots up to 8 */

/* Where the BARs lie in a guest without firmware: a stretch of ports and one of memory for each. */
#define MEMORY_STRIDE 0x8000
#define MSIX_PLACE    VIRTIO_PCI_SIZE

_Static_assert(VIRTIO_PCI_SIZE + PCI_MSIX_BAR_SIZE <= MEMORY_STRIDE, "disks: BARs in memory");

#define READ_ONLY_OPTION "ro"

static size_t disk_pages(const struct pc *pc)
{
	return (pc->disk_count * sizeof(struct pc_disk) + PAGE_MASK) / PAGE_SIZE;
}

static unsigned count_disks(const struct vm_spec *spec)
{
	unsigned count = 0;

	for (unsigned i = 0; i < spec->module_count; i++)
		count += spec->modules[i].role == MODULE_DISK;
	return count;
}

static void busy(void *context)
{
	struct pc_disk *disk = (struct pc_disk *)context;

	pc_time_touched(disk->pc, &disk->block);
}

/* Firmware places BARs and switches them on; without any, the board does as firmware would. */
static void place(struct pc *pc, unsigned number, struct pci_function *f)
{
	uint64_t memory = PC_PCI_WINDOW + number * MEMORY_STRIDE;

	pci_place_bar(&pc->pci, f, VIRTIO_PCI_LEGACY_BAR,
		      PC_PCI_IO + number * VIRTIO_PCI_LEGACY_SIZE);
	pci_place_bar(&pc->pci, f, VIRTIO_PCI_BAR, memory);
	pci_place_bar(&pc->pci, f, VIRTIO_PCI_MSIX_BAR, memory + MSIX_PLACE);
}

/* Modules are in RAM, which is nobody else's. */
static uint8_t *bytes_of(const struct spec_module *module, uint64_t *length)
{
	struct load_file file = pc_file(module);

	*length = file.length;
	return (uint8_t *)(uintptr_t)file.bytes;
}

static enum error read_options(const struct pc *pc, const struct spec_module *module,
			       struct virtio_block_setup *setup, struct reason *why)
{
	setup->read_only = !strcmp(module->command_line, READ_ONLY_OPTION);
	if (setup->read_only || !module->command_line[0])
		return ERROR_NONE;
	return reason_set(why, ERROR_INVALID_INPUT,
			  "module %u (vm=%s): a disk's own words are " READ_ONLY_OPTION
			  " or none, not \"%s\"",
			  module->index, pc->spec->name, module->command_line);
}

static enum error add_disk(struct pc *pc, unsigned number, const struct spec_module *module,
			   struct reason *why)
{
	struct pc_disk *disk = &pc->disks[number];
	struct pci_function *f = &disk->block.pci.function;
	struct virtio_block_setup setup = {
		.transitional = true,
		.id = disk->id,
		.memory = pc_device_memory(pc),
		.send = pc_send_msi,
		.send_context = pc,
		.busy = busy,
		.busy_context = disk,
	};
	enum error error = read_options(pc, module, &setup, why);

	if (error)
		return error;
	disk->pc = pc;
	format_string(disk->id, sizeof(disk->id), "plinth-disk-%u", number);
	setup.bytes = bytes_of(module, &setup.length);
	if (!setup.length)
		return reason_set(why, ERROR_INVALID_INPUT, "module %u (vm=%s): the disk is empty",
				  module->index, pc->spec->name);
	error = virtio_block_init(&disk->block, &setup, why);
	if (error)
		return error;
	pc_keep_chip(pc, &virtio_block_ops, &disk->block);
	pc_pci_wire(pc, FIRST_SLOT + number, f);
	if (!pc_has_firmware(pc))
		f->config[PCI_COMMAND] |= PCI_COMMAND_MASTER;
	error = pci_add_function(&pc->pci, PCI_DEVFN(FIRST_SLOT + number, 0), f, why);
	if (!error && !pc_has_firmware(pc))
		place(pc, number, f);
	return error;
}

enum error pc_disks_create(struct pc *pc, struct reason *why)
{
	const struct vm_spec *spec = pc->spec;
	unsigned count = count_disks(spec), number = 0;
	enum error error = ERROR_NONE;

	if (!count)
		return ERROR_NONE;
	if (!spec->virtio)
		return reason_set(why, ERROR_INVALID_INPUT,
				  "vm=%s: a disk is a virtio device, and virtio=off", spec->name);
	if (spec->copies > 1)
		return reason_set(why, ERROR_INVALID_INPUT,
				  "vm=%s: a disk is one machine's, and copies= makes %u",
				  spec->name, spec->copies);
	if (count > MOST_DISKS)
		return reason_set(why, ERROR_INVALID_INPUT, "vm=%s has %u disks; there can be %u",
				  spec->name, count, MOST_DISKS);
	pc->disks = pc_take_memory(spec, "the disks", count * sizeof(struct pc_disk), why);
	if (!pc->disks)
		return ERROR_NO_MEMORY;
	pc->disk_count = count;
	for (unsigned i = 0; i < spec->module_count && !error; i++)
		if (spec->modules[i].role == MODULE_DISK)
			error = add_disk(pc, number++, &spec->modules[i], why);
	return error;
}

void pc_disks_free(struct pc *pc)
{
	pages_free(pc->disks, disk_pages(pc));
}
