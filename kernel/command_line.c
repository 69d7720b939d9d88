/* Plinth's command line. One row a key; to add one, add a field to struct command_line, and its row. */
#include "kernel/command_line.h"

#include "kernel/output/log.h"
#include "lib/format.h"
#include "lib/string.h"
#include "lib/text_list.h"

#define MAX_CPUS_ARGUMENT    512
#define PHANTOM_APIC_ID_MOST 254
#define SLICE_US_LEAST       100
#define SLICE_US_MOST        1000000
#define SLICE_US_DEFAULT     1000
#define SHOWN_WORD_MAX       48 /* of a word that a complaint repeats */

enum kind {
	CHOICE, /* one of the words that the key wants: the number of the word, from 0, is the value */
	EITHER, /* of two words, the first one is true */
	NUMBER, /* from `least` to `most` */
	TEXT,   /* kept whole, of at least one character */
};

/* X(name, what it wants: the words, or a description; kind, field, least, most) */
#define KEY_LIST(X)                                                                                \
	X("exits", "tests, all, summary or off", CHOICE, exits, 0, 0)                              \
	X("end", "auto, halt, poweroff or reboot", CHOICE, end, 0, 0)                              \
	X("log", "debug, info, warn or error", CHOICE, log_level, 0, 0)                            \
	X("cpus", "a number from 1 to 512", NUMBER, cpus, 1, MAX_CPUS_ARGUMENT)                    \
	X("vpid", "on or off", EITHER, vpid, 0, 0)                                                 \
	X("apicv", "on, off or force", CHOICE, apicv, 0, 0)                                        \
	X("preflight", "on or off", EITHER, preflight, 0, 0)                                       \
	X("selftest", "boot, full or negative", CHOICE, selftest, 0, 0)                            \
	X("pages", "large or small", EITHER, large_pages, 0, 0)                                    \
	X("timer", "preemption or apic", EITHER, preemption_timer, 0, 0)                           \
	X("slice", "microseconds from 100 to 1000000", NUMBER, slice_us, SLICE_US_LEAST,           \
	  SLICE_US_MOST)                                                                           \
	X("apic", "auto, xapic or x2apic", CHOICE, apic, 0, 0)                                     \
	X("phantom-cpu", "an APIC ID from 1 to 254", NUMBER, phantom_cpu, 1, PHANTOM_APIC_ID_MOST) \
	X("stats", "off, table, lines or both", CHOICE, stats, 0, 0)                               \
	X("recorder", "on or dump", CHOICE, recorder_dump, 0, 0)                                   \
	X("shell", "on or off", EITHER, shell, 0, 0)                                               \
	X("bench", "1 or 0", EITHER, bench, 0, 0)                                                  \
	X("provoke", "the name of a failure", TEXT, provoke, 0, 0)                                 \
	X("gdb", "the name of a VM", TEXT, gdb, 0, 0)                                              \
	X("tests", "a list of names with commas, 255 characters at most", TEXT, tests, 0, 0)

/* Of each key its name and what it wants. */
static const char key_texts[] =
#define X(name, wants, kind, field, least, most) name "\0" wants "\0"
	KEY_LIST(X)
#undef X
	;

static const struct key {
	uint16_t field, size; /* in struct command_line */
	uint8_t kind, least;
	uint32_t most;
} keys[] = {
#define X(name, wants, kind, field, least, most)                                              \
	{ offsetof(struct command_line, field), sizeof(((struct command_line *)NULL)->field), \
	  kind, least, most },
	KEY_LIST(X)
#undef X
};

#define X(name, wants, kind, field, least, most)                                                 \
	_Static_assert((kind) == TEXT ||                                                         \
			       sizeof(((struct command_line *)NULL)->field) <= sizeof(unsigned), \
		       "set() has no more for it");
KEY_LIST(X)
#undef X

/* Part of the command line; not terminated. */
struct word {
	const char *text;
	size_t length;
};

static bool word_is(const struct word *word, const char *text)
{
	return !strncmp(word->text, text, word->length) && !text[word->length];
}

static bool is_within_word(char c)
{
	return c && c != ',' && c != ' ';
}

/* Which of the words in "one, another or a third" is it? */
static bool choose(const struct word *word, const char *words, unsigned *value)
{
	for (unsigned n = 0;; n++) {
		size_t length = 0;

		while (is_within_word(words[length]))
			length++;
		if (length == word->length && !strncmp(word->text, words, length)) {
			*value = n;
			return true;
		}
		words += length;
		if (!*words)
			return false;
		words += strlen(*words == ',' ? ", " : " or ");
	}
}

/* A decimal number in [least, most]; `most` is below 10^9. */
static bool number(const struct word *word, unsigned least, unsigned most, unsigned *value)
{
	unsigned result = 0;

	if (!word->length)
		return false;
	for (size_t i = 0; i < word->length; i++) {
		char c = word->text[i];
		if (c < '0' || c > '9')
			return false;
		result = result * 10 + (unsigned)(c - '0');
		if (result > most)
			return false;
	}
	if (result < least)
		return false;
	*value = result;
	return true;
}

/* A word of at least one character, kept whole or refused. */
static bool keep(char *to, size_t size, const struct word *word)
{
	if (!word->length || word->length >= size)
		return false;
	memcpy(to, word->text, word->length);
	to[word->length] = 0;
	return true;
}

static bool set(struct command_line *out, const struct key *key, const char *wants,
		const struct word *word)
{
	char *field = (char *)out + key->field;
	unsigned value;

	if (key->kind == TEXT)
		return keep(field, key->size, word);
	if (!(key->kind == NUMBER ? number(word, key->least, key->most, &value)
				  : choose(word, wants, &value)))
		return false;
	if (key->kind == EITHER)
		value = !value;
	memcpy(field, &value, key->size);
	return true;
}

struct listener {
	void (*hear)(void *context, const char *sentence);
	void *context;
};

static void tell(const struct listener *to, const struct word *word, const char *what,
		 const char *wants)
{
	char sentence[192];
	int shown = word->length < SHOWN_WORD_MAX ? (int)word->length : SHOWN_WORD_MAX;

	if (!to->hear)
		return;
	format_string(sentence, sizeof(sentence), "command line: \"%.*s%s\" left out: %s%s", shown,
		      word->text, word->length > SHOWN_WORD_MAX ? "..." : "", what, wants);
	to->hear(to->context, sentence);
}

static void apply(struct command_line *out, const struct word *word, const struct listener *to)
{
	struct word key = { word->text, 0 };

	while (key.length < word->length && key.text[key.length] != '=')
		key.length++;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *wants = nth_text(key_texts, 2 * i + 1);

		if (!word_is(&key, nth_text(key_texts, 2 * i)))
			continue;
		struct word value = { key.text + key.length, word->length - key.length };
		if (value.length) { /* the equals sign */
			value.text++;
			value.length--;
		}
		if (!set(out, &keys[i], wants, &value))
			tell(to, word, "it wants ", wants);
		return;
	}
	tell(to, word, "no such key", "");
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void command_line_parse(struct command_line *out, const char *text,
			void (*complain)(void *context, const char *sentence), void *context)
{
	const struct listener to = { complain, context };

	*out = (struct command_line) {
		.exits = EXITS_TESTS,
		.end = END_AUTO,
		.log_level = LOG_INFO,
		.vpid = true,
		.apicv = APICV_ON,
		.large_pages = true,
		.preemption_timer = true,
		.slice_us = SLICE_US_DEFAULT,
		.stats = STATS_AUTO,
	};
	while (*text) {
		struct word word = { text, 0 };

		while (word.text[word.length] && !is_blank(word.text[word.length]))
			word.length++;
		text += word.length;
		if (word.length)
			apply(out, &word, &to);
		while (is_blank(*text))
			text++;
	}
}

/* The first item of a list that is not empty; returns the rest. */
static const char *first_item(const char *list, struct word *item)
{
	size_t length = 0;

	while (list[length] && list[length] != ',')
		length++;
	*item = (struct word) { list, length };
	return list + length + (list[length] == ',');
}

const char *command_line_next_item(const char *list, char *item, size_t size)
{
	struct word word;

	if (!*list)
		return NULL;
	list = first_item(list, &word);
	format_string(item, size, "%.*s", (int)word.length, word.text);
	return list;
}

/* An item names one test, or with a trailing * all that begin so. */
static bool item_fits(const struct word *item, const char *name)
{
	if (item->length && item->text[item->length - 1] == '*')
		return !strncmp(item->text, name, item->length - 1);
	return word_is(item, name);
}

bool command_line_selects(const char *list, const char *name)
{
	struct word item;

	if (!*list)
		return true;
	while (*list) {
		list = first_item(list, &item);
		if (item_fits(&item, name))
			return true;
	}
	return false;
}
