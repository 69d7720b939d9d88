/* The real-time clock against the MC146818's datasheet: the calendar and its formats, updates, the
 * three interrupts, and the memory that firmware reads. */
#include "tests/host/rtc_machine.h"

static void an_update_announces_itself(void **state)
{
	assert_int_equal(get(RTC_A) & 0x80, 0);
	now = NANOSECONDS - 2300000;
	assert_int_equal(get(RTC_A) & 0x80, 0);
	now = NANOSECONDS - 2200000;
	assert_int_equal(get(RTC_A) & 0x80, 0x80);
	now = NANOSECONDS - 1;
	assert_int_equal(get(RTC_A) & 0x80, 0x80);
	expect_time(0x22, 0x13, 0x20);
	now = NANOSECONDS;
	assert_int_equal(get(RTC_A) & 0x80, 0);
	expect_time(0x22, 0x13, 0x21);
}

static void set_stops_updates(void **state)
{
	set(RTC_B, 0x02 | UIE);
	set(RTC_B, 0x02 | UIE | SET);
	assert_int_equal(get(RTC_B), 0x02 | SET); /* UIE goes with it */
	now = NANOSECONDS - 1;
	assert_int_equal(get(RTC_A) & 0x80, 0);
	go_to(10 * NANOSECONDS);
	expect_time(0x22, 0x13, 0x20);
	assert_int_equal(get(RTC_C), 0x40); /* the periodic flag, but no update's */
	set(RTC_B, 0x02);
	go_to(11 * NANOSECONDS);
	expect_time(0x22, 0x13, 0x21);
}

static void the_divider_starts_half_a_second_early(void **state)
{
	now = 300000000;
	set(RTC_A, 0x76); /* held in reset */
	go_to(10 * NANOSECONDS);
	expect_time(0x22, 0x13, 0x20);
	assert_true(rtc_ops.next(&rtc) == DEVICE_NEVER);
	set(RTC_A, 0x26);
	go_to(10 * NANOSECONDS + 499900000);
	expect_time(0x22, 0x13, 0x20);
	go_to(10 * NANOSECONDS + 500000000);
	expect_time(0x22, 0x13, 0x21);
	go_to(11 * NANOSECONDS + 500000000);
	expect_time(0x22, 0x13, 0x22);
}

static void periodic_interrupts(void **state)
{
	static const unsigned hz[] = { 0,   256, 128, 8192, 4096, 2048, 1024, 512,
				       256, 128, 64,  32,   16,   8,    4,    2 };

	for (uint8_t rate = 1; rate < ARRAY_SIZE(hz); rate++) {
		unsigned count = 0;

		power_on(state);
		set(RTC_A, 0x20 | rate);
		set(RTC_B, 0x02 | PIE);
		while (rtc_ops.next(&rtc) <= NANOSECONDS) {
			go_to(rtc_ops.next(&rtc));
			assert_true(irq);
			assert_int_equal(get(RTC_C) & 0xc0, 0xc0);
			assert_false(irq);
			count++;
		}
		assert_int_equal(count, hz[rate]);
		assert_int_equal(edges, hz[rate]);
		assert_int_equal(rtc.missed, 0);
	}
	set(RTC_A, 0x20); /* none */
	assert_true(rtc_ops.next(&rtc) == DEVICE_NEVER);
}

static void flags_do_not_need_their_enables(void **state)
{
	go_to(NANOSECONDS);
	assert_false(irq);
	assert_int_equal(get(RTC_C), 0x50);
	assert_int_equal(get(RTC_C), 0); /* read and cleared */
	go_to(2 * NANOSECONDS);
	assert_false(irq);
	set(RTC_B, 0x02 | UIE); /* asks at once for what is pending */
	assert_true(irq);
	assert_int_equal(get(RTC_C), 0xd0);
	assert_false(irq);
}

static void late_and_unread_periods_are_counted(void **state)
{
	set(RTC_A, 0x2f); /* 2 Hz */
	set(RTC_B, 0x02 | PIE);
	go_to(5 * NANOSECONDS + 1); /* late by nine */
	assert_int_equal(edges, 1);
	assert_int_equal(rtc.missed, 9);
	assert_true(rtc_ops.next(&rtc) == DEVICE_NEVER); /* until C is read */
	go_to(6 * NANOSECONDS);
	assert_int_equal(rtc.missed, 11);
	get(RTC_C);
	assert_true(rtc_ops.next(&rtc) == 6 * NANOSECONDS + NANOSECONDS / 2);
}

static void update_ended_interrupts(void **state)
{
	now = 1000;
	set(RTC_B, 0x02 | UIE);
	for (unsigned i = 1; i < 5; i++) {
		assert_true(rtc_ops.next(&rtc) == i * NANOSECONDS);
		go_to(rtc_ops.next(&rtc));
		assert_true(irq);
		assert_int_equal(get(RTC_C) & 0x90, 0x90);
	}
}

static void alarm_at_a_time(void **state)
{
	set(RTC_HOURS_ALARM, 0x23);
	set(RTC_MINUTES_ALARM, 0x00);
	set(RTC_SECONDS_ALARM, 0x05);
	set(RTC_B, 0x02 | AIE);
	assert_true(rtc_ops.next(&rtc) == (46 * 60 + 45) * NANOSECONDS);
	go_to(rtc_ops.next(&rtc) - 1);
	assert_false(irq);
	go_to(rtc_ops.next(&rtc));
	assert_true(irq);
	assert_int_equal(get(RTC_C) & 0xa0, 0xa0);
	assert_true(rtc_ops.next(&rtc) == (46 * 60 + 45 + 86400) * NANOSECONDS);
	/* Slept through, it still has come. */
	go_to(now + 100000 * NANOSECONDS);
	assert_true(irq);
}

static void alarm_with_bytes_that_do_not_care(void **state)
{
	set(RTC_HOURS_ALARM, 0xc0);
	set(RTC_MINUTES_ALARM, 0xff);
	set(RTC_SECONDS_ALARM, 0xff);
	set(RTC_B, 0x02 | AIE);
	assert_true(rtc_ops.next(&rtc) == NANOSECONDS); /* each second */
	set(RTC_SECONDS_ALARM, 0x19);
	assert_true(rtc_ops.next(&rtc) == 59 * NANOSECONDS); /* each minute */
	set(RTC_MINUTES_ALARM, 0x00);
	assert_true(rtc_ops.next(&rtc) == (46 * 60 + 59) * NANOSECONDS); /* each hour */
	set(RTC_MINUTES_ALARM, 0x60);
	assert_true(rtc_ops.next(&rtc) == DEVICE_NEVER); /* no such minute */
	set(RTC_MINUTES_ALARM, 0xff);
	set(RTC_SECONDS_ALARM, 0x7f);
	assert_true(rtc_ops.next(&rtc) == DEVICE_NEVER);
}

static void alarm_in_the_afternoon(void **state)
{
	set(RTC_B, 0x00 | AIE); /* 12 hours */
	set(RTC_HOURS, 0x11);
	set(RTC_HOURS_ALARM, 0x81);
	set(RTC_MINUTES_ALARM, 0x13);
	set(RTC_SECONDS_ALARM, 0x20);
	assert_true(rtc_ops.next(&rtc) == 2 * 3600 * NANOSECONDS);
}

/* Bit 7 of the index is a PC's mask of NMIs, and no part of the index. */
static void the_index_port_has_seven_bits_and_cannot_be_read(void **state)
{
	bus_write(&bus, 0, 0x70, 1, 0x80 | RTC_D);
	assert_int_equal(bus_read(&bus, 0, 0x70, 1), 0xff);
	assert_int_equal(bus_read(&bus, 0, 0x71, 1), 0x80);
}

static void memory_keeps_what_is_written(void **state)
{
	for (unsigned i = 0x0e; i < RTC_BYTES; i++)
		if (i != RTC_CENTURY)
			set((uint8_t)i, (uint8_t)(i * 3));
	rtc_ops.reset(&rtc);
	for (unsigned i = 0x0e; i < RTC_BYTES; i++)
		if (i != RTC_CENTURY)
			assert_int_equal(get((uint8_t)i), (uint8_t)(i * 3));
	set(RTC_C, 0xff);
	set(RTC_D, 0x00);
	assert_int_equal(get(RTC_C), 0);
	assert_int_equal(get(RTC_D), 0x80);
	set(RTC_A, 0xff);
	assert_int_equal(get(RTC_A), 0x7f); /* UIP is read-only */
}

static void reset_keeps_the_time_and_drops_interrupts(void **state)
{
	set(RTC_B, 0x06 | PIE | AIE | UIE);
	go_to(NANOSECONDS);
	assert_true(irq);
	rtc_ops.reset(&rtc);
	assert_false(irq);
	assert_int_equal(get(RTC_B), 0x06);
	assert_int_equal(get(RTC_C), 0);
}

static unsigned word(uint8_t index)
{
	unsigned low = get(index);

	return low | (unsigned)get(index + 1) << 8;
}

static void expect_checksum(void)
{
	unsigned sum = 0;

	for (uint8_t i = 0x10; i <= 0x2d; i++)
		sum += get(i);
	assert_int_equal(get(0x2e) << 8 | get(0x2f), sum);
}

static void tells_firmware_of_the_machine(void **state)
{
	rtc_describe_memory(&rtc, MIB(512), GIB(3));
	assert_int_equal(word(0x15), 640);
	assert_int_equal(word(0x17), 0xffff);
	assert_int_equal(word(0x30), 0xffff);
	assert_int_equal(word(0x34), (512 - 16) * 16);
	assert_int_equal(word(0x5b), 3 * 1024 * 16);
	assert_int_equal(get(0x5d), 0);
	expect_checksum();
	rtc_describe_memory(&rtc, MIB(8), GIB(1024) * 1024);
	assert_int_equal(word(0x17), 7 * 1024);
	assert_int_equal(word(0x34), 0);
	assert_int_equal(word(0x5b), 0xffff); /* the most that fits */
	assert_int_equal(get(0x5d), 0xff);
	expect_checksum();
	rtc_describe_cpus(&rtc, 4);
	assert_int_equal(get(0x5f), 3);
	rtc_describe_boot(&rtc, RTC_BOOT_CD, RTC_BOOT_DISK, RTC_BOOT_FLOPPY);
	assert_int_equal(get(0x3d), 0x23);
	assert_int_equal(get(0x38), 0x10);
	expect_checksum();
}

/* Whatever a guest writes for a time, work stays bounded and next() lies in the future. */
static void survives_any_writes(void **state)
{
	uint32_t random = 11;

	for (unsigned i = 0; i < 20000; i++) {
		random = random * 1664525 + 1013904223;
		set((uint8_t)((random >> 24) % 16), (uint8_t)(random >> 16));
		now += (uint64_t)(random >> 8 & 0xfff) << (i % 35);
		rtc_ops.advance(&rtc, now);
		get((uint8_t)((random >> 12) % 16));
		assert_true(rtc_ops.next(&rtc) > now);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_update_announces_itself, power_on),
		cmocka_unit_test_setup(set_stops_updates, power_on),
		cmocka_unit_test_setup(the_divider_starts_half_a_second_early, power_on),
		cmocka_unit_test_setup(periodic_interrupts, power_on),
		cmocka_unit_test_setup(flags_do_not_need_their_enables, power_on),
		cmocka_unit_test_setup(late_and_unread_periods_are_counted, power_on),
		cmocka_unit_test_setup(update_ended_interrupts, power_on),
		cmocka_unit_test_setup(alarm_at_a_time, power_on),
		cmocka_unit_test_setup(alarm_with_bytes_that_do_not_care, power_on),
		cmocka_unit_test_setup(alarm_in_the_afternoon, power_on),
		cmocka_unit_test_setup(the_index_port_has_seven_bits_and_cannot_be_read, power_on),
		cmocka_unit_test_setup(memory_keeps_what_is_written, power_on),
		cmocka_unit_test_setup(reset_keeps_the_time_and_drops_interrupts, power_on),
		cmocka_unit_test_setup(tells_firmware_of_the_machine, power_on),
		cmocka_unit_test_setup(survives_any_writes, power_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
