/* Characters on a linear framebuffer as Multiboot2 hands it over: any size, 16, 24 or 32 bits a
 * pixel, colour fields anywhere. Pure: it writes to the memory that it is given. */
#ifndef KERNEL_OUTPUT_FRAMEBUFFER_H
#define KERNEL_OUTPUT_FRAMEBUFFER_H

#include "lib/error.h"
#include "lib/types.h"

#define GLYPH_WIDTH  8
#define GLYPH_HEIGHT 16
#define GLYPH_FIRST  ' ' /* of a font; it has those up to GLYPH_LAST */
#define GLYPH_LAST   '~'
#define GLYPH_COUNT  (GLYPH_LAST - GLYPH_FIRST + 1)

struct colour_field {
	uint8_t position, size; /* of the lowest bit; in bits */
};

struct framebuffer {
	volatile uint8_t *base; /* device memory */
	uint32_t width, height; /* pixels */
	uint32_t pitch;         /* bytes from one row to the next */
	unsigned bytes;         /* a pixel: 2, 3 or 4 */
	struct colour_field red, green, blue;
	unsigned scale;      /* pixels of the screen for one of a glyph, in both directions */
	uint32_t ink, paper; /* pixel values */
	const uint8_t *font; /* GLYPH_COUNT glyphs, a byte a row, leftmost pixel in bit 7 */
};

/* Checks what the loader said (`base`, sizes, `bytes`, fields and `font` are set by the caller) and
 * fills in scale and colours. Unsupported with the reason when it cannot be drawn on. */
enum error framebuffer_prepare(struct framebuffer *fb, struct reason *why) must_check;

/* The characters that fit. */
unsigned framebuffer_columns(const struct framebuffer *fb);
unsigned framebuffer_rows(const struct framebuffer *fb);

/* The bytes of memory that it takes. */
uint64_t framebuffer_length(const struct framebuffer *fb);

/* Fills all of it with the paper's colour. */
void framebuffer_clear(const struct framebuffer *fb);

/* Draws a character; column and row are in the ranges above. */
void framebuffer_draw(const struct framebuffer *fb, unsigned column, unsigned row, char c);

#endif
