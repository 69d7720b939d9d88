/* Moves between a register and a device that are made again and again: a driver reads the same register
 * with the same instruction. What the emulator found out about such an instruction is kept, so that the
 * next time it can be carried out in the backend's loop. It is kept with everything that it depends
 * on: the code's mode, CR3, the entries of the page tables that lead to the code, and the code's
 * bytes. All of that is compared before it is used, so that nothing has to be forgotten. Pure. */
#ifndef VM_EMULATE_QUICK_MOVE_H
#define VM_EMULATE_QUICK_MOVE_H

#include "lib/page_walk.h"
#include "lib/types.h"
#include "vm/emulate/alu.h"
#include "vm/emulate/instruction.h"

#define QUICK_MOVES 16 /* a power of two */

struct vm;

enum quick_kind { QUICK_NONE, QUICK_LOAD, QUICK_LOAD_SIGNED, QUICK_STORE, QUICK_STORE_IMMEDIATE };

#define QUICK_WORDS 2 /* of eight bytes: the longest instruction */

/* Where an instruction is. Equal words mean equal translation and decoding. */
struct quick_place {
	uint64_t code; /* linear address */
	uint64_t cr3;  /* 0 without paging */
	uint64_t mode; /* of paging and of the code: opaque, and not 0 */
};

struct quick_move {
	struct quick_place place;
	const uint8_t *host; /* its bytes, in RAM */
	uint64_t bytes[QUICK_WORDS], masks[QUICK_WORDS];
	struct {
		const void *at; /* in RAM */
		uint64_t entry;
	} steps[PAGE_WALK_STEPS];
	uint8_t step_count;
	bool narrow; /* the entries have 4 bytes */
	bool stores;
	uint8_t kind; /* enum quick_kind */
	uint8_t length;
	uint8_t width; /* of what moves */
	uint8_t reg;   /* enum gpr */
	uint8_t shift; /* 8 for AH, CH, DH, BH */
	uint64_t mask; /* of `width` */
	uint64_t immediate;
	uint64_t loaded, kept; /* bits of the register that a load writes, and that it leaves */
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

/* --- what is done at every exit ---------------------------------------------------------------- */

/* Neighbouring instructions are a few bytes apart. */
static inline unsigned quick_row(uint64_t code)
{
	return (code ^ code >> 3) % QUICK_MOVES;
}

static inline bool quick_is_translated_as_before(const struct quick_move *move)
{
	for (unsigned i = 0; i < move->step_count; i++) {
		const void *at = move->steps[i].at;
		uint64_t now = move->narrow
				       ? __atomic_load_n((const uint32_t *)at, __ATOMIC_RELAXED)
				       : __atomic_load_n((const uint64_t *)at, __ATOMIC_RELAXED);

		if (now != move->steps[i].entry)
			return false;
	}
	return true;
}

static inline bool quick_has_bytes_as_before(const struct quick_move *move)
{
	uint64_t now[QUICK_WORDS];

	__builtin_memcpy(now, move->host, sizeof(now));
	return !(((now[0] ^ move->bytes[0]) & move->masks[0]) |
		 ((now[1] ^ move->bytes[1]) & move->masks[1]));
}

/* The move at that place, or null: it is not known, or not any more. */
static inline const struct quick_move *quick_move_find(const struct quick_moves *moves,
						       const struct quick_place *place)
{
	const struct quick_move *move = &moves->moves[quick_row(place->code)];

	if (unlikely(move->place.code != place->code || move->place.cr3 != place->cr3 ||
		     move->place.mode != place->mode))
		return NULL;
	return quick_is_translated_as_before(move) && likely(quick_has_bytes_as_before(move))
		       ? move
		       : NULL;
}

/* What a store writes. RSP is not among the registers. */
static inline uint64_t quick_move_value(const struct quick_move *move, const uint64_t *gpr)
{
	uint64_t value =
		move->kind == QUICK_STORE ? gpr[move->reg] >> move->shift : move->immediate;

	return value & move->mask;
}

/* What a load of `value` makes of the registers. */
static inline void quick_move_load(const struct quick_move *move, uint64_t *gpr, uint64_t value)
{
	uint64_t *to = &gpr[move->reg];

	value &= move->mask;
	if (unlikely(move->kind == QUICK_LOAD_SIGNED))
		value = sign_extend(value, move->width);
	*to = (*to & move->kept) | (value << move->shift & move->loaded);
}

#endif
