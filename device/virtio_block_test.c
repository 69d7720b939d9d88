/* The requests of the block device, by the driver of tests/host/virtio_disk.h. */
#include "tests/host/virtio_disk.h"

#define SECTORS 2048u /* MIB(1) */

#define T_IN           0
#define T_OUT          1
#define T_FLUSH        4
#define T_GET_ID       8
#define T_DISCARD      11
#define T_WRITE_ZEROES 13

#define OK     0
#define IOERR  1
#define UNSUPP 2

static int set_up(void **state)
{
	disk_make(SECTORS * VIRTIO_BLOCK_SECTOR, false, true);
	start(INDIRECT);
	return 0;
}

static int set_up_read_only(void **state)
{
	disk_make(SECTORS * VIRTIO_BLOCK_SECTOR, true, true);
	start(0);
	return 0;
}

/* A sector and a piece of another. */
static int set_up_odd(void **state)
{
	disk_make(VIRTIO_BLOCK_SECTOR + 5, false, true);
	start(0);
	return 0;
}

static uint64_t device_config(unsigned offset, unsigned width)
{
	return memory_get(VIRTIO_PCI_DEVICE_CONFIG + offset, width);
}

static void the_configuration_describes_the_disk(void **state)
{
	assert_int_equal(device_config(0, 8), SECTORS);
	assert_int_equal(device_config(12, 4), VIRTQUEUE_SIZE - 2); /* seg_max */
	assert_int_equal(device_config(20, 4), 512);                /* blk_size */
	assert_int_equal(device_config(36, 4), SECTORS);            /* max_discard_sectors */
	assert_int_equal(device_config(40, 4), 1);
	assert_int_equal(device_config(48, 4), SECTORS); /* max_write_zeroes_sectors */
	assert_int_equal(device_config(52, 4), 1);
	memory_set(VIRTIO_PCI_DEVICE_CONFIG, 4, 1);
	assert_int_equal(device_config(0, 8), SECTORS);
	assert_int_equal(device_config(58, 4), 0); /* across its end */
	assert_int_equal(device_config(0x800, 4), 0);
}

static void sectors_are_read(void **state)
{
	assert_int_equal(send_request(T_IN, 7, 1024, true), OK);
	assert_int_equal(*ram_at(DATA_AT), 7);
	assert_int_equal(*ram_at(DATA_AT + 511), 7);
	assert_int_equal(*ram_at(DATA_AT + 512), 8);
	assert_int_equal(*ram_at(DATA_AT + 1023), 8);
	assert_int_equal(*ram_at(DATA_AT + 1024), 0);
	assert_int_equal(ring_used_index(), 1);
	assert_int_equal(ring_used_head(0), 0);
	assert_int_equal(ring_used_written(0), 1025);
	assert_true(m.pin);
}

static void sectors_are_written(void **state)
{
	memset(ram_at(DATA_AT), 0xa5, 1024);
	assert_int_equal(send_request(T_OUT, SECTORS - 2, 1024, false), OK);
	assert_int_equal(m.bytes[(SECTORS - 2) * 512 - 1], (uint8_t)(SECTORS - 3));
	for (unsigned i = 0; i < 1024; i++)
		assert_int_equal(m.bytes[(SECTORS - 2) * 512 + i], 0xa5);
	assert_int_equal(ring_used_written(0), 1);
}

static void the_disk_has_an_end(void **state)
{
	assert_int_equal(send_request(T_IN, SECTORS - 1, 512, true), OK);
	assert_int_equal(send_request(T_IN, SECTORS - 1, 1024, true), IOERR);
	assert_int_equal(send_request(T_OUT, SECTORS, 512, false), IOERR);
	assert_int_equal(send_request(T_IN, UINT64_MAX, 512, true), IOERR);
	assert_int_equal(send_request(T_OUT, UINT64_MAX / 512, 512, false), IOERR);
	assert_int_equal(send_request(T_IN, SECTORS, 0, true), OK);
	assert_int_equal(ring_used_index(), 6);
	/* The whole of its memory, by 126 segments of 4 GiB less 1. */
	for (uint16_t i = 1; i < 127; i++)
		ring_describe(RING_DESCRIPTORS, i, DATA_AT, UINT32_MAX, DESC_NEXT | DESC_WRITE,
			      (uint16_t)(i + 1));
	ring_describe(RING_DESCRIPTORS, 127, STATUS_AT, 1, DESC_WRITE, 0);
	ring_describe(RING_DESCRIPTORS, 0, HEADER_AT, 16, DESC_NEXT, 1);
	ring_offer(0, VIRTQUEUE_SIZE);
	notify();
	run_disk();
	assert_int_equal(*ram_at(STATUS_AT), IOERR);
}

static void only_whole_sectors_are_moved(void **state)
{
	assert_int_equal(send_request(T_IN, 0, 511, true), IOERR);
	assert_int_equal(send_request(T_OUT, 0, 513, false), IOERR);
	assert_int_equal(m.bytes[0], 0);
}

static void data_must_be_ram(void **state)
{
	build_request(T_IN, 0, 0x40000000, 512, true);
	notify();
	assert_int_equal(*ram_at(STATUS_AT), IOERR);
	assert_int_equal(ring_used_written(0), 0);
	build_request(T_OUT, 0, UINT64_MAX - 255, 512, false);
	notify();
	assert_int_equal(*ram_at(STATUS_AT), IOERR);
	build_request(T_IN, 0, RAM_END - 256, 512, true);
	notify();
	assert_int_equal(*ram_at(STATUS_AT), IOERR);
	assert_int_equal(ring_used_index(), 3);
}

static void a_flush_has_nothing_to_do(void **state)
{
	assert_int_equal(send_request(T_FLUSH, 0, 0, true), OK);
	assert_int_equal(ring_used_written(0), 1);
}

static void it_has_a_name(void **state)
{
	memset(ram_at(DATA_AT), 0xff, 21);
	assert_int_equal(send_request(T_GET_ID, 0, 20, true), OK);
	assert_memory_equal(ram_at(DATA_AT), "a disk\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff", 21);
	assert_int_equal(ring_used_written(0), 21);
	assert_int_equal(send_request(T_GET_ID, 0, 3, true), OK);
	assert_int_equal(send_request(T_GET_ID, 0, 512, true), OK);
	assert_int_equal(ring_used_written(2), 20); /* there is a gap before the status */
}

static void what_is_unknown_is_unsupported(void **state)
{
	const uint32_t types[] = { 2, 3, 5, 10, 12, 14, 16, 0x80000000, UINT32_MAX };

	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		assert_int_equal(send_request(types[i], 0, 512, true), UNSUPP);
	assert_int_equal(ring_used_index(), sizeof(types) / sizeof(types[0]));
}

static unsigned send_range(uint32_t type, uint64_t sector, uint32_t sectors, uint32_t flags)
{
	store_u64(ram_at(DATA_AT), sector);
	store_u32(ram_at(DATA_AT + 8), sectors);
	store_u32(ram_at(DATA_AT + 12), flags);
	return send_request(type, 0, 16, false);
}

static void ranges_are_zeroed(void **state)
{
	assert_int_equal(send_range(T_WRITE_ZEROES, 5, 2, 0), OK);
	assert_int_equal(m.bytes[5 * 512 - 1], 4);
	for (unsigned i = 0; i < 1024; i++)
		assert_int_equal(m.bytes[5 * 512 + i], 0);
	assert_int_equal(m.bytes[7 * 512], 7);
	assert_int_equal(send_range(T_WRITE_ZEROES, SECTORS - 1, 1, 1), OK); /* may unmap */
	assert_int_equal(send_range(T_WRITE_ZEROES, 0, 0, 0), OK);
	assert_int_equal(send_range(T_WRITE_ZEROES, SECTORS - 1, 2, 0), IOERR);
	assert_int_equal(send_range(T_WRITE_ZEROES, 2, UINT32_MAX, 0), IOERR);
	assert_int_equal(send_range(T_WRITE_ZEROES, 2, 1, 2), UNSUPP);
	assert_int_equal(send_request(T_WRITE_ZEROES, 0, 32, false), IOERR); /* one a request */
	assert_int_equal(m.bytes[2 * 512], 2);
}

static void ranges_are_discarded(void **state)
{
	assert_int_equal(send_range(T_DISCARD, 5, 2, 0), OK);
	assert_int_equal(send_range(T_DISCARD, SECTORS, 1, 0), IOERR);
	assert_int_equal(send_range(T_DISCARD, 5, 2, 1), UNSUPP);
	assert_int_equal(send_request(T_DISCARD, 0, 8, false), IOERR);
}

static void a_read_only_disk_is_not_written(void **state)
{
	memory_set(COMMON_DEVICE_SELECT, 4, 0);
	assert_true(memory_get(COMMON_DEVICE_FEATURE, 4) & 1u << 5);
	assert_false(memory_get(COMMON_DEVICE_FEATURE, 4) & (1u << 13 | 1u << 14));
	assert_int_equal(send_request(T_OUT, 1, 512, false), IOERR);
	assert_int_equal(send_range(T_WRITE_ZEROES, 1, 1, 0), IOERR);
	assert_int_equal(send_range(T_DISCARD, 1, 1, 0), IOERR);
	assert_int_equal(m.bytes[512], 1);
	assert_int_equal(send_request(T_IN, 1, 512, true), OK);
}

static void the_last_sector_may_be_a_part(void **state)
{
	assert_int_equal(device_config(0, 8), 2);
	memset(ram_at(DATA_AT), 0xff, 1024);
	assert_int_equal(send_request(T_IN, 0, 1024, true), OK);
	assert_int_equal(*ram_at(DATA_AT + 512 + 4), 1);
	for (unsigned i = 512 + 5; i < 1024; i++)
		assert_int_equal(*ram_at(DATA_AT + i), 0);
	memset(ram_at(DATA_AT), 0xaa, 512);
	assert_int_equal(send_request(T_OUT, 1, 512, false), OK);
	assert_int_equal(m.bytes[512 + 4], 0xaa);
	assert_int_equal(send_range(T_WRITE_ZEROES, 1, 1, 0), OK);
	assert_int_equal(m.bytes[512 + 4], 0);
	assert_int_equal(send_request(T_IN, 1, 512, true), OK);
}

/* "Message Framing": nothing may be made of where the segments end. */
static void any_layout_will_do(void **state)
{
	store_u32(ram_at(HEADER_AT), T_OUT);
	store_u64(ram_at(HEADER_AT + 8), 9);
	memset(ram_at(HEADER_AT + 16), 0x77, 512);
	ring_describe(RING_DESCRIPTORS, 4, HEADER_AT, 3, DESC_NEXT, 5);
	ring_describe(RING_DESCRIPTORS, 5, HEADER_AT + 3, 500, DESC_NEXT, 6);
	ring_describe(RING_DESCRIPTORS, 6, HEADER_AT + 503, 25, DESC_NEXT, 7);
	ring_describe(RING_DESCRIPTORS, 7, STATUS_AT, 1, DESC_WRITE, 0);
	ring_offer(4, VIRTQUEUE_SIZE);
	notify();
	assert_int_equal(ring_used_head(0), 4);
	assert_int_equal(m.bytes[9 * 512], 0x77);
	assert_int_equal(m.bytes[10 * 512 - 1], 0x77);
	assert_int_equal(m.bytes[10 * 512], 10);

	store_u32(ram_at(HEADER_AT), T_IN);
	ring_describe(RING_DESCRIPTORS, 0, HEADER_AT, 16, DESC_NEXT, 1);
	ring_describe(RING_DESCRIPTORS, 1, DATA_AT, 513, DESC_WRITE, 0);
	*ram_at(DATA_AT + 512) = NO_STATUS;
	ring_offer(0, VIRTQUEUE_SIZE);
	notify();
	assert_int_equal(*ram_at(DATA_AT + 512), OK);
	assert_int_equal(*ram_at(DATA_AT + 511), 0x77);
}

static void a_short_header_is_an_error(void **state)
{
	ring_describe(RING_DESCRIPTORS, 0, HEADER_AT, 15, DESC_NEXT, 1);
	ring_describe(RING_DESCRIPTORS, 1, STATUS_AT, 1, DESC_WRITE, 0);
	ring_offer(0, VIRTQUEUE_SIZE);
	notify();
	assert_int_equal(*ram_at(STATUS_AT), IOERR);
}

static bool needs_reset(void)
{
	return memory_get(COMMON_STATUS, 1) & VIRTIO_STATUS_NEEDS_RESET;
}

static void a_request_has_room_for_a_status(void **state)
{
	ring_describe(RING_DESCRIPTORS, 0, HEADER_AT, 16, 0, 0);
	ring_offer(0, VIRTQUEUE_SIZE);
	notify();
	assert_true(needs_reset());
	assert_int_equal(ring_used_index(), 0);
}

static void an_empty_disk_is_refused(void **state)
{
	struct virtio_block_setup setup = { .bytes = m.bytes, .id = "nothing" };
	static struct virtio_block block;
	struct reason why;

	assert_int_equal(virtio_block_init(&block, &setup, &why), ERROR_INVALID_INPUT);
	assert_string_equal(why.text, "disk nothing is empty");
}

#define TEST(name, up) cmocka_unit_test_setup_teardown(name, up, disk_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_configuration_describes_the_disk, set_up),
		TEST(sectors_are_read, set_up),
		TEST(sectors_are_written, set_up),
		TEST(the_disk_has_an_end, set_up),
		TEST(only_whole_sectors_are_moved, set_up),
		TEST(data_must_be_ram, set_up),
		TEST(a_flush_has_nothing_to_do, set_up),
		TEST(it_has_a_name, set_up),
		TEST(what_is_unknown_is_unsupported, set_up),
		TEST(ranges_are_zeroed, set_up),
		TEST(ranges_are_discarded, set_up),
		TEST(a_read_only_disk_is_not_written, set_up_read_only),
		TEST(the_last_sector_may_be_a_part, set_up_odd),
		TEST(any_layout_will_do, set_up),
		TEST(a_short_header_is_an_error, set_up),
		TEST(a_request_has_room_for_a_status, set_up),
		TEST(an_empty_disk_is_refused, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
