/* Any bytes as physical memory with ACPI tables. The first byte of the input says which checksums
 * are put right beforehand, so that the fuzzer gets past them. */
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
	uint8_t *copy = memcpy(malloc(size), data, size);
	if (choices & 1) {
		memcpy(copy, "RSD PTR ", 8);
		seal(copy, 20, 8);
		seal(copy, 36, 32);
	}
	if (choices & 2)
		seal_tables(copy, size);
	memory.bytes = copy;
	memory.size = size;
	const struct acpi_source source = {
		.memory = { map, &memory },
		.new_rsdp = choices & 4 ? NULL : copy,
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
