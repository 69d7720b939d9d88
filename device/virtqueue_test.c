/* Split virtqueues: what a driver may write into its rings, and what it must not. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/host/virtio_ring.h"

#define SIZE        8u
#define USED_EVENT  (RING_AVAILABLE + 4 + 2 * SIZE)
#define AVAIL_EVENT (RING_USED + 4 + 8 * SIZE)
#define TABLE       (RING_BUFFERS + 0x8000) /* of indirect descriptors */
#define NO_RAM      0x40000000ull

static struct virtqueue queue;
static struct virtqueue_chain chain;

static int set_up(void **state)
{
	memset(ram, 0, sizeof(ram));
	ram_watcher = NULL;
	queue = (struct virtqueue) {
		.memory = &ram_memory,
		.size = SIZE,
		.indirect = true,
		.descriptors = RING_DESCRIPTORS,
		.available = RING_AVAILABLE,
		.used = RING_USED,
	};
	virtqueue_start(&queue);
	return 0;
}

static void describe(unsigned n, uint64_t at, uint32_t length, uint16_t flags, uint16_t next)
{
	ring_describe(RING_DESCRIPTORS, n, at, length, flags, next);
}

static void offer(uint16_t head)
{
	ring_offer(head, SIZE);
}

static void assert_broken(void)
{
	assert_int_equal(virtqueue_take(&queue, &chain), VIRTQUEUE_BROKEN);
}

/* --- taking ---------------------------------------------------------------------------------- */

static void a_chain_is_taken_in_order(void **state)
{
	describe(5, RING_BUFFERS, 16, DESC_NEXT, 2);
	describe(2, RING_BUFFERS + 0x100, 512, DESC_NEXT | DESC_WRITE, 7);
	describe(7, RING_BUFFERS + 0x900, 1, DESC_WRITE, 3);
	offer(5);
	assert_int_equal(virtqueue_take(&queue, &chain), VIRTQUEUE_TAKEN);
	assert_int_equal(chain.head, 5);
	assert_int_equal(chain.readable, 1);
	assert_int_equal(chain.writable, 2);
	assert_int_equal(chain.readable_bytes, 16);
	assert_int_equal(chain.writable_bytes, 513);
	assert_int_equal(chain.segments[1].at, RING_BUFFERS + 0x100);
	assert_int_equal(chain.segments[2].at, RING_BUFFERS + 0x900);
	assert_int_equal(chain.segments[2].length, 1);
	assert_int_equal(virtqueue_take(&queue, &chain), VIRTQUEUE_EMPTY);
}

static void the_ring_goes_round(void **state)
{
	for (unsigned i = 0; i < 70000; i++) {
		describe(i % SIZE, RING_BUFFERS + i, i + 1, 0, 0);
		offer((uint16_t)(i % SIZE));
		assert_int_equal(virtqueue_take(&queue, &chain), VIRTQUEUE_TAKEN);
		assert_int_equal(chain.head, i % SIZE);
		assert_int_equal(chain.readable_bytes, i + 1);
	}
	assert_int_equal(virtqueue_take(&queue, &chain), VIRTQUEUE_EMPTY);
}

static void a_full_ring_is_taken_and_a_fuller_one_broken(void **state)
{
	for (uint16_t i = 0; i < SIZE; i++) {
		describe(i, RING_BUFFERS, 1, 0, 0);
		offer(i);
	}
	assert_int_equal(virtqueue_take(&queue, &chain), VIRTQUEUE_TAKEN);
	offer(0);
	offer(0);
	assert_broken();
}

static void a_head_out_of_the_table_is_broken(void **state)
{
	offer(SIZE);
	assert_broken();
}

static void a_link_out_of_the_table_is_broken(void **state)
{
	describe(0, RING_BUFFERS, 1, DESC_NEXT, SIZE);
	offer(0);
	assert_broken();
}

static void a_loop_is_broken(void **state)
{
	describe(0, RING_BUFFERS, 1, DESC_NEXT, 1);
	describe(1, RING_BUFFERS, 1, DESC_NEXT, 0);
	offer(0);
	assert_broken();
}

static void a_chain_of_the_whole_table_is_none(void **state)
{
	for (uint16_t i = 0; i < SIZE; i++)
		describe(i, RING_BUFFERS, 1, i + 1 < (int)SIZE ? DESC_NEXT : 0, (uint16_t)(i + 1));
	offer(0);
	assert_int_equal(virtqueue_take(&queue, &chain), VIRTQUEUE_TAKEN);
	assert_int_equal(chain.readable, SIZE);
}

static void what_is_read_comes_before_what_is_written(void **state)
{
	describe(0, RING_BUFFERS, 1, DESC_NEXT | DESC_WRITE, 1);
	describe(1, RING_BUFFERS, 1, 0, 0);
	offer(0);
	assert_broken();
}

static void rings_must_be_ram(void **state)
{
	describe(0, RING_BUFFERS, 1, 0, 0);
	offer(0);
	queue.descriptors = NO_RAM;
	assert_broken();
	set_up(state);
	offer(0);
	queue.available = RAM_END - 4; /* flags and index are, the elements are not */
	store_u16(ram_at(RAM_END - 2), 1);
	assert_broken();
	queue.available = NO_RAM;
	assert_broken();
	set_up(state);
	queue.event_index = true;
	queue.used = NO_RAM;
	assert_broken();
	queue.available = UINT64_MAX;
	assert_broken();
}

/* --- indirect descriptors -------------------------------------------------------------------- */

static void offer_indirect(uint64_t table, uint32_t length, uint16_t flags)
{
	describe(3, table, length, flags, 0);
	offer(3);
}

static void an_indirect_table_is_followed(void **state)
{
	/* Of more descriptors than the queue has: its first is the chain's first. */
	for (uint16_t i = 0; i < 20; i++)
		ring_describe(TABLE, i, RING_BUFFERS + i, 2,
			      i < 19 ? DESC_NEXT | (i > 9 ? 2 : 0) : 2, (uint16_t)(i + 1));
	offer_indirect(TABLE, 20 * 16, DESC_INDIRECT | DESC_WRITE); /* WRITE means nothing here */
	assert_int_equal(virtqueue_take(&queue, &chain), VIRTQUEUE_TAKEN);
	assert_int_equal(chain.head, 3);
	assert_int_equal(chain.readable, 10);
	assert_int_equal(chain.writable, 10);
	assert_int_equal(chain.segments[19].at, RING_BUFFERS + 19);
}

static void indirect_descriptors_may_end_a_chain(void **state)
{
	describe(0, RING_BUFFERS, 16, DESC_NEXT, 1);
	describe(1, TABLE, 16, DESC_INDIRECT, 0);
	ring_describe(TABLE, 0, RING_BUFFERS + 16, 7, DESC_WRITE, 0);
	offer(0);
	assert_int_equal(virtqueue_take(&queue, &chain), VIRTQUEUE_TAKEN);
	assert_int_equal(chain.readable_bytes, 16);
	assert_int_equal(chain.writable_bytes, 7);
}

static void indirect_tables_are_checked(void **state)
{
	const struct {
		uint64_t table;
		uint32_t length;
		uint16_t flags;
	} bad[] = {
		{ TABLE, 0, DESC_INDIRECT },   { TABLE, 15, DESC_INDIRECT },
		{ TABLE, 24, DESC_INDIRECT },  { TABLE, 16, DESC_INDIRECT | DESC_NEXT },
		{ NO_RAM, 16, DESC_INDIRECT }, { UINT64_MAX - 7, 16, DESC_INDIRECT },
	};

	ring_describe(TABLE, 0, RING_BUFFERS, 1, 0, 0);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		offer_indirect(bad[i].table, bad[i].length, bad[i].flags);
		assert_broken();
		queue.next_available = ring_available_index();
	}
	offer_indirect(TABLE, 16, DESC_INDIRECT);
	queue.indirect = false; /* not negotiated */
	assert_broken();
	queue.indirect = true;
	assert_int_equal(virtqueue_take(&queue, &chain), VIRTQUEUE_TAKEN);
}

static void an_indirect_table_holds_no_other(void **state)
{
	ring_describe(TABLE, 0, TABLE + 0x100, 16, DESC_INDIRECT, 0);
	ring_describe(TABLE + 0x100, 0, RING_BUFFERS, 1, 0, 0);
	offer_indirect(TABLE, 16, DESC_INDIRECT);
	assert_broken();
}

static void an_endless_indirect_table_is_broken(void **state)
{
	for (uint16_t i = 0; i < 1024; i++)
		ring_describe(TABLE, i, RING_BUFFERS, 1, DESC_NEXT, (uint16_t)(i + 1));
	offer_indirect(TABLE, 1024 * 16, DESC_INDIRECT);
	assert_broken();
	set_up(state);
	ring_describe(TABLE, 0, RING_BUFFERS, 1, DESC_NEXT, 0);
	offer_indirect(TABLE, UINT32_MAX & ~15u, DESC_INDIRECT);
	assert_broken();
}

/* --- notifications and interrupts ------------------------------------------------------------ */

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

/* --- bytes ----------------------------------------------------------------------------------- */

static void take_three_and_three(void)
{
	describe(0, RING_BUFFERS, 3, DESC_NEXT, 1);
	describe(1, RING_BUFFERS + 0x10, 0, DESC_NEXT, 2); /* empty ones are allowed */
	describe(2, RING_BUFFERS + 0x20, 5, DESC_NEXT, 3);
	describe(3, RING_BUFFERS + 0x30, 4, DESC_NEXT | DESC_WRITE, 4);
	describe(4, NO_RAM, 0, DESC_NEXT | DESC_WRITE, 5);
	describe(5, RING_BUFFERS + 0x40, 4, DESC_WRITE, 0);
	offer(0);
	assert_int_equal(virtqueue_take(&queue, &chain), VIRTQUEUE_TAKEN);
}

static void bytes_cross_segments(void **state)
{
	char text[9] = "";

	take_three_and_three();
	memcpy(ram_at(RING_BUFFERS), "abc", 3);
	memcpy(ram_at(RING_BUFFERS + 0x20), "defgh", 5);
	assert_true(virtqueue_read(&queue, &chain, 0, text, 8));
	assert_string_equal(text, "abcdefgh");
	assert_true(virtqueue_read(&queue, &chain, 2, text, 3));
	assert_memory_equal(text, "cde", 3);
	assert_true(virtqueue_write(&queue, &chain, 2, "WXYZ", 4));
	assert_memory_equal(ram_at(RING_BUFFERS + 0x30), "\0\0WX\0", 5);
	assert_memory_equal(ram_at(RING_BUFFERS + 0x40), "YZ\0", 3);
}

static void no_byte_is_beyond_a_chain(void **state)
{
	char text[16];

	take_three_and_three();
	assert_false(virtqueue_read(&queue, &chain, 0, text, 9));
	assert_false(virtqueue_read(&queue, &chain, 8, text, 1));
	assert_false(virtqueue_write(&queue, &chain, 0, text, 9));
	assert_false(virtqueue_write(&queue, &chain, UINT64_MAX, text, 1));
	assert_true(virtqueue_read(&queue, &chain, 8, text, 0));
	memcpy(ram_at(RING_BUFFERS + 0x35), "?", 1);
	assert_true(virtqueue_write(&queue, &chain, 0, "12345678", 8));
	assert_memory_equal(ram_at(RING_BUFFERS + 0x30), "1234\0?", 6);
}

static void segments_need_not_be_ram(void **state)
{
	char text[8];

	describe(0, RAM_END - 4, 8, DESC_NEXT, 1);
	describe(1, UINT64_MAX - 3, 8, DESC_WRITE, 0);
	offer(0);
	assert_int_equal(virtqueue_take(&queue, &chain), VIRTQUEUE_TAKEN);
	assert_true(virtqueue_read(&queue, &chain, 0, text, 4));
	assert_false(virtqueue_read(&queue, &chain, 0, text, 8));
	assert_false(virtqueue_write(&queue, &chain, 0, text, 8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_chain_is_taken_in_order, set_up),
		cmocka_unit_test_setup(the_ring_goes_round, set_up),
		cmocka_unit_test_setup(a_full_ring_is_taken_and_a_fuller_one_broken, set_up),
		cmocka_unit_test_setup(a_head_out_of_the_table_is_broken, set_up),
		cmocka_unit_test_setup(a_link_out_of_the_table_is_broken, set_up),
		cmocka_unit_test_setup(a_loop_is_broken, set_up),
		cmocka_unit_test_setup(a_chain_of_the_whole_table_is_none, set_up),
		cmocka_unit_test_setup(what_is_read_comes_before_what_is_written, set_up),
		cmocka_unit_test_setup(rings_must_be_ram, set_up),
		cmocka_unit_test_setup(an_indirect_table_is_followed, set_up),
		cmocka_unit_test_setup(indirect_descriptors_may_end_a_chain, set_up),
		cmocka_unit_test_setup(indirect_tables_are_checked, set_up),
		cmocka_unit_test_setup(an_indirect_table_holds_no_other, set_up),
		cmocka_unit_test_setup(an_endless_indirect_table_is_broken, set_up),
		cmocka_unit_test_setup(an_empty_queue_asks_to_be_notified, set_up),
		cmocka_unit_test_setup(what_comes_before_the_wish_is_seen, set_up),
		cmocka_unit_test_setup(used_buffers_are_listed, set_up),
		cmocka_unit_test_setup(a_flag_says_no_interrupts, set_up),
		cmocka_unit_test_setup(an_event_index_says_when, set_up),
		cmocka_unit_test_setup(event_indexes_wrap, set_up),
		cmocka_unit_test_setup(bytes_cross_segments, set_up),
		cmocka_unit_test_setup(no_byte_is_beyond_a_chain, set_up),
		cmocka_unit_test_setup(segments_need_not_be_ram, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
