/* What a firmware is told through fw_cfg: RAM, CPUs, the boot menu, COM1 as its console, SMBIOS,
 * and ACPI tables with the script that installs them. Names and formats: QEMU, "QEMU Firmware Configuration
 * (fw_cfg) Device", and SeaBIOS, "Runtime config". */
#include "guest/pc/pc_parts.h"

#include "guest/pc/pc_layout.h"
#include "guest/tables/table_loader.h"
#include "kernel/memory.h"
#include "kernel/output/log.h"
#include "lib/bits.h"
#include "lib/string.h"

#define TABLES_MOST 0x4000
#define RSDP_MOST   64
#define RANGES_MOST 4

/* An entry of "etc/e820", which has no others than RAM and what is reserved beside the devices that
 * firmware knows of. */
struct range {
	uint64_t start, length;
	uint32_t kind; /* enum memory_kind */
} packed_layout;
_Static_assert(sizeof(struct range) == 20, "fw_cfg: etc/e820");

/* "etc/system-states": for S0 to S5 the sleep type, and whether there is such a state. */
#define SLEEP_STATES    6
#define STATE_SUPPORTED 0x80

/* The bytes behind the items. The board's lock guards them: a firmware may read while another CPU
 * moves the ACPI registers. */
struct pc_fw_cfg {
	struct fw_cfg_items items;
	uint16_t pm_base; /* for which the tables were made */
	struct acpi_blob blob;
	uint8_t tables[TABLES_MOST];
	uint8_t rsdp[RSDP_MOST];
	uint8_t script[TABLE_LOADER_MOST];
	struct range ranges[RANGES_MOST];
	unsigned range_count;
	uint64_t console_port;
	uint16_t menu_wait_ms;
	uint8_t states[SLEEP_STATES];
	uint8_t smbios_entry[SMBIOS_ENTRY_SIZE];
	uint8_t smbios[SMBIOS_MOST];
};

#define FW_CFG_PAGES ((sizeof(struct pc_fw_cfg) + PAGE_MASK) / PAGE_SIZE)

#define MENU_WAIT_MS 2500

static void tell_range(struct pc_fw_cfg *fw, uint64_t start, uint64_t length, uint32_t kind)
{
	if (length)
		fw->ranges[fw->range_count++] = (struct range) { start, length, kind };
}

static void add_numbers(struct pc *pc)
{
	const struct {
		uint16_t key;
		uint8_t width;
		uint64_t number;
	} numbers[] = {
		{ FW_CFG_RAM_SIZE, 8, pc_low_memory(pc) },
		{ FW_CFG_NOGRAPHIC, 2, !pc->spec->vga },
		{ FW_CFG_CPUS, 2, pc->spec->cpus },
		{ FW_CFG_MAX_CPUS, 2, pc->spec->cpus },
		{ FW_CFG_NUMA, 8, 0 },
		{ FW_CFG_BOOT_MENU, 2, 1 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++)
		fw_cfg_add_number(&pc->told->items, numbers[i].key, numbers[i].number,
				  numbers[i].width);
}

static void add_files(struct pc *pc)
{
	struct pc_fw_cfg *fw = pc->told;
	struct fw_cfg_items *items = &fw->items;
	uint64_t low = pc_low_memory(pc);

	tell_range(fw, 0, low, MEMORY_RAM);
	tell_range(fw, PC_ECAM, PC_ECAM_SIZE, MEMORY_RESERVED);
	tell_range(fw, PC_HIGH_MEMORY, pc->spec->memory - low, MEMORY_RAM);
	fw_cfg_add_file(items, "etc/e820", fw->ranges,
			(uint32_t)(fw->range_count * sizeof(struct range)));
	fw->states[0] = STATE_SUPPORTED | ACPI_SLEEP_S0;
	fw->states[5] = STATE_SUPPORTED | ACPI_SLEEP_S5;
	fw_cfg_add_file(items, "etc/system-states", fw->states, SLEEP_STATES);
	fw->menu_wait_ms = MENU_WAIT_MS;
	fw_cfg_add_file(items, "etc/boot-menu-wait", &fw->menu_wait_ms, sizeof(fw->menu_wait_ms));
	fw->console_port = UART_COM1_PORT;
	if (pc->spec->com_mask & 1)
		fw_cfg_add_file(items, "etc/sercon-port", &fw->console_port,
				sizeof(fw->console_port));
}

/* A firmware puts the structures where it likes, and tells the entry point. */
static enum error add_smbios(struct pc *pc, struct reason *why)
{
	struct pc_fw_cfg *fw = pc->told;
	struct smbios_machine machine;
	enum error error;
	uint32_t length;

	pc_smbios_machine(pc, &machine);
	error = smbios_build(&machine, 0, fw->smbios_entry, fw->smbios, SMBIOS_MOST, &length, why);
	if (error)
		return error;
	fw_cfg_add_file(&fw->items, "etc/smbios/smbios-tables", fw->smbios, length);
	fw_cfg_add_file(&fw->items, "etc/smbios/smbios-anchor", fw->smbios_entry,
			SMBIOS_ENTRY_BYTES);
	return ERROR_NONE;
}

/* --- ACPI tables ----------------------------------------------------------------------------- */

/* For the ports at which the ACPI registers are now; the lengths are always the same. */
static enum error build_tables(struct pc *pc, struct reason *why)
{
	const struct acpi_dsdt dsdt = pc_dsdt();
	struct pc_fw_cfg *fw = pc->told;
	struct table_machine machine;

	pc_table_machine(pc, &machine);
	fw->pm_base = machine.pm_base;
	memset(fw->tables, 0, TABLES_MOST);
	acpi_blob_init(&fw->blob, fw->tables, TABLES_MOST, fw->rsdp, RSDP_MOST);
	return acpi_tables_build(&machine, &dsdt, &fw->blob, why);
}

static enum error add_tables(struct pc *pc, struct reason *why)
{
	struct pc_fw_cfg *fw = pc->told;
	enum error error = build_tables(pc, why);
	uint32_t length;

	if (error)
		return error;
	for (unsigned part = 0; part < ACPI_PARTS; part++)
		fw_cfg_add_file(&fw->items, table_loader_files[part], fw->blob.bytes[part],
				fw->blob.used[part]);
	length = table_loader_write(&fw->blob, fw->script);
	fw_cfg_add_file(&fw->items, "etc/table-loader", fw->script, length);
	return ERROR_NONE;
}

void pc_fw_cfg_follow(struct pc *pc)
{
	struct reason why;

	if (!pc->told || !pc->spec->acpi || pc->told->pm_base == pc_pm_base(pc))
		return;
	/* They were built before, and fitted. */
	if (build_tables(pc, &why))
		pc_complain(pc, &why);
}

/* --- making ---------------------------------------------------------------------------------- */

static enum error make_items(struct pc *pc, struct reason *why)
{
	enum error error;

	pc->told = pc_take_memory(pc->spec, "fw_cfg", sizeof(*pc->told), why);
	if (!pc->told)
		return ERROR_NO_MEMORY;
	fw_cfg_items_init(&pc->told->items);
	add_numbers(pc);
	add_files(pc);
	error = add_smbios(pc, why);
	if (!error && pc->spec->acpi)
		error = add_tables(pc, why);
	if (!error)
		error = pc_offer_create(pc, &pc->told->items, why);
	return error ? error : fw_cfg_check(&pc->told->items, why);
}

/* A guest without firmware looks: most never do. One that finds the host's memory used up finds no
 * fw_cfg. With the lock. */
static const struct fw_cfg_items *items_for_guest(void *context)
{
	struct pc *pc = (struct pc *)context;
	struct reason why;

	if (pc->told || !make_items(pc, &why))
		return &pc->told->items;
	log_warn("guest", "vm=%u(%s) finds an empty fw_cfg: %s", pc->vm->id, pc->vm->name,
		 why.text);
	pc_fw_cfg_free(pc);
	return NULL;
}

enum error pc_fw_cfg_create(struct pc *pc, struct reason *why)
{
	const struct device_memory memory = pc_device_memory(pc);
	const struct fw_cfg_source source = { items_for_guest, pc };
	enum error error = pc_has_firmware(pc) ? make_items(pc, why) : ERROR_NONE;

	fw_cfg_init(&pc->fw_cfg, &memory, &source);
	pc_keep_chip(pc, &fw_cfg_ops, &pc->fw_cfg);
	return error ? error : fw_cfg_attach(&pc->fw_cfg, &pc->ports, why);
}

void pc_fw_cfg_free(struct pc *pc)
{
	pages_free(pc->told, FW_CFG_PAGES);
	pc->told = NULL;
}
