/* Why a CPU could not deliver an exception: the gate of its vector, the code segment that it names, and
 * the stack that the handler would get. SDM volume 3, "Interrupt and Exception Handling" and "64-Bit
 * Mode Interrupt Handling". Pure. */
#ifndef VM_CRASH_DELIVERY_H
#define VM_CRASH_DELIVERY_H

#include "lib/error.h"
#include "lib/types.h"

struct delivery {
	/* Reads `length` bytes at a linear address as the CPU itself would; false when it cannot. */
	bool (*read)(void *context, gva_t at, void *to, unsigned length);
	/* Could the CPU push at this linear address, at its privilege level 0? */
	bool (*can_push)(void *context, gva_t at);
	void *context;
	bool real_mode;
	bool long_mode; /* EFER.LMA */
	uint64_t idt_base, gdt_base, ldt_base, tss_base;
	uint32_t idt_limit, gdt_limit, ldt_limit, tss_limit;
	bool tss_32bit; /* outside of long mode */
	uint8_t cpl;
	uint64_t stack_base, stack_pointer; /* of the present stack */
};

/* True when nothing that is looked at keeps exception `vector` from its handler; else `why` says what
 * does. Task gates are taken for good, and so are calls out of virtual-8086 mode. */
bool delivery_explain(const struct delivery *delivery, unsigned vector, struct reason *why);

#endif
