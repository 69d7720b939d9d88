/* How a driver of version 1 hears of a device: the pin, messages, and a status that tells of trouble. */
#include "tests/host/virtio_disk.h"

#define SIZE KIB(64)

static int set_up_running(void **state)
{
	disk_make(SIZE, false, true);
	start(0);
	return 0;
}

static void the_pin_is_high_until_the_isr_is_read(void **state)
{
	send_request(0, 1, 512, true);
	assert_true(m.pin);
	assert_int_equal(config_get(PCI_STATUS, 2) & PCI_STATUS_INTERRUPT, PCI_STATUS_INTERRUPT);
	assert_int_equal(memory_get(VIRTIO_PCI_ISR, 1), 1);
	assert_false(m.pin);
	assert_int_equal(memory_get(VIRTIO_PCI_ISR, 1), 0);
}

static void a_driver_may_want_no_interrupt(void **state)
{
	store_u16(ram_at(RING_AVAILABLE), 1);
	send_request(0, 1, 512, true);
	assert_false(m.pin);
	assert_int_equal(memory_get(VIRTIO_PCI_ISR, 1), 0);
}

static void a_reset_lowers_the_pin(void **state)
{
	send_request(0, 1, 512, true);
	memory_set(COMMON_STATUS, 1, 0);
	assert_false(m.pin);
	assert_int_equal(memory_get(VIRTIO_PCI_ISR, 1), 0);
}

static void a_queue_has_a_message(void **state)
{
	enable_messages(2);
	memory_set(COMMON_QUEUE_VECTOR, 2, 1);
	assert_int_equal(memory_get(COMMON_QUEUE_VECTOR, 2), 1);
	send_request(0, 1, 512, true);
	assert_int_equal(m.messages, 1);
	assert_int_equal(m.message, 0x41);
	assert_false(m.pin);
	assert_int_equal(memory_get(VIRTIO_PCI_ISR, 1), 0);
}

static void no_vector_is_no_message(void **state)
{
	enable_messages(2);
	assert_int_equal(memory_get(COMMON_QUEUE_VECTOR, 2), 0xffff);
	send_request(0, 1, 512, true);
	memory_set(COMMON_QUEUE_VECTOR, 2, 2); /* the table has two */
	memory_set(COMMON_CONFIG_VECTOR, 2, 7);
	assert_int_equal(memory_get(COMMON_QUEUE_VECTOR, 2), 0xffff);
	assert_int_equal(memory_get(COMMON_CONFIG_VECTOR, 2), 0xffff);
	send_request(0, 1, 512, true);
	assert_int_equal(m.messages, 0);
	assert_false(m.pin);
}

static void switching_to_messages_lowers_the_pin(void **state)
{
	send_request(0, 1, 512, true);
	assert_true(m.pin);
	enable_messages(2);
	assert_false(m.pin);
}

static void nonsense_in_a_ring_needs_a_reset(void **state)
{
	store_u16(ram_at(RING_AVAILABLE + 2), 1000);
	notify();
	assert_int_equal(memory_get(COMMON_STATUS, 1), 15 | VIRTIO_STATUS_NEEDS_RESET);
	assert_int_equal(memory_get(VIRTIO_PCI_ISR, 1), 2); /* the configuration changed */
	store_u16(ram_at(RING_AVAILABLE + 2), 0);
	assert_int_equal(send_request(0, 1, 512, true), NO_STATUS);
	memory_set(COMMON_STATUS, 1, 15); /* only a reset helps */
	assert_int_equal(memory_get(COMMON_STATUS, 1), 15 | VIRTIO_STATUS_NEEDS_RESET);
	memory_set(COMMON_STATUS, 1, 0);
	memset(ram, 0, sizeof(ram));
	start(0);
	assert_int_equal(send_request(0, 1, 512, true), 0);
}

static void the_need_of_a_reset_has_a_message(void **state)
{
	enable_messages(2);
	memory_set(COMMON_CONFIG_VECTOR, 2, 0);
	store_u16(ram_at(RING_AVAILABLE + 2), 1000);
	notify();
	assert_int_equal(m.messages, 1);
	assert_int_equal(m.message, 0x40);
}

/* A used ring that is no RAM, as found when the interrupt is decided on or before. */
static void rings_that_are_no_ram_need_a_reset(void **state)
{
	memory_set(COMMON_STATUS, 1, 0);
	accept_features(VERSION_1 | EVENT_IDX);
	memory_set(COMMON_QUEUE_RINGS, 8, RING_DESCRIPTORS);
	memory_set(COMMON_QUEUE_RINGS + 8, 8, RING_AVAILABLE);
	memory_set(COMMON_QUEUE_RINGS + 16, 8, 0x40000000);
	memory_set(COMMON_QUEUE_ENABLE, 2, 1);
	memory_set(COMMON_STATUS, 1, 15);
	notify();
	assert_int_equal(memory_get(COMMON_STATUS, 1), 15 | VIRTIO_STATUS_NEEDS_RESET);
}

#define TEST(name, up) cmocka_unit_test_setup_teardown(name, up, disk_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_pin_is_high_until_the_isr_is_read, set_up_running),
		TEST(a_driver_may_want_no_interrupt, set_up_running),
		TEST(a_reset_lowers_the_pin, set_up_running),
		TEST(a_queue_has_a_message, set_up_running),
		TEST(no_vector_is_no_message, set_up_running),
		TEST(switching_to_messages_lowers_the_pin, set_up_running),
		TEST(nonsense_in_a_ring_needs_a_reset, set_up_running),
		TEST(the_need_of_a_reset_has_a_message, set_up_running),
		TEST(rings_that_are_no_ram_need_a_reset, set_up_running),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
