/* The structures, field by field, in the order of their types, then the entry point. Lengths and
 * offsets are those of version 2.8; a text is a number that counts the strings behind its structure,
 * 0 where there is none. */
#include "guest/tables/smbios.h"

#include "guest/pc/pc_layout.h"
#include "lib/bits.h"
#include "lib/bytes.h"
#include "lib/string.h"

#define VERSION_MAJOR 2
#define VERSION_MINOR 8
#define MAKER         "Plinth"
#define PRODUCT       "PC"
#define BIOS_DATE     "01/01/2026" /* fixed, so that a machine is the same at every build */

/* Entry point. */
#define ENTRY_SUM_AT          4
#define ENTRY_INTERMEDIATE_AT 16 /* where "_DMI_" begins, which has a checksum of its own */
#define ENTRY_SECOND_SUM_AT   21
#define ENTRY_BCD_REVISION    (VERSION_MAJOR << 4 | VERSION_MINOR)

enum structure {
	STRUCTURE_BIOS = 0,
	STRUCTURE_SYSTEM = 1,
	STRUCTURE_CHASSIS = 3,
	STRUCTURE_PROCESSOR = 4,
	STRUCTURE_MEMORY_ARRAY = 16,
	STRUCTURE_MEMORY_DEVICE = 17,
	STRUCTURE_MEMORY_MAPPED = 19,
	STRUCTURE_BOOT = 32,
	STRUCTURE_END = 127,
};

#define HANDLE(type)         ((unsigned)(type) << 8) /* of the first structure of a type */
#define HANDLE_NONE          0xffff
#define HANDLE_ERRORS_UNTOLD 0xfffe

/* BIOS Information. */
#define BIOS_SEGMENT         (PC_BIOS_AREA >> 4)
#define BIOS_SIZE_64K        0
#define BIOS_PCI             BIT(7)
#define BIOS_KEYBOARD        BIT(27) /* INT 9H */
#define BIOS_SERIAL          BIT(28) /* INT 14H */
#define BIOS_VIDEO           BIT(30) /* INT 10H */
#define BIOS_EXTENSION_ACPI  BIT(0)  /* extension byte 1 */
#define BIOS_VIRTUAL_MACHINE BIT(4)  /* extension byte 2 */
#define BIOS_NO_EMBEDDED     0xffff /* release of an embedded controller's firmware: there is none */

/* System Information. */
#define WAKE_UP_POWER_SWITCH 6
#define UUID_SIZE            16
#define UUID_VERSION_AT      7 /* a word, little-endian: its upper byte */
#define UUID_VERSION_CUSTOM  0x80
#define UUID_VARIANT_AT      8
#define UUID_VARIANT         0x80

/* System Enclosure or Chassis. */
#define CHASSIS_OTHER    1
#define CHASSIS_SAFE     3
#define CHASSIS_UNLOCKED 3

/* Processor Information. */
#define PROCESSOR_CENTRAL    3
#define PROCESSOR_OTHER      1            /* family, upgrade */
#define PROCESSOR_ENABLED    (BIT(6) | 1) /* the socket is populated */
#define PROCESSOR_64_BIT     BIT(2)
#define PROCESSOR_MULTI_CORE BIT(3)

/* Memory. */
#define ARRAY_SYSTEM_BOARD 3
#define ARRAY_SYSTEM       3 /* what it is used for: system memory */
#define ARRAY_NO_ECC       3
#define ARRAY_EXTENDED     0x80000000u /* KiB: see the field of 64 bits */
#define DEVICE_UNKNOWN     0xffff      /* width */
#define DEVICE_KIB         BIT(15)     /* the size is in KiB, not MiB */
#define DEVICE_EXTENDED    0x7fff      /* MiB: see the field of 32 bits */
#define DEVICE_DIMM        9
#define DEVICE_RAM         7
#define DEVICE_DETAIL      BIT(1) /* other */
#define MAPPED_EXTENDED    0xffffffffu

struct writer {
	uint8_t *bytes;
	uint32_t size, used;
	uint32_t begun; /* where the structure begins */
	unsigned count, largest;
	unsigned texts; /* strings of this structure */
	const char *text[8];
	bool full;
};

static void put(struct writer *w, uint64_t value, unsigned width)
{
	if (width > w->size - w->used) {
		w->full = true;
		return;
	}
	store_bytes(w->bytes + w->used, value, width);
	w->used += width;
}

static void put_bytes(struct writer *w, const void *bytes, unsigned count)
{
	const uint8_t *from = (const uint8_t *)bytes;

	while (count--)
		put(w, *from++, 1);
}

/* The number of a string that end() will put behind the structure; one without letters is none. */
static void put_text(struct writer *w, const char *text)
{
	if (!*text) {
		put(w, 0, 1);
		return;
	}
	w->text[w->texts++] = text;
	put(w, w->texts, 1);
}

/* `length` is that of the structure without its strings. */
static void begin(struct writer *w, enum structure type, unsigned index, unsigned length)
{
	w->begun = w->used;
	w->texts = 0;
	w->count++;
	put(w, type, 1);
	put(w, length, 1);
	put(w, HANDLE(type) + index, 2);
}

/* An empty string ends the set; a structure without strings ends with two zeros too. */
static void end(struct writer *w)
{
	for (unsigned i = 0; i < w->texts; i++)
		put_bytes(w, w->text[i], (unsigned)strlen(w->text[i]) + 1);
	if (!w->texts)
		put(w, 0, 1);
	put(w, 0, 1);
	if (w->used - w->begun > w->largest)
		w->largest = w->used - w->begun;
}

/* --- the machine ----------------------------------------------------------------------------- */

static void put_bios(struct writer *w)
{
	begin(w, STRUCTURE_BIOS, 0, 24);
	put_text(w, MAKER);
	put_text(w, "1");
	put(w, BIOS_SEGMENT, 2);
	put_text(w, BIOS_DATE);
	put(w, BIOS_SIZE_64K, 1);
	put(w, BIOS_PCI | BIOS_KEYBOARD | BIOS_SERIAL | BIOS_VIDEO, 8);
	put(w, BIOS_EXTENSION_ACPI, 1);
	put(w, BIOS_VIRTUAL_MACHINE, 1);
	put(w, 1, 2); /* release 1.0: a byte each */
	put(w, BIOS_NO_EMBEDDED, 2);
	end(w);
}

/* FNV-1a, from a start of one's own. */
static uint64_t hash(const char *text, uint64_t start)
{
	while (*text)
		start = (start ^ (uint8_t)*text++) * 0x100000001b3;
	return start;
}

/* The same for a VM of the same name, so that a guest knows its machine again: RFC 9562, "UUID
 * Version 8". */
static void put_uuid(struct writer *w, const char *name)
{
	uint8_t uuid[UUID_SIZE];

	store_u64(uuid, hash(name, 0xcbf29ce484222325));
	store_u64(uuid + 8, hash(name, load_u64(uuid)));
	uuid[UUID_VERSION_AT] = (uuid[UUID_VERSION_AT] & 0x0f) | UUID_VERSION_CUSTOM;
	uuid[UUID_VARIANT_AT] = (uuid[UUID_VARIANT_AT] & 0x3f) | UUID_VARIANT;
	put_bytes(w, uuid, UUID_SIZE);
}

static void put_system(struct writer *w, const char *name)
{
	begin(w, STRUCTURE_SYSTEM, 0, 27);
	put_text(w, MAKER);
	put_text(w, PRODUCT);
	put_text(w, ""); /* version */
	put_text(w, name);
	put_uuid(w, name);
	put(w, WAKE_UP_POWER_SWITCH, 1);
	put_text(w, ""); /* SKU */
	put_text(w, ""); /* family */
	end(w);
}

static void put_chassis(struct writer *w)
{
	begin(w, STRUCTURE_CHASSIS, 0, 21);
	put_text(w, MAKER);
	put(w, CHASSIS_OTHER, 1);
	put(w, 0, 3); /* version, serial number, asset tag */
	put(w, CHASSIS_SAFE, 1);
	put(w, CHASSIS_SAFE, 1); /* the power supply */
	put(w, CHASSIS_SAFE, 1); /* temperatures */
	put(w, CHASSIS_UNLOCKED, 1);
	put(w, 0, 4); /* the maker's own */
	put(w, 0, 4); /* height, power cords, parts and the length of their records: untold */
	end(w);
}

static void put_processor(struct writer *w, const struct smbios_machine *machine)
{
	unsigned cores = machine->cpus < UINT8_MAX ? machine->cpus : UINT8_MAX;

	begin(w, STRUCTURE_PROCESSOR, 0, 42);
	put_text(w, "CPU 0");
	put(w, PROCESSOR_CENTRAL, 1);
	put(w, PROCESSOR_OTHER, 1);
	put_text(w, machine->vendor);
	put(w, machine->signature, 4);
	put(w, machine->features, 4);
	put_text(w, ""); /* version */
	put(w, 0, 1);    /* voltages */
	put(w, 0, 6);    /* MHz of the clock, at most, and now: unknown */
	put(w, PROCESSOR_ENABLED, 1);
	put(w, PROCESSOR_OTHER, 1);
	for (unsigned level = 1; level <= 3; level++)
		put(w, HANDLE_NONE, 2); /* caches: CPUID tells of them */
	put(w, 0, 3);                   /* serial number, asset tag, part number */
	put(w, cores, 1);
	put(w, cores, 1); /* enabled */
	put(w, cores, 1); /* threads */
	put(w, PROCESSOR_64_BIT | (cores > 1 ? PROCESSOR_MULTI_CORE : 0), 2);
	put(w, PROCESSOR_OTHER, 2); /* family, again */
	end(w);
}

/* --- memory ---------------------------------------------------------------------------------- */

static void put_memory_array(struct writer *w, uint64_t memory)
{
	bool extended = memory / KIB(1) >= ARRAY_EXTENDED;

	begin(w, STRUCTURE_MEMORY_ARRAY, 0, 23);
	put(w, ARRAY_SYSTEM_BOARD, 1);
	put(w, ARRAY_SYSTEM, 1);
	put(w, ARRAY_NO_ECC, 1);
	put(w, extended ? ARRAY_EXTENDED : memory / KIB(1), 4);
	put(w, HANDLE_ERRORS_UNTOLD, 2);
	put(w, 1, 2); /* device */
	put(w, extended ? memory : 0, 8);
	end(w);
}

/* A size that is no whole number of MiB is told in KiB, where there are bits for it. */
static unsigned size_of_device(uint64_t memory)
{
	if (memory % MIB(1) && memory / KIB(1) < DEVICE_KIB)
		return (unsigned)(DEVICE_KIB | memory / KIB(1));
	return (unsigned)(memory / MIB(1) < DEVICE_EXTENDED ? memory / MIB(1) : DEVICE_EXTENDED);
}

static void put_memory_device(struct writer *w, uint64_t memory)
{
	unsigned size = size_of_device(memory);

	begin(w, STRUCTURE_MEMORY_DEVICE, 0, 40);
	put(w, HANDLE(STRUCTURE_MEMORY_ARRAY), 2);
	put(w, HANDLE_ERRORS_UNTOLD, 2);
	put(w, DEVICE_UNKNOWN, 2); /* total width */
	put(w, DEVICE_UNKNOWN, 2); /* data width */
	put(w, size, 2);
	put(w, DEVICE_DIMM, 1);
	put(w, 0, 1); /* of no set */
	put_text(w, "DIMM 0");
	put_text(w, ""); /* bank */
	put(w, DEVICE_RAM, 1);
	put(w, DEVICE_DETAIL, 2);
	put(w, 0, 2); /* speed: unknown */
	put_text(w, MAKER);
	put(w, 0, 3); /* serial number, asset tag, part number */
	put(w, 0, 1); /* rank */
	put(w, size == DEVICE_EXTENDED ? memory / MIB(1) : 0, 4);
	put(w, 0, 2); /* configured speed */
	put(w, 0, 6); /* voltages: least, most, configured */
	end(w);
}

/* From `start` to before `stop`, both multiples of 1 KiB; told is the last KiB that belongs to it. */
static void put_mapped(struct writer *w, unsigned index, uint64_t start, uint64_t stop)
{
	bool extended = (stop - 1) / KIB(1) >= MAPPED_EXTENDED;

	if (start >= stop)
		return;
	begin(w, STRUCTURE_MEMORY_MAPPED, index, 31);
	put(w, extended ? MAPPED_EXTENDED : start / KIB(1), 4);
	put(w, extended ? MAPPED_EXTENDED : (stop - 1) / KIB(1), 4);
	put(w, HANDLE(STRUCTURE_MEMORY_ARRAY), 2);
	put(w, 1, 1); /* device in a row */
	put(w, extended ? start : 0, 8);
	put(w, extended ? stop - 1 : 0, 8);
	end(w);
}

/* --- the whole ------------------------------------------------------------------------------- */

/* Not part of its caller, whose stack the writer is on: here it is in a register. */
static noinline_fn void put_structures(struct writer *w, const struct smbios_machine *machine)
{
	put_bios(w);
	put_system(w, machine->name);
	put_chassis(w);
	put_processor(w, machine);
	put_memory_array(w, machine->memory);
	put_memory_device(w, machine->memory);
	put_mapped(w, 0, 0, machine->low);
	put_mapped(w, 1, PC_HIGH_MEMORY, PC_HIGH_MEMORY + machine->memory - machine->low);
	begin(w, STRUCTURE_BOOT, 0, 11);
	put(w, 0, 6); /* reserved */
	put(w, 0, 1); /* no errors were found */
	end(w);
	begin(w, STRUCTURE_END, 0, 4);
	end(w);
}

static void make_sum_zero(uint8_t *bytes, uint32_t start, uint32_t at)
{
	uint8_t sum = 0;

	for (uint32_t i = start; i < SMBIOS_ENTRY_BYTES; i++)
		sum = (uint8_t)(sum + bytes[i]);
	bytes[at] = (uint8_t)(bytes[at] - sum);
}

static void write_entry(uint8_t *to, const struct writer *structures, uint32_t address)
{
	struct writer w = { .bytes = to, .size = SMBIOS_ENTRY_SIZE };

	memset(to, 0, SMBIOS_ENTRY_SIZE);
	put_bytes(&w, "_SM_", 4);
	put(&w, 0, 1); /* checksum */
	put(&w, SMBIOS_ENTRY_BYTES, 1);
	put(&w, VERSION_MAJOR, 1);
	put(&w, VERSION_MINOR, 1);
	put(&w, structures->largest, 2);
	put(&w, 0, 6); /* revision of the entry point, and what it leaves empty */
	put_bytes(&w, "_DMI_", 5);
	put(&w, 0, 1); /* its checksum */
	put(&w, structures->used, 2);
	put(&w, address, 4);
	put(&w, structures->count, 2);
	put(&w, ENTRY_BCD_REVISION, 1);
	make_sum_zero(to, ENTRY_INTERMEDIATE_AT, ENTRY_SECOND_SUM_AT);
	make_sum_zero(to, 0, ENTRY_SUM_AT);
}

enum error smbios_build(const struct smbios_machine *machine, uint32_t address, uint8_t *entry,
			uint8_t *to, uint32_t size, uint32_t *length, struct reason *why)
{
	struct writer w = { .bytes = to, .size = size };

	put_structures(&w, machine);
	if (w.full)
		return reason_set(why, ERROR_NO_MEMORY,
				  "the SMBIOS structures of %s do not fit into %u bytes",
				  machine->name, size);
	write_entry(entry, &w, address);
	*length = w.used;
	return ERROR_NONE;
}
