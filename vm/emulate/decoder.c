/* The use of Zydis, in its minimal mode: it gives the mnemonic, the effective widths and the fields of
 * the encoding, but does not say what the operands are. That follows from the opcode
 * (vm/emulate/opcode_forms.h) and the fields (vm/emulate/encoding.h). */
#include "vm/emulate/decoder.h"

#include <Zydis/Zydis.h>

#include "lib/bits.h"
#include "lib/string.h"
#include "vm/emulate/encoding.h"
#include "vm/emulate/opcode_forms.h"
#include "vm/emulate/segment_register.h"

/* --- what it does ---------------------------------------------------------------------------- */

struct named_operation {
	uint16_t mnemonic; /* ZydisMnemonic */
	uint8_t operation; /* enum operation */
};

/* clang-format off */
#define SAME(name) { ZYDIS_MNEMONIC_##name, OPERATION_##name }
#define STRINGS(name) \
	{ ZYDIS_MNEMONIC_##name##B, OPERATION_##name }, { ZYDIS_MNEMONIC_##name##W, OPERATION_##name }, \
	{ ZYDIS_MNEMONIC_##name##D, OPERATION_##name }, { ZYDIS_MNEMONIC_##name##Q, OPERATION_##name }

static const struct named_operation general_operations[] = {
	SAME(MOV), SAME(MOVBE), SAME(MOVNTI), SAME(MOVZX), SAME(MOVSX), SAME(MOVSXD),
	SAME(ADD), SAME(OR), SAME(ADC), SAME(SBB), SAME(AND), SAME(SUB), SAME(XOR), SAME(CMP),
	SAME(TEST), SAME(INC), SAME(DEC), SAME(NOT), SAME(NEG),
	SAME(ROL), SAME(ROR), SAME(RCL), SAME(RCR), SAME(SHL), SAME(SHR), SAME(SAR), SAME(SHLD),
	SAME(SHRD), SAME(BT), SAME(BTS), SAME(BTR), SAME(BTC), SAME(BSF), SAME(BSR), SAME(TZCNT),
	SAME(LZCNT), SAME(POPCNT), SAME(MUL), SAME(IMUL), SAME(DIV), SAME(IDIV),
	SAME(XCHG), SAME(XADD), SAME(CMPXCHG), SAME(CMPXCHG8B), SAME(CMPXCHG16B),
	SAME(PUSH), SAME(POP), SAME(ENTER), SAME(LEAVE), SAME(JMP), SAME(CALL), SAME(RET),
	SAME(LMSW), SAME(SMSW), SAME(LLDT), SAME(SLDT), SAME(LTR), SAME(STR),
	SAME(LGDT), SAME(SGDT), SAME(LIDT), SAME(SIDT),
	{ ZYDIS_MNEMONIC_LDS, OPERATION_LOAD_POINTER }, { ZYDIS_MNEMONIC_LES, OPERATION_LOAD_POINTER },
	{ ZYDIS_MNEMONIC_LSS, OPERATION_LOAD_POINTER }, { ZYDIS_MNEMONIC_LFS, OPERATION_LOAD_POINTER },
	{ ZYDIS_MNEMONIC_LGS, OPERATION_LOAD_POINTER },
	STRINGS(MOVS), STRINGS(CMPS), STRINGS(STOS), STRINGS(LODS), STRINGS(SCAS),
	{ ZYDIS_MNEMONIC_CLFLUSH, OPERATION_CACHE_LINE },
	{ ZYDIS_MNEMONIC_CLFLUSHOPT, OPERATION_CACHE_LINE },
	{ ZYDIS_MNEMONIC_CLWB, OPERATION_CACHE_LINE },
};
/* clang-format on */

enum { OPCODES_CMOV = 4, OPCODES_SET = 9 }; /* bits 7:4; the condition is in bits 3:0 */

static enum operation find_operation(const ZydisDecodedInstruction *z)
{
	if (z->opcode_map == ZYDIS_OPCODE_MAP_0F && z->opcode >> 4 == OPCODES_CMOV)
		return OPERATION_CMOV;
	if (z->opcode_map == ZYDIS_OPCODE_MAP_0F && z->opcode >> 4 == OPCODES_SET)
		return OPERATION_SET;
	for (size_t i = 0; i < ARRAY_SIZE(general_operations); i++) {
		if (general_operations[i].mnemonic == z->mnemonic)
			return general_operations[i].operation;
	}
	return OPERATION_NONE;
}

/* --- operands -------------------------------------------------------------------------------- */

enum {
	MOD_REGISTER = 3,
	RM_SIB = 4,          /* a SIB byte follows */
	RM_DISPLACEMENT = 5, /* with mod 0: no base */
	RM16_DISPLACEMENT = 6,
	HIGH_BYTES = 4, /* without REX, byte registers 4 to 7 are AH to BH */
	OPCODE_REGISTER = 7,
	CONDITION_CODE = 0xf,
};

/* SDM volume 2, "16-Bit Addressing Forms with the ModR/M Byte". */
static void address_16(const ZydisDecodedInstruction *z, struct decoded_instruction *to)
{
	static const uint8_t bases[] = { RBX, RBX, RBP, RBP, RSI, RDI, RBP, RBX };
	static const uint8_t indexes[] = { RSI,         RDI,         RSI,         RDI,
					   NO_REGISTER, NO_REGISTER, NO_REGISTER, NO_REGISTER };

	to->base = bases[z->raw.modrm.rm & OPCODE_REGISTER];
	to->index = indexes[z->raw.modrm.rm & OPCODE_REGISTER];
	if (z->raw.modrm.mod == 0 && z->raw.modrm.rm == RM16_DISPLACEMENT)
		to->base = NO_REGISTER;
}

/* SDM volume 2, "32-Bit Addressing Forms with the ModR/M Byte" and "... with the SIB Byte". */
static void address_32(const ZydisDecodedInstruction *z, const struct register_extensions *e,
		       struct decoded_instruction *to)
{
	bool no_base = z->raw.modrm.mod == 0;

	if (z->raw.modrm.rm == RM_SIB) {
		to->base = z->raw.sib.base == RM_DISPLACEMENT && no_base
				   ? NO_REGISTER
				   : z->raw.sib.base | e->base;
		if ((z->raw.sib.index | e->index) != RSP) {
			to->index = z->raw.sib.index | e->index;
			to->scale = 1 << z->raw.sib.scale;
		}
	} else if (z->raw.modrm.rm == RM_DISPLACEMENT && no_base) {
		to->rip_relative = z->machine_mode == ZYDIS_MACHINE_MODE_LONG_64;
	} else {
		to->base = z->raw.modrm.rm | e->base;
	}
}

static void find_address(const ZydisDecodedInstruction *z, const struct register_extensions *e,
			 struct decoded_instruction *to)
{
	if (z->raw.modrm.offset && to->address_width == sizeof(uint16_t))
		address_16(z, to);
	else if (z->raw.modrm.offset)
		address_32(z, e, to);
	to->displacement = (uint64_t)z->raw.disp.value;
	/* "Compressed Displacement (disp8*N) Support in EVEX": of what moves here N is the width. */
	if (z->encoding == ZYDIS_INSTRUCTION_ENCODING_EVEX && z->raw.disp.size == 8)
		to->displacement *= to->width;
	to->segment =
		encoded_segment(z, to->base == RSP || to->base == RBP ? SEGMENT_SS : SEGMENT_DS);
}

static bool is_vector(const struct decoded_instruction *instruction)
{
	return instruction->operation == OPERATION_VECTOR_LOAD ||
	       instruction->operation == OPERATION_VECTOR_STORE;
}

/* The register operand: of ModR/M, of the opcode, or the accumulator. */
static void find_register(const ZydisDecodedInstruction *z, const struct register_extensions *e,
			  struct decoded_instruction *to)
{
	to->reg = RAX;
	if (to->form == FORM_REGISTER)
		to->reg = (z->opcode & OPCODE_REGISTER) | e->base;
	else if (to->form == FORM_MEMORY_SEGMENT)
		to->reg = z->raw.modrm.reg;
	else if (z->raw.modrm.offset)
		to->reg = z->raw.modrm.reg | e->reg;
	if (is_vector(to)) {
		to->reg |= e->vector;
		to->rest = to->clear_upper ? e->other : to->reg;
	}
	if (to->mmx) /* there are eight: REX.R does not count */
		to->reg = VCPU_MMX + z->raw.modrm.reg;
	if (to->form != FORM_MEMORY_SEGMENT && !is_vector(to) &&
	    to->register_width == sizeof(uint8_t) && !(z->attributes & ZYDIS_ATTRIB_HAS_REX) &&
	    to->reg >= HIGH_BYTES) {
		to->high_byte = true;
		to->reg -= HIGH_BYTES;
	}
}

static void find_immediate(const ZydisDecodedInstruction *z, struct decoded_instruction *to)
{
	unsigned unused = 64 - z->raw.imm[0].size;

	if (!z->raw.imm[0].size) {
		/* RET pops no arguments; shifts are by one. */
		to->immediate = to->operation == OPERATION_RET ? 0 : 1;
		return;
	}
	to->immediate = (uint64_t)((int64_t)(z->raw.imm[0].value.u << unused) >> unused);
	if (to->operation == OPERATION_RET)
		to->immediate = (uint16_t)to->immediate;
	if (to->operation == OPERATION_ENTER) /* the size, and the depth of nesting above it */
		to->immediate = (uint16_t)to->immediate | z->raw.imm[1].value.u << 16;
	if (to->form == FORM_MEMORY) /* TEST, unlike the others of its opcode */
		to->form = FORM_MEMORY_IMMEDIATE;
}

enum { OPCODE_MOV_TO_SEGMENT = 0x8e, OPCODE_GROUP_5 = 0xff };
enum { GROUP_5_CALL_FAR = 3, GROUP_5_JMP_FAR = 5 }; /* the digit in ModR/M */

/* Mnemonics that name instructions of several kinds. */
static enum operation tell_apart(const ZydisDecodedInstruction *z, enum operation operation)
{
	if (z->opcode_map != ZYDIS_OPCODE_MAP_DEFAULT)
		return operation;
	if (z->opcode == OPCODE_MOV_TO_SEGMENT && operation == OPERATION_MOV)
		return OPERATION_LOAD_SEGMENT;
	if (z->opcode != OPCODE_GROUP_5)
		return operation;
	if (z->raw.modrm.reg == GROUP_5_CALL_FAR)
		return OPERATION_CALL_FAR;
	return z->raw.modrm.reg == GROUP_5_JMP_FAR ? OPERATION_JMP_FAR : operation;
}

static uint8_t loaded_segment(const ZydisDecodedInstruction *z)
{
	switch (z->mnemonic) {
	case ZYDIS_MNEMONIC_LDS:
		return SEGMENT_DS;
	case ZYDIS_MNEMONIC_LES:
		return SEGMENT_ES;
	case ZYDIS_MNEMONIC_LSS:
		return SEGMENT_SS;
	case ZYDIS_MNEMONIC_LFS:
		return SEGMENT_FS;
	case ZYDIS_MNEMONIC_LGS:
		return SEGMENT_GS;
	default:
		return z->raw.modrm.reg;
	}
}

/* Operations whose operand has another width than the opcode says. */
static void correct_width(const ZydisDecodedInstruction *z, struct decoded_instruction *to)
{
	bool code64 = z->machine_mode == ZYDIS_MACHINE_MODE_LONG_64;

	switch (to->operation) {
	case OPERATION_JMP_FAR:
	case OPERATION_CALL_FAR:
	case OPERATION_LOAD_POINTER: /* the offset, then the selector */
		to->register_width = z->operand_width / 8;
		to->width = to->register_width + sizeof(uint16_t);
		return;
	case OPERATION_LGDT:
	case OPERATION_LIDT:
	case OPERATION_SGDT:
	case OPERATION_SIDT: /* the limit, then the base */
		to->width = sizeof(uint16_t) + (code64 ? sizeof(uint64_t) : sizeof(uint32_t));
		return;
	default:
		break;
	}
	if (to->operation == OPERATION_CMPXCHG8B) {
		to->width = 8;
	} else if (to->operation == OPERATION_CMPXCHG16B) {
		to->width = 16;
		to->aligned = true;
	} else if (to->operation == OPERATION_MOVSXD && to->register_width < to->width) {
		to->width = to->register_width;
	}
}

static void find_operands(const ZydisDecodedInstruction *z, struct decoded_instruction *to)
{
	struct opcode opcode = encoded_opcode(z);
	struct register_extensions e = encoded_extensions(z);

	if (z->encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY && !opcode.vex && !opcode.evex)
		return;
	if (!opcode_vector_form(&opcode, to) && !opcode_x87_form(&opcode, z->raw.modrm.reg, to)) {
		to->operation = tell_apart(z, find_operation(z));
		if (!to->operation || !opcode_general_form(&opcode, z->operand_width / 8, to)) {
			to->operation = OPERATION_NONE;
			return;
		}
	}
	if (z->raw.modrm.offset && z->raw.modrm.mod == MOD_REGISTER) {
		to->operation = OPERATION_NONE; /* nothing of it is in memory */
		return;
	}
	correct_width(z, to);
	to->loaded = loaded_segment(z);
	find_address(z, &e, to);
	find_register(z, &e, to);
	find_immediate(z, to);
	to->condition = z->opcode & CONDITION_CODE;
	if (to->form == FORM_STRING && opcode.prefix == PREFIX_REP)
		to->repeat = REPEAT_EQUAL;
	else if (to->form == FORM_STRING && opcode.prefix == PREFIX_REPNE)
		to->repeat = REPEAT_NOT_EQUAL;
}

/* --- the call of Zydis ----------------------------------------------------------------------- */

static enum decode_status status_of(ZyanStatus status)
{
	switch (status) {
	case ZYDIS_STATUS_NO_MORE_DATA:
		return DECODE_MORE;
	case ZYDIS_STATUS_INSTRUCTION_TOO_LONG:
		return DECODE_TOO_LONG;
	case ZYDIS_STATUS_BAD_REGISTER:
	case ZYDIS_STATUS_ILLEGAL_LOCK:
	case ZYDIS_STATUS_ILLEGAL_LEGACY_PFX:
	case ZYDIS_STATUS_ILLEGAL_REX:
		return DECODE_ILLEGAL;
	default:
		return ZYAN_SUCCESS(status) ? DECODE_DONE : DECODE_UNKNOWN;
	}
}

enum decode_status decode_instruction(enum code_mode mode, const uint8_t *bytes, unsigned available,
				      struct decoded_instruction *to)
{
	ZydisDecoder decoder;
	ZydisDecodedInstruction z;
	ZyanStatus status = encoded_start(&decoder, mode);

	*to = (struct decoded_instruction) {
		.name = "",
		.base = NO_REGISTER,
		.index = NO_REGISTER,
		.scale = 1,
	};
	if (ZYAN_SUCCESS(status)) /* operands are found here */
		status = ZydisDecoderEnableMode(&decoder, ZYDIS_DECODER_MODE_MINIMAL, ZYAN_TRUE);
	if (ZYAN_SUCCESS(status))
		status = ZydisDecoderDecodeInstruction(&decoder, NULL, bytes, available, &z);
	if (status_of(status) != DECODE_DONE)
		return status_of(status);
	to->length = z.length;
	memcpy(to->bytes, bytes, z.length);
	to->name = ZydisMnemonicGetString(z.mnemonic);
	if (!to->name)
		to->name = "";
	to->address_width = z.address_width / 8;
	find_operands(&z, to);
	return DECODE_DONE;
}
