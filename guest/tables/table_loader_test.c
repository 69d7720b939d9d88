/* The script, carried out as a firmware does, gives the tables that acpi_blob_place() gives. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "device/acpi_pm.h"
#include "guest/tables/acpi_tables.h"
#include "guest/tables/table_loader.h"

#define TABLES_SIZE 0x4000u
#define RSDP_SIZE   64u
#define TABLES_AT   0x3ff0000u

static const struct table_machine machine = {
	.cpus = 4, .hpet = true, .com_mask = 1, .pm_base = ACPI_PM_PORT
};

/* A DSDT of nothing but the name that the machine's choices go to; its compiler has left a checksum. */
static uint8_t dsdt[] = { 'D', 'S', 'D', 'T', 49,  0,    0,    0,    2,    0x77, 0, 0, 0,
			  0,   0,   0,   0,   0,   0,    0,    0,    0,    0,    0, 0, 0,
			  0,   0,   0,   0,   0,   0,    0,    0,    0,    0,    0, 0, 0,
			  0,   'P', 'L', 'F', 'G', 0x0c, 0x00, 0xee, 0xff, 0xc0 };

struct tables {
	struct acpi_blob blob;
	uint8_t tables[TABLES_SIZE], rsdp[RSDP_SIZE];
};

static struct tables ours, firmwares;

static void build(struct tables *t)
{
	const struct acpi_dsdt table = { dsdt, sizeof(dsdt) };
	struct reason why;

	memset(t, 0, sizeof(*t));
	acpi_blob_init(&t->blob, t->tables, TABLES_SIZE, t->rsdp, RSDP_SIZE);
	assert_int_equal(acpi_tables_build(&machine, &table, &t->blob, &why), ERROR_NONE);
}

static uint32_t u32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint8_t *file(const uint8_t *named)
{
	assert_int_equal(named[TABLE_LOADER_NAME - 1], 0);
	if (!strcmp((const char *)named, "etc/acpi/tables"))
		return firmwares.tables;
	assert_string_equal((const char *)named, "etc/acpi/rsdp");
	return firmwares.rsdp;
}

static void allocate(const uint8_t *c, unsigned number)
{
	bool rsdp = file(c + 4) == firmwares.rsdp;

	assert_in_range(number, 0, 1); /* before anything refers to them */
	assert_int_equal(u32(c + 60), rsdp ? 16 : 64);
	assert_int_equal(c[64], rsdp ? 2 : 1);
}

static void add_pointer(const uint8_t *c)
{
	uint64_t value = 0;
	uint8_t *at = file(c + 4) + u32(c + 116), size = c[120];

	assert_true(size == 4 || size == 8);
	assert_ptr_equal(file(c + 60), firmwares.tables);
	memcpy(&value, at, size);
	assert_in_range(value, 0, firmwares.blob.used[ACPI_PART_TABLES] - 1);
	value += TABLES_AT;
	memcpy(at, &value, size);
}

static void add_checksum(const uint8_t *c)
{
	uint8_t *bytes = file(c + 4), sum = 0;

	assert_int_equal(bytes[u32(c + 60)], 0);
	for (uint32_t i = 0; i < u32(c + 68); i++)
		sum = (uint8_t)(sum + bytes[u32(c + 64) + i]);
	bytes[u32(c + 60)] = (uint8_t)-sum;
}

static void a_firmware_makes_the_same_tables(void **state)
{
	static uint8_t script[TABLE_LOADER_MOST];
	uint32_t length;

	build(&ours);
	acpi_blob_place(&ours.blob, TABLES_AT);
	build(&firmwares);
	length = table_loader_write(&firmwares.blob, script);
	assert_int_equal(length % TABLE_LOADER_COMMAND, 0);
	for (uint32_t at = 0; at < length; at += TABLE_LOADER_COMMAND) {
		switch (u32(script + at)) {
		case 1:
			allocate(script + at, at / TABLE_LOADER_COMMAND);
			break;
		case 2:
			add_pointer(script + at);
			break;
		default:
			assert_int_equal(u32(script + at), 3);
			add_checksum(script + at);
		}
	}
	assert_memory_equal(firmwares.tables, ours.tables, TABLES_SIZE);
	assert_memory_equal(firmwares.rsdp, ours.rsdp, RSDP_SIZE);
}

static void a_full_blob_has_room_in_the_script(void **state)
{
	static uint8_t script[TABLE_LOADER_MOST];

	build(&ours);
	while (ours.blob.pointer_count < ACPI_POINTERS)
		acpi_add_pointer(&ours.blob, ACPI_PART_TABLES, 0, 8);
	while (ours.blob.checksum_count < ACPI_CHECKSUMS)
		acpi_add_checksum(&ours.blob, ACPI_PART_TABLES, 9, 0, 36);
	assert_int_equal(table_loader_write(&ours.blob, script), sizeof(script));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_firmware_makes_the_same_tables),
		cmocka_unit_test(a_full_blob_has_room_in_the_script),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
