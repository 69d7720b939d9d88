/* Floating pointer, header, and entries in the order that the specification demands: processors,
 * buses, I/O APIC, its interrupts, local interrupts. */
#include "guest/tables/mp_table.h"

#include "device/ioapic.h"
#include "guest/pc/pc_layout.h"
#include "guest/tables/table_writer.h"
#include "lib/bits.h"

#define SPECIFICATION  4 /* version 1.4 */
#define CPU_ENABLED    BIT(0)
#define CPU_BOOTSTRAP  BIT(1)
#define LAPIC_VERSION  0x14
#define IOAPIC_VERSION 0x20
#define IOAPIC_ENABLED BIT(0)
#define BUS_PCI        0
#define BUS_ISA        1
#define ISA_IRQS       16
#define PCI_SLOTS      8
#define PCI_PINS       4
#define ALL_LAPICS     0xff
#define LEVEL_LOW      0xf /* polarity active low, level-triggered */

enum entry { ENTRY_PROCESSOR, ENTRY_BUS, ENTRY_IO_APIC, ENTRY_IO_INTERRUPT, ENTRY_LOCAL_INTERRUPT };
enum interrupt { INTERRUPT_INT, INTERRUPT_NMI, INTERRUPT_SMI, INTERRUPT_EXTINT };

/* Its length is also the unit that it counts in. */
struct packed_layout floating_pointer {
	char signature[4];
	uint32_t table;
	uint8_t units, specification, sum, features[5];
};
_Static_assert(sizeof(struct floating_pointer) == 16, "MP: floating pointer");

struct packed_layout header {
	char signature[4];
	uint16_t length;
	uint8_t specification, sum;
	char oem[8], product[12];
	uint32_t oem_table;
	uint16_t oem_table_size, entries;
	uint32_t local_apics;
	uint16_t extended_length;
	uint8_t extended_sum, reserved;
};
_Static_assert(sizeof(struct header) == 44, "MP: configuration table header");

struct packed_layout processor {
	uint8_t type, id, version, flags;
	uint32_t signature, features;
	uint64_t reserved;
};
_Static_assert(sizeof(struct processor) == 20, "MP: processor entry");

struct packed_layout bus {
	uint8_t type, id;
	char name[6];
};
_Static_assert(sizeof(struct bus) == 8, "MP: bus entry");

struct packed_layout io_apic {
	uint8_t type, id, version, flags;
	uint32_t address;
};
_Static_assert(sizeof(struct io_apic) == 8, "MP: I/O APIC entry");

struct packed_layout interrupt_entry {
	uint8_t type, kind;
	uint16_t flags;
	uint8_t bus, irq, apic, pin;
};
_Static_assert(sizeof(struct interrupt_entry) == 8, "MP: interrupt entry");

/* --- entries --------------------------------------------------------------------------------- */

struct mp_writer {
	struct table_writer table;
	uint16_t entries;
};

static void put(struct mp_writer *w, const void *entry, uint32_t length)
{
	table_put(&w->table, entry, length);
	w->entries++;
}

static void put_processors(struct mp_writer *w, unsigned cpus, uint32_t signature,
			   uint32_t features)
{
	for (unsigned id = 0; id < cpus; id++) {
		const struct processor processor = {
			.type = ENTRY_PROCESSOR,
			.id = (uint8_t)id,
			.version = LAPIC_VERSION,
			.flags = CPU_ENABLED | (id ? 0 : CPU_BOOTSTRAP),
			.signature = signature,
			.features = features,
		};

		put(w, &processor, sizeof(processor));
	}
}

/* Buses and the I/O APIC. */
static void put_wiring(struct mp_writer *w)
{
	static const struct bus buses[] = {
		{ ENTRY_BUS, BUS_PCI, "PCI   " },
		{ ENTRY_BUS, BUS_ISA, "ISA   " },
	};
	static const struct io_apic io_apic = {
		.type = ENTRY_IO_APIC,
		.id = PC_IO_APIC_ID,
		.version = IOAPIC_VERSION,
		.flags = IOAPIC_ENABLED,
		.address = IOAPIC_BASE,
	};

	for (unsigned i = 0; i < ARRAY_SIZE(buses); i++)
		put(w, &buses[i], sizeof(buses[i]));
	put(w, &io_apic, sizeof(io_apic));
}

/* To a pin of the I/O APIC. */
static void put_interrupt(struct mp_writer *w, unsigned flags, unsigned bus, unsigned irq,
			  unsigned pin)
{
	const struct interrupt_entry entry = {
		.type = ENTRY_IO_INTERRUPT,
		.kind = INTERRUPT_INT,
		.flags = (uint16_t)flags,
		.bus = (uint8_t)bus,
		.irq = (uint8_t)irq,
		.apic = PC_IO_APIC_ID,
		.pin = (uint8_t)pin,
	};

	put(w, &entry, sizeof(entry));
}

static void put_interrupts(struct mp_writer *w)
{
	static const struct interrupt_entry local[] = {
		{ ENTRY_LOCAL_INTERRUPT, INTERRUPT_EXTINT, 0, BUS_ISA, 0, ALL_LAPICS, 0 },
		{ ENTRY_LOCAL_INTERRUPT, INTERRUPT_NMI, 0, BUS_ISA, 0, ALL_LAPICS, 1 },
	};

	for (unsigned slot = 1; slot <= PCI_SLOTS; slot++)
		for (unsigned pin = 0; pin < PCI_PINS; pin++)
			put_interrupt(w, LEVEL_LOW, BUS_PCI, slot << 2 | pin,
				      PC_PCI_PIN_FIRST + (slot + pin) % PCI_PINS);
	for (unsigned irq = 0; irq < ISA_IRQS; irq++)
		if (irq != PC_IRQ_CASCADE)
			put_interrupt(w, 0, BUS_ISA, irq, irq == PC_IRQ_TIMER ? PC_PIN_TIMER : irq);
	for (unsigned i = 0; i < ARRAY_SIZE(local); i++)
		put(w, &local[i], sizeof(local[i]));
}

/* --- the whole ------------------------------------------------------------------------------- */

/* With a table; features: virtual wire mode. */
static const struct floating_pointer usual_pointer = {
	.signature = "_MP_",
	.units = 1,
	.specification = SPECIFICATION,
};

static const struct header usual_header = {
	.signature = "PCMP",
	.specification = SPECIFICATION,
	.oem = "PLINTH  ",
	.product = "PC          ",
	.local_apics = PC_LOCAL_APIC,
};

enum error mp_table_build(const struct table_machine *machine, uint32_t signature,
			  uint32_t features, uint64_t address, uint8_t *to, uint32_t size,
			  struct reason *why)
{
	struct floating_pointer *pointer = (struct floating_pointer *)to;
	struct header *header = (struct header *)(pointer + 1);
	struct mp_writer w = { .table = { .bytes = to, .size = size } };

	table_put(&w.table, &usual_pointer, sizeof(usual_pointer));
	table_put(&w.table, &usual_header, sizeof(usual_header));
	put_processors(&w, machine->cpus, signature, features);
	put_wiring(&w);
	put_interrupts(&w);
	if (w.table.full)
		return reason_set(why, ERROR_NO_MEMORY,
				  "the MP table of %u vcpus does not fit into %u bytes",
				  machine->cpus, size);
	pointer->table = (uint32_t)(address + sizeof(*pointer));
	table_make_sum_zero(to, sizeof(*pointer), offsetof(struct floating_pointer, sum));
	header->length = (uint16_t)(w.table.used - sizeof(*pointer));
	header->entries = w.entries;
	table_make_sum_zero((uint8_t *)header, header->length, offsetof(struct header, sum));
	return ERROR_NONE;
}
