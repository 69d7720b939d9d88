/* Glyphs on framebuffers of every depth, pixel by pixel, with guard bytes all around. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/framebuffer.h"

#define WIDTH  37
#define HEIGHT 35
#define GUARD  0x5a

static uint8_t font[256 * GLYPH_HEIGHT];

static struct framebuffer make(unsigned bytes, uint32_t pitch)
{
	static const struct colour_field fields[5][3] = {
		[2] = { { 11, 5 }, { 5, 6 }, { 0, 5 } },
		[3] = { { 16, 8 }, { 8, 8 }, { 0, 8 } },
		[4] = { { 0, 8 }, { 8, 8 }, { 16, 8 } },
	};
	struct framebuffer fb = {
		.base = malloc((size_t)pitch * HEIGHT + 1),
		.width = WIDTH,
		.height = HEIGHT,
		.pitch = pitch,
		.bytes = bytes,
		.red = fields[bytes][0],
		.green = fields[bytes][1],
		.blue = fields[bytes][2],
		.font = font,
	};

	memset((void *)fb.base, GUARD, (size_t)pitch * HEIGHT + 1);
	return fb;
}

static uint32_t pixel(const struct framebuffer *fb, unsigned x, unsigned y)
{
	uint32_t value = 0;

	memcpy(&value, (const uint8_t *)fb->base + (size_t)y * fb->pitch + x * fb->bytes,
	       fb->bytes);
	return value;
}

static void draws(unsigned bytes, uint32_t ink)
{
	struct framebuffer fb = make(bytes, WIDTH * bytes + 8 - 2 * (bytes == 3));

	for (unsigned i = 0; i < GLYPH_HEIGHT; i++)
		font['A' * GLYPH_HEIGHT + i] = (uint8_t)(0x81 + i * 3);
	assert_int_equal(framebuffer_prepare(&fb, NULL), ERROR_NONE);
	assert_int_equal(fb.ink, ink);
	assert_int_equal(framebuffer_columns(&fb), 4);
	assert_int_equal(framebuffer_rows(&fb), 2);
	framebuffer_clear(&fb);
	framebuffer_draw(&fb, 3, 1, 'A');
	for (unsigned y = 0; y < HEIGHT; y++) {
		for (unsigned x = 0; x < WIDTH; x++) {
			bool in = x >= 24 && x < 32 && y >= 16 && y < 32;
			bool set = in && (0x81 + (y - 16) * 3) & (0x80 >> (x - 24));
			assert_int_equal(pixel(&fb, x, y), set ? ink : 0);
		}
		for (unsigned i = WIDTH * bytes; i < fb.pitch; i++)
			assert_int_equal(fb.base[y * fb.pitch + i], GUARD);
	}
	assert_int_equal(fb.base[framebuffer_length(&fb)], GUARD);
	free((void *)fb.base);
}

static void draws_in_every_depth(void **state)
{
	draws(2, 20 << 11 | 42 << 5 | 20);
	draws(3, 0xaaaaaa);
	draws(4, 0xaaaaaa);
}

static void enlarges_on_a_large_screen(void **state)
{
	struct framebuffer fb = make(4, WIDTH * 4);

	free((void *)fb.base);
	fb.width = 1920;
	fb.height = 1080;
	fb.pitch = 8192;
	assert_int_equal(framebuffer_prepare(&fb, NULL), ERROR_NONE);
	assert_int_equal(fb.scale, 1);
	fb.width = 3840;
	fb.pitch = 3840 * 4;
	fb.height = 2160;
	assert_int_equal(framebuffer_prepare(&fb, NULL), ERROR_NONE);
	assert_true(fb.scale >= 2 && framebuffer_columns(&fb) <= 240);

	fb.base = malloc(framebuffer_length(&fb));
	framebuffer_clear(&fb);
	memset(font + 'B' * GLYPH_HEIGHT, 0xff, GLYPH_HEIGHT);
	framebuffer_draw(&fb, framebuffer_columns(&fb) - 1, framebuffer_rows(&fb) - 1, 'B');
	unsigned left = (framebuffer_columns(&fb) - 1) * 8 * fb.scale;
	assert_int_equal(pixel(&fb, left, (framebuffer_rows(&fb) - 1) * 16 * fb.scale), fb.ink);
	assert_int_equal(pixel(&fb, left - 1, (framebuffer_rows(&fb) - 1) * 16 * fb.scale), 0);
	free((void *)fb.base);
}

static void refuses_by_name(void **state)
{
	struct framebuffer good = make(4, WIDTH * 4), fb;
	struct reason why;

	free((void *)good.base);
	fb = good, fb.bytes = 1;
	assert_int_equal(framebuffer_prepare(&fb, &why), ERROR_UNSUPPORTED);
	assert_non_null(strstr(why.text, "bytes a pixel"));
	fb = good, fb.red.size = 0;
	assert_int_equal(framebuffer_prepare(&fb, &why), ERROR_UNSUPPORTED);
	fb = good, fb.blue.position = 25;
	assert_int_equal(framebuffer_prepare(&fb, &why), ERROR_UNSUPPORTED);
	assert_non_null(strstr(why.text, "colour fields"));
	fb = good, fb.width = 7;
	assert_int_equal(framebuffer_prepare(&fb, &why), ERROR_UNSUPPORTED);
	fb = good, fb.pitch--;
	assert_int_equal(framebuffer_prepare(&fb, &why), ERROR_UNSUPPORTED);
	assert_non_null(strstr(why.text, "pitch"));
	fb = good, fb.pitch++;
	assert_int_equal(framebuffer_prepare(&fb, &why), ERROR_UNSUPPORTED);
	assert_non_null(strstr(why.text, "splits"));
	fb = good, fb.width = 0x40000000, fb.pitch = 16;
	assert_int_equal(framebuffer_prepare(&fb, &why), ERROR_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(draws_in_every_depth),
		cmocka_unit_test(enlarges_on_a_large_screen),
		cmocka_unit_test(refuses_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
