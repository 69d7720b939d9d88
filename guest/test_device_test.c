/* The scratch device of test guests: what its users in guest/cases/ rely on. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "guest/test_device.h"

static struct test_device device;

static uint32_t in(uint16_t port, unsigned width)
{
	uint32_t value = 0xdeadbeef;

	test_device_access(&device, port, width, true, &value);
	return value;
}

static void out(uint16_t port, unsigned width, uint32_t value)
{
	test_device_access(&device, port, width, false, &value);
}

static void latches_read_back_inverted(void **state)
{
	device = (struct test_device) { 0 };
	out(TEST_PORT, 4, 0x44332211);
	assert_int_equal(in(TEST_PORT, 1), 0xee);
	assert_int_equal(in(TEST_PORT + 1, 2), 0xccdd);
	assert_int_equal(in(TEST_PORT_HIGH + TEST_PORT, 4), 0xbbccddee);
	out(TEST_PORT + 3, 1, 0x99);
	assert_int_equal(in(TEST_PORT, 4), 0x66ccddee);
	/* The last latch alone is there: the rest of the access floats. */
	assert_int_equal(in(TEST_PORT + 3, 2), 0xff66);
}

static void other_ports_float(void **state)
{
	device = (struct test_device) { 0 };
	out(0, 4, 0);
	out(0xffff, 4, 0);
	assert_int_equal(in(0, 1), 0xff);
	assert_int_equal(in(0xffff, 2), 0xffff);
	assert_int_equal(in(TEST_PORT - 1, 4), 0xffffffff);
	assert_int_equal(in(TEST_PORT, 4), 0xffffffff);
}

static void sequence_depends_on_order_and_count(void **state)
{
	device = (struct test_device) { 0 };
	out(TEST_PORT + TEST_SEQUENCE, 1, 1);
	out(TEST_PORT + TEST_SEQUENCE, 1, 2);
	assert_int_equal(device.sequence, 1 * 31 + 2);
	assert_int_equal(in(TEST_PORT + TEST_SEQUENCE, 4), 33 * 31 + 7);
	assert_int_equal(in(TEST_PORT + TEST_SEQUENCE, 1), ((33 * 31 + 7) * 31 + 7) & 0xff);
}

static void memory_comes_again_and_again(void **state)
{
	struct test_device scratch = { .memory = { 0 } };

	test_device_write(&scratch, gpa(0x20008), 8, 0x1122334455667788);
	test_device_write(&scratch, gpa(0x20009), 1, 0xff);
	assert_int_equal(test_device_read(&scratch, gpa(0x20008), 8), 0x112233445566ff88);
	assert_int_equal(test_device_read(&scratch, gpa(0x2000a), 2), 0x5566);
	assert_int_equal(test_device_read(&scratch, gpa(0x20048), 4), 0x5566ff88);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_comes_again_and_again),
		cmocka_unit_test(latches_read_back_inverted),
		cmocka_unit_test(other_ports_float),
		cmocka_unit_test(sequence_depends_on_order_and_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
