/* Stacks lie in a window of their own: a slot of eight stack places a CPU, each place one unmapped
 * guard page and then the stack, so that an overflow faults instead of writing to a neighbour. */
#include "kernel/cpu_setup.h"

#include "kernel/address_space.h"
#include "kernel/descriptors.h"
#include "kernel/lapic.h"
#include "kernel/memory.h"
#include "kernel/traps.h"
#include "x86/control_registers.h"
#include "x86/instructions.h"
#include "x86/msr.h"
#include "x86/page_table.h"

#define STACK_PAGES    4ull
#define IST_PAGES      3ull /* a panic's log line is formatted on it */
#define PLACE_SIZE     (8 * PAGE_SIZE)
#define PLACES_PER_CPU 8ull

_Static_assert(STACK_PAGES < PLACE_SIZE / PAGE_SIZE, "a place holds a guard page and a stack");
_Static_assert((uint64_t)IST_COUNT <= PLACES_PER_CPU, "place 0 is the ordinary stack's");

/* The top of a new stack of `pages` pages at place `place` of the CPU's slot, or null. */
static uint8_t *make_stack(unsigned cpu_index, unsigned place, uint64_t pages)
{
	uint64_t base = STACKS_BASE + (cpu_index * PLACES_PER_CPU + place) * PLACE_SIZE;
	uint8_t *memory = pages_alloc(pages, PAGE_SIZE);

	if (!memory)
		return NULL;
	/* The top of the place, so that the guard page and what is left over lie below. */
	uint64_t bottom = base + PLACE_SIZE - pages * PAGE_SIZE;
	if (address_space_map(bottom, virt_to_hpa(memory), pages * PAGE_SIZE,
			      PAGE_WRITABLE | PAGE_NO_EXECUTE)) {
		pages_free(memory, pages);
		return NULL;
	}
	return (uint8_t *)(base + PLACE_SIZE);
}

enum error cpu_setup_prepare(struct cpu *cpu, struct reason *why)
{
	uint8_t *tops[IST_COUNT] = { NULL };
	struct cpu_descriptors *d = page_alloc();

	_Static_assert(sizeof(*d) <= PAGE_SIZE, "a CPU's descriptor tables fit in a page");
	if (!cpu->stack_top)
		cpu->stack_top = make_stack(cpu->index, 0, STACK_PAGES);
	for (unsigned i = IST_NMI; i < IST_COUNT; i++) {
		tops[i] = make_stack(cpu->index, i, IST_PAGES);
		if (!tops[i])
			break;
	}
	if (!d || !cpu->stack_top || !tops[IST_COUNT - 1])
		return reason_set(why, ERROR_NO_MEMORY, "no memory for the stacks of CPU %u",
				  cpu->index);
	descriptors_fill(d, tops);
	cpu->arch = d;
	return ERROR_NONE;
}

void cpu_setup_cache_types(void)
{
	write_msr(MSR_PAT, PAT_VALUE);
}

void cpu_setup_load(struct cpu *cpu)
{
	descriptors_load(cpu->arch);
	traps_load();
	write_cr0((read_cr0() | CR0_MP | CR0_NE | CR0_WP) & ~(CR0_EM | CR0_TS | CR0_CD | CR0_NW));
	write_cr4(read_cr4() | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT);
	cpu_setup_cache_types();
	lapic_enable();
}
