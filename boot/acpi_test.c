/* From the RSDP to the tables: what firmware sends, and what nobody should. */
#include "tests/host/acpi_machine.h"

static void reads_good_tables(void **state)
{
	begin();
	assert_int_equal(parse(), ERROR_NONE);
	assert_string_equal(book.text, "");
	assert_true(info.from_xsdt);
	assert_int_equal(info.rsdp_revision, 2);
	assert_true(info.has_madt);
	assert_true(info.has_8259);
	assert_int_equal(info.local_apic.value, 0xfee00000);
	assert_true(info.has_fadt);
	assert_true(info.pm_timer.present);
	assert_int_equal(info.pm_timer.space, ACPI_SPACE_IO);
	assert_int_equal(info.pm_timer.address, 0xb008);
	assert_true(info.pm_timer_32bit);
	assert_int_equal(info.pm1a_control.address, 0xb004);
	assert_false(info.pm1b_control.present);
	assert_int_equal(info.reset.space, ACPI_SPACE_IO);
	assert_int_equal(info.reset.width, 8);
	assert_int_equal(info.reset.address, 0xcf9);
	assert_int_equal(info.reset_value, 0x0f);
	assert_int_equal(info.smi_command, 0xb2);
	assert_int_equal(info.acpi_enable, 0xf1);
	assert_true(info.has_s5);
	assert_int_equal(info.s5_type_a, 5);
	assert_int_equal(info.s5_type_b, 6);
}

static void extended_registers_come_first(void **state)
{
	begin();
	put(FADT_AT + 208, 0x2001, 4);
	put(FADT_AT + 212, 0x608, 8);
	put(FADT_AT + 172, 0x1000, 4);
	put(FADT_AT + 176, 0xfed00000, 8);
	put(FADT_AT + 140, DSDT_AT, 8);
	put(FADT_AT + 40, 0, 4);
	seal_table(FADT_AT, "FACP", FADT_LENGTH);
	assert_int_equal(parse(), ERROR_NONE);
	assert_int_equal(info.pm_timer.address, 0x608);
	assert_int_equal(info.pm1a_control.space, ACPI_SPACE_MEMORY);
	assert_int_equal(info.pm1a_control.address, 0xfed00000);
	assert_true(info.has_s5);

	/* ACPI 1.0 has nothing behind the flags; a port past 64 KiB is none. */
	begin();
	put(FADT_AT + 76, 0x10008, 4);
	seal_table(FADT_AT, "FACP", 116);
	assert_int_equal(parse(), ERROR_NONE);
	assert_false(info.reset.present);
	assert_false(info.pm_timer.present);
	assert_true(info.pm1a_control.present);
}

static void copies_of_the_rsdp(void **state)
{
	uint8_t copy[36], old[20];

	begin();
	memcpy(copy, memory + (BIOS_RSDP & ~15u), sizeof(copy));
	memset(memory + (BIOS_RSDP & ~15u), 0, 36);
	seal_table(MADT_AT, "APIC", madt_length);
	struct acpi_source source = { .new_rsdp = copy, .new_rsdp_length = sizeof(copy) };
	assert_int_equal(parse_from(source), ERROR_NONE);
	assert_true(info.from_xsdt);

	copy[35]++; /* the extended checksum no longer holds: the old copy has to do */
	memcpy(old, copy, sizeof(old));
	old[8] = (uint8_t)(old[8] + old[15]);
	old[15] = 0;
	source.old_rsdp = old;
	source.old_rsdp_length = sizeof(old);
	assert_int_equal(parse_from(source), ERROR_NONE);
	assert_false(info.from_xsdt);
	assert_true(complaint_book_has(&book, "new RSDP is left out: its extended checksum"));
	assert_true(info.has_madt);

	source.old_rsdp = NULL;
	assert_int_equal(parse_from(source), ERROR_INVALID_DATA);
	copy[8]++;
	assert_int_equal(parse_from(source), ERROR_INVALID_DATA);
	assert_true(complaint_book_has(&book, "its checksum is wrong"));
	copy[0] = 'X';
	assert_int_equal(parse_from(source), ERROR_INVALID_DATA);
	assert_true(complaint_book_has(&book, "its signature is wrong"));
	source.new_rsdp_length = 19;
	assert_int_equal(parse_from(source), ERROR_INVALID_DATA);
	assert_non_null(strstr(why.text, "no valid RSDP"));
}

static void searches_the_bios(void **state)
{
	begin();
	memset(memory + (BIOS_RSDP & ~15u), 0, 36);
	assert_int_equal(parse(), ERROR_INVALID_DATA);
	put_rsdp(EBDA + 0x3d0, 2);
	assert_int_equal(parse(), ERROR_INVALID_DATA); /* no pointer to the EBDA yet */
	put(0x40e, EBDA >> 4, 2);
	assert_int_equal(parse(), ERROR_NONE);
	memset(memory + EBDA, 0, 0x400);
	put_rsdp(0xffff0 - 16, 0); /* at the very end: an old one fits in 32 bytes */
	assert_int_equal(parse(), ERROR_NONE);
	assert_false(info.from_xsdt);
	assert_int_equal(book.count, 0);
	put_rsdp(0xffff0 - 16, 2); /* a new one does not */
	assert_int_equal(parse(), ERROR_INVALID_DATA);
}

static void bad_roots(void **state)
{
	begin();
	memory[XSDT_AT + 20]++;
	assert_int_equal(parse(), ERROR_NONE);
	assert_false(info.from_xsdt);
	assert_true(complaint_book_has(&book, "table XSDT at 0x11000"));
	assert_true(complaint_book_has(&book, "its checksum is wrong"));
	assert_true(complaint_book_has(&book, "the RSDT has to do"));
	assert_true(info.has_madt && info.has_fadt);
	put(RSDT_AT + 4, 35, 4);
	assert_int_equal(parse(), ERROR_INVALID_DATA);
	assert_true(complaint_book_has(&book, "its length is out of range"));
	put(RSDT_AT + 4, 0x100001, 4);
	assert_int_equal(parse(), ERROR_INVALID_DATA);
	assert_true(complaint_book_has(&book, "not in memory as a whole"));
	put(RSDT_AT + 4, 0xffffffff, 4);
	assert_int_equal(parse(), ERROR_INVALID_DATA);
	memory[RSDT_AT] = 'X';
	assert_int_equal(parse(), ERROR_INVALID_DATA);
	assert_true(complaint_book_has(&book, "its signature is wrong"));
	assert_non_null(strstr(why.text, "neither XSDT 0x11000 nor RSDT 0x10000"));
}

static void missing_tables_are_complained_of(void **state)
{
	begin();
	put(XSDT_AT + 36, 0xdeadbeef000, 8);
	put(XSDT_AT + 44, 0, 8);
	put(XSDT_AT + 52, FADT_AT, 4); /* half an entry */
	seal_table(XSDT_AT, "XSDT", 56);
	assert_int_equal(parse(), ERROR_NONE);
	assert_true(complaint_book_has(&book, "half an entry"));
	assert_true(complaint_book_has(&book, "entry 0xdeadbeef000 is not in memory"));
	assert_true(complaint_book_has(&book, "no valid MADT"));
	assert_true(complaint_book_has(&book, "no valid FADT"));
	assert_int_equal(info.cpu_count, 0);

	begin();
	put(XSDT_AT + 44, MADT_AT, 8);
	seal_table(XSDT_AT, "XSDT", 52);
	assert_int_equal(parse(), ERROR_NONE);
	assert_true(complaint_book_has(&book, "second MADT"));

	begin();
	seal_table(FADT_AT, "FACP", 115);
	madt_length = 43;
	assert_int_equal(parse(), ERROR_NONE);
	assert_true(complaint_book_has(&book, "FADT of 115 bytes is too short"));
	assert_true(complaint_book_has(&book, "MADT of 43 bytes is too short"));
	assert_false(info.has_madt || info.has_fadt);
}

static void a_root_table_may_be_endless(void **state)
{
	const uint32_t length = 36 + 8 * (ACPI_MAX_TABLES + 2);

	begin();
	memset(memory + XSDT_AT + 36, 0, length - 36);
	put(XSDT_AT + 36 + 8 * (ACPI_MAX_TABLES - 1), FADT_AT, 8);
	put(XSDT_AT + 36 + 8 * ACPI_MAX_TABLES, MADT_AT, 8);
	memory[XSDT_AT + 36 + 7] = 0x80; /* past the physical address space */
	seal_table(XSDT_AT, "XSDT", length);
	assert_int_equal(parse(), ERROR_NONE);
	assert_true(complaint_book_has(&book, "XSDT lists 258 tables; those past 256"));
	assert_true(info.has_fadt);
	assert_false(info.has_madt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_good_tables),
		cmocka_unit_test(extended_registers_come_first),
		cmocka_unit_test(copies_of_the_rsdp),
		cmocka_unit_test(searches_the_bios),
		cmocka_unit_test(bad_roots),
		cmocka_unit_test(missing_tables_are_complained_of),
		cmocka_unit_test(a_root_table_may_be_endless),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
