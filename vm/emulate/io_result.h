/* What an IN leaves in RAX. SDM volume 1, "General-Purpose Registers in 64-Bit Mode": a 32-bit
 * result clears bits 63:32, an 8-bit or 16-bit one leaves all other bits as they were. */
#ifndef VM_EMULATE_IO_RESULT_H
#define VM_EMULATE_IO_RESULT_H

#include "lib/bits.h"
#include "lib/types.h"

/* RAX after IN of `width` bytes (1, 2 or 4) read `value`; bits of `value` beyond the width are
 * ignored. */
static inline uint64_t io_result(uint64_t rax, unsigned width, uint32_t value)
{
	uint64_t mask = BITS(width * 8 - 1, 0);

	return width == 4 ? value : (rax & ~mask) | (value & mask);
}

/* The same where RAX lies in memory. For a width that is constant it is one instruction. */
static inline void io_put_result(uint64_t *rax, unsigned width, uint32_t value)
{
	if (width == 1)
		*(uint8_t *)rax = (uint8_t)value;
	else if (width == 2)
		*(uint16_t *)rax = (uint16_t)value;
	else
		*rax = value;
}

#endif
