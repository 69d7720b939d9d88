/* The table of consoles: their lines on the way out, and their bytes on the way in. */
#include "guest/console/console.h"

#include "kernel/memory.h"
#include "kernel/output/log.h"
#include "kernel/time.h"
#include "lib/assert.h"
#include "lib/string.h"

/* A guest that writes nothing for so long has said what it wanted to: a prompt. */
#define STALE_US 100000

#define NOBODY (-1)

static struct spinlock consoles_lock = SPINLOCK_INIT("consoles");

/* Guarded by `consoles_lock`. */
static struct guest_console *consoles[CONSOLES_MAX];
static int current = NOBODY;

/* A console has begun a line, or lost what was typed for it: none has to be looked at else. Atomic. */
static bool unfinished;

static void note_unfinished(void)
{
	if (!__atomic_load_n(&unfinished, __ATOMIC_RELAXED))
		__atomic_store_n(&unfinished, true, __ATOMIC_RELAXED);
}

/* --- out ------------------------------------------------------------------------------------ */

static void print(void *context, const char *text, bool ended)
{
	const struct guest_console *console = context;

	log_tagged("guest", "vm=%u(%s)%c %s", console->vm->id, console->vm->name, ended ? '|' : '>',
		   text);
}

void console_put(struct guest_console *console, uint8_t byte)
{
	const struct console_sink sink = { print, console };
	uint64_t flags = spinlock_acquire(&console->lock);

	console_line_put(&console->line, byte, &sink);
	console->written = time_ticks();
	if (console_line_is_unfinished(&console->line))
		note_unfinished();
	spinlock_release(&console->lock, flags);
}

static void flush(struct guest_console *console, uint64_t older_than_us)
{
	const struct console_sink sink = { print, console };
	uint64_t flags = spinlock_acquire(&console->lock);
	uint64_t now = time_ticks();
	uint64_t age = now > console->written ? now - console->written : 0;

	if (age >= time_us_to_ticks(older_than_us))
		console_line_flush(&console->line, &sink);
	if (console->lost)
		log_warn("console", "typed bytes lost=%lu vm=%u(%s): it does not read them",
			 console->lost, console->vm->id, console->vm->name);
	console->lost = 0;
	if (console_line_is_unfinished(&console->line))
		note_unfinished();
	spinlock_release(&console->lock, flags);
}

/* What is begun after the flag was taken down puts it up again. */
void console_flush_stale(void)
{
	if (!__atomic_load_n(&unfinished, __ATOMIC_RELAXED))
		return;
	__atomic_store_n(&unfinished, false, __ATOMIC_SEQ_CST);
	uint64_t flags = spinlock_acquire(&consoles_lock);

	for (unsigned i = 0; i < CONSOLES_MAX; i++)
		if (consoles[i])
			flush(consoles[i], STALE_US);
	spinlock_release(&consoles_lock, flags);
}

/* --- in ------------------------------------------------------------------------------------- */

bool console_get(struct guest_console *console, uint8_t *byte)
{
	uint64_t flags = spinlock_acquire(&console->lock);
	const char *chunk;
	bool any = console->typed.storage && ring_peek(&console->typed, &chunk);

	if (any) {
		*byte = (uint8_t)*chunk;
		ring_consume(&console->typed, 1);
	}
	spinlock_release(&console->lock, flags);
	return any;
}

/* Most guests are never typed to. */
static bool keep(struct guest_console *console, char c)
{
	char *storage = console->typed.storage;

	if (!storage) {
		storage = (char *)page_alloc();
		if (!storage)
			return false;
		ring_init(&console->typed, storage, CONSOLE_INPUT_SIZE);
	}
	return ring_append(&console->typed, &c, 1);
}

bool console_type(uint8_t byte)
{
	uint64_t outer = spinlock_acquire(&consoles_lock);
	struct guest_console *console = current == NOBODY ? NULL : consoles[current];

	if (console) {
		uint64_t inner = spinlock_acquire(&console->lock);

		if (!keep(console, (char)byte)) {
			console->lost++;
			note_unfinished();
		}
		spinlock_release(&console->lock, inner);
	}
	spinlock_release(&consoles_lock, outer);
	return console;
}

void console_announce(void)
{
	uint64_t flags = spinlock_acquire(&consoles_lock);
	struct guest_console *console = current == NOBODY ? NULL : consoles[current];

	if (console && console->input)
		console->input(console->context);
	spinlock_release(&consoles_lock, flags);
}

/* --- which ---------------------------------------------------------------------------------- */

/* Under the lock. */
static void choose(int place)
{
	current = place;
	if (place == NOBODY)
		log_always("console", "input goes to the shell");
	else
		log_always("console", "input goes to vm=%u(%s)", consoles[place]->vm->id,
			   consoles[place]->vm->name);
}

/* Under the lock: the next one in the table behind `place`, itself at last. */
static int next_after(int place)
{
	for (int i = 1; i <= CONSOLES_MAX; i++) {
		int at = (place + i) % CONSOLES_MAX;

		if (at >= 0 && consoles[at])
			return at;
	}
	return NOBODY;
}

static bool choose_if(bool (*fits)(int place, const void *wanted), const void *wanted)
{
	uint64_t flags = spinlock_acquire(&consoles_lock);
	int place = 0;

	while (place < CONSOLES_MAX && !(consoles[place] && fits(place, wanted)))
		place++;
	if (place < CONSOLES_MAX)
		choose(place);
	spinlock_release(&consoles_lock, flags);
	return place < CONSOLES_MAX;
}

static bool has_number(int place, const void *wanted)
{
	return (unsigned)place + 1 == *(const unsigned *)wanted;
}

static bool has_name(int place, const void *wanted)
{
	return !strcmp(consoles[place]->vm->name, wanted);
}

bool console_choose(unsigned number)
{
	return choose_if(has_number, &number);
}

bool console_choose_name(const char *name)
{
	return choose_if(has_name, name);
}

bool console_choose_next(void)
{
	uint64_t flags = spinlock_acquire(&consoles_lock);
	int place = next_after(current);

	if (place != NOBODY)
		choose(place);
	spinlock_release(&consoles_lock, flags);
	return place != NOBODY;
}

void console_for_each(void (*visit)(void *context, unsigned number, const struct vm *vm,
				    bool is_chosen),
		      void *context)
{
	uint64_t flags = spinlock_acquire(&consoles_lock);

	for (int i = 0; i < CONSOLES_MAX; i++)
		if (consoles[i])
			visit(context, (unsigned)i + 1, consoles[i]->vm, i == current);
	spinlock_release(&consoles_lock, flags);
}

/* --- beginning and end ---------------------------------------------------------------------- */

void console_open(struct guest_console *console, const struct vm *vm, void (*input)(void *context),
		  void *context)
{
	int place = 0;

	console->vm = vm;
	console->input = input;
	console->context = context;
	console->lock = (struct spinlock)SPINLOCK_INIT("console");

	uint64_t flags = spinlock_acquire(&consoles_lock);
	while (place < CONSOLES_MAX && consoles[place])
		place++;
	if (place == CONSOLES_MAX) {
		log_warn("console", "vm=%u(%s) gets no input: %u consoles are open already", vm->id,
			 vm->name, CONSOLES_MAX);
	} else {
		consoles[place] = console;
		if (current == NOBODY)
			choose(place);
	}
	spinlock_release(&consoles_lock, flags);
}

void console_close(struct guest_console *console)
{
	flush(console, 0);
	uint64_t flags = spinlock_acquire(&consoles_lock);

	for (int i = 0; i < CONSOLES_MAX; i++) {
		if (consoles[i] != console)
			continue;
		consoles[i] = NULL;
		if (i == current)
			choose(next_after(i));
	}
	spinlock_release(&consoles_lock, flags);
	/* Nobody types to it any more, and its guest has ended. */
	page_free(console->typed.storage);
	console->typed = (struct ring) { 0 };
}
