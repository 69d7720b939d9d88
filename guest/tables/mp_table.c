/* Floating pointer, header, and entries in the order that the specification demands: processors,
 * buses, I/O APIC, its interrupts, local interrupts. */
#include "guest/tables/mp_table.h"

#include "device/ioapic.h"
#include "guest/pc/pc_layout.h"
#include "lib/bits.h"
#include "lib/bytes.h"
#include "lib/string.h"

#define FLOATING_LENGTH  16 /* also the unit that it counts in */
#define FLOATING_SUM_AT  10
#define HEADER_LENGTH_AT 4
#define HEADER_SUM_AT    7
#define HEADER_COUNT_AT  34
#define SPECIFICATION    4 /* version 1.4 */
#define CPU_ENABLED      BIT(0)
#define CPU_BOOTSTRAP    BIT(1)
#define LAPIC_VERSION    0x14
#define IOAPIC_VERSION   0x20
#define IOAPIC_ENABLED   BIT(0)
#define BUS_PCI          0
#define BUS_ISA          1
#define ISA_IRQS         16
#define PCI_SLOTS        8
#define PCI_PINS         4
#define ALL_LAPICS       0xff
#define LEVEL_LOW        0xf /* polarity active low, level-triggered */

enum entry { ENTRY_PROCESSOR, ENTRY_BUS, ENTRY_IO_APIC, ENTRY_IO_INTERRUPT, ENTRY_LOCAL_INTERRUPT };
enum interrupt { INTERRUPT_INT, INTERRUPT_NMI, INTERRUPT_SMI, INTERRUPT_EXTINT };

struct mp_writer {
	uint8_t *bytes;
	uint32_t size, used;
	uint16_t entries;
	bool full;
};

static void put(struct mp_writer *w, uint64_t value, unsigned width)
{
	if (width > w->size - w->used) {
		w->full = true;
		return;
	}
	store_bytes(w->bytes + w->used, value, width);
	w->used += width;
}

static void put_text(struct mp_writer *w, const char *text, unsigned width)
{
	while (width--)
		put(w, *text ? (uint8_t)*text++ : ' ', 1);
}

static void begin(struct mp_writer *w, enum entry type)
{
	put(w, type, 1);
	w->entries++;
}

static void put_processors(struct mp_writer *w, unsigned cpus, uint32_t signature,
			   uint32_t features)
{
	for (unsigned id = 0; id < cpus; id++) {
		begin(w, ENTRY_PROCESSOR);
		put(w, id, 1);
		put(w, LAPIC_VERSION, 1);
		put(w, CPU_ENABLED | (id ? 0 : CPU_BOOTSTRAP), 1);
		put(w, signature, 4);
		put(w, features, 4);
		put(w, 0, 8);
	}
}

static void put_bus(struct mp_writer *w, unsigned id, const char *type)
{
	begin(w, ENTRY_BUS);
	put(w, id, 1);
	put_text(w, type, 6);
}

static void put_interrupt(struct mp_writer *w, enum entry entry, enum interrupt type,
			  unsigned flags, unsigned bus, unsigned irq, unsigned apic, unsigned pin)
{
	begin(w, entry);
	put(w, type, 1);
	put(w, flags, 2);
	put(w, bus, 1);
	put(w, irq, 1);
	put(w, apic, 1);
	put(w, pin, 1);
}

static void put_interrupts(struct mp_writer *w)
{
	for (unsigned slot = 1; slot <= PCI_SLOTS; slot++)
		for (unsigned pin = 0; pin < PCI_PINS; pin++)
			put_interrupt(w, ENTRY_IO_INTERRUPT, INTERRUPT_INT, LEVEL_LOW, BUS_PCI,
				      slot << 2 | pin, PC_IO_APIC_ID,
				      PC_PCI_PIN_FIRST + (slot + pin) % PCI_PINS);
	for (unsigned irq = 0; irq < ISA_IRQS; irq++)
		if (irq != PC_IRQ_CASCADE)
			put_interrupt(w, ENTRY_IO_INTERRUPT, INTERRUPT_INT, 0, BUS_ISA, irq,
				      PC_IO_APIC_ID, irq == PC_IRQ_TIMER ? PC_PIN_TIMER : irq);
	put_interrupt(w, ENTRY_LOCAL_INTERRUPT, INTERRUPT_EXTINT, 0, BUS_ISA, 0, ALL_LAPICS, 0);
	put_interrupt(w, ENTRY_LOCAL_INTERRUPT, INTERRUPT_NMI, 0, BUS_ISA, 0, ALL_LAPICS, 1);
}

static void put_floating_pointer(struct mp_writer *w, uint64_t address)
{
	put_text(w, "_MP_", 4);
	put(w, address + FLOATING_LENGTH, 4);
	put(w, 1, 1); /* its own length, in units of itself */
	put(w, SPECIFICATION, 1);
	put(w, 0, 1); /* checksum */
	put(w, 0, 5); /* features: there is a table; virtual wire mode */
}

static void put_header(struct mp_writer *w)
{
	put_text(w, "PCMP", 4);
	put(w, 0, 2);
	put(w, SPECIFICATION, 1);
	put(w, 0, 1);
	put_text(w, "PLINTH", 8);
	put_text(w, "PC", 12);
	put(w, 0, 4);
	put(w, 0, 2);
	put(w, 0, 2); /* entries */
	put(w, PC_LOCAL_APIC, 4);
	put(w, 0, 4);
}

static void make_sum_zero(uint8_t *bytes, uint32_t length, uint32_t at)
{
	uint8_t sum = 0;

	for (uint32_t i = 0; i < length; i++)
		sum = (uint8_t)(sum + bytes[i]);
	bytes[at] = (uint8_t)(bytes[at] - sum);
}

enum error mp_table_build(const struct table_machine *machine, uint32_t signature,
			  uint32_t features, uint64_t address, uint8_t *to, uint32_t size,
			  struct reason *why)
{
	struct mp_writer w = { .bytes = to, .size = size };

	put_floating_pointer(&w, address);
	put_header(&w);
	put_processors(&w, machine->cpus, signature, features);
	put_bus(&w, BUS_PCI, "PCI");
	put_bus(&w, BUS_ISA, "ISA");
	begin(&w, ENTRY_IO_APIC);
	put(&w, PC_IO_APIC_ID, 1);
	put(&w, IOAPIC_VERSION, 1);
	put(&w, IOAPIC_ENABLED, 1);
	put(&w, IOAPIC_BASE, 4);
	put_interrupts(&w);
	if (w.full)
		return reason_set(why, ERROR_NO_MEMORY,
				  "the MP table of %u vcpus does not fit into %u bytes",
				  machine->cpus, size);
	uint8_t *table = to + FLOATING_LENGTH;
	uint16_t length = (uint16_t)(w.used - FLOATING_LENGTH);
	memcpy(table + HEADER_LENGTH_AT, &length, sizeof(length));
	memcpy(table + HEADER_COUNT_AT, &w.entries, sizeof(w.entries));
	make_sum_zero(table, length, HEADER_SUM_AT);
	make_sum_zero(to, FLOATING_LENGTH, FLOATING_SUM_AT);
	return ERROR_NONE;
}
