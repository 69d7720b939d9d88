/* Message-signalled interrupts. SDM volume 3, "Message Address Register Format" and "Message Data
 * Register Format". */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "device/apic_message.h"

static struct apic_message m;

static void fields(void **state)
{
	assert_true(apic_message_from_msi(0xfee12000, 0x0051, &m));
	assert_int_equal(m.delivery, APIC_FIXED);
	assert_int_equal(m.vector, 0x51);
	assert_int_equal(m.destination, 0x12);
	assert_int_equal(m.shorthand, APIC_NO_SHORTHAND);
	assert_false(m.logical);
	assert_false(m.level_triggered);
	assert_false(m.wide);
	assert_true(apic_message_from_msi(0xfeeff004, 0xc151, &m));
	assert_int_equal(m.delivery, APIC_LOWEST_PRIORITY);
	assert_int_equal(m.destination, 0xff);
	assert_true(m.logical);
	assert_true(m.level_triggered);
}

static void the_redirection_hint_asks_for_the_readiest(void **state)
{
	assert_true(apic_message_from_msi(0xfee0300c, 0x51, &m));
	assert_int_equal(m.delivery, APIC_LOWEST_PRIORITY);
	assert_true(apic_message_from_msi(0xfee0300c, 0x451, &m));
	assert_int_equal(m.delivery, APIC_NMI);
}

static void delivery_modes(void **state)
{
	for (uint32_t mode = 0; mode < 8; mode++) {
		bool legal = mode != 3 && mode != 6;

		assert_int_equal(apic_message_from_msi(0xfee00000, mode << 8 | 0x51, &m), legal);
		if (legal)
			assert_int_equal(m.delivery, mode);
	}
}

static void the_end_of_a_level_is_no_message(void **state)
{
	assert_false(apic_message_from_msi(0xfee00000, 0x8051, &m));
	assert_true(apic_message_from_msi(0xfee00000, 0xc051, &m));
	assert_true(apic_message_from_msi(0xfee00000, 0x4051, &m));
}

static void other_addresses_are_none(void **state)
{
	assert_false(apic_message_from_msi(0xfed00000, 0x51, &m));
	assert_false(apic_message_from_msi(0xfef00000, 0x51, &m));
	assert_false(apic_message_from_msi(0x1fee00000, 0x51, &m));
	assert_false(apic_message_from_msi(0, 0x51, &m));
}

static void as_an_icr(void **state)
{
	const struct apic_message all = { .delivery = APIC_INIT, .shorthand = APIC_ALL_BUT_SELF };
	const struct apic_message one = {
		.delivery = APIC_FIXED, .vector = 0xfd, .logical = true, .destination = 0x10002
	};

	assert_int_equal(apic_message_icr(&all), 0xc0500);
	assert_int_equal(apic_message_icr(&one), 0x10002000008fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields),
		cmocka_unit_test(the_redirection_hint_asks_for_the_readiest),
		cmocka_unit_test(delivery_modes),
		cmocka_unit_test(the_end_of_a_level_is_no_message),
		cmocka_unit_test(other_addresses_are_none),
		cmocka_unit_test(as_an_icr),
	};

	return cmocka_run_group_tests_name("apic_message", tests, NULL, NULL);
}
