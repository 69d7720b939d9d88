/* Split virtqueues: who is told of what, and when. */
#include "tests/host/one_virtqueue.h"

static void an_empty_queue_asks_to_be_notified(void **state)
{
	queue.event_index = true;
	describe(0, RING_BUFFERS, 1, 0, 0);
	for (unsigned i = 0; i < 5; i++)
		offer(0);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(virtqueue_take(&queue, &chain), VIRTQUEUE_TAKEN);
	assert_int_equal(load_u16(ram_at(AVAIL_EVENT)), 0);
	assert_int_equal(virtqueue_take(&queue, &chain), VIRTQUEUE_EMPTY);
	assert_int_equal(load_u16(ram_at(AVAIL_EVENT)), 5);
}

/* A driver on another CPU, which saw the old index. */
static void offers_meanwhile(uint64_t at)
{
	assert_int_equal(at, AVAIL_EVENT);
	ram_watcher = NULL;
	offer(0);
}

static void what_comes_before_the_wish_is_seen(void **state)
{
	queue.event_index = true;
	describe(0, RING_BUFFERS, 1, 0, 0);
	ram_watcher = offers_meanwhile;
	assert_int_equal(virtqueue_take(&queue, &chain), VIRTQUEUE_TAKEN);
}

static void used_buffers_are_listed(void **state)
{
	for (unsigned i = 0; i < 65536 + 3; i++)
		assert_true(virtqueue_give(&queue, (uint16_t)(i % SIZE), i));
	assert_int_equal(ring_used_index(), 3);
	assert_int_equal(ring_used_head(2), 65538 % SIZE);
	assert_int_equal(ring_used_written(2), 65538);
	queue.used = NO_RAM;
	assert_false(virtqueue_give(&queue, 0, 0));
}

static bool wants(void)
{
	bool wanted = false;

	assert_true(virtqueue_give(&queue, 0, 0));
	assert_true(virtqueue_wants_interrupt(&queue, &wanted));
	return wanted;
}

static void a_flag_says_no_interrupts(void **state)
{
	assert_true(wants());
	store_u16(ram_at(RING_AVAILABLE), 1);
	assert_false(wants());
}

static void an_event_index_says_when(void **state)
{
	bool wanted = true;

	queue.event_index = true;
	store_u16(ram_at(RING_AVAILABLE), 1); /* is not looked at */
	store_u16(ram_at(USED_EVENT), 2);
	assert_false(wants()); /* used 0 */
	assert_false(wants()); /* used 1 */
	assert_true(wants());  /* used 2 */
	assert_false(wants());
	store_u16(ram_at(USED_EVENT), 5);
	for (unsigned i = 0; i < 6; i++)
		assert_true(virtqueue_give(&queue, 0, 0));
	assert_true(virtqueue_wants_interrupt(&queue, &wanted));
	assert_true(wanted); /* it lies among several */
	assert_true(virtqueue_wants_interrupt(&queue, &wanted));
	assert_false(wanted); /* nothing since */
	queue.available = NO_RAM;
	assert_false(virtqueue_wants_interrupt(&queue, &wanted));
}

static void event_indexes_wrap(void **state)
{
	queue.event_index = true;
	queue.next_used = queue.told = 65535;
	store_u16(ram_at(USED_EVENT), 65535);
	assert_true(wants());
	assert_int_equal(ring_used_index(), 0);
	store_u16(ram_at(USED_EVENT), 0);
	assert_true(wants());
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
	const struct CMUnitTest tests[] = {
		TEST(an_empty_queue_asks_to_be_notified),
		TEST(what_comes_before_the_wish_is_seen),
		TEST(used_buffers_are_listed),
		TEST(a_flag_says_no_interrupts),
		TEST(an_event_index_says_when),
		TEST(event_indexes_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
