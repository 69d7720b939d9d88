/* The format of nested page tables from capability bits, and types from wish and MTRR. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "vmx/nested_format.h"
#include "x86/msr.h"

#define LEAST (EPT_CAP_WALK_4 | EPT_CAP_WB | EPT_CAP_INVEPT | EPT_CAP_INVEPT_SINGLE)

static void page_sizes_need_capability_and_wish(void **state)
{
	static const struct {
		uint64_t capability;
		bool large;
		uint64_t want;
	} cases[] = {
		{ LEAST, true, KIB(4) },
		{ LEAST | EPT_CAP_2M, true, MIB(2) },
		{ LEAST | EPT_CAP_2M | EPT_CAP_1G, true, GIB(1) },
		{ LEAST | EPT_CAP_1G, true, KIB(4) },
		{ LEAST | EPT_CAP_2M | EPT_CAP_1G, false, KIB(4) },
	};
	struct ept_format format;

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(nested_format_choose(&format, cases[i].capability, 39,
						      cases[i].large, NULL),
				 ERROR_NONE);
		assert_int_equal(format.largest_page, cases[i].want);
		assert_int_equal(format.address_bits, 39);
		assert_false(format.accessed_dirty);
		assert_false(format.execute_only);
		assert_true(format.write_back_tables);
	}
	assert_int_equal(nested_format_choose(&format,
					      (LEAST & ~EPT_CAP_WB) | EPT_CAP_UC |
						      EPT_CAP_ACCESS_DIRTY | EPT_CAP_EXECUTE_ONLY,
					      39, true, NULL),
			 ERROR_NONE);
	assert_true(format.accessed_dirty && format.execute_only && !format.write_back_tables);
}

static void missing_parts_are_named(void **state)
{
	static const struct {
		uint64_t without;
		const char *text;
	} cases[] = {
		{ EPT_CAP_WALK_4, "EPT without page walks of four levels" },
		{ EPT_CAP_WB, "EPT without any memory type for EPT tables" },
		{ EPT_CAP_INVEPT, "EPT without INVEPT" },
		{ EPT_CAP_INVEPT_SINGLE, "EPT without INVEPT" },
	};
	struct ept_format format;
	struct reason why;

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(
			nested_format_choose(&format, LEAST & ~cases[i].without, 39, true, &why),
			ERROR_UNSUPPORTED);
		assert_string_equal(why.text, cases[i].text);
	}
}

static void the_hosts_type_limits_the_wish(void **state)
{
	assert_int_equal(nested_format_type(NESTED_WRITE_BACK, MEMORY_TYPE_WB), EPT_WRITE_BACK);
	assert_int_equal(nested_format_type(NESTED_WRITE_BACK, MEMORY_TYPE_WT), EPT_WRITE_THROUGH);
	assert_int_equal(nested_format_type(NESTED_WRITE_BACK, MEMORY_TYPE_UC), EPT_UNCACHED);
	assert_int_equal(nested_format_type(NESTED_WRITE_COMBINING, MEMORY_TYPE_WB),
			 EPT_WRITE_COMBINING);
	assert_int_equal(nested_format_type(NESTED_UNCACHED, MEMORY_TYPE_WT), EPT_UNCACHED);
	assert_int_equal(nested_format_type(99, MEMORY_TYPE_WB), EPT_UNCACHED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(page_sizes_need_capability_and_wish),
		cmocka_unit_test(missing_parts_are_named),
		cmocka_unit_test(the_hosts_type_limits_the_wish),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
