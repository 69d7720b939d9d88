/* Debug registers as SDM volume 3, "Debug Control Register (DR7)" wants them, and patches. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "guest/gdb/gdb_breakpoints.h"
#include "guest/gdb/gdb_step.h"

static struct gdb_breakpoints all;

static int clear(void **state)
{
	memset(&all, 0, sizeof(all));
	return 0;
}

static void registers(void **state)
{
	struct vcpu_debug debug = { 0 };

	gdb_hardware_registers(&all, &debug);
	assert_int_equal(debug.dr7, 0);
	assert_true(gdb_hardware_add(&all, GDB_BREAK_HARDWARE, 0x8001, 1));
	assert_true(gdb_hardware_add(&all, GDB_WATCH_WRITE, 0x9000, 8));
	assert_true(gdb_hardware_add(&all, GDB_WATCH_READ, 0x9004, 4));
	assert_true(gdb_hardware_add(&all, GDB_WATCH_ACCESS, 0x9002, 2));
	gdb_hardware_registers(&all, &debug);
	/* G0 to G3; R/W 0, 1, 3, 3; LEN 0 (1 byte), 2 (8), 3 (4), 1 (2). */
	assert_int_equal(debug.dr7, 0xaa | 0x0u << 16 | 0x9u << 20 | 0xfu << 24 | 0x7u << 28);
	assert_int_equal(debug.address[0], 0x8001);
	assert_int_equal(debug.address[3], 0x9002);
	assert_true(gdb_hardware_remove(&all, GDB_WATCH_WRITE, 0x9000, 8));
	gdb_hardware_registers(&all, &debug);
	assert_int_equal(debug.dr7, 0xa2 | 0xfu << 24 | 0x7u << 28);
	assert_int_equal(debug.address[1], 0);
}

static void ranges(void **state)
{
	assert_false(gdb_hardware_add(&all, GDB_WATCH_WRITE, 0x9001, 2));
	assert_false(gdb_hardware_add(&all, GDB_WATCH_WRITE, 0x9004, 8));
	assert_false(gdb_hardware_add(&all, GDB_WATCH_WRITE, 0x9000, 3));
	assert_false(gdb_hardware_add(&all, GDB_WATCH_WRITE, 0x9000, 0));
	assert_false(gdb_hardware_add(&all, GDB_WATCH_WRITE, 0x9000, 1ull << 63));
	assert_false(gdb_hardware_remove(&all, GDB_WATCH_WRITE, 0x9000, 8));
	/* The same one twice takes one register. */
	for (unsigned i = 0; i < 8; i++)
		assert_true(gdb_hardware_add(&all, GDB_BREAK_HARDWARE, 0x8000, 1));
	assert_false(all.hardware[1].used);
}

static void patches(void **state)
{
	uint8_t bytes[4] = { 1, 0xcc, 3, 4 };

	assert_non_null(gdb_patch_add(&all, gpa(0x1001), 0xffff0001, 2));
	assert_null(gdb_patch_at(&all, gpa(0x1000)));
	assert_ptr_equal(gdb_patch_at(&all, gpa(0x1001)), gdb_patch_named(&all, 0xffff0001));
	gdb_patches_hide(&all, gpa(0x1000), bytes, sizeof(bytes));
	assert_memory_equal(bytes, "\x01\x02\x03\x04", 4);
	bytes[1] = 0x90;
	gdb_patches_keep(&all, gpa(0x1000), bytes, sizeof(bytes));
	assert_memory_equal(bytes, "\x01\xcc\x03\x04", 4);
	assert_int_equal(all.patches[0].original, 0x90);
	/* What the guest wrote there itself is what there is. */
	bytes[1] = 0x55;
	gdb_patches_hide(&all, gpa(0x1000), bytes, sizeof(bytes));
	assert_int_equal(bytes[1], 0x55);
	/* Out of reach on either side. */
	gdb_patches_keep(&all, gpa(0x1002), bytes, 2);
	gdb_patches_keep(&all, gpa(0xffd), bytes, 4);
	assert_int_equal(all.patches[0].original, 0x90);
}

static void no_room(void **state)
{
	for (unsigned i = 0; i < GDB_SOFTWARE_MAX; i++)
		assert_non_null(gdb_patch_add(&all, gpa(i), i, 0));
	assert_null(gdb_patch_add(&all, gpa(0x5000), 0x5000, 0));
}

static struct step_instruction step(const char *bytes, size_t length, bool code64)
{
	return gdb_step_instruction((const uint8_t *)bytes, length, code64);
}

static void steps(void **state)
{
	assert_int_equal(step("\x90", 1, true).kind, STEP_PLAIN);
	assert_int_equal(step("\x9c", 1, true).kind, STEP_SAVES_FLAGS);
	assert_int_equal(step("\x66\x9c", 2, true).kind, STEP_SAVES_FLAGS);
	assert_int_equal(step("\x9d", 1, false).kind, STEP_LOADS_FLAGS);
	assert_int_equal(step("\x48\xcf", 2, true).kind, STEP_LOADS_FLAGS);
	/* 48H is DEC EAX outside 64-bit code. */
	assert_int_equal(step("\x48\xcf", 2, false).kind, STEP_PLAIN);
	assert_int_equal(step("\x0f\x05", 2, true).kind, STEP_SYSCALL);
	assert_int_equal(step("\x48\x0f\x07", 3, true).kind, STEP_LOADS_FLAGS);
	assert_int_equal(step("\xcd\x80", 2, true).kind, STEP_INTERRUPT);
	assert_int_equal(step("\xcd\x80", 2, true).vector, 0x80);
	assert_int_equal(step("\x2e\xcd\x21", 3, false).length, 3);
	assert_int_equal(step("\x2e\xcd\x21", 3, false).vector, 0x21);
	/* Cut off by the end of what could be read. */
	assert_int_equal(step("\xcd", 1, true).kind, STEP_PLAIN);
	assert_int_equal(step("\x0f", 1, true).kind, STEP_PLAIN);
	assert_int_equal(step("", 0, true).kind, STEP_PLAIN);
	assert_int_equal(step("\x66\x66\x66", 3, true).kind, STEP_PLAIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(registers, clear),
		cmocka_unit_test_setup(ranges, clear),
		cmocka_unit_test_setup(patches, clear),
		cmocka_unit_test_setup(no_room, clear),
		cmocka_unit_test(steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
