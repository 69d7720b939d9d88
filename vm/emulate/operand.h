/* The operands of an instruction that is being executed: registers, and memory from the effective
 * address to a span of physical memory. Pure. */
#ifndef VM_EMULATE_OPERAND_H
#define VM_EMULATE_OPERAND_H

#include "vm/emulate/execute.h"

/* General registers as an operand of `width` bytes: an 8- or 16-bit result leaves the rest of the
 * register alone, a 32-bit one clears its upper half. */
uint64_t register_get(const struct emulate_cpu *cpu, unsigned reg, unsigned width);
void register_put(struct emulate_cpu *cpu, unsigned reg, unsigned width, uint64_t value);

/* The register operand of the instruction, AH to BH included. */
uint64_t register_operand(const struct emulation *e);
void put_register_operand(struct emulation *e, uint64_t value);

/* The memory operand's offset in its segment; `add` is added before the address size cuts it. */
uint64_t operand_offset(const struct emulation *e, uint64_t add);

/* Finds [offset, offset + width) of a segment for an access: checks of segment, canonicality,
 * paging and alignment, with the fault in `e` as the CPU would raise it. */
enum emulate_outcome operand_locate(struct emulation *e, unsigned segment, uint64_t offset,
				    unsigned width, enum page_access access,
				    struct guest_span *span);

/* The same for the operand that the instruction has in memory. */
enum emulate_outcome operand_locate_memory(struct emulation *e, enum page_access access,
					   struct guest_span *span);

/* Values of up to 8 bytes. */
uint64_t operand_read(struct emulation *e, const struct guest_span *span);
void operand_write(struct emulation *e, const struct guest_span *span, uint64_t value);

/* Finds and reads the operand in memory, where nothing else can go wrong between the two. */
enum emulate_outcome operand_load(struct emulation *e, uint64_t *value);

/* A far pointer in memory, its offset of the register operand's width. */
struct operand_pointer {
	uint64_t offset;
	uint16_t selector;
};

enum emulate_outcome operand_read_pointer(struct emulation *e, struct operand_pointer *pointer);

/* Queues an exception in `e`; returns EMULATE_FAULT. */
enum emulate_outcome operand_fault(struct emulation *e, unsigned vector);
/* The same with an error code that names a selector. */
enum emulate_outcome operand_fault_selector(struct emulation *e, unsigned vector,
					    uint16_t selector);

/* Is `at` an address in canonical form? Only 64-bit mode asks. */
bool operand_is_canonical(const struct emulate_cpu *cpu, uint64_t at);

#endif
