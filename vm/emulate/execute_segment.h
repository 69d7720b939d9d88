/* See vm/emulate/execute_segment.c. */
#ifndef VM_EMULATE_EXECUTE_SEGMENT_H
#define VM_EMULATE_EXECUTE_SEGMENT_H

#include "vm/emulate/descriptor.h"
#include "vm/emulate/execute.h"

/* MOV to a segment register; LDS, LES, LSS, LFS and LGS. */
enum emulate_outcome execute_load_segment(struct emulation *e);
enum emulate_outcome execute_load_pointer(struct emulation *e);

/* Writes the four registers of a segment, LDTR or TR, that begin with `selector_register`. REFUSED
 * where the backend does. */
enum emulate_outcome segment_write(struct emulation *e, enum vcpu_register selector_register,
				   uint16_t selector, const struct descriptor *descriptor);

/* Of a null selector. */
#define DESCRIPTOR_NULL ((struct descriptor) { .rights = RIGHTS_UNUSABLE })

/* A segment register in real and virtual-8086 mode: the base follows from the selector, limit and
 * rights stay. */
enum emulate_outcome segment_write_real(struct emulation *e, enum segment_register segment,
					uint16_t selector);

#endif
