/* The exceptions: SDM volume 3, "Exception and Interrupt Reference". */
#ifndef X86_EXCEPTION_H
#define X86_EXCEPTION_H

#include "lib/bits.h"

/* X(vector, symbol, mnemonic, pushes an error code in protected mode). */
#define EXCEPTION_LIST(X)                    \
	X(0, DIVIDE_ERROR, "#DE", 0)         \
	X(1, DEBUG, "#DB", 0)                \
	X(3, BREAKPOINT, "#BP", 0)           \
	X(4, OVERFLOW, "#OF", 0)             \
	X(5, BOUND, "#BR", 0)                \
	X(6, INVALID_OPCODE, "#UD", 0)       \
	X(7, NO_MATH, "#NM", 0)              \
	X(8, DOUBLE_FAULT, "#DF", 1)         \
	X(10, INVALID_TSS, "#TS", 1)         \
	X(11, SEGMENT_NOT_PRESENT, "#NP", 1) \
	X(12, STACK_FAULT, "#SS", 1)         \
	X(13, PROTECTION, "#GP", 1)          \
	X(14, PAGE_FAULT, "#PF", 1)          \
	X(16, MATH_FAULT, "#MF", 0)          \
	X(17, ALIGNMENT_CHECK, "#AC", 1)     \
	X(18, MACHINE_CHECK, "#MC", 0)       \
	X(19, SIMD, "#XM", 0)                \
	X(20, VIRTUALIZATION, "#VE", 0)      \
	X(21, CONTROL_PROTECTION, "#CP", 1)

enum exception {
#define X(vector, symbol, mnemonic, code) EXCEPTION_##symbol = (vector),
	EXCEPTION_LIST(X)
#undef X
};

/* The vectors below are reserved for exceptions and the NMI. */
#define EXCEPTION_VECTORS 32

#define VECTOR_NMI 2

/* The SDM's mnemonic of an exception vector ("#GP"), or "?" for a vector that has none. */
const char *exception_name(unsigned vector);

/* Does this vector push an error code in protected mode? */
static inline bool exception_has_error_code(unsigned vector)
{
#define X(number, symbol, mnemonic, code) | (uint64_t)(code) << (number)
	const uint64_t with_code = 0 EXCEPTION_LIST(X);
#undef X
	return vector < EXCEPTION_VECTORS && (with_code & BIT(vector));
}

#endif
