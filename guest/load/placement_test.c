/* Placement: fixed places, searches from both ends, edges of the address space, a full table. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "guest/load/placement.h"
#include "tests/host/load_machine.h"

static struct load_machine machine;
static struct placement placement;
static struct reason why;

static int start(void **state)
{
	load_machine_make(&machine, MIB(64));
	placement_start(&placement, "test", &machine.target);
	why = (struct reason) { 0 };
	return 0;
}

static int end(void **state)
{
	load_machine_free(&machine);
	return 0;
}

static enum error find(enum placement_order order, uint64_t size, uint64_t alignment,
		       uint64_t least, uint64_t limit, uint64_t *at)
{
	const struct placement_wish wish = { "the thing", size, alignment, least, limit, order };
	return placement_find(&placement, &wish, at, NULL, &why);
}

static void claims_what_is_free_ram(void **state)
{
	uint8_t *memory;

	assert_int_equal(placement_claim(&placement, "it", MIB(1), 16, &memory, &why), 0);
	assert_ptr_equal(memory, machine.bytes + MIB(1));
	assert_int_equal(placement_claim(&placement, "it", MIB(1) + 16, 16, NULL, &why), 0);
	assert_int_equal(placement_claim(&placement, "it", 0xa0000, 0, &memory, &why), 0);
	assert_null(memory);
	assert_int_equal(placement_claim(&placement, "it", MIB(1) + 31, 16, NULL, &why),
			 ERROR_NO_MEMORY);
	assert_string_equal(why.text, "test: it at 0x10001f, 0x10 bytes, meets what is taken from "
				      "0x100000 to 0x10001f");
}

static void refuses_what_is_no_ram(void **state)
{
	static const struct {
		uint64_t at, length;
	} bad[] = { { 0x9ffff, 2 },     { 0xf0000, 16 }, { MIB(64), 1 },
		    { MIB(64) - 1, 2 }, { ~0ull, 2 },    { MIB(1), ~0ull } };

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(
			placement_claim(&placement, "it", bad[i].at, bad[i].length, NULL, &why),
			ERROR_NO_MEMORY);
		assert_non_null(strstr(why.text, "is not in the VM's RAM"));
	}
	/* What the firmware holds. */
	assert_int_equal(placement_claim(&placement, "it", 0x4ff, 1, NULL, &why), ERROR_NO_MEMORY);
	assert_non_null(strstr(why.text, "meets what is taken from 0x0 to 0x4ff"));
}

static void finds_the_lowest(void **state)
{
	uint64_t at;

	assert_int_equal(find(PLACE_LOWEST, 4096, 4096, 0, ~0ull, &at), 0);
	assert_int_equal(at, 0x1000);
	assert_int_equal(find(PLACE_LOWEST, 16, 16, 0, ~0ull, &at), 0);
	assert_int_equal(at, 0x500);
	assert_int_equal(find(PLACE_LOWEST, KIB(640), 16, 0, ~0ull, &at), 0);
	assert_int_equal(at, MIB(1));
	assert_int_equal(find(PLACE_LOWEST, 16, 16, 0x90004, ~0ull, &at), 0);
	assert_int_equal(at, 0x90010);
}

static void finds_the_highest(void **state)
{
	uint64_t at;

	assert_int_equal(find(PLACE_HIGHEST, 100, 4096, 0, ~0ull, &at), 0);
	assert_int_equal(at, MIB(64) - 4096);
	assert_int_equal(find(PLACE_HIGHEST, 4096, 4096, 0, ~0ull, &at), 0);
	assert_int_equal(at, MIB(64) - 8192);
	assert_int_equal(find(PLACE_HIGHEST, 4096, 4096, 0, MIB(1) + 100, &at), 0);
	assert_int_equal(at, 0x9f000);
	assert_int_equal(find(PLACE_HIGHEST, 4096, 4096, 0, 0x9f000, &at), 0);
	assert_int_equal(at, 0x9e000);
}

static void says_what_does_not_fit(void **state)
{
	uint64_t at;

	assert_int_equal(find(PLACE_LOWEST, MIB(64), 1, 0, ~0ull, &at), ERROR_NO_MEMORY);
	assert_int_equal(find(PLACE_HIGHEST, MIB(64), 1, 0, ~0ull, &at), ERROR_NO_MEMORY);
	assert_int_equal(find(PLACE_HIGHEST, 0x1000, 0x1000, 0, 0x1000, &at), ERROR_NO_MEMORY);
	assert_int_equal(find(PLACE_LOWEST, 0x1000, 0x1000, 0, 0x1000, &at), ERROR_NO_MEMORY);
	assert_string_equal(why.text, "test: the thing does not fit: 0x1000 bytes, aligned to "
				      "0x1000, between 0x0 and 0x1000 of the VM's RAM");
	assert_int_equal(find(PLACE_LOWEST, 1, 1, MIB(63), MIB(62), &at), ERROR_NO_MEMORY);
	assert_int_equal(find(PLACE_HIGHEST, ~0ull, 1ull << 63, 0, ~0ull, &at), ERROR_NO_MEMORY);
	assert_int_equal(find(PLACE_LOWEST, ~0ull, 1ull << 63, 1, ~0ull, &at), ERROR_NO_MEMORY);
}

/* A map may say what it likes at the end of the address space: a search comes to an end. */
static void survives_the_end_of_the_address_space(void **state)
{
	const uint64_t top = ~0ull - 0xffff;
	uint64_t at;

	machine.target.map.entries[3] = (struct memory_entry) { top, 0x10000, MEMORY_RAM };
	machine.target.map.count = 4;
	machine.target.taken.entries[1] = (struct memory_entry) { top, 0x10000, MEMORY_RESERVED };
	machine.target.taken.count = 2;
	placement_start(&placement, "test", &machine.target);
	assert_int_equal(find(PLACE_LOWEST, 16, 16, top, ~0ull, &at), ERROR_NO_MEMORY);
	assert_int_equal(find(PLACE_HIGHEST, 16, 16, top, ~0ull, &at), ERROR_NO_MEMORY);
}

static void stops_at_a_full_table(void **state)
{
	unsigned claims = 0;

	while (placement_claim(&placement, "it", MIB(1) + 2 * claims, 1, NULL, &why) == 0)
		claims++;
	assert_int_equal(claims, PLACEMENT_RANGES - 1);
	assert_string_equal(why.text, "test: it: too many pieces of memory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(claims_what_is_free_ram, start, end),
		cmocka_unit_test_setup_teardown(refuses_what_is_no_ram, start, end),
		cmocka_unit_test_setup_teardown(finds_the_lowest, start, end),
		cmocka_unit_test_setup_teardown(finds_the_highest, start, end),
		cmocka_unit_test_setup_teardown(says_what_does_not_fit, start, end),
		cmocka_unit_test_setup_teardown(survives_the_end_of_the_address_space, start, end),
		cmocka_unit_test_setup_teardown(stops_at_a_full_table, start, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
