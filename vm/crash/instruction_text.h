/* An instruction as a line of assembly, and the memory that it would touch with the registers as
 * they are. Pure. */
#ifndef VM_CRASH_INSTRUCTION_TEXT_H
#define VM_CRASH_INSTRUCTION_TEXT_H

#include "lib/types.h"
#include "vm/emulate/instruction.h"
#include "vm/emulate/segment_register.h"

#define INSTRUCTION_TEXT_MAX 96
#define INSTRUCTION_BYTES    15
#define INSTRUCTION_OPERANDS 2

/* What addresses are made of. */
struct instruction_registers {
	uint64_t gpr[GPR_COUNT]; /* RSP included */
	uint64_t rip;            /* of the instruction, an offset into its segment */
	uint64_t base[SEGMENT_COUNT];
};

/* Memory that an instruction names, or uses as its stack. */
struct instruction_operand {
	gva_t address;  /* linear */
	uint16_t width; /* bytes */
	bool read, write;
};

struct instruction_text {
	unsigned length; /* 0: no instruction that the decoder knows, and `text` says so */
	char text[INSTRUCTION_TEXT_MAX];
	unsigned operands;
	struct instruction_operand operand[INSTRUCTION_OPERANDS];
};

/* Describes the instruction at `bytes`, of which `available` (0..15) are there. */
void instruction_describe(enum code_mode mode, const uint8_t *bytes, unsigned available,
			  const struct instruction_registers *registers,
			  struct instruction_text *out);

#endif
