/* Which operands an opcode has: SDM volume 2, "One-Byte Opcode Map", "Two-Byte Opcode Map" and
 * "Opcode Extensions For One-Byte And Two-byte Opcodes". Only opcodes of instructions that are
 * emulated are known here. Pure. */
#ifndef VM_EMULATE_OPCODE_FORMS_H
#define VM_EMULATE_OPCODE_FORMS_H

#include "lib/types.h"
#include "vm/emulate/instruction.h"

enum opcode_map { MAP_ONE_BYTE, MAP_0F, MAP_0F38, MAP_OTHER };

/* An opcode with what the encoding says besides. */
struct opcode {
	enum opcode_map map;
	uint8_t byte;
	uint8_t prefix; /* that selects among several instructions: 0, 66, F3 or F2 (hexadecimal) */
	bool vex, evex;
	bool wide;             /* the W of REX, VEX or EVEX */
	uint8_t vector_length; /* 0, 1, 2: registers of 16, 32, 64 bytes */
	bool masked;           /* EVEX: some elements are left alone */
};

/* Fills in form, width, register_width; `operand_size` is the effective one in bytes. False when
 * the opcode is not known here. */
bool opcode_general_form(const struct opcode *opcode, uint8_t operand_size,
			 struct decoded_instruction *instruction);

/* The same for moves of vector registers: operation, form, width and what belongs to vectors. */
bool opcode_vector_form(const struct opcode *opcode, struct decoded_instruction *instruction);

/* The same for the x87 FPU's opcodes with an operand in memory, `digit` being ModR/M's. */
bool opcode_x87_form(const struct opcode *opcode, unsigned digit,
		     struct decoded_instruction *instruction);

#endif
