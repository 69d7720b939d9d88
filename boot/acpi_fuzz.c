/* Any bytes as physical memory with ACPI tables. The first byte of the input says whether tables
 * are linked and which checksums are put right beforehand, so that the fuzzer gets past them. */
#include <stdlib.h>
#include <string.h>

#include "boot/acpi.h"
#include "lib/assert.h"
#include "lib/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST_MAPPINGS 4096u

/* Physical memory is the input; each mapping is a block of its own for ASan. */
struct memory {
	const uint8_t *bytes;
	size_t size;
	void *mapped[MOST_MAPPINGS];
	unsigned count;
};

static const void *map(void *context, hpa_t at, uint64_t length)
{
	struct memory *memory = context;

	if (at.value >= memory->size || length > memory->size - at.value ||
	    memory->count == MOST_MAPPINGS)
		return NULL;
	return memcpy(memory->mapped[memory->count++] = malloc(length), memory->bytes + at.value,
		      length);
}

static void hear(void *context, const char *sentence)
{
	assert(strlen(sentence) < 192);
}

static void seal(uint8_t *bytes, size_t size, size_t checksum_at)
{
	uint8_t sum = 0;

	bytes[checksum_at] = 0;
	for (size_t i = 0; i < size; i++)
		sum = (uint8_t)(sum + bytes[i]);
	bytes[checksum_at] = (uint8_t)-sum;
}

/* Whatever looks like a table gets a valid checksum. */
static void seal_tables(uint8_t *bytes, size_t size)
{
	static const char *const signatures[] = { "DSDT", "APIC", "FACP", "RSDT", "XSDT" };

	for (unsigned s = 0; s < ARRAY_SIZE(signatures); s++) {
		for (size_t at = 0; at + 36 <= size; at++) {
			uint32_t length = load_u32(bytes + at + 4);
			if (!memcmp(bytes + at, signatures[s], 4) && length >= 36 &&
			    length <= size - at)
				seal(bytes + at, length, 9);
		}
	}
}

/* Places of the tables when the input only fills them in. */
#define XSDT_AT   64u
#define FADT_AT   128u
#define MADT_AT   (FADT_AT + 276u)
#define DSDT_SIZE 128u

#define LINKED_LEAST (MADT_AT + 64u + DSDT_SIZE)

static void put_table(uint8_t *bytes, uint32_t at, const char *signature, uint32_t length)
{
	memcpy(bytes + at, signature, 4);
	memcpy(bytes + at + 4, &length, 4);
}

/* Links the tables, so that the input's bytes are their contents: the MADT takes what is left. */
static void link_tables(uint8_t *bytes, size_t size)
{
	const uint32_t dsdt = (uint32_t)size - DSDT_SIZE;
	const uint64_t xsdt = XSDT_AT, entries[] = { FADT_AT, MADT_AT }, x_dsdt = dsdt;
	const uint32_t length = 36;

	bytes[15] = 2;
	memcpy(bytes + 20, &length, 4);
	memcpy(bytes + 24, &xsdt, 8);
	put_table(bytes, XSDT_AT, "XSDT", 36 + sizeof(entries));
	memcpy(bytes + XSDT_AT + 36, entries, sizeof(entries));
	put_table(bytes, FADT_AT, "FACP", MADT_AT - FADT_AT);
	memcpy(bytes + FADT_AT + 140, &x_dsdt, 8);
	put_table(bytes, MADT_AT, "APIC", dsdt - MADT_AT);
	put_table(bytes, dsdt, "DSDT", DSDT_SIZE);
	memcpy(bytes + dsdt + 40, "\x08_S5_\x12", 6);
}

static void check(const struct acpi_info *info)
{
	assert(info->cpu_count <= ACPI_MAX_CPUS);
	assert(info->nmi_count <= ACPI_MAX_NMIS);
	assert(info->io_apic_count <= ACPI_MAX_IO_APICS);
	assert(info->override_count <= ACPI_MAX_OVERRIDES);
	for (unsigned i = 0; i < info->cpu_count; i++) {
		for (unsigned j = 0; j < i; j++)
			assert(info->cpus[i].apic_id != info->cpus[j].apic_id);
	}
	for (unsigned i = 0; i < info->nmi_count; i++)
		assert(info->nmis[i].lint <= 1);
	assert(!info->has_s5 || (info->s5_type_a <= 7 && info->s5_type_b <= 7));
	assert(!info->pm_timer.present || info->pm_timer.space <= ACPI_SPACE_IO);
	assert(info->pm_timer.space != ACPI_SPACE_IO || info->pm_timer.address <= UINT16_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct acpi_info info;
	static struct memory memory;
	const struct complaints complaints = { .hear = hear };
	struct reason why;

	if (size < 1 + 36)
		return 0;
	uint8_t choices = *data++;
	size--;
	bool linked = choices & 32;
	size_t room = linked && size < LINKED_LEAST ? LINKED_LEAST : size;
	uint8_t *copy = calloc(1, room);
	memcpy(copy, data, size);
	size = room;
	if (linked)
		link_tables(copy, size);
	if (choices & 1 || linked) {
		memcpy(copy, "RSD PTR ", 8);
		seal(copy, 20, 8);
		seal(copy, 36, 32);
	}
	if (choices & 2 || linked)
		seal_tables(copy, size);
	memory.bytes = copy;
	memory.size = size;
	const struct acpi_source source = {
		.memory = { map, &memory },
		.new_rsdp = choices & 4 && !linked ? NULL : copy,
		.new_rsdp_length = 36,
		.old_rsdp = choices & 8 ? copy : NULL,
		.old_rsdp_length = 20,
		.search_bios = choices & 16,
	};
	if (acpi_parse(&source, &info, &complaints, &why) == ERROR_NONE)
		check(&info);
	while (memory.count)
		free(memory.mapped[--memory.count]);

	uint8_t a, b;
	acpi_find_s5(copy, size, &a, &b);
	free(copy);
	return 0;
}
