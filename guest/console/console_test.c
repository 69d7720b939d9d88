/* Consoles, their input and the shell together, over a kernel that only this test knows: what is
 * typed on the serial port goes where it should, and what comes out stands in the log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* cmocka's name for what it checks, taken back for lib/assert.h. */
#undef assert

#include "guest/console/console.c"
#include "guest/console/console_input.c"
#include "guest/console/shell.c"
#include "lib/format.h"
#include "vm/board.h"

#define VMS 3

struct command_line command_line;

/* --- a kernel ------------------------------------------------------------------------------- */

static char wire[65536]; /* the log: lines without their numbers */
static uint64_t now_us;
static const char *keys = ""; /* what has been typed on the serial port, and not read */
static bool overrun;
static const char *locks[8]; /* held, in the order in which they were taken */
static unsigned lock_depth;

uint64_t spinlock_acquire(struct spinlock *lock)
{
	static const char *const order[] = { "consoles", "board", "console" };
	unsigned last = 0, this = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(order); i++) {
		if (!strcmp(order[i], lock->name))
			this = i + 1;
		for (unsigned held = 0; held < lock_depth; held++)
			if (!strcmp(order[i], locks[held]) && i + 1 > last)
				last = i + 1;
	}
	assert_true(this > last);
	assert_false(lock->holder);
	lock->holder = 1;
	locks[lock_depth++] = lock->name;
	return 0;
}

void spinlock_release(struct spinlock *lock, uint64_t rflags)
{
	assert_true(lock->holder);
	lock->holder = 0;
	lock_depth--;
}

static bool out_of_memory;
static unsigned pages;

void *page_alloc(void)
{
	if (out_of_memory)
		return NULL;
	pages++;
	return calloc(1, PAGE_SIZE);
}

void page_free(void *page)
{
	pages -= page != NULL;
	free(page);
}

void statistics_log_vm(const struct vm *vm, enum stats_mode mode)
{
}

void statistics_log_cpus(enum stats_mode mode)
{
}

void recorder_log_vm(const struct vm *vm, uint64_t most, const char *why)
{
}

void recorder_log_all(uint64_t most, const char *why)
{
}

uint64_t exit_log_counts(const struct vm *vm, char *text, size_t size)
{
	text[0] = 0;
	return 0;
}

uint64_t time_ticks(void)
{
	return now_us;
}

uint64_t time_us_to_ticks(uint64_t us)
{
	return us;
}

uint64_t time_ticks_to_us(uint64_t ticks)
{
	return ticks;
}

static void write_line(const char *head, const char *format, va_list args)
{
	size_t used = strlen(wire);

	used += format_string(wire + used, sizeof(wire) - used, "%s", head);
	used += format_string_va(wire + used, sizeof(wire) - used, format, args);
	used += format_string(wire + used, sizeof(wire) - used, "\n");
	assert_true(used < sizeof(wire));
}

void log_tagged(const char *tag, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	char head[16];

	format_string(head, sizeof(head), "%s ", tag);
	write_line(!strcmp(tag, "guest") ? "" : head, format, args);
	va_end(args);
}

static enum log_level least; /* that is written */

void log_write(enum log_level level, const char *area, const char *format, ...)
{
	va_list args;

	assert_string_equal(area, "console");
	if (level < least)
		return;
	va_start(args, format);
	write_line(level == LOG_WARN ? "warn " : "", format, args);
	va_end(args);
}

void log_always(const char *area, const char *format, ...)
{
	va_list args;

	assert_string_equal(area, "console");
	va_start(args, format);
	write_line("", format, args);
	va_end(args);
}

void log_set_level(enum log_level level)
{
	assert_int_equal(level, LOG_WARN);
	least = level;
}

bool serial_receive(uint8_t *byte)
{
	if (!*keys)
		return false;
	*byte = (uint8_t)*keys++;
	return true;
}

bool serial_overran(void)
{
	bool was = overrun;

	overrun = false;
	return was;
}

/* --- virtual machines ----------------------------------------------------------------------- */

static struct vm vms[VMS];
static struct guest_console guests[VMS];
static struct spinlock board_locks[VMS];
static char got[VMS][2 * CONSOLE_INPUT_SIZE]; /* what each guest read */
static unsigned room[VMS];                    /* bytes that each will still read */
static const char *done;                      /* to a VM */
static bool table_locked;                     /* the VMs are visited */

/* As a board does: under its own lock it takes what there is, as long as its port has room. */
static void input(void *context)
{
	unsigned i = (unsigned)(uintptr_t)context;
	uint8_t byte;

	uint64_t flags = spinlock_acquire(&board_locks[i]);
	for (; room[i] && console_get(&guests[i], &byte); room[i]--)
		got[i][strlen(got[i])] = (char)byte;
	spinlock_release(&board_locks[i], flags);
}

static void write_text(unsigned i, const char *text)
{
	uint64_t flags = spinlock_acquire(&board_locks[i]);

	while (*text)
		console_put(&guests[i], (uint8_t)*text++);
	spinlock_release(&board_locks[i], flags);
}

void vm_for_each(void (*visit)(struct vm *vm, void *context), void *context)
{
	table_locked = true;
	for (unsigned i = 0; i < VMS; i++)
		if (vms[i].state == VM_STARTED)
			visit(&vms[i], context);
	table_locked = false;
}

bool vm_act_on(bool (*fits)(const struct vm *vm, const void *wanted), const void *wanted,
	       void (*act)(struct vm *vm, void *context), void *context)
{
	for (unsigned i = 0; i < VMS; i++)
		if (vms[i].state == VM_STARTED && fits(&vms[i], wanted)) {
			act(&vms[i], context);
			return true;
		}
	return false;
}

static void note(const struct vm *vm, const char *what)
{
	static char text[64];

	format_string(text, sizeof(text), "%s %s", what, vm->name);
	done = text;
}

void vm_pause(struct vm *vm)
{
	note(vm, "paused");
	vm->holds = VM_HOLD_PAUSE;
}

void vm_resume(struct vm *vm)
{
	note(vm, "resumed");
	vm->holds = 0;
}

void vm_ask_where(struct vm *vm)
{
	fail(); /* no command here asks */
}

void vm_reset(struct vm *vm)
{
	note(vm, "reset");
}

bool vm_is_paused(const struct vm *vm)
{
	return vm->holds & VM_HOLD_PAUSE;
}

static void end_vm(unsigned i)
{
	console_close(&guests[i]);
	vms[i].state = VM_ENDED;
}

void vm_stop(struct vm *vm, const struct reason *why)
{
	assert_false(table_locked);
	note(vm, "stopped");
	end_vm((unsigned)(vm - vms));
}

static enum error restart(struct vm *vm, bool *again, struct reason *why)
{
	return ERROR_NONE;
}

static bool screen(struct vm *vm, void (*show)(const struct vm *vm, const char *row))
{
	show(vm, "Hello");
	show(vm, "");
	show(vm, "  > _");
	return vm->id != 2;
}

static bool missed_ticks(struct vm *vm, char *text, size_t size)
{
	bool any = vm->id != 2;

	format_string(text, size, any ? " rtc=7" : "");
	return any;
}

static const struct board_ops board = { .restart = restart,
					.screen = screen,
					.missed_ticks = missed_ticks };

/* --- the tests ------------------------------------------------------------------------------ */

static void start_vm(unsigned i)
{
	static const char *const names[VMS] = { "web", "toy", "2" };

	vms[i] = (struct vm) { .id = i + 1, .board = &board, .state = VM_STARTED };
	format_string(vms[i].name, sizeof(vms[i].name), "%s", names[i]);
	memset(&guests[i], 0, sizeof(guests[i]));
	memset(got[i], 0, sizeof(got[i]));
	board_locks[i] = (struct spinlock)SPINLOCK_INIT("board");
	room[i] = sizeof(got[i]) - 1;
	console_open(&guests[i], &vms[i], input, (void *)(uintptr_t)i);
}

static int set_up(void **state)
{
	memset(vms, 0, sizeof(vms));
	in_shell = has_quit = overrun = unseen = false;
	escape.pending = false;
	shell_line_clear(&shell_line);
	done = "nothing";
	keys = "";
	wire[0] = 0;
	reading = true;
	for (unsigned i = 0; i < VMS; i++)
		start_vm(i);
	assert_string_equal(wire, "input goes to vm=1(web)\n");
	wire[0] = 0;
	return 0;
}

static int tear_down(void **state)
{
	for (unsigned i = 0; i < VMS; i++)
		if (vms[i].state == VM_STARTED)
			end_vm(i);
	return lock_depth ? -1 : 0;
}

/* Lets the time of a tick pass and types these keys. */
static void type(const char *text)
{
	for (keys = text; *keys;) {
		now_us += CONSOLE_TICK_US;
		console_tick();
	}
}

static void says(const char *expected)
{
	assert_string_equal(wire, expected);
	wire[0] = 0;
}

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
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines_have_their_tag, set_up, tear_down),
		cmocka_unit_test_setup_teardown(keys_go_to_the_chosen_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_is_chosen_when_one_ends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_not_read_waits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(typing_takes_a_page_of_whom_it_is_for, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_shell_rules, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_types_sees_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lost_bytes_are_told, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
