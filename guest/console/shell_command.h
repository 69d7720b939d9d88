/* The shell's commands: their names, what they take, and how a typed line becomes one. Pure. */
#ifndef GUEST_CONSOLE_SHELL_COMMAND_H
#define GUEST_CONSOLE_SHELL_COMMAND_H

#include "lib/error.h"
#include "lib/types.h"

#define SHELL_LINE_MAX 128 /* of a line as typed */

/* X(symbol, name, what it takes or "", what it does) */
#define SHELL_COMMAND_LIST(X)                                                       \
	X(SHELL_HELP, "help", "", "this list")                                      \
	X(SHELL_VMS, "vms", "", "virtual machines and their vCPUs")                 \
	X(SHELL_CONSOLE, "console", "VM", "what is typed goes to this VM")          \
	X(SHELL_PAUSE, "pause", "VM", "its vCPUs stop where they are")              \
	X(SHELL_RESUME, "resume", "VM", "a paused VM goes on")                      \
	X(SHELL_RESET, "reset", "VM", "as its reset button")                        \
	X(SHELL_STOP, "stop", "VM", "ends it")                                      \
	X(SHELL_SCREEN, "screen", "VM", "the text on its screen")                   \
	X(SHELL_EXITS, "exits", "VM", "how often its vCPUs came out, and what for") \
	X(SHELL_WHERE, "where", "VM", "what its vCPUs execute, and their stacks")   \
	X(SHELL_STATS, "stats", "[VM]", "what exits cost, and where the time went") \
	X(SHELL_TRACE, "trace", "[VM|all] [N]", "the last N things that happened")  \
	X(SHELL_LOG, "log", "LEVEL", "say no less than debug, info, warn or error") \
	X(SHELL_QUIT, "quit", "", "stops all virtual machines and ends Plinth")

enum shell_verb {
#define X(symbol, name, takes, does) symbol,
	SHELL_COMMAND_LIST(X)
#undef X
		SHELL_VERBS,
	SHELL_NOTHING = SHELL_VERBS /* a blank line */
};

struct shell_command_row {
	const char *name, *takes, *does;
};

struct shell_command_row shell_command_row(enum shell_verb verb);

struct shell_command {
	enum shell_verb verb;
	char argument[SHELL_LINE_MAX]; /* "" for a command that takes none, or without one */
	uint32_t number;               /* behind it; 0: none */
};

/* InvalidInput with a sentence when the line is no command, or its argument is missing or too many. */
enum error shell_parse(const char *line, struct shell_command *out, struct reason *why) must_check;

/* A VM is meant by its name or, where no VM has that name, by its number. True when `argument` is
 * the number. */
bool shell_names_number(const char *argument, uint32_t number);

/* A line while it is typed: backspace and Ctrl-U edit it, escape sequences and other control
 * characters are left out. Zeroed memory is an empty one. */
struct shell_line {
	unsigned length;
	uint8_t skipping; /* how far an escape sequence has come */
	bool return_seen; /* an LF right behind a CR is no line of its own */
	bool too_long;    /* what did not fit is gone: the line must not be obeyed */
	char text[SHELL_LINE_MAX];
};

/* Takes a byte; true when the line has ended: `text` is terminated and shell_line_clear() comes
 * next. */
bool shell_line_put(struct shell_line *line, uint8_t byte) must_check;
void shell_line_clear(struct shell_line *line);

#endif
