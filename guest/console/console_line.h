/* Bytes of a guest's console become lines of the log. A piece of text that ends with a line end of
 * the guest is told from one that does not, so that the bytes can be put together again; what is
 * not printable ASCII is escaped. Pure; the caller serialises. */
#ifndef GUEST_CONSOLE_CONSOLE_LINE_H
#define GUEST_CONSOLE_CONSOLE_LINE_H

#include "lib/types.h"

/* Characters of a piece at most, escapes included. With the VM's tag it fits LOG_LINE_MAX. */
#define CONSOLE_PIECE_MAX 400

/* Zeroed memory is an empty line. */
struct console_line {
	unsigned length;
	bool return_pending; /* a CR, which is part of a line end if LF is next */
	char text[CONSOLE_PIECE_MAX + 1];
};

/* Where the pieces go: terminated text, valid during the call; `ended` when a line end follows. */
struct console_sink {
	void (*print)(void *context, const char *text, bool ended);
	void *context;
};

/* Takes a byte in; prints what it completes. */
void console_line_put(struct console_line *line, uint8_t byte, const struct console_sink *sink);

/* True when flushing would print something. */
bool console_line_is_unfinished(const struct console_line *line);

/* Prints what there is, as a piece without a line end. */
void console_line_flush(struct console_line *line, const struct console_sink *sink);

#endif
