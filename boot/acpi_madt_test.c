/* The MADT: CPUs told apart, wiring of interrupts, and entries that lie. */
#include "tests/host/acpi_machine.h"

static void tells_cpus_apart(void **state)
{
	begin();
	ENTRY(0, 8, 1, 0, 1, 0, 0, 0);
	ENTRY(0, 8, 2, 2, 2, 0, 0, 0);
	ENTRY(0, 8, 3, 4, 0, 0, 0, 0);
	ENTRY(9, 16, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0);
	ENTRY(0, 8, 4, 0xff, 0, 0, 0, 0);
	ENTRY(77, 3, 0);
	assert_int_equal(parse(), ERROR_NONE);
	assert_string_equal(book.text, "");
	assert_int_equal(info.cpu_count, 4);
	assert_int_equal(info.cpus[0].state, ACPI_CPU_ENABLED);
	assert_int_equal(info.cpus[0].uid, 1);
	assert_int_equal(info.cpus[1].state, ACPI_CPU_ONLINE_CAPABLE);
	assert_int_equal(info.cpus[2].state, ACPI_CPU_DISABLED);
	assert_int_equal(info.cpus[3].apic_id, 256);
	assert_int_equal(info.cpus[3].uid, 9);
	assert_true(info.cpus[3].x2apic);

	memory[MADT_AT + 8] = 4; /* before ACPI 6.3 the second flag means nothing */
	assert_int_equal(parse(), ERROR_NONE);
	assert_int_equal(info.cpus[1].state, ACPI_CPU_DISABLED);
}

static void one_cpu_listed_twice(void **state)
{
	begin();
	ENTRY(0, 8, 1, 3, 0, 0, 0, 0);
	ENTRY(9, 16, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0); /* the same, and enabled */
	ENTRY(0, 8, 1, 3, 1, 0, 0, 0);                          /* both ways: fine */
	ENTRY(0, 8, 7, 3, 0, 0, 0, 0);                          /* padding: fine */
	assert_int_equal(parse(), ERROR_NONE);
	assert_int_equal(book.count, 0);
	assert_int_equal(info.cpu_count, 1);
	assert_int_equal(info.cpus[0].state, ACPI_CPU_ENABLED);
	assert_true(info.cpus[0].x2apic);
	ENTRY(0, 8, 8, 3, 1, 0, 0, 0); /* another processor */
	assert_int_equal(parse(), ERROR_NONE);
	assert_int_equal(info.cpu_count, 1);
	assert_true(complaint_book_has(&book, "APIC ID 3 is listed twice, as processor 1 and 8"));
	ENTRY(0, 8, 9, 0xff, 1, 0, 0, 0);
	ENTRY(9, 16, 0, 0, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 1, 0, 0, 0);
	assert_int_equal(parse(), ERROR_NONE);
	assert_true(complaint_book_has(&book, "APIC ID 255 is the broadcast ID"));
	assert_true(complaint_book_has(&book, "APIC ID 0xffffffff is the broadcast ID"));
	assert_int_equal(info.cpu_count, 1);
}

static void interrupt_wiring(void **state)
{
	begin();
	ENTRY(1, 12, 7, 0, 0, 0, 0xc0, 0xfe, 24, 0, 0, 0);
	ENTRY(2, 10, 0, 9, 20, 0, 0, 0, 0x0f, 0);
	ENTRY(4, 6, 0xff, 5, 0, 1);
	ENTRY(4, 6, 3, 0, 0, 0);
	ENTRY(10, 12, 0x0d, 0, 1, 1, 0, 0, 1, 0, 0, 0);
	ENTRY(10, 12, 0, 0, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0);
	ENTRY(5, 12, 0, 0, 0, 0, 0xd0, 0xfe, 1, 0, 0, 0);
	assert_int_equal(parse(), ERROR_NONE);
	assert_int_equal(book.count, 0);
	assert_int_equal(info.io_apic_count, 1);
	assert_int_equal(info.io_apics[0].id, 7);
	assert_int_equal(info.io_apics[0].address, 0xfec00000);
	assert_int_equal(info.io_apics[0].interrupt_base, 24);
	assert_int_equal(info.override_count, 1);
	assert_int_equal(info.overrides[0].source, 9);
	assert_int_equal(info.overrides[0].interrupt, 20);
	assert_int_equal(info.overrides[0].polarity, ACPI_POLARITY_LOW);
	assert_int_equal(info.overrides[0].trigger, ACPI_TRIGGER_LEVEL);
	assert_int_equal(info.nmi_count, 4);
	assert_true(info.nmis[0].all_cpus);
	assert_int_equal(info.nmis[0].lint, 1);
	assert_int_equal(info.nmis[0].polarity, ACPI_POLARITY_HIGH);
	assert_int_equal(info.nmis[0].trigger, ACPI_TRIGGER_EDGE);
	assert_false(info.nmis[1].all_cpus);
	assert_int_equal(info.nmis[1].uid, 3);
	assert_int_equal(info.nmis[2].uid, 257);
	assert_int_equal(info.nmis[2].trigger, ACPI_TRIGGER_LEVEL);
	assert_true(info.nmis[3].all_cpus);
	assert_int_equal(info.local_apic.value, 0x1fed00000);
}

static void bad_entries_are_left_out(void **state)
{
	begin();
	ENTRY(0, 7, 1, 0, 1, 0, 0);
	ENTRY(4, 6, 0xff, 0, 0, 2);
	ENTRY(4, 6, 0xff, 2, 0, 1);
	ENTRY(2, 10, 1, 9, 20, 0, 0, 0, 0, 0);
	ENTRY(2, 10, 0, 16, 20, 0, 0, 0, 0, 0);
	ENTRY(2, 10, 0, 9, 20, 0, 0, 0, 8, 0);
	ENTRY(0, 8, 1, 1, 1, 0, 0, 0);
	ENTRY(0, 9, 1, 2, 1, 0, 0, 0); /* one byte past the table */
	assert_int_equal(parse(), ERROR_NONE);
	assert_int_equal(book.count, 7);
	assert_true(complaint_book_has(&book, "type=0 offset=44 left out: it is too short"));
	assert_true(complaint_book_has(&book, "only LINT0 and LINT1"));
	assert_true(complaint_book_has(&book, "polarity or trigger mode is reserved"));
	assert_true(complaint_book_has(&book, "not an ISA interrupt"));
	assert_true(complaint_book_has(&book, "has length 9 of 8 bytes left"));
	assert_int_equal(info.cpu_count, 1);
	assert_int_equal(info.nmi_count + info.override_count, 0);

	begin();
	ENTRY(0, 0);
	assert_int_equal(parse(), ERROR_NONE);
	assert_true(complaint_book_has(&book, "has length 0 of 2 bytes left"));
	begin();
	ENTRY(0);
	assert_int_equal(parse(), ERROR_NONE);
	assert_true(complaint_book_has(&book, "has length 0 of 1 bytes left"));
}

static void too_many_of_everything(void **state)
{
	begin();
	for (unsigned i = 0; i < ACPI_MAX_CPUS + 3; i++)
		ENTRY(9, 16, 0, 0, (uint8_t)i, (uint8_t)(i >> 8), 0, 0, 1, 0, 0, 0, (uint8_t)i,
		      (uint8_t)(i >> 8), 0, 0);
	for (unsigned i = 0; i < ACPI_MAX_NMIS + 1; i++)
		ENTRY(4, 6, (uint8_t)i, 0, 0, 1);
	for (unsigned i = 0; i < ACPI_MAX_IO_APICS + 1; i++)
		ENTRY(1, 12, (uint8_t)i, 0, 0, 0, 0xc0, 0xfe, 24, 0, 0, 0);
	for (unsigned i = 0; i < ACPI_MAX_OVERRIDES + 1; i++)
		ENTRY(2, 10, 0, 9, 20, 0, 0, 0, 0x0f, 0);
	assert_int_equal(parse(), ERROR_NONE);
	assert_int_equal(info.cpu_count, ACPI_MAX_CPUS);
	assert_int_equal(info.nmi_count, ACPI_MAX_NMIS);
	assert_int_equal(info.io_apic_count, ACPI_MAX_IO_APICS);
	assert_int_equal(info.override_count, ACPI_MAX_OVERRIDES);
	assert_int_equal(book.count, 4);
	assert_true(complaint_book_has(&book, "3 CPUs more than the 512 that fit"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_cpus_apart),
		cmocka_unit_test(one_cpu_listed_twice),
		cmocka_unit_test(interrupt_wiring),
		cmocka_unit_test(bad_entries_are_left_out),
		cmocka_unit_test(too_many_of_everything),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
