/* What the decoder says of encodings that the host's CPU cannot be asked about: 16- and 32-bit code,
 * prefixes in odd orders, bytes that are no instruction. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "vm/emulate/decoder.h"
#include "vm/emulate/segment_register.h"

static struct decoded_instruction i;

#define BYTES(...) (const uint8_t[]) { __VA_ARGS__ }, sizeof((const uint8_t[]) { __VA_ARGS__ })

static void decoded(enum code_mode mode, const uint8_t *bytes, unsigned length)
{
	assert_int_equal(decode_instruction(mode, bytes, length, &i), DECODE_DONE);
	assert_int_equal(i.length, length);
	assert_memory_equal(i.bytes, bytes, length);
}

/* SDM volume 2, "16-Bit Addressing Forms with the ModR/M Byte". */
static void addresses_of_16_bits(void **state)
{
	static const struct {
		uint8_t base, index, segment;
	} forms[] = {
		{ RBX, RSI, SEGMENT_DS },         { RBX, RDI, SEGMENT_DS },
		{ RBP, RSI, SEGMENT_SS },         { RBP, RDI, SEGMENT_SS },
		{ RSI, NO_REGISTER, SEGMENT_DS }, { RDI, NO_REGISTER, SEGMENT_DS },
		{ RBP, NO_REGISTER, SEGMENT_SS }, { RBX, NO_REGISTER, SEGMENT_DS },
	};

	for (unsigned rm = 0; rm < 8; rm++) {
		decoded(CODE_REAL, BYTES(0x8a, 0x40 | rm, 0xfe));
		assert_int_equal(i.base, forms[rm].base);
		assert_int_equal(i.index, forms[rm].index);
		assert_int_equal(i.segment, forms[rm].segment);
		assert_int_equal(i.displacement, (uint64_t)-2);
		assert_int_equal(i.address_width, 2);
		assert_int_equal(i.scale, 1);
	}
	decoded(CODE_REAL, BYTES(0x8a, 0x06, 0x34, 0x12)); /* [1234h] */
	assert_int_equal(i.base, NO_REGISTER);
	assert_int_equal(i.segment, SEGMENT_DS);
	assert_int_equal(i.displacement, 0x1234);
}

static void sizes_follow_the_mode(void **state)
{
	static const struct {
		enum code_mode mode;
		uint8_t plain, prefixed, address, other_address;
	} rows[] = {
		{ CODE_REAL, 2, 4, 2, 4 },
		{ CODE_16, 2, 4, 2, 4 },
		{ CODE_32, 4, 2, 4, 2 },
		{ CODE_64, 4, 2, 8, 4 },
	};

	for (unsigned row = 0; row < ARRAY_SIZE(rows); row++) {
		decoded(rows[row].mode, BYTES(0x8b, 0x07));
		assert_int_equal(i.width, rows[row].plain);
		assert_int_equal(i.address_width, rows[row].address);
		decoded(rows[row].mode, BYTES(0x66, 0x8b, 0x07));
		assert_int_equal(i.width, rows[row].prefixed);
		decoded(rows[row].mode, BYTES(0x67, 0x8b, 0x07));
		assert_int_equal(i.address_width, rows[row].other_address);
		decoded(rows[row].mode, BYTES(0x8a, 0x27)); /* AH */
		assert_true(i.high_byte);
		assert_int_equal(i.reg, RAX);
	}
	decoded(CODE_64, BYTES(0x40, 0x8a, 0x27)); /* SPL */
	assert_false(i.high_byte);
	assert_int_equal(i.reg, RSP);
	decoded(CODE_64, BYTES(0xff, 0x37));
	assert_int_equal(i.operation, OPERATION_PUSH);
	assert_int_equal(i.width, 8);
	decoded(CODE_32, BYTES(0xa1, 1, 2, 3, 0x84));
	assert_int_equal(i.reg, RAX);
	assert_int_equal((uint32_t)i.displacement, 0x84030201);
}

static void rip_relative_in_64_bit_code_only(void **state)
{
	decoded(CODE_64, BYTES(0x8b, 0x05, 4, 0, 0, 0));
	assert_true(i.rip_relative);
	decoded(CODE_32, BYTES(0x8b, 0x05, 4, 0, 0, 0));
	assert_false(i.rip_relative);
	decoded(CODE_64, BYTES(0x8b, 0x04, 0x25, 4, 0, 0, 0));
	assert_false(i.rip_relative);
	assert_int_equal(i.base, NO_REGISTER);
	assert_int_equal(i.index, NO_REGISTER);
}

static void the_last_override_counts(void **state)
{
	decoded(CODE_32, BYTES(0x26, 0x64, 0x2e, 0x8b, 0x07));
	assert_int_equal(i.segment, SEGMENT_CS);
	decoded(CODE_32, BYTES(0x3e, 0x8b, 0x45, 0));
	assert_int_equal(i.segment, SEGMENT_DS);
	decoded(CODE_64, BYTES(0x64, 0x2e, 0x8b, 0x07)); /* CS does not count */
	assert_int_equal(i.segment, SEGMENT_FS);
	decoded(CODE_64, BYTES(0xf2, 0xf3, 0xa6));
	assert_int_equal(i.repeat, REPEAT_EQUAL);
	decoded(CODE_64, BYTES(0xf3, 0xf2, 0xa6));
	assert_int_equal(i.repeat, REPEAT_NOT_EQUAL);
	decoded(CODE_64, BYTES(0xf3, 0x89, 0x07)); /* XRELEASE MOV */
	assert_int_equal(i.repeat, REPEAT_NONE);
	assert_int_equal(i.operation, OPERATION_MOV);
}

/* The same mnemonic or opcode, and not the same instruction. */
static void look_alikes(void **state)
{
	decoded(CODE_64, BYTES(0xa5));
	assert_int_equal(i.operation, OPERATION_MOVS);
	decoded(CODE_64, BYTES(0xf2, 0x0f, 0x10, 0x07)); /* MOVSD of SSE2 */
	assert_int_equal(i.operation, OPERATION_VECTOR_LOAD);
	assert_int_equal(i.width, 8);
	decoded(CODE_32, BYTES(0x63, 0x07)); /* ARPL */
	assert_int_equal(i.operation, OPERATION_NONE);
	decoded(CODE_64, BYTES(0x0f, 0x6f, 0x07)); /* MOVQ of MMX */
	assert_int_equal(i.operation, OPERATION_VECTOR_LOAD);
	assert_true(i.mmx);
	assert_int_equal(i.width, 8);
	decoded(CODE_64, BYTES(0xf6, 0x07, 0x80));
	assert_int_equal(i.operation, OPERATION_TEST);
	assert_int_equal(i.form, FORM_MEMORY_IMMEDIATE);
	decoded(CODE_64, BYTES(0xd0, 0x37)); /* the other code of SHL */
	assert_int_equal(i.operation, OPERATION_SHL);
	assert_int_equal(i.immediate, 1);
	decoded(CODE_64, BYTES(0xf2, 0x0f, 0x38, 0xf1, 0x07)); /* CRC32, MOVBE's opcode */
	assert_int_equal(i.operation, OPERATION_NONE);
	decoded(CODE_64, BYTES(0xc5, 0xd9, 0x12, 0x07)); /* VMOVLPD of three operands */
	assert_int_equal(i.operation, OPERATION_VECTOR_LOAD);
	assert_int_equal(i.rest, 4);
	decoded(CODE_64, BYTES(0x62, 0xf1, 0xff, 0x0a, 0x6f, 0x8b, 0x41, 0, 0, 0)); /* masked */
	assert_int_equal(i.operation, OPERATION_NONE);
	decoded(CODE_64, BYTES(0x62, 0x71, 0x34, 0x48, 0x58, 0x4b, 1)); /* VADDPS */
	assert_int_equal(i.operation, OPERATION_NONE);
}

static void what_is_no_instruction(void **state)
{
	assert_int_equal(decode_instruction(CODE_64, BYTES(0x8b), &i), DECODE_MORE);
	assert_int_equal(decode_instruction(CODE_64, BYTES(0x8b, 0x80, 1, 2, 3), &i), DECODE_MORE);
	assert_int_equal(decode_instruction(CODE_64, BYTES(0xf0, 0x8b, 0x07), &i), DECODE_ILLEGAL);
	assert_int_equal(decode_instruction(CODE_64, BYTES(0x8c, 0x37), &i), DECODE_ILLEGAL);
	assert_int_equal(decode_instruction(CODE_64, BYTES(0x0f, 0xff, 0x07), &i), DECODE_DONE);
	assert_int_equal(i.operation, OPERATION_NONE); /* UD0 */
	assert_int_equal(decode_instruction(CODE_64, BYTES(0x06), &i), DECODE_UNKNOWN);
	assert_int_equal(decode_instruction(CODE_64,
					    BYTES(0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
						  0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66),
					    &i),
			 DECODE_TOO_LONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_of_16_bits),
		cmocka_unit_test(sizes_follow_the_mode),
		cmocka_unit_test(rip_relative_in_64_bit_code_only),
		cmocka_unit_test(the_last_override_counts),
		cmocka_unit_test(look_alikes),
		cmocka_unit_test(what_is_no_instruction),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
