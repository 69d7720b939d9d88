/* Firmware images: where they lie, and what is none. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "guest/load/load_firmware.h"

static uint8_t bytes[FIRMWARE_MOST + PAGE_SIZE];
static struct firmware_layout layout;
static struct boot_state boot;
static struct reason why;

static enum error load(uint64_t length)
{
	const struct load_file image = { bytes, length, "" };

	memset(bytes, 0, sizeof(bytes));
	if (length >= 16)
		memcpy(bytes + length - 16, "\xea\x5b\xe0\x00\xf0", 5); /* a far jump */
	return load_firmware(&image, &layout, &boot, &why);
}

static void a_large_one(void **state)
{
	assert_int_equal(load(KIB(256)), 0);
	assert_int_equal(boot.mode, VCPU_MODE_RESET);
	assert_int_equal(layout.high.at, 0xfffc0000);
	assert_int_equal(layout.high.offset, 0);
	assert_int_equal(layout.high.length, KIB(256));
	assert_int_equal(layout.low.at, 0xe0000);
	assert_int_equal(layout.low.offset, KIB(128));
	assert_int_equal(layout.low.length, KIB(128));
	assert_int_equal(load(FIRMWARE_MOST), 0);
	assert_int_equal(layout.high.at, 0xff000000);
}

static void a_small_one(void **state)
{
	assert_int_equal(load(PAGE_SIZE), 0);
	assert_int_equal(layout.high.at, 0xfffff000);
	assert_int_equal(layout.low.at, 0xff000);
	assert_int_equal(layout.low.offset, 0);
	assert_int_equal(layout.low.length, PAGE_SIZE);
}

static void what_is_none(void **state)
{
	static const uint64_t sizes[] = {
		0, 1, 15, PAGE_SIZE - 1, PAGE_SIZE + 16, FIRMWARE_MOST + PAGE_SIZE
	};
	struct load_file image = { bytes, PAGE_SIZE, "" };

	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		assert_int_equal(load(sizes[i]), ERROR_INVALID_DATA);
		assert_non_null(strstr(why.text, "is not one of 1 to 4096 whole pages"));
	}
	for (unsigned byte = 0; byte <= 0xff; byte += 0xff) {
		memset(bytes, (int)byte, sizeof(bytes));
		assert_int_equal(load_firmware(&image, &layout, &boot, &why), ERROR_INVALID_DATA);
		assert_string_equal(why.text, "firmware: nothing at the reset vector, 16 bytes "
					      "before its end");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_large_one),
		cmocka_unit_test(a_small_one),
		cmocka_unit_test(what_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
