/* Arithmetic, logic, shifts and bit operations with the flags that the CPU would leave. SDM volume
 * 1, "EFLAGS Register", and the page of each instruction in volume 2. A flag that is undefined
 * afterwards gets the value that present CPUs give it, where they agree. Pure. */
#ifndef VM_EMULATE_ALU_H
#define VM_EMULATE_ALU_H

#include "lib/types.h"
#include "vm/emulate/instruction.h"

/* OF, SF, ZF, AF, PF and CF. */
#define RFLAGS_STATUS (RFLAGS_CF | RFLAGS_PF | RFLAGS_AF | RFLAGS_ZF | RFLAGS_SF | RFLAGS_OF)

/* All ones of `width` bytes: 1, 2, 4 or 8. */
static inline uint64_t width_mask(unsigned width)
{
	return ~0ull >> (64 - 8 * width);
}

static inline uint64_t sign_extend(uint64_t value, unsigned width)
{
	unsigned unused = 64 - 8 * width;

	return (uint64_t)((int64_t)(value << unused) >> unused);
}

/* The result of an operation of two operands: ADD, OR, ADC, SBB, AND, SUB, XOR, CMP and TEST (whose
 * result nobody stores), BT, BTS, BTR, BTC (`b` is the bit's number, of which as many bits count as
 * the width has), and the shifts and rotations (`b` is the count). Operands and result are of
 * `width` bytes, zero above. `rflags` is read and changed. */
uint64_t alu_binary(enum operation operation, unsigned width, uint64_t a, uint64_t b,
		    uint64_t *rflags);

/* INC, DEC, NOT and NEG. */
uint64_t alu_unary(enum operation operation, unsigned width, uint64_t a, uint64_t *rflags);

/* SHLD and SHRD: `a` shifted, filled up from `fill`. */
uint64_t alu_double_shift(enum operation operation, unsigned width, uint64_t a, uint64_t fill,
			  uint64_t count, uint64_t *rflags);

/* BSF, BSR, TZCNT, LZCNT and POPCNT of `a`. BSF and BSR of zero give `old`. */
uint64_t alu_count(enum operation operation, unsigned width, uint64_t a, uint64_t old,
		   uint64_t *rflags);

/* MUL and IMUL: the full product in `low` and `high`, each of `width` bytes. */
void alu_multiply(bool is_signed, unsigned width, uint64_t a, uint64_t b, uint64_t *low,
		  uint64_t *high, uint64_t *rflags);

/* DIV and IDIV of high:low. False, and nothing stored, where the CPU raises #DE. */
bool alu_divide(bool is_signed, unsigned width, uint64_t low, uint64_t high, uint64_t divisor,
		uint64_t *quotient, uint64_t *remainder);

/* Does the condition that is encoded in the low four bits of Jcc, SETcc and CMOVcc hold? */
bool alu_condition(unsigned condition, uint64_t rflags);

#endif
