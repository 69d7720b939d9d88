/* Loads of data and stack segment registers from memory, alone or with a pointer. SDM volume 2,
 * "MOV" and "LDS/LES/LFS/LGS/LSS". MOV SS here does not hold interrupts off for one instruction. */
#include "vm/emulate/execute_segment.h"

#include "lib/string.h"
#include "vm/emulate/operand.h"
#include "vm/emulate/segment_rights.h"
#include "x86/exception.h"

enum { REAL_MODE_SHIFT = 4 };

enum emulate_outcome segment_write(struct emulation *e, enum vcpu_register selector_register,
				   uint16_t selector, const struct descriptor *descriptor)
{
	const struct emulate_memory *m = e->memory;
	const uint64_t values[] = { selector, descriptor->base, descriptor->limit,
				    descriptor->rights };

	/* The four registers of a segment follow each other in this order. */
	for (unsigned i = 0; i < ARRAY_SIZE(values); i++) {
		if (!m->set_register(m->context, selector_register + i, values[i]))
			return EMULATE_REFUSED;
	}
	return EMULATE_DONE;
}

enum emulate_outcome segment_write_real(struct emulation *e, enum segment_register segment,
					uint16_t selector)
{
	const struct emulate_memory *m = e->memory;
	enum vcpu_register first = segment_selector_register(segment);

	return m->set_register(m->context, first, selector) &&
			       m->set_register(m->context, first + 1,
					       (uint64_t)selector << REAL_MODE_SHIFT)
		       ? EMULATE_DONE
		       : EMULATE_REFUSED;
}

/* A null selector: any data segment may hold it, SS only in 64-bit mode and not at CPL 3. The CPL
 * is SS's DPL, and stays so. */
static enum emulate_outcome load_null(struct emulation *e, enum segment_register segment,
				      uint16_t selector)
{
	struct descriptor null = DESCRIPTOR_NULL;

	if (segment == SEGMENT_SS) {
		if (!e->cpu->code64 || e->cpu->cpl == USER_CPL ||
		    (selector & SELECTOR_RPL) != e->cpu->cpl)
			return operand_fault(e, EXCEPTION_PROTECTION);
		null.rights |= RIGHTS_PRIVILEGE(e->cpu->cpl);
	}
	return segment_write(e, segment_selector_register(segment), selector, &null);
}

static enum emulate_outcome load(struct emulation *e, enum segment_register segment,
				 uint16_t selector)
{
	unsigned rpl = selector & SELECTOR_RPL, cpl = e->cpu->cpl;
	bool stack = segment == SEGMENT_SS;
	struct descriptor descriptor;
	enum emulate_outcome outcome;

	if (!e->cpu->protected_mode)
		return segment_write_real(e, segment, selector);
	if (selector_is_null(selector))
		return load_null(e, segment, selector);
	outcome = descriptor_read(e, selector, DESCRIPTOR_BYTES, &descriptor);
	if (outcome != EMULATE_DONE)
		return outcome;
	if (!(stack ? rights_fit_stack : rights_fit_data)(descriptor.rights, rpl, cpl))
		return operand_fault_selector(e, EXCEPTION_PROTECTION, selector);
	if (!(descriptor.rights & RIGHTS_P))
		return operand_fault_selector(
			e, stack ? EXCEPTION_STACK_FAULT : EXCEPTION_SEGMENT_NOT_PRESENT, selector);
	outcome = descriptor_mark(e, &descriptor, TYPE_ACCESSED);
	if (outcome != EMULATE_DONE)
		return outcome;
	return segment_write(e, segment_selector_register(segment), selector, &descriptor);
}

enum emulate_outcome execute_load_segment(struct emulation *e)
{
	uint64_t selector;
	enum emulate_outcome outcome = operand_load(e, &selector);

	if (outcome == EMULATE_DONE)
		outcome = load(e, (enum segment_register)e->instruction->loaded, selector);
	return outcome;
}

enum emulate_outcome execute_load_pointer(struct emulation *e)
{
	struct operand_pointer pointer = { 0 };
	enum emulate_outcome outcome = operand_read_pointer(e, &pointer);

	if (outcome == EMULATE_DONE)
		outcome = load(e, (enum segment_register)e->instruction->loaded, pointer.selector);
	if (outcome == EMULATE_DONE)
		put_register_operand(e, pointer.offset);
	return outcome;
}
