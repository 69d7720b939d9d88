/* Instructions as text, and the addresses that they touch. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "lib/bits.h"
#include "vm/crash/instruction_text.h"

static struct instruction_registers registers;
static struct instruction_text got;

static int reset(void **state)
{
	memset(&registers, 0, sizeof(registers));
	for (unsigned i = 0; i < GPR_COUNT; i++)
		registers.gpr[i] = 0x1000 * (i + 1);
	registers.rip = 0x400000;
	return 0;
}

#define DESCRIBE(mode, ...)                                           \
	instruction_describe(mode, (const uint8_t[]) { __VA_ARGS__ }, \
			     sizeof((const uint8_t[]) { __VA_ARGS__ }), &registers, &got)

static void operand_is(unsigned n, uint64_t address, unsigned width, bool read, bool write)
{
	assert_true(n < got.operands);
	assert_int_equal(got.operand[n].address.value, address);
	assert_int_equal(got.operand[n].width, width);
	assert_int_equal(got.operand[n].read, read);
	assert_int_equal(got.operand[n].write, write);
}

static void shows_text_and_addresses(void **state)
{
	DESCRIBE(CODE_64, 0x89, 0x48, 0x10);
	assert_string_equal(got.text, "mov dword ptr [rax+0x10], ecx");
	assert_int_equal(got.length, 3);
	assert_int_equal(got.operands, 1);
	operand_is(0, 0x1010, 4, false, true);

	/* Relative to the next instruction. */
	DESCRIBE(CODE_64, 0x48, 0x8b, 0x05, 0x00, 0x01, 0x00, 0x00);
	assert_string_equal(got.text, "mov rax, qword ptr [0x400107]");
	operand_is(0, 0x400107, 8, true, false);

	/* Scaled, negative, read and written, through GS. */
	registers.base[SEGMENT_GS] = 0xffff800000000000;
	registers.base[SEGMENT_DS] = 0x5555; /* counts for nothing there */
	DESCRIBE(CODE_64, 0x65, 0x48, 0x01, 0x54, 0x8b, 0xf8);
	assert_string_equal(got.text, "add qword ptr gs:[rbx+rcx*4-0x8], rdx");
	operand_is(0, 0xffff800000000000 + 0x4000 + 0x2000 * 4 - 8, 8, true, true);

	/* LEA touches nothing. */
	DESCRIBE(CODE_64, 0x48, 0x8d, 0x40, 0x08);
	assert_int_equal(got.operands, 0);

	DESCRIBE(CODE_64, 0xe8, 0x00, 0x10, 0x00, 0x00);
	assert_string_equal(got.text, "call 0x401005");
	operand_is(0, registers.gpr[RSP] - 8, 8, false, true);
	DESCRIBE(CODE_64, 0xc3);
	operand_is(0, registers.gpr[RSP], 8, true, false);
	DESCRIBE(CODE_64, 0x0f, 0x0b);
	assert_string_equal(got.text, "ud2");
}

static void addresses_are_as_wide_as_the_mode(void **state)
{
	registers.gpr[RAX] = 0xfffffffff;
	registers.base[SEGMENT_DS] = 0x100;
	DESCRIBE(CODE_32, 0x8b, 0x40, 0x02);
	assert_string_equal(got.text, "mov eax, dword ptr [eax+0x2]");
	operand_is(0, 0x101, 4, true, false);
	/* Real mode: BX + SI wraps at 64 KiB, then the segment is added. */
	registers.gpr[RBX] = 0xfff0;
	registers.gpr[RSI] = 0x20;
	registers.base[SEGMENT_DS] = 0x12340;
	DESCRIBE(CODE_REAL, 0x8b, 0x00);
	assert_string_equal(got.text, "mov ax, word ptr [bx+si*1]");
	operand_is(0, 0x12350, 2, true, false);
	registers.gpr[RSP] = 0x70000; /* SP is 0 */
	registers.base[SEGMENT_SS] = 0x20000;
	DESCRIBE(CODE_REAL, 0x50);
	assert_string_equal(got.text, "push ax");
	operand_is(0, 0x2fffe, 2, false, true);
}

static void string_instructions_have_two(void **state)
{
	DESCRIBE(CODE_64, 0xf3, 0xa4);
	assert_string_equal(got.text, "rep movsb");
	assert_int_equal(got.operands, 2);
	operand_is(0, registers.gpr[RDI], 1, false, true);
	operand_is(1, registers.gpr[RSI], 1, true, false);
}

static void what_is_none_says_so(void **state)
{
	DESCRIBE(CODE_64, 0x48, 0x8b);
	assert_int_equal(got.length, 0);
	assert_string_equal(got.text, "(cut off)");
	instruction_describe(CODE_64, NULL, 0, &registers, &got);
	assert_int_equal(got.length, 0);
	DESCRIBE(CODE_64, 0x06);
	assert_string_equal(got.text, "(no instruction)");
	DESCRIBE(CODE_64, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
		 0x66, 0x66, 0x66);
	assert_int_equal(got.length, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(shows_text_and_addresses, reset),
		cmocka_unit_test_setup(addresses_are_as_wide_as_the_mode, reset),
		cmocka_unit_test_setup(string_instructions_have_two, reset),
		cmocka_unit_test_setup(what_is_none_says_so, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
