/* The fields of an instruction's encoding, legacy, VEX or EVEX, as Zydis takes them apart: which opcode
 * it is, and what its prefixes say. SDM volume 2, "Instruction Format" and "Intel AVX-512 Encoding".
 * Pure. */
#ifndef VM_EMULATE_ENCODING_H
#define VM_EMULATE_ENCODING_H

#include "lib/types.h"
#include "vm/emulate/opcode_forms.h"

enum { PREFIX_OPERAND_SIZE = 0x66, PREFIX_REPNE = 0xf2, PREFIX_REP = 0xf3 };

struct ZydisDecodedInstruction_;
struct ZydisDecoder_;

/* Sets the decoder up for code of that mode. A ZyanStatus. */
uint32_t encoded_start(struct ZydisDecoder_ *decoder, enum code_mode mode);

/* The segment that the last override names, or `otherwise`. In 64-bit mode only FS and GS count. */
uint8_t encoded_segment(const struct ZydisDecodedInstruction_ *z, uint8_t otherwise);

struct opcode encoded_opcode(const struct ZydisDecodedInstruction_ *z);

/* What is added to the numbers of registers in ModR/M and SIB. */
struct register_extensions {
	uint8_t reg, index, base;
	uint8_t vector; /* to `reg`, where it is a vector register: EVEX has 32 of them */
	uint8_t other;  /* the whole number of the register that only VEX and EVEX have room for */
};

struct register_extensions encoded_extensions(const struct ZydisDecodedInstruction_ *z);

#endif
