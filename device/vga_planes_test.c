/* The VGA's memory as it is taken: when, by what, when there is none, and what of it is plain. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tests/host/vga_machine.h"

static unsigned taken, left; /* blocks of memory */
static unsigned told;        /* how often, of what is plain memory */

/* Dirty ones: whoever takes a block fills it. */
static uint8_t *take_block(void *context)
{
	if (!left)
		return NULL;
	left--;
	taken++;
	return memset(malloc(VGA_BLOCK_SIZE), 0xa5, VGA_BLOCK_SIZE);
}

static void count(void *context)
{
	told++;
}

static int setup(void **state)
{
	const struct vga_source source = { take_block, count, NULL };

	taken = told = 0;
	left = VGA_BLOCKS;
	return vga_machine_start(&source);
}

static void an_untouched_screen_takes_no_memory(void **state)
{
	for (unsigned offset = 0; offset < VGA_PLAIN_SIZE; offset += 2) {
		assert_int_equal(plane(0, offset), ' ');
		assert_int_equal(plane(1, offset), 0x07);
	}
	assert_int_equal(plane(2, 0), 0);
	assert_int_equal(plane(0, 1), 0);
	assert_int_equal(plane(0, 0x8000), 0);
	assert_int_equal(taken, 0);
}

/* Characters and attributes share it. */
static void text_takes_a_block_for_each_page_of_its_window(void **state)
{
	put(0xb8000, 'x');
	put(0xb8001, 0x1f);
	put(0xb8fff, 0x2f);
	assert_int_equal(taken, 1);
	put(0xb9000, 'z'); /* the next one */
	assert_int_equal(taken, 2);
	assert_int_equal(get(0xb8000), 'x');
	assert_int_equal(get(0xb8004), ' ');
	assert_int_equal(get(0xb8005), 0x07);
	assert_int_equal(plane(0, 1), 0);
}

static void a_font_takes_no_memory_for_zeros(void **state)
{
	sequencer(2, 0x04);
	sequencer(4, 0x06);
	graphics(5, 0);
	graphics(6, 0x04);
	put(0xa0000, 0);
	assert_int_equal(taken, 0);
	put(0xa0001, 1);
	assert_int_equal(taken, 1);
}

static void text_is_plain_memory(void **state)
{
	assert_int_equal(vga.plain, 0);
	assert_int_equal(get(0xb8000), ' ');
	put(0xbf000, 'a');
	assert_int_equal(vga.plain, 0x81);
	assert_int_equal(told, 2);
	memcpy(vga.blocks[0] + 160, "H\x1fi\x2f", 4); /* the second row, past the chip */
	assert_int_equal(get(0xb80a1), 0x1f);
	assert_int_equal(get(0xb80a2), 'i');
	assert_int_equal(vga_text_cell(&vga, 1, 1).attribute, 0x2f);
	put(0xb80a4, '!');
	assert_int_equal(vga.blocks[0][164], '!');
	assert_int_equal(vga.blocks[7][0], 'a');
	assert_int_equal(told, 2);
}

/* A mode in which data or addresses change on their way. */
static void other_modes_are_not_plain(void **state)
{
	static const struct {
		uint16_t port;
		uint8_t index, mode, text;
	} registers[] = {
		{ 0x3c4, 2, 0x07, 0x03 },                           /* three planes */
		{ 0x3c4, 2, 0x01, 0x03 },                           /* one */
		{ 0x3c4, 4, 0x06, 0x02 },                           /* one after the other */
		{ 0x3c4, 4, 0x0a, 0x02 },                           /* four in turn */
		{ 0x3ce, 1, 0x01, 0x00 },                           /* set and reset */
		{ 0x3ce, 3, 0x01, 0x00 },                           /* rotated */
		{ 0x3ce, 3, 0x08, 0x00 },                           /* combined */
		{ 0x3ce, 4, 0x02, 0x00 },                           /* other planes are read */
		{ 0x3ce, 5, 0x00, 0x10 },                           /* each plane is read alone */
		{ 0x3ce, 5, 0x11, 0x10 },                           /* write modes */
		{ 0x3ce, 5, 0x12, 0x10 }, { 0x3ce, 5, 0x18, 0x10 }, /* a colour is compared */
		{ 0x3ce, 6, 0x0c, 0x0e },                           /* bit 0 stays in the address */
		{ 0x3ce, 6, 0x0a, 0x0e },                           /* the window is elsewhere */
		{ 0x3ce, 8, 0x7f, 0xff },                           /* masked */
	};

	put(0xb8000, 'x');
	for (unsigned i = 0; i < ARRAY_SIZE(registers); i++) {
		assert_int_equal(vga.plain, 1);
		bus_write(&io, 0, registers[i].port, 2,
			  registers[i].index | registers[i].mode << 8);
		assert_int_equal(vga.plain, 0);
		bus_write(&io, 0, registers[i].port, 2,
			  registers[i].index | registers[i].text << 8);
	}
	bus_write(&io, 0, 0x3c2, 1, 0x65); /* no memory at all */
	assert_int_equal(vga.plain, 0);
	bus_write(&io, 0, 0x3c2, 1, 0x67);
	bus_write(&io, 0, 0x3c3, 1, 0); /* no VGA at all */
	assert_int_equal(vga.plain, 0);
	vga_text_ops.reset(&vga);
	assert_int_equal(vga.plain, 1);
	assert_int_equal(told, 2 * (ARRAY_SIZE(registers) + 2) + 1);
}

static void a_reset_clears_what_was_taken(void **state)
{
	put(0xb8000, 'x');
	put(0xb8003, 0x1f);
	vga_text_ops.reset(&vga);
	assert_int_equal(get(0xb8000), ' ');
	assert_int_equal(get(0xb8003), 0x07);
	put(0xb8000, 'y');
	assert_int_equal(get(0xb8000), 'y');
	assert_int_equal(taken, 1);
}

static void what_finds_no_memory_is_lost(void **state)
{
	left = 1;
	put(0xb8000, 'x');
	put(0xb9001, 0x1f);
	assert_int_equal(get(0xb8000), 'x');
	assert_int_equal(get(0xb9001), 0x07);
	assert_int_equal(vga.plain, 1);
	left = 1;
	put(0xb9001, 0x1f);
	assert_int_equal(get(0xb9001), 0x1f);
	assert_int_equal(vga.plain, 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_untouched_screen_takes_no_memory),
		TEST(text_takes_a_block_for_each_page_of_its_window),
		TEST(a_font_takes_no_memory_for_zeros),
		TEST(text_is_plain_memory),
		TEST(other_modes_are_not_plain),
		TEST(a_reset_clears_what_was_taken),
		TEST(what_finds_no_memory_is_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
