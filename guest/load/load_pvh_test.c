/* PVH: kernels with and without the note, and the start_info that they find. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "guest/load/load_pvh.h"
#include "lib/bytes.h"
#include "tests/host/elf_file.h"
#include "tests/host/load_machine.h"

static struct load_machine machine;
static struct elf_file file;
static struct boot_state state_out;
static struct reason why;

static int start(void **state)
{
	load_machine_make(&machine, GIB(5));
	why = (struct reason) { 0 };
	return 0;
}

static int end(void **state)
{
	load_machine_free(&machine);
	return 0;
}

/* As Linux is laid out: linked high, loaded at 16 MiB, entered at a place of the note's own. */
static void make(bool is_64bit, uint64_t entry, uint32_t note_length)
{
	const uint64_t high = is_64bit ? 0xffffffff80000000ull : 0xc0000000ull;

	elf_file_make(&file, is_64bit, MIB(16));
	elf_file_add_segment(&file, (struct elf_file_segment) { 1, 0x1000, high + MIB(16), MIB(16),
								0x1000, 0x200000, 4096 });
	elf_file_add_segment(&file, (struct elf_file_segment) { 4, 0x2000, 0, 0, 0x100, 0x100, 4 });
	uint64_t at = elf_file_put_note(&file, 0x2000, "Xen", 6, "linux", 6);
	elf_file_put_note(&file, at, "Xen", 18, &entry, note_length);
	memcpy(file.bytes + 0x1000, "text", 4);
}

static enum error load_with(const struct load_file *modules, unsigned count, const char *line)
{
	uint8_t *copy = malloc(file.length ? file.length : 1);
	const struct load_file kernel = { copy, file.length, line };

	memcpy(copy, file.bytes, file.length);
	enum error error = load_pvh(&machine.target, &kernel, modules, count, &state_out, &why);
	free(copy);
	return error;
}

static void refuses(const char *words)
{
	assert_int_equal(load_with(NULL, 0, ""), ERROR_INVALID_DATA);
	assert_int_equal(why.kind, ERROR_INVALID_DATA);
	if (!strstr(why.text, words))
		fail_msg("\"%s\" does not say \"%s\"", why.text, words);
}

static uint64_t info64(unsigned offset)
{
	return load_u64(machine.bytes + state_out.gpr[RBX] + offset);
}

static uint32_t info32(unsigned offset)
{
	return load_u32(machine.bytes + state_out.gpr[RBX] + offset);
}

static void enters_at_the_note(void **state)
{
	for (unsigned wide = 0; wide < 2; wide++) {
		make(wide, MIB(16) + 0x123, wide ? 8 : 4);
		assert_int_equal(load_with(NULL, 0, "console=ttyS0"), ERROR_NONE);
		assert_int_equal(state_out.mode, VCPU_MODE_PROT32);
		assert_int_equal(state_out.rip, MIB(16) + 0x123);
		assert_int_equal(state_out.cs, 0x10);
		assert_int_equal(state_out.ds, 0x18);
		assert_memory_equal(machine.bytes + MIB(16), "text", 4);

		assert_int_equal(info32(0), 0x336ec578);
		assert_int_equal(info32(4), 1);
		assert_int_equal(info32(8), 0);
		assert_int_equal(info32(12), 0);
		assert_int_equal(info64(16), 0);
		assert_string_equal(machine.bytes + info64(24), "console=ttyS0");
		assert_int_equal(info64(32), LOAD_MACHINE_RSDP);
		memset(machine.bytes + MIB(16), 0, 4);
	}
}

static void tells_of_all_memory(void **state)
{
	make(true, MIB(16), 8);
	assert_int_equal(load_with(NULL, 0, ""), ERROR_NONE);
	assert_int_equal(info32(48), 4);
	const uint8_t *entry = machine.bytes + info64(40);
	for (unsigned i = 0; i < 4; i++, entry += 24) {
		assert_int_equal(load_u64(entry), machine.target.map.entries[i].start);
		assert_int_equal(load_u64(entry + 8), machine.target.map.entries[i].length);
		assert_int_equal(load_u32(entry + 16), machine.target.map.entries[i].kind);
		assert_int_equal(load_u32(entry + 20), 0);
	}
	assert_int_equal(load_u64(entry - 24), GIB(4));
}

static void hands_over_modules(void **state)
{
	const struct load_file modules[] = { { (const uint8_t *)"initrd", 6, "" },
					     { (const uint8_t *)"second", 6, "its line" } };

	make(true, MIB(16), 8);
	assert_int_equal(load_with(modules, 2, ""), ERROR_NONE);
	assert_int_equal(info32(12), 2);
	const uint8_t *module = machine.bytes + info64(16);
	for (unsigned n = 0; n < 2; n++, module += 32) {
		uint64_t at = load_u64(module);

		assert_true(at >= MIB(18) && at < GIB(3) && at % 4096 == 0);
		assert_int_equal(load_u64(module + 8), 6);
		assert_memory_equal(machine.bytes + at, modules[n].bytes, 6);
		assert_string_equal(machine.bytes + load_u64(module + 16), modules[n].string);
		assert_int_equal(load_u64(module + 24), 0);
	}
}

static void refuses_what_is_no_pvh_kernel(void **state)
{
	make(true, MIB(16), 8);
	file.bytes[0] = 0;
	refuses("ELF: no ELF header");
	make(true, MIB(16), 8);
	elf_file_put(&file, 0x2004 + 4, 4, 0); /* types of both notes */
	elf_file_put(&file, 0x2018 + 8, 4, 17);
	refuses("pvh: the kernel has no Xen note of type 18 (its entry point)");
	make(true, MIB(16), 2);
	refuses("pvh: the note of the entry point has 2 bytes, neither 4 nor 8");
	make(true, MIB(15), 8);
	refuses("pvh: the entry point 0xf00000 is not in the kernel");
	make(true, MIB(16), 8);
	elf_file_half(&file, 44, 56, 0);
	refuses("no Xen note");
	make(true, GIB(4), 8);
	elf_file_set_segment(&file, 0,
			     (struct elf_file_segment) { 1, 0x1000, GIB(4), GIB(4), 1, 1, 0 });
	refuses("0x1 bytes at 0x100000000 do not lie below 4 GiB");
	make(true, MIB(16), 8);
	memcpy(file.bytes, "\x1f\x8b", 2);
	refuses("pvh: the kernel is compressed (gzip)");
}

/* Notes in sections, and no segment to load. */
static void refuses_what_has_nothing_to_load(void **state)
{
	make(true, MIB(16), 8);
	elf_file_set_segment(&file, 0, (struct elf_file_segment) { 0 });
	refuses("pvh: the kernel has nothing to load");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(enters_at_the_note, start, end),
		cmocka_unit_test_setup_teardown(tells_of_all_memory, start, end),
		cmocka_unit_test_setup_teardown(hands_over_modules, start, end),
		cmocka_unit_test_setup_teardown(refuses_what_is_no_pvh_kernel, start, end),
		cmocka_unit_test_setup_teardown(refuses_what_has_nothing_to_load, start, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
