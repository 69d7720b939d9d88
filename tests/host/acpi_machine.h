/* A small physical memory with ACPI tables for host tests. There is nothing outside of it, and every
 * mapped stretch is a block of its own, so that ASan sees a read past what was asked for. */
#ifndef TESTS_HOST_ACPI_MACHINE_H
#define TESTS_HOST_ACPI_MACHINE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "boot/acpi.h"
#include "tests/host/complaint_book.h"

#define MEMORY_SIZE 0x110000u
#define EBDA        0x9fc00u
#define BIOS_RSDP   0xf1230u
#define RSDT_AT     0x10000u
#define XSDT_AT     0x11000u
#define MADT_AT     0x12000u
#define FADT_AT     0x20000u
#define DSDT_AT     0x21000u

static uint8_t memory[MEMORY_SIZE];
static void *mapped[2000];
static unsigned mapped_count;

static struct acpi_info info;
static struct complaint_book book;
static struct reason why;

static inline const void *map(void *context, hpa_t at, uint64_t length)
{
	if (at.value >= MEMORY_SIZE || length > MEMORY_SIZE - at.value)
		return NULL;
	assert_true(mapped_count < ARRAY_SIZE(mapped));
	return memcpy(mapped[mapped_count++] = malloc(length), memory + at.value, length);
}

static inline void put(uint32_t at, uint64_t value, unsigned bytes)
{
	memcpy(memory + at, &value, bytes);
}

static inline void seal(uint32_t at, uint32_t length, uint32_t checksum_at)
{
	uint8_t sum = 0;

	memory[at + checksum_at] = 0;
	for (uint32_t i = 0; i < length; i++)
		sum = (uint8_t)(sum + memory[at + i]);
	memory[at + checksum_at] = (uint8_t)-sum;
}

static inline void seal_table(uint32_t at, const char *signature, uint32_t length)
{
	memcpy(memory + at, signature, 4);
	put(at + 4, length, 4);
	seal(at, length, 9);
}

static inline void put_rsdp(uint32_t at, unsigned revision)
{
	memcpy(memory + at, "RSD PTR ", 8);
	memory[at + 15] = (uint8_t)revision;
	put(at + 16, RSDT_AT, 4);
	put(at + 20, 36, 4);
	put(at + 24, XSDT_AT, 8);
	seal(at, 20, 8);
	seal(at, 36, 32);
}

static uint32_t madt_length;

static inline void add_entry(const void *bytes, uint32_t length)
{
	memcpy(memory + MADT_AT + madt_length, bytes, length);
	madt_length += length;
}
#define ENTRY(...) \
	add_entry((const uint8_t[]) { __VA_ARGS__ }, sizeof((const uint8_t[]) { __VA_ARGS__ }))

#define FADT_LENGTH 276
#define S5_AML      0x08, '_', 'S', '5', '_', 0x12, 0x08, 0x04, 0x0a, 0x05, 0x0a, 0x06, 0x00, 0x00

/* Tables as a good firmware has them, RSDP in the BIOS area; a MADT without entries. */
static inline void begin(void)
{
	static const uint8_t aml[] = { 0x10, 0x20, S5_AML };

	memset(memory, 0, sizeof(memory));
	put_rsdp(BIOS_RSDP & ~15u, 2);
	put(RSDT_AT + 36, MADT_AT, 4);
	put(RSDT_AT + 40, FADT_AT, 4);
	seal_table(RSDT_AT, "RSDT", 44);
	put(XSDT_AT + 36, MADT_AT, 8);
	put(XSDT_AT + 44, FADT_AT, 8);
	seal_table(XSDT_AT, "XSDT", 52);

	put(FADT_AT + 40, DSDT_AT, 4);
	put(FADT_AT + 48, 0xb2, 4);
	memory[FADT_AT + 52] = 0xf1;
	put(FADT_AT + 64, 0xb004, 4);
	put(FADT_AT + 76, 0xb008, 4);
	memory[FADT_AT + 89] = 2;
	memory[FADT_AT + 91] = 4;
	put(FADT_AT + 112, 1 << 8 | 1 << 10, 4);
	put(FADT_AT + 116, 0x801, 4);
	put(FADT_AT + 120, 0xcf9, 8);
	memory[FADT_AT + 128] = 0x0f;
	seal_table(FADT_AT, "FACP", FADT_LENGTH);
	memcpy(memory + DSDT_AT + 36, aml, sizeof(aml));
	seal_table(DSDT_AT, "DSDT", 36 + sizeof(aml));

	memory[MADT_AT + 8] = 5;
	put(MADT_AT + 36, 0xfee00000, 4);
	put(MADT_AT + 40, 1, 4);
	madt_length = 44;
}

static inline enum error parse_from(struct acpi_source source)
{
	source.memory.map = map;
	memset(&book, 0, sizeof(book));
	enum error error = acpi_parse(&source, &info, COMPLAINTS_TO(&book), &why);
	while (mapped_count)
		free(mapped[--mapped_count]);
	return error;
}

static inline enum error parse(void)
{
	seal_table(MADT_AT, "APIC", madt_length);
	return parse_from((struct acpi_source) { .search_bios = true });
}

#endif
