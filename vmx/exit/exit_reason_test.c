/* Exit reasons against the numbers and names of the SDM's table. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "vmx/exit/exit_reason.h"

static void names_and_numbers(void **state)
{
	static const struct {
		uint32_t raw;
		const char *text;
	} rows[] = {
		{ 0, "0(EXCEPTION_OR_NMI)" },
		{ 10, "10(CPUID)" },
		{ 35, "35(UNKNOWN)" },
		{ 48, "48(EPT_VIOLATION)" },
		{ 52, "52(PREEMPTION_TIMER)" },
		{ 75, "75(INSTRUCTION_TIMEOUT)" },
		{ 76, "76(UNKNOWN)" },
		{ 0xffff, "65535(UNKNOWN)" },
		{ 0x80000021, "33(ENTRY_FAILURE_GUEST_STATE)" },
		{ 0x80000022, "34(ENTRY_FAILURE_MSR_LOADING)" },
	};
	char text[64];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		exit_reason_format(text, sizeof(text), rows[i].raw);
		assert_string_equal(text, rows[i].text);
	}
	assert_int_equal(EXIT_REASON_EPT_VIOLATION, 48);
	assert_int_equal(EXIT_REASONS, 76);
}

static void reserved_numbers_have_no_name(void **state)
{
	static const uint8_t reserved[] = { 35, 38, 42, 71 };

	for (uint32_t basic = 0; basic < EXIT_REASONS; basic++) {
		bool defined = !memchr(reserved, (int)basic, sizeof(reserved));

		assert_int_equal(strcmp(exit_reason_name(basic), "UNKNOWN") != 0, defined);
	}
}

static void cuts_at_the_buffers_end(void **state)
{
	char text[6] = "#####";

	exit_reason_format(text, 5, 10);
	assert_string_equal(text, "10(C");
	assert_int_equal(text[5], 0);
}

static void rows(void **state)
{
	char text[32];

	exit_row_format(text, sizeof(text), EXIT_REASON_CPUID);
	assert_string_equal(text, "10(CPUID)");
	exit_row_format(text, sizeof(text), EXIT_ROW_HOST_TIMER);
	assert_string_equal(text, "52(HOST_TIMER)");
	exit_row_format(text, sizeof(text), EXIT_ROW_UNKNOWN);
	assert_string_equal(text, "79(UNKNOWN)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_numbers),
		cmocka_unit_test(reserved_numbers_have_no_name),
		cmocka_unit_test(cuts_at_the_buffers_end),
		cmocka_unit_test(rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
