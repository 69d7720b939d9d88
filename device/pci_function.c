/* A function's header: identity, capabilities, base addresses and the windows that follow them. */
#include "device/pci.h"

#include "lib/assert.h"
#include "lib/bits.h"
#include "lib/bytes.h"
#include "lib/string.h"

#define BAR_IO        0x1u
#define BAR_64BIT     0x4u
#define BAR_IO_FLAGS  0x3u
#define BAR_MEM_FLAGS 0xfu

#define HEADER_END 0x40

#define COMMAND_WRITABLE \
	(PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE)

/* --- registers ------------------------------------------------------------------------------- */

void pci_function_set(struct pci_function *f, unsigned offset, unsigned width, uint32_t value,
		      uint32_t writable)
{
	assert(offset + width <= PCI_CONFIG_SIZE);
	store_bytes(f->config + offset, value, width);
	store_bytes(f->writable + offset, writable, width);
}

uint32_t pci_function_get(const struct pci_function *f, unsigned offset, unsigned width)
{
	return (uint32_t)load_bytes(f->config + offset, width);
}

void pci_function_init(struct pci_function *f, const struct pci_identity *identity)
{
	*f = (struct pci_function) { .context = NULL };
	pci_function_set(f, PCI_VENDOR_ID, 2, identity->vendor, 0);
	pci_function_set(f, PCI_DEVICE_ID, 2, identity->device, 0);
	pci_function_set(f, PCI_COMMAND, 2, 0, COMMAND_WRITABLE);
	pci_function_set(f, PCI_REVISION, 1, identity->revision, 0);
	pci_function_set(f, PCI_CLASS, 3, identity->class_code, 0);
	pci_function_set(f, PCI_HEADER_TYPE, 1, identity->header_type, 0);
	pci_function_set(f, PCI_SUBSYSTEM, 2, identity->subsystem_vendor, 0);
	pci_function_set(f, PCI_SUBSYSTEM + 2, 2, identity->subsystem, 0);
	pci_function_set(f, PCI_INTERRUPT_PIN, 1, identity->interrupt_pin, 0);
	if (identity->interrupt_pin)
		pci_function_set(f, PCI_INTERRUPT_LINE, 1, 0, 0xff);
}

/* Capabilities are packed from the header's end up, each doubleword-aligned, the newest first. */
unsigned pci_function_add_capability(struct pci_function *f, uint8_t id, unsigned length)
{
	unsigned end = HEADER_END, at;

	for (unsigned c = f->config[PCI_CAPABILITIES]; c; c = f->config[c + 1])
		if (c + f->capability_lengths[c / 4] > end)
			end = c + f->capability_lengths[c / 4];
	at = (unsigned)align_up(end, 4);
	if (at + length > PCI_CONFIG_SIZE)
		return 0;
	f->capability_lengths[at / 4] = (uint8_t)length;
	f->config[at] = id;
	f->config[at + 1] = f->config[PCI_CAPABILITIES];
	f->config[PCI_CAPABILITIES] = (uint8_t)at;
	f->config[PCI_STATUS] |= PCI_STATUS_CAPABILITIES;
	return at;
}

/* --- base addresses -------------------------------------------------------------------------- */

void pci_function_set_bar(struct pci_function *f, unsigned number, const struct pci_bar *bar)
{
	unsigned offset = PCI_BAR0 + 4 * number;
	uint32_t mask = ~(bar->size - 1);

	assert(number + (bar->kind == PCI_BAR_MEMORY64) < PCI_BARS &&
	       !(bar->size & (bar->size - 1)));
	f->bars[number] = *bar;
	switch (bar->kind) {
	case PCI_BAR_IO:
		pci_function_set(f, offset, 4, BAR_IO, mask & ~BAR_IO_FLAGS);
		break;
	case PCI_BAR_MEMORY:
		pci_function_set(f, offset, 4, 0, mask & ~BAR_MEM_FLAGS);
		break;
	case PCI_BAR_MEMORY64:
		pci_function_set(f, offset, 4, BAR_64BIT, mask & ~BAR_MEM_FLAGS);
		pci_function_set(f, offset + 4, 4, 0, UINT32_MAX);
		break;
	case PCI_BAR_NONE:
		break;
	}
}

static uint64_t bar_address(const struct pci_function *f, unsigned number)
{
	uint64_t low = pci_function_get(f, PCI_BAR0 + 4 * number, 4);

	switch (f->bars[number].kind) {
	case PCI_BAR_IO:
		return low & ~(uint64_t)BAR_IO_FLAGS;
	case PCI_BAR_MEMORY:
		return low & ~(uint64_t)BAR_MEM_FLAGS;
	default:
		return (low & ~(uint64_t)BAR_MEM_FLAGS) |
		       (uint64_t)pci_function_get(f, PCI_BAR0 + 4 * number + 4, 4) << 32;
	}
}

/* A BAR at 0 is one that nobody has placed; one that would cover another chip does not answer. */
static void open_window(struct pci *pci, const struct pci_function *f, unsigned number)
{
	const struct pci_bar *bar = &f->bars[number];
	bool io = bar->kind == PCI_BAR_IO;
	uint16_t command = (uint16_t)pci_function_get(f, PCI_COMMAND, 2);
	const struct bus_window window = {
		.first = bar_address(f, number),
		.length = bar->size,
		.widest = bar->widest,
		.ops = bar->ops,
		.chip = bar->chip,
	};

	if (!(command & (io ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY)) || !window.first)
		return;
	if (bus_add(io ? pci->ports : pci->memory, &window, NULL))
		return;
}

void pci_update_windows(struct pci *pci, struct pci_function *f)
{
	for (unsigned i = 0; i < PCI_BARS; i++) {
		const struct pci_bar *bar = &f->bars[i];

		if (bar->kind == PCI_BAR_NONE)
			continue;
		bus_remove(bar->kind == PCI_BAR_IO ? pci->ports : pci->memory, bar->chip);
		open_window(pci, f, i);
	}
}

void pci_place_bar(struct pci *pci, struct pci_function *f, unsigned number, uint64_t address)
{
	bool io = f->bars[number].kind == PCI_BAR_IO;
	unsigned offset = PCI_BAR0 + 4 * number;
	uint32_t flags = pci_function_get(f, offset, 4) & (io ? BAR_IO_FLAGS : BAR_MEM_FLAGS);
	uint32_t low = (uint32_t)address | flags, high = (uint32_t)(address >> 32);

	memcpy(f->config + offset, &low, sizeof(low));
	if (f->bars[number].kind == PCI_BAR_MEMORY64)
		memcpy(f->config + offset + 4, &high, sizeof(high));
	f->config[PCI_COMMAND] |= io ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY;
	memcpy(f->initial, f->config, sizeof(f->initial));
	pci_update_windows(pci, f);
}

/* --- the interrupt pin ----------------------------------------------------------------------- */

void pci_set_intx(struct pci_function *f, bool asserted)
{
	uint16_t command = (uint16_t)pci_function_get(f, PCI_COMMAND, 2);

	f->intx_asserted = asserted;
	f->config[PCI_STATUS] = (uint8_t)(asserted ? f->config[PCI_STATUS] | PCI_STATUS_INTERRUPT
						   : f->config[PCI_STATUS] & ~PCI_STATUS_INTERRUPT);
	wire_set(&f->intx, asserted && !(command & PCI_COMMAND_INTX_DISABLE));
}
