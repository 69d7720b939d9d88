/* The log: lines are formatted on the caller's stack, get their number, time and place in the ring
 * under one lock, and leave through the serial port whenever somebody finds it ready. */
#include "kernel/output/log.h"

#include <stdarg.h>

#include "kernel/cpu.h"
#include "kernel/output/log_sinks.h"
#include "kernel/panic_report.h"
#include "kernel/output/serial.h"
#include "kernel/spinlock.h"
#include "kernel/time.h"
#include "lib/format.h"
#include "lib/ring.h"
#include "lib/string.h"

#define RING_SIZE        65536
#define PREFIX_MAX       64
#define DRAIN_TIMEOUT_US 5000000ull
/* With less room than this in the ring, guests that write are slowed down. */
#define CROWDED_FREE     (RING_SIZE / 2)

/* Without progress for this long the port is taken for dead and lines are lost, but counted. */
#define PORT_TIMEOUT_US 200000ull

static char storage[RING_SIZE];
static struct spinlock lock = SPINLOCK_INIT("log");

/* Guarded by `lock`. */
static struct {
	struct ring ring;
	uint64_t sequence;
	uint64_t last_us;
	uint64_t lost;
	bool port_dead;
	const struct log_screen *screen;
} wire;

static enum log_level threshold = LOG_INFO; /* atomic */
static bool crowded;                        /* atomic */
static bool pending;                        /* atomic */

static const char *const level_names[] = {
	[LOG_DEBUG] = "debug",
	[LOG_INFO] = "info",
	[LOG_WARN] = "warn",
	[LOG_ERROR] = "error",
};
_Static_assert(ARRAY_SIZE(level_names) == LOG_ERROR + 1, "every level has a name");

void log_set_level(enum log_level level)
{
	__atomic_store_n(&threshold, level, __ATOMIC_RELAXED);
}

void log_set_screen(const struct log_screen *screen)
{
	uint64_t rflags = spinlock_acquire(&lock);

	wire.screen = screen;
	spinlock_release(&lock, rflags);
}

/* Under the lock, after the ring changed. */
static void look_at_room(void)
{
	__atomic_store_n(&crowded, ring_free(&wire.ring) < CROWDED_FREE, __ATOMIC_RELAXED);
	__atomic_store_n(&pending, !ring_is_empty(&wire.ring), __ATOMIC_RELAXED);
}

bool log_is_crowded(void)
{
	return __atomic_load_n(&crowded, __ATOMIC_RELAXED);
}

bool log_is_pending(void)
{
	return __atomic_load_n(&pending, __ATOMIC_RELAXED);
}

/* Sends what the port takes at once. True when it took anything. */
static bool send_some(void)
{
	const char *chunk;
	size_t count = ring_peek(&wire.ring, &chunk);
	size_t sent = count ? serial_send(chunk, count) : 0;

	ring_consume(&wire.ring, sent);
	look_at_room();
	return sent;
}

static void make_room(size_t count)
{
	struct deadline end = deadline_in_us(PORT_TIMEOUT_US);

	while (ring_free(&wire.ring) < count && !wire.port_dead) {
		if (send_some())
			end = deadline_in_us(PORT_TIMEOUT_US);
		else if (deadline_passed(&end))
			wire.port_dead = true;
	}
}

/* `line` is complete but for its line end, for which it has room. A number counts as used once its
 * line is kept, or counted as lost: a CPU that a panic stops in between leaves no gap. */
static void put_line(char *line, size_t length, bool numbered)
{
	if (wire.screen)
		wire.screen->put_line(line, length);
	line[length++] = '\r';
	line[length++] = '\n';
	make_room(length);
	if (!ring_append(&wire.ring, line, length)) {
		if (wire.port_dead && send_some())
			wire.port_dead = false;
		wire.lost++;
	}
	wire.sequence += numbered;
	look_at_room();
	send_some();
	/* A turn that need not end may have begun when there was nothing to drain. */
	if (log_is_pending() && this_cpu()->current.log_unattended)
		cpu_set_resched();
}

static size_t put_prefix(char *line)
{
	uint64_t now = time_us();

	/* TSCs of different CPUs may differ by a little; the log does not go backwards. */
	if (now > wire.last_us)
		wire.last_us = now;
	return format_string(line, PREFIX_MAX, "[%lu %luus c%u] ", wire.sequence + 1, wire.last_us,
			     this_cpu()->index);
}

static void report_loss(void)
{
	char line[PREFIX_MAX + 64];
	uint64_t lost = wire.lost;

	if (!lost || ring_free(&wire.ring) < sizeof(line))
		return;
	size_t length = put_prefix(line);
	length += format_string(line + length, sizeof(line) - length - 2,
				"warn log: lines lost=%lu", lost);
	wire.lost = 0;
	put_line(line, length, true);
}

/* One line must stay one line, printable. */
static size_t clean(char *text, size_t length)
{
	if (length > LOG_LINE_MAX) {
		length = LOG_LINE_MAX;
		memcpy(text + length - 3, "...", 3);
	}
	for (size_t i = 0; i < length; i++) {
		if (text[i] < ' ' || text[i] > '~')
			text[i] = '?';
	}
	return length;
}

/* Takes the lock for a line. An NMI or a panic may strike while this very CPU, or one that is
 * stopped, holds it: then the line is written all the same, since it is the last that matters. */
static bool take_lock(uint64_t *rflags)
{
	if (unlikely(panic_stopping())) {
		if (!panic_is_here())
			panic_stop_this_cpu();
		return false; /* everybody else has stopped, maybe with the lock */
	}
	if (spinlock_is_held(&lock))
		return false;
	*rflags = spinlock_acquire(&lock);
	return true;
}

/* `head` stands before `text` and is not cut: "info boot: ". */
static void write_line(bool numbered, const char *head, char *text, size_t length)
{
	char line[PREFIX_MAX + 64 + LOG_LINE_MAX + 2];
	uint64_t rflags = 0;
	bool locked = take_lock(&rflags);

	if (!wire.ring.capacity)
		ring_init(&wire.ring, storage, sizeof(storage));
	report_loss();
	size_t used = numbered ? put_prefix(line) : 0;
	used += format_string(line + used, 64, "%s", head);
	memcpy(line + used, text, length);
	put_line(line, used + length, numbered);
	if (locked)
		spinlock_release(&lock, rflags);
}

static void write_va(bool numbered, const char *head, const char *format, va_list args)
{
	char text[LOG_LINE_MAX + 2];
	size_t length = format_string_va(text, sizeof(text), format, args);

	if (length > LOG_LINE_MAX + 1)
		length = LOG_LINE_MAX + 1;
	write_line(numbered, head, text, clean(text, length));
}

static void write_level(enum log_level level, const char *area, const char *format, va_list args)
{
	char head[48];

	format_string(head, sizeof(head), "%s %s: ", level_names[level], area);
	write_va(true, head, format, args);
}

void log_write(enum log_level level, const char *area, const char *format, ...)
{
	va_list args;

	if (level < __atomic_load_n(&threshold, __ATOMIC_RELAXED))
		return;
	va_start(args, format);
	write_level(level, area, format, args);
	va_end(args);
}

void log_always(const char *area, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_level(LOG_INFO, area, format, args);
	va_end(args);
}

enum error log_reason(enum log_level level, const char *area, const struct reason *why)
{
	log_write(level, area, "error=%s: %s", error_name(why->kind), why->text);
	return why->kind;
}

void log_tagged(const char *tag, const char *format, ...)
{
	char head[48];
	va_list args;

	format_string(head, sizeof(head), "%s ", tag);
	va_start(args, format);
	write_va(true, head, format, args);
	va_end(args);
}

void log_bare(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_va(false, "", format, args);
	va_end(args);
}

bool log_drain_some(void)
{
	uint64_t rflags;

	if (!spinlock_try_acquire(&lock, &rflags))
		return true;
	send_some();
	if (wire.screen)
		wire.screen->refresh(false);
	bool more = !ring_is_empty(&wire.ring);
	spinlock_release(&lock, rflags);
	return more;
}

void log_feed(void)
{
	uint64_t rflags;

	if (!log_is_pending() || !spinlock_try_acquire(&lock, &rflags))
		return;
	send_some();
	spinlock_release(&lock, rflags);
}

void log_drain(void)
{
	uint64_t rflags = 0;
	bool locked = take_lock(&rflags);
	struct deadline end = deadline_in_us(DRAIN_TIMEOUT_US);

	if (wire.screen)
		wire.screen->refresh(true);
	while (!ring_is_empty(&wire.ring) && !deadline_passed(&end)) {
		if (send_some())
			end = deadline_in_us(DRAIN_TIMEOUT_US);
	}
	while (!serial_is_idle() && !deadline_passed(&end))
		cpu_relax();
	if (locked)
		spinlock_release(&lock, rflags);
}
