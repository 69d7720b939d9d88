/* printf for a freestanding machine: into a buffer, never past its end, no floating point. */
#ifndef LIB_FORMAT_H
#define LIB_FORMAT_H

#include <stdarg.h>

#include "lib/types.h"

/* Conversions: %d %u %x %s, with flags `-`, `0`, `#` and a width, for numbers the lengths l, ll, z, for
 * texts a precision (which may be `*`); %c %%. Returns the length that the whole text has (as C's
 * snprintf does); `buffer` is terminated whenever size > 0. */
size_t format_string(char *buffer, size_t size, const char *format, ...) printf_like(3, 4);
size_t format_string_va(char *buffer, size_t size, const char *format, va_list args)
	printf_like(3, 0);

/* format_string() at the end of what `buffer` already holds: appends, cut at `size`. */
size_t format_append(char *buffer, size_t size, const char *format, ...) printf_like(3, 4);

/* A number of bytes for people: "3 GiB", "437 MiB", "1152 KiB". What is no whole number of the larger
 * unit is told in the smaller one, rounded down, while it is below ten of the larger. */
void format_size(char *buffer, size_t size, uint64_t bytes);
#define FORMAT_SIZE_MAX 24

/* Copies `text` so that it can stand between double quotes on the wire: a double quote becomes a
 * single one, and what does not fit is cut and ends in "...". `size` is at least 4. */
void format_quotable(char *buffer, size_t size, const char *text);

#endif
