/* Branches whose target, or whose stack, is not in RAM: JMP and CALL, near and far, through memory;
 * CALL with a displacement; near RET. SDM volume 2, "JMP", "CALL" and "RET". Far branches through
 * gates and to tasks are not emulated. */
#include "vm/emulate/execute_branch.h"

#include "vm/emulate/alu.h"
#include "vm/emulate/execute_segment.h"
#include "vm/emulate/operand.h"
#include "vm/emulate/segment_rights.h"
#include "x86/exception.h"

static void branch_to(struct emulation *e, uint64_t target)
{
	e->cpu->target = target;
	e->cpu->branches = true;
}

static uint64_t next_instruction(const struct emulation *e)
{
	return e->cpu->rip + e->instruction->length;
}

/* May a near branch go there? #GP(0) if not, before anything has changed. */
static bool target_allowed(const struct emulation *e, uint64_t target)
{
	if (e->cpu->code64)
		return operand_is_canonical(e->cpu, target);
	return target <= e->cpu->segment[SEGMENT_CS].limit;
}

/* --- the stack ------------------------------------------------------------------------------- */

/* Where the `n`th value that is pushed goes, counted from 1. */
static enum emulate_outcome locate_push(struct emulation *e, unsigned n, unsigned width,
					struct guest_span *span)
{
	uint64_t top = (e->cpu->gpr[RSP] - n * width) & width_mask(e->cpu->stack_width);

	return operand_locate(e, SEGMENT_SS, top, width, PAGE_ACCESS_WRITE, span);
}

static void move_stack(struct emulation *e, uint64_t by)
{
	register_put(e->cpu, RSP, e->cpu->stack_width, e->cpu->gpr[RSP] + by);
}

/* --- near ------------------------------------------------------------------------------------ */

static enum emulate_outcome read_target(struct emulation *e, uint64_t *target)
{
	const struct decoded_instruction *instruction = e->instruction;

	if (instruction->form != FORM_IMMEDIATE)
		return operand_load(e, target);
	*target = (next_instruction(e) + instruction->immediate) & width_mask(instruction->width);
	return EMULATE_DONE;
}

static enum emulate_outcome jump_or_call(struct emulation *e)
{
	bool calls = e->instruction->operation == OPERATION_CALL;
	unsigned width = e->instruction->width;
	enum emulate_outcome outcome = EMULATE_DONE;
	struct guest_span stack;
	uint64_t target;

	if (calls)
		outcome = locate_push(e, 1, width, &stack);
	if (outcome == EMULATE_DONE)
		outcome = read_target(e, &target);
	if (outcome != EMULATE_DONE)
		return outcome;
	if (!target_allowed(e, target))
		return operand_fault(e, EXCEPTION_PROTECTION);
	if (calls) {
		operand_write(e, &stack, next_instruction(e));
		move_stack(e, -(uint64_t)width);
	}
	branch_to(e, target);
	return EMULATE_DONE;
}

/* With an immediate, that many bytes of arguments leave the stack too. */
static enum emulate_outcome near_return(struct emulation *e)
{
	unsigned width = e->instruction->width;
	struct guest_span stack;
	enum emulate_outcome outcome =
		operand_locate(e, SEGMENT_SS, register_get(e->cpu, RSP, e->cpu->stack_width), width,
			       PAGE_ACCESS_READ, &stack);
	uint64_t target;

	if (outcome != EMULATE_DONE)
		return outcome;
	target = operand_read(e, &stack);
	if (!target_allowed(e, target))
		return operand_fault(e, EXCEPTION_PROTECTION);
	move_stack(e, width + e->instruction->immediate);
	branch_to(e, target);
	return EMULATE_DONE;
}

/* --- far ------------------------------------------------------------------------------------- */

/* The code segment of a far branch in protected mode, checked but not loaded. */
static enum emulate_outcome find_code(struct emulation *e, uint16_t selector,
				      struct descriptor *code)
{
	unsigned rpl = selector & SELECTOR_RPL, cpl = e->cpu->cpl;
	enum emulate_outcome outcome;
	uint32_t rights;
	bool fits;

	if (selector_is_null(selector))
		return operand_fault(e, EXCEPTION_PROTECTION);
	outcome = descriptor_read(e, selector, DESCRIPTOR_BYTES, code);
	if (outcome != EMULATE_DONE)
		return outcome;
	rights = code->rights;
	if (!(rights & RIGHTS_S))
		return EMULATE_REFUSED;
	if (rights & TYPE_CONFORMING)
		fits = rights_dpl(rights) <= cpl;
	else
		fits = rights_dpl(rights) == cpl && rpl <= cpl;
	/* 64-bit code has no default operation size of 32 bits. */
	if (e->cpu->long_mode && (rights & RIGHTS_L) && (rights & RIGHTS_DB))
		fits = false;
	if (!(rights & TYPE_CODE) || !fits)
		return operand_fault_selector(e, EXCEPTION_PROTECTION, selector);
	if (!(rights & RIGHTS_P))
		return operand_fault_selector(e, EXCEPTION_SEGMENT_NOT_PRESENT, selector);
	return EMULATE_DONE;
}

static bool far_target_allowed(const struct emulation *e, const struct descriptor *code,
			       uint64_t target)
{
	if (e->cpu->long_mode && (code->rights & RIGHTS_L))
		return operand_is_canonical(e->cpu, target);
	return target <= code->limit;
}

static enum emulate_outcome enter_code(struct emulation *e, uint16_t selector,
				       struct descriptor *code)
{
	enum emulate_outcome outcome;

	if (!e->cpu->protected_mode)
		return segment_write_real(e, SEGMENT_CS, selector);
	outcome = descriptor_mark(e, code, TYPE_ACCESSED);
	if (outcome != EMULATE_DONE)
		return outcome;
	return segment_write(e, VCPU_CS_SELECTOR, (selector & ~SELECTOR_RPL) | e->cpu->cpl, code);
}

static enum emulate_outcome locate_far_return(struct emulation *e, struct guest_span *selector,
					      struct guest_span *offset)
{
	unsigned width = e->instruction->register_width;
	enum emulate_outcome outcome = locate_push(e, 1, width, selector);

	return outcome == EMULATE_DONE ? locate_push(e, 2, width, offset) : outcome;
}

static enum emulate_outcome far_branch(struct emulation *e)
{
	const struct emulate_memory *m = e->memory;
	bool calls = e->instruction->operation == OPERATION_CALL_FAR;
	struct descriptor code = { .limit = e->cpu->segment[SEGMENT_CS].limit };
	enum emulate_outcome outcome = EMULATE_DONE;
	struct guest_span pushed_selector, pushed_offset;
	struct operand_pointer pointer = { 0 };
	uint64_t old = 0;

	if (calls && !m->get_register(m->context, VCPU_CS_SELECTOR, &old))
		return EMULATE_REFUSED;
	if (calls)
		outcome = locate_far_return(e, &pushed_selector, &pushed_offset);
	if (outcome == EMULATE_DONE)
		outcome = operand_read_pointer(e, &pointer);
	if (outcome == EMULATE_DONE && e->cpu->protected_mode)
		outcome = find_code(e, pointer.selector, &code);
	if (outcome != EMULATE_DONE)
		return outcome;
	if (!far_target_allowed(e, &code, pointer.offset))
		return operand_fault(e, EXCEPTION_PROTECTION);
	outcome = enter_code(e, pointer.selector, &code);
	if (outcome != EMULATE_DONE)
		return outcome;
	if (calls) {
		operand_write(e, &pushed_selector, old);
		operand_write(e, &pushed_offset, next_instruction(e));
		move_stack(e, -(2 * (uint64_t)e->instruction->register_width));
	}
	branch_to(e, pointer.offset);
	return EMULATE_DONE;
}

enum emulate_outcome execute_branch(struct emulation *e)
{
	switch (e->instruction->operation) {
	case OPERATION_RET:
		return near_return(e);
	case OPERATION_JMP_FAR:
	case OPERATION_CALL_FAR:
		return far_branch(e);
	default:
		return jump_or_call(e);
	}
}
