/* A local APIC in words. */
#include "tests/host/one_lapic.h"

#include <string.h>

static char text[200];

static void describes(const char *words)
{
	vlapic_describe(&lapic, text, sizeof(text));
	assert_string_equal(text, words);
}

static void what_waits_and_what_is_busy(void **state)
{
	describes(" apic=xapic requested=none in-service=none posted=none priority=0x0");
	vlapic_post(&lapic, 0x31, false);
	vlapic_post(&lapic, 0xfd, false);
	describes(" apic=xapic requested=none in-service=none posted=0xfd,0x31 priority=0x0");
	assert_int_equal(vlapic_acknowledge(&lapic), 0xfd);
	describes(" apic=xapic requested=0x31 in-service=0xfd posted=none priority=0xf0");
	assert_true(vlapic_set_base(&lapic, APIC_X2APIC));
	vlapic_set_priority(&lapic, 15);
	describes(" apic=x2apic requested=0x31 in-service=0xfd posted=none priority=0xf0");
	assert_true(vlapic_set_base(&lapic, 0xfee00000));
	describes(" apic=off requested=none in-service=none posted=none priority=0x0");
}

/* Looking changes nothing, least of all what was posted. */
static void it_only_looks(void **state)
{
	vlapic_post(&lapic, 0x31, false);
	vlapic_describe(&lapic, text, sizeof(text));
	assert_true(vlapic_outstanding(&lapic));
	assert_false(vlapic_post(&lapic, 0x32, false));
}

static void many_are_cut(void **state)
{
	for (unsigned vector = 0x20; vector < 0x29; vector++)
		vlapic_post(&lapic, (uint8_t)vector, false);
	vlapic_describe(&lapic, text, sizeof(text));
	assert_non_null(
		strstr(text, "posted=0x28,0x27,0x26,0x25,0x24,0x23,0x22,0x21,... priority"));
	vlapic_describe(&lapic, text, 12);
	assert_string_equal(text, " apic=xapic");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_waits_and_what_is_busy, enabled),
		cmocka_unit_test_setup(it_only_looks, enabled),
		cmocka_unit_test_setup(many_are_cut, enabled),
	};

	return cmocka_run_group_tests_name("vlapic_text", tests, NULL, NULL);
}
