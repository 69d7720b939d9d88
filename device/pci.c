/* Configuration accesses, by either mechanism, and what they do to a header. */
#include "device/pci.h"

#include "lib/bits.h"
#include "lib/string.h"

#define ADDRESS_ENABLE   BIT(31)
#define ADDRESS_BUS      BITS(23, 16)
#define ADDRESS_FUNCTION BITS(15, 8)
#define ADDRESS_REGISTER BITS(7, 2)
#define ADDRESS_STORED   (ADDRESS_ENABLE | BITS(23, 2))
#define DATA_OFFSET      (PCI_DATA_PORT - PCI_ADDRESS_PORT)
#define MECHANISM_PORTS  8

#define ECAM_FUNCTION_SHIFT 12
#define ECAM_REGISTER       BITS(11, 0)

#define BYTE_BITS 8

/* --- a function's registers ------------------------------------------------------------------ */

static uint32_t read_config(struct pci_function *f, unsigned offset, unsigned width)
{
	/* Extended configuration space is there, and empty. */
	if (offset + width > PCI_CONFIG_SIZE)
		return 0;
	if (f->reads)
		f->reads(f->context, offset, width);
	return pci_function_get(f, offset, width);
}

static void write_config(struct pci *pci, struct pci_function *f, unsigned offset, unsigned width,
			 uint32_t value)
{
	if (offset + width > PCI_CONFIG_SIZE)
		return;
	for (unsigned i = 0; i < width; i++) {
		uint8_t byte = (uint8_t)(value >> (i * BYTE_BITS)), mask = f->writable[offset + i];

		f->config[offset + i] = (uint8_t)((f->config[offset + i] & ~mask) | (byte & mask));
	}
	if (offset < PCI_SUBSYSTEM)
		pci_update_windows(pci, f);
	if (offset <= PCI_COMMAND + 1)
		pci_set_intx(f, f->intx_asserted);
	if (f->written)
		f->written(f->context, offset, width);
}

/* --- mechanism #1 ---------------------------------------------------------------------------- */

/* The function that CONFIG_ADDRESS names, or null. */
static struct pci_function *addressed(const struct pci *pci)
{
	if (!(pci->address & ADDRESS_ENABLE) || (pci->address & ADDRESS_BUS))
		return NULL;
	return pci->functions[field_get(pci->address, ADDRESS_FUNCTION)];
}

static unsigned register_of(const struct pci *pci, uint64_t offset)
{
	return (unsigned)((pci->address & ADDRESS_REGISTER) + (offset - DATA_OFFSET));
}

static uint64_t pci_read(void *chip, uint64_t offset, unsigned width)
{
	struct pci *pci = (struct pci *)chip;

	if (offset >= DATA_OFFSET) {
		struct pci_function *f = addressed(pci);

		return f ? read_config(f, register_of(pci, offset), width) : UINT64_MAX;
	}
	/* Only an aligned doubleword reaches CONFIG_ADDRESS. */
	return offset == 0 && width == 4 ? pci->address : UINT64_MAX;
}

static void pci_write(void *chip, uint64_t offset, unsigned width, uint64_t value)
{
	struct pci *pci = (struct pci *)chip;

	if (offset >= DATA_OFFSET) {
		struct pci_function *f = addressed(pci);

		if (f)
			write_config(pci, f, register_of(pci, offset), width, (uint32_t)value);
	} else if (offset == 0 && width == 4) {
		pci->address = (uint32_t)(value & ADDRESS_STORED);
	}
}

static void pci_reset(void *chip)
{
	struct pci *pci = (struct pci *)chip;

	pci->address = 0;
	for (unsigned i = 0; i < PCI_FUNCTIONS; i++) {
		struct pci_function *f = pci->functions[i];

		if (!f)
			continue;
		memcpy(f->config, f->initial, sizeof(f->config));
		pci_update_windows(pci, f);
		pci_set_intx(f, false);
	}
}

const struct chip_ops pci_ops = {
	.name = "PCI configuration",
	.read = pci_read,
	.write = pci_write,
	.reset = pci_reset,
};

/* --- ECAM ------------------------------------------------------------------------------------ */

static struct pci_function *ecam_function(const struct pci *pci, uint64_t offset)
{
	return offset < PCI_ECAM_BUS ? pci->functions[offset >> ECAM_FUNCTION_SHIFT] : NULL;
}

static uint64_t ecam_read(void *chip, uint64_t offset, unsigned width)
{
	struct pci_function *f = ecam_function((const struct pci *)chip, offset);

	return f ? read_config(f, offset & ECAM_REGISTER, width) : UINT64_MAX;
}

static void ecam_write(void *chip, uint64_t offset, unsigned width, uint64_t value)
{
	struct pci_function *f = ecam_function((const struct pci *)chip, offset);

	if (f)
		write_config((struct pci *)chip, f, offset & ECAM_REGISTER, width, (uint32_t)value);
}

const struct chip_ops pci_ecam_ops = {
	.name = "PCI ECAM",
	.read = ecam_read,
	.write = ecam_write,
};

/* --- making ---------------------------------------------------------------------------------- */

void pci_init(struct pci *pci, struct bus *ports, struct bus *memory)
{
	*pci = (struct pci) { .ports = ports, .memory = memory };
}

enum error pci_attach(struct pci *pci, uint64_t ecam, uint64_t ecam_size, struct reason *why)
{
	/* 0xCF9 is the reset control register: only a doubleword at 0xCF8 is ours. */
	static const struct bus_place places[] = {
		{ PCI_ADDRESS_PORT, 1, 0, 4 },
		{ PCI_DATA_PORT, MECHANISM_PORTS - DATA_OFFSET, DATA_OFFSET, 4 },
	};
	const struct bus_window window = {
		.first = ecam, .length = ecam_size, .widest = 4, .ops = &pci_ecam_ops, .chip = pci
	};
	enum error error = bus_attach(pci->ports, places, ARRAY_SIZE(places), &pci_ops, pci, why);

	return error || !ecam ? error : bus_add(pci->memory, &window, why);
}

enum error pci_add_function(struct pci *pci, unsigned devfn, struct pci_function *f,
			    struct reason *why)
{
	if (devfn >= PCI_FUNCTIONS || pci->functions[devfn])
		return reason_set(why, ERROR_RESOURCE_BUSY,
				  "PCI: no place at device %u function %u", devfn >> 3, devfn & 7);
	pci->functions[devfn] = f;
	memcpy(f->initial, f->config, sizeof(f->initial));
	return ERROR_NONE;
}
