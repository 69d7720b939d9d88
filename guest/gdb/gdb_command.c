/* Packets taken apart: a table of names, and of the form that their arguments have. */
#include "guest/gdb/gdb_command.h"

#include "guest/gdb/gdb_packet.h"
#include "lib/string.h"
#include "lib/text_list.h"

#define NUMBER_DIGITS 16

struct text {
	const uint8_t *at, *end;
};

static bool is_over(const struct text *text)
{
	return text->at == text->end;
}

static bool skip(struct text *text, uint8_t byte)
{
	if (is_over(text) || *text->at != byte)
		return false;
	text->at++;
	return true;
}

/* One to sixteen digits. */
static bool number(struct text *text, uint64_t *value)
{
	unsigned count = 0;

	*value = 0;
	for (; !is_over(text) && gdb_digit(*text->at) >= 0; text->at++, count++) {
		if (count == NUMBER_DIGITS)
			return false;
		*value = *value << 4 | (uint64_t)gdb_digit(*text->at);
	}
	return count;
}

/* A thread's number, 0 for any, -1 for all. */
static bool thread(struct text *text, int *value)
{
	uint64_t wide;

	if (skip(text, '-')) {
		*value = GDB_THREAD_ALL;
		return skip(text, '1');
	}
	if (!number(text, &wide) || wide > INT16_MAX)
		return false;
	*value = (int)wide;
	return true;
}

/* --- the table ------------------------------------------------------------------------------- */

/* X(name, kind, arguments). A name that ends in a letter and is no whole word is followed by its
 * arguments at once. Of these a letter is for
 *
 *     a  a number, the address     b  a type of breakpoint     d  data up to the end
 *     l  a number, the length      t  a thread                 s  a signal: guests know none
 *
 * what stands behind [ may be left out, with the address in it; all else stands for itself. */
#define COMMAND_LIST(X)                                                \
	X("?", GDB_WHY, "")                                            \
	X("g", GDB_READ_REGISTERS, "")                                 \
	X("G", GDB_WRITE_REGISTERS, "d")                               \
	X("p", GDB_READ_REGISTER, "a")                                 \
	X("P", GDB_WRITE_REGISTER, "a=d")                              \
	X("m", GDB_READ_MEMORY, "a,l")                                 \
	X("M", GDB_WRITE_MEMORY, "a,l:d")                              \
	X("X", GDB_WRITE_BINARY, "a,l:d")                              \
	X("Hg", GDB_CHOOSE_THREAD, "t")                                \
	X("Hc", GDB_CHOOSE_RUNNER, "t")                                \
	X("T", GDB_IS_ALIVE, "t")                                      \
	X("c", GDB_CONTINUE, "[a")                                     \
	X("s", GDB_STEP, "[a")                                         \
	X("C", GDB_CONTINUE, "s[;a")                                   \
	X("S", GDB_STEP, "s[;a")                                       \
	X("vCont?", GDB_RESUME_QUERY, "")                              \
	X("vCont;", GDB_RESUME, "d")                                   \
	X("vKill;", GDB_KILL_VERBOSE, "d")                             \
	X("Z", GDB_SET_BREAKPOINT, "b,a,l")                            \
	X("z", GDB_CLEAR_BREAKPOINT, "b,a,l")                          \
	X("D", GDB_DETACH, "d")                                        \
	X("k", GDB_KILL, "d")                                          \
	X("qSupported", GDB_SUPPORTED, "d")                            \
	X("QStartNoAckMode", GDB_NO_ACKS, "")                          \
	X("qfThreadInfo", GDB_FIRST_THREADS, "")                       \
	X("qsThreadInfo", GDB_MORE_THREADS, "")                        \
	X("qC", GDB_CURRENT_THREAD, "")                                \
	X("qThreadExtraInfo,", GDB_THREAD_INFO, "t")                   \
	X("qAttached", GDB_IS_ATTACHED, "d")                           \
	X("qXfer:features:read:target.xml:", GDB_READ_FEATURES, "a,l") \
	X("qRcmd,", GDB_MONITOR, "d")

static const char commands[] =
#define X(name, kind, arguments) name "\0" arguments "\0"
	COMMAND_LIST(X)
#undef X
	;

static const uint8_t kinds[] = {
#define X(name, kind, arguments) kind,
	COMMAND_LIST(X)
#undef X
};

/* --- arguments ------------------------------------------------------------------------------- */

static bool take(struct text *text, char what, struct gdb_command *command)
{
	uint64_t value;

	switch (what) {
	case 'a':
		return number(text, &command->address);
	case 'l':
		return number(text, &command->length);
	case 'b': /* conditions and commands are told to be unknown here: none follows */
		if (!number(text, &value) || value >= GDB_BREAKPOINT_TYPES)
			return false;
		command->type = (enum gdb_breakpoint_type)value;
		return true;
	case 's':
		return number(text, &value);
	case 't':
		return thread(text, &command->thread);
	case 'd':
		command->data = text->at;
		command->data_length = (size_t)(text->end - text->at);
		text->at = text->end;
		return true;
	default:
		return skip(text, (uint8_t)what);
	}
}

static bool take_all(struct text *text, const char *arguments, struct gdb_command *command)
{
	for (; *arguments; arguments++) {
		if (*arguments == '[') {
			command->has_address = !is_over(text);
			if (is_over(text))
				return true;
		} else if (!take(text, *arguments, command)) {
			return false;
		}
	}
	return is_over(text);
}

/* "qC" is a word of its own: "qCRC:" is another, which is unknown here. */
static bool begins_with(const struct text *text, const char *name, struct text *arguments)
{
	size_t length = strlen(name);

	if (length > (size_t)(text->end - text->at) ||
	    strncmp((const char *)text->at, name, length))
		return false;
	*arguments = (struct text) { text->at + length, text->end };
	return true;
}

void gdb_parse(const uint8_t *packet, size_t length, struct gdb_command *command)
{
	const struct text text = { packet, packet + length };
	const char *name = commands, *arguments;

	*command = (struct gdb_command) { .kind = GDB_UNKNOWN };
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++, name = nth_text(arguments, 1)) {
		struct text given;

		arguments = nth_text(name, 1);
		if (!begins_with(&text, name, &given) || (!*arguments && !is_over(&given)))
			continue;
		command->kind = take_all(&given, arguments, command)
					? (enum gdb_command_kind)kinds[i]
					: GDB_MALFORMED;
		return;
	}
}

/* --- vCont ------------------------------------------------------------------------------------ */

static bool action(struct text *text, enum gdb_action *chosen)
{
	uint64_t signal;
	uint8_t letter;

	if (is_over(text))
		return false;
	letter = *text->at++;
	switch (letter) {
	case 'c':
	case 'C':
		*chosen = GDB_ACTION_CONTINUE;
		break;
	case 's':
	case 'S':
		*chosen = GDB_ACTION_STEP;
		break;
	case 't':
		*chosen = GDB_ACTION_STOP;
		break;
	default:
		return false;
	}
	return (letter != 'C' && letter != 'S') || number(text, &signal);
}

static void apply(enum gdb_action *actions, unsigned count, int who, enum gdb_action chosen)
{
	for (unsigned i = 0; i < count; i++) {
		bool named = who == GDB_THREAD_ALL || who == GDB_THREAD_ANY || who == (int)i + 1;

		if (named && actions[i] == GDB_ACTION_NONE)
			actions[i] = chosen;
	}
}

bool gdb_parse_actions(const uint8_t *bytes, size_t length, enum gdb_action *actions,
		       unsigned count)
{
	struct text text = { bytes, bytes + length };

	for (unsigned i = 0; i < count; i++)
		actions[i] = GDB_ACTION_NONE;
	do {
		enum gdb_action chosen;
		int who = GDB_THREAD_ALL;

		if (!action(&text, &chosen))
			return false;
		if (skip(&text, ':') && !thread(&text, &who))
			return false;
		apply(actions, count, who, chosen);
	} while (skip(&text, ';'));
	return is_over(&text);
}

bool gdb_parse_hex(const uint8_t *digits, size_t digit_count, uint8_t *bytes, size_t length)
{
	if (digit_count != 2 * length)
		return false;
	for (size_t i = 0; i < length; i++) {
		int high = gdb_digit(digits[2 * i]), low = gdb_digit(digits[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}
