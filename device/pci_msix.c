/* The table, the pending bits, and when a message may go. */
#include "device/pci_msix.h"

#include "lib/assert.h"
#include "lib/bits.h"
#include "lib/bytes.h"
#include "lib/string.h"

#define CAPABILITY_ID     0x11
#define CAPABILITY_LENGTH 12

/* The capability. */
#define CONTROL        2
#define TABLE_OFFSET   4 /* with the BAR's number in the low bits */
#define PENDING_OFFSET 8

#define CONTROL_MASK   0x4000u /* of all vectors */
#define CONTROL_ENABLE 0x8000u

/* An entry of the table. */
#define ENTRY_ADDRESS 0
#define ENTRY_DATA    8
#define ENTRY_CONTROL 12

#define ADDRESS_RESERVED   0x3u /* the lowest bits: messages are aligned doublewords */
#define ENTRY_CONTROL_MASK 0x1u /* of this vector; all other bits are reserved */

#define BYTE_BITS 8

_Static_assert(PCI_MSIX_VECTORS *PCI_MSIX_ENTRY <= PCI_MSIX_PENDING, "MSI-X: table in the BAR");
_Static_assert(PCI_MSIX_VECTORS <= 64, "MSI-X: pending bits in one word");

/* --- messages -------------------------------------------------------------------------------- */

static uint32_t control_of(const struct pci_msix *msix)
{
	return pci_function_get(msix->function, msix->capability + CONTROL, 2);
}

bool pci_msix_is_enabled(const struct pci_msix *msix)
{
	return control_of(msix) & CONTROL_ENABLE;
}

/* A message is a write to memory: a function that may be no bus master sends none. */
static bool may_send(const struct pci_msix *msix)
{
	return (control_of(msix) & (CONTROL_ENABLE | CONTROL_MASK)) == CONTROL_ENABLE &&
	       (pci_function_get(msix->function, PCI_COMMAND, 2) & PCI_COMMAND_MASTER);
}

static const uint8_t *entry_of(const struct pci_msix *msix, unsigned vector)
{
	return msix->table + (size_t)vector * PCI_MSIX_ENTRY;
}

void pci_msix_update(struct pci_msix *msix)
{
	if (!msix->pending || !may_send(msix))
		return;
	for (unsigned i = 0; i < msix->vectors; i++) {
		const uint8_t *entry = entry_of(msix, i);

		if (!(msix->pending & BIT(i)) || (entry[ENTRY_CONTROL] & ENTRY_CONTROL_MASK))
			continue;
		msix->pending &= ~BIT(i);
		if (msix->send)
			msix->send(msix->context, load_u64(entry + ENTRY_ADDRESS),
				   load_u32(entry + ENTRY_DATA));
	}
}

void pci_msix_raise(struct pci_msix *msix, unsigned vector)
{
	if (vector >= msix->vectors || !pci_msix_is_enabled(msix))
		return;
	msix->pending |= BIT(vector);
	pci_msix_update(msix);
}

/* --- the BAR --------------------------------------------------------------------------------- */

/* A byte of the BAR; what is neither table nor pending bits is zero. */
static uint8_t byte_at(const struct pci_msix *msix, uint64_t offset)
{
	if (offset < (uint64_t)msix->vectors * PCI_MSIX_ENTRY)
		return msix->table[offset];
	if (offset - PCI_MSIX_PENDING < sizeof(msix->pending))
		return (uint8_t)(msix->pending >> (offset - PCI_MSIX_PENDING) * BYTE_BITS);
	return 0;
}

/* The bits of a byte of an entry that can be written. */
static uint8_t writable_at(unsigned offset)
{
	if (offset == ENTRY_ADDRESS)
		return (uint8_t)~ADDRESS_RESERVED;
	if (offset >= ENTRY_CONTROL)
		return offset == ENTRY_CONTROL ? ENTRY_CONTROL_MASK : 0;
	return UINT8_MAX;
}

static uint64_t msix_read(void *chip, uint64_t offset, unsigned width)
{
	const struct pci_msix *msix = (const struct pci_msix *)chip;
	uint64_t value = 0;

	for (unsigned i = 0; i < width; i++)
		value |= (uint64_t)byte_at(msix, offset + i) << (i * BYTE_BITS);
	return value;
}

static void msix_write(void *chip, uint64_t offset, unsigned width, uint64_t value)
{
	struct pci_msix *msix = (struct pci_msix *)chip;

	for (unsigned i = 0; i < width; i++)
		if (offset + i < (uint64_t)msix->vectors * PCI_MSIX_ENTRY)
			msix->table[offset + i] = (uint8_t)(value >> (i * BYTE_BITS)) &
						  writable_at((offset + i) % PCI_MSIX_ENTRY);
	pci_msix_update(msix);
}

void pci_msix_reset(struct pci_msix *msix)
{
	memset(msix->table, 0, sizeof(msix->table));
	for (unsigned i = 0; i < msix->vectors; i++)
		msix->table[i * PCI_MSIX_ENTRY + ENTRY_CONTROL] = ENTRY_CONTROL_MASK;
	msix->pending = 0;
}

const struct chip_ops pci_msix_ops = {
	.name = "MSI-X",
	.read = msix_read,
	.write = msix_write,
};

bool pci_msix_init(struct pci_msix *msix, struct pci_function *function, unsigned vectors,
		   unsigned bar)
{
	const struct pci_bar window = {
		.kind = PCI_BAR_MEMORY,
		.size = PCI_MSIX_BAR_SIZE,
		.widest = 8,
		.ops = &pci_msix_ops,
		.chip = msix,
	};
	unsigned at = pci_function_add_capability(function, CAPABILITY_ID, CAPABILITY_LENGTH);

	assert(vectors && vectors <= PCI_MSIX_VECTORS);
	if (!at)
		return false;
	*msix = (struct pci_msix) { .function = function, .capability = at, .vectors = vectors };
	pci_function_set(function, at + CONTROL, 2, vectors - 1, CONTROL_ENABLE | CONTROL_MASK);
	pci_function_set(function, at + TABLE_OFFSET, 4, bar, 0);
	pci_function_set(function, at + PENDING_OFFSET, 4, PCI_MSIX_PENDING | bar, 0);
	pci_function_set_bar(function, bar, &window);
	pci_msix_reset(msix);
	return true;
}
