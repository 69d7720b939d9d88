/* Any bytes of a guest: what comes out is printable, no piece is too long, and its length adds up. */
#include <string.h>

#include "guest/console/console_line.h"
#include "lib/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes that pieces stand for, and line ends. */
static size_t shown, ended;

static void print(void *context, const char *text, bool line_end)
{
	assert(strlen(text) <= CONSOLE_PIECE_MAX);
	ended += line_end;
	for (; *text; text++) {
		assert(*text >= ' ' && *text <= '~');
		shown++;
		if (*text == '\\')
			text += text[1] == 'x' ? 3 : 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct console_sink sink = { print, NULL };
	struct console_line line = { 0 };
	size_t line_ends = 0, pairs = 0;

	shown = ended = 0;
	for (size_t i = 0; i < size; i++) {
		console_line_put(&line, data[i], &sink);
		line_ends += data[i] == '\n';
		pairs += data[i] == '\n' && i && data[i - 1] == '\r';
	}
	console_line_flush(&line, &sink);
	assert(!console_line_is_unfinished(&line));
	assert(ended == line_ends);
	assert(shown == size - line_ends - pairs);
	return 0;
}
