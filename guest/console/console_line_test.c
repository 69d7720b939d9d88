/* Lines of a guest's console: what stands on the wire, and that the bytes can be had back from it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "guest/console/console_line.h"
#include "lib/format.h"

static struct console_line line;
static char wire[16384]; /* pieces, each with its mark before and LF behind */

static void print(void *context, const char *text, bool ended)
{
	assert_true(strlen(text) <= CONSOLE_PIECE_MAX);
	for (const char *c = text; *c; c++)
		assert_in_range(*c, ' ', '~');
	assert_true(format_append(wire, sizeof(wire), "%c%s\n", ended ? '|' : '>', text) <
		    sizeof(wire));
}

static const struct console_sink sink = { print, NULL };

static void put(const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		console_line_put(&line, (uint8_t)bytes[i], &sink);
}

static void says(const char *bytes, const char *expected)
{
	wire[0] = 0;
	put(bytes, strlen(bytes));
	assert_string_equal(wire, expected);
}

static void flush_says(const char *expected)
{
	wire[0] = 0;
	console_line_flush(&line, &sink);
	assert_string_equal(wire, expected);
	assert_false(console_line_is_unfinished(&line));
}

static int set_up(void **state)
{
	memset(&line, 0, sizeof(line));
	wire[0] = 0;
	return 0;
}

static void line_ends(void **state)
{
	says("one\ntwo\r\n\n\r\n", "|one\n|two\n|\n|\n");
	assert_false(console_line_is_unfinished(&line));
	/* Only the CR before the LF is part of the line end. */
	says("three\r\r\n", "|three\\r\n");
	says("10%\r20%\r30%\n", "|10%\\r20%\\r30%\n");
	says("\n\r\n", "|\n|\n");
}

static void unfinished_text_is_flushed_once(void **state)
{
	flush_says("");
	says("login: ", "");
	assert_true(console_line_is_unfinished(&line));
	flush_says(">login: \n");
	flush_says("");
	says("root\r\n", "|root\n");
	/* A CR that waits for its LF is text when it is not to wait longer. */
	says("x\r", "");
	assert_true(console_line_is_unfinished(&line));
	flush_says(">x\\r\n");
	says("\n", "|\n");
}

static void escapes(void **state)
{
	says("a\\b\tc\x1b[1m\x07\x7f\xc3\xa4\n", "|a\\\\b\\tc\\e[1m\\x07\\x7f\\xc3\\xa4\n");
	put("\0\n", 2);
	assert_non_null(strstr(wire, "|\\x00\n"));
}

/* A piece is never cut within an escape. */
static void long_lines_continue(void **state)
{
	char text[CONSOLE_PIECE_MAX + 1];

	memset(text, 'x', sizeof(text));
	put(text, CONSOLE_PIECE_MAX);
	assert_string_equal(wire, "");
	put("y\n", 2);
	assert_int_equal(strlen(wire), 1 + CONSOLE_PIECE_MAX + 1 + 3);
	assert_int_equal(wire[0], '>');
	assert_string_equal(wire + 1 + CONSOLE_PIECE_MAX, "\n|y\n");

	wire[0] = 0;
	put(text, CONSOLE_PIECE_MAX - 3);
	put("\x01\n", 2);
	assert_string_equal(wire + 1 + CONSOLE_PIECE_MAX - 3, "\n|\\x01\n");
	/* One that is exactly full ends with its line end. */
	wire[0] = 0;
	put(text, CONSOLE_PIECE_MAX);
	put("\r\n", 2);
	assert_int_equal(wire[0], '|');
	assert_int_equal(strlen(wire), 1 + CONSOLE_PIECE_MAX + 1);
}

/* What a reader of the log does: the bytes of all pieces, and LF behind each that has ended. */
static size_t unescape(const char *from, char *to)
{
	size_t count = 0;

	for (bool ended = *from++ == '|'; *from;) {
		if (*from == '\n') {
			if (ended)
				to[count++] = '\n';
			if (!*++from)
				break;
			ended = *from++ == '|';
		} else if (*from != '\\') {
			to[count++] = *from++;
		} else if (from[1] == 'x') {
			char digits[] = { from[2], from[3], 0 };
			to[count++] = (char)strtoul(digits, NULL, 16);
			from += 4;
		} else {
			to[count++] = from[1] == 't'   ? '\t'
				      : from[1] == 'r' ? '\r'
				      : from[1] == 'e' ? '\x1b'
						       : from[1];
			from += 2;
		}
	}
	return count;
}

static void no_byte_is_lost(void **state)
{
	char bytes[2048], back[2048];
	uint32_t seed = 1;

	for (unsigned round = 0; round < 50; round++) {
		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * 1103515245 + 12345;
			bytes[i] = (char)(seed >> 16);
			/* A CR before an LF is not told from an LF alone. */
			if (bytes[i] == '\r' || (seed >> 24) % 32 == 0)
				bytes[i] = '\n';
		}
		wire[0] = 0;
		for (size_t i = 0; i < sizeof(bytes); i++) {
			put(bytes + i, 1);
			if ((i + round) % 97 == 0)
				console_line_flush(&line, &sink);
		}
		console_line_flush(&line, &sink);
		assert_int_equal(unescape(wire, back), sizeof(bytes));
		assert_memory_equal(back, bytes, sizeof(bytes));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(line_ends, set_up),
		cmocka_unit_test_setup(unfinished_text_is_flushed_once, set_up),
		cmocka_unit_test_setup(escapes, set_up),
		cmocka_unit_test_setup(long_lines_continue, set_up),
		cmocka_unit_test_setup(no_byte_is_lost, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
