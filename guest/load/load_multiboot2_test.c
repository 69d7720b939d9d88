/* Multiboot2: headers tag by tag, and the boot information read back with Plinth's own parser. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "boot/multiboot2.h"
#include "lib/bytes.h"
#include "tests/host/complaint_book.h"
#include "tests/host/multiboot_machine.h"

#define OPTIONAL 1

static uint64_t header_end;
static struct multiboot2_info info;
static const uint8_t rsdp[ACPI_RSDP_LENGTH] = "RSD PTR \x55Plinth\2";

static int start(void **state)
{
	load_machine_make(&machine, MIB(64));
	machine.target.rsdp_bytes = rsdp;
	machine.target.vga_text = true;
	why = (struct reason) { 0 };
	return 0;
}

static void seal_header(uint64_t at, uint64_t until)
{
	uint32_t length = (uint32_t)(until - at);

	elf_file_put(&file, at + 8, 4, length);
	elf_file_put(&file, at + 12, 4, -(0xe85250d6 + length));
}

/* A tag of words, and the end tag behind it. */
static void add_tag(uint16_t type, uint16_t flags, const uint32_t *words, unsigned count)
{
	elf_file_put(&file, header_end, 2, type);
	elf_file_put(&file, header_end + 2, 2, flags);
	elf_file_put(&file, header_end + 4, 4, 8 + 4 * count);
	if (count)
		memcpy(file.bytes + header_end + 8, words, 4 * count);
	header_end = (header_end + 8 + 4 * count + 7) & ~7ull;
	elf_file_put(&file, header_end, 8, 8ull << 32);
	seal_header(HEADER_AT, header_end + 8);
}

#define TAG(type, flags, ...)                                    \
	add_tag(type, flags, (const uint32_t[]) { __VA_ARGS__ }, \
		sizeof((const uint32_t[]) { __VA_ARGS__ }) / sizeof(uint32_t))

static void make(bool is_64bit)
{
	elf_file_make(&file, is_64bit, MIB(1) + 0x40);
	elf_file_add_segment(
		&file, (struct elf_file_segment) { 1, 0x1000, MIB(1), MIB(1), 0x800, 0x800, 4096 });
	elf_file_add_segment(&file, (struct elf_file_segment) { 1, 0x1800, 0x102000, 0x102000, 0x10,
								0x3000, 4096 });
	elf_file_put(&file, HEADER_AT, 4, 0xe85250d6);
	header_end = HEADER_AT + 16;
	elf_file_put(&file, header_end, 8, 8ull << 32);
	seal_header(HEADER_AT, header_end + 8);
	memcpy(file.bytes + 0x1800, "data", 4);
}

/* Loads, and reads the boot information without a complaint. */
static void load_and_parse(const struct load_file *modules, unsigned count, const char *line)
{
	static struct complaint_book book;

	if (load_with(modules, count, line))
		fail_msg("%s", why.text);
	memset(&book, 0, sizeof(book));
	const struct multiboot2_source source = {
		.info = machine.bytes + state_out.gpr[RBX],
		.available = KIB(64),
		.at = hpa(state_out.gpr[RBX]),
	};
	assert_int_equal(multiboot2_parse(&source, &info, COMPLAINTS_TO(&book), &why), ERROR_NONE);
	assert_string_equal(book.text, "");
}

/* The bytes of the first tag of `type`; null if there is none. */
static const uint8_t *find_tag(uint32_t type)
{
	const uint8_t *block = machine.bytes + state_out.gpr[RBX];

	for (uint32_t at = 8; load_u32(block + at); at = (at + load_u32(block + at + 4) + 7) & ~7u)
		if (load_u32(block + at) == type)
			return block + at;
	return NULL;
}

static void tells_of_the_machine(void **state)
{
	const struct load_file modules[] = { { (const uint8_t *)"first", 5, "one arg" },
					     { NULL, 0, "" } };

	for (unsigned wide = 0; wide < 2; wide++) {
		make(wide);
		load_and_parse(modules, 2, "a line");
		assert_int_equal(state_out.mode, VCPU_MODE_PROT32);
		assert_int_equal(state_out.rip, MIB(1) + 0x40);
		assert_int_equal(state_out.gpr[RAX], 0x36d76289);
		assert_int_equal(state_out.gpr[RBX] % 8, 0);
		assert_int_equal(state_out.cs, 0x10);

		assert_string_equal(info.command_line, "a line");
		assert_string_equal(info.loader_name, "Plinth");
		assert_int_equal(info.module_count, 2);
		assert_string_equal(info.modules[0].string, "one arg");
		assert_int_equal(info.modules[0].start.value % 4096, 0);
		assert_true(info.modules[0].start.value >= 0x105000);
		assert_memory_equal(machine.bytes + info.modules[0].start.value, "first", 5);
		assert_int_equal(info.modules[1].length, 0);
		assert_int_equal(info.lower_kib, 640);
		assert_int_equal(info.upper_kib, 63 * 1024);
		assert_int_equal(info.memory_map.count, 3);
		assert_int_equal(multiboot2_memory_entry(&info.memory_map, 2).start, MIB(1));
		assert_int_equal(multiboot2_memory_entry(&info.memory_map, 1).type, 2);
		assert_int_equal(info.framebuffer.type, MULTIBOOT2_FRAMEBUFFER_TEXT);
		assert_int_equal(info.framebuffer.address.value, 0xb8000);
		assert_int_equal(info.framebuffer.pitch, 160);
		assert_int_equal(info.old_rsdp.length, 20);
		assert_memory_equal(info.old_rsdp.bytes, rsdp, 20);
		assert_int_equal(info.new_rsdp.length, 36);
		assert_false(info.has_load_base);
	}
}

static void tells_of_acpi_what_there_is(void **state)
{
	static const uint8_t old[ACPI_RSDP_LENGTH] = "RSD PTR \x57Plinth\0";

	make(false);
	machine.target.rsdp_bytes = old;
	load_and_parse(NULL, 0, "");
	assert_int_equal(info.old_rsdp.length, 20);
	assert_null(info.new_rsdp.bytes);
	machine.target.rsdp_bytes = NULL;
	load_and_parse(NULL, 0, "");
	assert_null(info.old_rsdp.bytes);
}

static void hands_over_the_sections(void **state)
{
	make(false);
	elf_file_add_section(&file, (struct elf_file_section) { 0 });
	elf_file_add_section(&file, (struct elf_file_section) { 2, 0, 0, 0x3000, 0x30, 4 });
	elf_file_half(&file, 50, 62, 1);
	memcpy(file.bytes + 0x3000, "symbols", 7);
	load_and_parse(NULL, 0, "");
	const uint8_t *tag = find_tag(9);
	assert_non_null(tag);
	assert_int_equal(load_u32(tag + 4), 20 + 2 * 40);
	assert_int_equal(load_u32(tag + 8), 2);
	assert_int_equal(load_u32(tag + 12), 40);
	assert_int_equal(load_u32(tag + 16), 1);
	assert_memory_equal(machine.bytes + load_u32(tag + 20 + 40 + 12), "symbols", 7);
}

static void prefers_version_2(void **state)
{
	make(false);
	elf_file_put(&file, 0x1400, 4, 0x1badb002);
	elf_file_put(&file, 0x1408, 4, -0x1badb002);
	assert_int_equal(load_with(NULL, 0, ""), ERROR_NONE);
	assert_int_equal(state_out.gpr[RAX], 0x36d76289);
	/* Another architecture's header does not count. */
	elf_file_put(&file, HEADER_AT + 4, 4, 4);
	elf_file_put(&file, HEADER_AT + 12, 4, load_u32(file.bytes + HEADER_AT + 12) - 4);
	assert_int_equal(load_with(NULL, 0, ""), ERROR_NONE);
	assert_int_equal(state_out.gpr[RAX], 0x2badb002);
}

static void takes_the_tags_that_it_knows(void **state)
{
	make(false);
	TAG(1, 0, 1, 4, 6, 8, 14, 21);
	TAG(1, OPTIONAL, 1000);
	TAG(3, 0, MIB(1) + 0x80);
	TAG(4, 0, 3);
	TAG(5, 0, 1024, 768, 32);
	add_tag(6, 0, NULL, 0);
	add_tag(7, OPTIONAL, NULL, 0);
	TAG(9, OPTIONAL, MIB(1));
	add_tag(77, OPTIONAL, NULL, 0);
	load_and_parse(NULL, 0, "");
	assert_int_equal(state_out.rip, MIB(1) + 0x80);
}

static void names_what_it_cannot_do(void **state)
{
	make(false);
	TAG(1, 0, 1, 22);
	refuses(ERROR_UNSUPPORTED, "the header's tag at 0x1020 requires information of type 22");
	make(false);
	add_tag(7, 0, NULL, 0);
	refuses(ERROR_UNSUPPORTED, "the header requires tag 7 (EFI boot services) at 0x1020");
	make(false);
	TAG(9, 0, MIB(1));
	refuses(ERROR_UNSUPPORTED, "requires tag 9 (EFI amd64 entry address)");
	make(false);
	add_tag(77, 0, NULL, 0);
	refuses(ERROR_UNSUPPORTED, "requires tag 77 (unknown)");
	make(false);
	TAG(4, 0, 1);
	refuses(ERROR_UNSUPPORTED,
		"requires a console; it takes graphics only, and the VM has VGA");
	make(false);
	TAG(4, 0, 3);
	machine.target.vga_text = false;
	refuses(ERROR_UNSUPPORTED, "requires a console; it takes text, and the VM has none");
	make(false);
	TAG(4, 0, 2);
	load_and_parse(NULL, 0, "");
	assert_false(info.framebuffer.present);
}

static void refuses_broken_headers(void **state)
{
	make(false);
	TAG(2, 0, 1, 2, 3);
	refuses(ERROR_INVALID_DATA, "tag 2 (address) at 0x1020 has 20 bytes, not 24 or more");
	make(false);
	add_tag(6, 0, NULL, 0);
	elf_file_put(&file, HEADER_AT + 16 + 4, 4, 7);
	refuses(ERROR_INVALID_DATA, "tag 6 at 0x1020 has 7 bytes");
	elf_file_put(&file, HEADER_AT + 16 + 4, 4, 17);
	refuses(ERROR_INVALID_DATA, "tag 6 at 0x1020 has 17 bytes; the header ends at 0x1030");
	make(false);
	add_tag(6, 0, NULL, 0);
	seal_header(HEADER_AT, header_end);
	refuses(ERROR_INVALID_DATA, "the header that ends at 0x1028 has no end tag");
	make(false);
	seal_header(HEADER_AT, HEADER_AT + 15);
	refuses(ERROR_INVALID_DATA, "the header at 0x1010 with a length of 0xf does not lie in");
	seal_header(HEADER_AT, file.length + 1);
	refuses(ERROR_INVALID_DATA, "the header at 0x1010 with a length of 0x2ff1 does not lie in");
}

static void loads_by_addresses(void **state)
{
	make(false);
	TAG(2, 0, 0x200010, 0x200000, 0, 0);
	refuses(ERROR_INVALID_DATA, "has an address tag, but no entry address tag");
	TAG(3, 0, 0x200000);
	load_and_parse(NULL, 0, "");
	assert_int_equal(state_out.rip, 0x200000);
	assert_memory_equal(machine.bytes + 0x200800, "data", 4);
	assert_null(find_tag(9));

	/* The whole file, its first bytes included. */
	make(false);
	TAG(2, 0, 0x801010, ~0u, 0, 0);
	TAG(3, 0, 0x801040);
	load_and_parse(NULL, 0, "");
	assert_memory_equal(machine.bytes + 0x800000, "\177ELF", 4);
	assert_memory_equal(machine.bytes + 0x801800, "data", 4);
	make(false);
	TAG(2, 0, 0x100f, ~0u, 0, 0);
	TAG(3, 0, 0x801040);
	refuses(ERROR_INVALID_DATA, "header_addr 0x100f leaves no room for the 0x1010 bytes");
}

static void moves_what_can_be_moved(void **state)
{
	enum { NONE, LOWEST, HIGHEST };

	make(false);
	TAG(10, 0, MIB(2), MIB(32), MIB(1), LOWEST);
	load_and_parse(NULL, 0, "");
	assert_true(info.has_load_base);
	assert_int_equal(info.load_base, MIB(2));
	assert_int_equal(state_out.rip, MIB(2) + 0x40);
	assert_memory_equal(machine.bytes + MIB(2) + 0x2000, "data", 4);

	make(false);
	TAG(10, 0, 0, MIB(32), MIB(1), HIGHEST);
	TAG(3, 0, MIB(1) + 0x80);
	load_and_parse(NULL, 0, "");
	assert_int_equal(info.load_base, MIB(31));
	assert_int_equal(state_out.rip, MIB(31) + 0x80);

	/* Without a preference it stays where it was linked, if it may. */
	make(false);
	TAG(10, 0, 0, MIB(32), 0, NONE);
	load_and_parse(NULL, 0, "");
	assert_int_equal(info.load_base, MIB(1));
	make(false);
	TAG(10, 0, MIB(8), MIB(32), 4096, NONE);
	load_and_parse(NULL, 0, "");
	assert_int_equal(info.load_base, MIB(8));
	make(false);
	machine.target.taken.entries[1] = (struct memory_entry) { 0x104000, 1, MEMORY_RESERVED };
	machine.target.taken.count = 2;
	refuses(ERROR_NO_MEMORY, "multiboot: the kernel at 0x102000, 0x3000 bytes, meets");
	TAG(10, 0, MIB(1), MIB(32), 4096, NONE);
	load_and_parse(NULL, 0, "");
	assert_int_equal(info.load_base, 0x105000);
}

static void refuses_what_cannot_be_moved_there(void **state)
{
	make(false);
	TAG(10, 0, MIB(2), MIB(32), 3, 1);
	refuses(ERROR_INVALID_DATA, "aligns the image to 0x3, which is no power of two");
	make(false);
	TAG(10, 0, MIB(2), MIB(2) + 0x4fff, 4096, 1);
	refuses(ERROR_NO_MEMORY, "multiboot: the kernel does not fit: 0x5000 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tells_of_the_machine, start, end),
		cmocka_unit_test_setup_teardown(tells_of_acpi_what_there_is, start, end),
		cmocka_unit_test_setup_teardown(hands_over_the_sections, start, end),
		cmocka_unit_test_setup_teardown(prefers_version_2, start, end),
		cmocka_unit_test_setup_teardown(takes_the_tags_that_it_knows, start, end),
		cmocka_unit_test_setup_teardown(names_what_it_cannot_do, start, end),
		cmocka_unit_test_setup_teardown(refuses_broken_headers, start, end),
		cmocka_unit_test_setup_teardown(loads_by_addresses, start, end),
		cmocka_unit_test_setup_teardown(moves_what_can_be_moved, start, end),
		cmocka_unit_test_setup_teardown(refuses_what_cannot_be_moved_there, start, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
