/* Words end at blanks; no word of Plinth's needs quotes, so there are none to understand. */
#include "guest/load/spec_words.h"

#include "lib/string.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool spec_next_word(const char **at, struct spec_word *word)
{
	while (is_blank(**at))
		(*at)++;
	*word = (struct spec_word) { *at, 0 };
	while (word->text[word->length] && !is_blank(word->text[word->length]))
		word->length++;
	*at += word->length;
	return word->length != 0;
}

bool spec_word_is(const struct spec_word *word, const char *text)
{
	return strlen(text) == word->length && !memcmp(word->text, text, word->length);
}

bool spec_split(const struct spec_word *word, struct spec_word *key, struct spec_word *value)
{
	size_t length = 0;

	while (length < word->length && word->text[length] != '=')
		length++;
	*key = (struct spec_word) { word->text, length };
	*value = (struct spec_word) { word->text + length, 0 };
	if (length == word->length)
		return false;
	*value = (struct spec_word) { word->text + length + 1, word->length - length - 1 };
	return true;
}

/* The value of a digit; 16 for what is none. */
static unsigned digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 16;
}

static bool digits(const char *text, size_t length, unsigned base, uint64_t *value)
{
	uint64_t result = 0;

	for (size_t i = 0; i < length; i++) {
		unsigned d = digit(text[i]);
		if (d >= base || __builtin_mul_overflow(result, base, &result) ||
		    __builtin_add_overflow(result, d, &result))
			return false;
	}
	*value = result;
	return length != 0;
}

bool spec_number(const struct spec_word *word, uint64_t least, uint64_t most, uint64_t *value)
{
	const bool hexadecimal = word->length > 2 && word->text[0] == '0' &&
				 (word->text[1] == 'x' || word->text[1] == 'X');
	const unsigned prefix = hexadecimal ? 2 : 0;
	uint64_t result;

	if (!digits(word->text + prefix, word->length - prefix, hexadecimal ? 16 : 10, &result) ||
	    result < least || result > most)
		return false;
	*value = result;
	return true;
}

/* How far a unit's letter shifts; 0 for what is none. */
static unsigned unit_shift(char c)
{
	switch (c) {
	case 'K':
	case 'k':
		return 10;
	case 'M':
	case 'm':
		return 20;
	case 'G':
	case 'g':
		return 30;
	default:
		return 0;
	}
}

bool spec_size(const struct spec_word *word, uint64_t least, uint64_t most, uint64_t *value)
{
	const unsigned shift = word->length ? unit_shift(word->text[word->length - 1]) : 0;
	uint64_t result;

	if (!digits(word->text, word->length - (shift ? 1 : 0), 10, &result) ||
	    __builtin_mul_overflow(result, 1ull << shift, &result) || result < least ||
	    result > most)
		return false;
	*value = result;
	return true;
}

bool spec_choose(const struct spec_word *word, const char *choices, unsigned *chosen)
{
	struct spec_word choice;

	for (*chosen = 0; spec_next_word(&choices, &choice); ++*chosen)
		if (choice.length == word->length && !memcmp(choice.text, word->text, word->length))
			return true;
	return false;
}

bool spec_next_item(struct spec_word *list, struct spec_word *item)
{
	size_t length = 0;

	if (!list->text)
		return false;
	while (length < list->length && list->text[length] != ',')
		length++;
	*item = (struct spec_word) { list->text, length };
	if (length == list->length)
		*list = (struct spec_word) { NULL, 0 };
	else
		*list = (struct spec_word) { list->text + length + 1, list->length - length - 1 };
	return true;
}

size_t spec_unescape(const char *text, char *out, size_t size)
{
	size_t used = 0;

	for (; *text; text++) {
		if (text[0] == '\\' && (text[1] == '\\' || text[1] == '"' || text[1] == '\''))
			text++;
		if (used + 1 >= size)
			return size;
		out[used++] = *text;
	}
	if (used >= size)
		return size;
	out[used] = 0;
	return used;
}

void spec_show(const struct spec_word *word, char *out, size_t size)
{
	const bool cut = word->length >= size;
	const size_t length = cut ? size - sizeof("...") : word->length;

	for (size_t i = 0; i < length; i++)
		out[i] = word->text[i] >= ' ' && word->text[i] <= '~' ? word->text[i] : '?';
	memcpy(out + length, cut ? "..." : "", cut ? sizeof("...") : 1);
}
