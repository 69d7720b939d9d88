/* Descriptors out of the guest's tables. */
#include "vm/emulate/descriptor.h"

#include "lib/string.h"
#include "vm/emulate/operand.h"
#include "x86/exception.h"

enum { RIGHTS_BYTE = 5 }; /* type, S, DPL and P within a descriptor */

struct table {
	uint64_t base, limit, rights;
};

static bool find_table(struct emulation *e, bool local, struct table *table)
{
	const struct emulate_memory *m = e->memory;

	table->rights = 0;
	if (!local)
		return m->get_register(m->context, VCPU_GDTR_BASE, &table->base) &&
		       m->get_register(m->context, VCPU_GDTR_LIMIT, &table->limit);
	return m->get_register(m->context, VCPU_LDTR_BASE, &table->base) &&
	       m->get_register(m->context, VCPU_LDTR_LIMIT, &table->limit) &&
	       m->get_register(m->context, VCPU_LDTR_RIGHTS, &table->rights);
}

enum emulate_outcome descriptor_read(struct emulation *e, uint16_t selector, unsigned bytes,
				     struct descriptor *to)
{
	const struct emulate_memory *m = e->memory;
	uint64_t offset = selector & SELECTOR_INDEX, raw[DESCRIPTOR_BYTES_64 / 8] = { 0 };
	struct table table = { 0 };
	enum emulate_outcome outcome;
	struct guest_span span;

	if (!find_table(e, selector & SELECTOR_TI, &table))
		return EMULATE_REFUSED;
	if ((table.rights & RIGHTS_UNUSABLE) || offset + bytes - 1 > table.limit)
		return operand_fault_selector(e, EXCEPTION_PROTECTION, selector);
	to->at = gva(table.base + offset);
	outcome = m->locate_table(m->context, to->at, bytes, PAGE_ACCESS_READ, &span, &e->fault);
	if (outcome != EMULATE_DONE)
		return outcome;
	m->read(m->context, &span, raw);
	to->base = descriptor_base(raw[0]) | raw[1] << 32;
	to->limit = descriptor_limit(raw[0]);
	to->rights = descriptor_rights(raw[0]);
	return EMULATE_DONE;
}

enum emulate_outcome descriptor_mark(struct emulation *e, struct descriptor *descriptor,
				     uint8_t type_bits)
{
	const struct emulate_memory *m = e->memory;
	enum emulate_outcome outcome;
	struct guest_span span;
	uint8_t rights;

	if ((descriptor->rights & type_bits) == type_bits)
		return EMULATE_DONE;
	descriptor->rights |= type_bits;
	rights = (uint8_t)descriptor->rights;
	outcome = m->locate_table(m->context, gva(descriptor->at.value + RIGHTS_BYTE),
				  sizeof(rights), PAGE_ACCESS_WRITE, &span, &e->fault);
	if (outcome == EMULATE_DONE)
		m->write(m->context, &span, &rights);
	return outcome;
}
