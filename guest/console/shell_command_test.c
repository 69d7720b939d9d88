/* Lines of the shell: typing them, and what they mean. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "guest/console/shell_command.h"

static struct shell_line line;

/* Types `keys`, which end a line with the last of them and not before. */
static const char *typed(const char *keys)
{
	size_t count = strlen(keys);

	shell_line_clear(&line);
	for (size_t i = 0; i + 1 < count; i++)
		assert_false(shell_line_put(&line, (uint8_t)keys[i]));
	assert_true(shell_line_put(&line, (uint8_t)keys[count - 1]));
	return line.text;
}

static void lines_are_edited(void **state)
{
	memset(&line, 0, sizeof(line));
	assert_string_equal(typed("vms\n"), "vms");
	assert_string_equal(typed("vns\x7f\x7fms\r"), "vms");
	/* The LF of a CR LF is no line. */
	assert_string_equal(typed("\nhelp\r"), "help");
	assert_string_equal(typed("x\r"), "x");
	assert_string_equal(typed("\b\bab\bc\n"), "ac");
	assert_string_equal(typed("stop web\x15help\n"), "help");
	assert_string_equal(typed("\n"), "");
	/* Cursor keys, a sequence with parameters, control characters, bytes that are no ASCII. */
	assert_string_equal(typed("a\x1b[Ab\x1bOPc\x1b[1;5Cd\x01\t\xff"
				  "e\n"),
			    "abcde");
	assert_string_equal(typed("a\x1b[\n"), "a");
	assert_string_equal(typed("b\x1bxc\n"), "bxc");
}

static void long_lines_are_known(void **state)
{
	char keys[SHELL_LINE_MAX + 2];

	memset(keys, 'x', sizeof(keys));
	keys[SHELL_LINE_MAX - 1] = '\n';
	keys[SHELL_LINE_MAX] = 0;
	assert_int_equal(strlen(typed(keys)), SHELL_LINE_MAX - 1);
	assert_false(line.too_long);
	keys[SHELL_LINE_MAX - 1] = 'x';
	keys[SHELL_LINE_MAX] = '\n';
	keys[SHELL_LINE_MAX + 1] = 0;
	assert_int_equal(strlen(typed(keys)), SHELL_LINE_MAX - 1);
	assert_true(line.too_long);
	typed("help\n");
	assert_false(line.too_long);
}

static void means(const char *text, enum shell_verb verb, const char *argument)
{
	struct shell_command command;
	struct reason why;

	assert_int_equal(shell_parse(text, &command, &why), ERROR_NONE);
	assert_int_equal(command.verb, verb);
	assert_string_equal(command.argument, argument);
}

static void wrong(const char *text, const char *sentence)
{
	struct shell_command command;
	struct reason why;

	assert_int_equal(shell_parse(text, &command, &why), ERROR_INVALID_INPUT);
	assert_string_equal(why.text, sentence);
}

static void commands(void **state)
{
	means("", SHELL_NOTHING, "");
	means("   ", SHELL_NOTHING, "");
	means("help", SHELL_HELP, "");
	means("  vms ", SHELL_VMS, "");
	means("console web", SHELL_CONSOLE, "web");
	means(" pause   3  ", SHELL_PAUSE, "3");
	means("log warn", SHELL_LOG, "warn");
	means("quit", SHELL_QUIT, "");
	for (unsigned verb = 0; verb < SHELL_VERBS; verb++) {
		const struct shell_command_row row = shell_command_row((enum shell_verb)verb);
		char text[64];

		snprintf(text, sizeof(text), "%s%s", row.name, row.takes[0] ? " x" : "");
		means(text, (enum shell_verb)verb, row.takes[0] ? "x" : "");
	}
}

static void what_may_be_left_out(void **state)
{
	struct shell_command command;
	struct reason why;

	means("stats", SHELL_STATS, "");
	means("stats web", SHELL_STATS, "web");
	means("trace", SHELL_TRACE, "");
	means("trace all", SHELL_TRACE, "all");
	assert_int_equal(shell_parse(" trace web  200 ", &command, &why), ERROR_NONE);
	assert_string_equal(command.argument, "web");
	assert_int_equal(command.number, 200);
	assert_int_equal(shell_parse("trace web", &command, &why), ERROR_NONE);
	assert_int_equal(command.number, 0);
}

static void mistakes(void **state)
{
	wrong("hel", "there is no command 'hel'; help lists them");
	wrong("helpp", "there is no command 'helpp'; help lists them");
	wrong("STOP web", "there is no command 'STOP'; help lists them");
	wrong("stop", "stop takes VM");
	wrong("help me", "help takes nothing");
	wrong("stop web now", "stop takes one VM only");
	wrong("stats web now", "stats takes one [VM] only");
	wrong("trace web many", "trace takes [VM|all] [N]");
	wrong("trace web 0", "trace takes [VM|all] [N]");
	wrong("trace web 1x", "trace takes [VM|all] [N]");
	wrong("trace web 1234567890", "trace takes [VM|all] [N]");
	wrong("trace web 1 2", "trace takes [VM|all] [N]");
}

static void numbers(void **state)
{
	assert_true(shell_names_number("12", 12));
	assert_false(shell_names_number("012", 12));
	assert_false(shell_names_number("1", 12));
	assert_false(shell_names_number("", 0));
	assert_true(shell_names_number("4294967295", UINT32_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_edited), cmocka_unit_test(long_lines_are_known),
		cmocka_unit_test(commands),         cmocka_unit_test(mistakes),
		cmocka_unit_test(numbers),          cmocka_unit_test(what_may_be_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
