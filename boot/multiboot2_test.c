/* The Multiboot2 parser on blocks built tag by tag: what GRUB sends, and what nobody should. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "boot/multiboot2.h"
#include "tests/host/complaint_book.h"

#define INFO_AT 0x10000u

struct block {
	uint8_t bytes[8192];
	uint32_t size;
};

static void put(struct block *block, const void *bytes, size_t count)
{
	if (count)
		memcpy(block->bytes + block->size, bytes, count);
	block->size += (uint32_t)count;
}

static void put_u32(struct block *block, uint32_t value)
{
	put(block, &value, sizeof(value));
}

static void begin(struct block *block)
{
	memset(block, 0, sizeof(*block));
	block->size = 8;
}

/* A tag of `type` with `length` bytes of content; returns its offset. */
static uint32_t add_tag(struct block *block, uint32_t type, const void *content, uint32_t length)
{
	uint32_t offset = block->size = (block->size + 7) & ~7u;

	put_u32(block, type);
	put_u32(block, length + 8);
	put(block, content, length);
	return offset;
}

static uint32_t add_module(struct block *block, uint32_t start, uint32_t end, const char *string)
{
	uint8_t content[128];

	memcpy(content, &start, 4);
	memcpy(content + 4, &end, 4);
	strcpy((char *)content + 8, string);
	return add_tag(block, 3, content, 8 + (uint32_t)strlen(string) + 1);
}

static void end(struct block *block)
{
	add_tag(block, 0, NULL, 0);
	memcpy(block->bytes, &block->size, 4);
}

/* Parses a copy of exactly the block's size, so that ASan sees every read past it. */
static enum error parse(const struct block *block, struct multiboot2_info *out,
			struct complaint_book *book, struct reason *why)
{
	static uint8_t *copy; /* stays until the next call: `out` points into it */
	size_t size = block->size;

	free(copy);
	copy = malloc(size);
	memcpy(copy, block->bytes, size);
	memset(book, 0, sizeof(*book));
	const struct multiboot2_source source = {
		.info = copy,
		.available = size,
		.at = hpa(INFO_AT),
		.image = hpa(0x100000),
		.image_length = 0x80000,
	};
	return multiboot2_parse(&source, out, COMPLAINTS_TO(book), why);
}

static struct block block;
static struct multiboot2_info info;
static struct complaint_book book;
static struct reason why;

static struct multiboot2_framebuffer_tag rgb_framebuffer(void)
{
	return (struct multiboot2_framebuffer_tag) {
		.address = 0x80000000,
		.pitch = 5120,
		.width = 1280,
		.height = 800,
		.bits_per_pixel = 32,
		.type = 1,
		.red_position = 16,
		.red_size = 8,
		.green_position = 8,
		.green_size = 8,
		.blue_position = 0,
		.blue_size = 8,
	};
}

static uint32_t add_framebuffer(struct block *to, const struct multiboot2_framebuffer_tag *raw)
{
	return add_tag(to, 8, (const uint8_t *)raw + 8, sizeof(*raw) - 8);
}

/* Every tag that is taken, and two that are not. */
static void build_every_tag(void)
{
	const uint32_t basic[2] = { 640, 130048 };
	const uint32_t map_head[2] = { 24, 0 };
	const struct multiboot2_memory_entry entries[2] = { { 0, 0x9fc00, 1, 0 },
							    { 0x100000, 0x7f00000, 1, 0 } };
	const uint32_t efi_head[2] = { 48, 1 };
	uint8_t map[8 + sizeof(entries)], efi[8 + 48] = { 0 };
	const struct efi_memory_descriptor descriptor = { 7, 0, 0x1000, 0, 5, 8 };
	const uint64_t system_table = 0x7f000018;
	uint8_t rsdp[36] = "RSD PTR ";
	const uint32_t base = 0x100000;
	const struct multiboot2_framebuffer_tag raw = rgb_framebuffer();

	memcpy(map, map_head, 8);
	memcpy(map + 8, entries, sizeof(entries));
	memcpy(efi, efi_head, 8);
	memcpy(efi + 8, &descriptor, sizeof(descriptor));
	begin(&block);
	add_tag(&block, 1, "exits=all cpus=2", 17);
	add_tag(&block, 2, "GRUB 2.06", 10);
	add_module(&block, 0x200000, 0x300000, "vm=web linux");
	add_module(&block, 0x300000, 0x300000, "vm=web empty");
	add_tag(&block, 4, basic, 8);
	add_tag(&block, 6, map, sizeof(map));
	add_tag(&block, 9, "whatever", 8);
	add_framebuffer(&block, &raw);
	add_tag(&block, 12, &system_table, 8);
	add_tag(&block, 14, rsdp, 20);
	add_tag(&block, 15, rsdp, 36);
	add_tag(&block, 17, efi, sizeof(efi));
	add_tag(&block, 18, NULL, 0);
	add_tag(&block, 21, &base, 4);
	add_tag(&block, 4711, "unknown", 7);
	end(&block);
}

static void takes_every_tag(void **state)
{
	build_every_tag();
	assert_int_equal(parse(&block, &info, &book, &why), ERROR_NONE);
	assert_string_equal(book.text, "");
	assert_string_equal(info.command_line, "exits=all cpus=2");
	assert_string_equal(info.loader_name, "GRUB 2.06");
	assert_int_equal(info.module_count, 2);
	assert_int_equal(info.modules[0].start.value, 0x200000);
	assert_int_equal(info.modules[0].length, 0x100000);
	assert_string_equal(info.modules[0].string, "vm=web linux");
	assert_int_equal(info.modules[1].length, 0);
	assert_true(info.has_basic_memory);
	assert_int_equal(info.upper_kib, 130048);
	assert_int_equal(info.memory_map.count, 2);
	assert_int_equal(multiboot2_memory_entry(&info.memory_map, 1).length, 0x7f00000);
	assert_int_equal(info.efi_memory_map.count, 1);
	assert_int_equal(multiboot2_efi_descriptor(&info.efi_memory_map, 0).page_count, 5);
	assert_true(info.efi_boot_services);
	assert_int_equal(info.efi_system_table, 0x7f000018);
	assert_true(info.efi_is_64bit);
	assert_int_equal(info.old_rsdp.length, 20);
	assert_int_equal(info.new_rsdp.length, 36);
	assert_true(info.framebuffer.present);
	assert_int_equal(info.framebuffer.red_position, 16);
	assert_true(info.has_load_base);
	assert_int_equal(info.load_base, 0x100000);
}

/* Structural faults: the parsing ends with InvalidData and the words. */
static void refuses(const char *words)
{
	assert_int_equal(parse(&block, &info, &book, &why), ERROR_INVALID_DATA);
	assert_int_equal(why.kind, ERROR_INVALID_DATA);
	assert_non_null(strstr(why.text, words));
}

static void broken_structures_end_the_parsing(void **state)
{
	begin(&block);
	uint32_t offset = add_tag(&block, 1, "abc", 4);
	end(&block);
	struct block good = block;

	memset(block.bytes + offset + 4, 0, 4);
	refuses("tag type=1 (command line) offset=8 has size 0");
	block = good;
	block.bytes[offset + 4] = 7;
	refuses("has size 7");
	block = good;
	memset(block.bytes + offset + 4, 0xff, 4);
	refuses("size=4294967295 ends past the block's 32 bytes");
	block = good;
	block.bytes[24] = 99; /* the end tag becomes something else */
	refuses("no end tag");
	block = good;
	block.bytes[28] = 16; /* the end tag reaches past the block */
	refuses("tag type=0 (end) offset=24 size=16 ends past");
	block = good;
	block.bytes[0] = 12;
	refuses("total size 12 is too small");
	block = good;
	block.bytes[1] = 0x10;
	refuses("exceeds the 32 bytes");

	/* A tag that fills the block up to its unaligned end. */
	begin(&block);
	add_tag(&block, 1, "abcd", 5);
	memcpy(block.bytes, &block.size, 4);
	refuses("no end tag");
}

static void a_block_may_not_be_reachable(void **state)
{
	uint8_t none[8] = { 0 };
	struct multiboot2_source source = { .info = none, .available = 7 };

	assert_int_equal(multiboot2_parse(&source, &info, NULL, &why), ERROR_INVALID_DATA);
	source.info = NULL;
	source.available = 100;
	assert_int_equal(multiboot2_parse(&source, &info, NULL, &why), ERROR_INVALID_DATA);
	source = (struct multiboot2_source) { .info = none, .available = 8, .at = hpa(0x1004) };
	assert_int_equal(multiboot2_parse(&source, &info, NULL, NULL), ERROR_INVALID_DATA);
	assert_string_equal(info.command_line, "");
}

/* Ends the block, parses it, and expects one complaint with the words about the tag at `offset`. */
static void leaves_out(uint32_t offset, const char *words)
{
	char place[32];

	end(&block);
	assert_int_equal(parse(&block, &info, &book, &why), ERROR_NONE);
	assert_int_equal(book.count, 1);
	assert_true(complaint_book_has(&book, words));
	format_string(place, sizeof(place), "offset=%u ", offset);
	assert_true(complaint_book_has(&book, place));
}

static void bad_texts_are_left_out(void **state)
{
	begin(&block);
	leaves_out(add_tag(&block, 1, "abc", 3), "not terminated");
	assert_string_equal(info.command_line, "");
	begin(&block);
	leaves_out(add_tag(&block, 2, NULL, 0), "too small for its type");
	begin(&block);
	add_tag(&block, 1, "first", 6);
	leaves_out(add_tag(&block, 1, "second", 7), "duplicate");
	assert_string_equal(info.command_line, "first");
}

static void bad_modules_are_left_out(void **state)
{
	const uint8_t unterminated[9] = { 0, 0, 0x20, 0, 0, 0, 0x30, 0, 'x' };

	begin(&block);
	leaves_out(add_tag(&block, 3, unterminated, 9), "not terminated");
	begin(&block);
	leaves_out(add_tag(&block, 3, unterminated, 8), "too small");
	begin(&block);
	leaves_out(add_module(&block, 0x300000, 0x2fffff, "x"), "ends before it starts");
	begin(&block);
	leaves_out(add_module(&block, INFO_AT - 0x1000, INFO_AT + 1, "x"), "the boot information");
	begin(&block);
	leaves_out(add_module(&block, 0x17ffff, 0x200000, "x"), "Plinth's image");
	begin(&block);
	add_module(&block, 0x200000, 0x300000, "first");
	add_module(&block, 0x180000, 0x200000, "before it");
	leaves_out(add_module(&block, 0x2fffff, 0x400000, "x"), "an earlier module");
	assert_int_equal(info.module_count, 2);
	begin(&block);
	for (uint32_t i = 0; i < 64; i++)
		add_module(&block, 0x200000 + i * 0x1000, 0x201000 + i * 0x1000, "x");
	leaves_out(add_module(&block, 0x800000, 0x900000, "x"), "more than 64 modules");
	assert_int_equal(info.module_count, 64);
}

static void bad_memory_maps_are_left_out(void **state)
{
	uint32_t map[2 + 12] = { 24, 0 };

	begin(&block);
	map[0] = 0;
	leaves_out(add_tag(&block, 6, map, sizeof(map)), "entries are too small");
	begin(&block);
	map[0] = 16;
	leaves_out(add_tag(&block, 6, map, sizeof(map)), "entries are too small");
	begin(&block);
	map[0] = 28;
	leaves_out(add_tag(&block, 6, map, sizeof(map)), "not a multiple of 8");
	begin(&block);
	map[0] = 32;
	leaves_out(add_tag(&block, 6, map, sizeof(map)), "does not divide");
	begin(&block);
	map[0] = 24;
	leaves_out(add_tag(&block, 17, map, sizeof(map)), "entries are too small");
	assert_null(info.efi_memory_map.records);
	begin(&block);
	leaves_out(add_tag(&block, 6, map, 4), "too small for its type");
	assert_null(info.memory_map.records);
}

static void framebuffer_is_left_out(const struct multiboot2_framebuffer_tag *raw, const char *words)
{
	begin(&block);
	leaves_out(add_framebuffer(&block, raw), words);
	assert_false(info.framebuffer.present);
}

static void bad_framebuffers_are_left_out(void **state)
{
	struct multiboot2_framebuffer_tag raw = rgb_framebuffer();

	raw.type = 3;
	framebuffer_is_left_out(&raw, "type is unknown");
	raw = rgb_framebuffer();
	raw.height = 0;
	framebuffer_is_left_out(&raw, "dimension");
	raw = rgb_framebuffer();
	raw.bits_per_pixel = 64;
	framebuffer_is_left_out(&raw, "dimension");
	raw = rgb_framebuffer();
	raw.width = 1281;
	framebuffer_is_left_out(&raw, "longer than the pitch");
	raw = rgb_framebuffer();
	raw.address = ~0ull - 100;
	framebuffer_is_left_out(&raw, "wraps");
	raw = rgb_framebuffer();
	raw.red_position = 25;
	framebuffer_is_left_out(&raw, "outside the pixel");
	raw = rgb_framebuffer();
	begin(&block);
	leaves_out(add_tag(&block, 8, (uint8_t *)&raw + 8, 24), "too small for its colour");
}

static void text_framebuffers_need_no_colours(void **state)
{
	const struct multiboot2_framebuffer_tag raw = {
		.address = 0xb8000,
		.pitch = 160,
		.width = 80,
		.height = 25,
		.bits_per_pixel = 16,
		.type = 2,
	};

	begin(&block);
	add_tag(&block, 8, (const uint8_t *)&raw + 8, 24);
	end(&block);
	assert_int_equal(parse(&block, &info, &book, &why), ERROR_NONE);
	assert_int_equal(book.count, 0);
	assert_int_equal(info.framebuffer.type, MULTIBOOT2_FRAMEBUFFER_TEXT);
	assert_int_equal(info.framebuffer.width, 80);
}

static void names(void **state)
{
	assert_string_equal(multiboot2_tag_name(8), "framebuffer");
	assert_string_equal(multiboot2_tag_name(22), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_every_tag),
		cmocka_unit_test(broken_structures_end_the_parsing),
		cmocka_unit_test(a_block_may_not_be_reachable),
		cmocka_unit_test(bad_texts_are_left_out),
		cmocka_unit_test(bad_modules_are_left_out),
		cmocka_unit_test(bad_memory_maps_are_left_out),
		cmocka_unit_test(bad_framebuffers_are_left_out),
		cmocka_unit_test(text_framebuffers_need_no_colours),
		cmocka_unit_test(names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
