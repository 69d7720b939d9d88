/* Descriptor tables, and local APICs in xAPIC mode. */
#include "guest/bench/bench.h"

#define VECTORS         256
#define CODE            0x10
#define DATA            0x18
#define FLAT_CODE       0x00cf9b000000ffffull
#define FLAT_DATA       0x00cf93000000ffffull
#define INTERRUPT_GATE  0x8e00u
#define SVR_ENABLE      0x100
#define VECTOR_SPURIOUS 0xff
#define PIC_1_MASK      0x21
#define PIC_2_MASK      0xa1
#define PIC_ALL         0xff

void stamp_entry(void);
void other_entry(void);
void unexpected(void);

struct descriptor_register {
	uint16_t limit;
	uint32_t base;
} __attribute__((packed));

static uint64_t idt[VECTORS];
static const uint64_t gdt[] = { 0, 0, FLAT_CODE, FLAT_DATA };

/* In the trampoline's copy; cpus.asm. */
extern struct descriptor_register trampoline_gdt;

void unexpected(void)
{
	say("bench failed: an interrupt or exception that nobody expected\n");
	out8(DEBUG_EXIT, 1);
	for (;;)
		__asm__ volatile("cli; hlt");
}

static uint64_t gate(void (*entry)(void))
{
	uint32_t at = (uint32_t)entry;

	return (at & 0xffff) | CODE << 16 | (uint64_t)(INTERRUPT_GATE | (at & 0xffff0000)) << 32;
}

static void load_tables(void)
{
	struct descriptor_register gdtr = { sizeof(gdt) - 1, (uint32_t)gdt };
	struct descriptor_register idtr = { sizeof(idt) - 1, (uint32_t)idt };

	__asm__ volatile(
		"lgdt %0; lidt %1; ljmp %2, $1f; 1: mov %3, %%ds; mov %3, %%es; mov %3, %%ss"
		:
		: "m"(gdtr), "m"(idtr), "i"(CODE), "r"(DATA)
		: "memory");
}

void interrupts_start_other(void)
{
	load_tables();
	lapic_write(LAPIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
	lapic_write(LAPIC_TPR, 0);
}

void interrupts_start(void)
{
	for (unsigned i = 0; i < VECTORS; i++)
		idt[i] = gate(other_entry);
	idt[VECTOR_STAMP] = gate(stamp_entry);
	out8(PIC_1_MASK, PIC_ALL);
	out8(PIC_2_MASK, PIC_ALL);
	trampoline_gdt = (struct descriptor_register) { sizeof(gdt) - 1, (uint32_t)gdt };
	interrupts_start_other();
}
