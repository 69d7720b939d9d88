/* The tables, and their way into a CPU. */
#include "guest/bare/tables.h"

#define CODE           0x10
#define DATA           0x18
#define FLAT_CODE      0x00cf9b000000ffffull
#define FLAT_DATA      0x00cf93000000ffffull
#define INTERRUPT_GATE 0x8e00u

static uint64_t idt[VECTORS];
static const uint64_t gdt[] = { 0, 0, FLAT_CODE, FLAT_DATA };

void tables_set_gate(unsigned vector, uint32_t entry)
{
	idt[vector] = (entry & 0xffff) | CODE << 16 |
		      (uint64_t)(INTERRUPT_GATE | (entry & 0xffff0000)) << 32;
}

struct descriptor_register tables_gdt(void)
{
	return (struct descriptor_register) { sizeof(gdt) - 1, (uint32_t)(uintptr_t)gdt };
}

void tables_load(void)
{
	struct descriptor_register gdtr = tables_gdt();
	struct descriptor_register idtr = { sizeof(idt) - 1, (uint32_t)(uintptr_t)idt };

	__asm__ volatile(
		"lgdt %0; lidt %1; ljmp %2, $1f; 1: mov %3, %%ds; mov %3, %%es; mov %3, %%ss"
		:
		: "m"(gdtr), "m"(idtr), "i"(CODE), "r"(DATA)
		: "memory");
}
