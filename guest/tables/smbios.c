/* The structures, in the order of their types, then the entry point. */
#include "guest/tables/smbios.h"

#include "guest/pc/pc_layout.h"
#include "guest/tables/smbios_layout.h"
#include "guest/tables/table_writer.h"
#include "lib/bytes.h"
#include "lib/string.h"

#define MAKER     "Plinth"
#define PRODUCT   "PC"
#define BIOS_DATE "01/01/2026" /* fixed, so that a machine is the same at every build */

/* --- writing --------------------------------------------------------------------------------- */

struct writer {
	struct table_writer table;
	unsigned count, largest; /* structures, and the bytes of one */
};

/* Appends a structure and its texts, which it names by their numbers; "" where there are none left.
 * An empty string ends the set; a structure without strings ends with two zeros too. */
static void put(struct writer *w, const struct head *head, const char *one, const char *two,
		const char *three)
{
	const char *const texts[] = { one, two, three };
	uint32_t begun = w->table.used;

	table_put(&w->table, head, head->length);
	for (unsigned i = 0; i < ARRAY_SIZE(texts) && *texts[i]; i++)
		table_put(&w->table, texts[i], (uint32_t)strlen(texts[i]) + 1);
	table_put(&w->table, "\0", *one ? 1 : 2);
	w->count++;
	if (w->table.used - begun > w->largest)
		w->largest = w->table.used - begun;
}

/* --- the machine ----------------------------------------------------------------------------- */

static const struct bios the_bios = {
	.head = HEAD(STRUCTURE_BIOS, bios),
	.maker = 1,
	.version = 2,
	.segment = BIOS_SEGMENT,
	.date = 3,
	.rom_size = BIOS_SIZE_64K,
	.features = BIOS_PCI | BIOS_KEYBOARD | BIOS_SERIAL | BIOS_VIDEO,
	.extensions = { BIOS_EXTENSION_ACPI, BIOS_VIRTUAL_MACHINE },
	.release = { 1, 0 },
	.embedded_release = BIOS_NO_EMBEDDED,
};

static const struct chassis the_chassis = {
	.head = HEAD(STRUCTURE_CHASSIS, chassis),
	.maker = 1,
	.type = CHASSIS_OTHER,
	.boot_state = CHASSIS_SAFE,
	.power_state = CHASSIS_SAFE,
	.thermal_state = CHASSIS_SAFE,
	.security = CHASSIS_UNLOCKED,
};

/* FNV-1a, from a start of one's own. */
static uint64_t hash(const char *text, uint64_t start)
{
	while (*text)
		start = (start ^ (uint8_t)*text++) * 0x100000001b3;
	return start;
}

/* The same for a VM of the same name, so that a guest knows its machine again: RFC 9562, "UUID
 * Version 8". */
static void make_uuid(uint8_t *uuid, const char *name)
{
	store_u64(uuid, hash(name, 0xcbf29ce484222325));
	store_u64(uuid + 8, hash(name, load_u64(uuid)));
	uuid[UUID_VERSION_AT] = (uuid[UUID_VERSION_AT] & 0x0f) | UUID_VERSION_CUSTOM;
	uuid[UUID_VARIANT_AT] = (uuid[UUID_VARIANT_AT] & 0x3f) | UUID_VARIANT;
}

static void put_system(struct writer *w, const char *name)
{
	struct system system = {
		.head = HEAD(STRUCTURE_SYSTEM, system),
		.maker = 1,
		.product = 2,
		.serial_number = 3,
		.wake_up = WAKE_UP_POWER_SWITCH,
	};

	make_uuid(system.uuid, name);
	put(w, &system.head, MAKER, PRODUCT, name);
}

/* Of caches CPUID tells; clocks are unknown. */
static void put_processor(struct writer *w, const struct smbios_machine *machine)
{
	static const struct processor usual = {
		.head = HEAD(STRUCTURE_PROCESSOR, processor),
		.socket = 1,
		.type = PROCESSOR_CENTRAL,
		.family = PROCESSOR_OTHER,
		.status = PROCESSOR_ENABLED,
		.upgrade = PROCESSOR_OTHER,
		.caches = { HANDLE_NONE, HANDLE_NONE, HANDLE_NONE },
		.features_2 = PROCESSOR_64_BIT,
		.family_2 = PROCESSOR_OTHER,
	};
	struct processor processor = usual;
	uint8_t cores = machine->cpus < UINT8_MAX ? (uint8_t)machine->cpus : UINT8_MAX;

	processor.maker = machine->vendor[0] ? 2 : 0;
	processor.signature = machine->signature;
	processor.features = machine->features;
	processor.cores = processor.enabled = processor.threads = cores;
	if (cores > 1)
		processor.features_2 |= PROCESSOR_MULTI_CORE;
	put(w, &processor.head, "CPU 0", machine->vendor, "");
}

/* --- memory ---------------------------------------------------------------------------------- */

static void put_memory_array(struct writer *w, uint64_t memory)
{
	bool extended = memory / KIB(1) >= ARRAY_EXTENDED;
	const struct memory_array array = {
		.head = HEAD(STRUCTURE_MEMORY_ARRAY, memory_array),
		.location = ARRAY_SYSTEM_BOARD,
		.use = ARRAY_SYSTEM,
		.correction = ARRAY_NO_ECC,
		.kib = extended ? ARRAY_EXTENDED : (uint32_t)(memory / KIB(1)),
		.error_handle = HANDLE_ERRORS_UNTOLD,
		.devices = 1,
		.bytes = extended ? memory : 0,
	};

	put(w, &array.head, "", "", "");
}

/* A size that is no whole number of MiB is told in KiB, where there are bits for it. */
static unsigned size_of_device(uint64_t memory)
{
	if (memory % MIB(1) && memory / KIB(1) < DEVICE_KIB)
		return (unsigned)(DEVICE_KIB | memory / KIB(1));
	return (unsigned)(memory / MIB(1) < DEVICE_EXTENDED ? memory / MIB(1) : DEVICE_EXTENDED);
}

/* Speed and voltages are unknown. */
static void put_memory_device(struct writer *w, uint64_t memory)
{
	static const struct memory_device usual = {
		.head = HEAD(STRUCTURE_MEMORY_DEVICE, memory_device),
		.array = HANDLE(STRUCTURE_MEMORY_ARRAY),
		.error_handle = HANDLE_ERRORS_UNTOLD,
		.total_width = DEVICE_UNKNOWN,
		.data_width = DEVICE_UNKNOWN,
		.form = DEVICE_DIMM,
		.locator = 1,
		.type = DEVICE_RAM,
		.detail = DEVICE_DETAIL,
		.maker = 2,
	};
	struct memory_device device = usual;

	device.size = (uint16_t)size_of_device(memory);
	if (device.size == DEVICE_EXTENDED)
		device.mib = (uint32_t)(memory / MIB(1));
	put(w, &device.head, "DIMM 0", MAKER, "");
}

/* From `start` to before `stop`, both multiples of 1 KiB; told is the last KiB that belongs to it. */
static void put_mapped(struct writer *w, unsigned index, uint64_t start, uint64_t stop)
{
	bool extended = (stop - 1) / KIB(1) >= MAPPED_EXTENDED;
	const struct memory_mapped mapped = {
		.head = HEAD_OF(STRUCTURE_MEMORY_MAPPED, index, memory_mapped),
		.first_kib = extended ? MAPPED_EXTENDED : (uint32_t)(start / KIB(1)),
		.last_kib = extended ? MAPPED_EXTENDED : (uint32_t)((stop - 1) / KIB(1)),
		.array = HANDLE(STRUCTURE_MEMORY_ARRAY),
		.devices = 1,
		.first = extended ? start : 0,
		.last = extended ? stop - 1 : 0,
	};

	if (start < stop)
		put(w, &mapped.head, "", "", "");
}

/* --- the whole ------------------------------------------------------------------------------- */

static void put_structures(struct writer *w, const struct smbios_machine *machine)
{
	static const struct boot no_errors = { .head = HEAD(STRUCTURE_BOOT, boot) };
	static const struct head end = HEAD(STRUCTURE_END, head);

	put(w, &the_bios.head, MAKER, "1", BIOS_DATE);
	put_system(w, machine->name);
	put(w, &the_chassis.head, MAKER, "", "");
	put_processor(w, machine);
	put_memory_array(w, machine->memory);
	put_memory_device(w, machine->memory);
	put_mapped(w, 0, 0, machine->low);
	put_mapped(w, 1, PC_HIGH_MEMORY, PC_HIGH_MEMORY + machine->memory - machine->low);
	put(w, &no_errors.head, "", "", "");
	put(w, &end, "", "", "");
}

static void write_entry(uint8_t *to, const struct writer *structures, uint32_t address)
{
	struct entry entry = {
		.anchor = "_SM_",
		.length = SMBIOS_ENTRY_BYTES,
		.major = VERSION_MAJOR,
		.minor = VERSION_MINOR,
		.largest = (uint16_t)structures->largest,
		.second_anchor = "_DMI_",
		.structures_length = (uint16_t)structures->table.used,
		.structures = address,
		.count = (uint16_t)structures->count,
		.bcd_revision = ENTRY_BCD_REVISION,
	};

	memset(to, 0, SMBIOS_ENTRY_SIZE);
	memcpy(to, &entry, sizeof(entry));
	table_make_sum_zero(to + ENTRY_SECOND_AT, SMBIOS_ENTRY_BYTES - ENTRY_SECOND_AT,
			    offsetof(struct entry, second_sum) - ENTRY_SECOND_AT);
	table_make_sum_zero(to, SMBIOS_ENTRY_BYTES, offsetof(struct entry, sum));
}

enum error smbios_build(const struct smbios_machine *machine, uint32_t address, uint8_t *entry,
			uint8_t *to, uint32_t size, uint32_t *length, struct reason *why)
{
	struct writer w = { .table = { .bytes = to, .size = size } };

	put_structures(&w, machine);
	if (w.table.full)
		return reason_set(why, ERROR_NO_MEMORY,
				  "the SMBIOS structures of %s do not fit into %u bytes",
				  machine->name, size);
	write_entry(entry, &w, address);
	*length = w.table.used;
	return ERROR_NONE;
}
