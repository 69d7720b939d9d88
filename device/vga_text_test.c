/* The VGA through its buses: registers and their reserved bits, the attribute flip-flop, protection,
 * colours, retrace, and what a text screen is made of. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tests/host/vga_machine.h"

static device_time now;

static uint8_t *take_block(void *context)
{
	return malloc(VGA_BLOCK_SIZE);
}

static int setup(void **state)
{
	const struct vga_source source = { take_block, NULL, NULL };

	now = 0;
	return vga_machine_start(&source);
}

static uint8_t in(uint64_t port)
{
	return (uint8_t)bus_read(&io, now, port, 1);
}

static void out(uint64_t port, uint8_t value)
{
	bus_write(&io, now, port, 1, value);
}

static uint8_t in_indexed(uint64_t port, uint8_t index)
{
	out(port, index);
	return in(port + 1);
}

/* As drivers do it: index and data in one word. */
static void out_indexed(uint64_t port, uint8_t index, uint8_t value)
{
	bus_write(&io, now, port, 2, index | value << 8);
}

static void powers_on_in_mode_3(void **state)
{
	static const uint8_t crtc[] = { 0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0,
					0x4f, 0x0d, 0x0e, 0,    0,    0,    0,    0x9c, 0x8e,
					0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff };

	assert_int_equal(in(0x3cc), 0x67);
	for (unsigned n = 0; n < sizeof(crtc); n++)
		assert_int_equal(in_indexed(0x3d4, (uint8_t)n), crtc[n]);
	assert_int_equal(in_indexed(0x3c4, 4), 2);
	assert_int_equal(in_indexed(0x3ce, 6), 0x0e);
	assert_int_equal(in(0x3c3), 1);
	assert_int_equal(in(0x3c2) & 0x10, 0x10);

	struct vga_screen screen = vga_text_screen(&vga);
	assert_true(screen.is_text);
	assert_int_equal(screen.columns, 80);
	assert_int_equal(screen.rows, 25);
	assert_true(screen.cursor_shown);
	assert_int_equal(vga_text_cell(&vga, 79, 24).character, ' ');
	assert_int_equal(vga_text_cell(&vga, 79, 24).attribute, 7);
}

static void reserved_bits_read_zero(void **state)
{
	static const uint8_t sequencer[] = { 0x03, 0x3d, 0x0f, 0x3f, 0x0e, 0, 0, 0 };
	static const uint8_t graphics[] = { 0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f,
					    0xff, 0,    0,    0,    0,    0,    0,    0 };

	for (uint8_t n = 0; n < sizeof(sequencer); n++) {
		out_indexed(0x3c4, n, 0xff);
		assert_int_equal(in(0x3c5), sequencer[n]);
	}
	for (uint8_t n = 0; n < sizeof(graphics); n++) {
		out_indexed(0x3ce, n, 0xff);
		assert_int_equal(in(0x3cf), graphics[n]);
	}
	out_indexed(0x3d4, 0x11, 0); /* no protection */
	for (uint8_t n = 0; n <= 0x18; n++) {
		static const uint8_t some[] = { [0x08] = 0x7f, [0x0a] = 0x3f, [0x0b] = 0x7f,
						[0x14] = 0x7f, [0x17] = 0xef, [0x18] = 0 };
		if (n == 0x11)
			continue;
		out_indexed(0x3d4, n, 0xff);
		assert_int_equal(in(0x3d5), some[n] ? some[n] : 0xff);
	}
	out(0x3d4, 0xff);
	assert_int_equal(in(0x3d4), 0x1f);
	assert_int_equal(in(0x3d5), 0);
	out(0x3c4, 0xff);
	assert_int_equal(in(0x3c4), 0x07);
	out(0x3ce, 0xff);
	assert_int_equal(in(0x3ce), 0x0f);
	out(0x3c2, 0xff);
	assert_int_equal(in(0x3cc), 0xef);
	out(0x3da, 0xff);
	assert_int_equal(in(0x3ca), 0x08);
}

static void crtc_registers_0_to_7_are_protected(void **state)
{
	out_indexed(0x3d4, 0x00, 0x11);
	assert_int_equal(in(0x3d5), 0x5f);
	out_indexed(0x3d4, 0x07, 0x00);
	assert_int_equal(in(0x3d5), 0x0f); /* only the bit of line compare */
	out_indexed(0x3d4, 0x09, 0x11);
	assert_int_equal(in(0x3d5), 0x11);
	out_indexed(0x3d4, 0x11, 0x0e);
	out_indexed(0x3d4, 0x00, 0x11);
	assert_int_equal(in(0x3d5), 0x11);
	out_indexed(0x3d4, 0x07, 0x00);
	assert_int_equal(in(0x3d5), 0x00);
}

static void crtc_is_where_the_colour_bit_says(void **state)
{
	assert_int_equal(in(0x3b4), 0xff);
	out(0x3b4, 5);
	out(0x3d4, 0x0e);
	out(0x3c2, 0x66);
	assert_int_equal(in(0x3d4), 0xff);
	assert_int_equal(in(0x3b4), 0x0e);
	out_indexed(0x3b4, 0x0f, 0x55);
	assert_int_equal(in(0x3b5), 0x55);
	assert_int_equal(in(0x3da), 0xff);
	assert_int_not_equal(in(0x3ba), 0xff);
}

static void index_and_data_of_attributes_alternate(void **state)
{
	in(0x3da);
	out(0x3c0, 0x10);
	assert_int_equal(in(0x3c0), 0x10);
	assert_int_equal(in(0x3c1), 0x0c); /* reading leaves the flip-flop alone */
	out(0x3c0, 0xff);
	assert_int_equal(in(0x3c1), 0xef);
	out(0x3c0, 0x13); /* an index again */
	assert_int_equal(in(0x3c1), 0x08);
	in(0x3da); /* the next is an index */
	out(0x3c0, 0x14);
	assert_int_equal(in(0x3c0), 0x14);
	out(0x3c0, 0xff);
	assert_int_equal(in(0x3c1), 0x0f);
	out(0x3c0, 0xd5); /* reserved bits, and a register that is not there */
	assert_int_equal(in(0x3c0), 0x15);
	assert_int_equal(in(0x3c1), 0);
}

static void the_palette_is_closed_while_it_is_shown(void **state)
{
	in(0x3da);
	out(0x3c0, 0x26);
	out(0x3c0, 0x06);
	assert_int_equal(in(0x3c1), 0x14);
	out(0x3c0, 0x06);
	out(0x3c0, 0xc6);
	assert_int_equal(in(0x3c1), 0x06);
	out(0x3c0, 0x31); /* the others are always open */
	out(0x3c0, 0x12);
	assert_int_equal(in(0x3c1), 0x12);
}

static void colours_are_written_and_read_in_threes(void **state)
{
	out(0x3c8, 0xff);
	out(0x3c9, 0x01);
	out(0x3c9, 0xc2);
	assert_int_equal(in(0x3c8), 0xff);
	out(0x3c9, 0x03);
	assert_int_equal(in(0x3c8), 0x00); /* on to the next */
	assert_int_equal(in(0x3c7), 0x00);
	out(0x3c9, 0x3f);
	out(0x3c9, 0x3e);
	out(0x3c9, 0x3d);

	out(0x3c7, 0xff);
	assert_int_equal(in(0x3c7), 0x03);
	assert_int_equal(in(0x3c9), 0x01);
	assert_int_equal(in(0x3c9), 0x02); /* six bits wide */
	assert_int_equal(in(0x3c9), 0x03);
	assert_int_equal(in(0x3c9), 0x3f);
	assert_int_equal(in(0x3c9), 0x3e);
	assert_int_equal(in(0x3c9), 0x3d);
	out(0x3c6, 0x0f);
	assert_int_equal(in(0x3c6), 0x0f);
	/* A colour that is left in the middle is not written. */
	out(0x3c8, 5);
	out(0x3c9, 0x3f);
	out(0x3c7, 5);
	assert_int_equal(in(0x3c9), 0x2a); /* magenta */
	assert_int_equal(in(0x3c9), 0x00);
	assert_int_equal(in(0x3c9), 0x2a);
}

/* 900 dots of 28.322 MHz a line, 449 lines a frame: 70 Hz, two lines of them vertical retrace from
 * line 412 on. */
static void retrace_follows_the_time(void **state)
{
	const device_time line = 900 * NANOSECONDS / 28322000, frame = 449 * line;

	for (unsigned n = 0; n < 3; n++) {
		now = n * frame;
		assert_int_equal(in(0x3da), 0x00);
		now = n * frame + line - 100; /* the end of a line */
		assert_int_equal(in(0x3da), 0x01);
		now = n * frame + 399 * line;
		assert_int_equal(in(0x3da), 0x00);
		now = n * frame + 400 * line;
		assert_int_equal(in(0x3da), 0x01);
		now = n * frame + 412 * line;
		assert_int_equal(in(0x3da), 0x09);
		now = n * frame + 414 * line - 1;
		assert_int_equal(in(0x3da), 0x09);
		now = n * frame + 414 * line;
		assert_int_equal(in(0x3da), 0x01);
	}
	assert_in_range(NANOSECONDS / frame, 69, 71);
}

static void the_vertical_interrupt_is_pending_until_cleared(void **state)
{
	const device_time frame = 449 * (900 * NANOSECONDS / 28322000);

	out_indexed(0x3d4, 0x11, 0x0e); /* forgets, and does not wait */
	now = frame;
	assert_int_equal(in(0x3c2) & 0x80, 0);
	out_indexed(0x3d4, 0x11, 0x1e);
	assert_int_equal(in(0x3c2) & 0x80, 0);
	now = 2 * frame;
	assert_int_equal(in(0x3c2) & 0x80, 0x80);
	assert_int_equal(in(0x3c2) & 0x80, 0x80);
	out_indexed(0x3d4, 0x11, 0x0e);
	out_indexed(0x3d4, 0x11, 0x1e);
	assert_int_equal(in(0x3c2) & 0x80, 0);
}

static void any_counts_are_survived(void **state)
{
	out_indexed(0x3d4, 0x11, 0);
	for (uint8_t n = 0; n <= 0x18; n++)
		out_indexed(0x3d4, n, 0);
	for (unsigned n = 0; n < 1000; n++, now += 12345)
		in(0x3da);
	now = UINT64_MAX;
	in(0x3da);
	struct vga_screen screen = vga_text_screen(&vga);
	assert_int_equal(screen.columns, 1);
	assert_int_equal(screen.rows, 1);
	assert_false(screen.cursor_shown);
	vga_text_cell(&vga, 255, 1023);
}

static void text_is_what_is_written(void **state)
{
	uint32_t before = vga.changes;

	bus_write(&memory, now, 0xb8000 + 2 * (80 * 3 + 7), 2, 0x1e41);
	assert_int_not_equal(vga.changes, before);
	assert_int_equal(vga_text_cell(&vga, 7, 3).character, 'A');
	assert_int_equal(vga_text_cell(&vga, 7, 3).attribute, 0x1e);
	assert_int_equal(bus_read(&memory, now, 0xb8000 + 2 * (80 * 3 + 7), 2), 0x1e41);

	/* Scrolled by a row with the start address; the cursor stays in memory. */
	out_indexed(0x3d4, 0x0f, 80 * 3 + 9);
	out_indexed(0x3d4, 0x0d, 80);
	assert_int_equal(vga_text_cell(&vga, 7, 2).character, 'A');
	assert_int_equal(vga_text_screen(&vga).cursor_column, 9);
	assert_int_equal(vga_text_screen(&vga).cursor_row, 2);
	out_indexed(0x3d4, 0x0a, 0x20);
	assert_false(vga_text_screen(&vga).cursor_shown);
	out_indexed(0x3ce, 6, 0x05);
	assert_false(vga_text_screen(&vga).is_text);
}

static void other_geometries_follow_the_registers(void **state)
{
	out_indexed(0x3d4, 0x09, 0x47); /* characters of 8 lines */
	assert_int_equal(vga_text_screen(&vga).rows, 50);
	out_indexed(0x3d4, 0x09, 0xc7);
	assert_int_equal(vga_text_screen(&vga).rows, 25);
	out_indexed(0x3d4, 0x11, 0);
	out_indexed(0x3d4, 0x01, 39);
	assert_int_equal(vga_text_screen(&vga).columns, 40);
}

static void rows_are_printed_without_the_blanks_at_their_end(void **state)
{
	static const uint8_t codes[] = { 'O', 'K', 0, 0xdb, 0x01, 0xff, '~', 0x7f, 0 };
	char text[81], short_text[4];

	for (unsigned i = 0; i < sizeof(codes); i++)
		bus_write(&memory, now, 0xb8000 + 160 * 24 + 2 * i, 1, codes[i]);
	assert_int_equal(vga_text_row(&vga, 24, text, sizeof(text)), 8);
	assert_string_equal(text, "OK .. ~.");
	assert_int_equal(vga_text_row(&vga, 24, short_text, sizeof(short_text)), 2);
	assert_string_equal(short_text, "OK");
	assert_int_equal(vga_text_row(&vga, 0, text, sizeof(text)), 0);
	assert_string_equal(text, "");
	/* One that is full to its end. */
	for (unsigned i = 0; i < 80; i++)
		bus_write(&memory, now, 0xb8000 + 2 * i, 1, 'x');
	assert_int_equal(vga_text_row(&vga, 0, text, sizeof(text)), 80);
}

static void nothing_answers_while_it_is_disabled(void **state)
{
	out(0x3c3, 0);
	assert_int_equal(in(0x3c3), 0);
	assert_int_equal(in(0x3cc), 0xff);
	assert_int_equal(bus_read(&memory, now, 0xb8000, 1), 0xff);
	out(0x3c2, 0);
	out(0x3c3, 1);
	assert_int_equal(in(0x3cc), 0x67);
}

static void a_reset_brings_mode_3_back(void **state)
{
	bus_write(&memory, now, 0xb8000, 2, 0x4e4e);
	out_indexed(0x3d4, 0x0d, 80);
	out(0x3c2, 0);
	vga_text_ops.reset(&vga);
	assert_int_equal(in(0x3cc), 0x67);
	assert_int_equal(in_indexed(0x3d4, 0x0d), 0);
	assert_int_equal(bus_read(&memory, now, 0xb8000, 2), 0x0720);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(powers_on_in_mode_3),
		TEST(reserved_bits_read_zero),
		TEST(crtc_registers_0_to_7_are_protected),
		TEST(crtc_is_where_the_colour_bit_says),
		TEST(index_and_data_of_attributes_alternate),
		TEST(the_palette_is_closed_while_it_is_shown),
		TEST(colours_are_written_and_read_in_threes),
		TEST(retrace_follows_the_time),
		TEST(the_vertical_interrupt_is_pending_until_cleared),
		TEST(any_counts_are_survived),
		TEST(text_is_what_is_written),
		TEST(other_geometries_follow_the_registers),
		TEST(rows_are_printed_without_the_blanks_at_their_end),
		TEST(nothing_answers_while_it_is_disabled),
		TEST(a_reset_brings_mode_3_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
