/* A device behind a bus, with memory of its own and a record of what was asked of it, and instructions
 * that a fake vCPU is to have emulated on it. */
#ifndef TESTS_HOST_EMULATED_DEVICE_H
#define TESTS_HOST_EMULATED_DEVICE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <cmocka.h>

#include "tests/host/fake_vcpu.h"
#include "vm/emulate/emulate.h"
#include "vm/emulate/execute.h"
#include "x86/exception.h"

enum {
	CODE = 0x5000,
	TEXT_SCREEN = 0xb8000,
	DEVICE_PAGE = 20, /* linear, in long mode */
	DEVICE = DEVICE_PAGE << 12,
	RAM_PAGE = 6 << 12,
	MISSING_PAGE = 21 << 12,
};

#define DEVICE_GPA 0xfee00000ull

/* --- a device: memory of its own, and a record of what was asked ------------------------------ */

static uint8_t device[PAGE_SIZE];
static struct bus_access {
	bool write;
	uint64_t at, value;
	unsigned width;
} accesses[256];
static unsigned count;

static inline void note(bool write, gpa_t at, unsigned width, uint64_t value)
{
	assert_true(width == 1 || width == 2 || width == 4 || width == 8);
	assert_true(is_aligned(at.value, width));
	accesses[count++ % ARRAY_SIZE(accesses)] =
		(struct bus_access) { write, at.value, value, width };
}

static inline void bus_read(void *context, struct vcpu *v, gpa_t at, unsigned width,
			    uint64_t *value)
{
	assert_ptr_equal(context, device);
	*value = ~0ull; /* bits beyond the width do not count */
	memcpy(value, &device[at.value % PAGE_SIZE], width);
	note(false, at, width, 0);
}

static inline void bus_write(void *context, struct vcpu *v, gpa_t at, unsigned width,
			     uint64_t value)
{
	assert_true(width == 8 || !(value >> 8 * width));
	memcpy(&device[at.value % PAGE_SIZE], &value, width);
	note(true, at, width, value);
}

static const struct emulate_bus bus = { device, bus_read, bus_write };
static struct vcpu_exit fault;
static struct reason why;

static inline int reset(void **state)
{
	fake_vcpu_reset(state);
	memset(device, 0, sizeof(device));
	count = 0;
	fault = (struct vcpu_exit) { .kind = VCPU_EXIT_NESTED_FAULT };
	why.text[0] = 0;
	registers[VCPU_RFLAGS] |= RFLAGS_RF;
	return 0;
}

static inline void long_mode(void)
{
	fake_long_mode();
	fake_map(DEVICE_PAGE, DEVICE_GPA | 7);
}

#define BYTES(...) (const uint8_t[]) { __VA_ARGS__ }, sizeof((const uint8_t[]) { __VA_ARGS__ })

static inline enum error run(const uint8_t *bytes, size_t length)
{
	registers[VCPU_RIP] = CODE;
	memcpy(&ram[CODE], bytes, length);
	return emulate_instruction(&vcpu, &fault, &bus, &why);
}

/* Runs one that has to be carried out to its end. */
static inline void run_all(const uint8_t *bytes, size_t length)
{
	unsigned skipped = skips;

	assert_int_equal(run(bytes, length), ERROR_NONE);
	assert_int_equal(injections, 0);
	assert_int_equal(skips, skipped + 1);
	assert_int_equal(registers[VCPU_RIP], CODE + length);
	assert_false(registers[VCPU_RFLAGS] & RFLAGS_RF);
}

static inline void run_faults(const uint8_t *bytes, size_t length, unsigned vector, uint32_t code)
{
	injections = 0;
	assert_int_equal(run(bytes, length), ERROR_NONE);
	assert_int_equal(injections, 1);
	assert_int_equal(skips, 0);
	assert_int_equal(registers[VCPU_RIP], CODE);
	assert_int_equal(injected.kind, EVENT_EXCEPTION);
	assert_int_equal(injected.vector, vector);
	assert_int_equal(injected.has_error_code, exception_has_error_code(vector));
	assert_int_equal(injected.error_code, code);
	assert_true(registers[VCPU_RFLAGS] & RFLAGS_RF);
}

#endif
