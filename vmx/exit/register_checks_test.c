/* LMSW, CR8 and the debug registers: values that keep the SDM's rules and values that break them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/bits.h"
#include "vmx/exit/register_checks.h"
#include "x86/control_registers.h"

static void lmsw(void **state)
{
	/* LMSW sets PE and cannot clear it; it touches nothing above TS. */
	assert_int_equal(cr0_after_lmsw(CR0_ET, 1), CR0_ET | CR0_PE);
	assert_int_equal(cr0_after_lmsw(CR0_ET | CR0_PE | CR0_TS | CR0_MP, 0), CR0_ET | CR0_PE);
	assert_int_equal(cr0_after_lmsw(CR0_PG | CR0_PE, 0xfff0), CR0_PG | CR0_PE);
	assert_int_equal(cr0_after_lmsw(CR0_ET, 0xe), CR0_ET | CR0_MP | CR0_EM | CR0_TS);
}

static void cr8(void **state)
{
	assert_true(cr8_write_is_valid(15));
	assert_false(cr8_write_is_valid(16));
	assert_false(cr8_write_is_valid(BIT(63)));
}

static void debug_registers(void **state)
{
	static const struct {
		unsigned number;
		bool write;
		uint64_t value, cr4, dr7;
		unsigned cpl;
		enum dr_fault fault;
	} rows[] = {
		{ 0, true, ~0ull, 0, 0, 0, DR_FAULT_NONE },
		{ 4, true, 0, 0, 0, 0, DR_FAULT_NONE },
		{ 4, true, 0, CR4_DE, 0, 0, DR_FAULT_UNDEFINED },
		{ 5, false, 0, CR4_DE, DR7_GD, 3, DR_FAULT_UNDEFINED },
		{ 3, false, 0, 0, DR7_GD, 3, DR_FAULT_PROTECTION },
		{ 3, false, 0, 0, DR7_GD, 0, DR_FAULT_GENERAL_DETECT },
		{ 6, true, BIT(32), 0, 0, 0, DR_FAULT_PROTECTION },
		{ 5, true, BIT(40), 0, 0, 0, DR_FAULT_PROTECTION },
		{ 7, false, BIT(40), 0, 0, 0, DR_FAULT_NONE },
		{ 7, true, 0x455, 0, 0, 0, DR_FAULT_NONE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(dr_access_check(rows[i].number, rows[i].write, rows[i].value,
						 rows[i].cr4, rows[i].dr7, rows[i].cpl),
				 rows[i].fault);
	assert_int_equal(dr_number(4), 6);
	assert_int_equal(dr_number(5), 7);
	assert_int_equal(dr_number(3), 3);
	assert_int_equal(dr6_canonical(0), DR6_RESET);
	assert_int_equal(dr6_canonical(~0ull), 0xffffefff);
	assert_int_equal(dr7_canonical(0), DR7_RESET);
	assert_int_equal(dr7_canonical(0xffffffff), 0xffff27ff);
	/* Old breakpoint hits go, BS stays. */
	assert_int_equal(dr6_after_debug_exception(DR6_RESET | DR6_BS | 0xf, 2),
			 DR6_RESET | DR6_BS | 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lmsw),
		cmocka_unit_test(cr8),
		cmocka_unit_test(debug_registers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
