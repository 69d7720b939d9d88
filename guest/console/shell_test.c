/* The shell: what its commands do and say, and how a line looks while it is typed. */
#include "tests/host/console_machine.h"

static void the_shell_rules(void **state)
{
	type("\x1dsstop 2\r\n");
	/* A name counts before a number. */
	assert_string_equal(done, "stopped 2");
	assert_int_equal(vms[1].state, VM_STARTED);
	type("pause 1\n");
	assert_string_equal(done, "paused web");
	says("input goes to the shell\nshell > stop 2\nshell stop vm=3(2)\n"
	     "shell > pause 1\nshell pause vm=1(web)\n");
	type("vms\n");
	says("shell > vms\nshell vm=1(web) state=paused vcpus=0 memory_kib=0\n"
	     "shell vm=2(toy) state=running vcpus=0 memory_kib=0\n"
	     "shell console=1 vm=1(web) chosen\nshell console=2 vm=2(toy)\n");
	type("resume web\nreset toy\nlog warn\nstop 7\n");
	assert_string_equal(done, "reset toy");
	says("shell > resume web\nshell resume vm=1(web)\nshell > reset toy\nshell reset "
	     "vm=2(toy)\n"
	     "shell > log warn\nshell log=warn\n"
	     "shell > stop 7\nshell no VM '7' runs; vms lists them\n");
	type("screen web\nscreen toy\n");
	says("shell > screen web\nshell screen vm=1(web)\nshell screen| Hello\nshell screen| \n"
	     "shell screen|   > _\nshell > screen toy\nshell screen vm=2(toy)\n"
	     "shell screen| Hello\nshell screen| \nshell screen|   > _\n"
	     "shell vm=2(toy) shows no text\n");
	type("exits web\nexits toy\n");
	says("shell > exits web\nshell exits vm=1(web) total=0\nshell missed ticks vm=1(web) "
	     "rtc=7\n"
	     "shell > exits toy\nshell exits vm=2(toy) total=0\n");
	type("console toy\nhello");
	assert_string_equal(got[1], "hello");
	assert_string_equal(got[0], "");
	says("shell > console toy\ninput goes to vm=2(toy)\n");
	type("\x1dsquit\n");
	assert_true(shell_has_quit());
	assert_int_equal(vms[0].state, VM_ENDED);
	assert_int_equal(vms[1].state, VM_ENDED);
}

static void who_types_sees_it(void **state)
{
	type("\x1dsvn");
	says("input goes to the shell\n");
	now_us += ECHO_US;
	console_tick();
	now_us += ECHO_US;
	console_tick();
	says("shell> vn\n");
	type("\x7fms");
	now_us += ECHO_US;
	console_tick();
	says("shell> vms\n");
	type("\x15help me\n");
	says("shell > help me\nshell help takes nothing\n");
	now_us += 2 * ECHO_US;
	console_tick();
	says("");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_shell_rules),
		TEST(who_types_sees_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
