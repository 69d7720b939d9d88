/* From bytes to struct decoded_instruction. Zydis takes the bytes apart; which of all instructions
 * Plinth emulates, and where their operands are, is decided here. Pure. */
#ifndef VM_EMULATE_DECODER_H
#define VM_EMULATE_DECODER_H

#include "lib/types.h"
#include "vm/emulate/instruction.h"

enum decode_status {
	DECODE_DONE,     /* operation may be OPERATION_NONE: known by name, but not emulated */
	DECODE_MORE,     /* the bytes end before the instruction does */
	DECODE_TOO_LONG, /* no end within 15 bytes: #GP(0) */
	DECODE_ILLEGAL,  /* a prefix or register that this instruction does not take: #UD */
	DECODE_UNKNOWN,  /* to this decoder, at least */
};

/* Decodes the instruction at `bytes`, of which `available` (1..15) are there. */
enum decode_status decode_instruction(enum code_mode mode, const uint8_t *bytes, unsigned available,
				      struct decoded_instruction *instruction);

#endif
