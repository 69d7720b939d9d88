/* Descriptors taken apart and put together, against the null-to-4-GByte ones everybody knows; and
 * the names of MSRs. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "x86/control_registers.h"
#include "x86/msr.h"
#include "x86/segment.h"

static void flat_segments(void **state)
{
	assert_true(descriptor_make(0, 0xfffff, RIGHTS_CODE64) == 0x00af9b000000ffff);
	assert_true(descriptor_make(0, 0xfffff, RIGHTS_CODE32) == 0x00cf9b000000ffff);
	assert_true(descriptor_make(0, 0xfffff, RIGHTS_DATA32) == 0x00cf93000000ffff);
	assert_int_equal(descriptor_limit(0x00cf93000000ffff), 0xffffffff);
	assert_int_equal(descriptor_base(0x00cf93000000ffff), 0);
	assert_int_equal(descriptor_rights(0x00cf93000000ffff), RIGHTS_DATA32);
}

static void every_field_has_its_place(void **state)
{
	for (unsigned bit = 0; bit < 32; bit++) {
		uint64_t descriptor = descriptor_make(1u << bit, 0, 0);
		assert_int_equal(descriptor_base(descriptor), 1u << bit);
		assert_int_equal(descriptor_limit(descriptor), 0);
		assert_int_equal(descriptor_rights(descriptor), 0);
	}
	for (unsigned bit = 0; bit < 20; bit++) {
		uint64_t descriptor = descriptor_make(0, 1u << bit, 0);
		assert_int_equal(descriptor_base(descriptor), 0);
		assert_int_equal(descriptor_limit(descriptor), 1u << bit);
		assert_int_equal(descriptor_rights(descriptor), 0);
	}
	assert_int_equal(descriptor_limit(descriptor_make(0, 1, RIGHTS_G)), 0x1fff);
	assert_int_equal(descriptor_rights(descriptor_make(~0u, 0, RIGHTS_BUSY_TSS)), 0x8b);
	/* Bits that only a VMCS has do not reach the descriptor. */
	assert_int_equal(descriptor_rights(descriptor_make(0, 0, RIGHTS_UNUSABLE)), 0);
}

static void names_and_masks(void **state)
{
	assert_string_equal(msr_name(MSR_EFER), "IA32_EFER");
	assert_string_equal(msr_name(0x480), "IA32_VMX_BASIC");
	assert_string_equal(msr_name(0xffffffff), "unnamed MSR");
	assert_int_equal(CR0_DEFINED, 0xe005003f);
	assert_int_equal(CR0_RESET, 0x60000010);
	assert_int_equal(EFER_DEFINED, 0xd01);
	assert_int_equal(MSR_MTRR_PHYSMASK(9), 0x213);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flat_segments),
		cmocka_unit_test(every_field_has_its_place),
		cmocka_unit_test(names_and_masks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
