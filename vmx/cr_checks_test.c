/* Each rule of the SDM for writing a control or debug register: a row that keeps it and a row that
 * breaks it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/bits.h"
#include "vmx/cr_checks.h"
#include "x86/control_registers.h"

#define PAGED     (CR0_PE | CR0_PG | CR0_ET)
#define PROTECTED (CR0_PE | CR0_ET)
#define LONG      (EFER_LME | EFER_LMA)

static void cr0(void **state)
{
	static const struct {
		struct cr_state before;
		uint64_t value;
		bool valid;
		const char *rule;
	} rows[] = {
		{ { .cr0 = CR0_ET }, PROTECTED, true, "real to protected" },
		{ { .cr0 = PROTECTED }, CR0_ET, true, "and back" },
		{ { .cr0 = PROTECTED }, PAGED, true, "32-bit paging" },
		{ { .cr0 = CR0_ET }, CR0_PG, false, "PG without PE" },
		{ { .cr0 = PROTECTED }, PROTECTED | CR0_NW, false, "NW without CD" },
		{ { .cr0 = PROTECTED }, PROTECTED | CR0_NW | CR0_CD, true, "NW with CD" },
		{ { .cr0 = PROTECTED }, PROTECTED | BIT(32), false, "bit 32" },
		{ { .cr0 = PROTECTED }, PROTECTED | BIT(63), false, "bit 63" },
		{ { .cr0 = PROTECTED }, PROTECTED | BIT(28), true, "a low reserved bit" },
		{ { .cr0 = PROTECTED, .efer = EFER_LME }, PAGED, false, "LME without PAE" },
		{ { .cr0 = PROTECTED, .efer = EFER_LME, .cr4 = CR4_PAE },
		  PAGED,
		  true,
		  "entering long mode" },
		{ { .cr0 = PROTECTED, .efer = EFER_LME, .cr4 = CR4_PAE, .cs_long = true },
		  PAGED,
		  false,
		  "entering long mode with CS.L" },
		{ { .cr0 = PAGED, .efer = LONG, .cr4 = CR4_PAE, .cs_long = true },
		  PROTECTED,
		  false,
		  "paging off in 64-bit code" },
		{ { .cr0 = PAGED, .efer = LONG, .cr4 = CR4_PAE },
		  PROTECTED,
		  true,
		  "paging off in compatibility mode" },
		{ { .cr0 = PAGED, .efer = LONG, .cr4 = CR4_PAE | CR4_PCIDE },
		  PROTECTED,
		  false,
		  "paging off with PCIDs" },
		{ { .cr0 = PAGED | CR0_WP, .cr4 = CR4_CET }, PAGED, false, "CET needs WP" },
		{ { .cr0 = PAGED, .efer = LONG, .cr4 = CR4_PAE, .cs_long = true },
		  PAGED | CR0_TS | CR0_AM,
		  true,
		  "other bits in 64-bit code" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (cr0_write_is_valid(&rows[i].before, rows[i].value) != rows[i].valid)
			fail_msg("CR0: %s", rows[i].rule);
}

static void cr0_values(void **state)
{
	assert_int_equal(cr0_canonical(CR0_PE | BIT(28)), CR0_PE | CR0_ET);
	/* LMSW sets PE and cannot clear it; it touches nothing above TS. */
	assert_int_equal(cr0_after_lmsw(CR0_ET, 1), CR0_ET | CR0_PE);
	assert_int_equal(cr0_after_lmsw(CR0_ET | CR0_PE | CR0_TS | CR0_MP, 0), CR0_ET | CR0_PE);
	assert_int_equal(cr0_after_lmsw(CR0_PG | CR0_PE, 0xfff0), CR0_PG | CR0_PE);
	assert_int_equal(cr0_after_lmsw(CR0_ET, 0xe), CR0_ET | CR0_MP | CR0_EM | CR0_TS);
}

static void cr3(void **state)
{
	struct cr_state legacy = { .cr0 = PAGED, .address_bits = 40 };
	struct cr_state long_mode = { .cr0 = PAGED, .efer = LONG, .address_bits = 40 };

	assert_true(cr3_write_is_valid(&legacy, 0xffffffff));
	assert_false(cr3_write_is_valid(&legacy, BIT(32)));
	assert_true(cr3_write_is_valid(&long_mode, BITS(39, 0)));
	assert_false(cr3_write_is_valid(&long_mode, BIT(40)));
	assert_false(cr3_write_is_valid(&long_mode, CR3_NO_FLUSH));
	long_mode.cr4 = CR4_PCIDE;
	assert_true(cr3_write_is_valid(&long_mode, CR3_NO_FLUSH | 0x5005));
	assert_false(cr3_write_is_valid(&long_mode, CR3_NO_FLUSH | BIT(62)));
}

static void cr4(void **state)
{
	static const uint64_t all = CR4_PAE | CR4_PSE | CR4_PGE | CR4_PCIDE | CR4_LA57 | CR4_CET;
	static const struct {
		struct cr_state before;
		uint64_t value;
		bool valid;
		const char *rule;
	} rows[] = {
		{ { .cr4_allowed = all }, CR4_PAE | CR4_PSE, true, "allowed bits" },
		{ { .cr4_allowed = all }, CR4_VMXE, false, "VMXE is never shown" },
		{ { .cr4_allowed = all }, BIT(63), false, "a reserved bit" },
		{ { .cr4_allowed = all, .efer = LONG, .cr4 = CR4_PAE },
		  0,
		  false,
		  "PAE off in long mode" },
		{ { .cr4_allowed = all, .efer = EFER_LME, .cr4 = CR4_PAE },
		  0,
		  true,
		  "PAE off before paging" },
		{ { .cr4_allowed = all, .efer = LONG, .cr4 = CR4_PAE },
		  CR4_PAE | CR4_LA57,
		  false,
		  "LA57 in long mode" },
		{ { .cr4_allowed = all }, CR4_PAE | CR4_LA57, true, "LA57 outside" },
		{ { .cr4_allowed = all }, CR4_PAE | CR4_PCIDE, false, "PCIDE outside long mode" },
		{ { .cr4_allowed = all, .efer = LONG, .cr4 = CR4_PAE },
		  CR4_PAE | CR4_PCIDE,
		  true,
		  "PCIDE in long mode" },
		{ { .cr4_allowed = all, .efer = LONG, .cr4 = CR4_PAE, .cr3 = 0x1001 },
		  CR4_PAE | CR4_PCIDE,
		  false,
		  "PCIDE while CR3 has a PCID" },
		{ { .cr4_allowed = all, .efer = LONG, .cr4 = CR4_PAE | CR4_PCIDE, .cr3 = 0x1001 },
		  CR4_PAE | CR4_PCIDE | CR4_PGE,
		  true,
		  "PCIDE kept" },
		{ { .cr4_allowed = all }, CR4_CET, false, "CET needs WP" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (cr4_write_is_valid(&rows[i].before, rows[i].value) != rows[i].valid)
			fail_msg("CR4: %s", rows[i].rule);
}

static void cr8(void **state)
{
	assert_true(cr8_write_is_valid(15));
	assert_false(cr8_write_is_valid(16));
	assert_false(cr8_write_is_valid(BIT(63)));
}

static void pdptes(void **state)
{
	struct cr_state before = { .cr0 = PROTECTED, .cr4 = CR4_PAE };
	uint64_t good[4] = { 0x1001, 0x2019, 0, 0xfffffffffffffffeull };
	uint64_t bad[4] = { 0x1001, 0, 0, 0 };

	assert_true(cr_write_loads_pdptes(&before, PAGED, CR4_PAE));
	assert_false(cr_write_loads_pdptes(&before, PROTECTED, CR4_PAE));
	before.efer = EFER_LME; /* becomes long mode: there are none */
	assert_false(cr_write_loads_pdptes(&before, PAGED, CR4_PAE));
	before = (struct cr_state) { .cr0 = PAGED, .cr4 = CR4_PAE };
	assert_false(cr_write_loads_pdptes(&before, PAGED | CR0_TS, CR4_PAE));
	assert_true(cr_write_loads_pdptes(&before, PAGED | CR0_CD, CR4_PAE));
	assert_true(cr_write_loads_pdptes(&before, PAGED, CR4_PAE | CR4_PGE));
	assert_false(cr_write_loads_pdptes(&before, PAGED, CR4_PAE | CR4_DE));

	assert_true(pdptes_are_valid(good, 36));
	for (unsigned bit = 1; bit < 64; bit++) {
		bool reserved = (bit >= 1 && bit <= 2) || (bit >= 5 && bit <= 8) || bit >= 36;

		bad[2] = 1 | BIT(bit);
		assert_int_equal(pdptes_are_valid(bad, 36), !reserved);
	}
}

static void lma(void **state)
{
	assert_int_equal(efer_after_cr0(EFER_LME, PAGED), LONG);
	assert_int_equal(efer_after_cr0(LONG, PROTECTED), EFER_LME);
	assert_int_equal(efer_after_cr0(EFER_NXE, PAGED), EFER_NXE);
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
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cr0), cmocka_unit_test(cr0_values),
		cmocka_unit_test(cr3), cmocka_unit_test(cr4),
		cmocka_unit_test(cr8), cmocka_unit_test(pdptes),
		cmocka_unit_test(lma), cmocka_unit_test(debug_registers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
