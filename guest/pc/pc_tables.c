/* What firmware would leave in memory for a system that is started without any: the BIOS data area,
 * the MP table, SMBIOS, the ACPI tables. */
#include "guest/pc/pc_parts.h"

#include "guest/pc/pc_layout.h"
#include "guest/tables/acpi_tables.h"
#include "guest/tables/mp_table.h"
#include "lib/bits.h"
#include "lib/string.h"
#include "vm/policy/cpuid_policy.h"
#include "x86/cpuid.h"

/* From guest/tables/dsdt.asm. */
extern const uint8_t dsdt_start[], dsdt_end[];

/* In the BIOS area: what is searched for there on 16-byte boundaries. */
#define RSDP_AT     PC_BIOS_AREA
#define RSDP_SIZE   64
#define MP_TABLE_AT (PC_BIOS_AREA + 0x100)
#define MP_SIZE     (SMBIOS_AT - MP_TABLE_AT)
#define SMBIOS_AT   (PC_BIOS_TABLES_END - SMBIOS_ENTRY_SIZE - SMBIOS_MOST)
_Static_assert(!(SMBIOS_AT & 15), "SMBIOS is found on a boundary of 16");

/* The BIOS data area: IBM, "Personal System/2 and Personal Computer BIOS Interface Technical
 * Reference". */
#define BDA_COM_PORTS   0x400
#define BDA_EBDA        0x40e
#define BDA_EQUIPMENT   0x410
#define BDA_BASE_MEMORY 0x413
#define BDA_KEY_HEAD    0x41a
#define BDA_KEY_TAIL    0x41c
#define BDA_VIDEO_MODE  0x449
#define BDA_COLUMNS     0x44a
#define BDA_PAGE_SIZE   0x44c
#define BDA_CURSOR      0x460
#define BDA_CRTC_PORT   0x463
#define BDA_KEY_START   0x480
#define BDA_KEY_END     0x482
#define BDA_ROWS        0x484
#define BDA_CELL_HEIGHT 0x485

#define EQUIPMENT_COLOUR_80 0x0020
#define EQUIPMENT_COM_SHIFT 9

/* The buffer of keys, by offset into the area. */
#define KEY_BUFFER     0x1e
#define KEY_BUFFER_END 0x3e

#define CURSOR_SHAPE 0x0d0e /* its first and last line */

/* What is the same in every machine. Some are bytes, before what is zero. */
static const struct {
	uint16_t at, value;
} bios_data[] = {
	{ BDA_EBDA, PC_EBDA >> 4 },    { BDA_BASE_MEMORY, PC_EBDA / KIB(1) },
	{ BDA_KEY_HEAD, KEY_BUFFER },  { BDA_KEY_TAIL, KEY_BUFFER },
	{ BDA_KEY_START, KEY_BUFFER }, { BDA_KEY_END, KEY_BUFFER_END },
	{ BDA_CURSOR, CURSOR_SHAPE },  { BDA_VIDEO_MODE, 3 },
	{ BDA_COLUMNS, 80 },           { BDA_PAGE_SIZE, 0x1000 },
	{ BDA_CRTC_PORT, 0x3d4 },      { BDA_ROWS, 24 },
	{ BDA_CELL_HEIGHT, 16 },
};

static void poke(struct pc *pc, uint64_t at, uint16_t value)
{
	uint8_t *to = vm_memory(pc->vm, gpa(at), sizeof(value));

	if (to)
		memcpy(to, &value, sizeof(value));
}

static void fill_bios_data(struct pc *pc)
{
	static const uint16_t ports[PC_COM_PORTS] = { UART_COM1_PORT, UART_COM2_PORT,
						      UART_COM3_PORT, UART_COM4_PORT };
	uint16_t count = 0;

	for (unsigned i = 0; i < PC_COM_PORTS; i++)
		if (pc->spec->com_mask & 1u << i)
			poke(pc, BDA_COM_PORTS + 2ull * count++, ports[i]);
	poke(pc, BDA_EQUIPMENT, (uint16_t)(EQUIPMENT_COLOUR_80 | count << EQUIPMENT_COM_SHIFT));
	for (unsigned i = 0; i < ARRAY_SIZE(bios_data); i++)
		poke(pc, bios_data[i].at, bios_data[i].value);
	poke(pc, PC_EBDA, 1); /* its own length in KiB */
}

void pc_table_machine(const struct pc *pc, struct table_machine *machine)
{
	*machine = (struct table_machine) {
		.cpus = pc->spec->cpus,
		.apics = pc->spec->apic != SPEC_APIC_NONE,
		.hpet = pc->spec->hpet,
		.keyboard = pc->spec->i8042,
		.vga = pc->spec->vga,
		.com_mask = pc->spec->com_mask,
		.pm_base = pc_pm_base(pc),
	};
}

struct acpi_dsdt pc_dsdt(void)
{
	return (struct acpi_dsdt) { dsdt_start, (uint32_t)(dsdt_end - dsdt_start) };
}

/* The guest's CPUID leaf, as its first vCPU starts with it. */
static struct cpuid_result guest_cpuid(const struct pc *pc, uint32_t leaf)
{
	const struct cpuid_guest guest = { .vcpu_count = pc->spec->cpus };

	return cpuid_policy(cpuid_query, &guest, leaf, 0);
}

void pc_smbios_machine(const struct pc *pc, struct smbios_machine *machine)
{
	const struct cpuid_result vendor = guest_cpuid(pc, CPUID_VENDOR);
	const struct cpuid_result id = guest_cpuid(pc, CPUID_FEATURES);
	const uint32_t letters[] = { vendor.ebx, vendor.edx, vendor.ecx };

	*machine = (struct smbios_machine) {
		.name = pc->spec->name,
		.cpus = pc->spec->cpus,
		.memory = pc->spec->memory,
		.low = pc_low_memory(pc),
		.signature = id.eax,
		.features = id.edx,
	};
	memcpy(machine->vendor, letters, sizeof(letters));
}

static enum error place_smbios(struct pc *pc, struct reason *why)
{
	uint8_t *entry = vm_memory(pc->vm, gpa(SMBIOS_AT), SMBIOS_ENTRY_SIZE + SMBIOS_MOST);
	struct smbios_machine machine;
	uint32_t length;

	pc_smbios_machine(pc, &machine);
	return smbios_build(&machine, SMBIOS_AT + SMBIOS_ENTRY_SIZE, entry,
			    entry + SMBIOS_ENTRY_SIZE, SMBIOS_MOST, &length, why);
}

static enum error place_acpi(struct pc *pc, const struct table_machine *machine, struct reason *why)
{
	const struct acpi_dsdt dsdt = pc_dsdt();
	uint64_t at = pc_tables_start(pc);
	struct acpi_blob blob;
	enum error error;

	acpi_blob_init(&blob, vm_memory(pc->vm, gpa(at), PC_TABLES_SIZE), PC_TABLES_SIZE,
		       vm_memory(pc->vm, gpa(RSDP_AT), RSDP_SIZE), RSDP_SIZE);
	error = acpi_tables_build(machine, &dsdt, &blob, why);
	if (error)
		return error;
	acpi_blob_place(&blob, at);
	acpi_pm_enable(&pc->acpi_pm);
	pc->target.rsdp = RSDP_AT;
	pc->target.rsdp_bytes = vm_memory(pc->vm, gpa(RSDP_AT), RSDP_SIZE);
	return ERROR_NONE;
}

enum error pc_tables_place(struct pc *pc, struct reason *why)
{
	const struct cpuid_result id = guest_cpuid(pc, CPUID_FEATURES);
	struct table_machine machine;
	enum error error;

	pc_table_machine(pc, &machine);
	fill_bios_data(pc);
	error = pc_bios_place(pc, why);
	if (!error && pc->spec->apic != SPEC_APIC_NONE)
		error = mp_table_build(&machine, id.eax, id.edx, MP_TABLE_AT,
				       vm_memory(pc->vm, gpa(MP_TABLE_AT), MP_SIZE), MP_SIZE, why);
	if (!error)
		error = place_smbios(pc, why);
	return error || !pc->spec->acpi ? error : place_acpi(pc, &machine, why);
}
