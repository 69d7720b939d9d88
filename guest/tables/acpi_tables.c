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

#define HEADER_LENGTH    36
#define HEADER_LENGTH_AT 4
#define HEADER_SUM_AT    9
#define RSDP_V1_LENGTH   20
#define RSDP_SUM_AT      8
#define RSDP_LENGTH      36
#define RSDP_V2_SUM_AT   32
#define FACS_LENGTH      64
#define FACS_ALIGNMENT   64
#define TABLE_ALIGNMENT  16

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
#define ALL_UIDS         0xffffffffu
#define APIC_ID_MOST     254u

enum madt_entry {
	MADT_LOCAL_APIC = 0,
	MADT_IO_APIC = 1,
	MADT_OVERRIDE = 2,
	MADT_LOCAL_NMI = 4,
	MADT_LOCAL_X2APIC = 9,
	MADT_X2APIC_NMI = 10,
};

enum space { SPACE_MEMORY = 0, SPACE_IO = 1 };

#define T ACPI_PART_TABLES

static void put(struct acpi_blob *blob, uint64_t value, unsigned width)
{
	acpi_put(blob, T, value, width);
}

/* --- heads and tails ------------------------------------------------------------------------- */

static uint32_t begin(struct acpi_blob *blob, const char *signature, unsigned revision)
{
	acpi_align(blob, TABLE_ALIGNMENT);
	uint32_t start = blob->used[T];

	acpi_put_bytes(blob, T, signature, 4);
	put(blob, 0, 4); /* length: end() */
	put(blob, revision, 1);
	put(blob, 0, 1); /* checksum */
	acpi_put_bytes(blob, T, OEM_ID, 6);
	acpi_put_bytes(blob, T, OEM_TABLE, 8);
	put(blob, OEM_REVISION, 4);
	acpi_put_bytes(blob, T, CREATOR, 4);
	put(blob, OEM_REVISION, 4);
	return start;
}

static uint32_t end(struct acpi_blob *blob, uint32_t start)
{
	uint32_t length = blob->used[T] - start;

	if (!blob->full)
		memcpy(blob->bytes[T] + start + HEADER_LENGTH_AT, &length, sizeof(length));
	acpi_add_checksum(blob, T, start + HEADER_SUM_AT, start, length);
	return start;
}

/* Generic Address Structure. */
static void put_address(struct acpi_blob *blob, enum space space, unsigned bits, uint64_t address)
{
	put(blob, space, 1);
	put(blob, bits, 1);
	put(blob, 0, 1);                                             /* bit offset */
	put(blob, bits == 64 ? 0 : bits > 8 ? bits / 16 + 1 : 1, 1); /* access size */
	put(blob, address, 8);
}

/* --- the tables ------------------------------------------------------------------------------ */

static uint32_t put_facs(struct acpi_blob *blob)
{
	acpi_align(blob, FACS_ALIGNMENT);
	uint32_t start = blob->used[T];

	acpi_put_bytes(blob, T, "FACS", 4);
	put(blob, FACS_LENGTH, 4);
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
	uint32_t flags = flags_of(machine), at = HEADER_LENGTH;

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
	acpi_add_checksum(blob, T, *start + HEADER_SUM_AT, *start, dsdt->length);
	return ERROR_NONE;
}

/* Where a register of the ACPI block is, which the machine may have elsewhere than by default. */
static uint32_t pm_port(const struct table_machine *machine, uint32_t port)
{
	return machine->pm_base + (port - ACPI_PM_PORT);
}

static void put_fadt_blocks(struct acpi_blob *blob, const struct table_machine *machine)
{
	put(blob, pm_port(machine, ACPI_PM_EVENT), 4);
	put(blob, 0, 4); /* PM1b */
	put(blob, pm_port(machine, ACPI_PM_CONTROL), 4);
	put(blob, 0, 4);
	put(blob, 0, 4); /* PM2 */
	put(blob, pm_port(machine, ACPI_PM_TIMER), 4);
	put(blob, pm_port(machine, ACPI_PM_GPE0), 4);
	put(blob, 0, 4);
	put(blob, 4, 1); /* lengths: PM1 event, PM1 control, PM2, timer, GPE0, GPE1 */
	put(blob, 2, 1);
	put(blob, 0, 1);
	put(blob, 4, 1);
	put(blob, 4, 1);
	put(blob, 0, 1);
	put(blob, 0, 1); /* GPE1 base */
	put(blob, 0, 1); /* _CST */
}

static void put_fadt_addresses(struct acpi_blob *blob, const struct table_machine *machine)
{
	put_address(blob, SPACE_IO, 32, pm_port(machine, ACPI_PM_EVENT));
	acpi_put_zeros(blob, T, 12);
	put_address(blob, SPACE_IO, 16, pm_port(machine, ACPI_PM_CONTROL));
	acpi_put_zeros(blob, T, 24);
	put_address(blob, SPACE_IO, 32, pm_port(machine, ACPI_PM_TIMER));
	put_address(blob, SPACE_IO, 32, pm_port(machine, ACPI_PM_GPE0));
	acpi_put_zeros(blob, T, 12);
}

static uint32_t put_fadt(struct acpi_blob *blob, const struct table_machine *machine, uint32_t facs,
			 uint32_t dsdt)
{
	uint32_t start = begin(blob, "FACP", FADT_REVISION);

	acpi_put_pointer(blob, T, facs, 4);
	acpi_put_pointer(blob, T, dsdt, 4);
	put(blob, 0, 1);
	put(blob, PROFILE_DESKTOP, 1);
	put(blob, ACPI_SCI_IRQ, 2);
	put(blob, ACPI_COMMAND_PORT, 4);
	put(blob, ACPI_ENABLE, 1);
	put(blob, ACPI_DISABLE, 1);
	put(blob, 0, 2); /* S4BIOS, P-state control */
	put_fadt_blocks(blob, machine);
	put(blob, C2_NEVER, 2);
	put(blob, C3_NEVER, 2);
	put(blob, 0, 4); /* cache flush size and stride: WBINVD works */
	put(blob, 0, 2); /* duty */
	put(blob, 0, 2); /* day and month alarm */
	put(blob, RTC_CENTURY, 1);
	put(blob,
	    BOOT_LEGACY | (machine->keyboard ? BOOT_8042 : 0) | (machine->vga ? 0 : BOOT_NO_VGA),
	    2);
	put(blob, 0, 1);
	put(blob,
	    FLAG_WBINVD | FLAG_PROC_C1 | FLAG_SLP_BUTTON | FLAG_RTC_S4 | FLAG_TMR_32 | FLAG_RESET,
	    4);
	put_address(blob, SPACE_IO, 8, RESET_CONTROL_PORT);
	put(blob, RESET_HARD | RESET_NOW, 1);
	put(blob, 0, 3);
	put(blob, 0, 8); /* X_FIRMWARE_CTRL: the 32-bit one counts */
	acpi_put_pointer(blob, T, dsdt, 8);
	put_fadt_addresses(blob, machine);
	return end(blob, start);
}

static void put_processor(struct acpi_blob *blob, uint32_t id)
{
	if (id <= APIC_ID_MOST) {
		put(blob, MADT_LOCAL_APIC, 1);
		put(blob, 8, 1);
		put(blob, id, 1);
		put(blob, id, 1);
		put(blob, MADT_ENABLED, 4);
		return;
	}
	put(blob, MADT_LOCAL_X2APIC, 1);
	put(blob, 16, 1);
	put(blob, 0, 2);
	put(blob, id, 4);
	put(blob, MADT_ENABLED, 4);
	put(blob, id, 4);
}

static void put_override(struct acpi_blob *blob, unsigned irq, unsigned pin, unsigned flags)
{
	put(blob, MADT_OVERRIDE, 1);
	put(blob, 10, 1);
	put(blob, 0, 1); /* ISA */
	put(blob, irq, 1);
	put(blob, pin, 4);
	put(blob, flags, 2);
}

static uint32_t put_madt(struct acpi_blob *blob, const struct table_machine *machine)
{
	uint32_t start = begin(blob, "APIC", 3);

	put(blob, PC_LOCAL_APIC, 4);
	put(blob, MADT_PCAT_COMPAT, 4);
	for (uint32_t id = 0; id < machine->cpus; id++)
		put_processor(blob, id);
	put(blob, MADT_IO_APIC, 1);
	put(blob, 12, 1);
	put(blob, PC_IO_APIC_ID, 1);
	put(blob, 0, 1);
	put(blob, IOAPIC_BASE, 4);
	put(blob, 0, 4); /* its pin 0 is interrupt 0 */
	put_override(blob, PC_IRQ_TIMER, PC_PIN_TIMER, 0);
	put_override(blob, ACPI_SCI_IRQ, ACPI_SCI_IRQ, ISO_LEVEL_HIGH);
	put(blob, MADT_LOCAL_NMI, 1);
	put(blob, 6, 1);
	put(blob, ALL_PROCESSORS, 1);
	put(blob, 0, 2);
	put(blob, 1, 1); /* LINT1 */
	return end(blob, start);
}

static uint32_t put_mcfg(struct acpi_blob *blob)
{
	uint32_t start = begin(blob, "MCFG", 1);

	put(blob, 0, 8);
	put(blob, PC_ECAM, 8);
	put(blob, 0, 2); /* segment */
	put(blob, 0, 1); /* buses, first and last */
	put(blob, PC_ECAM_SIZE / MIB(1) - 1, 1);
	put(blob, 0, 4);
	return end(blob, start);
}

static uint32_t put_hpet(struct acpi_blob *blob)
{
	uint32_t start = begin(blob, "HPET", 1);

	put(blob, HPET_BLOCK_ID, 4);
	put_address(blob, SPACE_MEMORY, 64, HPET_BASE);
	put(blob, 0, 1);    /* number */
	put(blob, 0x80, 2); /* the shortest period that loses nothing, in ticks */
	put(blob, 0, 1);
	return end(blob, start);
}

#define ROOT_TABLES 4

static uint32_t put_root(struct acpi_blob *blob, const char *signature, unsigned width,
			 const uint32_t *tables, unsigned count)
{
	uint32_t start = begin(blob, signature, 1);

	for (unsigned i = 0; i < count; i++)
		acpi_put_pointer(blob, T, tables[i], width);
	return end(blob, start);
}

static void put_rsdp(struct acpi_blob *blob, uint32_t rsdt, uint32_t xsdt)
{
	const enum acpi_part part = ACPI_PART_RSDP;

	acpi_put_bytes(blob, part, "RSD PTR ", 8);
	acpi_put(blob, part, 0, 1);
	acpi_put_bytes(blob, part, OEM_ID, 6);
	acpi_put(blob, part, 2, 1); /* revision */
	acpi_put_pointer(blob, part, rsdt, 4);
	acpi_put(blob, part, RSDP_LENGTH, 4);
	acpi_put_pointer(blob, part, xsdt, 8);
	acpi_put(blob, part, 0, 4);
	acpi_add_checksum(blob, part, RSDP_SUM_AT, 0, RSDP_V1_LENGTH);
	acpi_add_checksum(blob, part, RSDP_V2_SUM_AT, 0, RSDP_LENGTH);
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
	tables[count++] = put_mcfg(blob);
	if (machine->hpet)
		tables[count++] = put_hpet(blob);
	uint32_t rsdt = put_root(blob, "RSDT", 4, tables, count);
	uint32_t xsdt = put_root(blob, "XSDT", 8, tables, count);
	put_rsdp(blob, rsdt, xsdt);
	if (blob->full)
		return reason_set(why, ERROR_NO_MEMORY,
				  "the ACPI tables of %u vcpus do not fit into %u bytes",
				  machine->cpus, blob->size[T]);
	return ERROR_NONE;
}
