/* Registers and memory as a report sees them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/host/fake_vcpu.h"
#include "vm/crash/scene.h"

static struct scene scene;
static struct reason why;

static void real_mode_adds_segments(void **state)
{
	registers[VCPU_RIP] = 0x34;
	registers[VCPU_CS_BASE] = 0x12000;
	registers[VCPU_SS_BASE] = 0x8000;
	registers[VCPU_RSP] = 0x10010; /* SP is 10h */
	assert_int_equal(scene_take(&vcpu, &scene, &why), ERROR_NONE);
	assert_int_equal(scene.mode, CODE_REAL);
	assert_int_equal(scene_rip(&scene).value, 0x12034);
	assert_int_equal(scene_rsp(&scene).value, 0x8010);
	assert_int_equal(scene_stack_width(&scene), 2);
}

static void modes_follow_the_code_segment(void **state)
{
	registers[VCPU_CR0] = CR0_PE;
	assert_int_equal(scene_take(&vcpu, &scene, &why), ERROR_NONE);
	assert_int_equal(scene.mode, CODE_16);
	registers[VCPU_CS_RIGHTS] = RIGHTS_CODE32;
	registers[VCPU_RIP] = 0xfffffff0;
	registers[VCPU_CS_BASE] = 0x20;
	assert_int_equal(scene_take(&vcpu, &scene, &why), ERROR_NONE);
	assert_int_equal(scene.mode, CODE_32);
	assert_int_equal(scene_rip(&scene).value, 0x10);
	fake_long_mode();
	assert_int_equal(scene_take(&vcpu, &scene, &why), ERROR_NONE);
	assert_int_equal(scene.mode, CODE_64);
	assert_int_equal(scene_rip(&scene).value, 0xfffffff0);
	assert_int_equal(scene_stack_width(&scene), 8);
	broken_register = VCPU_GS_BASE;
	assert_int_equal(scene_take(&vcpu, &scene, &why), ERROR_BAD_STATE);
	assert_string_equal(why.text, "a register cannot be read");
}

static void reads_leave_no_trace(void **state)
{
	uint8_t before[sizeof(ram)], bytes[16];
	struct page_walk_trace trace;

	fake_long_mode();
	/* A supervisor's page that forbids execution and writing, and none behind it. */
	fake_map(16, BIT(63) | 0x5000 | 1);
	memcpy(&ram[0x5ff8], "12345678", 8);
	registers[VCPU_SS_RIGHTS] = RIGHTS_DATA32 | RIGHTS_DPL;
	assert_int_equal(scene_take(&vcpu, &scene, &why), ERROR_NONE);
	assert_int_equal(scene.walk.cpl, 3);
	memcpy(before, ram, sizeof(ram));
	assert_int_equal(scene_read(&scene, gva(0x10ff8), bytes, 16), 8);
	assert_memory_equal(bytes, "12345678", 8);
	scene_walk(&scene, gva(0x10ff8), PAGE_ACCESS_WRITE, &trace);
	assert_int_equal(trace.result.status, PAGE_WALK_FAULT);
	assert_int_equal(trace.count, 4);
	assert_memory_equal(before, ram, sizeof(ram));
	/* A page that is no RAM; tables that are none. */
	fake_map(17, 0x80000000 | 7);
	assert_int_equal(scene_read(&scene, gva(0x11000), bytes, 16), 0);
	registers[VCPU_CR3] = 0x80000000;
	assert_int_equal(scene_take(&vcpu, &scene, &why), ERROR_NONE);
	assert_int_equal(scene_read(&scene, gva(0x1000), bytes, 16), 0);
	assert_int_equal(scene_read(&scene, gva(1ull << 60), bytes, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(real_mode_adds_segments, fake_vcpu_reset),
		cmocka_unit_test_setup(modes_follow_the_code_segment, fake_vcpu_reset),
		cmocka_unit_test_setup(reads_leave_no_trace, fake_vcpu_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
