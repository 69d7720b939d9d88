/* Specifications of VMs: which kernels one can have. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "tests/host/spec_reader.h"

static void two_kernels(void **state)
{
	assert_int_equal(add(1, "vm=a linux"), 0);
	assert_int_equal(add(2, "vm=b linux"), 0);
	assert_int_equal(add(4, "vm=a flat"), ERROR_INVALID_INPUT);
	assert_int_equal(add(5, "vm=a cpus=0 disk"), ERROR_INVALID_INPUT);
	assert_string_equal(
		book.text, "module 4 (vm=a): a second kernel: module 1 (linux) is the VM's first\n"
			   "module 5 (vm=a): byte 5, \"cpus=0\": it wants a number from 1 to 64\n");
	/* The first trouble stays, and the other VM is as it was. */
	assert_non_null(strstr(specs.vms[0].trouble.text, "second kernel"));
	finish();
	assert_int_equal(book.count, 2);
	assert_false(specs.vms[1].broken);
}

static void a_firmware_has_a_linux_to_start(void **state)
{
	assert_int_equal(add(0, "vm=a firmware"), 0);
	assert_int_equal(add(1, "vm=a initrd"), 0);
	assert_int_equal(add(2, "vm=a linux -- words"), 0);
	assert_int_equal(add(3, "vm=b linux"), 0);
	assert_int_equal(add(4, "vm=b firmware"), 0);
	assert_int_equal(add(5, "vm=c firmware"), 0);
	finish();
	assert_string_equal(book.text, "");
	assert_int_equal(specs.vms[0].kernel, 0);
	assert_int_equal(specs.vms[0].offered, 2);
	assert_int_equal(specs.vms[1].kernel, 1);
	assert_int_equal(specs.vms[1].offered, 0);
	assert_int_equal(specs.vms[2].offered, SPEC_NO_KERNEL);
}

static void a_firmware_has_nothing_else_to_start(void **state)
{
	add(0, "vm=a firmware");
	add(1, "vm=a pvh");
	add(2, "vm=b multiboot");
	add(3, "vm=b firmware");
	add(4, "vm=c firmware");
	add(5, "vm=c linux");
	add(6, "vm=c linux");
	add(7, "vm=d linux");
	add(8, "vm=d firmware");
	add(9, "vm=d firmware");
	add(10, "vm=e firmware");
	add(11, "vm=e initrd");
	add(12, "vm=f linux entry=32");
	add(13, "vm=f firmware");
	finish();
	assert_string_equal(
		book.text,
		"module 1 (vm=a): a second kernel: module 0 (firmware) is the VM's first\n"
		"module 3 (vm=b): a second kernel: module 2 (multiboot) is the VM's first\n"
		"module 6 (vm=c): a second kernel: module 5 (linux) is the VM's first\n"
		"module 9 (vm=d): a second kernel: module 8 (firmware) is the VM's first\n"
		"module 11 (vm=e): an initrd is for linux, and the kernel is: firmware\n"
		"vm=f: entry= means nothing to a kernel that is: firmware\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(two_kernels, clear),
		cmocka_unit_test_setup(a_firmware_has_a_linux_to_start, clear),
		cmocka_unit_test_setup(a_firmware_has_nothing_else_to_start, clear),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
