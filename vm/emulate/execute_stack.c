/* PUSH and POP of memory, registers and immediates, ENTER and LEAVE: the operand may lie in a device,
 * or the stack may. SDM volume 2, "PUSH" and "POP". */
#include "vm/emulate/execute_stack.h"

#include "lib/bits.h"
#include "vm/emulate/alu.h"
#include "vm/emulate/operand.h"

enum emulate_outcome execute_push(struct emulation *e)
{
	const struct decoded_instruction *instruction = e->instruction;
	unsigned stack_width = e->cpu->stack_width, width = instruction->width;
	uint64_t top = (e->cpu->gpr[RSP] - width) & width_mask(stack_width);
	enum emulate_outcome outcome = EMULATE_DONE;
	struct guest_span source, stack;
	uint64_t value;

	if (instruction->form == FORM_MEMORY)
		outcome = operand_locate_memory(e, PAGE_ACCESS_READ, &source);
	if (outcome == EMULATE_DONE)
		outcome = operand_locate(e, SEGMENT_SS, top, width, PAGE_ACCESS_WRITE, &stack);
	if (outcome != EMULATE_DONE)
		return outcome;
	if (instruction->form == FORM_MEMORY)
		value = operand_read(e, &source);
	else if (instruction->form == FORM_IMMEDIATE)
		value = instruction->immediate;
	else
		value = register_operand(e); /* of RSP, as it was before */
	operand_write(e, &stack, value);
	register_put(e->cpu, RSP, stack_width, top);
	return EMULATE_DONE;
}

/* The destination of POP is addressed with RSP as it is afterwards. */
static enum emulate_outcome locate_popped(struct emulation *e, struct guest_span *span)
{
	const struct decoded_instruction *instruction = e->instruction;
	uint64_t rsp = e->cpu->gpr[RSP], offset;

	register_put(e->cpu, RSP, e->cpu->stack_width, rsp + instruction->width);
	offset = operand_offset(e, 0);
	e->cpu->gpr[RSP] = rsp;
	return operand_locate(e, instruction->segment, offset, instruction->width,
			      PAGE_ACCESS_WRITE, span);
}

enum emulate_outcome execute_pop(struct emulation *e)
{
	const struct decoded_instruction *instruction = e->instruction;
	unsigned stack_width = e->cpu->stack_width, width = instruction->width;
	struct guest_span stack, destination;
	enum emulate_outcome outcome;
	uint64_t value;

	outcome = operand_locate(e, SEGMENT_SS, register_get(e->cpu, RSP, stack_width), width,
				 PAGE_ACCESS_READ, &stack);
	if (outcome == EMULATE_DONE && instruction->form == FORM_MEMORY)
		outcome = locate_popped(e, &destination);
	if (outcome != EMULATE_DONE)
		return outcome;
	value = operand_read(e, &stack);
	register_put(e->cpu, RSP, stack_width, e->cpu->gpr[RSP] + width);
	if (instruction->form == FORM_MEMORY)
		operand_write(e, &destination, value);
	else
		put_register_operand(e, value); /* POP RSP: what was popped counts */
	return EMULATE_DONE;
}

/* --- stack frames: SDM volume 2, "ENTER" and "LEAVE" ----------------------------------------- */

#define ENTER_SIZE  BITS(15, 0)
#define ENTER_LEVEL BITS(20, 16) /* of nesting; its upper bits do not count */

enum emulate_outcome execute_enter(struct emulation *e)
{
	uint64_t immediate = e->instruction->immediate;
	unsigned stack_width = e->cpu->stack_width, width = e->instruction->width;
	uint64_t frame = (e->cpu->gpr[RSP] - width) & width_mask(stack_width);
	enum emulate_outcome outcome;
	struct guest_span stack;

	if (field_get(immediate, ENTER_LEVEL))
		return EMULATE_REFUSED;
	outcome = operand_locate(e, SEGMENT_SS, frame, width, PAGE_ACCESS_WRITE, &stack);
	if (outcome != EMULATE_DONE)
		return outcome;
	operand_write(e, &stack, register_get(e->cpu, RBP, width));
	register_put(e->cpu, RBP, width, frame);
	register_put(e->cpu, RSP, stack_width, frame - field_get(immediate, ENTER_SIZE));
	return EMULATE_DONE;
}

enum emulate_outcome execute_leave(struct emulation *e)
{
	unsigned stack_width = e->cpu->stack_width, width = e->instruction->width;
	uint64_t frame = register_get(e->cpu, RBP, stack_width);
	struct guest_span stack;
	enum emulate_outcome outcome =
		operand_locate(e, SEGMENT_SS, frame, width, PAGE_ACCESS_READ, &stack);

	if (outcome != EMULATE_DONE)
		return outcome;
	register_put(e->cpu, RBP, width, operand_read(e, &stack));
	register_put(e->cpu, RSP, stack_width, frame + width);
	return EMULATE_DONE;
}
