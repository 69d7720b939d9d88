/* Numbers as the x87 FPU keeps them, to and from the formats that memory has. SDM volume 1, "x87 FPU
 * Data Types" and "x87 FPU Floating-Point Exception Conditions". Pure, and in integers only. */
#ifndef VM_EMULATE_X87_H
#define VM_EMULATE_X87_H

#include "lib/bits.h"
#include "lib/types.h"

/* The status word. The exceptions have the same places in the control word, where they mask. */
#define X87_INVALID     BIT(0)
#define X87_DENORMAL    BIT(1)
#define X87_OVERFLOW    BIT(3)
#define X87_UNDERFLOW   BIT(4)
#define X87_PRECISION   BIT(5)
#define X87_EXCEPTIONS  BITS(5, 0)
#define X87_STACK_FAULT BIT(6)
#define X87_SUMMARY     BIT(7) /* an exception that is not masked waits */
#define X87_C1          BIT(9)
#define X87_TOP         BITS(13, 11)
#define X87_BUSY        BIT(15) /* as the summary */
/* The control word. */
#define X87_ROUNDING    BITS(11, 10)
#define X87_CONTROL     (BITS(12, 8) | X87_EXCEPTIONS) /* what can be written */
#define X87_CONTROL_ONE BIT(6)                         /* reads as 1 */

enum x87_rounding { ROUND_NEAREST, ROUND_DOWN, ROUND_UP, ROUND_TO_ZERO };

struct x87_number {
	uint64_t significand; /* with its integer bit */
	uint16_t exponent;    /* biased, below the sign */
};

/* So many of it are a number as the FPU, and memory, has it. */
#define X87_NUMBER_BYTES 10
_Static_assert(offsetof(struct x87_number, exponent) == X87_NUMBER_BYTES - sizeof(uint16_t),
	       "as the FPU lays it out");

/* What an invalid operation gives, where that is masked. */
extern const struct x87_number x87_indefinite;

/* From memory: a float of 4 or 8 bytes, or an integer. `raised` gets the exceptions (or-ed). */
struct x87_number x87_from_float(uint64_t bits, unsigned width, uint16_t *raised);
struct x87_number x87_from_integer(int64_t value);

/* To memory: the bits of a float of 4 or 8 bytes, or of an integer of 2, 4 or 8. `control` is the
 * control word, by whose masks what overflows or underflows is replaced. `raised` gets the exceptions,
 * and C1 when the last bit was rounded up. */
uint64_t x87_to_float(struct x87_number number, unsigned width, uint16_t control, uint16_t *raised);
uint64_t x87_to_integer(struct x87_number number, unsigned width, enum x87_rounding rounding,
			uint16_t *raised);

#endif
