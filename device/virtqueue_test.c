/* Split virtqueues: what a driver may write into its rings, and what it must not. */
#include "tests/host/one_virtqueue.h"

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
#define TEST(name) cmocka_unit_test_setup(name, set_up)
	const struct CMUnitTest tests[] = {
		TEST(a_chain_is_taken_in_order),
		TEST(the_ring_goes_round),
		TEST(a_full_ring_is_taken_and_a_fuller_one_broken),
		TEST(a_head_out_of_the_table_is_broken),
		TEST(a_link_out_of_the_table_is_broken),
		TEST(a_loop_is_broken),
		TEST(a_chain_of_the_whole_table_is_none),
		TEST(what_is_read_comes_before_what_is_written),
		TEST(rings_must_be_ram),
		TEST(an_indirect_table_is_followed),
		TEST(indirect_descriptors_may_end_a_chain),
		TEST(indirect_tables_are_checked),
		TEST(an_indirect_table_holds_no_other),
		TEST(an_endless_indirect_table_is_broken),
		TEST(bytes_cross_segments),
		TEST(no_byte_is_beyond_a_chain),
		TEST(segments_need_not_be_ram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
