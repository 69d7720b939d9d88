/* The VGA's memory: windows, planes, and every write and read mode of the graphics controller. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tests/host/vga_machine.h"

static uint8_t *take_block(void *context)
{
	return malloc(VGA_BLOCK_SIZE);
}

static void ignore(void *context)
{
}

static int setup(void **state)
{
	const struct vga_source source = { take_block, ignore, NULL };

	return vga_machine_start(&source);
}

/* As in 16-colour modes: planes side by side, the window at 0xa0000. */
static int setup_planar(void **state)
{
	int status = setup(state);

	for (unsigned i = 0; i < VGA_BLOCKS; i++)
		vga.blocks[i] = calloc(1, VGA_BLOCK_SIZE);
	sequencer(2, 0x0f);
	sequencer(4, 0x06);
	graphics(5, 0x00);
	graphics(6, 0x05);
	graphics(7, 0x0f);
	return status;
}

static void expect_planes(unsigned offset, uint8_t p0, uint8_t p1, uint8_t p2, uint8_t p3)
{
	assert_int_equal(plane(0, offset), p0);
	assert_int_equal(plane(1, offset), p1);
	assert_int_equal(plane(2, offset), p2);
	assert_int_equal(plane(3, offset), p3);
}

static void text_uses_even_and_odd_planes(void **state)
{
	put(0xb8004, 'x');
	put(0xb8005, 0x1f);
	assert_int_equal(plane(0, 4), 'x');
	assert_int_equal(plane(1, 4), 0x1f);
	assert_int_equal(plane(2, 4), 0);
	assert_int_equal(get(0xb8004), 'x');
	assert_int_equal(get(0xb8005), 0x1f);
}

/* Two bits that are set together choose the plane by bit 0 and take it out of the address. */
static void odd_and_even_need_not_chain(void **state)
{
	graphics(6, 0x0c);
	put(0xb8005, 0x2f);
	assert_int_equal(plane(1, 5), 0x2f);
	assert_int_equal(plane(1, 4), 7);
	assert_int_equal(get(0xb8005), 0x2f);
	graphics(6, 0x02); /* 128 KiB: bit 16 takes the place of bit 0 */
	put(0xb0008, 'h');
	put(0xa0008, 'l');
	assert_int_equal(plane(0, 9), 'h');
	assert_int_equal(plane(0, 8), 'l');
	assert_int_equal(get(0xb0008), 'h');
}

static void the_window_is_where_the_map_says(void **state)
{
	static const struct {
		uint8_t map;
		uint64_t first, last;
	} maps[] = { { 0, 0xa0000, 0xbffff },
		     { 1, 0xa0000, 0xaffff },
		     { 2, 0xb0000, 0xb7fff },
		     { 3, 0xb8000, 0xbffff } };

	for (unsigned i = 0; i < ARRAY_SIZE(maps); i++) {
		graphics(6, (uint8_t)(maps[i].map << 2 | 1));
		put(maps[i].first, 0x12);
		put(maps[i].last, 0x34);
		assert_int_equal(get(maps[i].first), 0x12);
		assert_int_equal(get(maps[i].last), 0x34);
		if (maps[i].first > 0xa0000)
			assert_int_equal(get(maps[i].first - 1), 0xff);
		if (maps[i].last < 0xbffff)
			assert_int_equal(get(maps[i].last + 1), 0xff);
	}
	bus_write(&io, 0, 0x3c2, 1, 0x65); /* no memory at all */
	put(0xb8000, 0x99);
	assert_int_equal(get(0xb8000), 0xff);
	bus_write(&io, 0, 0x3c2, 1, 0x67);
	assert_int_not_equal(get(0xb8000), 0x99);
}

/* How fonts are loaded: plane 2 alone, without odd and even. */
static void a_font_goes_into_plane_2(void **state)
{
	sequencer(2, 0x04);
	sequencer(4, 0x06);
	graphics(4, 2);
	graphics(5, 0);
	graphics(6, 0x04);
	put(0xa0000 + 'A' * 32 + 1, 0x18);
	assert_int_equal(plane(2, 'A' * 32 + 1), 0x18);
	assert_int_equal(get(0xa0000 + 'A' * 32 + 1), 0x18);
	assert_int_equal(plane(0, 0), ' ');
}

static void the_map_mask_chooses_planes(void **state)
{
	sequencer(2, 0x05);
	put(0xa0010, 0xff);
	expect_planes(0x10, 0xff, 0, 0xff, 0);
	graphics(4, 1);
	assert_int_equal(get(0xa0010), 0);
	graphics(4, 2);
	assert_int_equal(get(0xa0010), 0xff);
}

static void write_mode_0_rotates_sets_and_masks(void **state)
{
	graphics(3, 1);    /* rotate by one */
	graphics(0, 0x02); /* plane 1 is set, plane 3 reset */
	graphics(1, 0x0a);
	put(0xa0000, 0x81);
	expect_planes(0, 0xc0, 0xff, 0xc0, 0x00);
	graphics(3, 0);
	graphics(1, 0);
	graphics(8, 0x0f); /* the upper half comes from the latches */
	get(0xa0000);
	put(0xa0001, 0x55);
	expect_planes(1, 0xc5, 0xf5, 0xc5, 0x05);
}

static void functions_combine_with_the_latches(void **state)
{
	static const uint8_t results[] = { 0x3c, 0x3c & 0x0f, 0x3c | 0x0f, 0x3c ^ 0x0f };

	put(0xa0000, 0x0f);
	for (uint8_t n = 0; n < 4; n++) {
		graphics(3, (uint8_t)(n << 3));
		get(0xa0000);
		put(0xa0001, 0x3c);
		assert_int_equal(plane(0, 1), results[n]);
	}
}

static void write_mode_1_copies_the_latches(void **state)
{
	graphics(5, 2);
	put(0xa0000, 0x05); /* planes 0 and 2, all dots */
	graphics(5, 1);
	graphics(8, 0); /* counts for nothing */
	get(0xa0000);
	put(0xa0020, 0xaa);
	expect_planes(0x20, 0xff, 0, 0xff, 0);
}

static void write_mode_2_takes_a_colour(void **state)
{
	graphics(5, 2);
	graphics(8, 0x81);
	get(0xa0003);
	put(0xa0003, 0x0a);
	expect_planes(3, 0, 0x81, 0, 0x81);
}

static void write_mode_3_takes_a_mask(void **state)
{
	graphics(0, 0x06);
	graphics(5, 3);
	graphics(8, 0xf0);
	graphics(3, 4); /* the data is rotated first */
	get(0xa0004);
	put(0xa0004, 0x3c);
	expect_planes(4, 0, 0xc0, 0xc0, 0);
}

static void read_mode_1_compares_colours(void **state)
{
	graphics(5, 2);
	graphics(8, 0x0f);
	get(0xa0000);
	put(0xa0000, 0x05);
	graphics(8, 0xf0);
	get(0xa0000);
	put(0xa0000, 0x07);
	graphics(5, 0x08);
	graphics(2, 0x05);
	assert_int_equal(get(0xa0000), 0x0f);
	graphics(2, 0x07);
	assert_int_equal(get(0xa0000), 0xf0);
	graphics(7, 0x0d); /* plane 1 does not count */
	assert_int_equal(get(0xa0000), 0xff);
}

static void chain_4_goes_through_the_planes(void **state)
{
	sequencer(4, 0x0e);
	bus_write(&memory, 0, 0xa0004, 4, 0x44332211);
	expect_planes(4, 0x11, 0x22, 0x33, 0x44);
	assert_int_equal(bus_read(&memory, 0, 0xa0004, 4), 0x44332211);
	sequencer(2, 0x02);
	bus_write(&memory, 0, 0xa0004, 4, 0);
	expect_planes(4, 0x11, 0, 0x33, 0x44);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_planar, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(text_uses_even_and_odd_planes, setup, teardown),
		cmocka_unit_test_setup_teardown(odd_and_even_need_not_chain, setup, teardown),
		cmocka_unit_test_setup_teardown(a_font_goes_into_plane_2, setup, teardown),
		TEST(the_window_is_where_the_map_says),
		TEST(the_map_mask_chooses_planes),
		TEST(write_mode_0_rotates_sets_and_masks),
		TEST(functions_combine_with_the_latches),
		TEST(write_mode_1_copies_the_latches),
		TEST(write_mode_2_takes_a_colour),
		TEST(write_mode_3_takes_a_mask),
		TEST(read_mode_1_compares_colours),
		TEST(chain_4_goes_through_the_planes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
