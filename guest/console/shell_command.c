/* The table of commands, and lines as they are typed. */
#include "guest/console/shell_command.h"

#include "lib/format.h"
#include "lib/string.h"
#include "lib/text_list.h"

#define NUMBER_DIGITS   9 /* of the largest number that is taken */
#define ASCII_BACKSPACE 0x08
#define ASCII_CTRL_U    0x15
#define ASCII_ESC       0x1b
#define ASCII_FIRST     0x20
#define ASCII_LAST      0x7e
#define ASCII_DELETE    0x7f

static const char rows[] =
#define X(symbol, name, takes, does) name "\0" takes "\0" does "\0"
	SHELL_COMMAND_LIST(X)
#undef X
	;

struct shell_command_row shell_command_row(enum shell_verb verb)
{
	const char *name = nth_text(rows, 3 * verb), *takes = nth_text(name, 1);

	return (struct shell_command_row) { name, takes, nth_text(takes, 1) };
}

/* --- parsing -------------------------------------------------------------------------------- */

/* Cuts the first word off `*line`; returns its length, 0 at the end. */
static size_t next_word(const char **line, const char **word)
{
	size_t length = 0;

	while (**line == ' ')
		(*line)++;
	*word = *line;
	while ((*word)[length] && (*word)[length] != ' ')
		length++;
	*line += length;
	return length;
}

static enum shell_verb verb_of(const char *word, size_t length)
{
	unsigned verb = 0;

	for (; verb < SHELL_VERBS; verb++) {
		const char *name = shell_command_row((enum shell_verb)verb).name;

		if (strlen(name) == length && !strncmp(name, word, length))
			break;
	}
	return (enum shell_verb)verb;
}

/* 0 for what is no number, or too long a one. */
static uint32_t number_in(const char *word, size_t length)
{
	uint32_t number = 0;

	for (size_t i = 0; i < length; i++) {
		if (word[i] < '0' || word[i] > '9' || length > NUMBER_DIGITS)
			return 0;
		number = number * 10 + (uint32_t)(word[i] - '0');
	}
	return number;
}

/* The last word of a command, where there is one: a number, not 0. */
static enum error parse_number(const char **line, const struct shell_command_row *row,
			       uint32_t *number, struct reason *why)
{
	const char *word, *rest;
	size_t length = next_word(line, &word);

	*number = number_in(word, length);
	if ((length && !*number) || next_word(line, &rest))
		return reason_set(why, ERROR_INVALID_INPUT, "%s takes %s", row->name, row->takes);
	return ERROR_NONE;
}

enum error shell_parse(const char *line, struct shell_command *out, struct reason *why)
{
	const char *word;
	size_t length = next_word(&line, &word);

	*out = (struct shell_command) { .verb = SHELL_NOTHING };
	if (!length)
		return ERROR_NONE;
	out->verb = verb_of(word, length);
	if (out->verb == SHELL_VERBS)
		return reason_set(why, ERROR_INVALID_INPUT,
				  "there is no command '%.*s'; help lists them", (int)length, word);

	const struct shell_command_row row = shell_command_row(out->verb);
	bool optional = row.takes[0] == '[';
	length = next_word(&line, &word);
	format_string(out->argument, sizeof(out->argument), "%.*s", (int)length, word);
	if (!length != !row.takes[0] && !(optional && !length))
		return reason_set(why, ERROR_INVALID_INPUT, "%s takes %s", row.name,
				  row.takes[0] ? row.takes : "nothing");
	if (out->verb == SHELL_TRACE)
		return parse_number(&line, &row, &out->number, why);
	if (next_word(&line, &word))
		return reason_set(why, ERROR_INVALID_INPUT, "%s takes one %s only", row.name,
				  row.takes);
	return ERROR_NONE;
}

bool shell_names_number(const char *argument, uint32_t number)
{
	char digits[16];

	format_string(digits, sizeof(digits), "%u", number);
	return !strcmp(argument, digits);
}

/* --- typing --------------------------------------------------------------------------------- */

/* ECMA-48, "Control sequences": ESC [, parameters, and a final byte from @ to ~. */
enum skipping { SKIP_NONE, SKIP_ESCAPE, SKIP_SEQUENCE };

/* True when the byte belongs to an escape sequence, such as a cursor key's. */
static bool skip(struct shell_line *line, uint8_t byte)
{
	switch ((enum skipping)line->skipping) {
	case SKIP_NONE:
		line->skipping = byte == ASCII_ESC ? SKIP_ESCAPE : SKIP_NONE;
		return line->skipping;
	case SKIP_ESCAPE:
		line->skipping = byte == '[' || byte == 'O' ? SKIP_SEQUENCE : SKIP_NONE;
		return line->skipping;
	case SKIP_SEQUENCE:
		if (byte >= '@' || byte < ASCII_FIRST)
			line->skipping = SKIP_NONE;
		return byte >= ASCII_FIRST;
	}
	return false;
}

bool shell_line_put(struct shell_line *line, uint8_t byte)
{
	bool second = line->return_seen && byte == '\n';

	line->return_seen = byte == '\r';
	if (second || skip(line, byte))
		return false;
	if (byte == '\r' || byte == '\n') {
		line->text[line->length] = 0;
		return true;
	}
	if (byte == ASCII_CTRL_U) {
		line->length = 0;
		line->too_long = false;
	} else if ((byte == ASCII_BACKSPACE || byte == ASCII_DELETE) && line->length) {
		line->length--;
	} else if (byte >= ASCII_FIRST && byte <= ASCII_LAST) {
		if (line->length < SHELL_LINE_MAX - 1)
			line->text[line->length++] = (char)byte;
		else
			line->too_long = true;
	}
	return false;
}

void shell_line_clear(struct shell_line *line)
{
	line->length = 0;
	line->too_long = false;
	line->skipping = SKIP_NONE;
}
