/* INS and OUTS whose operand in memory is no RAM. */
#include "tests/host/string_port.h"

static uint8_t device[PAGE_SIZE];
static unsigned device_accesses;
static unsigned widths[8];

static void device_read(void *context, struct vcpu *v, gpa_t at, unsigned width, uint64_t *value)
{
	assert_ptr_equal(context, device);
	*value = ~0ull; /* bits beyond the width do not count */
	memcpy(value, &device[at.value % PAGE_SIZE], width);
	widths[device_accesses++ % ARRAY_SIZE(widths)] = width;
}

static void device_write(void *context, struct vcpu *v, gpa_t at, unsigned width, uint64_t value)
{
	assert_false(value >> 8 * width);
	memcpy(&device[at.value % PAGE_SIZE], &value, width);
	widths[device_accesses++ % ARRAY_SIZE(widths)] = width;
}

static const struct emulate_bus bus = { device, device_read, device_write };

static enum error go_on_bus(void)
{
	device_accesses = 0;
	return string_io(&vcpu, &io, element, &elements, &bus, NULL);
}

static void operands_in_a_device(void **state)
{
	/* rep insw to the text screen, in real mode */
	io.io.in = true;
	io.io.width = 2;
	registers[VCPU_ES_BASE] = 0xb8000;
	vcpu.gpr[RDI] = 0x10;
	vcpu.gpr[RCX] = 3;
	assert_int_equal(go_on_bus(), ERROR_NONE);
	assert_int_equal(device_accesses, 3);
	assert_int_equal(widths[2], 2);
	assert_memory_equal(&device[0x10], "\1\1\2\2\3\3", 6);
	assert_int_equal(vcpu.gpr[RDI], 0x16);
	assert_int_equal(skips, 1);

	/* outsd from it, not aligned: in pieces */
	io.io.in = io.io.repeat = false;
	io.io.width = 4;
	registers[VCPU_DS_BASE] = 0xb8000;
	vcpu.gpr[RSI] = 0x11;
	elements = 0;
	assert_int_equal(go_on_bus(), ERROR_NONE);
	assert_int_equal(elements, 1);
	assert_int_equal(written[0], 0x03020201);
	assert_int_equal(device_accesses, 3);
}

/* The last element begins in RAM and ends in the device. */
static void operands_half_in_a_device(void **state)
{
	fake_long_mode();
	fake_map(16, 0xfeb00000 | 7);
	io.io.in = true;
	io.io.width = 4;
	io.io.address_width = 8;
	vcpu.gpr[RDI] = 0xfffa;
	vcpu.gpr[RCX] = 2;
	memset(device, 0, sizeof(device));
	assert_int_equal(go_on_bus(), ERROR_NONE);
	assert_int_equal(injections, 0);
	assert_memory_equal(&ram[0xfffa], "\1\1\1\1\2\2", 6);
	assert_memory_equal(device, "\2\2\0", 3);
	assert_int_equal(ram[0x4000 + 16 * 8], 0x67); /* accessed and dirty */
	/* Rights are checked before the port is read. */
	fake_map(16, 0xfeb00000 | 5);
	elements = 0;
	vcpu.gpr[RDI] = 0x10000;
	vcpu.gpr[RCX] = 1;
	assert_int_equal(go_on_bus(), ERROR_NONE);
	assert_int_equal(elements + device_accesses, 0);
	assert_int_equal(injected.vector, 14);
	assert_int_equal(injected.error_code, 3);
}

/* A write to ROM goes to the bus, which drops it. */
static void operands_in_rom(void **state)
{
	io.io.in = true;
	io.io.repeat = false;
	registers[VCPU_ES_BASE] = FAKE_ROM_SLOT;
	vcpu.gpr[RDI] = 0;
	assert_int_equal(go_on_bus(), ERROR_NONE);
	assert_int_equal(device_accesses, 1);
	assert_int_equal(rom[0], 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, reset)
	const struct CMUnitTest tests[] = {
		TEST(operands_in_a_device),
		TEST(operands_half_in_a_device),
		TEST(operands_in_rom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
