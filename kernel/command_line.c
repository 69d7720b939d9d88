/* Plinth's command line. One row a key; to add one, add a field to struct command_line, a function
 * here, and its row. */
#include "kernel/command_line.h"

#include "kernel/output/log.h"
#include "lib/format.h"
#include "lib/string.h"

#define MAX_CPUS_ARGUMENT    512
#define PHANTOM_APIC_ID_MOST 254
#define SLICE_US_LEAST       100
#define SLICE_US_MOST        1000000
#define SLICE_US_DEFAULT     1000
#define SHOWN_WORD_MAX       48 /* of a word that a complaint repeats */

/* Part of the command line; not terminated. */
struct word {
	const char *text;
	size_t length;
};

struct choice {
	const char *name;
	unsigned value;
};

static bool word_is(const struct word *word, const char *text)
{
	return !strncmp(word->text, text, word->length) && !text[word->length];
}

static bool choose(const struct word *word, const struct choice *choices, size_t count,
		   unsigned *value)
{
	for (size_t i = 0; i < count; i++) {
		if (word_is(word, choices[i].name)) {
			*value = choices[i].value;
			return true;
		}
	}
	return false;
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

/* One of two words that mean true and false. */
static bool either(const struct word *word, const char *yes, const char *no, bool *value)
{
	const struct choice choices[] = { { yes, true }, { no, false } };
	unsigned chosen;

	if (!choose(word, choices, ARRAY_SIZE(choices), &chosen))
		return false;
	*value = chosen;
	return true;
}

static bool set_exits(struct command_line *out, const struct word *word)
{
	static const struct choice choices[] = { { "tests", EXITS_TESTS },
						 { "all", EXITS_ALL },
						 { "summary", EXITS_SUMMARY },
						 { "off", EXITS_OFF } };
	unsigned value;

	if (!choose(word, choices, ARRAY_SIZE(choices), &value))
		return false;
	out->exits = (enum exits_mode)value;
	return true;
}

static bool set_end(struct command_line *out, const struct word *word)
{
	static const struct choice choices[] = { { "auto", END_AUTO },
						 { "halt", END_HALT },
						 { "poweroff", END_POWEROFF },
						 { "reboot", END_REBOOT } };
	unsigned value;

	if (!choose(word, choices, ARRAY_SIZE(choices), &value))
		return false;
	out->end = (enum end_mode)value;
	return true;
}

static bool set_log(struct command_line *out, const struct word *word)
{
	static const struct choice choices[] = { { "debug", LOG_DEBUG },
						 { "info", LOG_INFO },
						 { "warn", LOG_WARN },
						 { "error", LOG_ERROR } };

	return choose(word, choices, ARRAY_SIZE(choices), &out->log_level);
}

static bool set_cpus(struct command_line *out, const struct word *word)
{
	return number(word, 1, MAX_CPUS_ARGUMENT, &out->cpus);
}

static bool set_vpid(struct command_line *out, const struct word *word)
{
	return either(word, "on", "off", &out->vpid);
}

static bool set_apicv(struct command_line *out, const struct word *word)
{
	static const struct choice choices[] = { { "on", APICV_ON },
						 { "off", APICV_OFF },
						 { "force", APICV_FORCE } };
	unsigned value;

	if (!choose(word, choices, ARRAY_SIZE(choices), &value))
		return false;
	out->apicv = (enum apicv_mode)value;
	return true;
}

static bool set_selftest(struct command_line *out, const struct word *word)
{
	static const struct choice choices[] = { { "boot", SELFTEST_BOOT },
						 { "full", SELFTEST_FULL },
						 { "negative", SELFTEST_NEGATIVE } };
	unsigned value;

	if (!choose(word, choices, ARRAY_SIZE(choices), &value))
		return false;
	out->selftest = (enum selftest_mode)value;
	return true;
}

static bool set_preflight(struct command_line *out, const struct word *word)
{
	return either(word, "on", "off", &out->preflight);
}

static bool set_pages(struct command_line *out, const struct word *word)
{
	return either(word, "large", "small", &out->large_pages);
}

static bool set_timer(struct command_line *out, const struct word *word)
{
	return either(word, "preemption", "apic", &out->preemption_timer);
}

static bool set_slice(struct command_line *out, const struct word *word)
{
	return number(word, SLICE_US_LEAST, SLICE_US_MOST, &out->slice_us);
}

static bool set_apic(struct command_line *out, const struct word *word)
{
	static const struct choice choices[] = { { "auto", APIC_AUTO },
						 { "xapic", APIC_XAPIC },
						 { "x2apic", APIC_X2APIC } };
	unsigned value;

	if (!choose(word, choices, ARRAY_SIZE(choices), &value))
		return false;
	out->apic = (enum apic_mode)value;
	return true;
}

static bool set_phantom_cpu(struct command_line *out, const struct word *word)
{
	return number(word, 1, PHANTOM_APIC_ID_MOST, &out->phantom_cpu);
}

static bool set_stats(struct command_line *out, const struct word *word)
{
	static const struct choice choices[] = { { "off", STATS_OFF },
						 { "table", STATS_TABLE },
						 { "lines", STATS_LINES },
						 { "both", STATS_BOTH } };
	unsigned value;

	if (!choose(word, choices, ARRAY_SIZE(choices), &value))
		return false;
	out->stats = (enum stats_mode)value;
	return true;
}

static bool set_recorder(struct command_line *out, const struct word *word)
{
	return either(word, "dump", "on", &out->recorder_dump);
}

static bool set_shell(struct command_line *out, const struct word *word)
{
	return either(word, "on", "off", &out->shell);
}

static bool set_bench(struct command_line *out, const struct word *word)
{
	return either(word, "1", "0", &out->bench);
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

static bool set_provoke(struct command_line *out, const struct word *word)
{
	return keep(out->provoke, sizeof(out->provoke), word);
}

static bool set_gdb(struct command_line *out, const struct word *word)
{
	return keep(out->gdb, sizeof(out->gdb), word);
}

static bool set_tests(struct command_line *out, const struct word *word)
{
	return keep(out->tests, sizeof(out->tests), word);
}

static const struct {
	const char *name;
	const char *wants;
	bool (*set)(struct command_line *out, const struct word *word);
} keys[] = {
	{ "exits", "tests, all, summary or off", set_exits },
	{ "end", "auto, halt, poweroff or reboot", set_end },
	{ "log", "debug, info, warn or error", set_log },
	{ "cpus", "a number from 1 to 512", set_cpus },
	{ "vpid", "on or off", set_vpid },
	{ "apicv", "on, off or force", set_apicv },
	{ "preflight", "on or off", set_preflight },
	{ "selftest", "boot, full or negative", set_selftest },
	{ "pages", "large or small", set_pages },
	{ "timer", "preemption or apic", set_timer },
	{ "slice", "microseconds from 100 to 1000000", set_slice },
	{ "apic", "auto, xapic or x2apic", set_apic },
	{ "phantom-cpu", "an APIC ID from 1 to 254", set_phantom_cpu },
	{ "stats", "off, table, lines or both", set_stats },
	{ "recorder", "on or dump", set_recorder },
	{ "shell", "on or off", set_shell },
	{ "bench", "1 or 0", set_bench },
	{ "provoke", "the name of a failure", set_provoke },
	{ "gdb", "the name of a VM", set_gdb },
	{ "tests", "a list of names with commas, 255 characters at most", set_tests },
};

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
		if (!word_is(&key, keys[i].name))
			continue;
		struct word value = { key.text + key.length, word->length - key.length };
		if (value.length) { /* the equals sign */
			value.text++;
			value.length--;
		}
		if (!keys[i].set(out, &value))
			tell(to, word, "it wants ", keys[i].wants);
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
