/* The ACPI parser on tables in a small physical memory that has nothing outside of it: every mapped
 * stretch is a block of its own, so that ASan sees a read past what was asked for. */
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

static const void *map(void *context, hpa_t at, uint64_t length)
{
	if (at.value >= MEMORY_SIZE || length > MEMORY_SIZE - at.value)
		return NULL;
	assert_true(mapped_count < ARRAY_SIZE(mapped));
	return memcpy(mapped[mapped_count++] = malloc(length), memory + at.value, length);
}

static void put(uint32_t at, uint64_t value, unsigned bytes)
{
	memcpy(memory + at, &value, bytes);
}

static void seal(uint32_t at, uint32_t length, uint32_t checksum_at)
{
	uint8_t sum = 0;

	memory[at + checksum_at] = 0;
	for (uint32_t i = 0; i < length; i++)
		sum = (uint8_t)(sum + memory[at + i]);
	memory[at + checksum_at] = (uint8_t)-sum;
}

static void seal_table(uint32_t at, const char *signature, uint32_t length)
{
	memcpy(memory + at, signature, 4);
	put(at + 4, length, 4);
	seal(at, length, 9);
}

static void put_rsdp(uint32_t at, unsigned revision)
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

static void add_entry(const void *bytes, uint32_t length)
{
	memcpy(memory + MADT_AT + madt_length, bytes, length);
	madt_length += length;
}
#define ENTRY(...) \
	add_entry((const uint8_t[]) { __VA_ARGS__ }, sizeof((const uint8_t[]) { __VA_ARGS__ }))

#define FADT_LENGTH 276
#define S5_AML      0x08, '_', 'S', '5', '_', 0x12, 0x08, 0x04, 0x0a, 0x05, 0x0a, 0x06, 0x00, 0x00

/* Tables as a good firmware has them, RSDP in the BIOS area; a MADT without entries. */
static void begin(void)
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

static enum error parse_from(struct acpi_source source)
{
	source.memory.map = map;
	memset(&book, 0, sizeof(book));
	enum error error = acpi_parse(&source, &info, COMPLAINTS_TO(&book), &why);
	while (mapped_count)
		free(mapped[--mapped_count]);
	return error;
}

static enum error parse(void)
{
	seal_table(MADT_AT, "APIC", madt_length);
	return parse_from((struct acpi_source) { .search_bios = true });
}

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

#define FINDS(a, b, ...)                                                        \
	do {                                                                    \
		static const uint8_t aml[] = { __VA_ARGS__ };                   \
		uint8_t *copy = memcpy(malloc(sizeof(aml)), aml, sizeof(aml));  \
		uint8_t type_a = 99, type_b = 99;                               \
		bool found = acpi_find_s5(copy, sizeof(aml), &type_a, &type_b); \
		free(copy);                                                     \
		assert_int_equal(type_a, a);                                    \
		assert_int_equal(type_b, b);                                    \
		assert_int_equal(found, (a) != 99);                             \
	} while (0)

static void s5_in_aml(void **state)
{
	FINDS(5, 6, S5_AML);
	FINDS(5, 6, 0x08, 0x5c, '_', 'S', '5', '_', 0x12, 7, 2, 0x0a, 5, 0x0a, 6, 0);
	FINDS(0, 1, 0, 8, '_', 'S', '5', '_', 0x12, 4, 4, 0, 1, 0, 0);
	FINDS(7, 0, 8, '_', 'S', '5', '_', 0x12, 4, 1, 0x0a, 7);
	FINDS(3, 2, 8, '_', 'S', '5', '_', 0x12, 0x4b, 0, 2, 0x0b, 3, 0, 0x0c, 2, 0, 0, 0);
	/* A call of _S5_, and the definition behind it. */
	FINDS(5, 6, '_', 'S', '5', '_', 0x70, '_', 'S', '5', '_', S5_AML);
	FINDS(99, 99, 0x14, '_', 'S', '5', '_', 0x12, 4, 2, 0, 0); /* a method */
	FINDS(99, 99, 8, '_', 'S', '5', '_', 0x11, 4, 2, 0, 0);    /* a buffer */
	FINDS(99, 99, 8, '_', 'S', '5', '_', 0x12, 4, 0);          /* no elements; cut off */
	FINDS(99, 99, 8, '_', 'S', '5', '_', 0x12, 3, 0, 0);
	FINDS(99, 99, 8, '_', 'S', '5', '_', 0x12, 4, 2, 0x0a, 8, 0); /* past three bits */
	FINDS(99, 99, 8, '_', 'S', '5', '_', 0x12, 3, 2, 0, 0x0a, 5); /* past the package */
	FINDS(99, 99, 8, '_', 'S', '5', '_', 0x12, 0xc1);
	FINDS(99, 99, 8, '_', 'S', '5', '_', 0x12);
	FINDS(99, 99, 8, '_', 'S', '5', '_');
	FINDS(99, 99, '_', 'S', '5', '_', 0x12, 4, 2, 0, 0);
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
		cmocka_unit_test(tells_cpus_apart),
		cmocka_unit_test(one_cpu_listed_twice),
		cmocka_unit_test(interrupt_wiring),
		cmocka_unit_test(bad_entries_are_left_out),
		cmocka_unit_test(too_many_of_everything),
		cmocka_unit_test(s5_in_aml),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
