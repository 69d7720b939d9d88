/* Little-endian bytes at odd addresses, of every width, with neighbours that must stay. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "lib/bytes.h"

#define VALUE 0x8877665544332211ull

static const uint8_t bytes[] = { 0xee, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0xee };

static uint64_t lowest(unsigned width)
{
	return width == sizeof(uint64_t) ? VALUE : VALUE & ((1ull << width * 8) - 1);
}

static void fixed_widths(void **state)
{
	uint8_t to[sizeof(bytes)];

	assert_int_equal(load_u8(bytes + 1), 0x11);
	assert_int_equal(load_u16(bytes + 1), 0x2211);
	assert_int_equal(load_u32(bytes + 1), 0x44332211);
	assert_int_equal(load_u64(bytes + 1), VALUE);
	memset(to, 0xee, sizeof(to));
	store_u64(to + 1, VALUE);
	assert_memory_equal(to, bytes, sizeof(to));
}

static void every_width(void **state)
{
	for (unsigned width = 1; width <= sizeof(uint64_t); width++) {
		uint8_t to[sizeof(bytes)];

		assert_int_equal(load_bytes(bytes + 1, width), lowest(width));
		memset(to, 0xee, sizeof(to));
		store_bytes(to + 1, VALUE, width);
		assert_memory_equal(to + 1, bytes + 1, width);
		assert_int_equal(to[0], 0xee);
		assert_int_equal(to[width + 1], 0xee);
	}
}

static void other_order(void **state)
{
	assert_int_equal(swap_bytes(VALUE, 1), 0x11);
	assert_int_equal(swap_bytes(VALUE, 2), 0x1122);
	assert_int_equal(swap_bytes(VALUE, 4), 0x11223344);
	assert_int_equal(swap_bytes(VALUE, 8), 0x1122334455667788);
	for (unsigned width = 1; width <= sizeof(uint64_t); width++)
		assert_int_equal(swap_bytes(swap_bytes(VALUE, width), width), lowest(width));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fixed_widths),
		cmocka_unit_test(every_width),
		cmocka_unit_test(other_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
