/* Descriptors in the guest's GDT and LDT, as instructions that load a selector find them. The
 * accesses are the CPU's own: privileged, whatever the CPL. SDM volume 3, "Segment Descriptor
 * Tables". Pure. */
#ifndef VM_EMULATE_DESCRIPTOR_H
#define VM_EMULATE_DESCRIPTOR_H

#include "vm/emulate/execute.h"
#include "x86/segment.h"

/* In bytes: of code and data, and of a system segment in 64-bit mode. */
enum { DESCRIPTOR_BYTES = 8, DESCRIPTOR_BYTES_64 = 16 };

struct descriptor {
	gva_t at;
	uint64_t base;
	uint32_t limit, rights; /* rights as in x86/segment.h */
};

static inline bool selector_is_null(uint16_t selector)
{
	return !(selector & (SELECTOR_INDEX | SELECTOR_TI));
}

/* Reads the descriptor of `selector`, which is not null. FAULT: #GP(selector) beyond the table, or
 * a page fault. */
enum emulate_outcome descriptor_read(struct emulation *e, uint16_t selector, unsigned bytes,
				     struct descriptor *to);

/* Sets bits of the type, TYPE_ACCESSED or a TSS's busy bit, in memory and in `descriptor`. */
enum emulate_outcome descriptor_mark(struct emulation *e, struct descriptor *descriptor,
				     uint8_t type_bits);

#endif
