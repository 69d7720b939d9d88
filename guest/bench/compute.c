/* What a guest computes without help: loops that make no exits. Their ticks beside those on the machine
 * itself are what Plinth takes of a guest's time, and what its page tables cost. */
#include "guest/bench/bench.h"

#define SETTLING_ROUNDS 4u
#define REGISTER_ROUNDS 5000000u
#define MEMORY_ROUNDS   64u
#define RANDOM_ROUNDS   4000000u

/* 1 GiB of RAM on a 1 GiB border: a single page of nested paging can map all of it. */
#define RANDOM_AT   0x40000000u
#define RANDOM_SIZE 0x40000000u
#define FULL_PERIOD 1664525u /* with an odd summand the sequence has all numbers of 32 bits */
#define SUMMAND     1013904223u
#define WORD_MASK   (RANDOM_SIZE - sizeof(uint32_t))

static void compute_register(void)
{
	uint32_t rounds = REGISTER_ROUNDS, a = 1, b = 2;

	__asm__ volatile("1: add %2, %1; rol $7, %1; xor %1, %2; imul $5, %2, %2; dec %0; jnz 1b"
			 : "+r"(rounds), "+r"(a), "+r"(b)
			 :
			 : "cc");
}

/* Each word of what is larger than most caches of the first level. */
static void compute_memory(void)
{
	static volatile uint32_t words[65536];

	for (unsigned round = 0; round < MEMORY_ROUNDS; round++)
		for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			words[i] += round;
}

static void compute_random(void)
{
	uint32_t place = 1;

	for (unsigned round = 0; round < RANDOM_ROUNDS; round++) {
		place = place * FULL_PERIOD + SUMMAND;
		(void)*(volatile uint32_t *)(RANDOM_AT + (place & WORD_MASK));
	}
}

static uint32_t measure(void (*compute)(void))
{
	uint64_t began = read_tsc();

	compute();
	return (uint32_t)(read_tsc() - began);
}

/* What is said of how the machine came up may still be on its way to a serial port. */
static void let_settle(void)
{
	for (unsigned i = 0; i < SETTLING_ROUNDS; i++)
		compute_register();
}

/* Nothing is said before all is measured. */
void measure_compute(const char *random_path)
{
	let_settle();
	uint32_t in_registers = measure(compute_register);
	uint32_t in_memory = measure(compute_memory);
	uint32_t at_random = measure(compute_random);

	report_total("compute_register", in_registers);
	report_total("compute_memory", in_memory);
	report_total(random_path, at_random);
}
