/* Moves between a register and a device that are made again and again: a driver reads the same register
 * with the same instruction. What the emulator found out about such an instruction is kept, so that the
 * next time it can be carried out in the backend's loop. It is kept with everything that it depends
 * on: the code's mode, CR3, the entries of the page tables that lead to the code, and the code's
 * bytes. All of that is compared before it is used, so that nothing has to be forgotten. Pure. */
#ifndef VM_EMULATE_QUICK_MOVE_H
#define VM_EMULATE_QUICK_MOVE_H

#include "lib/page_walk.h"
#include "lib/types.h"
#include "vm/emulate/instruction.h"

#define QUICK_MOVES 8 /* a power of two */

struct vm;

enum quick_kind { QUICK_NONE, QUICK_LOAD, QUICK_LOAD_SIGNED, QUICK_STORE, QUICK_STORE_IMMEDIATE };

/* Where an instruction is. Equal words mean equal translation and decoding. */
struct quick_place {
	uint64_t code; /* linear address */
	uint64_t cr3;  /* 0 without paging */
	uint64_t mode; /* of paging and of the code: opaque */
};

struct quick_move {
	struct quick_place place;
	const uint8_t *host; /* its bytes, in RAM */
	uint64_t bytes[2], masks[2];
	struct {
		const void *at; /* in RAM */
		uint64_t entry;
	} steps[PAGE_WALK_STEPS];
	uint8_t step_count;
	bool narrow;  /* the entries have 4 bytes */
	uint8_t kind; /* enum quick_kind */
	uint8_t length;
	uint8_t width;          /* of what moves */
	uint8_t register_width; /* of what a load writes */
	uint8_t reg;            /* enum gpr */
	uint8_t shift;          /* 8 for AH, CH, DH, BH */
	uint64_t immediate;
};

/* All zero: empty. One a vCPU, owned by the CPU that it is bound to. */
struct quick_moves {
	struct quick_move moves[QUICK_MOVES];
};

/* The word for struct quick_place, of registers that decide. */
uint64_t quick_mode(enum code_mode mode, uint64_t cr0, uint64_t cr4, uint64_t efer);

/* Keeps an instruction that was just carried out, if it is such a move. `walk` are the registers that
 * it was fetched with. */
void quick_move_learn(struct quick_moves *moves, struct vm *vm, const struct page_walk_state *walk,
		      enum code_mode mode, gva_t code,
		      const struct decoded_instruction *instruction);

/* The move at that place, or null: it is not known, or not any more. */
const struct quick_move *quick_move_find(const struct quick_moves *moves,
					 const struct quick_place *place);

static inline bool quick_move_stores(const struct quick_move *move)
{
	return move->kind == QUICK_STORE || move->kind == QUICK_STORE_IMMEDIATE;
}

/* What a store writes, and what a load of `value` makes of the registers. RSP is not among them. */
uint64_t quick_move_value(const struct quick_move *move, const uint64_t *gpr);
void quick_move_load(const struct quick_move *move, uint64_t *gpr, uint64_t value);

#endif
