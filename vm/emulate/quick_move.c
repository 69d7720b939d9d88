/* Learning moves. */
#include "vm/emulate/quick_move.h"

#include "lib/bits.h"
#include "lib/string.h"
#include "vm/emulate/alu.h"
#include "vm/guest_memory.h"
#include "x86/control_registers.h"

#define HIGH_BYTE_SHIFT 8

uint64_t quick_mode(enum code_mode mode, uint64_t cr0, uint64_t cr4, uint64_t efer)
{
	return ((uint64_t)mode + 1) << 32 | (efer & EFER_LMA) | field_get(cr0, CR0_PG) |
	       (cr4 & (CR4_PSE | CR4_PAE | CR4_LA57));
}

/* --- learning -------------------------------------------------------------------------------- */

static enum quick_kind kind_of(const struct decoded_instruction *instruction)
{
	if (instruction->form == FORM_MEMORY_IMMEDIATE)
		return instruction->operation == OPERATION_MOV ? QUICK_STORE_IMMEDIATE : QUICK_NONE;
	/* RSP is not with the general registers. */
	if (instruction->reg == RSP && !instruction->high_byte)
		return QUICK_NONE;
	if (instruction->form == FORM_MEMORY_REGISTER)
		return instruction->operation == OPERATION_MOV ? QUICK_STORE : QUICK_NONE;
	if (instruction->form != FORM_REGISTER_MEMORY)
		return QUICK_NONE;
	switch (instruction->operation) {
	case OPERATION_MOV:
	case OPERATION_MOVZX:
		return QUICK_LOAD;
	case OPERATION_MOVSX:
	case OPERATION_MOVSXD:
		return QUICK_LOAD_SIGNED;
	default:
		return QUICK_NONE;
	}
}

/* Keeps the bytes, which have to lie in one page of RAM with room behind them for two words. */
static bool keep_bytes(struct quick_move *move, struct vm *vm, gpa_t at,
		       const struct decoded_instruction *instruction)
{
	uint8_t ones[sizeof(move->masks)] = { 0 };

	if ((at.value & PAGE_MASK) > PAGE_SIZE - sizeof(move->bytes))
		return false;
	move->host = guest_ram(vm, at, sizeof(move->bytes), ACCESS_EXECUTE);
	if (!move->host)
		return false;
	memset(ones, 0xff, instruction->length);
	memcpy(move->masks, ones, sizeof(ones));
	memcpy(move->bytes, instruction->bytes, instruction->length);
	return true;
}

static bool read_entry(void *context, gpa_t at, unsigned width, uint64_t *value)
{
	const uint8_t *host = guest_ram(context, at, width, ACCESS_READ);

	*value = 0;
	if (host)
		memcpy(value, host, width);
	return host;
}

/* Keeps the entries of the page tables. */
static bool keep_steps(struct quick_move *move, struct vm *vm, const struct page_walk_trace *trace)
{
	for (unsigned i = 0; i < trace->count; i++) {
		const struct page_walk_step *step = &trace->steps[i];

		move->narrow = step->width == sizeof(uint32_t);
		move->steps[i].at = guest_ram(vm, step->at, step->width, ACCESS_READ);
		move->steps[i].entry = step->entry;
		if (!move->steps[i].at)
			return false;
	}
	move->step_count = (uint8_t)trace->count;
	return true;
}

/* A result of 32 bits clears the rest of the register. */
static void find_bits(struct quick_move *move, unsigned register_width)
{
	move->loaded = width_mask(register_width) << move->shift;
	move->kept = register_width == sizeof(uint32_t) ? 0 : ~move->loaded;
}

void quick_move_learn(struct quick_moves *moves, struct vm *vm, const struct page_walk_state *walk,
		      enum code_mode mode, gva_t code,
		      const struct decoded_instruction *instruction)
{
	const struct page_walk_memory memory = { .context = vm, .read = read_entry };
	struct quick_move *to = &moves->moves[quick_row(code.value)];
	struct quick_move move = {
		.place = {
			.code = code.value,
			.cr3 = walk->cr3,
			.mode = quick_mode(mode, walk->cr0, walk->cr4, walk->efer),
		},
		.kind = (uint8_t)kind_of(instruction),
		.length = instruction->length,
		.width = instruction->width,
		.reg = instruction->reg,
		.shift = instruction->high_byte ? HIGH_BYTE_SHIFT : 0,
		.mask = width_mask(instruction->width),
		.immediate = instruction->immediate,
	};
	struct page_walk_trace trace;

	/* PAE paging has its first entries in registers, which may change behind CR3: not kept. */
	if (move.kind == QUICK_NONE || page_walk_has_pdptes(walk))
		return;
	move.stores = move.kind == QUICK_STORE || move.kind == QUICK_STORE_IMMEDIATE;
	if (!move.stores)
		find_bits(&move, instruction->register_width);
	page_walk_trace(walk, &memory, code, PAGE_ACCESS_FETCH, &trace);
	if (trace.result.status == PAGE_WALK_DONE && keep_steps(&move, vm, &trace) &&
	    keep_bytes(&move, vm, trace.result.gpa, instruction))
		*to = move;
}
