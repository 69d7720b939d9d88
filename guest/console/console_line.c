/* The forms of bytes on the wire (docs/wire.md): printable ASCII as it is, but for the backslash that
 * begins an escape. */
#include "guest/console/console_line.h"

#include "lib/format.h"
#include "lib/string.h"

#define ESCAPE_MAX  4 /* characters of "\xNN" */
#define ASCII_ESC   0x1b
#define ASCII_FIRST 0x20
#define ASCII_LAST  0x7e

static void print(struct console_line *line, bool ended, const struct console_sink *sink)
{
	line->text[line->length] = 0;
	sink->print(sink->context, line->text, ended);
	line->length = 0;
}

/* Does it look like itself? */
static bool is_plain(uint8_t byte)
{
	return byte >= ASCII_FIRST && byte <= ASCII_LAST && byte != '\\';
}

/* How a byte looks; returns the count of characters. */
static size_t show(uint8_t byte, char *as)
{
	switch (byte) {
	case '\\':
		return format_string(as, ESCAPE_MAX + 1, "\\\\");
	case '\t':
		return format_string(as, ESCAPE_MAX + 1, "\\t");
	case '\r':
		return format_string(as, ESCAPE_MAX + 1, "\\r");
	case ASCII_ESC:
		return format_string(as, ESCAPE_MAX + 1, "\\e");
	default:
		break;
	}
	if (!is_plain(byte))
		return format_string(as, ESCAPE_MAX + 1, "\\x%02x", byte);
	as[0] = (char)byte;
	return 1;
}

static void add(struct console_line *line, uint8_t byte, const struct console_sink *sink)
{
	char as[ESCAPE_MAX + 1];
	size_t length = show(byte, as);

	if (line->length + length > CONSOLE_PIECE_MAX)
		print(line, false, sink);
	memcpy(line->text + line->length, as, length);
	line->length += (unsigned)length;
}

static void settle_return(struct console_line *line, const struct console_sink *sink)
{
	if (line->return_pending)
		add(line, '\r', sink);
	line->return_pending = false;
}

void console_line_put(struct console_line *line, uint8_t byte, const struct console_sink *sink)
{
	/* Nearly always: a guest's every byte comes by here. */
	if (likely(is_plain(byte) && !line->return_pending && line->length < CONSOLE_PIECE_MAX)) {
		line->text[line->length++] = (char)byte;
		return;
	}
	if (byte == '\n') {
		line->return_pending = false;
		print(line, true, sink);
		return;
	}
	settle_return(line, sink);
	if (byte == '\r')
		line->return_pending = true;
	else
		add(line, byte, sink);
}

bool console_line_is_unfinished(const struct console_line *line)
{
	return line->length || line->return_pending;
}

void console_line_flush(struct console_line *line, const struct console_sink *sink)
{
	settle_return(line, sink);
	if (line->length)
		print(line, false, sink);
}
