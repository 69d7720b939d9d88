/* The I/O bitmaps agree with the policy on every port, and stay inside their pages. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "vmx/vcpu/io_bitmap.h"

static struct {
	uint8_t before[64], a[PAGE_SIZE], b[PAGE_SIZE], after[64];
} memory;

static void agree_on_every_port(void **state)
{
	/* On both sides of where half a bitmap once overran, and of the border between the two. */
	struct io_policy policy = {
		.count = 5,
		.open = { { 0x300, 0x303 },
			  { 0x1fff, 0x2001 },
			  { 0x7ffe, 0x8001 },
			  { 0xc123, 0xc123 },
			  { 0xfff0, 0xffff } },
	};

	memset(&memory, 0xa5, sizeof(memory));
	io_bitmap_fill(memory.a, memory.b, &policy);
	for (unsigned i = 0; i < sizeof(memory.before); i++) {
		assert_int_equal(memory.before[i], 0xa5);
		assert_int_equal(memory.after[i], 0xa5);
	}
	for (uint32_t port = 0; port < IO_PORTS; port++)
		for (unsigned width = 1; width <= 4; width *= 2)
			assert_int_equal(io_bitmap_exits(memory.a, memory.b, port, width),
					 !io_policy_passes(&policy, port, width));
	/* The layout itself: bit 0 of byte 1000H / 8 is port 1000H, B begins at port 8000H. */
	assert_int_equal(memory.a[0x300 / 8], 0xf0);
	assert_int_equal(memory.a[PAGE_SIZE - 1], 0x3f);
	assert_int_equal(memory.b[0], 0xfc);
	assert_int_equal(memory.b[PAGE_SIZE - 1], 0);
}

static void closed_policy_sets_every_bit(void **state)
{
	struct io_policy policy = { 0 };

	io_bitmap_fill(memory.a, memory.b, &policy);
	for (unsigned i = 0; i < PAGE_SIZE; i++)
		assert_int_equal(memory.a[i] & memory.b[i], 0xff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agree_on_every_port),
		cmocka_unit_test(closed_policy_sets_every_bit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
