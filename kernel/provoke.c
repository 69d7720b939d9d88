/* One function a failure. Each goes through the path that the real thing would take. */
#include "kernel/provoke.h"

#include "kernel/cpu.h"
#include "kernel/log.h"
#include "kernel/memory.h"
#include "kernel/panic.h"
#include "lib/format.h"
#include "lib/string.h"

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
	if (!cpu_run_everywhere(stop_here, NULL, 1000000))
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

static const struct {
	const char *name;
	void (*provoke)(void);
} provocations[] = {
	{ "panic", provoke_panic },
	{ "panic-elsewhere", provoke_panic_elsewhere },
	{ "assert", provoke_assert },
	{ "page-fault", provoke_page_fault },
	{ "write-text", provoke_write_text },
	{ "execute-data", provoke_execute_data },
	{ "stack-overflow", provoke_stack_overflow },
	{ "hang", provoke_hang },
	{ "panic-in-guest", NULL }, /* later, by the machine above (vm/provoke.c) */
};

void provoke(const char *name)
{
	char known[192] = "";

	if (!name[0])
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(provocations); i++) {
		if (!strcmp(name, provocations[i].name)) {
			log_warn("provoke", "a failure was asked for name=%s", name);
			if (!provocations[i].provoke)
				return;
			provocations[i].provoke();
			panic("provoke=%s did not fail", name);
		}
		format_append(known, sizeof(known), " %s", provocations[i].name);
	}
	log_warn("provoke", "unknown provoke=%s; known:%s", name, known);
}
