/* SDM volume 2, "FLD" to "FST/FSTP", "FILD" to "FISTTP", "FLDCW", "FSTCW/FNSTCW", "FSTSW/FNSTSW". What
 * the CPU looks at before the operand (CR0.EM and TS, an exception that waits) it has looked at. */
#include "vm/emulate/execute_x87.h"

#include "lib/string.h"
#include "vm/emulate/alu.h"
#include "vm/emulate/operand.h"
#include "vm/emulate/x87.h"

enum { REGISTERS = VCPU_X87_COUNT, NUMBER_TOP = REGISTERS - 1 };

/* The control registers, as VCPU_X87_CONTROL holds them. */
struct words {
	uint16_t control, status;
	uint8_t valid; /* a bit for each register that is not empty */
};
enum { WORDS_BYTES = 5 }; /* without the padding */
_Static_assert(offsetof(struct words, valid) == WORDS_BYTES - 1, "one behind the other");

static bool get_words(struct emulation *e, struct words *words)
{
	uint8_t value[VCPU_VECTOR_BYTES];

	if (!e->memory->read_vector(e->memory->context, VCPU_X87_CONTROL, value))
		return false;
	memcpy(words, value, WORDS_BYTES);
	return true;
}

/* The summary follows from the exceptions and their masks. */
static bool put_words(struct emulation *e, struct words *words)
{
	uint8_t value[VCPU_VECTOR_BYTES] = { 0 };

	words->status &= (uint16_t) ~(X87_SUMMARY | X87_BUSY);
	if (words->status & ~words->control & X87_EXCEPTIONS)
		words->status |= X87_SUMMARY | X87_BUSY;
	memcpy(value, words, WORDS_BYTES);
	return e->memory->write_vector(e->memory->context, VCPU_X87_CONTROL, value, true);
}

static unsigned top(const struct words *words)
{
	return (unsigned)field_get(words->status, X87_TOP);
}

static void set_top(struct words *words, unsigned number)
{
	words->status &= (uint16_t)~X87_TOP;
	words->status |= (uint16_t)field_put(X87_TOP, number % REGISTERS);
}

/* True when what was raised is masked altogether, and the instruction has its result. */
static bool is_masked(const struct words *words, uint16_t raised)
{
	return !(raised & ~words->control & X87_EXCEPTIONS);
}

/* --- loads ----------------------------------------------------------------------------------- */

static struct x87_number loaded(const struct decoded_instruction *instruction, const uint8_t *bytes,
				uint16_t *raised)
{
	struct x87_number number;
	uint64_t value = 0;

	if (instruction->x87 == X87_LOAD_WHOLE) {
		memcpy(&number, bytes, X87_NUMBER_BYTES);
		return number;
	}
	memcpy(&value, bytes, instruction->width);
	if (instruction->x87 == X87_LOAD_FLOAT)
		return x87_from_float(value, instruction->width, raised);
	return x87_from_integer((int64_t)sign_extend(value, instruction->width));
}

static enum emulate_outcome load(struct emulation *e, struct words *words,
				 const struct guest_span *span)
{
	uint8_t bytes[VCPU_VECTOR_BYTES] = { 0 };
	unsigned target = (top(words) + NUMBER_TOP) % REGISTERS;
	uint16_t raised = 0;
	struct x87_number number;

	e->memory->read(e->memory->context, span, bytes);
	number = loaded(e->instruction, bytes, &raised);
	words->status &= (uint16_t)~X87_C1;
	if (words->valid & BIT(target)) {
		raised = X87_INVALID | X87_STACK_FAULT | X87_C1;
		number = x87_indefinite;
	}
	words->status |= raised;
	/* One that is only denormal is loaded in any case. */
	if (!is_masked(words, raised & (uint16_t)~X87_DENORMAL))
		return put_words(e, words) ? EMULATE_DONE : EMULATE_REFUSED;
	set_top(words, target);
	words->valid |= (uint8_t)BIT(target);
	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes, &number, X87_NUMBER_BYTES);
	/* The words first: where registers lie follows from them. */
	if (!put_words(e, words) ||
	    !e->memory->write_vector(e->memory->context, VCPU_X87 + target, bytes, true))
		return EMULATE_REFUSED;
	return EMULATE_DONE;
}

/* --- stores ---------------------------------------------------------------------------------- */

static void convert(const struct decoded_instruction *instruction, struct x87_number number,
		    uint16_t control, uint8_t *bytes, uint16_t *raised)
{
	enum x87_rounding rounding = (enum x87_rounding)field_get(control, X87_ROUNDING);
	uint64_t value;

	if (instruction->x87 == X87_STORE_WHOLE) {
		memcpy(bytes, &number, X87_NUMBER_BYTES);
		return;
	}
	if (instruction->x87 == X87_STORE_TRUNCATED)
		rounding = ROUND_TO_ZERO;
	if (instruction->x87 == X87_STORE_FLOAT)
		value = x87_to_float(number, instruction->width, control, raised);
	else
		value = x87_to_integer(number, instruction->width, rounding, raised);
	memcpy(bytes, &value, instruction->width);
}

static enum emulate_outcome store(struct emulation *e, struct words *words,
				  const struct guest_span *span)
{
	const struct decoded_instruction *instruction = e->instruction;
	uint8_t bytes[VCPU_VECTOR_BYTES], result[X87_NUMBER_BYTES];
	unsigned source = top(words);
	struct x87_number number = x87_indefinite;
	uint16_t raised = 0;

	if (!e->memory->read_vector(e->memory->context, VCPU_X87 + source, bytes))
		return EMULATE_REFUSED;
	if (words->valid & BIT(source)) {
		memcpy(&number, bytes, X87_NUMBER_BYTES);
		convert(instruction, number, words->control, result, &raised);
	} else {
		convert(instruction, number, words->control, result, &raised);
		raised = X87_INVALID | X87_STACK_FAULT;
	}
	words->status &= (uint16_t)~X87_C1;
	words->status |= raised;
	/* A result that is only not exact is stored in any case. */
	if (is_masked(words, raised & (uint16_t)~X87_PRECISION)) {
		e->memory->write(e->memory->context, span, result);
		if (instruction->x87_pops) {
			words->valid &= (uint8_t)~BIT(source);
			set_top(words, source + 1);
		}
	}
	return put_words(e, words) ? EMULATE_DONE : EMULATE_REFUSED;
}

/* --- the choice ------------------------------------------------------------------------------ */

static bool is_store(enum x87_operation operation)
{
	return operation >= X87_STORE_FLOAT;
}

enum emulate_outcome execute_x87(struct emulation *e)
{
	const struct decoded_instruction *instruction = e->instruction;
	enum page_access access = is_store(instruction->x87) ? PAGE_ACCESS_WRITE : PAGE_ACCESS_READ;
	struct guest_span span;
	struct words words;
	enum emulate_outcome outcome = operand_locate_memory(e, access, &span);

	if (outcome != EMULATE_DONE)
		return outcome;
	if (!get_words(e, &words))
		return EMULATE_REFUSED;
	switch (instruction->x87) {
	case X87_LOAD_CONTROL:
		words.control =
			(uint16_t)((operand_read(e, &span) & X87_CONTROL) | X87_CONTROL_ONE);
		return put_words(e, &words) ? EMULATE_DONE : EMULATE_REFUSED;
	case X87_STORE_CONTROL:
		operand_write(e, &span, words.control);
		return EMULATE_DONE;
	case X87_STORE_STATUS:
		operand_write(e, &span, words.status);
		return EMULATE_DONE;
	default:
		return is_store(instruction->x87) ? store(e, &words, &span)
						  : load(e, &words, &span);
	}
}
