/* The operands of opcodes, as tables. */
#include "vm/emulate/opcode_forms.h"

#include "lib/bits.h"

/* --- general registers ----------------------------------------------------------------------- */

/* Where widths come from, beside the numbers of bytes 1, 2 and 4. */
enum {
	OPERAND_SIZE = 0,
	BY_OPCODE = 0xff, /* an even opcode is the byte form, an odd one has the operand size */
};

struct opcode_form {
	uint8_t first, last; /* opcodes */
	uint8_t form;        /* enum operand_form */
	uint8_t width;       /* of the memory operand */
	bool converts;       /* the register operand has the operand size all the same */
};

static const struct opcode_form one_byte_forms[] = {
	{ 0x50, 0x5f, FORM_REGISTER, .width = OPERAND_SIZE },
	{ 0x63, 0x63, FORM_REGISTER_MEMORY, .width = sizeof(uint32_t), .converts = true },
	{ 0x68, 0x68, FORM_IMMEDIATE, .width = OPERAND_SIZE },
	{ 0x69, 0x69, FORM_REGISTER_MEMORY_IMMEDIATE, .width = OPERAND_SIZE },
	{ 0x6a, 0x6a, FORM_IMMEDIATE, .width = OPERAND_SIZE },
	{ 0x6b, 0x6b, FORM_REGISTER_MEMORY_IMMEDIATE, .width = OPERAND_SIZE },
	{ 0x80, 0x82, FORM_MEMORY_IMMEDIATE, .width = BY_OPCODE },
	{ 0x83, 0x83, FORM_MEMORY_IMMEDIATE, .width = OPERAND_SIZE },
	{ 0x84, 0x89, FORM_MEMORY_REGISTER, .width = BY_OPCODE },
	{ 0x8a, 0x8b, FORM_REGISTER_MEMORY, .width = BY_OPCODE },
	{ 0x8c, 0x8c, FORM_MEMORY_SEGMENT, .width = sizeof(uint16_t) },
	{ 0x8e, 0x8e, FORM_MEMORY, .width = sizeof(uint16_t) },
	{ 0x8f, 0x8f, FORM_MEMORY, .width = OPERAND_SIZE },
	{ 0xa0, 0xa1, FORM_REGISTER_MEMORY, .width = BY_OPCODE },
	{ 0xa2, 0xa3, FORM_MEMORY_REGISTER, .width = BY_OPCODE },
	{ 0xa4, 0xa7, FORM_STRING, .width = BY_OPCODE },
	{ 0xaa, 0xaf, FORM_STRING, .width = BY_OPCODE },
	{ 0xc0, 0xc1, FORM_MEMORY_IMMEDIATE, .width = BY_OPCODE },
	{ 0xc2, 0xc3, FORM_IMMEDIATE, .width = OPERAND_SIZE },
	{ 0xc4, 0xc5, FORM_REGISTER_MEMORY, .width = OPERAND_SIZE },
	{ 0xc6, 0xc7, FORM_MEMORY_IMMEDIATE, .width = BY_OPCODE },
	{ 0xc8, 0xc9, FORM_IMMEDIATE, .width = OPERAND_SIZE },
	{ 0xd0, 0xd1, FORM_MEMORY_IMMEDIATE, .width = BY_OPCODE }, /* an implied 1 */
	{ 0xd2, 0xd3, FORM_MEMORY_CL, .width = BY_OPCODE },
	{ 0xe8, 0xe8, FORM_IMMEDIATE, .width = OPERAND_SIZE },
	{ 0xf6, 0xf7, FORM_MEMORY, .width = BY_OPCODE },
	{ 0xfe, 0xff, FORM_MEMORY, .width = BY_OPCODE },
};

static const struct opcode_form two_byte_forms[] = {
	{ 0x00, 0x01, FORM_MEMORY, .width = sizeof(uint16_t), .converts = true },
	{ 0x40, 0x4f, FORM_REGISTER_MEMORY, .width = OPERAND_SIZE },
	{ 0x90, 0x9f, FORM_MEMORY, .width = sizeof(uint8_t) },
	{ 0xa3, 0xa3, FORM_MEMORY_REGISTER, .width = OPERAND_SIZE },
	{ 0xa4, 0xa4, FORM_MEMORY_REGISTER_IMMEDIATE, .width = OPERAND_SIZE },
	{ 0xa5, 0xa5, FORM_MEMORY_REGISTER_CL, .width = OPERAND_SIZE },
	{ 0xab, 0xab, FORM_MEMORY_REGISTER, .width = OPERAND_SIZE },
	{ 0xac, 0xac, FORM_MEMORY_REGISTER_IMMEDIATE, .width = OPERAND_SIZE },
	{ 0xad, 0xad, FORM_MEMORY_REGISTER_CL, .width = OPERAND_SIZE },
	{ 0xae, 0xae, FORM_MEMORY, .width = sizeof(uint8_t) },
	{ 0xaf, 0xaf, FORM_REGISTER_MEMORY, .width = OPERAND_SIZE },
	{ 0xb0, 0xb1, FORM_MEMORY_REGISTER, .width = BY_OPCODE },
	{ 0xb2, 0xb2, FORM_REGISTER_MEMORY, .width = OPERAND_SIZE },
	{ 0xb3, 0xb3, FORM_MEMORY_REGISTER, .width = OPERAND_SIZE },
	{ 0xb4, 0xb5, FORM_REGISTER_MEMORY, .width = OPERAND_SIZE },
	{ 0xb6, 0xb6, FORM_REGISTER_MEMORY, .width = sizeof(uint8_t), .converts = true },
	{ 0xb7, 0xb7, FORM_REGISTER_MEMORY, .width = sizeof(uint16_t), .converts = true },
	{ 0xb8, 0xb8, FORM_REGISTER_MEMORY, .width = OPERAND_SIZE },
	{ 0xba, 0xba, FORM_MEMORY_IMMEDIATE, .width = OPERAND_SIZE },
	{ 0xbb, 0xbb, FORM_MEMORY_REGISTER, .width = OPERAND_SIZE },
	{ 0xbc, 0xbd, FORM_REGISTER_MEMORY, .width = OPERAND_SIZE },
	{ 0xbe, 0xbe, FORM_REGISTER_MEMORY, .width = sizeof(uint8_t), .converts = true },
	{ 0xbf, 0xbf, FORM_REGISTER_MEMORY, .width = sizeof(uint16_t), .converts = true },
	{ 0xc0, 0xc1, FORM_MEMORY_REGISTER, .width = BY_OPCODE },
	{ 0xc3, 0xc3, FORM_MEMORY_REGISTER, .width = OPERAND_SIZE },
	{ 0xc7, 0xc7, FORM_MEMORY, .width = OPERAND_SIZE },
};

static const struct opcode_form map_38_forms[] = {
	{ 0xf0, 0xf0, FORM_REGISTER_MEMORY, .width = OPERAND_SIZE },
	{ 0xf1, 0xf1, FORM_MEMORY_REGISTER, .width = OPERAND_SIZE },
};

/* Opcodes 00 to 3B of the eight arithmetic operations: the low three bits say the operands. */
static const struct opcode_form arithmetic_forms[] = {
	{ 0, 1, FORM_MEMORY_REGISTER, .width = BY_OPCODE },
	{ 2, 3, FORM_REGISTER_MEMORY, .width = BY_OPCODE },
};

enum { ARITHMETIC_OPCODES = 0x40, ARITHMETIC_FORM = 7 };

static const struct opcode_form *search(const struct opcode_form *rows, size_t count,
					uint8_t opcode)
{
	for (size_t i = 0; i < count; i++) {
		if (opcode >= rows[i].first && opcode <= rows[i].last)
			return &rows[i];
	}
	return NULL;
}

static const struct opcode_form *find_form(const struct opcode *opcode)
{
	switch (opcode->map) {
	case MAP_ONE_BYTE:
		if (opcode->byte < ARITHMETIC_OPCODES)
			return search(arithmetic_forms, ARRAY_SIZE(arithmetic_forms),
				      opcode->byte & ARITHMETIC_FORM);
		return search(one_byte_forms, ARRAY_SIZE(one_byte_forms), opcode->byte);
	case MAP_0F:
		return search(two_byte_forms, ARRAY_SIZE(two_byte_forms), opcode->byte);
	case MAP_0F38:
		return search(map_38_forms, ARRAY_SIZE(map_38_forms), opcode->byte);
	default:
		return NULL;
	}
}

bool opcode_general_form(const struct opcode *opcode, uint8_t operand_size,
			 struct decoded_instruction *instruction)
{
	const struct opcode_form *row = opcode->vex || opcode->evex ? NULL : find_form(opcode);

	if (!row)
		return false;
	instruction->form = (enum operand_form)row->form;
	instruction->width = row->width;
	if (row->width == OPERAND_SIZE)
		instruction->width = operand_size;
	else if (row->width == BY_OPCODE)
		instruction->width = opcode->byte & 1 ? operand_size : sizeof(uint8_t);
	instruction->register_width = row->converts ? operand_size : instruction->width;
	return true;
}

/* --- vector registers ------------------------------------------------------------------------ */

enum { PREFIX_66 = 0x66, PREFIX_F3 = 0xf3, PREFIX_F2 = 0xf2, NONE_OR_66 = 1 };
enum {
	WHOLE = 0,   /* the register's width */
	BY_W = 0xff, /* 8 bytes with W, else 4 */
	XMM_BYTES = 16,
};

struct vector_form {
	uint8_t opcode, prefix, width, flags;
};

#define LOAD      0
#define STORE     BIT(0)
#define ALIGNED   BIT(1)
#define KEEP_REST BIT(2) /* of the register; with VEX and EVEX of another one */
#define HIGH_HALF BIT(3) /* of an XMM register */
#define IN_MMX    BIT(4)
#define EVEX_ONLY BIT(5)
#define BROADCAST BIT(6) /* VEX and EVEX only: as often as it fits the register */
#define IN_0F38   BIT(7) /* the opcode's map */

static const struct vector_form vector_forms[] = {
	{ 0x10, NONE_OR_66, WHOLE, LOAD }, /* MOVUPS, MOVUPD */
	{ 0x10, PREFIX_F3, 4, LOAD },      /* MOVSS */
	{ 0x10, PREFIX_F2, 8, LOAD },      /* MOVSD */
	{ 0x11, NONE_OR_66, WHOLE, STORE },
	{ 0x11, PREFIX_F3, 4, STORE },
	{ 0x11, PREFIX_F2, 8, STORE },
	{ 0x12, NONE_OR_66, 8, LOAD | KEEP_REST }, /* MOVLPS, MOVLPD */
	{ 0x13, NONE_OR_66, 8, STORE },
	{ 0x16, NONE_OR_66, 8, LOAD | KEEP_REST | HIGH_HALF }, /* MOVHPS, MOVHPD */
	{ 0x17, NONE_OR_66, 8, STORE | HIGH_HALF },
	{ 0x28, NONE_OR_66, WHOLE, LOAD | ALIGNED }, /* MOVAPS, MOVAPD */
	{ 0x29, NONE_OR_66, WHOLE, STORE | ALIGNED },
	{ 0x2b, NONE_OR_66, WHOLE, STORE | ALIGNED }, /* MOVNTPS, MOVNTPD */
	{ 0x6e, 0, BY_W, LOAD | IN_MMX },
	{ 0x6f, 0, 8, LOAD | IN_MMX },
	{ 0x7e, 0, BY_W, STORE | IN_MMX },
	{ 0x7f, 0, 8, STORE | IN_MMX },
	{ 0xe7, 0, 8, STORE | IN_MMX },             /* MOVNTQ */
	{ 0x6e, PREFIX_66, BY_W, LOAD },            /* MOVD, MOVQ */
	{ 0x6f, PREFIX_66, WHOLE, LOAD | ALIGNED }, /* MOVDQA, MOVDQU */
	{ 0x6f, PREFIX_F3, WHOLE, LOAD },
	{ 0x7e, PREFIX_66, BY_W, STORE },
	{ 0x7e, PREFIX_F3, 8, LOAD },
	{ 0x7f, PREFIX_66, WHOLE, STORE | ALIGNED },
	{ 0x7f, PREFIX_F3, WHOLE, STORE },
	{ 0xd6, PREFIX_66, 8, STORE },                /* MOVQ */
	{ 0xe7, PREFIX_66, WHOLE, STORE | ALIGNED },  /* MOVNTDQ */
	{ 0xf0, PREFIX_F2, WHOLE, LOAD },             /* LDDQU */
	{ 0x6f, PREFIX_F2, WHOLE, LOAD | EVEX_ONLY }, /* VMOVDQU8, VMOVDQU16 */
	{ 0x7f, PREFIX_F2, WHOLE, STORE | EVEX_ONLY },
	{ 0x2a, PREFIX_66, WHOLE, LOAD | ALIGNED | IN_0F38 }, /* MOVNTDQA */
	{ 0x18, PREFIX_66, 4, LOAD | BROADCAST | IN_0F38 },
	{ 0x19, PREFIX_66, 8, LOAD | BROADCAST | IN_0F38 },
	{ 0x1a, PREFIX_66, XMM_BYTES, LOAD | BROADCAST | IN_0F38 },
	{ 0x1b, PREFIX_66, 2 * XMM_BYTES, LOAD | BROADCAST | EVEX_ONLY | IN_0F38 },
	{ 0x58, PREFIX_66, 4, LOAD | BROADCAST | IN_0F38 },
	{ 0x59, PREFIX_66, 8, LOAD | BROADCAST | IN_0F38 },
	{ 0x5a, PREFIX_66, XMM_BYTES, LOAD | BROADCAST | IN_0F38 },
	{ 0x5b, PREFIX_66, 2 * XMM_BYTES, LOAD | BROADCAST | EVEX_ONLY | IN_0F38 },
	{ 0x78, PREFIX_66, 1, LOAD | BROADCAST | IN_0F38 },
	{ 0x79, PREFIX_66, 2, LOAD | BROADCAST | IN_0F38 },
};

static bool prefix_matches(uint8_t wanted, uint8_t prefix)
{
	return wanted == NONE_OR_66 ? !prefix || prefix == PREFIX_66 : prefix == wanted;
}

static bool matches(const struct vector_form *row, const struct opcode *opcode)
{
	unsigned without = opcode->vex || opcode->evex ? IN_MMX : BROADCAST;

	if (!opcode->evex)
		without |= EVEX_ONLY;
	return row->opcode == opcode->byte && prefix_matches(row->prefix, opcode->prefix) &&
	       opcode->map == (row->flags & IN_0F38 ? MAP_0F38 : MAP_0F) && !(row->flags & without);
}

bool opcode_vector_form(const struct opcode *opcode, struct decoded_instruction *instruction)
{
	const struct vector_form *row = vector_forms, *end = row + ARRAY_SIZE(vector_forms);
	unsigned length = XMM_BYTES << opcode->vector_length;

	while (row < end && !matches(row, opcode))
		row++;
	if (row == end || opcode->masked)
		return false;
	instruction->operation =
		row->flags & STORE ? OPERATION_VECTOR_STORE : OPERATION_VECTOR_LOAD;
	instruction->form = row->flags & STORE ? FORM_MEMORY_REGISTER : FORM_REGISTER_MEMORY;
	instruction->width = row->width;
	if (row->width == WHOLE)
		instruction->width = length;
	else if (row->width == BY_W)
		instruction->width = opcode->wide ? sizeof(uint64_t) : sizeof(uint32_t);
	instruction->register_width = instruction->width;
	instruction->aligned = row->flags & ALIGNED;
	instruction->keep_rest = row->flags & KEEP_REST;
	instruction->clear_upper = opcode->vex || opcode->evex;
	instruction->filled = row->flags & BROADCAST ? length : instruction->width;
	instruction->lane = row->flags & HIGH_HALF ? XMM_BYTES / 2 : 0;
	instruction->mmx = row->flags & IN_MMX;
	return true;
}

/* --- the x87 FPU ----------------------------------------------------------------------------- */

static const struct x87_form {
	uint8_t opcode, digit, operation, width;
	bool pops;
} x87_forms[] = {
	{ 0xd9, 0, X87_LOAD_FLOAT, 4, .pops = false },
	{ 0xd9, 2, X87_STORE_FLOAT, 4, .pops = false },
	{ 0xd9, 3, X87_STORE_FLOAT, 4, .pops = true },
	{ 0xd9, 5, X87_LOAD_CONTROL, 2, .pops = false },
	{ 0xd9, 7, X87_STORE_CONTROL, 2, .pops = false },
	{ 0xdb, 0, X87_LOAD_INTEGER, 4, .pops = false },
	{ 0xdb, 1, X87_STORE_TRUNCATED, 4, .pops = true },
	{ 0xdb, 2, X87_STORE_INTEGER, 4, .pops = false },
	{ 0xdb, 3, X87_STORE_INTEGER, 4, .pops = true },
	{ 0xdb, 5, X87_LOAD_WHOLE, 10, .pops = false },
	{ 0xdb, 7, X87_STORE_WHOLE, 10, .pops = true },
	{ 0xdd, 0, X87_LOAD_FLOAT, 8, .pops = false },
	{ 0xdd, 1, X87_STORE_TRUNCATED, 8, .pops = true },
	{ 0xdd, 2, X87_STORE_FLOAT, 8, .pops = false },
	{ 0xdd, 3, X87_STORE_FLOAT, 8, .pops = true },
	{ 0xdd, 7, X87_STORE_STATUS, 2, .pops = false },
	{ 0xdf, 0, X87_LOAD_INTEGER, 2, .pops = false },
	{ 0xdf, 1, X87_STORE_TRUNCATED, 2, .pops = true },
	{ 0xdf, 2, X87_STORE_INTEGER, 2, .pops = false },
	{ 0xdf, 3, X87_STORE_INTEGER, 2, .pops = true },
	{ 0xdf, 5, X87_LOAD_INTEGER, 8, .pops = false },
	{ 0xdf, 7, X87_STORE_INTEGER, 8, .pops = true },
};

bool opcode_x87_form(const struct opcode *opcode, unsigned digit,
		     struct decoded_instruction *instruction)
{
	if (opcode->map != MAP_ONE_BYTE)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(x87_forms); i++) {
		const struct x87_form *row = &x87_forms[i];

		if (row->opcode != opcode->byte || row->digit != digit)
			continue;
		instruction->operation = OPERATION_X87;
		instruction->form = FORM_MEMORY;
		instruction->width = instruction->register_width = row->width;
		instruction->x87 = (enum x87_operation)row->operation;
		instruction->x87_pops = row->pops;
		return true;
	}
	return false;
}
