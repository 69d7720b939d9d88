/* The display: the same log as on the serial port, for machines that have none. */
#ifndef KERNEL_OUTPUT_SCREEN_H
#define KERNEL_OUTPUT_SCREEN_H

#include "boot/multiboot2.h"

/* Takes the display that the loader handed over into use: EGA text or a linear framebuffer. What
 * cannot be used is said in the log, which then has only the serial port. Once, after memory. */
void screen_init(const struct multiboot2_framebuffer *loader);

#endif
