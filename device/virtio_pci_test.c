/* The transport: how a driver of version 1 finds a device, agrees on features, and places queues. */
#include "tests/host/virtio_disk.h"

#define SIZE KIB(64)

#define CAPABILITY_VENDOR 0x09

static int set_up(void **state)
{
	disk_make(SIZE, false, true);
	return 0;
}

static int set_up_modern(void **state)
{
	disk_make(SIZE, false, false);
	return 0;
}

static int set_up_running(void **state)
{
	set_up(state);
	start(0);
	return 0;
}

/* The offset of the capability of that type, or 0. */
static unsigned find(unsigned type)
{
	unsigned at = config_get(PCI_CAPABILITIES, 1);

	while (at && (config_get(at, 1) != CAPABILITY_VENDOR || config_get(at + 3, 1) != type))
		at = config_get(at + 1, 1);
	return at;
}

/* --- finding it ------------------------------------------------------------------------------ */

static void a_transitional_device_looks_like_an_old_one(void **state)
{
	assert_int_equal(config_get(0, 4), 0x10011af4);
	assert_int_equal(config_get(PCI_REVISION, 1), 0);
	assert_int_equal(config_get(PCI_SUBSYSTEM, 4), 0x00021af4);
	assert_int_equal(config_get(PCI_INTERRUPT_PIN, 1), 1);
	assert_int_equal(config_get(PCI_BAR0, 4), PORTS_AT | 1);
}

static void a_modern_device_has_an_id_of_its_own(void **state)
{
	assert_int_equal(config_get(0, 4), 0x10421af4);
	assert_in_range(config_get(PCI_REVISION, 1), 1, 255);
	assert_int_equal(config_get(PCI_BAR0, 4), 0);
}

static void its_structures_are_found(void **state)
{
	const struct {
		unsigned type, length, offset, size;
	} structures[] = {
		{ 1, 16, VIRTIO_PCI_COMMON, 56 },
		{ 2, 20, VIRTIO_PCI_NOTIFY, 4 },
		{ 3, 16, VIRTIO_PCI_ISR, 1 },
		{ 4, 16, VIRTIO_PCI_DEVICE_CONFIG, VIRTIO_BLOCK_CONFIG },
	};

	for (unsigned i = 0; i < sizeof(structures) / sizeof(structures[0]); i++) {
		unsigned at = find(structures[i].type);

		assert_int_not_equal(at, 0);
		assert_int_equal(config_get(at + 2, 1), structures[i].length);
		assert_int_equal(config_get(at + 4, 1), VIRTIO_PCI_BAR);
		assert_int_equal(config_get(at + 8, 4), structures[i].offset);
		assert_int_equal(config_get(at + 12, 4), structures[i].size);
	}
	assert_int_equal(config_get(find(2) + 16, 4), VIRTIO_PCI_NOTIFY_STRIDE);
	config_set(find(1) + 8, 4, 0x1000);
	assert_int_equal(config_get(find(1) + 8, 4), 0); /* read-only */
}

/* --- features and status --------------------------------------------------------------------- */

static uint32_t offered(unsigned select)
{
	memory_set(COMMON_DEVICE_SELECT, 4, select);
	return (uint32_t)memory_get(COMMON_DEVICE_FEATURE, 4);
}

static void features_are_offered(void **state)
{
	assert_int_equal(offered(1), 1); /* VERSION_1 */
	assert_int_equal(offered(0) & (INDIRECT | EVENT_IDX), INDIRECT | EVENT_IDX);
	assert_int_equal(offered(0) & (1u << 9), 1u << 9); /* flush */
	assert_int_equal(offered(0) & (1u << 5), 0);       /* it is not read-only */
	assert_int_equal(offered(2), 0);
	assert_int_equal(offered(UINT32_MAX), 0);
}

static void good_features_are_taken(void **state)
{
	accept_features(VERSION_1 | EVENT_IDX);
	assert_int_equal(memory_get(COMMON_STATUS, 1), 11);
	memory_set(COMMON_DRIVER_SELECT, 4, 0);
	assert_int_equal(memory_get(COMMON_DRIVER_FEATURE, 4), EVENT_IDX);
	memory_set(COMMON_DRIVER_FEATURE, 4, 0); /* they are agreed upon */
	assert_int_equal(memory_get(COMMON_DRIVER_FEATURE, 4), EVENT_IDX);
	memory_set(COMMON_STATUS, 1, 0);
	assert_int_equal(memory_get(COMMON_STATUS, 1), 0);
	assert_int_equal(memory_get(COMMON_DRIVER_FEATURE, 4), 0);
}

static void bad_features_are_refused(void **state)
{
	accept_features(EVENT_IDX); /* without VERSION_1 */
	assert_int_equal(memory_get(COMMON_STATUS, 1), 3);
	accept_features(VERSION_1 | 1ull << 34); /* packed rings were not offered */
	assert_int_equal(memory_get(COMMON_STATUS, 1), 3);
	accept_features(VERSION_1 | 1);
	assert_int_equal(memory_get(COMMON_STATUS, 1), 3);
	memory_set(COMMON_DRIVER_SELECT, 4, 2); /* there are no more */
	memory_set(COMMON_DRIVER_FEATURE, 4, 1);
	accept_features(VERSION_1);
	assert_int_equal(memory_get(COMMON_STATUS, 1), 11);
}

static void a_driver_cannot_say_that_a_reset_is_needed(void **state)
{
	memory_set(COMMON_STATUS, 1, 0x73);
	assert_int_equal(memory_get(COMMON_STATUS, 1), 3);
	memory_set(COMMON_STATUS, 1, 0x80 | 3);
	assert_int_equal(memory_get(COMMON_STATUS, 1), 0x83);
}

/* --- queues ---------------------------------------------------------------------------------- */

static void there_is_one_queue(void **state)
{
	assert_int_equal(memory_get(COMMON_QUEUES, 2), 1);
	assert_int_equal(memory_get(COMMON_QUEUE_SIZE, 2), VIRTQUEUE_SIZE);
	assert_int_equal(memory_get(COMMON_QUEUE_NOTIFY, 2), 0);
	assert_int_equal(memory_get(COMMON_QUEUE_ENABLE, 2), 0);
	memory_set(COMMON_QUEUE_SELECT, 2, 1);
	assert_int_equal(memory_get(COMMON_QUEUE_SELECT, 2), 1);
	assert_int_equal(memory_get(COMMON_QUEUE_SIZE, 2), 0);
	memory_set(COMMON_QUEUE_ENABLE, 2, 1);
	memory_set(COMMON_QUEUE_SELECT, 2, 0xffff);
	memory_set(COMMON_QUEUE_RINGS, 8, RAM_START);
	assert_int_equal(memory_get(COMMON_QUEUE_RINGS, 8), 0);
}

static void a_queue_may_be_smaller(void **state)
{
	memory_set(COMMON_QUEUE_SIZE, 2, 16);
	assert_int_equal(memory_get(COMMON_QUEUE_SIZE, 2), 16);
	memory_set(COMMON_QUEUE_SIZE, 2, 0);
	memory_set(COMMON_QUEUE_SIZE, 2, 48);
	memory_set(COMMON_QUEUE_SIZE, 2, 2 * VIRTQUEUE_SIZE);
	memory_set(COMMON_QUEUE_SIZE, 2, 0x8000);
	assert_int_equal(memory_get(COMMON_QUEUE_SIZE, 2), 16);
	memory_set(COMMON_QUEUE_SIZE, 2, VIRTQUEUE_SIZE);
	assert_int_equal(memory_get(COMMON_QUEUE_SIZE, 2), VIRTQUEUE_SIZE);
}

static void an_enabled_queue_stays_where_it_is(void **state)
{
	memory_set(COMMON_QUEUE_RINGS + 8, 4, 0x12345678);
	memory_set(COMMON_QUEUE_RINGS + 12, 4, 0x9);
	assert_int_equal(memory_get(COMMON_QUEUE_RINGS + 8, 8), 0x912345678);
	memory_set(COMMON_QUEUE_ENABLE, 2, 2); /* means nothing */
	assert_int_equal(memory_get(COMMON_QUEUE_ENABLE, 2), 0);
	memory_set(COMMON_QUEUE_ENABLE, 2, 1);
	memory_set(COMMON_QUEUE_RINGS + 8, 8, 0);
	memory_set(COMMON_QUEUE_SIZE, 2, 16);
	memory_set(COMMON_QUEUE_ENABLE, 2, 0);
	assert_int_equal(memory_get(COMMON_QUEUE_RINGS + 8, 8), 0x912345678);
	assert_int_equal(memory_get(COMMON_QUEUE_SIZE, 2), VIRTQUEUE_SIZE);
	assert_int_equal(memory_get(COMMON_QUEUE_ENABLE, 2), 1);
}

/* "A driver MUST access each field using the natural access method". */
static void fields_are_written_by_their_width(void **state)
{
	memory_set(COMMON_QUEUE_SELECT, 4, 0x00080001);
	memory_set(COMMON_QUEUE_SELECT, 1, 1);
	memory_set(COMMON_STATUS, 2, 3);
	memory_set(COMMON_DRIVER_SELECT, 2, 1);
	assert_int_equal(memory_get(COMMON_QUEUE_SELECT, 2), 0);
	assert_int_equal(memory_get(COMMON_STATUS, 1), 0);
	assert_int_equal(memory_get(COMMON_DRIVER_SELECT, 4), 0);
	assert_int_equal(memory_get(54, 4), 0); /* across the end */
	assert_int_equal(memory_get(VIRTIO_PCI_NOTIFY, 4), 0);
}

static void nothing_is_served_before_driver_ok(void **state)
{
	set_command(PCI_COMMAND_MASTER);
	accept_features(VERSION_1);
	place_queue();
	assert_int_equal(send_request(0, 1, 512, true), NO_STATUS);
	memory_set(COMMON_STATUS, 1, 15); /* what waited is served */
	assert_int_equal(*ram_at(STATUS_AT), 0);
	memory_set(VIRTIO_PCI_NOTIFY + 4, 2, 1); /* no such queue */
}

/* The request is one descriptor, which stands for a table of three. */
static unsigned send_indirect(uint64_t features)
{
	disk_free(NULL);
	set_up(NULL);
	start(features);
	build_request(0, 1, DATA_AT, 512, true);
	memcpy(ram_at(RING_BUFFERS + 0x100), ram_at(RING_DESCRIPTORS), 48);
	ring_describe(RING_DESCRIPTORS, 0, RING_BUFFERS + 0x100, 48, DESC_INDIRECT, 0);
	notify();
	return *ram_at(STATUS_AT);
}

static void indirect_descriptors_are_agreed_upon(void **state)
{
	assert_int_equal(send_indirect(INDIRECT), 0);
	assert_int_equal(memory_get(COMMON_STATUS, 1), 15);
	assert_int_equal(send_indirect(0), NO_STATUS);
	assert_int_equal(memory_get(COMMON_STATUS, 1), 15 | VIRTIO_STATUS_NEEDS_RESET);
}

/* --- by configuration space ------------------------------------------------------------------ */

static uint32_t access_get(unsigned bar, uint32_t offset, uint32_t length)
{
	unsigned at = find(5);

	config_set(at + 4, 1, bar);
	config_set(at + 8, 4, offset);
	config_set(at + 12, 4, length);
	return config_get(at + 16, length <= 4 ? length : 4);
}

static void access_set(unsigned bar, uint32_t offset, uint32_t length, uint32_t value)
{
	unsigned at = find(5);

	config_set(at + 4, 1, bar);
	config_set(at + 8, 4, offset);
	config_set(at + 12, 4, length);
	config_set(at + 16, length, value);
}

static void registers_are_reached_without_a_bar(void **state)
{
	config_set(PCI_COMMAND, 2, PCI_COMMAND_MASTER); /* no windows at all */
	assert_int_equal(memory_get(0, 4), UINT32_MAX);
	access_set(VIRTIO_PCI_BAR, COMMON_STATUS, 1, 3);
	assert_int_equal(access_get(VIRTIO_PCI_BAR, COMMON_STATUS, 1), 3);
	access_set(VIRTIO_PCI_BAR, COMMON_DEVICE_SELECT, 4, 1);
	assert_int_equal(access_get(VIRTIO_PCI_BAR, COMMON_DEVICE_FEATURE, 4), 1);
	assert_int_equal(access_get(VIRTIO_PCI_BAR, COMMON_QUEUE_SIZE, 2), VIRTQUEUE_SIZE);
	assert_int_equal(access_get(VIRTIO_PCI_LEGACY_BAR, LEGACY_STATUS, 1), 3);
	assert_int_equal(access_get(VIRTIO_PCI_MSIX_BAR, 12, 4), 1);
}

static void nonsense_reaches_nothing(void **state)
{
	const struct {
		uint32_t bar, offset, length;
	} nonsense[] = {
		{ VIRTIO_PCI_BAR, COMMON_DRIVER_SELECT, 3 },
		{ VIRTIO_PCI_BAR, 2, 4 },
		{ VIRTIO_PCI_BAR, VIRTIO_PCI_SIZE, 4 },
		{ VIRTIO_PCI_BAR, 0xfffffffc, 4 },
		{ VIRTIO_PCI_BAR, 0, 0 },
		{ VIRTIO_PCI_BAR, 0, UINT32_MAX },
		{ 2, 0, 4 },
		{ 3, 0, 4 },
		{ 6, 0, 4 },
		{ 255, 0, 4 },
	};
	unsigned at = find(5);

	for (unsigned i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		config_set(at + 4, 1, nonsense[i].bar);
		config_set(at + 8, 4, nonsense[i].offset);
		config_set(at + 12, 4, nonsense[i].length);
		config_set(at + 16, 4, 0x5a5a5a5a);
		assert_int_equal(config_get(at + 16, 4), 0x5a5a5a5a);
	}
	assert_int_equal(memory_get(COMMON_DEVICE_SELECT, 4), 0);
	assert_int_equal(memory_get(COMMON_DRIVER_SELECT, 4), 0);
}

static void notifications_go_that_way_too(void **state)
{
	build_request(0, 1, DATA_AT, 512, true);
	access_set(VIRTIO_PCI_BAR, VIRTIO_PCI_NOTIFY, 2, 0);
	assert_int_equal(*ram_at(STATUS_AT), 0);
	assert_int_equal(access_get(VIRTIO_PCI_BAR, VIRTIO_PCI_ISR, 1), 1);
	assert_false(m.pin);
}

static void a_type_that_asks_for_too_much_is_refused(void **state)
{
	static struct virtio_pci device;
	const struct {
		unsigned queues, config_length;
	} bad[] = {
		{ 0, 8 },
		{ VIRTIO_PCI_QUEUES + 1, 8 },
		{ 1, VIRTIO_PCI_CONFIG_SIZE + 1 },
	};
	struct reason why;

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct virtio_pci_setup setup = {
			.type = { .id = 4,
				  .queues = bad[i].queues,
				  .config_length = bad[i].config_length },
		};

		assert_int_equal(virtio_pci_init(&device, &setup, &why), ERROR_INVALID_INPUT);
	}
}

#define TEST(name, up) cmocka_unit_test_setup_teardown(name, up, disk_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_transitional_device_looks_like_an_old_one, set_up),
		TEST(a_modern_device_has_an_id_of_its_own, set_up_modern),
		TEST(its_structures_are_found, set_up),
		TEST(features_are_offered, set_up),
		TEST(good_features_are_taken, set_up),
		TEST(bad_features_are_refused, set_up),
		TEST(a_driver_cannot_say_that_a_reset_is_needed, set_up),
		TEST(there_is_one_queue, set_up),
		TEST(a_queue_may_be_smaller, set_up),
		TEST(an_enabled_queue_stays_where_it_is, set_up),
		TEST(fields_are_written_by_their_width, set_up),
		TEST(nothing_is_served_before_driver_ok, set_up),
		TEST(indirect_descriptors_are_agreed_upon, set_up),
		TEST(a_type_that_asks_for_too_much_is_refused, set_up),
		TEST(registers_are_reached_without_a_bar, set_up),
		TEST(nonsense_reaches_nothing, set_up),
		TEST(notifications_go_that_way_too, set_up_running),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
