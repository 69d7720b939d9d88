/* The order and the widths that GDB takes for granted, and x87 state out of an FXSAVE image. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "guest/gdb/gdb_registers.h"

static void order(void **state)
{
	size_t bytes = 0;

	assert_string_equal(gdb_register_name(GDB_REGISTER_RBP), "rbp");
	assert_string_equal(gdb_register_name(GDB_REGISTER_RSP), "rsp");
	assert_string_equal(gdb_register_name(GDB_REGISTER_RIP), "rip");
	assert_string_equal(gdb_register_name(17), "eflags");
	assert_string_equal(gdb_register_name(24), "st0");
	assert_string_equal(gdb_register_name(32), "fctrl");
	assert_string_equal(gdb_register_name(39), "fop");
	assert_string_equal(gdb_register_name(40), "xmm0");
	assert_string_equal(gdb_register_name(56), "mxcsr");
	for (unsigned i = 0; i < gdb_register_count; i++) {
		assert_true(gdb_registers[i].size <= GDB_REGISTER_MAX);
		bytes += gdb_registers[i].size;
	}
	assert_true(bytes <= GDB_REGISTERS_MAX);
}

static void x87(void **state)
{
	uint8_t image[512] = { 0 }, value[GDB_REGISTER_MAX];

	/* After FNINIT and FLD1: TOP is 7, physical register 7 is used, ST(0) is 1.0. */
	memcpy(image, "\x7f\x03\x00\x38\x80\x00\xe8\x01", 8);
	memcpy(image + 32, "\0\0\0\0\0\0\0\x80\xff\x3f", 10);
	gdb_fpu_stack(image, 0, value);
	assert_memory_equal(value, "\0\0\0\0\0\0\0\x80\xff\x3f", 10);
	assert_int_equal(gdb_fpu_control(image, FPU_FCTRL), 0x37f);
	assert_int_equal(gdb_fpu_control(image, FPU_FSTAT), 0x3800);
	assert_int_equal(gdb_fpu_control(image, FPU_FTAG), 0x3fff);
	assert_int_equal(gdb_fpu_control(image, FPU_FOP), 0x1e8);
	/* FLDZ on top of it: zero in register 6, and 1.0 is ST(1). */
	image[3] = 0x30;
	image[4] = 0xc0;
	memcpy(image + 48, image + 32, 10);
	memset(image + 32, 0, 10);
	assert_int_equal(gdb_fpu_control(image, FPU_FTAG), 0x1fff);
	/* An infinity is special. */
	memcpy(image + 32, "\0\0\0\0\0\0\0\x80\xff\x7f", 10);
	assert_int_equal(gdb_fpu_control(image, FPU_FTAG), 0x2fff);
	memcpy(image + 24, "\x80\x1f\0\0", 4);
	assert_int_equal(gdb_vector_control(image), 0x1f80);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(order), cmocka_unit_test(x87) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
