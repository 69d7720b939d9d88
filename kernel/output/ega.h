/* The VGA text screen of a PC: 80 by 25 characters at physical address B8000h. */
#ifndef KERNEL_OUTPUT_EGA_H
#define KERNEL_OUTPUT_EGA_H

#include "lib/error.h"
#include "lib/types.h"

#define EGA_COLUMNS 80
#define EGA_ROWS    25
#define EGA_ADDRESS 0xb8000u

/* Loads `font` (as kernel/output/framebuffer.h has it) into the adapter, hides the cursor, clears the screen.
 * NoMemory when there is no room to map it. Boot, bootstrap processor. */
enum error ega_init(const uint8_t *font) must_check;

/* Shows a character; column and row are within the screen. */
void ega_draw(unsigned column, unsigned row, char c);

#endif
