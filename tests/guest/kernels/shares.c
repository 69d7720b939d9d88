/* Wants its CPU for some hundreds of slices. Several of it, which do different things with the time,
 * share a CPU, and the log says at each one's end how long its turns took. Without a word it computes.
 * "polls" has it read a port all the while, and "identifies" execute CPUID, so that most of its time goes
 * into exits; with "open" interrupts are enabled meanwhile, with "halts" it waits for the next
 * millisecond's interrupt now and then, and with "yields" it gives its turn away. */
#include "guest/bare/legacy.h"
#include "tests/guest/kernels/results.h"
#include "tests/guest/kernels/vectors.h"

#define TICKS     20000000u /* of the TSC, from its first to its last */
#define AT_A_TIME 500       /* turns of a loop, or looks at a port, between two looks at the TSC */
#define BEFORE_IT 50000     /* ticks for which it works before it halts or yields */

void trap(struct frame *frame)
{
	(void)frame;
	out8(PIC_1, PIC_EOI);
}

static void compute(void)
{
	for (unsigned i = 0; i < AT_A_TIME; i++)
		__asm__ volatile("");
}

static void poll(void)
{
	for (unsigned i = 0; i < AT_A_TIME / 10; i++)
		(void)in8(COM1_STATUS);
}

static void identify(void)
{
	for (unsigned i = 0; i < AT_A_TIME / 10; i++) {
		uint32_t eax = 0, ebx, ecx = 0, edx;

		__asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	}
}

static void halt(void)
{
	__asm__ volatile("sti\n\thlt\n\tcli" : : : "memory");
}

static void yield(void)
{
	__asm__ volatile("pause");
}

static void prepare_to_halt(void)
{
	tables_load();
	set_gates();
	start_pics();
	start_pit(PIT_PERIODIC, PIT_MILLISECOND);
	out8(PIC_1_MASK, PIC_ALL & ~1);
}

static void (*choose(uint32_t info))(void)
{
	if (has_word(info, "polls"))
		return poll;
	return has_word(info, "identifies") ? identify : compute;
}

void start(uint32_t magic, uint32_t info)
{
	void (*work)(void) = choose(info);
	bool halts = has_word(info, "halts"), yields = has_word(info, "yields");
	uint64_t began, rested, now;

	(void)magic;
	if (halts)
		prepare_to_halt();
	if (has_word(info, "open")) {
		mask_pics();
		__asm__ volatile("sti");
	}
	began = rested = now = read_tsc();
	while (now - began < TICKS) {
		work();
		now = read_tsc();
		if ((halts || yields) && now - rested >= BEFORE_IT) {
			if (halts)
				halt();
			else
				yield();
			rested = read_tsc();
		}
	}
	__asm__ volatile("cli");
	finish();
}
