/* Instructions of operating systems with an operand in memory: the machine status word, the local
 * descriptor table and task registers, the descriptor-table registers. SDM volume 2, the page of
 * each; volume 3, "Privileged Instructions". */
#include "vm/emulate/execute_system.h"

#include "lib/string.h"
#include "vm/emulate/execute_segment.h"
#include "vm/emulate/operand.h"
#include "x86/control_registers.h"
#include "x86/exception.h"

static bool stores(enum operation operation)
{
	return operation == OPERATION_SMSW || operation == OPERATION_SLDT ||
	       operation == OPERATION_STR || operation == OPERATION_SGDT ||
	       operation == OPERATION_SIDT;
}

/* Who loads must be privileged; who stores, only where the guest asks for that (UMIP). Real and
 * virtual-8086 mode know no LDTR and no TR: to the decoder those are no instructions there. */
static enum emulate_outcome check_privilege(struct emulation *e)
{
	bool open = stores(e->instruction->operation) && !(e->cpu->cr4 & CR4_UMIP);

	return e->cpu->cpl && !open ? operand_fault(e, EXCEPTION_PROTECTION) : EMULATE_DONE;
}

/* --- words ----------------------------------------------------------------------------------- */

#define MACHINE_STATUS (CR0_PE | CR0_MP | CR0_EM | CR0_TS)

static enum emulate_outcome load_status(struct emulation *e)
{
	uint64_t wanted;
	enum emulate_outcome outcome = operand_load(e, &wanted);

	/* PE can be set here, and not cleared. */
	if (outcome == EMULATE_DONE)
		e->cpu->cr0 =
			(e->cpu->cr0 & (~MACHINE_STATUS | CR0_PE)) | (wanted & MACHINE_STATUS);
	return outcome;
}

static enum emulate_outcome store_word(struct emulation *e)
{
	const struct emulate_memory *m = e->memory;
	uint64_t value = e->cpu->cr0;
	enum emulate_outcome outcome;
	struct guest_span span;

	if (e->instruction->operation == OPERATION_SLDT &&
	    !m->get_register(m->context, VCPU_LDTR_SELECTOR, &value))
		return EMULATE_REFUSED;
	if (e->instruction->operation == OPERATION_STR &&
	    !m->get_register(m->context, VCPU_TR_SELECTOR, &value))
		return EMULATE_REFUSED;
	outcome = operand_locate_memory(e, PAGE_ACCESS_WRITE, &span);
	if (outcome == EMULATE_DONE)
		operand_write(e, &span, value);
	return outcome;
}

/* --- LLDT and LTR ---------------------------------------------------------------------------- */

static bool is_free_tss(const struct emulation *e, uint32_t type)
{
	return type == TYPE_TSS_AVAILABLE || (type == TYPE_TSS16_AVAILABLE && !e->cpu->long_mode);
}

/* A system segment out of the GDT, checked. */
static enum emulate_outcome find_system_segment(struct emulation *e, uint16_t selector,
						struct descriptor *to)
{
	unsigned bytes = e->cpu->code64 ? DESCRIPTOR_BYTES_64 : DESCRIPTOR_BYTES;
	enum emulate_outcome outcome;
	uint32_t type;
	bool fits;

	if (selector & SELECTOR_TI)
		return operand_fault_selector(e, EXCEPTION_PROTECTION, selector);
	outcome = descriptor_read(e, selector, bytes, to);
	if (outcome != EMULATE_DONE)
		return outcome;
	type = to->rights & (RIGHTS_S | RIGHTS_TYPE);
	fits = e->instruction->operation == OPERATION_LLDT ? type == TYPE_LDT
							   : is_free_tss(e, type);
	if (!fits || !operand_is_canonical(e->cpu, to->base))
		return operand_fault_selector(e, EXCEPTION_PROTECTION, selector);
	if (!(to->rights & RIGHTS_P))
		return operand_fault_selector(e, EXCEPTION_SEGMENT_NOT_PRESENT, selector);
	return EMULATE_DONE;
}

static enum emulate_outcome load_system_segment(struct emulation *e)
{
	bool task = e->instruction->operation == OPERATION_LTR;
	struct descriptor descriptor = DESCRIPTOR_NULL;
	uint64_t selector;
	enum emulate_outcome outcome = operand_load(e, &selector);

	if (outcome != EMULATE_DONE)
		return outcome;
	if (task && selector_is_null(selector))
		return operand_fault(e, EXCEPTION_PROTECTION);
	if (!selector_is_null(selector))
		outcome = find_system_segment(e, selector, &descriptor);
	if (outcome == EMULATE_DONE && task)
		outcome = descriptor_mark(e, &descriptor, TYPE_BUSY);
	if (outcome != EMULATE_DONE)
		return outcome;
	return segment_write(e, task ? VCPU_TR_SELECTOR : VCPU_LDTR_SELECTOR, selector,
			     &descriptor);
}

/* --- descriptor-table registers -------------------------------------------------------------- */

#define BASE_WITH_16_BIT_OPERANDS BITS(23, 0)

/* The limit's register follows the base's. */
static enum vcpu_register table_base(const struct emulation *e)
{
	enum operation operation = e->instruction->operation;

	return operation == OPERATION_LGDT || operation == OPERATION_SGDT ? VCPU_GDTR_BASE
									  : VCPU_IDTR_BASE;
}

static enum emulate_outcome load_table(struct emulation *e)
{
	const struct emulate_memory *m = e->memory;
	uint8_t bytes[sizeof(uint16_t) + sizeof(uint64_t)] = { 0 };
	struct guest_span span;
	enum emulate_outcome outcome = operand_locate_memory(e, PAGE_ACCESS_READ, &span);
	uint64_t base;
	uint16_t limit;

	if (outcome != EMULATE_DONE)
		return outcome;
	m->read(m->context, &span, bytes);
	memcpy(&limit, bytes, sizeof(limit));
	memcpy(&base, bytes + sizeof(limit), sizeof(base));
	if (e->instruction->register_width == sizeof(uint16_t))
		base &= BASE_WITH_16_BIT_OPERANDS;
	if (e->cpu->code64 && !operand_is_canonical(e->cpu, base))
		return operand_fault(e, EXCEPTION_PROTECTION);
	return m->set_register(m->context, table_base(e), base) &&
			       m->set_register(m->context, table_base(e) + 1, limit)
		       ? EMULATE_DONE
		       : EMULATE_REFUSED;
}

static enum emulate_outcome store_table(struct emulation *e)
{
	const struct emulate_memory *m = e->memory;
	uint8_t bytes[sizeof(uint16_t) + sizeof(uint64_t)];
	uint64_t base, limit;
	struct guest_span span;
	enum emulate_outcome outcome;

	if (!m->get_register(m->context, table_base(e), &base) ||
	    !m->get_register(m->context, table_base(e) + 1, &limit))
		return EMULATE_REFUSED;
	outcome = operand_locate_memory(e, PAGE_ACCESS_WRITE, &span);
	if (outcome != EMULATE_DONE)
		return outcome;
	memcpy(bytes, &limit, sizeof(uint16_t));
	memcpy(bytes + sizeof(uint16_t), &base, sizeof(base));
	m->write(m->context, &span, bytes);
	return EMULATE_DONE;
}

enum emulate_outcome execute_system(struct emulation *e)
{
	enum emulate_outcome outcome = check_privilege(e);

	if (outcome != EMULATE_DONE)
		return outcome;
	switch (e->instruction->operation) {
	case OPERATION_LMSW:
		return load_status(e);
	case OPERATION_SMSW:
	case OPERATION_SLDT:
	case OPERATION_STR:
		return store_word(e);
	case OPERATION_LLDT:
	case OPERATION_LTR:
		return load_system_segment(e);
	case OPERATION_LGDT:
	case OPERATION_LIDT:
		return load_table(e);
	default:
		return store_table(e);
	}
}
