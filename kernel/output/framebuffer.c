/* Drawing glyphs pixel by pixel; nothing is ever read back from the framebuffer. */
#include "kernel/output/framebuffer.h"

#include "lib/bits.h"

/* Light grey on black, as a text screen has it; eight bits a colour. */
#define INK_LEVEL   0xaa
#define PAPER_LEVEL 0x00
#define LEVEL_MOST  0xff

/* A screen with more columns than this gets larger characters. */
#define MOST_COLUMNS 240

static uint32_t field_value(struct colour_field field, uint8_t level)
{
	uint32_t most = (uint32_t)(BIT(field.size) - 1);

	return level * most / LEVEL_MOST << field.position;
}

static uint32_t grey(const struct framebuffer *fb, uint8_t level)
{
	return field_value(fb->red, level) | field_value(fb->green, level) |
	       field_value(fb->blue, level);
}

static bool field_fits(const struct framebuffer *fb, struct colour_field field)
{
	return field.size >= 1 && field.size <= 16 && field.position + field.size <= fb->bytes * 8;
}

enum error framebuffer_prepare(struct framebuffer *fb, struct reason *why)
{
	if (fb->bytes < 2 || fb->bytes > 4)
		return reason_set(why, ERROR_UNSUPPORTED, "framebuffer with %u bytes a pixel",
				  fb->bytes);
	if (!field_fits(fb, fb->red) || !field_fits(fb, fb->green) || !field_fits(fb, fb->blue))
		return reason_set(why, ERROR_UNSUPPORTED,
				  "framebuffer with colour fields outside of its pixels");
	if (fb->width < GLYPH_WIDTH || fb->height < GLYPH_HEIGHT)
		return reason_set(why, ERROR_UNSUPPORTED, "framebuffer of only %u by %u pixels",
				  fb->width, fb->height);
	if ((uint64_t)fb->width * fb->bytes > fb->pitch)
		return reason_set(why, ERROR_UNSUPPORTED,
				  "framebuffer whose rows of %u pixels overlap: pitch %u",
				  fb->width, fb->pitch);
	if (fb->bytes != 3 && fb->pitch % fb->bytes)
		return reason_set(why, ERROR_UNSUPPORTED,
				  "framebuffer whose pitch of %u bytes splits pixels", fb->pitch);
	fb->scale = (fb->width / GLYPH_WIDTH + MOST_COLUMNS - 1) / MOST_COLUMNS;
	if (fb->height < GLYPH_HEIGHT * fb->scale)
		fb->scale = 1;
	fb->ink = grey(fb, INK_LEVEL);
	fb->paper = grey(fb, PAPER_LEVEL);
	return ERROR_NONE;
}

unsigned framebuffer_columns(const struct framebuffer *fb)
{
	return fb->width / (GLYPH_WIDTH * fb->scale);
}

unsigned framebuffer_rows(const struct framebuffer *fb)
{
	return fb->height / (GLYPH_HEIGHT * fb->scale);
}

uint64_t framebuffer_length(const struct framebuffer *fb)
{
	return (uint64_t)fb->height * fb->pitch;
}

static volatile uint8_t *put_pixel(const struct framebuffer *fb, volatile uint8_t *at,
				   uint32_t value)
{
	switch (fb->bytes) {
	case 2:
		*(volatile uint16_t *)at = (uint16_t)value;
		break;
	case 3:
		at[0] = (uint8_t)value;
		at[1] = (uint8_t)(value >> 8);
		at[2] = (uint8_t)(value >> 16);
		break;
	default:
		*(volatile uint32_t *)at = value;
		break;
	}
	return at + fb->bytes;
}

void framebuffer_clear(const struct framebuffer *fb)
{
	for (uint32_t y = 0; y < fb->height; y++) {
		volatile uint8_t *at = fb->base + (size_t)y * fb->pitch;
		for (uint32_t x = 0; x < fb->width; x++)
			at = put_pixel(fb, at, fb->paper);
	}
}

static void draw_row(const struct framebuffer *fb, volatile uint8_t *at, uint8_t bits)
{
	for (unsigned x = 0; x < GLYPH_WIDTH; x++) {
		uint32_t value = bits & (0x80u >> x) ? fb->ink : fb->paper;
		for (unsigned i = 0; i < fb->scale; i++)
			at = put_pixel(fb, at, value);
	}
}

void framebuffer_draw(const struct framebuffer *fb, unsigned column, unsigned row, char c)
{
	size_t number = (size_t)((c < GLYPH_FIRST || c > GLYPH_LAST ? '?' : c) - GLYPH_FIRST);
	const uint8_t *glyph = fb->font + number * GLYPH_HEIGHT;
	size_t left = (size_t)column * GLYPH_WIDTH * fb->scale * fb->bytes;
	size_t top = (size_t)row * GLYPH_HEIGHT * fb->scale;

	for (unsigned y = 0; y < GLYPH_HEIGHT * fb->scale; y++)
		draw_row(fb, fb->base + (top + y) * fb->pitch + left, glyph[y / fb->scale]);
}
