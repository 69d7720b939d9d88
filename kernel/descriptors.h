/* Each CPU's global descriptor table, task state segment and interrupt stacks. */
#ifndef KERNEL_DESCRIPTORS_H
#define KERNEL_DESCRIPTORS_H

#include "lib/types.h"

#define SELECTOR_KERNEL_CODE 0x08
#define SELECTOR_KERNEL_DATA 0x10
#define SELECTOR_KERNEL_TSS  0x18

/* What LGDT, LIDT, SGDT and SIDT take: SDM volume 3, "Pseudo-Descriptor Format in 64-Bit Mode". */
struct packed_layout table_pointer {
	uint16_t limit;
	uint64_t base;
};
_Static_assert(sizeof(struct table_pointer) == 10, "as the SDM lays it out");

/* Interrupt stack table slots: exceptions that may strike while the stack is unusable. */
enum interrupt_stack { IST_NONE, IST_NMI, IST_DOUBLE_FAULT, IST_MACHINE_CHECK, IST_COUNT };

/* SDM volume 3, "64-Bit TSS". */
struct packed_layout task_state {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7]; /* IST1 is ist[0] */
	uint64_t reserved2;
	uint16_t reserved3;
	uint16_t io_map_base;
};

struct cpu_descriptors {
	uint64_t gdt[5] aligned_to(16); /* null, code, data, TSS in two entries */
	struct task_state tss;
};

_Static_assert(sizeof(struct task_state) == 104, "as the SDM lays it out");

/* Fills the tables; `stack_tops` is indexed by enum interrupt_stack, IST_NONE not used. */
void descriptors_fill(struct cpu_descriptors *d, uint8_t *const stack_tops[IST_COUNT]);

/* Loads them into the CPU that calls. Its %gs base is kept. */
void descriptors_load(struct cpu_descriptors *d);

/* The same once more, where the registers have come to hold something else. */
void descriptors_reload(struct cpu_descriptors *d);

#endif
