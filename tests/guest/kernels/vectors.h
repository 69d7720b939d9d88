/* What vectors.asm makes of an interrupt or exception: a call of the kernel's trap(). */
#ifndef TESTS_GUEST_KERNELS_VECTORS_H
#define TESTS_GUEST_KERNELS_VECTORS_H

#include "guest/bare/tables.h"

struct frame {
	uint32_t edi, esi, ebp, esp, ebx, edx, ecx, eax;
	uint32_t vector, error, eip, cs, eflags; /* `error` is 0 where the CPU gives none */
};

void trap(struct frame *frame);

extern const uint32_t vector_entries[VECTORS];

/* Lets all vectors lead to trap(). */
static inline void set_gates(void)
{
	for (unsigned i = 0; i < VECTORS; i++)
		tables_set_gate(i, vector_entries[i]);
}

#endif
