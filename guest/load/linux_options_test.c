/* mem= and vga= of a Linux command line. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "guest/load/linux_options.h"

static void memory(void **state)
{
	assert_int_equal(linux_options_read("").memory_end, UINT64_MAX);
	assert_int_equal(linux_options_read("quiet mem=64M ro").memory_end, MIB(64));
	assert_int_equal(linux_options_read("mem=2g").memory_end, GIB(2));
	assert_int_equal(linux_options_read("mem=0x4000000").memory_end, MIB(64));
	assert_int_equal(linux_options_read("mem=1G mem=512K").memory_end, KIB(512));
	assert_int_equal(linux_options_read("mem=nopentium").memory_end, UINT64_MAX);
	assert_int_equal(linux_options_read("mem=0 mem= mem").memory_end, UINT64_MAX);
	assert_int_equal(linux_options_read("-- mem=64M").memory_end, UINT64_MAX);
	assert_int_equal(linux_options_read("memmap=64M").memory_end, UINT64_MAX);
}

static void video(void **state)
{
	assert_int_equal(linux_options_read("").video_mode, 0xffff);
	assert_int_equal(linux_options_read("vga=normal").video_mode, 0xffff);
	assert_int_equal(linux_options_read("vga=ext").video_mode, 0xfffe);
	assert_int_equal(linux_options_read("vga=ask").video_mode, 0xfffd);
	assert_int_equal(linux_options_read("vga=0x317 x").video_mode, 0x317);
	assert_int_equal(linux_options_read("vga=791").video_mode, 791);
	assert_int_equal(linux_options_read("vga=65536").video_mode, 0xffff);
	assert_int_equal(linux_options_read("vga=fast").video_mode, 0xffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory),
		cmocka_unit_test(video),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
