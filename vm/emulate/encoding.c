/* Prefixes: the fields of VEX and EVEX are inverted. */
#include "vm/emulate/encoding.h"

#include <Zydis/Zydis.h>

#include "vm/emulate/segment_register.h"

static const struct {
	ZydisMachineMode machine;
	ZydisStackWidth stack;
} modes[] = {
	[CODE_REAL] = { ZYDIS_MACHINE_MODE_REAL_16, ZYDIS_STACK_WIDTH_16 },
	[CODE_16] = { ZYDIS_MACHINE_MODE_LEGACY_16, ZYDIS_STACK_WIDTH_16 },
	[CODE_32] = { ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32 },
	[CODE_64] = { ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64 },
};

ZyanStatus encoded_start(ZydisDecoder *decoder, enum code_mode mode)
{
	return ZydisDecoderInit(decoder, modes[mode].machine, modes[mode].stack);
}

enum {
	PREFIX_ES = 0x26,
	PREFIX_CS = 0x2e,
	PREFIX_SS = 0x36,
	PREFIX_DS = 0x3e,
	PREFIX_FS = 0x64,
	PREFIX_GS = 0x65,
};

enum { EXTENSION = 8, VECTOR_EXTENSION = 16 };

static bool is_code64(const ZydisDecodedInstruction *z)
{
	return z->machine_mode == ZYDIS_MACHINE_MODE_LONG_64;
}

/* The last of F2 and F3, or 66 where there is neither. */
static uint8_t legacy_prefix(const ZydisDecodedInstruction *z)
{
	uint8_t found = 0;

	for (unsigned i = 0; i < z->raw.prefix_count; i++) {
		uint8_t prefix = z->raw.prefixes[i].value;

		if (prefix == PREFIX_REPNE || prefix == PREFIX_REP ||
		    (prefix == PREFIX_OPERAND_SIZE && !found))
			found = prefix;
	}
	return found;
}

uint8_t encoded_segment(const ZydisDecodedInstruction *z, uint8_t otherwise)
{
	for (unsigned i = z->raw.prefix_count; i-- > 0;) {
		switch (z->raw.prefixes[i].value) {
		case PREFIX_FS:
			return SEGMENT_FS;
		case PREFIX_GS:
			return SEGMENT_GS;
		case PREFIX_ES:
		case PREFIX_CS:
		case PREFIX_SS:
		case PREFIX_DS:
			if (!is_code64(z)) /* 26, 2E, 36, 3E: in encoding order, 8 apart */
				return (z->raw.prefixes[i].value - PREFIX_ES) / 8;
		}
	}
	return otherwise;
}

/* --- the opcode ------------------------------------------------------------------------------ */

static enum opcode_map map_of(const ZydisDecodedInstruction *z)
{
	switch (z->opcode_map) {
	case ZYDIS_OPCODE_MAP_DEFAULT:
		return MAP_ONE_BYTE;
	case ZYDIS_OPCODE_MAP_0F:
		return MAP_0F;
	case ZYDIS_OPCODE_MAP_0F38:
		return MAP_0F38;
	default:
		return MAP_OTHER;
	}
}

struct opcode encoded_opcode(const ZydisDecodedInstruction *z)
{
	static const uint8_t of_pp[] = { 0, PREFIX_OPERAND_SIZE, PREFIX_REP, PREFIX_REPNE };
	struct opcode opcode = { .map = map_of(z), .byte = z->opcode };

	switch (z->encoding) {
	case ZYDIS_INSTRUCTION_ENCODING_VEX:
		opcode.vex = true;
		opcode.prefix = of_pp[z->raw.vex.pp & 3];
		opcode.wide = z->raw.vex.W && is_code64(z);
		opcode.vector_length = z->raw.vex.L;
		break;
	case ZYDIS_INSTRUCTION_ENCODING_EVEX:
		opcode.evex = true;
		opcode.prefix = of_pp[z->raw.evex.pp & 3];
		opcode.wide = z->raw.evex.W && is_code64(z);
		opcode.vector_length = z->raw.evex.L2 << 1 | z->raw.evex.L;
		opcode.masked = z->raw.evex.aaa || z->raw.evex.z;
		break;
	default:
		opcode.prefix = legacy_prefix(z);
		opcode.wide = z->raw.rex.W && is_code64(z);
	}
	return opcode;
}

/* --- registers ------------------------------------------------------------------------------- */

static uint8_t inverted(unsigned bit, uint8_t extension)
{
	return bit ? 0 : extension;
}

struct register_extensions encoded_extensions(const ZydisDecodedInstruction *z)
{
	struct register_extensions e = { 0 };

	if (z->encoding == ZYDIS_INSTRUCTION_ENCODING_VEX) {
		e.reg = inverted(z->raw.vex.R, EXTENSION);
		e.index = inverted(z->raw.vex.X, EXTENSION);
		e.base = inverted(z->raw.vex.B, EXTENSION);
		e.other = ~z->raw.vex.vvvv & 15;
	} else if (z->encoding == ZYDIS_INSTRUCTION_ENCODING_EVEX) {
		e.reg = inverted(z->raw.evex.R, EXTENSION);
		e.index = inverted(z->raw.evex.X, EXTENSION);
		e.base = inverted(z->raw.evex.B, EXTENSION);
		e.vector = inverted(z->raw.evex.R2, VECTOR_EXTENSION);
		e.other = (~z->raw.evex.vvvv & 15) | inverted(z->raw.evex.V2, VECTOR_EXTENSION);
	} else {
		e.reg = z->raw.rex.R ? EXTENSION : 0;
		e.index = z->raw.rex.X ? EXTENSION : 0;
		e.base = z->raw.rex.B ? EXTENSION : 0;
	}
	/* Elsewhere there are eight of each. */
	if (!is_code64(z)) {
		e.reg = e.index = e.base = e.vector = 0;
		e.other &= EXTENSION - 1;
	}
	return e;
}
