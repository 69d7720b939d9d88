/* Moves between vector registers and memory: whole, or in part. */
#include "vm/emulate/execute_vector.h"

#include "lib/string.h"
#include "vm/emulate/operand.h"

enum emulate_outcome execute_vector_load(struct emulation *e)
{
	const struct decoded_instruction *instruction = e->instruction;
	uint8_t value[VCPU_VECTOR_BYTES] = { 0 };
	struct guest_span span;
	enum emulate_outcome outcome = operand_locate_memory(e, PAGE_ACCESS_READ, &span);

	if (outcome != EMULATE_DONE)
		return outcome;
	/* Also when nothing of it is kept: whether the register can be reached has to be known
	 * before a device is read. */
	if (!e->memory->read_vector(e->memory->context,
				    instruction->keep_rest ? instruction->rest : instruction->reg,
				    value))
		return EMULATE_REFUSED;
	if (!instruction->keep_rest)
		memset(value, 0, sizeof(value));
	else if (instruction->clear_upper)
		memset(value + VCPU_XMM_BYTES, 0, sizeof(value) - VCPU_XMM_BYTES);
	e->memory->read(e->memory->context, &span, value + instruction->lane);
	for (unsigned at = instruction->width; at < instruction->filled; at += instruction->width)
		memcpy(value + at, value, instruction->width);
	if (!e->memory->write_vector(e->memory->context, instruction->reg, value,
				     instruction->clear_upper))
		return EMULATE_REFUSED;
	return EMULATE_DONE;
}

enum emulate_outcome execute_vector_store(struct emulation *e)
{
	const struct decoded_instruction *instruction = e->instruction;
	uint8_t value[VCPU_VECTOR_BYTES] = { 0 };
	struct guest_span span;
	enum emulate_outcome outcome = operand_locate_memory(e, PAGE_ACCESS_WRITE, &span);

	if (outcome != EMULATE_DONE)
		return outcome;
	if (!e->memory->read_vector(e->memory->context, instruction->reg, value))
		return EMULATE_REFUSED;
	e->memory->write(e->memory->context, &span, value + instruction->lane);
	return EMULATE_DONE;
}
