/* Multiboot 1: kernels made here, and what they find in their memory; each mistake once. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/bytes.h"
#include "tests/host/multiboot_machine.h"

static const struct load_file no_modules[1];

static int start(void **state)
{
	load_machine_make(&machine, MIB(64));
	why = (struct reason) { 0 };
	return 0;
}

static void put_header(uint64_t at, uint32_t flags)
{
	elf_file_put(&file, at, 4, 0x1badb002);
	elf_file_put(&file, at + 4, 4, flags);
	elf_file_put(&file, at + 8, 4, -(0x1badb002 + flags));
}

/* Linked high, loaded at 1 MiB: text with the header, and data with memory behind it. */
static void make_elf(bool is_64bit, uint32_t flags)
{
	const uint64_t high = is_64bit ? 0xffffffff80000000ull : 0xc0000000ull;

	elf_file_make(&file, is_64bit, high + MIB(1) + 0x40);
	elf_file_add_segment(&file, (struct elf_file_segment) { 1, 0x1000, high + MIB(1), MIB(1),
								0x800, 0x800, 4096 });
	elf_file_add_segment(&file, (struct elf_file_segment) { 1, 0x1800, high + 0x102000,
								0x102000, 0x10, 0x3000, 4096 });
	put_header(HEADER_AT, flags);
	memcpy(file.bytes + 0x1040, "text", 4);
	memcpy(file.bytes + 0x1800, "data", 4);
}

static enum error load(void)
{
	return load_with(no_modules, 0, "");
}

/* A word of the boot information. */
static uint32_t info(unsigned offset)
{
	return load_u32(machine.bytes + state_out.gpr[RBX] + offset);
}

static const char *text_at(uint32_t at)
{
	return (const char *)machine.bytes + at;
}

static void loads_both_classes(void **state)
{
	for (unsigned wide = 0; wide < 2; wide++) {
		memset(machine.bytes + MIB(1), 0, 0x10000);
		make_elf(wide, 0);
		assert_int_equal(load_with(no_modules, 0, "name=\"a b\" x"), ERROR_NONE);
		assert_memory_equal(machine.bytes + MIB(1) + 0x40, "text", 4);
		assert_memory_equal(machine.bytes + 0x102000, "data", 5);

		assert_int_equal(state_out.mode, VCPU_MODE_PROT32);
		assert_int_equal(state_out.rip, MIB(1) + 0x40);
		assert_int_equal(state_out.gpr[RAX], 0x2badb002);
		assert_int_equal(state_out.cs, 0x10);
		assert_int_equal(state_out.ds, 0x18);
		assert_true(state_out.gdt_base && state_out.gdt_limit >= 0x1f);
		assert_in_range(state_out.gpr[RBX], KIB(64), KIB(640));

		assert_int_equal(info(0) & ~0x20u, 0x1 | 0x4 | 0x8 | 0x40 | 0x200);
		assert_string_equal(text_at(info(16)), "name=\"a b\" x");
		assert_string_equal(text_at(info(64)), "Plinth");
		assert_int_equal(info(20), 0);
	}
}

static void tells_of_memory(void **state)
{
	make_elf(false, 2);
	machine.target.map.entries[0].length = 0x9fc00;
	assert_int_equal(load(), ERROR_NONE);
	assert_int_equal(info(4), 639);
	assert_int_equal(info(8), 63 * 1024);
	assert_int_equal(info(44), 3 * 24);

	uint32_t map = info(48);
	for (unsigned i = 0; i < 3; i++, map += 24) {
		const struct memory_entry *entry = &machine.target.map.entries[i];
		assert_int_equal(load_u32(machine.bytes + map), 20);
		assert_int_equal(load_u64(machine.bytes + map + 4), entry->start);
		assert_int_equal(load_u64(machine.bytes + map + 12), entry->length);
		assert_int_equal(load_u32(machine.bytes + map + 20), entry->kind);
	}
}

static void tells_of_the_text_screen_when_asked(void **state)
{
	make_elf(false, 0);
	assert_int_equal(load(), ERROR_NONE);
	assert_false(info(0) & 0x1000);
	make_elf(false, 4);
	assert_int_equal(load(), ERROR_NONE);
	assert_false(info(0) & 0x1000);
	machine.target.vga_text = true;
	assert_int_equal(load(), ERROR_NONE);
	assert_true(info(0) & 0x1000);
	assert_int_equal(info(88), 0xb8000);
	assert_int_equal(info(96), 160);
	assert_int_equal(info(100), 80);
	assert_int_equal(info(104), 25);
	assert_int_equal(info(108) & 0xffff, 0x210); /* 16 bits, EGA text */
}

static void loads_modules_above_the_kernel(void **state)
{
	const struct load_file modules[] = { { (const uint8_t *)"first", 5, "one arg" },
					     { NULL, 0, "empty" },
					     { (const uint8_t *)"third!", 6, "" } };

	make_elf(false, 1);
	assert_int_equal(load_with(modules, 3, ""), ERROR_NONE);
	assert_int_equal(info(20), 3);
	uint32_t list = info(24), before = 0x105000;
	for (unsigned n = 0; n < 3; n++, list += 16) {
		uint32_t begin = load_u32(machine.bytes + list);
		uint32_t limit = load_u32(machine.bytes + list + 4);

		assert_int_equal(begin % 4096, 0);
		assert_true(begin >= before);
		before = begin + 1;
		assert_int_equal(limit - begin, modules[n].length);
		if (modules[n].length)
			assert_memory_equal(machine.bytes + begin, modules[n].bytes,
					    modules[n].length);
		assert_string_equal(text_at(load_u32(machine.bytes + list + 8)), modules[n].string);
		assert_int_equal(load_u32(machine.bytes + list + 12), 0);
	}
}

static void hands_over_the_sections(void **state)
{
	make_elf(true, 0);
	elf_file_add_section(&file, (struct elf_file_section) { 0 });
	elf_file_add_section(
		&file, (struct elf_file_section) { 1, 6, 0xffffffff80100000, 0x1000, 0x800, 16 });
	elf_file_add_section(&file, (struct elf_file_section) { 2, 0, 0, 0x3000, 0x30, 8 });
	elf_file_add_section(&file, (struct elf_file_section) { 3, 0, 0, 0x3100, 5, 1 });
	elf_file_half(&file, 50, 62, 3);
	memcpy(file.bytes + 0x3000, "symbols", 7);
	memcpy(file.bytes + 0x3100, "names", 5);
	assert_int_equal(load(), ERROR_NONE);
	assert_true(info(0) & 0x20);
	assert_int_equal(info(28), 4);
	assert_int_equal(info(32), 64);
	assert_int_equal(info(40), 3);

	const uint8_t *headers = machine.bytes + info(36);
	assert_int_equal(load_u64(headers + 64 + 16), 0xffffffff80100000);
	uint64_t symbols = load_u64(headers + 2 * 64 + 16), names = load_u64(headers + 3 * 64 + 16);
	assert_true(symbols >= 0x105000 && !(symbols % 8));
	assert_memory_equal(machine.bytes + symbols, "symbols", 7);
	assert_int_equal(names, symbols + 0x30);
	assert_memory_equal(machine.bytes + names, "names", 5);
}

/* Symbols are not worth a kernel's start. */
static void does_without_sections_that_do_not_fit(void **state)
{
	make_elf(false, 0);
	elf_file_add_section(&file, (struct elf_file_section) { 2, 0, 0, 0x3000, 0x30, 1 });
	machine.target.map.entries[2].length = 0x5000;
	assert_int_equal(load(), ERROR_NONE);
	assert_true(info(0) & 0x20);
	assert_int_equal(load_u32(machine.bytes + info(36) + 12), 0);
}

/* The a.out kludge: the header's addresses count, ELF or not. */
static void make_flat(uint32_t header, uint32_t load_at, uint32_t load_end, uint32_t bss_end,
		      uint32_t entry)
{
	const uint32_t addresses[] = { header, load_at, load_end, bss_end, entry };

	memset(&file, 0, sizeof(file));
	file.length = 0x2000;
	put_header(0x100, 1u << 16);
	memcpy(file.bytes + 0x10c, addresses, sizeof(addresses));
	memcpy(file.bytes + 0x80, "text", 4);
	memcpy(file.bytes + 0x1ff8, "the end.", 8);
}

static void loads_by_addresses(void **state)
{
	/* From 0x80 of the file on, to its end. */
	make_flat(0x200080, 0x200000, 0, 0, 0x200004);
	assert_int_equal(load(), ERROR_NONE);
	assert_int_equal(state_out.rip, 0x200004);
	assert_memory_equal(machine.bytes + 0x200000, "text", 4);
	assert_memory_equal(machine.bytes + 0x200000 + 0x1f78, "the end.", 8);
	assert_false(info(0) & 0x20);

	/* A part of the file, and memory behind it, above which the module lies. */
	const struct load_file module = { (const uint8_t *)"module", 6, "" };
	make_flat(0x400080, 0x400000, 0x400004, 0x408001, 0x400000);
	assert_int_equal(load_with(&module, 1, ""), ERROR_NONE);
	assert_memory_equal(machine.bytes + 0x400000, "text\0\0\0", 8);
	assert_int_equal(load_u32(machine.bytes + info(24)), 0x409000);
}

static void refuses_bad_addresses(void **state)
{
	make_flat(0x200080, 0x200081, 0, 0, 0x200080);
	refuses(ERROR_INVALID_DATA, "load_addr 0x200081 lies above header_addr 0x200080");
	make_flat(0x200101, 0x200000, 0, 0, 0x200000);
	refuses(ERROR_INVALID_DATA, "load_addr 0x200000 lies 0x101 bytes before the header, which "
				    "is at file offset 0x100");
	make_flat(0x200080, 0x200000, 0x201f81, 0, 0x200000);
	refuses(ERROR_INVALID_DATA, "load_end_addr 0x201f81 is not within the 0x1f80 bytes");
	make_flat(0x200080, 0x200000, 0x1fffff, 0, 0x200000);
	refuses(ERROR_INVALID_DATA, "load_end_addr 0x1fffff is not within");
	make_flat(0x200080, 0x200000, 0, 0x201f7f, 0x200000);
	refuses(ERROR_INVALID_DATA, "bss_end_addr 0x201f7f lies below 0x201f80");
	make_flat(0x200080, 0x200000, 0, 0, 0x201f80);
	refuses(ERROR_INVALID_DATA, "the entry point 0x201f80 is not in the kernel");
	make_flat(0xfffff080, 0xfffff000, 0, 0, 0xfffff000);
	refuses(ERROR_INVALID_DATA, "0x1f80 bytes at 0xfffff000 do not lie below 4 GiB");
	make_flat(0x200080, 0x200000, 0, 0, 0x200000);
	file.length = 0x100 + 31;
	refuses(ERROR_INVALID_DATA, "the file ends within the addresses of the header at 0x100");
}

static void finds_the_header_where_it_may_be(void **state)
{
	make_elf(false, 0);
	elf_file_put(&file, HEADER_AT, 4, 0);
	refuses(ERROR_INVALID_DATA, "no Multiboot header in the first 8 KiB and no Multiboot2");
	put_header(8192 - 12, 0);
	assert_int_equal(load(), ERROR_NONE);
	elf_file_put(&file, 8192 - 12, 4, 0);
	put_header(8192 - 8, 0);
	assert_int_equal(load(), ERROR_INVALID_DATA);
	elf_file_put(&file, 8192 - 8, 4, 0);
	put_header(HEADER_AT + 2, 0); /* not aligned */
	assert_int_equal(load(), ERROR_INVALID_DATA);
	make_elf(false, 0);
	file.bytes[HEADER_AT + 8]++; /* the checksum */
	assert_int_equal(load(), ERROR_INVALID_DATA);
}

static void names_the_flag_that_it_does_not_know(void **state)
{
	make_elf(false, 1u << 5 | 1);
	refuses(ERROR_UNSUPPORTED, "the header at 0x1010 requires what flag bit 5 means, which is "
				   "unknown");
	make_elf(false, 0xfffe0000); /* all but one that may be passed over */
	assert_int_equal(load(), ERROR_NONE);
}

static void refuses_what_is_no_kernel(void **state)
{
	struct load_file many[65] = { { 0 } };

	make_elf(false, 0);
	assert_int_equal(load_with(many, 65, ""), ERROR_INVALID_INPUT);
	assert_string_equal(why.text, "multiboot: 65 modules, more than 64");
	file.length = 0;
	refuses(ERROR_INVALID_DATA, "of the file's 0 bytes");
	make_elf(false, 0);
	memcpy(file.bytes, "\x1f\x8b", 2);
	refuses(ERROR_INVALID_DATA, "compressed (gzip)");
	make_elf(false, 0);
	file.bytes[0] = 0;
	refuses(ERROR_INVALID_DATA, "ELF: no ELF header");
	make_elf(false, 0);
	elf_file_half(&file, 44, 56, 0);
	refuses(ERROR_INVALID_DATA, "no segment holds the entry point 0xc0100040");
}

static void says_what_does_not_fit(void **state)
{
	static const uint8_t bytes[MIB(2)];
	const struct load_file module = { bytes, sizeof(bytes), "" };

	make_elf(false, 0);
	elf_file_set_segment(&file, 1, (struct elf_file_segment) { 1, 0, 0, 0xa0000, 1, 1, 0 });
	refuses(ERROR_NO_MEMORY, "multiboot: the kernel at 0xa0000, 0x1 bytes, is not in the VM's "
				 "RAM");
	elf_file_set_segment(&file, 1, (struct elf_file_segment) { 1, 0, 0, 0x400, 1, 1, 0 });
	refuses(ERROR_NO_MEMORY, "meets what is taken from 0x0 to 0x4ff");
	make_elf(false, 0);
	machine.target.map.entries[2].length = MIB(2);
	assert_int_equal(load_with(&module, 1, ""), ERROR_NO_MEMORY);
	assert_non_null(strstr(why.text, "multiboot: module 0 does not fit: 0x200000 bytes"));
	char *line = malloc(MIB(3));
	memset(line, 'x', MIB(3));
	line[MIB(3) - 1] = 0;
	assert_int_equal(load_with(no_modules, 0, line), ERROR_NO_MEMORY);
	assert_non_null(strstr(why.text, "multiboot: the boot information does not fit"));
	free(line);
}

/* The memory that a low kernel leaves below 1 MiB is its own. */
static void keeps_modules_out_of_low_memory(void **state)
{
	const struct load_file module = { (const uint8_t *)"module", 6, "" };

	make_flat(0x8080, 0x8000, 0, 0, 0x8000);
	assert_int_equal(load_with(&module, 1, ""), ERROR_NONE);
	assert_int_equal(load_u32(machine.bytes + info(24)), MIB(1));
	/* Nor is there anything above a kernel at the end of memory. */
	make_flat(0x3ffe080, 0x3ffe000, 0, 0x4000000, 0x3ffe000);
	assert_int_equal(load_with(&module, 1, ""), ERROR_NONE);
	assert_int_equal(load_u32(machine.bytes + info(24)), MIB(1));
}

/* A kernel on both sides of the hole below 1 MiB. */
static void loads_into_low_memory(void **state)
{
	make_elf(false, 0);
	elf_file_set_segment(&file, 1,
			     (struct elf_file_segment) { 1, 0x1800, 0, 0x1000, 4, 0x9f000, 0 });
	assert_int_equal(load(), ERROR_NONE);
	assert_memory_equal(machine.bytes + 0x1000, "data", 4);
	assert_in_range(state_out.gpr[RBX], 0x500, 0x1000 - 116);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(loads_both_classes, start, end),
		cmocka_unit_test_setup_teardown(tells_of_memory, start, end),
		cmocka_unit_test_setup_teardown(tells_of_the_text_screen_when_asked, start, end),
		cmocka_unit_test_setup_teardown(loads_modules_above_the_kernel, start, end),
		cmocka_unit_test_setup_teardown(hands_over_the_sections, start, end),
		cmocka_unit_test_setup_teardown(does_without_sections_that_do_not_fit, start, end),
		cmocka_unit_test_setup_teardown(loads_by_addresses, start, end),
		cmocka_unit_test_setup_teardown(refuses_bad_addresses, start, end),
		cmocka_unit_test_setup_teardown(finds_the_header_where_it_may_be, start, end),
		cmocka_unit_test_setup_teardown(names_the_flag_that_it_does_not_know, start, end),
		cmocka_unit_test_setup_teardown(refuses_what_is_no_kernel, start, end),
		cmocka_unit_test_setup_teardown(says_what_does_not_fit, start, end),
		cmocka_unit_test_setup_teardown(keeps_modules_out_of_low_memory, start, end),
		cmocka_unit_test_setup_teardown(loads_into_low_memory, start, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
