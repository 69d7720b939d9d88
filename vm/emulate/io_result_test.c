/* IN of every width into a register full of ones and of a pattern. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "vm/emulate/io_result.h"

static void widths(void **state)
{
	assert_int_equal(io_result(~0ull, 1, 0), 0xffffffffffffff00ull);
	assert_int_equal(io_result(~0ull, 2, 0), 0xffffffffffff0000ull);
	assert_int_equal(io_result(~0ull, 4, 0), 0);
	assert_int_equal(io_result(0x1122334455667788ull, 1, 0xab), 0x11223344556677abull);
	assert_int_equal(io_result(0x1122334455667788ull, 2, 0xabcd), 0x112233445566abcdull);
	assert_int_equal(io_result(0x1122334455667788ull, 4, 0x89abcdef), 0x89abcdefull);
}

static void bits_beyond_the_width_are_ignored(void **state)
{
	assert_int_equal(io_result(0, 1, ~0u), 0xff);
	assert_int_equal(io_result(0, 2, ~0u), 0xffff);
	assert_int_equal(io_result(0, 4, ~0u), 0xffffffff);
}

static void in_memory_it_is_the_same(void **state)
{
	for (unsigned width = 1; width <= 4; width *= 2) {
		uint64_t rax = 0x1122334455667788ull;

		io_put_result(&rax, width, 0x99aabbcc);
		assert_int_equal(rax, io_result(0x1122334455667788ull, width, 0x99aabbcc));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(widths),
		cmocka_unit_test(bits_beyond_the_width_are_ignored),
		cmocka_unit_test(in_memory_it_is_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
