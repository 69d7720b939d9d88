/* Building and loading the descriptor table and task state of one CPU. */
#include "kernel/descriptors.h"

#include "lib/bits.h"

/* SDM volume 3, "Segment Descriptors": present, accessed, 64-bit code; present, writable data. */
#define DESCRIPTOR_CODE64 0x00af9b000000ffffull
#define DESCRIPTOR_DATA   0x00cf93000000ffffull
#define TSS_AVAILABLE     0x89ull
#define TSS_BUSY          (2ull << 40)

void descriptors_fill(struct cpu_descriptors *d, uint8_t *const stack_tops[IST_COUNT])
{
	uint64_t base = (uintptr_t)&d->tss;
	uint64_t limit = sizeof(d->tss) - 1;

	d->gdt[1] = DESCRIPTOR_CODE64;
	d->gdt[2] = DESCRIPTOR_DATA;
	d->gdt[3] = limit | field_get(base, BITS(23, 0)) << 16 | TSS_AVAILABLE << 40 |
		    field_get(base, BITS(31, 24)) << 56;
	d->gdt[4] = base >> 32;
	for (unsigned i = IST_NMI; i < IST_COUNT; i++)
		d->tss.ist[i - 1] = (uintptr_t)stack_tops[i];
	d->tss.io_map_base = sizeof(d->tss);
}

void descriptors_load(struct cpu_descriptors *d)
{
	struct table_pointer pointer = { sizeof(d->gdt) - 1, (uintptr_t)d->gdt };

	/* FS and GS keep their null selectors: loading them would clear the base that %gs has. */
	__asm__ volatile("lgdt %0\n\t"
			 "pushq %1\n\t"
			 "leaq 1f(%%rip), %%rax\n\t"
			 "pushq %%rax\n\t"
			 "lretq\n"
			 "1:\n\t"
			 "movl %2, %%eax\n\t"
			 "movl %%eax, %%ds\n\t"
			 "movl %%eax, %%es\n\t"
			 "movl %%eax, %%ss\n\t"
			 "ltr %w3"
			 :
			 : "m"(pointer), "i"(SELECTOR_KERNEL_CODE), "i"(SELECTOR_KERNEL_DATA),
			   "r"(SELECTOR_KERNEL_TSS)
			 : "rax", "memory");
}

void descriptors_reload(struct cpu_descriptors *d)
{
	/* LTR takes an available TSS only, and the first one has made it busy. */
	d->gdt[3] &= ~TSS_BUSY;
	descriptors_load(d);
}
