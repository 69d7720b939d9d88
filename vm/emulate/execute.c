/* What instructions do with one operand in memory, and the choice among the kinds of instruction. */
#include "vm/emulate/execute.h"

#include "lib/bits.h"
#include "lib/bytes.h"
#include "lib/string.h"
#include "vm/emulate/alu.h"
#include "vm/emulate/execute_branch.h"
#include "vm/emulate/execute_segment.h"
#include "vm/emulate/execute_stack.h"
#include "vm/emulate/execute_string.h"
#include "vm/emulate/execute_system.h"
#include "vm/emulate/execute_vector.h"
#include "vm/emulate/execute_x87.h"
#include "vm/emulate/operand.h"
#include "x86/control_registers.h"
#include "x86/exception.h"

static bool uses_stack(enum operation operation)
{
	switch (operation) {
	case OPERATION_PUSH:
	case OPERATION_POP:
	case OPERATION_ENTER:
	case OPERATION_LEAVE:
	case OPERATION_CALL:
	case OPERATION_CALL_FAR:
	case OPERATION_RET:
		return true;
	default:
		return false;
	}
}

unsigned instruction_segments(const struct decoded_instruction *instruction)
{
	unsigned segments = 0;

	if (instruction->form != FORM_REGISTER && instruction->form != FORM_IMMEDIATE)
		segments |= BIT(instruction->segment);
	if (instruction->form == FORM_STRING)
		segments |= BIT(SEGMENT_ES);
	if (instruction->form == FORM_MEMORY_SEGMENT)
		segments |= BIT(instruction->reg);
	if (uses_stack(instruction->operation))
		segments |= BIT(SEGMENT_SS);
	return segments;
}

/* --- results into memory --------------------------------------------------------------------- */

/* Does the instruction need the old contents? */
static bool reads_destination(enum operation operation)
{
	return operation != OPERATION_MOV && operation != OPERATION_MOVBE &&
	       operation != OPERATION_MOVNTI && operation != OPERATION_SET;
}

static bool writes_destination(enum operation operation)
{
	return operation != OPERATION_CMP && operation != OPERATION_TEST &&
	       operation != OPERATION_BT;
}

/* The operand that is not in memory. */
static uint64_t other_operand(const struct emulation *e)
{
	switch (e->instruction->form) {
	case FORM_MEMORY_REGISTER:
	case FORM_MEMORY_REGISTER_CL:
	case FORM_MEMORY_REGISTER_IMMEDIATE:
		return register_operand(e);
	case FORM_MEMORY_IMMEDIATE:
		return e->instruction->immediate & width_mask(e->instruction->width);
	case FORM_MEMORY_CL:
		return register_get(e->cpu, RCX, sizeof(uint8_t));
	case FORM_MEMORY_SEGMENT:
		return e->cpu->segment[e->instruction->reg].selector;
	default:
		return 0;
	}
}

static uint64_t result_for_memory(struct emulation *e, uint64_t old, uint64_t other)
{
	const struct decoded_instruction *instruction = e->instruction;
	unsigned width = instruction->width;
	uint64_t *rflags = &e->cpu->rflags;

	switch (instruction->operation) {
	case OPERATION_MOV:
	case OPERATION_MOVNTI:
		return other;
	case OPERATION_MOVBE:
		return swap_bytes(other, width);
	case OPERATION_SET:
		return alu_condition(instruction->condition, *rflags);
	case OPERATION_INC:
	case OPERATION_DEC:
	case OPERATION_NOT:
	case OPERATION_NEG:
		return alu_unary(instruction->operation, width, old, rflags);
	case OPERATION_SHLD:
	case OPERATION_SHRD:
		return alu_double_shift(instruction->operation, width, old, other,
					instruction->form == FORM_MEMORY_REGISTER_CL
						? e->cpu->gpr[RCX]
						: instruction->immediate,
					rflags);
	default:
		return alu_binary(instruction->operation, width, old, other, rflags);
	}
}

/* BT and its kin with a register: its bits beyond the operand's width select another operand of
 * that width, before or after. */
static uint64_t bit_string_displacement(const struct emulation *e)
{
	const struct decoded_instruction *instruction = e->instruction;
	int64_t number = (int64_t)sign_extend(register_operand(e), instruction->width);

	return (uint64_t)(number >> 3) & -(uint64_t)instruction->width;
}

static bool is_bit_operation(enum operation operation)
{
	return operation == OPERATION_BT || operation == OPERATION_BTS ||
	       operation == OPERATION_BTR || operation == OPERATION_BTC;
}

static enum emulate_outcome into_memory(struct emulation *e)
{
	const struct decoded_instruction *instruction = e->instruction;
	bool writes = writes_destination(instruction->operation);
	uint64_t old = 0, add = 0, result;
	enum emulate_outcome outcome;
	struct guest_span span;

	if (is_bit_operation(instruction->operation) && instruction->form == FORM_MEMORY_REGISTER)
		add = bit_string_displacement(e);
	outcome =
		operand_locate(e, instruction->segment, operand_offset(e, add), instruction->width,
			       writes ? PAGE_ACCESS_WRITE : PAGE_ACCESS_READ, &span);
	if (outcome != EMULATE_DONE)
		return outcome;
	if (reads_destination(instruction->operation))
		old = operand_read(e, &span);
	result = result_for_memory(e, old, other_operand(e));
	if (writes)
		operand_write(e, &span, result);
	return EMULATE_DONE;
}

/* --- results into a register ----------------------------------------------------------------- */

static uint64_t result_for_register(struct emulation *e, uint64_t value)
{
	const struct decoded_instruction *instruction = e->instruction;
	unsigned width = instruction->register_width;
	uint64_t *rflags = &e->cpu->rflags;
	uint64_t old = register_operand(e), low, high;

	switch (instruction->operation) {
	case OPERATION_MOV:
	case OPERATION_MOVZX:
		return value;
	case OPERATION_MOVBE:
		return swap_bytes(value, width);
	case OPERATION_MOVSX:
	case OPERATION_MOVSXD:
		return sign_extend(value, instruction->width);
	case OPERATION_CMOV:
		return alu_condition(instruction->condition, *rflags) ? value : old;
	case OPERATION_BSF:
	case OPERATION_BSR:
	case OPERATION_TZCNT:
	case OPERATION_LZCNT:
	case OPERATION_POPCNT:
		return alu_count(instruction->operation, width, value, old, rflags);
	case OPERATION_IMUL:
		if (instruction->form == FORM_REGISTER_MEMORY_IMMEDIATE)
			old = instruction->immediate & width_mask(width);
		alu_multiply(true, width, old, value, &low, &high, rflags);
		return low;
	default:
		return alu_binary(instruction->operation, width, old, value, rflags);
	}
}

static enum emulate_outcome into_register(struct emulation *e)
{
	uint64_t value, result;
	enum emulate_outcome outcome = operand_load(e, &value);

	if (outcome != EMULATE_DONE)
		return outcome;
	result = result_for_register(e, value);
	if (e->instruction->operation != OPERATION_CMP)
		put_register_operand(e, result);
	return EMULATE_DONE;
}

/* --- multiplication and division ------------------------------------------------------------- */

/* The upper half of products and dividends: AH for bytes, else (R/E)DX. */
static uint64_t upper_half(const struct emulate_cpu *cpu, unsigned width)
{
	if (width == sizeof(uint8_t))
		return register_get(cpu, RAX, sizeof(uint16_t)) >> 8;
	return register_get(cpu, RDX, width);
}

static void put_halves(struct emulate_cpu *cpu, unsigned width, uint64_t low, uint64_t high)
{
	if (width == sizeof(uint8_t)) {
		register_put(cpu, RAX, sizeof(uint16_t), low | high << 8);
		return;
	}
	register_put(cpu, RAX, width, low);
	register_put(cpu, RDX, width, high);
}

static enum emulate_outcome multiply_or_divide(struct emulation *e)
{
	enum operation operation = e->instruction->operation;
	unsigned width = e->instruction->width;
	bool is_signed = operation == OPERATION_IMUL || operation == OPERATION_IDIV;
	uint64_t low = register_get(e->cpu, RAX, width), high = upper_half(e->cpu, width), value;
	enum emulate_outcome outcome = operand_load(e, &value);

	if (outcome != EMULATE_DONE)
		return outcome;
	if (operation == OPERATION_MUL || operation == OPERATION_IMUL)
		alu_multiply(is_signed, width, low, value, &low, &high, &e->cpu->rflags);
	else if (!alu_divide(is_signed, width, low, high, value, &low, &high))
		return operand_fault(e, EXCEPTION_DIVIDE_ERROR);
	put_halves(e->cpu, width, low, high);
	return EMULATE_DONE;
}

/* --- memory and registers at once ------------------------------------------------------------ */

/* XCHG, XADD and CMPXCHG. Memory is written in any case, as the CPU does. */
static enum emulate_outcome exchange(struct emulation *e)
{
	unsigned width = e->instruction->width;
	struct guest_span span;
	enum emulate_outcome outcome = operand_locate_memory(e, PAGE_ACCESS_WRITE, &span);
	uint64_t old, reg = register_operand(e), result = reg;

	if (outcome != EMULATE_DONE)
		return outcome;
	old = operand_read(e, &span);
	if (e->instruction->operation == OPERATION_CMPXCHG) {
		uint64_t accumulator = register_get(e->cpu, RAX, width);

		alu_binary(OPERATION_CMP, width, accumulator, old, &e->cpu->rflags);
		if (accumulator != old) {
			result = old;
			register_put(e->cpu, RAX, width, old);
		}
	} else {
		if (e->instruction->operation == OPERATION_XADD)
			result = alu_binary(OPERATION_ADD, width, old, reg, &e->cpu->rflags);
		put_register_operand(e, old);
	}
	operand_write(e, &span, result);
	return EMULATE_DONE;
}

/* CMPXCHG8B and CMPXCHG16B: (R/E)DX:(R/E)AX against memory, (R/E)CX:(R/E)BX into it. */
static enum emulate_outcome exchange_pair(struct emulation *e)
{
	unsigned half = e->instruction->width / 2;
	uint8_t bytes[2 * sizeof(uint64_t)] = { 0 };
	struct guest_span span;
	enum emulate_outcome outcome = operand_locate_memory(e, PAGE_ACCESS_WRITE, &span);
	uint64_t low = 0, high = 0;
	bool equal;

	if (outcome != EMULATE_DONE)
		return outcome;
	e->memory->read(e->memory->context, &span, bytes);
	memcpy(&low, bytes, half);
	memcpy(&high, bytes + half, half);
	equal = low == register_get(e->cpu, RAX, half) && high == register_get(e->cpu, RDX, half);
	if (equal) {
		low = register_get(e->cpu, RBX, half);
		high = register_get(e->cpu, RCX, half);
		memcpy(bytes, &low, half);
		memcpy(bytes + half, &high, half);
		e->cpu->rflags |= RFLAGS_ZF;
	} else {
		register_put(e->cpu, RAX, half, low);
		register_put(e->cpu, RDX, half, high);
		e->cpu->rflags &= ~RFLAGS_ZF;
	}
	e->memory->write(e->memory->context, &span, bytes);
	return EMULATE_DONE;
}

/* --- the choice ------------------------------------------------------------------------------ */

static enum emulate_outcome execute_data(struct emulation *e)
{
	bool to_register = e->instruction->form == FORM_REGISTER_MEMORY ||
			   e->instruction->form == FORM_REGISTER_MEMORY_IMMEDIATE;

	return to_register ? into_register(e) : into_memory(e);
}

/* Branches, segments and systems. */
static enum emulate_outcome execute_control(struct emulation *e)
{
	switch (e->instruction->operation) {
	case OPERATION_JMP:
	case OPERATION_CALL:
	case OPERATION_RET:
	case OPERATION_JMP_FAR:
	case OPERATION_CALL_FAR:
		return execute_branch(e);
	case OPERATION_LOAD_SEGMENT:
		return execute_load_segment(e);
	case OPERATION_LOAD_POINTER:
		return execute_load_pointer(e);
	case OPERATION_LMSW:
	case OPERATION_SMSW:
	case OPERATION_LLDT:
	case OPERATION_SLDT:
	case OPERATION_LTR:
	case OPERATION_STR:
	case OPERATION_LGDT:
	case OPERATION_SGDT:
	case OPERATION_LIDT:
	case OPERATION_SIDT:
		return execute_system(e);
	default:
		return execute_data(e);
	}
}

enum emulate_outcome emulate_execute(struct emulation *e)
{
	struct guest_span span;

	switch (e->instruction->operation) {
	case OPERATION_NONE:
		return EMULATE_REFUSED;
	case OPERATION_MOVS:
	case OPERATION_CMPS:
	case OPERATION_STOS:
	case OPERATION_LODS:
	case OPERATION_SCAS:
		return execute_string(e);
	case OPERATION_PUSH:
		return execute_push(e);
	case OPERATION_POP:
		return execute_pop(e);
	case OPERATION_ENTER:
		return execute_enter(e);
	case OPERATION_LEAVE:
		return execute_leave(e);
	case OPERATION_XCHG:
	case OPERATION_XADD:
	case OPERATION_CMPXCHG:
		return exchange(e);
	case OPERATION_CMPXCHG8B:
	case OPERATION_CMPXCHG16B:
		return exchange_pair(e);
	case OPERATION_VECTOR_LOAD:
		return execute_vector_load(e);
	case OPERATION_VECTOR_STORE:
		return execute_vector_store(e);
	case OPERATION_X87:
		return execute_x87(e);
	case OPERATION_CACHE_LINE:
		return operand_locate_memory(e, PAGE_ACCESS_READ, &span);
	case OPERATION_MUL:
	case OPERATION_DIV:
	case OPERATION_IDIV:
		return multiply_or_divide(e);
	case OPERATION_IMUL:
		if (e->instruction->form == FORM_MEMORY)
			return multiply_or_divide(e);
		return into_register(e);
	default:
		return execute_control(e);
	}
}
