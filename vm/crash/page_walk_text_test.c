/* Walks as they are shown: each level, each reason to stop. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "lib/bits.h"
#include "vm/crash/page_walk_text.h"
#include "x86/control_registers.h"

#define PAGES 8

static uint64_t ram[PAGES * PAGE_SIZE / 8];

static bool read_entry(void *context, gpa_t at, unsigned width, uint64_t *value)
{
	*value = 0;
	if (at.value > sizeof(ram) - width)
		return false;
	memcpy(value, (uint8_t *)ram + at.value, width);
	return true;
}

static const struct page_walk_memory memory = { .read = read_entry };

/* Long mode: tables in pages 1 to 4, which map linear 0 to page 5. */
static struct page_walk_state state;

#define ENTRY(page, index) ram[(page)*PAGE_SIZE / 8 + (index)]

static int reset(void **unused)
{
	memset(ram, 0, sizeof(ram));
	state = (struct page_walk_state) {
		.cr0 = CR0_PG | CR0_PE | CR0_WP,
		.cr3 = 0x1000,
		.cr4 = CR4_PAE,
		.efer = EFER_LMA | EFER_LME | EFER_NXE,
		.address_bits = 40,
		.gigabyte_pages = true,
	};
	for (unsigned page = 1; page <= 4; page++)
		ENTRY(page, 0) = (page + 1) * PAGE_SIZE | 7;
	return 0;
}

static char text[200];

static const char *step(uint64_t at, unsigned number)
{
	struct page_walk_trace trace;

	page_walk_trace(&state, &memory, gva(at), PAGE_ACCESS_READ, &trace);
	assert_true(number < trace.count);
	page_walk_step_text(text, sizeof(text), &trace.steps[number]);
	return text;
}

static const char *end(uint64_t at, enum page_access access)
{
	struct page_walk_trace trace;

	page_walk_trace(&state, &memory, gva(at), access, &trace);
	page_walk_end_text(text, sizeof(text), &state, &trace, access);
	return text;
}

static void each_level_has_a_line(void **unused)
{
	ENTRY(4, 0) = BIT(63) | 0x5000 | 0x1e3;
	assert_string_equal(step(0x123, 0),
			    "level=PML4 table=0x1000 index=0x0 entry=0x2007 flags=P,RW,US");
	assert_string_equal(step(0x123, 3),
			    "level=PT table=0x4000 index=0x0 entry=0x80000000000051e3 "
			    "flags=P,RW,A,D,G,NX,PAT");
	assert_string_equal(end(0x123, PAGE_ACCESS_READ),
			    "reaches=0x5123 page=4K rights=rw- user=no");
	/* A table's bits 6 and 8 are ignored. */
	ENTRY(3, 0) |= BIT(6) | BIT(8);
	assert_string_equal(step(0, 2),
			    "level=PD table=0x3000 index=0x0 entry=0x4147 flags=P,RW,US");
	ENTRY(3, 1) = BIT(7) | MIB(4) | 5;
	assert_string_equal(step(MIB(2), 2),
			    "level=PD table=0x3000 index=0x1 entry=0x400085 flags=P,US,PS");
	assert_string_equal(end(MIB(2) + 1, PAGE_ACCESS_READ),
			    "reaches=0x400001 page=2M rights=r-x user=yes");
	ENTRY(2, 1) = BIT(7) | GIB(1) | 1;
	assert_string_equal(end(GIB(1), PAGE_ACCESS_READ),
			    "reaches=0x40000000 page=1G rights=r-x user=no");
}

static void missing_entries_are_named(void **unused)
{
	assert_string_equal(end(0xdeadbeef, PAGE_ACCESS_WRITE),
			    "stops=\"the PDPT entry is not present\"");
	assert_string_equal(step(0xdeadbeef, 1),
			    "level=PDPT table=0x2000 index=0x3 entry=0x0 flags=none");
	assert_string_equal(end(BIT(39), PAGE_ACCESS_WRITE),
			    "stops=\"the PML4 entry is not present\"");
	assert_string_equal(end(BIT(47), PAGE_ACCESS_WRITE),
			    "stops=\"the address is not canonical\"");
	ENTRY(1, 0) = GIB(3) | 7;
	assert_string_equal(end(8, PAGE_ACCESS_WRITE),
			    "stops=\"the entry at 0xc0000000 is in no RAM\"");
}

static void reserved_bits_are_named(void **unused)
{
	ENTRY(2, 0) |= BIT(45);
	assert_string_equal(
		end(0, PAGE_ACCESS_READ),
		"stops=\"the PDPT entry has reserved bits 0x200000000000 set, bit 45 is beyond "
		"MAXPHYADDR\"");
	reset(NULL);
	state.efer &= ~(uint64_t)EFER_NXE;
	ENTRY(3, 0) |= BIT(63);
	assert_string_equal(
		end(0, PAGE_ACCESS_READ),
		"stops=\"the PD entry has reserved bits 0x8000000000000000 set, bit 63 is NX, "
		"while EFER.NXE is clear\"");
	reset(NULL);
	ENTRY(1, 0) |= BIT(7);
	assert_string_equal(
		end(0, PAGE_ACCESS_READ),
		"stops=\"the PML4 entry has reserved bits 0x80 set, bit 7 is PS, which maps no "
		"page at this level\"");
	reset(NULL);
	ENTRY(3, 0) = BIT(7) | BIT(13) | 3;
	assert_string_equal(
		end(0, PAGE_ACCESS_READ),
		"stops=\"the PD entry has reserved bits 0x2000 set, bit 13 is below the page's "
		"address\"");
}

static void rights_are_named(void **unused)
{
	ENTRY(3, 0) &= ~2ull;
	assert_string_equal(end(0, PAGE_ACCESS_WRITE),
			    "stops=\"the PD entry forbids writing (RW clear)\"");
	state.cr0 &= ~(uint64_t)CR0_WP;
	assert_string_equal(end(0, PAGE_ACCESS_WRITE),
			    "reaches=0x5000 page=4K rights=r-x user=yes");
	reset(NULL);
	ENTRY(4, 0) |= BIT(63);
	assert_string_equal(end(0, PAGE_ACCESS_FETCH),
			    "stops=\"the PT entry forbids execution (NX)\"");
	ENTRY(2, 0) &= ~4ull;
	state.cpl = USER_CPL;
	assert_string_equal(end(0, PAGE_ACCESS_READ),
			    "stops=\"the PDPT entry keeps users out (US clear)\"");
	reset(NULL);
	state.cr4 |= CR4_SMEP | CR4_SMAP;
	assert_string_equal(end(0, PAGE_ACCESS_FETCH),
			    "stops=\"a supervisor does not execute a user's page (CR4.SMEP)\"");
	assert_string_equal(end(0, PAGE_ACCESS_READ),
			    "stops=\"a supervisor does not touch a user's page (CR4.SMAP)\"");
}

static void other_modes(void **unused)
{
	uint32_t *narrow = (uint32_t *)ram;

	/* 32-bit: a directory in page 1. */
	memset(ram, 0, sizeof(ram));
	state.efer = 0;
	state.cr4 = CR4_PSE;
	narrow[PAGE_SIZE / 4 + 0x37a] = 0x80 | MIB(8) | 0x63;
	assert_string_equal(step(0xdeadbeef, 0),
			    "level=PD table=0x1000 index=0x37a entry=0x8000e3 flags=P,RW,A,D,PS");
	assert_string_equal(end(0xdeadbeef, PAGE_ACCESS_WRITE),
			    "reaches=0xadbeef page=4M rights=rwx user=no");
	/* PAE: a PDPTE is the CPU's. */
	state.cr4 = CR4_PAE;
	state.pdpte[3] = 0x2001;
	assert_string_equal(step(0xdeadbeef, 0),
			    "level=PDPT table=register index=0x3 entry=0x2001 flags=P");
	assert_string_equal(step(0xdeadbeef, 1),
			    "level=PD table=0x2000 index=0xf5 entry=0x0 flags=none");
	assert_string_equal(end(0x5eadbeef, PAGE_ACCESS_WRITE),
			    "stops=\"the PDPT entry is not present\"");
	/* None. */
	state.cr0 = CR0_PE;
	assert_string_equal(end(0xdeadbeef, PAGE_ACCESS_WRITE), "reaches=0xdeadbeef paging=off");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_level_has_a_line, reset),
		cmocka_unit_test_setup(missing_entries_are_named, reset),
		cmocka_unit_test_setup(reserved_bits_are_named, reset),
		cmocka_unit_test_setup(rights_are_named, reset),
		cmocka_unit_test_setup(other_modes, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
