/* The VMCS field list: unique encodings and names, and a few that the SDM's appendix shows. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "vmx/fields.h"

static const char *const names[] = {
#define X(symbol, encoding, width, type, name) name,
	VMCS_FIELD_LIST(X)
#undef X
};

static void encodings_symbols_and_names_are_unique(void **state)
{
	assert_int_equal(ARRAY_SIZE(names), vmcs_field_count);
	for (unsigned i = 0; i < vmcs_field_count; i++) {
		assert_string_not_equal(vmcs_field_symbol(vmcs_fields[i]), "UNKNOWN_FIELD");
		for (unsigned j = 0; j < i; j++) {
			assert_int_not_equal(vmcs_fields[i], vmcs_fields[j]);
			assert_string_not_equal(names[i], names[j]);
			assert_string_not_equal(vmcs_field_symbol(vmcs_fields[i]),
						vmcs_field_symbol(vmcs_fields[j]));
		}
	}
}

static void known_encodings(void **state)
{
	assert_string_equal(vmcs_field_symbol(0x681e), "GUEST_RIP");
	assert_string_equal(vmcs_field_symbol(0x4402), "EXIT_REASON");
	assert_string_equal(vmcs_field_symbol(0x201a), "EPT_POINTER");
	assert_string_equal(vmcs_field_symbol(0x482e), "GUEST_PREEMPTION_TIMER");
	assert_string_equal(vmcs_field_symbol(0x6c16), "HOST_RIP");
	assert_string_equal(vmcs_field_symbol(0x681f), "UNKNOWN_FIELD");
	assert_string_equal(vmcs_field_symbol(0xffffffff), "UNKNOWN_FIELD");
}

static void symbols(void **state)
{
	assert_string_equal(vmcs_field_symbol(VMCS_GUEST_RFLAGS), "GUEST_RFLAGS");
	assert_string_equal(vmcs_field_symbol(VMCS_GUEST_RIGHTS(SEGMENT_TR)), "GUEST_TR_AR_BYTES");
	assert_string_equal(vmcs_field_symbol(VMCS_VPID), "VPID");
	assert_string_equal(vmcs_field_symbol(0x681f), "UNKNOWN_FIELD");
}

static void widths_and_types(void **state)
{
	assert_int_equal(vmcs_field_bits(VMCS_VPID), 16);
	assert_int_equal(vmcs_field_bits(VMCS_EXIT_REASON), 32);
	assert_int_equal(vmcs_field_bits(VMCS_TSC_OFFSET), 64);
	assert_int_equal(vmcs_field_bits(VMCS_GUEST_RIP), 64);
	assert_int_equal(vmcs_field_type(VMCS_GUEST_RIP), VMCS_TYPE_GUEST);
	assert_int_equal(vmcs_field_type(VMCS_HOST_RIP), VMCS_TYPE_HOST);
	assert_int_equal(vmcs_field_type(VMCS_EXIT_REASON), VMCS_TYPE_READ_ONLY);
	assert_int_equal(vmcs_field_type(VMCS_VPID), VMCS_TYPE_CONTROL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodings_symbols_and_names_are_unique),
		cmocka_unit_test(known_encodings),
		cmocka_unit_test(symbols),
		cmocka_unit_test(widths_and_types),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
