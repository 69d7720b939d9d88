/* The string instructions. With REP, each element is an instruction's worth of work: registers move
 * after each, and a fault or the end of a chunk leaves them where the next execution goes on. Flags
 * change when the instruction ends only: SDM volume 2, "REP/REPE/REPZ/REPNE/REPNZ". With RFLAGS.TF
 * a chunk is one element, since a debug trap follows each. */
#include "vm/emulate/execute_string.h"

#include "vm/emulate/alu.h"
#include "vm/emulate/operand.h"
#include "x86/control_registers.h"

static bool has_source(enum operation operation)
{
	return operation == OPERATION_MOVS || operation == OPERATION_CMPS ||
	       operation == OPERATION_LODS;
}

static bool has_destination(enum operation operation)
{
	return operation != OPERATION_LODS;
}

/* An index register after an element. */
static void step(struct emulation *e, enum gpr index)
{
	const struct decoded_instruction *instruction = e->instruction;
	uint64_t by = instruction->width;

	if (e->cpu->rflags & RFLAGS_DF)
		by = -by;
	register_put(e->cpu, index, instruction->address_width, e->cpu->gpr[index] + by);
}

/* One element, `rflags` being those that a comparison leaves. */
static enum emulate_outcome move_element(struct emulation *e, uint64_t *rflags)
{
	const struct decoded_instruction *instruction = e->instruction;
	enum operation operation = instruction->operation;
	unsigned width = instruction->width, address_width = instruction->address_width;
	bool stores = operation == OPERATION_MOVS || operation == OPERATION_STOS;
	struct guest_span source, destination;
	enum emulate_outcome outcome = EMULATE_DONE;
	uint64_t value;

	if (has_source(operation))
		outcome = operand_locate(e, instruction->segment,
					 register_get(e->cpu, RSI, address_width), width,
					 PAGE_ACCESS_READ, &source);
	if (outcome == EMULATE_DONE && has_destination(operation))
		outcome = operand_locate(e, SEGMENT_ES, register_get(e->cpu, RDI, address_width),
					 width, stores ? PAGE_ACCESS_WRITE : PAGE_ACCESS_READ,
					 &destination);
	if (outcome != EMULATE_DONE)
		return outcome;
	value = has_source(operation) ? operand_read(e, &source) : register_get(e->cpu, RAX, width);
	if (stores)
		operand_write(e, &destination, value);
	else if (operation == OPERATION_LODS)
		register_put(e->cpu, RAX, width, value);
	else
		alu_binary(OPERATION_CMP, width, value, operand_read(e, &destination), rflags);
	if (has_source(operation))
		step(e, RSI);
	if (has_destination(operation))
		step(e, RDI);
	return EMULATE_DONE;
}

/* Has a comparison ended the repetition? */
static bool is_decided(const struct decoded_instruction *instruction, uint64_t rflags)
{
	bool equal = rflags & RFLAGS_ZF;

	if (instruction->operation != OPERATION_CMPS && instruction->operation != OPERATION_SCAS)
		return false;
	return instruction->repeat == REPEAT_EQUAL ? !equal : equal;
}

enum emulate_outcome execute_string(struct emulation *e)
{
	const struct decoded_instruction *instruction = e->instruction;
	unsigned address_width = instruction->address_width;
	uint64_t rflags = e->cpu->rflags;
	unsigned chunk = rflags & RFLAGS_TF ? 1 : STRING_CHUNK;
	enum emulate_outcome outcome;

	if (!instruction->repeat) {
		outcome = move_element(e, &rflags);
		if (outcome == EMULATE_DONE)
			e->cpu->rflags = rflags;
		return outcome;
	}
	for (unsigned done = 0; register_get(e->cpu, RCX, address_width); done++) {
		if (done == chunk)
			return EMULATE_CONTINUE;
		outcome = move_element(e, &rflags);
		/* What cannot be done is told when it is the first to be done. */
		if (outcome == EMULATE_REFUSED && done)
			return EMULATE_CONTINUE;
		if (outcome != EMULATE_DONE)
			return outcome;
		register_put(e->cpu, RCX, address_width, e->cpu->gpr[RCX] - 1);
		if (is_decided(instruction, rflags))
			break;
	}
	e->cpu->rflags = rflags;
	return EMULATE_DONE;
}
