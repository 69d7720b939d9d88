/* Packets taken apart: a table of names, and a function for each form that arguments have. */
#include "guest/gdb/gdb_command.h"

#include "guest/gdb/gdb_packet.h"
#include "lib/string.h"

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

static void rest(struct text *text, struct gdb_command *command)
{
	command->data = text->at;
	command->data_length = (size_t)(text->end - text->at);
	text->at = text->end;
}

/* --- forms of arguments ---------------------------------------------------------------------- */

static bool takes_nothing(struct text *text, struct gdb_command *command)
{
	return true;
}

static bool takes_rest(struct text *text, struct gdb_command *command)
{
	rest(text, command);
	return true;
}

static bool takes_number(struct text *text, struct gdb_command *command)
{
	return number(text, &command->address);
}

/* NUMBER=DATA */
static bool takes_assignment(struct text *text, struct gdb_command *command)
{
	return number(text, &command->address) && skip(text, '=') && takes_rest(text, command);
}

/* ADDRESS,LENGTH */
static bool takes_range(struct text *text, struct gdb_command *command)
{
	return number(text, &command->address) && skip(text, ',') && number(text, &command->length);
}

/* ADDRESS,LENGTH:DATA */
static bool takes_range_and_data(struct text *text, struct gdb_command *command)
{
	return takes_range(text, command) && skip(text, ':') && takes_rest(text, command);
}

static bool takes_thread(struct text *text, struct gdb_command *command)
{
	return thread(text, &command->thread);
}

/* [ADDRESS] */
static bool takes_address(struct text *text, struct gdb_command *command)
{
	command->has_address = !is_over(text);
	return !command->has_address || number(text, &command->address);
}

/* SIGNAL[;ADDRESS]: guests know no signals, which count for nothing. */
static bool takes_signal(struct text *text, struct gdb_command *command)
{
	uint64_t signal;

	if (!number(text, &signal))
		return false;
	return is_over(text) || (skip(text, ';') && !is_over(text) && takes_address(text, command));
}

/* TYPE,ADDRESS,LENGTH: conditions and commands are told to be unknown here, and none is sent. */
static bool takes_breakpoint(struct text *text, struct gdb_command *command)
{
	uint64_t type;

	if (!number(text, &type) || type >= GDB_BREAKPOINT_TYPES)
		return false;
	command->type = (enum gdb_breakpoint_type)type;
	return skip(text, ',') && takes_range(text, command);
}

/* --- the table ------------------------------------------------------------------------------- */

/* A name that ends in a letter and is no whole word is followed by its arguments at once. */
static const struct {
	const char *name;
	enum gdb_command_kind kind;
	bool (*takes)(struct text *text, struct gdb_command *command);
} commands[] = {
	{ "?", GDB_WHY, takes_nothing },
	{ "g", GDB_READ_REGISTERS, takes_nothing },
	{ "G", GDB_WRITE_REGISTERS, takes_rest },
	{ "p", GDB_READ_REGISTER, takes_number },
	{ "P", GDB_WRITE_REGISTER, takes_assignment },
	{ "m", GDB_READ_MEMORY, takes_range },
	{ "M", GDB_WRITE_MEMORY, takes_range_and_data },
	{ "X", GDB_WRITE_BINARY, takes_range_and_data },
	{ "Hg", GDB_CHOOSE_THREAD, takes_thread },
	{ "Hc", GDB_CHOOSE_RUNNER, takes_thread },
	{ "T", GDB_IS_ALIVE, takes_thread },
	{ "c", GDB_CONTINUE, takes_address },
	{ "s", GDB_STEP, takes_address },
	{ "C", GDB_CONTINUE, takes_signal },
	{ "S", GDB_STEP, takes_signal },
	{ "vCont?", GDB_RESUME_QUERY, takes_nothing },
	{ "vCont;", GDB_RESUME, takes_rest },
	{ "vKill;", GDB_KILL_VERBOSE, takes_rest },
	{ "Z", GDB_SET_BREAKPOINT, takes_breakpoint },
	{ "z", GDB_CLEAR_BREAKPOINT, takes_breakpoint },
	{ "D", GDB_DETACH, takes_rest },
	{ "k", GDB_KILL, takes_rest },
	{ "qSupported", GDB_SUPPORTED, takes_rest },
	{ "QStartNoAckMode", GDB_NO_ACKS, takes_nothing },
	{ "qfThreadInfo", GDB_FIRST_THREADS, takes_nothing },
	{ "qsThreadInfo", GDB_MORE_THREADS, takes_nothing },
	{ "qC", GDB_CURRENT_THREAD, takes_nothing },
	{ "qThreadExtraInfo,", GDB_THREAD_INFO, takes_thread },
	{ "qAttached", GDB_IS_ATTACHED, takes_rest },
	{ "qXfer:features:read:target.xml:", GDB_READ_FEATURES, takes_range },
	{ "qRcmd,", GDB_MONITOR, takes_rest },
};

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

	*command = (struct gdb_command) { .kind = GDB_UNKNOWN };
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		struct text arguments;

		if (!begins_with(&text, commands[i].name, &arguments))
			continue;
		if (commands[i].takes == takes_nothing && !is_over(&arguments))
			continue;
		command->kind = commands[i].kind;
		if (!commands[i].takes(&arguments, command) || !is_over(&arguments))
			command->kind = GDB_MALFORMED;
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
