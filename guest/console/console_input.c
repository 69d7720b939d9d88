/* One CPU at a time reads the port and acts on what it reads; the others go on with their work. */
#include "guest/console/console_input.h"

#include "guest/console/console.h"
#include "guest/console/escape.h"
#include "guest/console/shell.h"
#include "guest/console/shell_command.h"
#include "kernel/output/log.h"
#include "kernel/output/serial.h"
#include "kernel/time.h"

/* Bytes read in one go: a port that never runs dry keeps no CPU from its work. */
#define BYTES_A_TICK 64

/* Who types nothing for so long sees what was typed. */
#define ECHO_US 100000

static uint64_t next_tick; /* time_ticks(); atomic */
static bool busy;          /* a CPU is at it; atomic */
static bool reading;       /* constant once CPUs call console_tick() */

/* Whoever set `busy` owns these. */
static struct escape escape;
static struct shell_line shell_line;
static bool in_shell;  /* typed bytes go to the shell, whatever console is chosen */
static bool unseen;    /* part of `shell_line` is not in the log yet */
static uint64_t typed; /* time_ticks() of its last byte */

static void tell_keys(void)
{
	log_tagged("shell", "behind Ctrl-]: 1 to 9 that console, n the next one, s the shell, "
			    "Ctrl-] itself");
}

static void obey(void)
{
	unseen = false;
	log_tagged("shell", "> %s", shell_line.text);
	if (shell_line.too_long)
		log_tagged("shell", "left out: a line has %u characters at most",
			   SHELL_LINE_MAX - 1);
	else if (shell_obey(shell_line.text) == SHELL_LEAVE)
		in_shell = false;
	shell_line_clear(&shell_line);
}

static void byte_for_shell(uint8_t byte)
{
	unsigned before = shell_line.length;

	if (shell_line_put(&shell_line, byte))
		obey();
	else if (shell_line.length != before)
		unseen = true;
	typed = time_ticks();
}

/* The line so far. */
static void echo(uint64_t now)
{
	if (!unseen || now < typed + time_us_to_ticks(ECHO_US))
		return;
	unseen = false;
	log_tagged("shell>", "%.*s", (int)shell_line.length, shell_line.text);
}

static void leave_shell(bool chosen)
{
	if (chosen)
		in_shell = false;
	else
		log_tagged("shell", "there is no such console");
}

static void take(uint8_t byte)
{
	unsigned number = 0;

	switch (escape_put(&escape, byte, &number)) {
	case ESCAPE_BYTE:
		if (in_shell || !console_type(byte))
			byte_for_shell(byte);
		break;
	case ESCAPE_WAIT:
		/* What came before it is for who is chosen still. */
		console_announce();
		break;
	case ESCAPE_CHOOSE:
		leave_shell(console_choose(number));
		break;
	case ESCAPE_NEXT:
		leave_shell(console_choose_next());
		break;
	case ESCAPE_SHELL:
		in_shell = true;
		log_always("console", "input goes to the shell");
		break;
	case ESCAPE_HELP:
		tell_keys();
		break;
	}
}

static void read_port(void)
{
	uint8_t byte;
	bool any = false;

	for (unsigned i = 0; i < BYTES_A_TICK && serial_receive(&byte); i++) {
		take(byte);
		any = true;
	}
	if (any)
		console_announce();
	if (serial_overran())
		log_warn("console", "the serial port lost bytes: they came too fast");
}

void console_read_input(void)
{
	reading = true;
	log_always("console", "reads the serial port escape=Ctrl-]");
}

void console_tick(void)
{
	uint64_t now = time_ticks();

	if (now < __atomic_load_n(&next_tick, __ATOMIC_RELAXED) ||
	    __atomic_exchange_n(&busy, true, __ATOMIC_ACQUIRE))
		return;
	__atomic_store_n(&next_tick, now + time_us_to_ticks(CONSOLE_TICK_US), __ATOMIC_RELAXED);
	if (reading)
		read_port();
	echo(now);
	console_flush_stale();
	__atomic_store_n(&busy, false, __ATOMIC_RELEASE);
}
