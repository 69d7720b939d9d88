/* Chains of frames: whole ones, and every way in which one ends. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "vm/crash/frames.h"

static uint8_t stack[0x1000]; /* at linear address 10000h */

#define AT 0x10000ull

static bool read_stack(void *context, gva_t at, unsigned width, uint64_t *value)
{
	*value = 0;
	if (at.value < AT || at.value + width > AT + sizeof(stack))
		return false;
	memcpy(value, stack + (at.value - AT), width);
	return true;
}

static struct frame_chain chain;
static struct reason why;

static void put(uint64_t offset, uint64_t outer, uint64_t address)
{
	memcpy(stack + offset, &outer, chain.width);
	memcpy(stack + offset + chain.width, &address, chain.width);
}

static void start(unsigned width, uint64_t base, uint64_t pointer)
{
	memset(stack, 0, sizeof(stack));
	chain = (struct frame_chain) {
		.read = read_stack, .width = width, .base = base, .pointer = pointer
	};
}

static void next_is(uint64_t wanted)
{
	uint64_t address = 0;

	assert_true(frame_next(&chain, &address, &why));
	assert_int_equal(address, wanted);
}

static void ends(const char *sentence)
{
	uint64_t address;

	assert_false(frame_next(&chain, &address, &why));
	assert_string_equal(why.text, sentence);
}

static void follows_each_width(void **state)
{
	start(8, 0, AT + 0x100);
	put(0x100, AT + 0x200, 0xffffffff80001234);
	put(0x200, 0, 0x5678);
	next_is(0xffffffff80001234);
	next_is(0x5678);
	ends("frame pointer 0x0 is where a chain ends");
	start(4, 0x8000, 0x8100);
	put(0x100, 0x8200, 0x1111);
	put(0x200, 0, 0x3333);
	next_is(0x1111);
	next_is(0x3333);
	ends("frame pointer 0x0 is where a chain ends");
	start(2, AT, 0x10);
	put(0x10, 0x20, 0x7c00);
	next_is(0x7c00);
	ends("frame pointer 0x20 has return address 0");
}

static void ends_where_it_makes_no_sense(void **state)
{
	start(8, 0, 0x0100000000000000);
	ends("frame pointer 0x100000000000000 is not canonical");
	start(8, 0, 0xdeadbeef);
	ends("frame pointer 0xdeadbeef is not aligned");
	start(8, 0, 0xffffffffffffff00);
	ends("frame pointer 0xffffffffffffff00 leads to no memory");
	/* Its upper half is outside. */
	start(8, 0, AT + sizeof(stack) - 8);
	ends("frame pointer 0x10ff8 leads to no memory");
	start(4, 0, 0xfffffffc);
	ends("frame pointer 0xfffffffc leads to no memory");
}

static void goes_up_only_and_not_for_ever(void **state)
{
	start(8, 0, AT + 0x100);
	put(0x100, AT + 0x100, 1);
	next_is(1);
	ends("frame pointer 0x10100 does not lie above the one before");
	start(8, 0, AT + 0x100);
	put(0x100, AT + 0x80, 1);
	put(0x80, AT + 0x100, 2);
	next_is(1);
	ends("frame pointer 0x10080 does not lie above the one before");
	start(8, 0, AT);
	for (unsigned i = 0; i < 100; i++)
		put(i * 16, AT + (i + 1) * 16, i + 1);
	for (unsigned i = 0; i < FRAMES_MOST; i++)
		next_is(i + 1);
	ends("there are more than 32 frames");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_each_width),
		cmocka_unit_test(ends_where_it_makes_no_sense),
		cmocka_unit_test(goes_up_only_and_not_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
