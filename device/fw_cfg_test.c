/* fw_cfg: selector and data, directory, DMA. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "device/fw_cfg.h"

#define RAM_SIZE 0x2000u

static uint8_t ram[RAM_SIZE];
static struct bus ports;
static struct fw_cfg fw;
static struct fw_cfg_items items;
static unsigned asked;
static bool nothing; /* there is no memory for them */

static const struct fw_cfg_items *give_items(void *context)
{
	asked++;
	return nothing ? NULL : &items;
}

static bool copy(void *context, uint64_t at, void *to, uint64_t length)
{
	if (at > RAM_SIZE || length > RAM_SIZE - at)
		return false;
	memcpy(to, ram + at, length);
	return true;
}

static bool store_ram(void *context, uint64_t at, const void *from, uint64_t length)
{
	if (at > RAM_SIZE || length > RAM_SIZE - at)
		return false;
	memcpy(ram + at, from, length);
	return true;
}

static int set_up(void **state)
{
	const struct device_memory memory = { NULL, copy, store_ram };
	const struct fw_cfg_source source = { give_items, NULL };
	struct reason why;

	memset(ram, 0xcc, sizeof(ram));
	memset(&ports, 0, sizeof(ports));
	asked = 0;
	nothing = false;
	fw_cfg_init(&fw, &memory, &source);
	fw_cfg_items_init(&items);
	assert_int_equal(fw_cfg_attach(&fw, &ports, &why), ERROR_NONE);
	fw_cfg_add_number(&items, FW_CFG_RAM_SIZE, MIB(512), 8);
	fw_cfg_add_bytes(&items, FW_CFG_KERNEL_DATA, "kernel", 6);
	fw_cfg_add_file(&items, "etc/one", "first file", 10);
	fw_cfg_add_file(&items, "etc/two", "2", 1);
	return 0;
}

static void choose(uint16_t key)
{
	bus_write(&ports, 0, FW_CFG_PORT, 2, key);
}

static uint8_t next(void)
{
	return (uint8_t)bus_read(&ports, 0, FW_CFG_PORT + 1, 1);
}

static void bytes_have_a_number_and_no_name(void **state)
{
	static const char kernel[] = "kernel";

	choose(FW_CFG_KERNEL_DATA);
	for (unsigned i = 0; i < sizeof(kernel); i++)
		assert_int_equal(next(), kernel[i]);
	/* The directory has the files alone. */
	choose(FW_CFG_DIRECTORY);
	assert_int_equal(next() << 24 | next() << 16 | next() << 8 | next(), 2);
}

static void the_signature_is_qemu(void **state)
{
	static const char signature[] = "QEMU";

	choose(FW_CFG_SIGNATURE);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(next(), signature[i]);
	assert_int_equal(next(), 0); /* behind the end */
	choose(FW_CFG_ID);
	assert_int_equal(next(), 3);
}

static void numbers_are_little_endian(void **state)
{
	choose(FW_CFG_RAM_SIZE);
	assert_int_equal(next(), 0);
	next();
	next();
	assert_int_equal(next(), 0x20);
	choose(0x1234); /* nobody's */
	assert_int_equal(next(), 0);
}

static void the_directory_names_files(void **state)
{
	uint8_t bytes[4 + 128];

	choose(FW_CFG_DIRECTORY);
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = next();
	assert_int_equal(bytes[3], 2);
	assert_int_equal(bytes[4 + 3], 10);
	assert_int_equal(bytes[4 + 5], FW_CFG_FIRST_FILE);
	assert_string_equal((char *)bytes + 4 + 8, "etc/one");
	assert_int_equal(bytes[4 + 64 + 5], FW_CFG_FIRST_FILE + 1);
	assert_string_equal((char *)bytes + 4 + 64 + 8, "etc/two");
	assert_int_equal(next(), 0);
}

static void start_dma(uint32_t control, uint32_t length, uint64_t to)
{
	uint32_t be_control = __builtin_bswap32(control), be_length = __builtin_bswap32(length);
	uint64_t be_to = __builtin_bswap64(to);

	memcpy(ram + 0x100, &be_control, 4);
	memcpy(ram + 0x104, &be_length, 4);
	memcpy(ram + 0x108, &be_to, 8);
	bus_write(&ports, 0, FW_CFG_PORT + 4, 4, 0);
	bus_write(&ports, 0, FW_CFG_PORT + 8, 4, __builtin_bswap32(0x100));
}

static uint32_t dma_result(void)
{
	uint32_t value;

	memcpy(&value, ram + 0x100, 4);
	return __builtin_bswap32(value);
}

static void dma_copies_an_item(void **state)
{
	start_dma(FW_CFG_FIRST_FILE << 16 | 8 | 2, 12, 0x1000);
	assert_int_equal(dma_result(), 0);
	assert_memory_equal(ram + 0x1000, "first file\0\0\xcc", 13);
	/* Select and skip, then read on. */
	start_dma(FW_CFG_FIRST_FILE << 16 | 8 | 4, 6, 0);
	start_dma(2, 4, 0x1100);
	assert_memory_equal(ram + 0x1100, "file", 4);
	start_dma(4, UINT32_MAX, 0);
	start_dma(2, 1, 0x1200);
	assert_int_equal(ram[0x1200], 0);
}

static void dma_refuses(void **state)
{
	start_dma(FW_CFG_FIRST_FILE << 16 | 8 | 0x10, 1, 0x1000); /* a write */
	assert_int_equal(dma_result(), 1);
	start_dma(FW_CFG_FIRST_FILE << 16 | 8 | 2, 4, RAM_SIZE - 2);
	assert_int_equal(dma_result(), 1);
	start_dma(2, UINT32_MAX, 0);
	assert_int_equal(dma_result(), 1);
	/* A descriptor that is no RAM: nothing happens. */
	bus_write(&ports, 0, FW_CFG_PORT + 4, 4, UINT32_MAX);
	bus_write(&ports, 0, FW_CFG_PORT + 8, 4, UINT32_MAX);
	assert_int_equal(bus_read(&ports, 0, FW_CFG_PORT + 4, 4), 0x554d4551);
	assert_int_equal(bus_read(&ports, 0, FW_CFG_PORT + 8, 4), 0x47464320);
}

static void items_are_asked_for_when_one_is_read(void **state)
{
	choose(FW_CFG_SIGNATURE);
	assert_int_equal(asked, 0);
	assert_int_equal(next(), 'Q');
	assert_int_equal(next(), 'E');
	fw_cfg_ops.reset(&fw);
	start_dma(FW_CFG_FIRST_FILE << 16 | 8 | 2, 5, 0x1000);
	assert_memory_equal(ram + 0x1000, "first", 5);
	assert_int_equal(asked, 1);
}

static void without_items_all_is_zero_until_a_reset(void **state)
{
	nothing = true;
	choose(FW_CFG_SIGNATURE);
	assert_int_equal(next(), 0);
	start_dma(FW_CFG_DIRECTORY << 16 | 8 | 2, 4, 0x1000);
	assert_int_equal(dma_result(), 0);
	assert_memory_equal(ram + 0x1000, "\0\0\0\0\xcc", 5);
	nothing = false;
	assert_int_equal(next(), 0);
	assert_int_equal(asked, 1);
	fw_cfg_ops.reset(&fw);
	assert_int_equal(next(), 'Q');
}

static void a_full_table_is_told(void **state)
{
	struct reason why;

	for (unsigned i = items.count; i < FW_CFG_ITEMS; i++)
		fw_cfg_add_number(&items, 0x100, 0, 1);
	assert_int_equal(fw_cfg_check(&items, &why), ERROR_NONE);
	fw_cfg_add_file(&items, "etc/three", "3", 1);
	assert_int_equal(fw_cfg_check(&items, &why), ERROR_NO_MEMORY);
	assert_int_equal(items.count, FW_CFG_ITEMS);
}

static void a_name_that_is_too_long_is_told(void **state)
{
	struct reason why;

	fw_cfg_add_file(&items, "a name of fifty-six characters is one too long for it ..", "3", 1);
	assert_int_equal(fw_cfg_check(&items, &why), ERROR_INVALID_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(bytes_have_a_number_and_no_name, set_up),
		cmocka_unit_test_setup(the_signature_is_qemu, set_up),
		cmocka_unit_test_setup(numbers_are_little_endian, set_up),
		cmocka_unit_test_setup(the_directory_names_files, set_up),
		cmocka_unit_test_setup(dma_copies_an_item, set_up),
		cmocka_unit_test_setup(dma_refuses, set_up),
		cmocka_unit_test_setup(items_are_asked_for_when_one_is_read, set_up),
		cmocka_unit_test_setup(without_items_all_is_zero_until_a_reset, set_up),
		cmocka_unit_test_setup(a_full_table_is_told, set_up),
		cmocka_unit_test_setup(a_name_that_is_too_long_is_told, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
