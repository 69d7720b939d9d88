/* The tables, as Plinth's own reader of ACPI tables understands them, and byte by byte where it does
 * not look. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "boot/acpi.h"
#include "device/acpi_pm.h"
#include "device/ioapic.h"
#include "device/reset_ports.h"
#include "guest/pc/pc_layout.h"
#include "guest/tables/acpi_tables.h"
#include "guest/tables/mp_table.h"

#define TABLES_AT   0x7fe0000u
#define TABLES_SIZE 0x20000u
#define RSDP_AT     0xf0000u
#define RSDP_SIZE   64u

static uint8_t dsdt_bytes[8192], tables[TABLES_SIZE], rsdp[RSDP_SIZE];

static struct acpi_dsdt read_dsdt(void)
{
	FILE *file = fopen(DSDT_AML, "rb");

	assert_non_null(file);
	size_t length = fread(dsdt_bytes, 1, sizeof(dsdt_bytes), file);
	fclose(file);
	assert_in_range(length, 100, sizeof(dsdt_bytes) - 1);
	return (struct acpi_dsdt) { dsdt_bytes, (uint32_t)length };
}

static enum error build(const struct table_machine *machine, struct acpi_blob *blob,
			struct reason *why)
{
	const struct acpi_dsdt dsdt = read_dsdt();

	memset(tables, 0xcc, sizeof(tables));
	acpi_blob_init(blob, tables, TABLES_SIZE, rsdp, RSDP_SIZE);
	return acpi_tables_build(machine, &dsdt, blob, why);
}

/* Guest memory for the reader. */
static const void *map(void *context, hpa_t at, uint64_t length)
{
	if (at.value >= TABLES_AT && at.value - TABLES_AT + length <= TABLES_SIZE)
		return tables + (at.value - TABLES_AT);
	return NULL;
}

static enum error parse(struct acpi_info *info)
{
	const struct acpi_source source = {
		.memory = { .map = map },
		.new_rsdp = rsdp,
		.new_rsdp_length = 36,
	};
	struct reason why;

	return acpi_parse(&source, info, NULL, &why);
}

static const struct table_machine full = {
	.cpus = 64,
	.apics = true,
	.hpet = true,
	.keyboard = true,
	.vga = true,
	.com_mask = 0xf,
	.pm_base = ACPI_PM_PORT,
};

static uint8_t sum(const uint8_t *bytes, uint32_t length)
{
	uint8_t total = 0;

	while (length--)
		total = (uint8_t)(total + *bytes++);
	return total;
}

/* The first table with that signature. */
static const uint8_t *find(const char *signature)
{
	for (uint32_t i = 0; i + 4 < TABLES_SIZE; i += 16)
		if (!memcmp(tables + i, signature, 4))
			return tables + i;
	return NULL;
}

static uint32_t u32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static void our_own_reader_understands_them(void **state)
{
	struct acpi_blob blob;
	struct reason why;
	static struct acpi_info info;

	assert_int_equal(build(&full, &blob, &why), ERROR_NONE);
	acpi_blob_place(&blob, TABLES_AT);
	assert_int_equal(parse(&info), ERROR_NONE);
	assert_int_equal(info.cpu_count, 64);
	for (unsigned i = 0; i < 64; i++) {
		assert_int_equal(info.cpus[i].apic_id, i);
		assert_int_equal(info.cpus[i].state, ACPI_CPU_ENABLED);
	}
	assert_int_equal(info.io_apic_count, 1);
	assert_int_equal(info.io_apics[0].address, IOAPIC_BASE);
	assert_int_equal(info.override_count, 2);
	assert_int_equal(info.overrides[0].source, 0);
	assert_int_equal(info.overrides[0].interrupt, 2);
	assert_int_equal(info.overrides[1].interrupt, ACPI_SCI_IRQ);
	assert_int_equal(info.overrides[1].trigger, ACPI_TRIGGER_LEVEL);
	assert_int_equal(info.overrides[1].polarity, ACPI_POLARITY_HIGH);
	assert_true(info.pm_timer.present);
	assert_int_equal(info.pm_timer.address, ACPI_PM_TIMER);
	assert_true(info.reset.present);
	assert_int_equal(info.reset.address, RESET_CONTROL_PORT);
	assert_int_equal(info.pm1a_control.address, ACPI_PM_CONTROL);
}

static void each_table_adds_up(void **state)
{
	static const char *const signatures[] = { "DSDT", "FACP", "APIC", "MCFG",
						  "HPET", "RSDT", "XSDT" };
	struct acpi_blob blob;
	struct reason why;

	assert_int_equal(build(&full, &blob, &why), ERROR_NONE);
	acpi_blob_place(&blob, TABLES_AT);
	for (unsigned i = 0; i < ARRAY_SIZE(signatures); i++) {
		const uint8_t *table = find(signatures[i]);

		assert_non_null(table);
		assert_int_equal(sum(table, u32(table + 4)), 0);
	}
	assert_int_equal(sum(rsdp, 20), 0);
	assert_int_equal(sum(rsdp, 36), 0);
	assert_int_equal((uintptr_t)(find("FACS") - tables) % 64, 0);
	assert_int_equal(u32(find("FACP") + 4), 244); /* revision 4 */
}

/* Whoever is told of more buses looks for devices on all of them. */
static void there_is_one_bus(void **state)
{
	struct acpi_blob blob;
	struct reason why;
	const uint8_t *allocation;

	assert_int_equal(build(&full, &blob, &why), ERROR_NONE);
	allocation = find("MCFG") + 44;
	assert_int_equal(u32(allocation), PC_ECAM);
	assert_int_equal(allocation[10], 0); /* the first bus */
	assert_int_equal(allocation[11], 0); /* and the last */
}

static void what_is_left_out_is_not_told(void **state)
{
	const struct table_machine small = { .cpus = 1, .com_mask = 1 };
	struct acpi_blob blob;
	struct reason why;
	const uint8_t *flags;

	assert_int_equal(build(&small, &blob, &why), ERROR_NONE);
	assert_null(find("HPET"));
	assert_null(find("APIC"));
	assert_int_equal(u32(find("XSDT") + 4), 36 + 2 * 8); /* FADT and MCFG */
	flags = memmem(tables, TABLES_SIZE, "PLFG", 4);
	assert_non_null(flags);
	assert_int_equal(u32(flags + 5), 1);        /* COM1 alone */
	assert_int_equal(find("FACP")[109] & 6, 4); /* no keyboard controller, no VGA */
}

static void a_firmware_may_have_moved_the_registers(void **state)
{
	struct table_machine moved = full;
	struct acpi_blob blob;
	struct reason why;
	static struct acpi_info info;

	moved.pm_base = 0xb000;
	assert_int_equal(build(&moved, &blob, &why), ERROR_NONE);
	acpi_blob_place(&blob, TABLES_AT);
	assert_int_equal(parse(&info), ERROR_NONE);
	assert_int_equal(info.pm_timer.address, 0xb008);
	assert_int_equal(info.pm1a_control.address, 0xb004);
	assert_int_equal(u32(find("FACP") + 56), 0xb000); /* PM1a event */
	assert_int_equal(u32(find("FACP") + 80), 0xb00c); /* GPE0 */
}

static void too_small_a_place_is_an_error(void **state)
{
	const struct acpi_dsdt dsdt = read_dsdt(), stranger = { (const uint8_t *)"DSDT", 4 };
	struct acpi_blob blob;
	struct reason why;

	acpi_blob_init(&blob, tables, 1024, rsdp, RSDP_SIZE);
	assert_int_equal(acpi_tables_build(&full, &dsdt, &blob, &why), ERROR_NO_MEMORY);
	acpi_blob_init(&blob, tables, TABLES_SIZE, rsdp, 20);
	assert_int_equal(acpi_tables_build(&full, &dsdt, &blob, &why), ERROR_NO_MEMORY);
	acpi_blob_init(&blob, tables, TABLES_SIZE, rsdp, RSDP_SIZE);
	assert_int_equal(acpi_tables_build(&full, &stranger, &blob, &why), ERROR_INVALID_DATA);
}

static void mp_table_counts_its_entries(void **state)
{
	static uint8_t bytes[0x2000];
	struct reason why;
	uint16_t length, entries;

	assert_int_equal(
		mp_table_build(&full, 0x50654, 0x1f8bfbff, 0xf0100, bytes, sizeof(bytes), &why),
		ERROR_NONE);
	assert_memory_equal(bytes, "_MP_", 4);
	assert_int_equal(u32(bytes + 4), 0xf0110);
	assert_int_equal(sum(bytes, 16), 0);
	assert_memory_equal(bytes + 16, "PCMP", 4);
	memcpy(&length, bytes + 20, 2);
	memcpy(&entries, bytes + 50, 2);
	assert_int_equal(sum(bytes + 16, length), 0);
	/* CPUs, two buses, the I/O APIC, 32 PCI and 15 ISA interrupts, two local ones. */
	assert_int_equal(entries, 64 + 2 + 1 + 32 + 15 + 2);
	assert_int_equal(length, 44 + 64 * 20 + (entries - 64) * 8);
	assert_int_equal(mp_table_build(&full, 0, 0, 0xf0100, bytes, 600, &why), ERROR_NO_MEMORY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_own_reader_understands_them),
		cmocka_unit_test(each_table_adds_up),
		cmocka_unit_test(there_is_one_bus),
		cmocka_unit_test(what_is_left_out_is_not_told),
		cmocka_unit_test(a_firmware_may_have_moved_the_registers),
		cmocka_unit_test(too_small_a_place_is_an_error),
		cmocka_unit_test(mp_table_counts_its_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
