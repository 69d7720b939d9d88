/* The tables, field by field. Offsets and lengths are those of ACPI 6.5; FADT of revision 4. */
#include "guest/tables/acpi_tables.h"

#include "device/acpi_pm.h"
#include "device/hpet.h"
#include "device/ioapic.h"
#include "device/reset_ports.h"
#include "device/rtc.h"
#include "guest/pc/pc_layout.h"
#include "lib/bits.h"
#include "lib/string.h"

#define OEM_ID       "PLINTH"
#define OEM_TABLE    "PLINTHPC"
#define CREATOR      "PLTH"
#define OEM_REVISION 1

#define RSDP_V1_LENGTH  20
#define FACS_LENGTH     64
#define FACS_ALIGNMENT  64
#define TABLE_ALIGNMENT 16

/* FADT */
#define FADT_REVISION   4
#define PROFILE_DESKTOP 1
#define BOOT_LEGACY     BIT(0) /* IAPC_BOOT_ARCH: devices that only ISA software finds */
#define BOOT_8042       BIT(1)
#define BOOT_NO_VGA     BIT(2)
#define FLAG_WBINVD     BIT(0)
#define FLAG_PROC_C1    BIT(2)
#define FLAG_SLP_BUTTON BIT(5) /* no fixed sleep button */
#define FLAG_RTC_S4     BIT(7)
#define FLAG_TMR_32     BIT(8)
#define FLAG_RESET      BIT(10)
#define C2_NEVER        101 /* microseconds: more than 100 means not supported */
#define C3_NEVER        1001

/* MADT */
#define MADT_PCAT_COMPAT BIT(0) /* there are 8259s */
#define MADT_ENABLED     BIT(0)
#define ISO_LEVEL_HIGH   0xd /* polarity active high, level-triggered */
#define ALL_PROCESSORS   0xff
#define APIC_ID_MOST     254u

enum madt_entry {
	MADT_LOCAL_APIC = 0,
	MADT_IO_APIC = 1,
	MADT_OVERRIDE = 2,
	MADT_LOCAL_NMI = 4,
	MADT_LOCAL_X2APIC = 9,
};

enum space { SPACE_MEMORY = 0, SPACE_IO = 1 };

#define T ACPI_PART_TABLES

/* --- heads and tails ------------------------------------------------------------------------- */

struct packed_layout table_header {
	char signature[4];
	uint32_t length; /* of the whole table: end() */
	uint8_t revision, sum;
	char oem[6], oem_table[8];
	uint32_t oem_revision;
	char creator[4];
	uint32_t creator_revision;
};
_Static_assert(sizeof(struct table_header) == 36, "ACPI: table header");

static uint32_t begin(struct acpi_blob *blob, const char *signature, unsigned revision)
{
	struct table_header header = {
		.revision = (uint8_t)revision,
		.oem = OEM_ID,
		.oem_table = OEM_TABLE,
		.oem_revision = OEM_REVISION,
		.creator = CREATOR,
		.creator_revision = OEM_REVISION,
	};

	acpi_align(blob, TABLE_ALIGNMENT);
	uint32_t start = blob->used[T];
	memcpy(header.signature, signature, sizeof(header.signature));
	acpi_put_bytes(blob, T, &header, sizeof(header));
	return start;
}

static void add_sum(struct acpi_blob *blob, uint32_t start, uint32_t length)
{
	acpi_add_checksum(blob, T, start + offsetof(struct table_header, sum), start, length);
}

static uint32_t end(struct acpi_blob *blob, uint32_t start)
{
	uint32_t length = blob->used[T] - start;

	if (!blob->full)
		memcpy(blob->bytes[T] + start + offsetof(struct table_header, length), &length,
		       sizeof(length));
	add_sum(blob, start, length);
	return start;
}

/* A table that is the same in every machine. */
static uint32_t put_table(struct acpi_blob *blob, const char *signature, const void *body,
			  uint32_t length)
{
	uint32_t start = begin(blob, signature, 1);

	acpi_put_bytes(blob, T, body, length);
	return end(blob, start);
}

/* Generic Address Structure. */
struct packed_layout address {
	uint8_t space, bits, bit_offset;
	uint8_t access; /* 1 to 3: a byte, two or four; 0: untold */
	uint64_t address;
};

/* --- the tables ------------------------------------------------------------------------------ */

static uint32_t put_facs(struct acpi_blob *blob)
{
	acpi_align(blob, FACS_ALIGNMENT);
	uint32_t start = blob->used[T];

	acpi_put_bytes(blob, T, "FACS", 4);
	acpi_put(blob, T, FACS_LENGTH, 4);
	acpi_put_zeros(blob, T, FACS_LENGTH - 8);
	return start;
}

static uint32_t flags_of(const struct table_machine *machine)
{
	return (machine->com_mask & 0xfu) | (machine->hpet ? BIT(4) : 0) |
	       (machine->keyboard ? BIT(5) : 0);
}

/* The DSDT's PLFG has a value that occurs nowhere else: the machine's choices take its place. */
static enum error put_dsdt(struct acpi_blob *blob, const struct table_machine *machine,
			   const struct acpi_dsdt *dsdt, uint32_t *start, struct reason *why)
{
	static const uint8_t mark[] = { 'P', 'L', 'F', 'G', 0x0c, 0x00, 0xee, 0xff, 0xc0 };
	uint32_t flags = flags_of(machine), at = sizeof(struct table_header);

	acpi_align(blob, TABLE_ALIGNMENT);
	*start = blob->used[T];
	while (at + sizeof(mark) <= dsdt->length && memcmp(dsdt->bytes + at, mark, sizeof(mark)))
		at++;
	if (at + sizeof(mark) > dsdt->length)
		return reason_set(why, ERROR_INVALID_DATA, "the DSDT has no PLFG to fill in");
	acpi_put_bytes(blob, T, dsdt->bytes, dsdt->length);
	if (!blob->full)
		memcpy(blob->bytes[T] + *start + at + sizeof(mark) - sizeof(flags), &flags,
		       sizeof(flags));
	add_sum(blob, *start, dsdt->length);
	return ERROR_NONE;
}

/* Of a block of registers there is a port in the old form and an address in the new one. */
struct packed_layout fadt {
	uint32_t facs, dsdt;
	uint8_t reserved, profile;
	uint16_t sci;
	uint32_t command_port;
	uint8_t enable, disable, s4bios, p_state;
	uint32_t pm1a_event, pm1b_event, pm1a_control, pm1b_control, pm2_control, timer, gpe0, gpe1;
	uint8_t event_length, control_length, pm2_length, timer_length, gpe0_length, gpe1_length;
	uint8_t gpe1_base, cst;
	uint16_t c2_latency, c3_latency, flush_size, flush_stride;
	uint8_t duty_offset, duty_width, day_alarm, month_alarm, century;
	uint16_t boot;
	uint8_t reserved_2;
	uint32_t flags;
	struct address reset;
	uint8_t reset_value, reserved_3[3];
	uint64_t long_facs, long_dsdt;
	struct address long_pm1a_event, long_pm1b_event, long_pm1a_control, long_pm1b_control,
		long_pm2_control, long_timer, long_gpe0, long_gpe1;
};
_Static_assert(sizeof(struct table_header) + sizeof(struct fadt) == 244, "ACPI: FADT");

/* The FACS is told by its 32-bit address, and the long one stays 0. WBINVD works, so that caches have
 * no size and no stride. */
static const struct fadt usual_fadt = {
	.profile = PROFILE_DESKTOP,
	.sci = ACPI_SCI_IRQ,
	.command_port = ACPI_COMMAND_PORT,
	.enable = ACPI_ENABLE,
	.disable = ACPI_DISABLE,
	.event_length = 4,
	.control_length = 2,
	.timer_length = 4,
	.gpe0_length = 4,
	.c2_latency = C2_NEVER,
	.c3_latency = C3_NEVER,
	.century = RTC_CENTURY,
	.boot = BOOT_LEGACY,
	.flags = FLAG_WBINVD | FLAG_PROC_C1 | FLAG_SLP_BUTTON | FLAG_RTC_S4 | FLAG_TMR_32 |
		 FLAG_RESET,
	.reset = { SPACE_IO, 8, 0, 1, RESET_CONTROL_PORT },
	.reset_value = RESET_HARD | RESET_NOW,
	.long_pm1a_event = { SPACE_IO, 32, 0, 3, 0 },
	.long_pm1a_control = { SPACE_IO, 16, 0, 2, 0 },
	.long_timer = { SPACE_IO, 32, 0, 3, 0 },
	.long_gpe0 = { SPACE_IO, 32, 0, 3, 0 },
};

/* Where a register of the ACPI block is, which the machine may have elsewhere than by default. */
static uint32_t pm_port(const struct table_machine *machine, uint32_t port)
{
	return machine->pm_base + (port - ACPI_PM_PORT);
}

static void adapt_fadt(struct fadt *fadt, const struct table_machine *machine, uint32_t facs,
		       uint32_t dsdt)
{
	fadt->facs = facs;
	fadt->long_dsdt = fadt->dsdt = dsdt;
	fadt->long_pm1a_event.address = fadt->pm1a_event = pm_port(machine, ACPI_PM_EVENT);
	fadt->long_pm1a_control.address = fadt->pm1a_control = pm_port(machine, ACPI_PM_CONTROL);
	fadt->long_timer.address = fadt->timer = pm_port(machine, ACPI_PM_TIMER);
	fadt->long_gpe0.address = fadt->gpe0 = pm_port(machine, ACPI_PM_GPE0);
	if (machine->keyboard)
		fadt->boot |= BOOT_8042;
	if (!machine->vga)
		fadt->boot |= BOOT_NO_VGA;
}

static uint32_t put_fadt(struct acpi_blob *blob, const struct table_machine *machine, uint32_t facs,
			 uint32_t dsdt)
{
	uint32_t start = begin(blob, "FACP", FADT_REVISION), at = blob->used[T];
	struct fadt *fadt = acpi_put_bytes(blob, T, &usual_fadt, sizeof(usual_fadt));

	if (fadt)
		adapt_fadt(fadt, machine, facs, dsdt);
	acpi_add_pointer(blob, T, at + offsetof(struct fadt, facs), sizeof(fadt->facs));
	acpi_add_pointer(blob, T, at + offsetof(struct fadt, dsdt), sizeof(fadt->dsdt));
	acpi_add_pointer(blob, T, at + offsetof(struct fadt, long_dsdt), sizeof(fadt->long_dsdt));
	return end(blob, start);
}

struct packed_layout local_apic {
	uint8_t type, length, uid, id;
	uint32_t flags;
};
_Static_assert(sizeof(struct local_apic) == 8, "ACPI: processor local APIC");

struct packed_layout local_x2apic {
	uint8_t type, length;
	uint16_t reserved;
	uint32_t id, flags, uid;
};
_Static_assert(sizeof(struct local_x2apic) == 16, "ACPI: processor local x2APIC");

struct packed_layout override {
	uint8_t type, length, bus, irq;
	uint32_t pin;
	uint16_t flags;
};

/* What stands behind the processors. */
static const struct packed_layout {
	struct packed_layout {
		uint8_t type, length, id, reserved;
		uint32_t address, first;
	} io_apic;
	struct override timer, sci;
	struct packed_layout {
		uint8_t type, length, uid;
		uint16_t flags;
		uint8_t lint;
	} nmi;
} interrupts = {
	.io_apic = { MADT_IO_APIC, 12, PC_IO_APIC_ID, 0, IOAPIC_BASE, 0 },
	.timer = { MADT_OVERRIDE, 10, 0, PC_IRQ_TIMER, PC_PIN_TIMER, 0 },
	.sci = { MADT_OVERRIDE, 10, 0, ACPI_SCI_IRQ, ACPI_SCI_IRQ, ISO_LEVEL_HIGH },
	.nmi = { MADT_LOCAL_NMI, 6, ALL_PROCESSORS, 0, 1 },
};
_Static_assert(sizeof(interrupts) == 12 + 10 + 10 + 6, "ACPI: MADT");

static void put_processor(struct acpi_blob *blob, uint32_t id)
{
	const struct local_apic local = { MADT_LOCAL_APIC, sizeof(local), (uint8_t)id, (uint8_t)id,
					  MADT_ENABLED };
	const struct local_x2apic wide = {
		MADT_LOCAL_X2APIC, sizeof(wide), 0, id, MADT_ENABLED, id
	};

	if (id <= APIC_ID_MOST)
		acpi_put_bytes(blob, T, &local, sizeof(local));
	else
		acpi_put_bytes(blob, T, &wide, sizeof(wide));
}

static uint32_t put_madt(struct acpi_blob *blob, const struct table_machine *machine)
{
	static const uint32_t head[] = { PC_LOCAL_APIC, MADT_PCAT_COMPAT };
	uint32_t start = begin(blob, "APIC", 3);

	acpi_put_bytes(blob, T, head, sizeof(head));
	for (uint32_t id = 0; id < machine->cpus; id++)
		put_processor(blob, id);
	acpi_put_bytes(blob, T, &interrupts, sizeof(interrupts));
	return end(blob, start);
}

static const struct packed_layout {
	uint64_t reserved, base;
	uint16_t segment;
	uint8_t first_bus, last_bus;
	uint32_t reserved_2;
} mcfg = { .base = PC_ECAM, .last_bus = PC_ECAM_SIZE / MIB(1) - 1 };
_Static_assert(sizeof(mcfg) == 24, "ACPI: MCFG");

static const struct packed_layout {
	uint32_t block_id;
	struct address address;
	uint8_t number;
	uint16_t shortest; /* period that loses nothing, in ticks */
	uint8_t protection;
} hpet = { HPET_BLOCK_ID, { SPACE_MEMORY, 64, 0, 0, HPET_BASE }, 0, 0x80, 0 };
_Static_assert(sizeof(hpet) == 20, "ACPI: HPET");

#define ROOT_TABLES 4

static uint32_t put_root(struct acpi_blob *blob, const char *signature, unsigned width,
			 const uint32_t *tables, unsigned count)
{
	uint32_t start = begin(blob, signature, 1);

	for (unsigned i = 0; i < count; i++) {
		acpi_add_pointer(blob, T, blob->used[T], width);
		acpi_put(blob, T, tables[i], width);
	}
	return end(blob, start);
}

struct packed_layout rsdp {
	char signature[8];
	uint8_t sum;
	char oem[6];
	uint8_t revision;
	uint32_t rsdt, length;
	uint64_t xsdt;
	uint8_t long_sum, reserved[3];
};
_Static_assert(sizeof(struct rsdp) == 36, "ACPI: RSDP");

static void put_rsdp(struct acpi_blob *blob, uint32_t rsdt, uint32_t xsdt)
{
	const enum acpi_part part = ACPI_PART_RSDP;
	const struct rsdp rsdp = {
		.signature = "RSD PTR ",
		.oem = OEM_ID,
		.revision = 2,
		.rsdt = rsdt,
		.length = sizeof(rsdp),
		.xsdt = xsdt,
	};

	acpi_put_bytes(blob, part, &rsdp, sizeof(rsdp));
	acpi_add_pointer(blob, part, offsetof(struct rsdp, rsdt), sizeof(rsdp.rsdt));
	acpi_add_pointer(blob, part, offsetof(struct rsdp, xsdt), sizeof(rsdp.xsdt));
	acpi_add_checksum(blob, part, offsetof(struct rsdp, sum), 0, RSDP_V1_LENGTH);
	acpi_add_checksum(blob, part, offsetof(struct rsdp, long_sum), 0, sizeof(rsdp));
}

enum error acpi_tables_build(const struct table_machine *machine, const struct acpi_dsdt *dsdt,
			     struct acpi_blob *blob, struct reason *why)
{
	uint32_t tables[ROOT_TABLES], facs = put_facs(blob), dsdt_at;
	unsigned count = 0;
	enum error error = put_dsdt(blob, machine, dsdt, &dsdt_at, why);

	if (error)
		return error;
	tables[count++] = put_fadt(blob, machine, facs, dsdt_at);
	/* It would tell of APICs alone: without any there is none. */
	if (machine->apics)
		tables[count++] = put_madt(blob, machine);
	tables[count++] = put_table(blob, "MCFG", &mcfg, sizeof(mcfg));
	if (machine->hpet)
		tables[count++] = put_table(blob, "HPET", &hpet, sizeof(hpet));
	uint32_t rsdt = put_root(blob, "RSDT", 4, tables, count);
	uint32_t xsdt = put_root(blob, "XSDT", 8, tables, count);
	put_rsdp(blob, rsdt, xsdt);
	if (blob->full)
		return reason_set(why, ERROR_NO_MEMORY,
				  "the ACPI tables of %u vcpus do not fit into %u bytes",
				  machine->cpus, blob->size[T]);
	return ERROR_NONE;
}
