/* A kernel must arrive at the TSC's rate with the arithmetic that kernels do, in 32 bits. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "vm/policy/cpuid_clocks.h"

static void ratio_is_right(void **state)
{
	static const uint32_t khz[] = { 10000,   50000,   999999,  1000000, 1000001, 2893201,
					2899999, 3600000, 4294000, 4999987, 7000001 };

	for (unsigned i = 0; i < ARRAY_SIZE(khz); i++) {
		struct cpuid_guest guest = { .tsc_khz = khz[i] };
		struct cpuid_result r = cpuid_tsc_frequency(&guest);

		assert_int_equal(r.ecx, CPUID_CRYSTAL_HZ);
		assert_true(r.eax && r.ebx);
		/* Linux's native_calibrate_tsc() and its 32-bit product. */
		uint32_t product = r.ecx / 1000 * r.ebx;
		assert_int_equal(product, (uint64_t)r.ecx / 1000 * r.ebx);
		/* No fraction with such a numerator need be nearer than that. */
		int64_t hz = (int64_t)((uint64_t)r.ecx * r.ebx / r.eax);
		int64_t off = hz - (int64_t)khz[i] * 1000;
		assert_true((off < 0 ? -off : off) <= hz / 4294);
	}
}

static void exact_where_it_can_be(void **state)
{
	struct cpuid_guest guest = { .tsc_khz = 10000 };
	struct cpuid_result r = cpuid_tsc_frequency(&guest);

	assert_int_equal(r.ebx, 2);
	assert_int_equal(r.eax, 5);
	guest.tsc_khz = 2893500; /* 5787 / 2000 is one too large: 2893.5 between two convergents */
	r = cpuid_tsc_frequency(&guest);
	assert_true((uint64_t)r.ecx * r.ebx / r.eax / 1000 - 2893500 + 10 <= 20);
	guest.tsc_khz = 10000;
	r = cpuid_cpu_frequency(&guest);
	assert_int_equal(r.eax, 10);
	assert_int_equal(r.ebx, 10);
	r = cpuid_timing(&guest);
	assert_int_equal(r.eax, 10000);
	assert_int_equal(r.ebx, 25000);
}

static void nothing_without_a_rate(void **state)
{
	struct cpuid_guest guest = { 0 };
	struct cpuid_result r = cpuid_tsc_frequency(&guest);

	assert_int_equal(r.eax | r.ebx | r.ecx | r.edx, 0);
	r = cpuid_cpu_frequency(&guest);
	assert_int_equal(r.eax | r.ebx | r.ecx | r.edx, 0);
}

static void names_kvm(void **state)
{
	struct cpuid_result r = cpuid_pvclock(CPUID_PVCLOCK_LEAF);
	char name[12];

	memcpy(name, &r.ebx, 4);
	memcpy(name + 4, &r.ecx, 4);
	memcpy(name + 8, &r.edx, 4);
	assert_memory_equal(name, "KVMKVMKVM\0\0", 12);
	assert_int_equal(r.eax, 0x40000101);
	assert_int_equal(cpuid_pvclock(0x40000101).eax, 0x1000009);
	assert_int_equal(cpuid_pvclock(0x40000102).eax, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ratio_is_right),
		cmocka_unit_test(exact_where_it_can_be),
		cmocka_unit_test(nothing_without_a_rate),
		cmocka_unit_test(names_kvm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
