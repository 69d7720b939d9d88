/* The memory map: sources that agree, sources that do not, and a list that is full. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "boot/memory_map.h"
#include "tests/host/complaint_book.h"

static struct memory_map map;
static struct complaint_book book;
static struct reason why;

static void begin(void)
{
	memset(&map, 0, sizeof(map));
	memset(&book, 0, sizeof(book));
}

static void add(uint64_t start, uint64_t end, enum memory_kind kind)
{
	memory_map_add(&map, start, end - start, kind, COMPLAINTS_TO(&book));
}

/* The whole map as text: "START-END kind;" in hexadecimal pages. */
static const char *as_text(void)
{
	static char text[1024];

	text[0] = 0;
	for (unsigned i = 0; i < map.count && i < 20; i++)
		sprintf(text + strlen(text), "%llx-%llx %s;",
			(unsigned long long)(map.ranges[i].start.value >> 12),
			(unsigned long long)((map.ranges[i].start.value + map.ranges[i].length) >>
					     12),
			memory_kind_name(map.ranges[i].kind));
	return text;
}

static void sorts_and_merges(void **state)
{
	begin();
	add(0x5000, 0x6000, MEMORY_USABLE);
	add(0x1000, 0x2000, MEMORY_USABLE);
	add(0x3000, 0x4000, MEMORY_RESERVED);
	add(0x2000, 0x3000, MEMORY_USABLE);
	add(0x4000, 0x5000, MEMORY_RESERVED);
	assert_string_equal(as_text(), "1-3 usable;3-5 reserved;5-6 usable;");
	assert_int_equal(book.count, 0);
}

static void reserved_wins(void **state)
{
	begin();
	add(0x1000, 0x9000, MEMORY_USABLE);
	add(0x3000, 0x5000, MEMORY_RESERVED);
	add(0x2000, 0x8000, MEMORY_USABLE);
	add(0x4000, 0x6000, MEMORY_ACPI);
	add(0x8000, 0xa000, MEMORY_BAD);
	add(0x0, 0x9000, MEMORY_USABLE);
	assert_string_equal(as_text(), "0-3 usable;3-5 reserved;5-6 acpi;6-8 usable;8-a bad;");
}

static void usable_shrinks_and_the_rest_grows(void **state)
{
	begin();
	add(0x1001, 0x4fff, MEMORY_USABLE);
	assert_string_equal(as_text(), "2-4 usable;");
	add(0x3fff, 0x4001, MEMORY_RESERVED);
	assert_string_equal(as_text(), "2-3 usable;3-5 reserved;");
	add(0x7001, 0x7fff, MEMORY_USABLE);
	add(0x9000, 0x9000, MEMORY_RESERVED);
	assert_string_equal(as_text(), "2-3 usable;3-5 reserved;");
}

static void the_end_of_the_address_space(void **state)
{
	begin();
	memory_map_add(&map, 0xffffffffff000, 0x2000, MEMORY_USABLE, COMPLAINTS_TO(&book));
	assert_string_equal(as_text(), "ffffffffff-10000000000 usable;");
	assert_int_equal(book.count, 1);
	memory_map_add(&map, ~0ull, 1, MEMORY_RESERVED, COMPLAINTS_TO(&book));
	memory_map_add(&map, 1ull << 52, 0x1000, MEMORY_USABLE, COMPLAINTS_TO(&book));
	assert_int_equal(book.count, 3);
	memory_map_add(&map, 0x1000, ~0ull, MEMORY_RESERVED, COMPLAINTS_TO(&book));
	assert_int_equal(book.count, 4);
	assert_string_equal(as_text(), "1-10000000000 reserved;");
}

static void takes_only_what_is_usable(void **state)
{
	begin();
	add(0x1000, 0x9000, MEMORY_USABLE);
	add(0x9000, 0xa000, MEMORY_NVS);
	memory_map_take(&map, hpa(0x0), 0x1001, COMPLAINTS_TO(&book));
	memory_map_take(&map, hpa(0x8fff), 0x8000, COMPLAINTS_TO(&book));
	assert_string_equal(as_text(), "1-2 taken;2-8 usable;8-9 taken;9-a nvs;");
	assert_int_equal(memory_map_total(&map, MEMORY_TAKEN), 0x2000);
	assert_int_equal(memory_map_total(&map, MEMORY_USABLE), 0x6000);
	assert_int_equal(memory_map_top(&map), 0x9000);
	assert_int_equal(memory_map_lookup(&map, hpa(0x1fff))->kind, MEMORY_TAKEN);
	assert_int_equal(memory_map_lookup(&map, hpa(0x2000))->kind, MEMORY_USABLE);
	assert_null(memory_map_lookup(&map, hpa(0xa000)));
	assert_null(memory_map_lookup(&map, hpa(0xfff)));
}

static void modules_outside_of_ram_are_left_out(void **state)
{
	struct multiboot2_info info = {
		.module_count = 4,
		.modules = { { hpa(0x1000), 0x7fff, "across two ranges", 0 },
			     { hpa(0x9000), 0x1, "in reserved memory", 0 },
			     { hpa(0xf0000000), 0, "empty", 0 },
			     { hpa(0x8000), 0x1001, "one byte too long", 0 } },
	};

	begin();
	add(0x1000, 0x9000, MEMORY_USABLE);
	add(0x9000, 0xa000, MEMORY_RESERVED);
	memory_map_take(&map, hpa(0x3000), 0x2000, COMPLAINTS_TO(&book));
	memory_map_check_modules(&map, &info, COMPLAINTS_TO(&book));
	assert_int_equal(info.module_count, 2);
	assert_string_equal(info.modules[0].string, "across two ranges");
	assert_string_equal(info.modules[1].string, "empty");
	assert_int_equal(book.count, 2);
	assert_true(complaint_book_has(&book, "module \"one byte too long\" start=0x8000"));
	assert_false(memory_map_is_ram(&map, 0x1000, 0));
	assert_false(memory_map_is_ram(&map, 0x1000, ~0ull));
	assert_false(memory_map_is_ram(&map, 0x0, 0x2000));
}

static void tells_what_touches_ram(void **state)
{
	begin();
	add(0x1000, 0xa0000, MEMORY_USABLE);
	add(0xa0000, 0xb0000, MEMORY_RESERVED);
	add(0x100000, 0x200000, MEMORY_USABLE);
	memory_map_take(&map, hpa(0x180000), 0x80000, COMPLAINTS_TO(&book));
	assert_false(memory_map_touches_ram(&map, 0xa0000, 0x60000));
	assert_true(memory_map_touches_ram(&map, 0x9ffff, 0x10));
	assert_true(memory_map_touches_ram(&map, 0xa0000, 0x60001));
	assert_true(memory_map_touches_ram(&map, 0, 0x80000000));
	assert_true(memory_map_touches_ram(&map, 0x1ffff0, 0x20)); /* taken */
	assert_false(memory_map_touches_ram(&map, 0x200000, 0x10000000));
}

static void finds_room(void **state)
{
	hpa_t at;

	begin();
	add(0x1000, 0x9f000, MEMORY_USABLE);
	add(0x100000, 0x500000, MEMORY_USABLE);
	assert_true(memory_map_find(&map, 0x2000, 0x1000, 0, ~0ull, &at));
	assert_int_equal(at.value, 0x1000);
	assert_true(memory_map_find(&map, 0x2000, 0x1000, 0x9e000, ~0ull, &at));
	assert_int_equal(at.value, 0x100000);
	assert_true(memory_map_find(&map, 0x200000, 0x200000, 0, ~0ull, &at));
	assert_int_equal(at.value, 0x200000);
	assert_true(memory_map_find(&map, 0x1000, 0x1000, 0x3800, 0x5000, &at));
	assert_int_equal(at.value, 0x4000);
	assert_false(memory_map_find(&map, 0x1000, 0x1000, 0x3800, 0x4800, &at));
	assert_false(memory_map_find(&map, 0x400001, 0x1000, 0, ~0ull, &at));
	assert_false(memory_map_find(&map, 0x1000, 1ull << 52, 0x1000, ~0ull, &at));
}

/* Fills every slot with single usable pages, two pages apart. */
static void fill(void)
{
	begin();
	for (uint64_t i = 0; i < MEMORY_MAP_MAX_RANGES; i++)
		add(0x10000 + i * 0x4000, 0x13000 + i * 0x4000, MEMORY_USABLE);
	assert_int_equal(map.count, MEMORY_MAP_MAX_RANGES);
	assert_int_equal(book.count, 0);
}

static enum memory_kind kind_at(uint64_t address)
{
	const struct memory_range *range = memory_map_lookup(&map, hpa(address));

	return range ? range->kind : MEMORY_KINDS;
}

static void a_full_map_loses_memory_and_says_so(void **state)
{
	fill();
	add(0x11000, 0x12000, MEMORY_RESERVED);
	assert_true(map.overflowed);
	assert_true(complaint_book_has(&book, "more than 512 ranges: 0x11000-0x13000"));
	assert_int_equal(kind_at(0x10000), MEMORY_USABLE);
	assert_int_not_equal(kind_at(0x11000), MEMORY_USABLE);

	/* What was reserved and found no room must not come back as usable memory. */
	unsigned before = book.count;
	add(0x11000, 0x13000, MEMORY_USABLE);
	assert_int_equal(book.count, before + 1);
	assert_int_not_equal(kind_at(0x11000), MEMORY_USABLE);
}

static void a_full_map_stays_safe(void **state)
{
	fill();
	add(0xf000, 0x11000, MEMORY_RESERVED); /* splits at its end only */
	assert_int_not_equal(kind_at(0x10000), MEMORY_USABLE);
	assert_int_equal(kind_at(0x11000), MEMORY_USABLE);

	fill();
	add(0x10000, 0x13000, MEMORY_ACPI);
	assert_false(map.overflowed);
	add(0x11000, 0x12000, MEMORY_BAD); /* no slot: the whole range becomes bad */
	assert_int_equal(kind_at(0x10000), MEMORY_BAD);
	assert_int_equal(kind_at(0x11000), MEMORY_BAD);
	memory_map_take(&map, hpa(0x15000), 0x1000, COMPLAINTS_TO(&book));
	assert_int_not_equal(kind_at(0x15000), MEMORY_USABLE);
}

static const struct multiboot2_memory_entry entries[] = {
	{ 0x100000, 0x7f00000, 1, 0 }, { 0, 0x9fc00, 1, 0 },        { 0x9fc00, 0x400, 2, 0 },
	{ 0x7fe0000, 0x10000, 3, 0 },  { 0x7ff0000, 0x1000, 4, 0 }, { 0x7ff1000, 0x1000, 5, 0 },
	{ 0x7ff2000, 0x1000, 77, 0 },
};

static const struct efi_memory_descriptor descriptors[] = {
	{ 7, 0, 0x100000, 0, 0x100, 0xf },
	{ 4, 0, 0x200000, 0, 0x100, 0xf },
	{ 6, 0, 0x300000, 0, 1, 1ull << 63 | 0xf },
	{ 7, 0, 0x301000, 0, 1, 1 },
	{ 7, 0, 0x302000, 0, 1, 1ull << 18 | 0xf },
	{ 8, 0, 0x303000, 0, 1, 0xf },
	{ 9, 0, 0x304000, 0, 1, 0xf },
	{ 10, 0, 0x305000, 0, 1, 0xf },
	{ 11, 0, 0x306000, 0, 1, 0xf },
	{ 2, 0, 0x307000, 0, 1, 0xf },
	{ 99, 0, 0x308000, 0, ~0ull, 0xf },
};

static enum error build(const struct multiboot2_info *info)
{
	memset(&book, 0, sizeof(book));
	return memory_map_build(&map, info, COMPLAINTS_TO(&book), &why);
}

static void builds_from_multiboot2(void **state)
{
	const struct multiboot2_info info = {
		.memory_map = { (const uint8_t *)entries, sizeof(entries[0]), ARRAY_SIZE(entries) },
	};

	assert_int_equal(build(&info), ERROR_NONE);
	assert_string_equal(as_text(), "0-9f usable;9f-a0 reserved;100-7fe0 usable;"
				       "7fe0-7ff0 acpi;7ff0-7ff1 nvs;7ff1-7ff2 bad;"
				       "7ff2-7ff3 reserved;7ff3-8000 usable;");
}

static void builds_from_efi(void **state)
{
	struct multiboot2_info info = {
		.efi_memory_map = { (const uint8_t *)descriptors, sizeof(descriptors[0]),
				    ARRAY_SIZE(descriptors) },
	};

	assert_int_equal(build(&info), ERROR_NONE);
	assert_string_equal(as_text(),
			    "100-300 usable;300-303 reserved;303-304 bad;304-305 acpi;305-306 nvs;"
			    "306-307 reserved;307-308 usable;308-10000000000 reserved;");
	assert_int_equal(book.count, 1);

	info.efi_boot_services = true;
	assert_int_equal(build(&info), ERROR_NONE);
	assert_int_equal(kind_at(0x1fffff), MEMORY_USABLE);
	assert_int_equal(kind_at(0x200000), MEMORY_RESERVED);
}

static void both_maps_have_to_agree(void **state)
{
	const struct multiboot2_info info = {
		.memory_map = { (const uint8_t *)entries, sizeof(entries[0]), ARRAY_SIZE(entries) },
		.efi_memory_map = { (const uint8_t *)descriptors, sizeof(descriptors[0]), 3 },
	};

	assert_int_equal(build(&info), ERROR_NONE);
	assert_int_equal(kind_at(0x2fffff), MEMORY_USABLE);
	assert_int_equal(kind_at(0x300000), MEMORY_RESERVED);
	assert_int_equal(kind_at(0x301000), MEMORY_USABLE);
	assert_int_equal(kind_at(0x7fe0000), MEMORY_ACPI);
}

static void falls_back_to_basic_memory(void **state)
{
	struct multiboot2_info info = { .has_basic_memory = true,
					.lower_kib = 639,
					.upper_kib = 64 };

	assert_int_equal(build(&info), ERROR_NONE);
	assert_string_equal(as_text(), "0-9f usable;100-110 usable;");
	assert_true(complaint_book_has(&book, "basic memory"));
	info.has_basic_memory = false;
	assert_int_equal(build(&info), ERROR_INVALID_DATA);
	assert_non_null(strstr(why.text, "no usable memory"));
}

/* Random claims against a byte a page. */
static void agrees_with_an_array(void **state)
{
	enum { PAGES = 256 };
	unsigned seed = 7;

	for (unsigned round = 0; round < 300; round++) {
		uint8_t model[PAGES]; /* kind + 1, 0 for a hole */
		memset(model, 0, sizeof(model));
		begin();
		for (unsigned claim = 0; claim < 40; claim++) {
			seed = seed * 1103515245 + 12345;
			unsigned start = (seed >> 8) % PAGES, kind = (seed >> 20) % MEMORY_KINDS;
			unsigned count = 1 + (seed >> 24) % 40;
			count = start + count > PAGES ? PAGES - start : count;
			add(start * PAGE_SIZE, (start + count) * PAGE_SIZE, (enum memory_kind)kind);
			for (unsigned i = start; i < start + count; i++)
				model[i] = model[i] > kind + 1 ? model[i] : (uint8_t)(kind + 1);
		}
		assert_int_equal(book.count, 0);
		for (unsigned i = 0; i < PAGES; i++)
			assert_int_equal(kind_at(i * PAGE_SIZE),
					 model[i] ? model[i] - 1u : MEMORY_KINDS);
		for (unsigned i = 1; i < map.count; i++) {
			uint64_t end = map.ranges[i - 1].start.value + map.ranges[i - 1].length;
			assert_true(end < map.ranges[i].start.value ||
				    (end == map.ranges[i].start.value &&
				     map.ranges[i - 1].kind != map.ranges[i].kind));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts_and_merges),
		cmocka_unit_test(reserved_wins),
		cmocka_unit_test(usable_shrinks_and_the_rest_grows),
		cmocka_unit_test(the_end_of_the_address_space),
		cmocka_unit_test(takes_only_what_is_usable),
		cmocka_unit_test(modules_outside_of_ram_are_left_out),
		cmocka_unit_test(tells_what_touches_ram),
		cmocka_unit_test(finds_room),
		cmocka_unit_test(a_full_map_loses_memory_and_says_so),
		cmocka_unit_test(a_full_map_stays_safe),
		cmocka_unit_test(builds_from_multiboot2),
		cmocka_unit_test(builds_from_efi),
		cmocka_unit_test(both_maps_have_to_agree),
		cmocka_unit_test(falls_back_to_basic_memory),
		cmocka_unit_test(agrees_with_an_array),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
