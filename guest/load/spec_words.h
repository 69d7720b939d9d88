/* Module strings as words, and what words can mean: numbers, sizes, choices, lists. Nothing here
 * knows a key. Pure. */
#ifndef GUEST_LOAD_SPEC_WORDS_H
#define GUEST_LOAD_SPEC_WORDS_H

#include "lib/types.h"

/* Part of a module string; not terminated. */
struct spec_word {
	const char *text;
	size_t length;
};

/* The next word after `at` blanks skipped, and `at` moved behind it; false at the string's end. */
bool spec_next_word(const char **at, struct spec_word *word);

bool spec_word_is(const struct spec_word *word, const char *text);

/* Splits KEY=VALUE; false, with `key` the whole word, where there is no equals sign. */
bool spec_split(const struct spec_word *word, struct spec_word *key, struct spec_word *value);

/* A decimal number, or with 0x before it a hexadecimal one, in [least, most]. */
bool spec_number(const struct spec_word *word, uint64_t least, uint64_t most, uint64_t *value);

/* A decimal number of bytes, of KiB with a K behind it, of MiB with M, GiB with G, in [least, most]. */
bool spec_size(const struct spec_word *word, uint64_t least, uint64_t most, uint64_t *value);

/* Which of the words in `choices` it is, from 0. */
bool spec_choose(const struct spec_word *word, const char *choices, unsigned *chosen);

/* The first item of a list with commas, taken off the list; false when the list is used up. An empty
 * list has one empty item. */
bool spec_next_item(struct spec_word *list, struct spec_word *item);

/* Copies `text` without the backslashes that GRUB put before ' " and \; other backslashes are the
 * user's. Returns the length without its end, or `size` when that does not fit. */
size_t spec_unescape(const char *text, char *out, size_t size);

/* Copies a word so that it can be shown in a sentence: what is not printable becomes a question mark,
 * and what does not fit is cut and ends in "...". `size` is at least 4. */
void spec_show(const struct spec_word *word, char *out, size_t size);

#endif
