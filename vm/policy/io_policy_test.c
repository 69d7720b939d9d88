/* Port policy: closed by default, and never open for what the host lives by. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "vm/policy/io_policy.h"

static void closed_by_default(void **state)
{
	struct io_policy policy = { 0 };

	for (uint32_t port = 0; port < IO_PORTS; port++)
		assert_false(io_policy_passes(&policy, port, 1));
}

static void opens_what_is_asked(void **state)
{
	struct io_policy policy = { 0 };

	assert_int_equal(io_policy_open(&policy, 0x300, 0x303, NULL), ERROR_NONE);
	assert_int_equal(io_policy_open(&policy, 0xfffe, 0xffff, NULL), ERROR_NONE);
	assert_true(io_policy_passes(&policy, 0x300, 4));
	assert_false(io_policy_passes(&policy, 0x2ff, 2));
	assert_false(io_policy_passes(&policy, 0x302, 4)); /* a part is not enough */
	assert_true(io_policy_passes(&policy, 0xfffe, 2));
	assert_false(io_policy_passes(&policy, 0xffff, 2)); /* past the last port */
}

static void refuses_the_hosts_ports(void **state)
{
	static const uint16_t held[] = { 0x20, 0xa1, 0x64, 0x3f8, 0xcf8, 0xcf9, 0x8a00, 0x92 };
	struct io_policy policy = { 0 };
	struct reason why;

	for (unsigned i = 0; i < ARRAY_SIZE(held); i++)
		assert_int_equal(io_policy_open(&policy, held[i], held[i], &why),
				 ERROR_INVALID_INPUT);
	assert_int_equal(io_policy_open(&policy, 0, 0xffff, &why), ERROR_INVALID_INPUT);
	assert_int_equal(io_policy_open(&policy, 0x304, 0x300, &why), ERROR_INVALID_INPUT);
	assert_int_equal(policy.count, 0);
	for (unsigned i = 0; i < IO_POLICY_RANGES; i++)
		assert_int_equal(io_policy_open(&policy, 0x300 + i, 0x300 + i, &why), ERROR_NONE);
	assert_int_equal(io_policy_open(&policy, 0x320, 0x320, &why), ERROR_NO_MEMORY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closed_by_default),
		cmocka_unit_test(opens_what_is_asked),
		cmocka_unit_test(refuses_the_hosts_ports),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
