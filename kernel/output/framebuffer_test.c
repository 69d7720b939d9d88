/* Glyphs on framebuffers of every depth, pixel by pixel, with guard bytes all around. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/output/framebuffer.h"

#define WIDTH  37
#define HEIGHT 35
#define GUARD  0x5a

static uint8_t font[GLYPH_COUNT * GLYPH_HEIGHT];

/* Layouts as real adapters have them; `ink` is light grey in each. */
enum format { BITS_15, BITS_16, BITS_24, BITS_32, BITS_30, FORMATS };

static const struct {
	unsigned bytes;
	struct colour_field red, green, blue;
	uint32_t ink;
} formats[FORMATS] = {
	[BITS_15] = { 2, { 10, 5 }, { 5, 5 }, { 0, 5 }, 20 << 10 | 20 << 5 | 20 },
	[BITS_16] = { 2, { 11, 5 }, { 5, 6 }, { 0, 5 }, 20 << 11 | 42 << 5 | 20 },
	[BITS_24] = { 3, { 16, 8 }, { 8, 8 }, { 0, 8 }, 0xaaaaaa },
	[BITS_32] = { 4, { 0, 8 }, { 8, 8 }, { 16, 8 }, 0xaaaaaa },
	[BITS_30] = { 4, { 20, 10 }, { 10, 10 }, { 0, 10 }, 682 << 20 | 682 << 10 | 682 },
};

static struct framebuffer make(enum format format, uint32_t pitch)
{
	struct framebuffer fb = {
		.base = malloc((size_t)pitch * HEIGHT + 1),
		.width = WIDTH,
		.height = HEIGHT,
		.pitch = pitch,
		.bytes = formats[format].bytes,
		.red = formats[format].red,
		.green = formats[format].green,
		.blue = formats[format].blue,
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

static void draws(enum format format)
{
	unsigned bytes = formats[format].bytes;
	uint32_t ink = formats[format].ink;
	struct framebuffer fb = make(format, WIDTH * bytes + 8 - 2 * (bytes == 3));

	for (unsigned i = 0; i < GLYPH_HEIGHT; i++)
		font[('A' - GLYPH_FIRST) * GLYPH_HEIGHT + i] = (uint8_t)(0x81 + i * 3);
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
	for (unsigned format = 0; format < FORMATS; format++)
		draws((enum format)format);
}

static void enlarges_on_a_large_screen(void **state)
{
	struct framebuffer fb = make(BITS_32, WIDTH * 4);

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
	font[('B' - GLYPH_FIRST) * GLYPH_HEIGHT + GLYPH_HEIGHT - 1] =
		0x81; /* the last glyph row's ends */
	framebuffer_draw(&fb, framebuffer_columns(&fb) - 1, framebuffer_rows(&fb) - 1, 'B');
	unsigned left = (framebuffer_columns(&fb) - 1) * GLYPH_WIDTH * fb.scale;
	unsigned top = ((framebuffer_rows(&fb) - 1) * GLYPH_HEIGHT + GLYPH_HEIGHT - 1) * fb.scale;
	unsigned right = left + (GLYPH_WIDTH - 1) * fb.scale;
	for (unsigned y = 0; y < fb.height; y++) {
		for (unsigned x = 0; x < fb.width; x++) {
			bool set = y >= top && y < top + fb.scale &&
				   ((x >= left && x < left + fb.scale) ||
				    (x >= right && x < right + fb.scale));
			if (pixel(&fb, x, y) != (set ? fb.ink : fb.paper))
				fail_msg("pixel %u, %u", x, y);
		}
	}
	free((void *)fb.base);
}

static void refuses_by_name(void **state)
{
	struct framebuffer good = make(BITS_32, WIDTH * 4), fb;
	struct reason why;

	free((void *)good.base);
	fb = good, fb.bytes = 1;
	assert_int_equal(framebuffer_prepare(&fb, &why), ERROR_UNSUPPORTED);
	assert_non_null(strstr(why.text, "bytes a pixel"));
	fb = good, fb.red.size = 0;
	assert_int_equal(framebuffer_prepare(&fb, &why), ERROR_UNSUPPORTED);
	fb = good, fb.red.size = 17, fb.red.position = 0;
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
