/* Commands, all of whose numbers are little-endian. */
#include "guest/tables/table_loader.h"

#include "lib/bits.h"
#include "lib/string.h"

enum command { COMMAND_ALLOCATE = 1, COMMAND_ADD_POINTER = 2, COMMAND_ADD_CHECKSUM = 3 };

/* Where a file goes: anywhere below 4 GiB, or where the RSDP is searched for, F0000H to FFFFFH. */
enum zone { ZONE_HIGH = 1, ZONE_BIOS = 2 };

#define TABLES_ALIGNMENT 64 /* the FACS' */
#define RSDP_ALIGNMENT   16

struct allocate {
	char file[TABLE_LOADER_NAME];
	uint32_t alignment;
	uint8_t zone;
} packed_layout;

/* The address of `target` is added to the number of `size` bytes at `offset` of `file`. */
struct add_pointer {
	char file[TABLE_LOADER_NAME];
	char target[TABLE_LOADER_NAME];
	uint32_t offset;
	uint8_t size;
} packed_layout;

/* The byte at `offset`, which is zero, makes the sum of [start, start + length) zero. */
struct add_checksum {
	char file[TABLE_LOADER_NAME];
	uint32_t offset, start, length;
} packed_layout;

struct command_entry {
	uint32_t command;
	union {
		struct allocate allocate;
		struct add_pointer pointer;
		struct add_checksum checksum;
		uint8_t bytes[TABLE_LOADER_COMMAND - sizeof(uint32_t)];
	} packed_layout;
} packed_layout;
_Static_assert(sizeof(struct command_entry) == TABLE_LOADER_COMMAND, "table loader: a command");

const char *const table_loader_files[ACPI_PARTS] = {
	[ACPI_PART_TABLES] = "etc/acpi/tables",
	[ACPI_PART_RSDP] = "etc/acpi/rsdp",
};

static void name(char to[TABLE_LOADER_NAME], enum acpi_part part)
{
	memcpy(to, table_loader_files[part], strlen(table_loader_files[part]));
}

static uint8_t *append(uint8_t *at, const struct command_entry *entry)
{
	memcpy(at, entry, sizeof(*entry));
	return at + sizeof(*entry);
}

static uint8_t *allocate(uint8_t *at, enum acpi_part part, enum zone zone, uint32_t alignment)
{
	struct command_entry entry = { .command = COMMAND_ALLOCATE };

	name(entry.allocate.file, part);
	entry.allocate.alignment = alignment;
	entry.allocate.zone = (uint8_t)zone;
	return append(at, &entry);
}

static uint8_t *add_pointer(uint8_t *at, const struct acpi_pointer *p)
{
	struct command_entry entry = { .command = COMMAND_ADD_POINTER };

	name(entry.pointer.file, p->in);
	name(entry.pointer.target, ACPI_PART_TABLES);
	entry.pointer.offset = p->offset;
	entry.pointer.size = p->width;
	return append(at, &entry);
}

static uint8_t *add_checksum(uint8_t *at, const struct acpi_checksum *c)
{
	struct command_entry entry = { .command = COMMAND_ADD_CHECKSUM };

	name(entry.checksum.file, c->in);
	entry.checksum.offset = c->offset;
	entry.checksum.start = c->start;
	entry.checksum.length = c->length;
	return append(at, &entry);
}

uint32_t table_loader_write(const struct acpi_blob *blob, uint8_t script[TABLE_LOADER_MOST])
{
	uint8_t *at = allocate(script, ACPI_PART_RSDP, ZONE_BIOS, RSDP_ALIGNMENT);

	at = allocate(at, ACPI_PART_TABLES, ZONE_HIGH, TABLES_ALIGNMENT);
	for (unsigned i = 0; i < blob->pointer_count; i++)
		at = add_pointer(at, &blob->pointers[i]);
	for (unsigned i = 0; i < blob->checksum_count; i++)
		at = add_checksum(at, &blob->checksums[i]);
	return (uint32_t)(at - script);
}
