/* Consoles and what is typed on the serial port: keys go where they should, and what comes out stands in
 * the log. */
#include "tests/host/console_machine.h"

static void lines_have_their_tag(void **state)
{
	write_text(0, "one\r\nlog");
	write_text(1, "two\n");
	write_text(0, "in: ");
	says("vm=1(web)| one\nvm=2(toy)| two\n");
	/* A prompt comes after a while, once. */
	now_us += STALE_US - 1;
	console_tick();
	says("");
	now_us += CONSOLE_TICK_US;
	console_tick();
	now_us += 2 * STALE_US;
	console_tick();
	says("vm=1(web)> login: \n");
	write_text(0, "root\n");
	says("vm=1(web)| root\n");
	/* The end of a VM waits for nothing. */
	write_text(1, "Bye");
	end_vm(1);
	says("vm=2(toy)> Bye\n");
}

static void keys_go_to_the_chosen_one(void **state)
{
	type("ls\r");
	assert_string_equal(got[0], "ls\r");
	type("\x1d"
	     "2who\x1d\x1d");
	assert_string_equal(got[1], "who\x1d");
	type("\x1dnx\x1dny");
	assert_string_equal(got[2], "x");
	assert_string_equal(got[0], "ls\ry");
	says("input goes to vm=2(toy)\ninput goes to vm=3(2)\ninput goes to vm=1(web)\n");
	type("\x1d"
	     "9z");
	assert_string_equal(got[0], "ls\ryz");
	says("shell there is no such console\n");
}

static void another_is_chosen_when_one_ends(void **state)
{
	type("\x1d"
	     "2");
	end_vm(1);
	type("a");
	assert_string_equal(got[2], "a");
	end_vm(2);
	end_vm(0);
	says("input goes to vm=2(toy)\ninput goes to vm=3(2)\ninput goes to vm=1(web)\n"
	     "input goes to the shell\n");
	/* With none left the shell hears. */
	type("vms\n");
	says("shell > vms\nshell there is no VM\n");
	start_vm(1);
	type("b");
	assert_string_equal(got[1], "b");
}

static void what_is_not_read_waits(void **state)
{
	static char text[CONSOLE_INPUT_SIZE + 100];

	memset(text, 'x', sizeof(text) - 1);
	room[0] = 0;
	type(text);
	assert_string_equal(got[0], "");
	/* Each tick tells of what it had no place for. */
	unsigned lost = 0;
	for (const char *line = wire; (line = strstr(line, "lost=")) != NULL; line++)
		lost += (unsigned)strtoul(line + strlen("lost="), NULL, 10);
	assert_int_equal(lost, sizeof(text) - 1 - CONSOLE_INPUT_SIZE);
	assert_non_null(strstr(wire, "warn typed bytes lost="));
	/* What was kept arrives once there is room, and what is typed then behind it. */
	room[0] = sizeof(got[0]) - 1;
	type("y");
	assert_int_equal(strlen(got[0]), CONSOLE_INPUT_SIZE);
	type("z");
	assert_int_equal(got[0][CONSOLE_INPUT_SIZE], 'z');
}

static void typing_takes_a_page_of_whom_it_is_for(void **state)
{
	assert_int_equal(pages, 0);
	out_of_memory = true;
	type("lost");
	out_of_memory = false;
	assert_non_null(strstr(wire, "warn typed bytes lost="));
	assert_string_equal(got[0], "");
	type("kept");
	assert_string_equal(got[0], "kept");
	assert_int_equal(pages, 1);
}

static void lost_bytes_are_told(void **state)
{
	overrun = true;
	type("x");
	says("warn the serial port lost bytes: they came too fast\n");
	type("y");
	says("");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(lines_have_their_tag),
		TEST(keys_go_to_the_chosen_one),
		TEST(another_is_chosen_when_one_ends),
		TEST(what_is_not_read_waits),
		TEST(typing_takes_a_page_of_whom_it_is_for),
		TEST(lost_bytes_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
