/* The table of registers, and what follows from it. */
#include "guest/gdb/gdb_registers.h"

#include "lib/bits.h"
#include "lib/format.h"
#include "lib/string.h"
#include "lib/text_list.h"
#include "vm/vcpu/vcpu.h"

/* --- the table ------------------------------------------------------------------------------- */

/* Types of GDB's, and ours: X(symbol, name, bytes) */
#define TYPE_LIST(X)             \
	X(INT64, "int64", 8)     \
	X(DATA, "data_ptr", 8)   \
	X(CODE, "code_ptr", 8)   \
	X(FLAGS, "eflags", 4)    \
	X(INT32, "int32", 4)     \
	X(INT, "int", 4)         \
	X(FLOAT, "i387_ext", 10) \
	X(VECTOR, "vec128", 16)

enum type {
#define X(symbol, name, bytes) TYPE_##symbol,
	TYPE_LIST(X)
#undef X
};

enum type_size {
#define X(symbol, name, bytes) BYTES_OF_##symbol = (bytes),
	TYPE_LIST(X)
#undef X
};

static const char type_names[] =
#define X(symbol, name, bytes) name "\0"
	TYPE_LIST(X)
#undef X
	;

/* By feature: X(name, type, source, which) */
/* clang-format off */
#define CORE_REGISTERS(X)                                                                          \
	X("rax", INT64, GENERAL, RAX) X("rbx", INT64, GENERAL, RBX) X("rcx", INT64, GENERAL, RCX)  \
	X("rdx", INT64, GENERAL, RDX) X("rsi", INT64, GENERAL, RSI) X("rdi", INT64, GENERAL, RDI)  \
	X("rbp", DATA, GENERAL, RBP) X("rsp", DATA, NAMED, VCPU_RSP)                               \
	X("r8", INT64, GENERAL, R8) X("r9", INT64, GENERAL, R9) X("r10", INT64, GENERAL, R10)      \
	X("r11", INT64, GENERAL, R11) X("r12", INT64, GENERAL, R12) X("r13", INT64, GENERAL, R13)  \
	X("r14", INT64, GENERAL, R14) X("r15", INT64, GENERAL, R15)                                \
	X("rip", CODE, NAMED, VCPU_RIP) X("eflags", FLAGS, NAMED, VCPU_RFLAGS)                     \
	X("cs", INT32, NAMED, VCPU_CS_SELECTOR) X("ss", INT32, NAMED, VCPU_SS_SELECTOR)            \
	X("ds", INT32, NAMED, VCPU_DS_SELECTOR) X("es", INT32, NAMED, VCPU_ES_SELECTOR)            \
	X("fs", INT32, NAMED, VCPU_FS_SELECTOR) X("gs", INT32, NAMED, VCPU_GS_SELECTOR)            \
	X("st0", FLOAT, FPU_STACK, 0) X("st1", FLOAT, FPU_STACK, 1) X("st2", FLOAT, FPU_STACK, 2)  \
	X("st3", FLOAT, FPU_STACK, 3) X("st4", FLOAT, FPU_STACK, 4) X("st5", FLOAT, FPU_STACK, 5)  \
	X("st6", FLOAT, FPU_STACK, 6) X("st7", FLOAT, FPU_STACK, 7)                                \
	X("fctrl", INT, FPU_CONTROL, FPU_FCTRL) X("fstat", INT, FPU_CONTROL, FPU_FSTAT)            \
	X("ftag", INT, FPU_CONTROL, FPU_FTAG) X("fiseg", INT, FPU_CONTROL, FPU_FISEG)              \
	X("fioff", INT, FPU_CONTROL, FPU_FIOFF) X("foseg", INT, FPU_CONTROL, FPU_FOSEG)            \
	X("fooff", INT, FPU_CONTROL, FPU_FOOFF) X("fop", INT, FPU_CONTROL, FPU_FOP)

#define SSE_REGISTERS(X)                                                                           \
	X("xmm0", VECTOR, VECTOR, 0) X("xmm1", VECTOR, VECTOR, 1) X("xmm2", VECTOR, VECTOR, 2)     \
	X("xmm3", VECTOR, VECTOR, 3) X("xmm4", VECTOR, VECTOR, 4) X("xmm5", VECTOR, VECTOR, 5)     \
	X("xmm6", VECTOR, VECTOR, 6) X("xmm7", VECTOR, VECTOR, 7) X("xmm8", VECTOR, VECTOR, 8)     \
	X("xmm9", VECTOR, VECTOR, 9) X("xmm10", VECTOR, VECTOR, 10) X("xmm11", VECTOR, VECTOR, 11) \
	X("xmm12", VECTOR, VECTOR, 12) X("xmm13", VECTOR, VECTOR, 13)                              \
	X("xmm14", VECTOR, VECTOR, 14) X("xmm15", VECTOR, VECTOR, 15)                              \
	X("mxcsr", INT, VECTOR_CONTROL, 0)

#define BASE_REGISTERS(X)                                                                          \
	X("fs_base", INT64, NAMED, VCPU_FS_BASE) X("gs_base", INT64, NAMED, VCPU_GS_BASE)

#define SYSTEM_REGISTERS(X)                                                                        \
	X("cr0", INT64, NAMED, VCPU_CR0) X("cr2", INT64, NAMED, VCPU_CR2)                          \
	X("cr3", INT64, NAMED, VCPU_CR3) X("cr4", INT64, NAMED, VCPU_CR4)                          \
	X("cr8", INT64, NAMED, VCPU_CR8) X("efer", INT64, NAMED, VCPU_EFER)                        \
	X("dr7", INT64, NAMED, VCPU_DR7) X("cs_base", INT64, NAMED, VCPU_CS_BASE)                  \
	X("gdtr_base", INT64, NAMED, VCPU_GDTR_BASE) X("idtr_base", INT64, NAMED, VCPU_IDTR_BASE)
/* clang-format on */

const struct gdb_register gdb_registers[] = {
#define X(name, type, source, which) { GDB_##source, (which), TYPE_##type, BYTES_OF_##type },
	CORE_REGISTERS(X) SSE_REGISTERS(X) BASE_REGISTERS(X) SYSTEM_REGISTERS(X)
#undef X
};
const unsigned gdb_register_count = ARRAY_SIZE(gdb_registers);
_Static_assert((unsigned)VCPU_REGISTERS <= UINT8_MAX, "a register's number is a byte");

static const char register_names[] =
#define X(name, type, source, which) name "\0"
	CORE_REGISTERS(X) SSE_REGISTERS(X) BASE_REGISTERS(X) SYSTEM_REGISTERS(X)
#undef X
	;

const char *gdb_register_name(unsigned number)
{
	return nth_text(register_names, number);
}

/* --- the description ------------------------------------------------------------------------- */

#define COUNT(name, type, source, which) +1

static const struct {
	const char *name;
	uint8_t registers;
} features[] = {
	{ "org.gnu.gdb.i386.core", CORE_REGISTERS(COUNT) },
	{ "org.gnu.gdb.i386.sse", SSE_REGISTERS(COUNT) },
	{ "org.gnu.gdb.i386.segments", BASE_REGISTERS(COUNT) },
	{ "org.plinth.system", SYSTEM_REGISTERS(COUNT) },
};

/* Those with types of their own, which stand before the registers. */
enum { FEATURE_CORE, FEATURE_SSE };

static const struct {
	char name[4];
	uint8_t bit;
} flags[] = {
	{ "CF", 0 },  { "", 1 },    { "PF", 2 },   { "AF", 4 },   { "ZF", 6 },  { "SF", 7 },
	{ "TF", 8 },  { "IF", 9 },  { "DF", 10 },  { "OF", 11 },  { "NT", 14 }, { "RF", 16 },
	{ "VM", 17 }, { "AC", 18 }, { "VIF", 19 }, { "VIP", 20 }, { "ID", 21 },
};

static const struct vector {
	char id[6], field[10], type[12];
	uint8_t count;
} vectors[] = {
	{ "v4f", "v4_float", "ieee_single", 4 }, { "v2d", "v2_double", "ieee_double", 2 },
	{ "v16i8", "v16_int8", "int8", 16 },     { "v8i16", "v8_int16", "int16", 8 },
	{ "v4i32", "v4_int32", "int32", 4 },     { "v2i64", "v2_int64", "int64", 2 },
};

static void describe_flags(char *text, size_t size)
{
	format_append(text, size, "<flags id=\"eflags\" size=\"4\">");
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		format_append(text, size, "<field name=\"%s\" start=\"%u\" end=\"%u\"/>",
			      flags[i].name, flags[i].bit, flags[i].bit);
	format_append(text, size, "</flags>");
}

static void describe_vectors(char *text, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++)
		format_append(text, size, "<vector id=\"%s\" type=\"%s\" count=\"%u\"/>",
			      vectors[i].id, vectors[i].type, vectors[i].count);
	format_append(text, size, "<union id=\"vec128\">");
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++)
		format_append(text, size, "<field name=\"%s\" type=\"%s\"/>", vectors[i].field,
			      vectors[i].id);
	format_append(text, size, "<field name=\"uint128\" type=\"uint128\"/></union>");
}

static void describe_register(char *text, size_t size, unsigned number)
{
	const struct gdb_register *reg = &gdb_registers[number];

	format_append(text, size, "<reg name=\"%s\" bitsize=\"%u\" type=\"%s\"/>",
		      gdb_register_name(number), reg->size * 8u, nth_text(type_names, reg->type));
}

size_t gdb_describe_registers(char *text, size_t size)
{
	unsigned number = 0;

	format_string(text, size,
		      "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\">"
		      "<target><architecture>i386:x86-64</architecture>");
	for (unsigned i = 0; i < ARRAY_SIZE(features); i++) {
		format_append(text, size, "<feature name=\"%s\">", features[i].name);
		if (i == FEATURE_CORE)
			describe_flags(text, size);
		else if (i == FEATURE_SSE)
			describe_vectors(text, size);
		for (unsigned n = 0; n < features[i].registers; n++)
			describe_register(text, size, number++);
		format_append(text, size, "</feature>");
	}
	return format_append(text, size, "</target>");
}

/* --- x87 and SSE ----------------------------------------------------------------------------- */

/* SDM volume 1, table "Format of an FXSAVE Area", with 64-bit pointers. */
#define FXSAVE_FCW   0
#define FXSAVE_FSW   2
#define FXSAVE_FTW   4
#define FXSAVE_FOP   6
#define FXSAVE_FIP   8
#define FXSAVE_FDP   16
#define FXSAVE_MXCSR 24
#define FXSAVE_ST    32
#define ST_STRIDE    16
#define ST_BYTES     10
#define ST_NUMBERS   8

#define FSW_TOP      BITS(13, 11)
#define FOP_BITS     0x7ffu
#define INTEGER_BIT  BIT(63)
#define EXPONENT_MAX 0x7fffu

enum tag { TAG_VALID, TAG_ZERO, TAG_SPECIAL, TAG_EMPTY };

static uint64_t part(const uint8_t *image, unsigned at, unsigned bytes)
{
	uint64_t value = 0;

	memcpy(&value, image + at, bytes);
	return value;
}

void gdb_fpu_stack(const uint8_t *image, unsigned number, uint8_t *value)
{
	memcpy(value, image + FXSAVE_ST + number * ST_STRIDE, ST_BYTES);
}

/* FXSAVE keeps one bit of each tag; what the others said, the value tells. SDM volume 1, "x87 FPU
 * Tag Word". */
static enum tag tag_of(const uint8_t *image, unsigned stack_number)
{
	unsigned at = FXSAVE_ST + stack_number * ST_STRIDE;
	uint64_t mantissa = part(image, at, 8);
	uint64_t exponent = part(image, at + 8, 2) & EXPONENT_MAX;

	if (!exponent && !mantissa)
		return TAG_ZERO;
	if (!exponent || exponent == EXPONENT_MAX || !(mantissa & INTEGER_BIT))
		return TAG_SPECIAL;
	return TAG_VALID;
}

/* Tags are those of the physical registers; the image holds the stack, from its top on. */
static uint32_t tags(const uint8_t *image)
{
	unsigned top = (unsigned)field_get(part(image, FXSAVE_FSW, 2), FSW_TOP);
	uint32_t word = 0;

	for (unsigned i = 0; i < ST_NUMBERS; i++) {
		bool used = image[FXSAVE_FTW] & BIT(i);
		enum tag tag = used ? tag_of(image, (i - top) % ST_NUMBERS) : TAG_EMPTY;

		word |= (uint32_t)tag << (2 * i);
	}
	return word;
}

uint32_t gdb_fpu_control(const uint8_t *image, enum gdb_fpu_control which)
{
	switch (which) {
	case FPU_FCTRL:
		return (uint32_t)part(image, FXSAVE_FCW, 2);
	case FPU_FSTAT:
		return (uint32_t)part(image, FXSAVE_FSW, 2);
	case FPU_FTAG:
		return tags(image);
	/* A 64-bit pointer's upper half, which GDB shows where a segment was. */
	case FPU_FISEG:
		return (uint32_t)part(image, FXSAVE_FIP + 4, 4);
	case FPU_FIOFF:
		return (uint32_t)part(image, FXSAVE_FIP, 4);
	case FPU_FOSEG:
		return (uint32_t)part(image, FXSAVE_FDP + 4, 4);
	case FPU_FOOFF:
		return (uint32_t)part(image, FXSAVE_FDP, 4);
	case FPU_FOP:
		return (uint32_t)part(image, FXSAVE_FOP, 2) & FOP_BITS;
	default:
		return 0;
	}
}

uint32_t gdb_vector_control(const uint8_t *image)
{
	return (uint32_t)part(image, FXSAVE_MXCSR, 4);
}
