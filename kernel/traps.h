/* Exceptions and interrupts of the host: the frame that an exception's entry code builds, and the table that
 * sends each vector on. */
#ifndef KERNEL_TRAPS_H
#define KERNEL_TRAPS_H

#include "lib/error.h"
#include "lib/types.h"

/* As pushed by kernel/trap_entry.asm, lowest address first. */
struct trap_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
	uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
	uint64_t vector;
	uint64_t error_code;               /* 0 for vectors that have none */
	uint64_t rip, cs, rflags, rsp, ss; /* pushed by the CPU */
};

_Static_assert(sizeof(struct trap_frame) == 22 * 8, "as kernel/trap_entry.asm builds it");

/* Fills the interrupt descriptor table; once, on the bootstrap processor. */
void traps_init(void);

/* Loads the table into this CPU. */
void traps_load(void);

/* Called by an exception's entry code. */
void trap_handle(struct trap_frame *frame);

/* RDMSR and WRMSR that survive an MSR the CPU lacks: false on #GP. Any context. */
bool read_msr_safe(uint32_t index, uint64_t *value) must_check;
bool write_msr_safe(uint32_t index, uint64_t value) must_check;

#endif
