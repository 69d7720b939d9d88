/* Each emulated load and store of the x87 FPU, on an area of extended state, against the CPU of the host: the
 * same numbers, control word, exceptions and stack, whose image FXSAVE makes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/bits.h"
#include "tests/host/native.h"
#include "tests/host/random_numbers.h"
#include "vm/emulate/decoder.h"
#include "vm/emulate/execute.h"
#include "vm/emulate/x87.h"
#include "vmx/vcpu/xstate.h"

enum {
	BEFORE = 0,
	AFTER = 512,
	OPERAND = 1024,
	FCW = 0,
	FSW = 2,
	TAGS = 4,
	MXCSR = 24,
	ST = 32,
	ST_BYTES = 16,
	IMAGE = 512,
};

static const struct xstate_layout layout = { .method = XSTATE_FXSAVE, .size = IMAGE };
static uint8_t image[IMAGE], memory_bytes[16];

static enum emulate_outcome locate(void *context, gva_t at, unsigned width, enum page_access access,
				   struct guest_span *span, struct vcpu_event *fault)
{
	assert_int_equal(at.value, (uintptr_t)native->scratch + OPERAND);
	span->parts = 1;
	span->part[0].length = width;
	return EMULATE_DONE;
}

static void read_span(void *context, const struct guest_span *span, void *to)
{
	memcpy(to, memory_bytes, span->part[0].length);
}

static void write_span(void *context, const struct guest_span *span, const void *from)
{
	memcpy(memory_bytes, from, span->part[0].length);
}

static bool read_vector(void *context, unsigned reg, uint8_t *to)
{
	xstate_get_vector(&layout, image, reg, to);
	return true;
}

static bool write_vector(void *context, unsigned reg, const uint8_t *from, bool whole)
{
	xstate_set_vector(&layout, image, reg, from, whole);
	return true;
}

static const struct emulate_memory memory = {
	.locate = locate,
	.read = read_span,
	.write = write_span,
	.read_vector = read_vector,
	.write_vector = write_vector,
};

/* --- what to try it on ----------------------------------------------------------------------- */

/* Significands at the edges of roundings, and any. */
static uint64_t significand(void)
{
	static const uint64_t tails[] = { 0,           1,           BIT(10),      BIT(10) + 1,
					  BIT(10) - 1, BIT(39),     BIT(39) + 1,  BIT(39) - 1,
					  BIT(11),     BITS(63, 0), BITS(62, 11), BITS(62, 40),
					  BIT(62),     BIT(40),     BITS(63, 10) };
	uint64_t pick = random_bits();

	return pick & 0x700 ? tails[pick % ARRAY_SIZE(tails)] ^ (pick & 0x1000 ? BIT(63) : 0)
			    : random_bits();
}

/* Exponents at the edges of formats, and of integers. */
static uint16_t exponent(void)
{
	static const uint16_t edges[] = { 0,     1,     0x7fff, 0x7ffe, 16383, 16382, 16384,
					  16398, 16414, 16446,  16447,  16445, 16413, 16397,
					  16510, 16511, 16512,  17406,  17407, 16257, 16256,
					  16234, 16233, 16232,  15361,  15360, 15309, 15308 };
	uint64_t pick = random_bits();
	uint16_t value =
		pick & 0x300 ? edges[pick % ARRAY_SIZE(edges)] : (uint16_t)(random_bits() & 0x7fff);

	return value | (pick & 0x8000);
}

static void put_number(uint8_t *to)
{
	uint64_t bits = significand() | (random_bits() & 7 ? BIT(63) : 0);
	uint16_t upper = exponent();

	memcpy(to, &bits, sizeof(bits));
	memcpy(to + 8, &upper, sizeof(upper));
}

static void put_operand(void)
{
	static const uint64_t floats[] = { 0x7f800000,
					   0x7fc00001,
					   0x7f800001,
					   0x00000001,
					   0x007fffff,
					   0x80000000,
					   0xff812345,
					   0x7ff0000000000000,
					   0x7ff0000000000001,
					   0x7ff8000000000000,
					   1,
					   0x000fffffffffffff,
					   BIT(63),
					   0xfff123456789abcd };
	uint64_t pick = random_bits(), value = random_bits();

	put_number(memory_bytes);
	if (pick & 1)
		value = floats[pick / 2 % ARRAY_SIZE(floats)];
	if (pick & 0x100)
		memcpy(memory_bytes, &value, sizeof(value));
}

static void put_state(void)
{
	uint16_t control = (uint16_t)(random_bits() & 0xf7f) | 0x40;
	uint16_t status = (uint16_t)(random_bits() & (X87_TOP | X87_C1 | 0x4500));
	uint32_t mxcsr = 0x1f80;

	if (random_bits() & 1) /* most systems mask all */
		control |= X87_EXCEPTIONS;
	memset(image, 0, sizeof(image));
	memcpy(image + FCW, &control, sizeof(control));
	memcpy(image + FSW, &status, sizeof(status));
	image[TAGS] = (uint8_t)random_bits();
	memcpy(image + MXCSR, &mxcsr, sizeof(mxcsr));
	for (unsigned i = 0; i < VCPU_X87_COUNT; i++)
		put_number(image + ST + i * ST_BYTES);
}

/* --- one instruction ------------------------------------------------------------------------- */

/* FXRSTOR, the instruction, FXSAVE; and an FPU that is as a program wants it. */
static void run_natively(const uint8_t *bytes, unsigned length)
{
	uint8_t code[64], *at = code;

	at = native_emit_absolute(at, "\x48\x0f\xae\x0c\x25", 5, native->scratch + BEFORE);
	at = native_emit(at, bytes, length);
	at = native_emit_absolute(at, "\x48\x0f\xae\x04\x25", 5, native->scratch + AFTER);
	at = native_emit(at, "\xdb\xe3", 2);
	native->gpr[RBX] = (uintptr_t)native->scratch + OPERAND;
	native_run(code, (unsigned)(at - code));
}

static void compare(uint8_t opcode, unsigned digit)
{
	const uint8_t bytes[] = { opcode, (uint8_t)(digit << 3 | RBX) };
	struct decoded_instruction instruction;
	struct emulate_cpu cpu = { .code64 = true, .protected_mode = true };
	struct emulation e = { .cpu = &cpu, .instruction = &instruction, .memory = &memory };
	uint8_t *after = native->scratch + AFTER;

	put_state();
	put_operand();
	memcpy(native->scratch + BEFORE, image, IMAGE);
	memcpy(native->scratch + OPERAND, memory_bytes, sizeof(memory_bytes));
	assert_int_equal(decode_instruction(CODE_64, bytes, sizeof(bytes), &instruction),
			 DECODE_DONE);
	assert_int_equal(instruction.operation, OPERATION_X87);
	cpu.gpr[RBX] = (uintptr_t)native->scratch + OPERAND;
	assert_int_equal(emulate_execute(&e), EMULATE_DONE);
	run_natively(bytes, sizeof(bytes));
	if (memcmp(memory_bytes, native->scratch + OPERAND, sizeof(memory_bytes)) ||
	    memcmp(image, after, TAGS + 1)) {
		const uint8_t *b = native->scratch + BEFORE;

		fail_msg("%02x /%u: control %02x%02x status %02x%02x tags %02x number %04x:%016llx "
			 "memory %016llx %016llx, status %02x%02x tags %02x, the CPU says %016llx, "
			 "control %02x%02x status %02x%02x tags %02x",
			 opcode, digit, b[1], b[0], b[3], b[2], b[4],
			 *(const uint16_t *)(b + ST + 8), *(const unsigned long long *)(b + ST),
			 *(const unsigned long long *)memory_bytes, 0ull, image[3], image[2],
			 image[4], *(const unsigned long long *)(native->scratch + OPERAND),
			 after[1], after[0], after[3], after[2], after[4]);
	}
	for (unsigned i = 0; i < VCPU_X87_COUNT; i++)
		assert_memory_equal(image + ST + i * ST_BYTES, after + ST + i * ST_BYTES,
				    VCPU_X87_BYTES);
}

/* --- all of them ----------------------------------------------------------------------------- */

static void as_the_cpu_does(void **state)
{
	static const struct {
		uint8_t opcode, digits; /* a bit each */
	} forms[] = { { 0xd9, 0xad }, { 0xdb, 0xaf }, { 0xdd, 0x8f }, { 0xdf, 0xaf } };

	for (unsigned round = 0; round < 20000; round++)
		for (unsigned i = 0; i < ARRAY_SIZE(forms); i++)
			for (unsigned digit = 0; digit < 8; digit++)
				if (forms[i].digits & BIT(digit))
					compare(forms[i].opcode, digit);
}

static void what_is_not_done(void **state)
{
	static const uint8_t others[][2] = { { 0xd9, 0x23 }, { 0xd9, 0x33 }, { 0xdf, 0x23 },
					     { 0xdd, 0x33 }, { 0xd8, 0x03 }, { 0xdb, 0xe3 } };
	struct decoded_instruction instruction;

	for (unsigned i = 0; i < ARRAY_SIZE(others); i++) {
		assert_int_equal(decode_instruction(CODE_64, others[i], 2, &instruction),
				 DECODE_DONE);
		assert_int_equal(instruction.operation, OPERATION_NONE);
	}
}

static int setup(void **state)
{
	native_init();
	seed = 0x9e3779b97f4a7c15;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_the_cpu_does),
		cmocka_unit_test(what_is_not_done),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
