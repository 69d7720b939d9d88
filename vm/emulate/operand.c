/* Registers, effective addresses and segments. */
#include "vm/emulate/operand.h"

#include "lib/bits.h"
#include "lib/string.h"
#include "vm/emulate/alu.h"
#include "vm/emulate/segment_rights.h"
#include "x86/control_registers.h"
#include "x86/exception.h"
#include "x86/segment.h"

/* --- registers ------------------------------------------------------------------------------- */

uint64_t register_get(const struct emulate_cpu *cpu, unsigned reg, unsigned width)
{
	return cpu->gpr[reg] & width_mask(width);
}

void register_put(struct emulate_cpu *cpu, unsigned reg, unsigned width, uint64_t value)
{
	uint64_t mask = width_mask(width);

	if (width == sizeof(uint32_t))
		cpu->gpr[reg] = value & mask;
	else
		cpu->gpr[reg] = (cpu->gpr[reg] & ~mask) | (value & mask);
}

#define HIGH_BYTE BITS(15, 8)

uint64_t register_operand(const struct emulation *e)
{
	const struct decoded_instruction *instruction = e->instruction;

	if (instruction->high_byte)
		return field_get(e->cpu->gpr[instruction->reg], HIGH_BYTE);
	return register_get(e->cpu, instruction->reg, instruction->register_width);
}

void put_register_operand(struct emulation *e, uint64_t value)
{
	const struct decoded_instruction *instruction = e->instruction;
	uint64_t *gpr = &e->cpu->gpr[instruction->reg];

	if (instruction->high_byte)
		*gpr = (*gpr & ~HIGH_BYTE) | field_put(HIGH_BYTE, value);
	else
		register_put(e->cpu, instruction->reg, instruction->register_width, value);
}

/* --- memory ---------------------------------------------------------------------------------- */

uint64_t operand_offset(const struct emulation *e, uint64_t add)
{
	const struct decoded_instruction *instruction = e->instruction;
	uint64_t offset = instruction->displacement + add;

	if (instruction->base != NO_REGISTER)
		offset += e->cpu->gpr[instruction->base];
	if (instruction->index != NO_REGISTER)
		offset += e->cpu->gpr[instruction->index] * instruction->scale;
	if (instruction->rip_relative)
		offset += e->cpu->rip + instruction->length;
	return offset & width_mask(instruction->address_width);
}

enum emulate_outcome operand_fault(struct emulation *e, unsigned vector)
{
	e->fault = (struct vcpu_event) {
		.kind = EVENT_EXCEPTION,
		.vector = vector,
		.has_error_code = exception_has_error_code(vector),
	};
	return EMULATE_FAULT;
}

enum emulate_outcome operand_fault_selector(struct emulation *e, unsigned vector, uint16_t selector)
{
	operand_fault(e, vector);
	e->fault.error_code = selector & (SELECTOR_INDEX | SELECTOR_TI);
	return EMULATE_FAULT;
}

enum { CANONICAL_BITS = 48, CANONICAL_BITS_LA57 = 57 };

bool operand_is_canonical(const struct emulate_cpu *cpu, uint64_t at)
{
	unsigned unused = 64 - (cpu->cr4 & CR4_LA57 ? CANONICAL_BITS_LA57 : CANONICAL_BITS);

	return (uint64_t)((int64_t)(at << unused) >> unused) == at;
}

/* What a refusal of the segment or a non-canonical address raises. */
static unsigned refusal(unsigned segment)
{
	return segment == SEGMENT_SS ? EXCEPTION_STACK_FAULT : EXCEPTION_PROTECTION;
}

enum emulate_outcome operand_locate(struct emulation *e, unsigned segment, uint64_t offset,
				    unsigned width, enum page_access access,
				    struct guest_span *span)
{
	const struct emulate_cpu *cpu = e->cpu;
	const struct emulate_segment *s = &cpu->segment[segment];
	enum emulate_outcome outcome;
	gva_t at;

	if (cpu->code64) {
		at = gva((segment >= SEGMENT_FS ? s->base : 0) + offset);
	} else {
		if (!rights_allow_access(s->rights, s->limit, cpu->protected_mode, offset, width,
					 access == PAGE_ACCESS_WRITE))
			return operand_fault(e, refusal(segment));
		at = gva((uint32_t)(s->base + offset));
	}
	if (e->instruction->aligned && !is_aligned(at.value, width))
		return operand_fault(e, EXCEPTION_PROTECTION);
	outcome = e->memory->locate(e->memory->context, at, width, access, span, &e->fault);
	if (outcome == EMULATE_FAULT && e->fault.vector == EXCEPTION_PROTECTION)
		return operand_fault(e, refusal(segment)); /* not canonical */
	if (outcome == EMULATE_DONE && cpu->checks_alignment && !is_aligned(at.value, width))
		return operand_fault(e, EXCEPTION_ALIGNMENT_CHECK);
	return outcome;
}

enum emulate_outcome operand_locate_memory(struct emulation *e, enum page_access access,
					   struct guest_span *span)
{
	return operand_locate(e, e->instruction->segment, operand_offset(e, 0),
			      e->instruction->width, access, span);
}

uint64_t operand_read(struct emulation *e, const struct guest_span *span)
{
	uint64_t value = 0;

	e->memory->read(e->memory->context, span, &value);
	return value;
}

void operand_write(struct emulation *e, const struct guest_span *span, uint64_t value)
{
	e->memory->write(e->memory->context, span, &value);
}

enum emulate_outcome operand_load(struct emulation *e, uint64_t *value)
{
	struct guest_span span;
	enum emulate_outcome outcome = operand_locate_memory(e, PAGE_ACCESS_READ, &span);

	if (outcome == EMULATE_DONE)
		*value = operand_read(e, &span);
	return outcome;
}

enum emulate_outcome operand_read_pointer(struct emulation *e, struct operand_pointer *pointer)
{
	const struct decoded_instruction *instruction = e->instruction;
	uint8_t bytes[sizeof(uint64_t) + sizeof(pointer->selector)] = { 0 };
	struct guest_span span;
	enum emulate_outcome outcome = operand_locate_memory(e, PAGE_ACCESS_READ, &span);

	if (outcome != EMULATE_DONE)
		return outcome;
	e->memory->read(e->memory->context, &span, bytes);
	*pointer = (struct operand_pointer) { 0 };
	memcpy(&pointer->offset, bytes, instruction->register_width);
	memcpy(&pointer->selector, bytes + instruction->register_width, sizeof(pointer->selector));
	return EMULATE_DONE;
}
