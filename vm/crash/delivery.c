/* Follows a delivery as far as it goes. */
#include "vm/crash/delivery.h"

#include "lib/bits.h"
#include "lib/bytes.h"
#include "x86/segment.h"

enum {
	REAL_GATE_SIZE = 4,
	GATE_SIZE = 8,
	LONG_GATE_SIZE = 16,
	GATE_RIGHTS = 5, /* offset of P, DPL and type */
	GATE_SELECTOR = 2,
	GATE_IST = 4,
	DESCRIPTOR_SIZE = 8,
	TSS64_RSP0 = 4,
	TSS64_IST1 = 36,
	TSS32_ESP0 = 4,
	TSS16_SP0 = 2,
};

#define GATE_TYPE 0xf
#define GATE_S    0x10
#define GATE_P    0x80
#define IST_MASK  7

static bool fails(struct reason *why, const char *what, uint64_t value)
{
	reason_set(why, ERROR_INVALID_DATA, what, value);
	return false;
}

static const char *table_name(uint16_t selector)
{
	return selector & SELECTOR_TI ? "LDT" : "GDT";
}

/* --- the code segment ------------------------------------------------------------------------ */

static bool find_code(const struct delivery *d, uint16_t selector, uint32_t *rights,
		      struct reason *why)
{
	bool local = selector & SELECTOR_TI;
	uint64_t base = local ? d->ldt_base : d->gdt_base, descriptor;
	uint32_t limit = local ? d->ldt_limit : d->gdt_limit;
	uint32_t offset = selector & SELECTOR_INDEX;

	if (!(selector & ~SELECTOR_RPL))
		return fails(why, "its gate's code selector is 0x%lx, a null selector", selector);
	if (offset + DESCRIPTOR_SIZE - 1 > limit) {
		reason_set(why, ERROR_INVALID_DATA,
			   "its gate's code selector 0x%x is beyond the %s's limit 0x%x", selector,
			   table_name(selector), limit);
		return false;
	}
	if (!d->read(d->context, gva(base + offset), &descriptor, sizeof(descriptor))) {
		reason_set(why, ERROR_INVALID_DATA,
			   "the %s entry of its gate's code selector 0x%x cannot be read at 0x%lx",
			   table_name(selector), selector, base + offset);
		return false;
	}
	*rights = descriptor_rights(descriptor);
	return true;
}

static bool check_code(const struct delivery *d, uint16_t selector, uint32_t *rights,
		       struct reason *why)
{
	if (!find_code(d, selector, rights, why))
		return false;
	if (!(*rights & RIGHTS_S) || !(*rights & TYPE_CODE))
		return fails(why, "its gate's selector 0x%lx names no code segment", selector);
	if (!(*rights & RIGHTS_P))
		return fails(why, "its gate's code segment 0x%lx is not present", selector);
	if (d->long_mode && (!(*rights & RIGHTS_L) || (*rights & RIGHTS_DB)))
		return fails(why, "its gate's code segment 0x%lx is not of 64 bits", selector);
	if (field_get(*rights, RIGHTS_DPL) > d->cpl)
		return fails(why, "its gate's code segment 0x%lx is less privileged", selector);
	return true;
}

/* --- the stack ------------------------------------------------------------------------------- */

/* The stack pointer for privilege level 0 in the TSS, or the one of the gate's IST. */
static bool find_new_stack(const struct delivery *d, unsigned ist, uint64_t *stack,
			   struct reason *why)
{
	unsigned width = d->long_mode ? 8 : d->tss_32bit ? 4 : 2;
	unsigned offset = d->long_mode   ? ist ? TSS64_IST1 + (ist - 1) * 8 : TSS64_RSP0
			  : d->tss_32bit ? TSS32_ESP0
					 : TSS16_SP0;
	uint8_t bytes[sizeof(uint64_t)];

	if (offset + width - 1 > d->tss_limit)
		return fails(why, "the TSS, whose limit is 0x%lx, has no stack pointer for it",
			     d->tss_limit);
	if (!d->read(d->context, gva(d->tss_base + offset), bytes, width))
		return fails(why, "its stack pointer cannot be read from the TSS at 0x%lx",
			     d->tss_base + offset);
	*stack = load_bytes(bytes, width);
	return true;
}

static bool check_stack(const struct delivery *d, unsigned ist, uint32_t rights, struct reason *why)
{
	uint64_t stack = d->stack_pointer, base = d->stack_base;
	bool inner = field_get(rights, RIGHTS_DPL) < d->cpl && !(rights & TYPE_CONFORMING);

	if (inner || (d->long_mode && ist)) {
		if (!find_new_stack(d, d->long_mode ? ist : 0, &stack, why))
			return false;
		base = 0; /* of nearly all systems */
	}
	if (d->long_mode) {
		stack = align_down(stack, 16);
		base = 0;
	}
	uint64_t at = base + stack - (d->long_mode ? 8 : 4);
	if (!d->long_mode)
		at = (uint32_t)at;
	if (!d->can_push(d->context, gva(at)))
		return fails(why, "nothing can be pushed on its stack, at 0x%lx", at);
	return true;
}

/* --- the gate -------------------------------------------------------------------------------- */

static bool read_gate(const struct delivery *d, unsigned vector, uint8_t *gate, struct reason *why)
{
	unsigned size = d->real_mode ? REAL_GATE_SIZE : d->long_mode ? LONG_GATE_SIZE : GATE_SIZE;
	uint64_t offset = (uint64_t)vector * size;

	if (offset + size - 1 > d->idt_limit)
		return fails(why, "its gate is beyond the IDT's limit 0x%lx", d->idt_limit);
	if (!d->read(d->context, gva(d->idt_base + offset), gate, size))
		return fails(why, "its gate cannot be read at 0x%lx", d->idt_base + offset);
	return true;
}

static bool is_exception_gate(const struct delivery *d, uint8_t rights)
{
	unsigned type = rights & GATE_TYPE;

	if (rights & GATE_S)
		return false;
	if (type == TYPE_INTERRUPT_GATE || type == TYPE_TRAP_GATE)
		return true;
	/* Those of 16 bits, whose types lack the upper bit, and task gates. */
	return !d->long_mode && (type == (TYPE_INTERRUPT_GATE & 7) ||
				 type == (TYPE_TRAP_GATE & 7) || type == TYPE_TASK_GATE);
}

bool delivery_explain(const struct delivery *d, unsigned vector, struct reason *why)
{
	uint8_t gate[LONG_GATE_SIZE] = { 0 };
	uint32_t rights = 0;

	if (!read_gate(d, vector, gate, why))
		return false;
	if (d->real_mode)
		return check_stack(d, 0, 0, why);
	if (!is_exception_gate(d, gate[GATE_RIGHTS]))
		return fails(why, "its gate is of type 0x%lx, which takes no exceptions",
			     gate[GATE_RIGHTS] & (GATE_TYPE | GATE_S));
	if (!(gate[GATE_RIGHTS] & GATE_P))
		return fails(why, "its gate is not present (rights 0x%lx)", gate[GATE_RIGHTS]);
	if ((gate[GATE_RIGHTS] & GATE_TYPE) == TYPE_TASK_GATE)
		return true;
	return check_code(d, (uint16_t)load_bytes(gate + GATE_SELECTOR, 2), &rights, why) &&
	       check_stack(d, gate[GATE_IST] & IST_MASK, rights, why);
}
