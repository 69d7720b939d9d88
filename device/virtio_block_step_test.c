/* How much the block device does at a time, by the driver of tests/host/virtio_disk.h. */
#include "tests/host/virtio_disk.h"

#define SECTORS 2048u /* MIB(1) */

#define T_IN           0
#define T_OUT          1
#define T_FLUSH        4
#define T_WRITE_ZEROES 13

#define OK 0

#define LARGE (5 * (uint32_t)VIRTIO_BLOCK_STEP)

static int set_up(void **state)
{
	disk_make(SECTORS * VIRTIO_BLOCK_SECTOR, false, true);
	start(INDIRECT);
	return 0;
}

static void a_large_request_goes_in_steps(void **state)
{
	build_request(T_IN, 0, DATA_AT, LARGE, true);
	notify();
	assert_int_equal(*ram_at(STATUS_AT), NO_STATUS);
	assert_int_equal(ring_used_index(), 0);
	assert_int_equal(m.busies, 1);
	assert_false(m.pin);
	assert_int_equal(*ram_at(DATA_AT + VIRTIO_BLOCK_STEP + 512 * 9), 0);
	notify(); /* does not hurry it */
	assert_int_equal(*ram_at(DATA_AT + VIRTIO_BLOCK_STEP + 512 * 9), 0);
	assert_int_equal(run_disk(), 5);
	assert_int_equal(*ram_at(STATUS_AT), OK);
	assert_int_equal(ring_used_written(0), LARGE + 1);
	assert_memory_equal(ram_at(DATA_AT), m.bytes, LARGE);
	assert_true(m.pin);
}

/* Zeros for `sectors` from the second on. */
static unsigned send_zeroing(uint32_t sectors)
{
	store_u64(ram_at(DATA_AT), 1);
	store_u32(ram_at(DATA_AT + 8), sectors);
	store_u32(ram_at(DATA_AT + 12), 0);
	return send_request(T_WRITE_ZEROES, 0, 16, false);
}

static void it_rests_between_steps(void **state)
{
	build_request(T_IN, 0, DATA_AT, LARGE, true);
	notify();
	virtio_block_ops.advance(&m.block, VIRTIO_BLOCK_PAUSE - 1);
	assert_int_equal(m.block.request.done,
			 VIRTIO_BLOCK_STEP - 3 * VIRTIO_BLOCK_STEP / VIRTQUEUE_SEGMENTS);
	virtio_block_ops.advance(&m.block, VIRTIO_BLOCK_PAUSE);
	assert_in_range(m.block.request.done, VIRTIO_BLOCK_STEP, 2 * VIRTIO_BLOCK_STEP);
	run_disk();
	virtio_block_ops.advance(&m.block, DEVICE_NEVER - 1);
	assert_int_equal(ring_used_index(), 1);
}

static void zeroing_goes_in_steps(void **state)
{
	memset(m.bytes, 0x5a, SECTORS * 512);
	assert_int_equal(send_zeroing(LARGE / 512), NO_STATUS);
	assert_int_equal(m.bytes[VIRTIO_BLOCK_STEP + 512], 0x5a);
	assert_int_equal(run_disk(), 5);
	assert_int_equal(*ram_at(STATUS_AT), OK);
	for (unsigned i = 0; i < LARGE; i++)
		assert_int_equal(m.bytes[512 + i], 0);
	assert_int_equal(m.bytes[511], 0x5a);
	assert_int_equal(m.bytes[512 + LARGE], 0x5a);
}

static void writing_goes_in_steps(void **state)
{
	for (unsigned i = 0; i < LARGE; i++)
		*ram_at(DATA_AT + i) = (uint8_t)(i / 1000);
	assert_int_equal(send_request(T_OUT, 1, LARGE, false), NO_STATUS);
	run_disk();
	assert_int_equal(*ram_at(STATUS_AT), OK);
	assert_memory_equal(ram_at(DATA_AT), m.bytes + 512, LARGE);
}

static void many_requests_go_in_steps(void **state)
{
	for (unsigned i = 0; i < VIRTQUEUE_SIZE; i++)
		build_request(T_IN, i, DATA_AT, 32768, true);
	notify();
	assert_in_range(ring_used_index(), 1, 4);
	assert_true(m.pin); /* what is done is told */
	run_disk();
	assert_int_equal(ring_used_index(), VIRTQUEUE_SIZE);
	assert_int_equal(*ram_at(DATA_AT), VIRTQUEUE_SIZE - 1);
}

/* 128 chains of 128 segments, which do nothing: work all the same. */
static void long_chains_cost_too(void **state)
{
	for (uint16_t i = 0; i < VIRTQUEUE_SIZE - 1; i++)
		ring_describe(RING_DESCRIPTORS, i, HEADER_AT, i ? 0 : 16, DESC_NEXT,
			      (uint16_t)(i + 1));
	ring_describe(RING_DESCRIPTORS, VIRTQUEUE_SIZE - 1, STATUS_AT, 1, DESC_WRITE, 0);
	store_u32(ram_at(HEADER_AT), T_FLUSH);
	for (unsigned i = 0; i < VIRTQUEUE_SIZE; i++)
		ring_offer(0, VIRTQUEUE_SIZE);
	notify();
	assert_int_equal(ring_used_index(), 1);
	run_disk();
	assert_int_equal(ring_used_index(), VIRTQUEUE_SIZE);
}

static void it_waits_for_the_bus(void **state)
{
	build_request(T_IN, 0, DATA_AT, LARGE, true);
	notify();
	set_command(0); /* no bus master any more, in the middle of it */
	run_disk();
	assert_int_equal(*ram_at(STATUS_AT), NO_STATUS);
	set_command(PCI_COMMAND_MASTER);
	run_disk();
	assert_int_equal(*ram_at(STATUS_AT), OK);
	assert_memory_equal(ram_at(DATA_AT), m.bytes, LARGE);
}

static void a_reset_drops_what_is_under_way(void **state)
{
	build_request(T_IN, 0, DATA_AT, LARGE, true);
	notify();
	memory_set(COMMON_STATUS, 1, 0);
	assert_int_equal(virtio_block_ops.next(&m.block), DEVICE_NEVER);
	memset(ram, 0, sizeof(ram));
	start(0);
	assert_int_equal(send_request(T_IN, 3, 512, true), OK);
	assert_int_equal(*ram_at(DATA_AT), 3);
	assert_int_equal(ring_used_index(), 1);
	virtio_block_ops.reset(&m.block);
	assert_int_equal(memory_get(COMMON_STATUS, 1), 0);
}

#define TEST(name, up) cmocka_unit_test_setup_teardown(name, up, disk_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_large_request_goes_in_steps, set_up),
		TEST(it_rests_between_steps, set_up),
		TEST(zeroing_goes_in_steps, set_up),
		TEST(writing_goes_in_steps, set_up),
		TEST(many_requests_go_in_steps, set_up),
		TEST(long_chains_cost_too, set_up),
		TEST(it_waits_for_the_bus, set_up),
		TEST(a_reset_drops_what_is_under_way, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
