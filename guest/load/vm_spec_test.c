/* Specifications of VMs: what a good one says, and every mistake by its sentence. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/load/spec_keys.h"
#include "tests/host/spec_reader.h"

/* One string alone, and the sentence that it earns. */
static void refused(const char *string, const char *sentence)
{
	char line[256];

	clear(NULL);
	assert_int_equal(add(3, string), ERROR_INVALID_INPUT);
	snprintf(line, sizeof(line), "%s\n", sentence);
	assert_string_equal(book.text, line);
	if (specs.count) {
		assert_true(specs.vms[0].broken);
		assert_string_equal(specs.vms[0].trouble.text, sentence);
	}
	finish();
	assert_int_equal(book.count, 1);
}

static void the_example(void **state)
{
	assert_int_equal(add(0, "vm=web linux cpus=2 memory=256M -- console=ttyS0 a=\\\"b c\\\""),
			 0);
	assert_int_equal(add(1, "vm=web initrd"), 0);
	assert_int_equal(add(2, "vm=toy multiboot memory=64M -- "), 0);
	assert_int_equal(add(5, "vm=pc firmware memory=512M"), 0);
	assert_int_equal(add(6, "disk vm=web"), 0);
	finish();
	assert_string_equal(book.text, "");
	assert_int_equal(specs.count, 3);

	const struct vm_spec *web = &specs.vms[0];
	assert_string_equal(web->name, "web");
	assert_int_equal(web->module_count, 3);
	assert_int_equal(web->kernel, 0);
	assert_int_equal(web->modules[0].role, MODULE_LINUX);
	assert_string_equal(web->modules[0].command_line, "console=ttyS0 a=\"b c\"");
	assert_int_equal(web->modules[1].role, MODULE_INITRD);
	assert_int_equal(web->modules[1].index, 1);
	assert_string_equal(web->modules[1].command_line, "");
	assert_int_equal(web->modules[2].role, MODULE_DISK);
	assert_int_equal(web->modules[2].index, 6);
	assert_int_equal(web->cpus, 2);
	assert_int_equal(web->memory, MIB(256));
	assert_string_equal(specs.vms[1].modules[0].command_line, "");
	assert_int_equal(specs.vms[2].modules[0].role, MODULE_FIRMWARE);
	assert_int_equal(specs.vms[2].modules[0].index, 5);
}

static void defaults(void **state)
{
	add(0, "vm=a linux");
	const struct vm_spec *vm = &specs.vms[0];
	assert_int_equal(vm->cpus, 1);
	assert_int_equal(vm->copies, 1);
	assert_int_equal(vm->memory, MIB(128));
	assert_int_equal(vm->lazy, 0);
	assert_true(vm->lazy_at == SPEC_LAZY_LAST);
	assert_int_equal(vm->page_size, 0);
	assert_int_equal(vm->pins, 0);
	assert_int_equal(vm->pin[0], -1);
	assert_int_equal(vm->pin[63], -1);
	assert_int_equal(vm->entry, ENTRY_DEFAULT);
	assert_int_equal(vm->address, MIB(1));
	assert_int_equal(vm->apic, SPEC_APIC_X2);
	assert_int_equal(vm->reset, SPEC_RESTART);
	assert_true(vm->hpet && vm->acpi && vm->virtio && vm->vga && vm->i8042 && vm->debug_exit);
	assert_false(vm->testdev || vm->pvclock || vm->broken);
	assert_int_equal(vm->com_mask, 1);
	assert_int_equal(vm->deadline_us, 0);
	assert_false(vm->halt_ok);
}

static void every_key(void **state)
{
	assert_int_equal(
		add(0, "vm=A.b_c-9 flat cpus=64 copies=1000 memory=1048576K lazy=512M@16M pages=2m "
		       "pin=3,any,0,511 entry=16 "
		       "address=0x7c00 apic=xapic reset=stop halt=ok com=1,3,4 deadline=90 "
		       "hpet=off acpi=off virtio=off vga=off i8042=off testdev=on "
		       "debug-exit=off pvclock=on"),
		0);
	finish();
	assert_string_equal(book.text, "");
	const struct vm_spec *vm = &specs.vms[0];
	assert_string_equal(vm->name, "A.b_c-9");
	assert_int_equal(vm->cpus, 64);
	assert_int_equal(vm->copies, 1000);
	assert_int_equal(vm->memory, GIB(1));
	assert_int_equal(vm->lazy, MIB(512));
	assert_int_equal(vm->lazy_at, MIB(16));
	assert_int_equal(vm->page_size, MIB(2));
	assert_int_equal(vm->pins, 4);
	assert_int_equal(vm->pin[0], 3);
	assert_int_equal(vm->pin[1], -1);
	assert_int_equal(vm->pin[2], 0);
	assert_int_equal(vm->pin[3], 511);
	assert_int_equal(vm->entry, ENTRY_16);
	assert_int_equal(vm->address, 0x7c00);
	assert_int_equal(vm->apic, SPEC_APIC_X);
	assert_int_equal(vm->reset, SPEC_STOP);
	assert_int_equal(vm->com_mask, 0xd);
	assert_int_equal(vm->deadline_us, 90000000);
	assert_true(vm->halt_ok);
	assert_false(vm->hpet || vm->acpi || vm->virtio || vm->vga || vm->i8042 || vm->debug_exit);
	assert_true(vm->testdev && vm->pvclock);
	assert_int_equal(vm->keys, (1ull << spec_key_count) - 1);
	add(1, "vm=b linux entry=64 apic=none com=none hpet=on reset=restart lazy=0@5G");
	assert_int_equal(specs.vms[1].entry, ENTRY_64);
	assert_int_equal(specs.vms[1].apic, SPEC_APIC_NONE);
	assert_int_equal(specs.vms[1].com_mask, 0);
	assert_true(specs.vms[1].lazy_at == SPEC_LAZY_LAST); /* nothing lies nowhere */
	add(2, "vm=c linux entry=32 apic=x2apic");
	assert_int_equal(specs.vms[2].entry, ENTRY_32);
	assert_int_equal(book.count, 0);
}

/* A key may stand on any module, and its VM is the same whatever the order. */
static void keys_on_any_module(void **state)
{
	assert_int_equal(add(0, "memory=32M initrd vm=a"), 0);
	assert_int_equal(add(1, "cpus=2 vm=a linux"), 0);
	finish();
	assert_int_equal(book.count, 0);
	assert_int_equal(specs.vms[0].kernel, 1);
	assert_int_equal(specs.vms[0].memory, MIB(32));
	assert_int_equal(specs.vms[0].cpus, 2);
}

static void the_guests_words_are_its_own(void **state)
{
	assert_int_equal(add(0, "vm=a linux -- vm=b  cpus=x -- \tend "), 0);
	assert_int_equal(book.count, 0);
	assert_int_equal(specs.count, 1);
	assert_string_equal(specs.vms[0].modules[0].command_line, "vm=b  cpus=x -- \tend ");
	assert_int_equal(add(1, "vm=c linux --"), 0);
	assert_string_equal(specs.vms[1].modules[0].command_line, "");
	refused("vm=a linux --quiet", "module 3 (vm=a): byte 11, \"--quiet\": no such role or key");
}

static void bad_words(void **state)
{
	refused("", "module 3: it names no VM: vm=NAME is missing");
	refused("linux -- vm=a", "module 3: it names no VM: vm=NAME is missing");
	refused("linux vm=", "module 3: byte 6, \"vm=\": it wants a name of 1 to 31 characters: "
			     "letters, digits, . _ -");
	refused("vm=a/b linux", "module 3: byte 0, \"vm=a/b\": it wants a name of 1 to 31 "
				"characters: letters, digits, . _ -");
	refused("linux vm=a vm=a", "module 3 (vm=a): byte 11, \"vm=a\": vm= stands there twice");
	refused("vm=a", "module 3 (vm=a): it has no role: linux, initrd, disk or another");
	refused("vm=a none", "module 3 (vm=a): byte 5, \"none\": no such role or key");
	refused("vm=a linux disk",
		"module 3 (vm=a): byte 11, \"disk\": a second role; the module is: linux");
	refused("color=red vm=a linux", "module 3 (vm=a): byte 0, \"color=red\": no such key");
	refused("vm=a linux=1", "module 3 (vm=a): byte 5, \"linux=1\": no such key");
	refused("vm=a linux cpus", "module 3 (vm=a): byte 11, \"cpus\": no such role or key");
	refused("vm=a linux hpet=off hpet=off",
		"module 3 (vm=a): byte 20, \"hpet=off\": this key was given to the VM before");
	refused("vm=a \x1b[2J", "module 3 (vm=a): byte 5, \"?[2J\": no such role or key");
}

static const char *const bad_pairs[] = {
	"cpus=",
	"cpus=0",
	"cpus=65",
	"cpus=two",
	"copies=0",
	"copies=1001",
	"memory=",
	"memory=256",
	"memory=0M",
	"memory=1048577",
	"memory=257G",
	"memory=M",
	"memory=99999999999999999999G",
	"lazy=",
	"lazy=all",
	"lazy=4097",
	"lazy=@16M",
	"lazy=1M@",
	"lazy=1M@1M@1M",
	"lazy=1M@4095",
	"lazy=257G",
	"pages=",
	"pages=2M",
	"pages=4096",
	"pin=",
	"pin=1,",
	"pin=512",
	"pin=-1",
	"entry=",
	"entry=24",
	"address=",
	"address=0x100000000",
	"apic=x",
	"reset=no",
	"com=",
	"com=0",
	"com=5",
	"com=1,,2",
	"halt=on",
	"deadline=",
	"deadline=1000001",
	"hpet=",
	"acpi=1",
	"virtio=yes",
	"vga=ON",
	"i8042=o",
	"testdev=onn",
	"debug-exit=",
	"pvclock=off,",
};

static void bad_values(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(bad_pairs); i++) {
		const char *bad = bad_pairs[i];
		char string[128], begin[160];

		snprintf(string, sizeof(string), "vm=a linux %s", bad);
		snprintf(begin, sizeof(begin), "module 3 (vm=a): byte 11, \"%s\": it wants ", bad);
		clear(NULL);
		assert_int_equal(add(3, string), ERROR_INVALID_INPUT);
		assert_int_equal(book.count, 1);
		assert_memory_equal(book.text, begin, strlen(begin));
		assert_true(specs.vms[0].broken);
		assert_int_equal(specs.vms[0].module_count, 0);
	}
	refused("vm=a linux cpus=65",
		"module 3 (vm=a): byte 11, \"cpus=65\": it wants a number from 1 to 64");
}

static void bad_wholes(void **state)
{
	add(1, "vm=a initrd");
	add(2, "vm=b flat");
	add(3, "vm=b initrd");
	add(4, "vm=c linux");
	add(5, "vm=c module");
	add(6, "vm=d linux cpus=2 pin=0,1,2");
	add(7, "vm=e multiboot entry=32");
	add(8, "vm=f linux address=0");
	add(9, "vm=good pvh");
	add(10, "vm=good module -- with words");
	assert_int_equal(book.count, 0);
	finish();
	assert_string_equal(
		book.text,
		"vm=a has no kernel: no module with a role of linux, multiboot, pvh, flat or "
		"firmware\n"
		"module 3 (vm=b): an initrd is for linux, and the kernel is: flat\n"
		"module 5 (vm=c): a module is for multiboot and pvh, and the kernel is: linux\n"
		"vm=d: pin= lists 3 host CPUs, and cpus= is 2\n"
		"vm=e: entry= means nothing to a kernel that is: multiboot\n"
		"vm=f: address= means nothing to a kernel that is: linux\n");
	for (unsigned i = 0; i < 6; i++)
		assert_true(specs.vms[i].broken);
	assert_false(specs.vms[6].broken);
}

static void names_of_31_characters(void **state)
{
	char string[64];

	snprintf(string, sizeof(string), "vm=%031d linux", 7);
	assert_int_equal(add(0, string), 0);
	assert_int_equal(strlen(specs.vms[0].name), 31);
	snprintf(string, sizeof(string), "vm=%032d linux", 7);
	assert_int_equal(add(1, string), ERROR_INVALID_INPUT);
	assert_int_equal(specs.count, 1);
	assert_false(specs.vms[0].broken);
}

static void command_lines_of_2047_bytes(void **state)
{
	static const char head[] = "vm=a linux -- ";
	char string[sizeof(head) + SPEC_LINE + 1];

	memset(string, 'x', sizeof(string));
	memcpy(string, head, sizeof(head) - 1);
	string[sizeof(head) - 1 + SPEC_LINE - 1] = 0;
	assert_int_equal(add(0, string), 0);
	assert_int_equal(strlen(specs.vms[0].modules[0].command_line), SPEC_LINE - 1);
	string[sizeof(head) - 1 + SPEC_LINE - 1] = 'x';
	string[sizeof(head) - 1 + SPEC_LINE] = 0;
	refused(string, "module 3 (vm=a): its command line is longer than 2047 bytes");
	/* Backslashes do not count. */
	clear(NULL);
	memcpy(string + sizeof(head) - 1, "\\\\", 2);
	assert_int_equal(add(0, string), 0);
}

static void the_most_of_everything(void **state)
{
	char string[64];

	for (unsigned i = 0; i < SPEC_VMS; i++) {
		snprintf(string, sizeof(string), "vm=n%u linux", i);
		assert_int_equal(add(i, string), 0);
	}
	assert_int_equal(add(64, "vm=more linux"), ERROR_INVALID_INPUT);
	assert_string_equal(book.text,
			    "module 64: byte 0, \"vm=more\": there are more than 64 VMs\n");
	finish();
	assert_int_equal(book.count, 1);

	clear(NULL);
	for (unsigned i = 0; i < SPEC_MODULES; i++)
		assert_int_equal(add(i, "vm=a disk"), 0);
	assert_int_equal(add(64, "vm=a linux"), ERROR_INVALID_INPUT);
	assert_string_equal(book.text, "module 64 (vm=a): the VM has more than 64 modules\n");
}

static void nobody_needs_to_listen(void **state)
{
	assert_int_equal(vm_specs_add(&specs, 0, "vm=a cpus=0", NULL, NULL), ERROR_INVALID_INPUT);
	vm_specs_finish(&specs, NULL, NULL);
	assert_true(specs.vms[0].broken);
}

/* docs/running.md has a line for each role and key, with the words of the table. */
static void the_page_tells_every_key(void **state)
{
	static char page[1 << 16];
	char row[256];
	FILE *file = fopen("docs/running.md", "r");

	assert_non_null(file);
	size_t length = fread(page, 1, sizeof(page) - 1, file);
	fclose(file);
	page[length] = 0;
	for (unsigned i = 0; i < spec_key_count; i++) {
		snprintf(row, sizeof(row), "\n| `%s=` | %s | ", spec_keys[i].name,
			 spec_keys[i].wants);
		if (!strstr(page, row))
			fail_msg("docs/running.md has no row that begins: %s", row + 1);
	}
	for (unsigned i = MODULE_NONE + 1; i < MODULE_ROLES; i++) {
		snprintf(row, sizeof(row), "\n| `%s` | ", module_role_name((enum module_role)i));
		if (!strstr(page, row))
			fail_msg("docs/running.md has no row that begins: %s", row + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_example, clear),
		cmocka_unit_test_setup(defaults, clear),
		cmocka_unit_test_setup(every_key, clear),
		cmocka_unit_test_setup(keys_on_any_module, clear),
		cmocka_unit_test_setup(the_guests_words_are_its_own, clear),
		cmocka_unit_test_setup(bad_words, clear),
		cmocka_unit_test_setup(bad_values, clear),
		cmocka_unit_test_setup(bad_wholes, clear),
		cmocka_unit_test_setup(names_of_31_characters, clear),
		cmocka_unit_test_setup(command_lines_of_2047_bytes, clear),
		cmocka_unit_test_setup(the_most_of_everything, clear),
		cmocka_unit_test_setup(nobody_needs_to_listen, clear),
		cmocka_unit_test(the_page_tells_every_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
