/* The legacy interface, as drivers of before version 1 use it. */
#include "tests/host/virtio_disk.h"

#define SIZE KIB(64)

static int set_up(void **state)
{
	disk_make(SIZE, false, true);
	return 0;
}

static int set_up_running(void **state)
{
	set_up(state);
	start_legacy(0);
	return 0;
}

static unsigned legacy_request(uint32_t type, uint64_t sector, uint32_t length, bool in)
{
	build_request(type, sector, DATA_AT, length, in);
	port_set(LEGACY_NOTIFY, 2, 0);
	return *ram_at(STATUS_AT);
}

static void features_are_those_of_its_time(void **state)
{
	uint32_t features = port_get(LEGACY_FEATURES, 4);

	assert_int_equal(features & (1u << 27 | 3u << 28), 1u << 27 | 3u << 28);
	port_set(LEGACY_ACCEPTED, 4, UINT32_MAX);
	assert_int_equal(port_get(LEGACY_ACCEPTED, 4), features);
}

static void the_device_says_how_long_its_queue_is(void **state)
{
	assert_int_equal(port_get(LEGACY_SIZE, 2), VIRTQUEUE_SIZE);
	port_set(LEGACY_SIZE, 2, 16);
	assert_int_equal(port_get(LEGACY_SIZE, 2), VIRTQUEUE_SIZE);
	assert_int_equal(port_get(LEGACY_PAGE, 4), 0);
	port_set(LEGACY_SELECT, 2, 1);
	assert_int_equal(port_get(LEGACY_SIZE, 2), 0);
	port_set(LEGACY_PAGE, 4, 5);
	assert_int_equal(port_get(LEGACY_PAGE, 4), 0);
	assert_int_equal(port_get(LEGACY_SELECT, 2), 1);
}

static void requests_are_served(void **state)
{
	assert_int_equal(port_get(LEGACY_PAGE, 4), RAM_START >> PAGE_SHIFT);
	assert_int_equal(legacy_request(0, 5, 512, true), 0);
	assert_int_equal(*ram_at(DATA_AT + 511), 5);
	assert_int_equal(ring_used_index(), 1);
	assert_true(m.pin);
	assert_int_equal(port_get(LEGACY_ISR, 1), 1);
	assert_false(m.pin);
	assert_int_equal(port_get(LEGACY_ISR, 1), 0);
}

/* Some drivers do not wait for it. */
static void driver_ok_may_come_late(void **state)
{
	set_command(PCI_COMMAND_MASTER);
	port_set(LEGACY_STATUS, 1, 3);
	port_set(LEGACY_PAGE, 4, RAM_START >> PAGE_SHIFT);
	assert_int_equal(legacy_request(0, 5, 512, true), 0);
}

static void event_indexes_lie_where_they_should(void **state)
{
	start_legacy((uint32_t)EVENT_IDX);
	store_u16(ram_at(RING_AVAILABLE + 4 + 2 * VIRTQUEUE_SIZE), 1);
	legacy_request(0, 5, 512, true);
	assert_false(m.pin);
	assert_int_equal(load_u16(ram_at(RING_USED + 4 + 8 * VIRTQUEUE_SIZE)), 1);
	legacy_request(0, 5, 512, true);
	assert_true(m.pin);
}

static void the_configuration_gives_way_to_vectors(void **state)
{
	assert_int_equal(port_get(0x14, 4), SIZE / 512);
	assert_int_equal(port_get(0x18, 4), 0);
	enable_messages(2);
	assert_int_equal(port_get(0x18, 4), SIZE / 512);
	assert_int_equal(port_get(0x14, 2), 0xffff);
	assert_int_equal(port_get(0x16, 2), 0xffff);
	port_set(0x14, 2, 0);
	port_set(0x16, 2, 1);
	assert_int_equal(port_get(0x14, 2), 0);
	assert_int_equal(port_get(0x16, 2), 1);
	port_set(0x16, 2, 2);
	assert_int_equal(port_get(0x16, 2), 0xffff);
	port_set(0x16, 2, 1);
	port_set(0x18, 4, 1); /* read-only */
	assert_int_equal(port_get(0x18, 4), SIZE / 512);
	legacy_request(0, 5, 512, true);
	assert_int_equal(m.messages, 1);
	assert_int_equal(m.message, 0x41);
	assert_false(m.pin);
}

static void page_0_takes_the_queue_away(void **state)
{
	build_request(0, 0, DATA_AT, SIZE, true);
	port_set(LEGACY_PAGE, 4, 0);
	port_set(LEGACY_NOTIFY, 2, 0);
	assert_int_equal(*ram_at(STATUS_AT), NO_STATUS);
	assert_int_equal(port_get(LEGACY_PAGE, 4), 0);
	memset(ram, 0, sizeof(ram));
	port_set(LEGACY_PAGE, 4, RAM_START >> PAGE_SHIFT);
	assert_int_equal(legacy_request(0, 1, 512, true), 0);
}

static void any_page_may_be_written(void **state)
{
	port_set(LEGACY_PAGE, 4, UINT32_MAX);
	assert_int_equal(port_get(LEGACY_PAGE, 4), UINT32_MAX);
	port_set(LEGACY_NOTIFY, 2, 0);
	assert_int_equal(port_get(LEGACY_STATUS, 1), 7 | VIRTIO_STATUS_NEEDS_RESET);
	port_set(LEGACY_NOTIFY, 2, 0xffff);
}

static void a_reset_gives_it_back_to_any_driver(void **state)
{
	port_set(LEGACY_STATUS, 1, 0);
	assert_int_equal(port_get(LEGACY_PAGE, 4), 0);
	memset(ram, 0, sizeof(ram));
	start(0);
	assert_int_equal(memory_get(COMMON_STATUS, 1), 15);
	assert_int_equal(send_request(0, 1, 512, true), 0);
}

#define TEST(name, up) cmocka_unit_test_setup_teardown(name, up, disk_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(features_are_those_of_its_time, set_up),
		TEST(the_device_says_how_long_its_queue_is, set_up),
		TEST(requests_are_served, set_up_running),
		TEST(driver_ok_may_come_late, set_up),
		TEST(event_indexes_lie_where_they_should, set_up),
		TEST(the_configuration_gives_way_to_vectors, set_up_running),
		TEST(page_0_takes_the_queue_away, set_up_running),
		TEST(any_page_may_be_written, set_up_running),
		TEST(a_reset_gives_it_back_to_any_driver, set_up_running),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
