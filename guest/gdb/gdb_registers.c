/* The table of registers, and what follows from it. */
#include "guest/gdb/gdb_registers.h"

#include "lib/bits.h"
#include "lib/format.h"
#include "lib/string.h"
#include "vm/vcpu/vcpu.h"

#define CORE   "org.gnu.gdb.i386.core"
#define SSE    "org.gnu.gdb.i386.sse"
#define BASES  "org.gnu.gdb.i386.segments"
#define SYSTEM "org.plinth.system"

#define GENERAL(name_, gpr)                                                                        \
	{                                                                                          \
		.name = (name_), .type = "int64", .source = GDB_GENERAL, .which = (gpr), .size = 8 \
	}
#define NAMED(name_, type_, reg, bytes)                                                \
	{                                                                              \
		.name = (name_), .type = (type_), .source = GDB_NAMED, .which = (reg), \
		.size = (bytes)                                                        \
	}
#define STACK(n)                                                                            \
	{                                                                                   \
		.name = "st" #n, .type = "i387_ext", .source = GDB_FPU_STACK, .which = (n), \
		.size = 10                                                                  \
	}
#define FPU(name_, control)                                                                    \
	{                                                                                      \
		.name = (name_), .type = "int", .source = GDB_FPU_CONTROL, .which = (control), \
		.size = 4                                                                      \
	}
#define XMM(n)                                                                                     \
	{                                                                                          \
		.name = "xmm" #n, .type = "vec128", .source = GDB_VECTOR, .which = (n), .size = 16 \
	}

/* clang-format off */
const struct gdb_register gdb_registers[] = {
	{ .name = "rax", .type = "int64", .feature = CORE, .source = GDB_GENERAL, .which = RAX,
	  .size = 8 },
	GENERAL("rbx", RBX), GENERAL("rcx", RCX), GENERAL("rdx", RDX), GENERAL("rsi", RSI),
	GENERAL("rdi", RDI),
	{ .name = "rbp", .type = "data_ptr", .source = GDB_GENERAL, .which = RBP, .size = 8 },
	NAMED("rsp", "data_ptr", VCPU_RSP, 8),
	GENERAL("r8", R8), GENERAL("r9", R9), GENERAL("r10", R10), GENERAL("r11", R11),
	GENERAL("r12", R12), GENERAL("r13", R13), GENERAL("r14", R14), GENERAL("r15", R15),
	NAMED("rip", "code_ptr", VCPU_RIP, 8),
	NAMED("eflags", "eflags", VCPU_RFLAGS, 4),
	NAMED("cs", "int32", VCPU_CS_SELECTOR, 4), NAMED("ss", "int32", VCPU_SS_SELECTOR, 4),
	NAMED("ds", "int32", VCPU_DS_SELECTOR, 4), NAMED("es", "int32", VCPU_ES_SELECTOR, 4),
	NAMED("fs", "int32", VCPU_FS_SELECTOR, 4), NAMED("gs", "int32", VCPU_GS_SELECTOR, 4),
	STACK(0), STACK(1), STACK(2), STACK(3), STACK(4), STACK(5), STACK(6), STACK(7),
	FPU("fctrl", FPU_FCTRL), FPU("fstat", FPU_FSTAT), FPU("ftag", FPU_FTAG),
	FPU("fiseg", FPU_FISEG), FPU("fioff", FPU_FIOFF), FPU("foseg", FPU_FOSEG),
	FPU("fooff", FPU_FOOFF), FPU("fop", FPU_FOP),
	{ .name = "xmm0", .type = "vec128", .feature = SSE, .source = GDB_VECTOR, .size = 16 },
	XMM(1), XMM(2), XMM(3), XMM(4), XMM(5), XMM(6), XMM(7), XMM(8), XMM(9), XMM(10), XMM(11),
	XMM(12), XMM(13), XMM(14), XMM(15),
	{ .name = "mxcsr", .type = "int", .source = GDB_VECTOR_CONTROL, .size = 4 },
	{ .name = "fs_base", .type = "int64", .feature = BASES, .source = GDB_NAMED,
	  .which = VCPU_FS_BASE, .size = 8 },
	NAMED("gs_base", "int64", VCPU_GS_BASE, 8),
	{ .name = "cr0", .type = "int64", .feature = SYSTEM, .source = GDB_NAMED,
	  .which = VCPU_CR0, .size = 8 },
	NAMED("cr2", "int64", VCPU_CR2, 8), NAMED("cr3", "int64", VCPU_CR3, 8),
	NAMED("cr4", "int64", VCPU_CR4, 8), NAMED("cr8", "int64", VCPU_CR8, 8),
	NAMED("efer", "int64", VCPU_EFER, 8), NAMED("dr7", "int64", VCPU_DR7, 8),
	NAMED("cs_base", "int64", VCPU_CS_BASE, 8), NAMED("gdtr_base", "int64", VCPU_GDTR_BASE, 8),
	NAMED("idtr_base", "int64", VCPU_IDTR_BASE, 8),
};
/* clang-format on */
const unsigned gdb_register_count = ARRAY_SIZE(gdb_registers);

/* Types that belong to a feature, and have to stand before its registers. */
static const struct {
	char name[4];
	uint8_t bit;
} flags[] = {
	{ "CF", 0 },  { "", 1 },    { "PF", 2 },   { "AF", 4 },   { "ZF", 6 },  { "SF", 7 },
	{ "TF", 8 },  { "IF", 9 },  { "DF", 10 },  { "OF", 11 },  { "NT", 14 }, { "RF", 16 },
	{ "VM", 17 }, { "AC", 18 }, { "VIF", 19 }, { "VIP", 20 }, { "ID", 21 },
};

static const struct vector {
	const char *id, *field, *type;
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

static void begin_feature(char *text, size_t size, const char *feature)
{
	format_append(text, size, "<feature name=\"%s\">", feature);
	if (!strcmp(feature, CORE))
		describe_flags(text, size);
	else if (!strcmp(feature, SSE))
		describe_vectors(text, size);
}

_Static_assert((unsigned)VCPU_REGISTERS <= UINT8_MAX, "a register's number is a byte");

size_t gdb_describe_registers(char *text, size_t size)
{
	size_t length =
		format_string(text, size,
			      "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\">"
			      "<target><architecture>i386:x86-64</architecture>");

	for (unsigned i = 0; i < gdb_register_count; i++) {
		const struct gdb_register *reg = &gdb_registers[i];

		if (reg->feature && i)
			format_append(text, size, "</feature>");
		if (reg->feature)
			begin_feature(text, size, reg->feature);
		length = format_append(text, size, "<reg name=\"%s\" bitsize=\"%u\" type=\"%s\"/>",
				       reg->name, reg->size * 8u, reg->type);
	}
	length = format_append(text, size, "</feature></target>");
	return length;
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
