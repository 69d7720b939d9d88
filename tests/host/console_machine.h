/* Consoles, their input and the shell together, over a kernel and VMs that only their tests know: a serial
 * port that keys come from, a log that is kept as text, boards that read what there is for them. */
#ifndef TESTS_HOST_CONSOLE_MACHINE_H
#define TESTS_HOST_CONSOLE_MACHINE_H

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

static inline void write_text(unsigned i, const char *text)
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

/* --- a run of it ---------------------------------------------------------------------------- */

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

#endif
