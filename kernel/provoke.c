/* One function a failure. Each goes through the path that the real thing would take. */
#include "kernel/provoke.h"

#include "kernel/cpu.h"
#include "kernel/output/log.h"
#include "kernel/memory.h"
#include "kernel/panic.h"
#include "kernel/spinlock.h"
#include "lib/format.h"
#include "lib/string.h"
#include "lib/text_list.h"

#define WORK_TIMEOUT_US 1000000

static void provoke_panic(void)
{
	panic("asked for by provoke=panic");
}

static void provoke_assert(void)
{
	const char *said = "provoke=assert";

	assert(!said[0]);
}

/* A pointer into the page that nothing maps. */
static void provoke_page_fault(void)
{
	uintptr_t nowhere = 0x10;

	__asm__("" : "+r"(nowhere)); /* keeps the compiler from seeing through it */
	*(volatile uint32_t *)nowhere = 1;
}

/* Text is read-only: the write has to fault. */
static void provoke_write_text(void)
{
	*(volatile uint8_t *)(uintptr_t)provoke_write_text = 0;
}

/* Data is not executable. */
static void provoke_execute_data(void)
{
	uint8_t *page = page_alloc();

	page[0] = 0xc3; /* RET */
	((void (*)(void))page)();
	__asm__ volatile(""); /* a call, not a jump: the backtrace should name its caller */
}

/* The guard page below the stack; the CPU cannot push the page fault's frame there either, so a
 * double fault arrives on its own stack. */
static __attribute__((noinline)) unsigned dig(unsigned depth)
{
	volatile char room[512];

	room[0] = (char)depth;
	if (depth == UINT32_MAX)
		return 0;
	return dig(depth + 1) + (unsigned)room[0];
}

static void provoke_stack_overflow(void)
{
	dig(0);
}

static void stop_here(void *argument)
{
	if (this_cpu()->index == cpu_count() - 1)
		panic("asked for by provoke=panic-elsewhere");
}

static void provoke_panic_elsewhere(void)
{
	/* With one CPU the panic comes from this one. */
	if (!cpu_run_everywhere(stop_here, NULL, WORK_TIMEOUT_US))
		panic("the other CPU did not panic");
}

/* Nothing more on the wire: the runner's timeout has to end this. */
static void provoke_hang(void)
{
	log_warn("provoke", "silence from here on");
	log_drain();
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* An exception while the machine is not set up yet. */
static void provoke_undefined(void)
{
	__asm__ volatile("ud2");
}

static struct spinlock forgotten = SPINLOCK_INIT("forgotten");

static void take_and_forget(void *argument)
{
	if (this_cpu()->index == cpu_count() - 1)
		(void)!spinlock_acquire(&forgotten);
}

/* Another CPU keeps a lock for ever; with one CPU it is the same CPU that takes it twice. */
static void provoke_stuck_lock(void)
{
	if (cpu_run_everywhere(take_and_forget, NULL, WORK_TIMEOUT_US))
		spinlock_release(&forgotten, spinlock_acquire(&forgotten));
}

/* X(name, function). The last one comes later, by the machine above (vm/provoke.c). */
#define PROVOCATION_LIST(X)                           \
	X("early-fault", provoke_undefined)           \
	X("panic", provoke_panic)                     \
	X("panic-elsewhere", provoke_panic_elsewhere) \
	X("assert", provoke_assert)                   \
	X("page-fault", provoke_page_fault)           \
	X("write-text", provoke_write_text)           \
	X("execute-data", provoke_execute_data)       \
	X("stack-overflow", provoke_stack_overflow)   \
	X("stuck-lock", provoke_stuck_lock)           \
	X("hang", provoke_hang)                       \
	X("panic-in-guest", NULL)

#define EARLY 0 /* the number of the one before there is memory */

static const char names[] =
#define X(name, function) name "\0"
	PROVOCATION_LIST(X)
#undef X
	;

static void (*const functions[])(void) = {
#define X(name, function) function,
	PROVOCATION_LIST(X)
#undef X
};

void provoke_early(const char *name)
{
	if (strcmp(name, nth_text(names, EARLY)))
		return;
	log_warn("provoke", "a failure was asked for name=%s", name);
	functions[EARLY]();
	panic("provoke=%s did not fail", name);
}

void provoke(const char *name)
{
	char known[192] = "";

	if (!name[0])
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(functions); i++) {
		if (!strcmp(name, nth_text(names, i))) {
			log_warn("provoke", "a failure was asked for name=%s", name);
			if (!functions[i])
				return;
			functions[i]();
			panic("provoke=%s did not fail", name);
		}
		format_append(known, sizeof(known), " %s", nth_text(names, i));
	}
	log_warn("provoke", "unknown provoke=%s; known:%s", name, known);
}
