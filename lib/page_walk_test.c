/* Page walks in every mode: translations, each bit of the error code, reserved bits, accessed and
 * dirty flags, and tables that are not there or change under the walk. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "lib/bits.h"
#include "lib/page_walk.h"

#define WP   BIT(16)
#define PG   (BIT(31) | BIT(0))
#define PSE  BIT(4)
#define PAE  BIT(5)
#define LA57 BIT(12)
#define SMEP BIT(20)
#define SMAP BIT(21)
#define LMA  (BIT(10) | BIT(8))
#define NXE  BIT(11)

#define P  1ull
#define W  2ull
#define U  4ull
#define A  BIT(5)
#define D  BIT(6)
#define PS BIT(7)
#define XD BIT(63)

enum { MEMORY_PAGES = 16 };

static uint8_t ram[MEMORY_PAGES * PAGE_SIZE];
static unsigned changes_left; /* exchanges that find the entry changed */

static bool read_entry(void *context, gpa_t at, unsigned width, uint64_t *value)
{
	*value = 0;
	if (at.value > sizeof(ram) - width)
		return false;
	assert_int_equal(at.value % width, 0);
	memcpy(value, ram + at.value, width);
	return true;
}

static bool exchange_entry(void *context, gpa_t at, unsigned width, uint64_t expected,
			   uint64_t desired)
{
	uint64_t now = 0;

	if (changes_left) {
		changes_left--;
		return false;
	}
	memcpy(&now, ram + at.value, width);
	if (now != expected)
		return false;
	memcpy(ram + at.value, &desired, width);
	return true;
}

static const struct page_walk_memory memory = { .read = read_entry, .exchange = exchange_entry };
static const struct page_walk_memory untouched = { .read = read_entry };

static struct page_walk_state s;

static void put(unsigned page, unsigned index, unsigned width, uint64_t entry)
{
	memcpy(ram + page * PAGE_SIZE + index * width, &entry, width);
}

static uint64_t get(unsigned page, unsigned index, unsigned width)
{
	uint64_t entry = 0;

	memcpy(&entry, ram + page * PAGE_SIZE + index * width, width);
	return entry;
}

static int reset(void **state)
{
	memset(ram, 0, sizeof(ram));
	changes_left = 0;
	s = (struct page_walk_state) { .cr0 = PG | WP, .cr3 = 0x1000, .address_bits = 40 };
	return 0;
}

static void reaches(uint64_t at, enum page_access access, uint64_t want, uint64_t size)
{
	struct page_walk got = page_walk(&s, &untouched, gva(at), access);

	assert_int_equal(got.status, PAGE_WALK_DONE);
	assert_int_equal(got.gpa.value, want);
	assert_int_equal(got.page_size, size);
}

static void faults(uint64_t at, enum page_access access, uint32_t code)
{
	struct page_walk got = page_walk(&s, &untouched, gva(at), access);

	assert_int_equal(got.status, PAGE_WALK_FAULT);
	assert_int_equal(got.error_code, code);
}

#define READ  PAGE_ACCESS_READ
#define WRITE PAGE_ACCESS_WRITE
#define FETCH PAGE_ACCESS_FETCH

static void no_paging(void **state)
{
	s.cr0 = 0;
	reaches(0x12345678, WRITE, 0x12345678, KIB(4));
	reaches(0x1fffff123, FETCH, 0xfffff123, KIB(4));
	assert_int_equal(page_walk(&s, &memory, gva(5), READ).rights, 7);
}

static void two_levels(void **state)
{
	/* 00C01xxx -> 7000h */
	put(1, 3, 4, 0x2000 | P | W | U);
	put(2, 1, 4, 0x7000 | P | W | U);
	reaches(0xc01abc, WRITE, 0x7abc, KIB(4));
	reaches(0x100c01abc, READ, 0x7abc, KIB(4)); /* linear addresses have 32 bits here */
	faults(0xc02000, READ, 0);
	faults(0xc02000, WRITE, 2);
	faults(0x800000, FETCH, 0); /* no execute-disable, no SMEP: no I/D flag */
	s.cr4 = SMEP;
	faults(0x800000, FETCH, 0x10);
	s.cpl = 3;
	faults(0xc02000, WRITE, 6);
	/* PS without CR4.PSE means nothing. */
	s.cpl = 0;
	s.cr4 = 0;
	put(1, 3, 4, 0x2000 | PS | P | W | U);
	reaches(0xc01abc, WRITE, 0x7abc, KIB(4));
	/* Bit 63 of a neighbour is not an execute-disable bit. */
	s.efer = NXE;
	put(2, 2, 4, ~0u);
	reaches(0xc01abc, FETCH, 0x7abc, KIB(4));
}

static void four_megabyte_pages(void **state)
{
	s.cr4 = PSE;
	put(1, 3, 4, 0x00400000 | PS | P | W);
	reaches(0xc54321, READ, 0x454321, MIB(4));
	/* PSE-36: bits 20:13 are address bits 39:32. */
	put(1, 3, 4, 0x00400000 | 0xff << 13 | PS | P | W);
	reaches(0xc54321, READ, 0xff00454321, MIB(4));
	put(1, 3, 4, 0x00400000 | BIT(21) | PS | P | W);
	faults(0xc54321, READ, 9);
	s.address_bits = 36;
	put(1, 3, 4, 0x00400000 | 0xf << 13 | PS | P | W);
	reaches(0xc54321, READ, 0xf00454321, MIB(4));
	put(1, 3, 4, 0x00400000 | 0x10 << 13 | PS | P | W);
	faults(0xc54321, WRITE, 0xb);
}

static void pae(void **state)
{
	s.cr4 = PAE;
	s.pdpte[3] = 0x1000 | P;
	put(1, 511, 8, 0x2000 | P | W | U);
	put(2, 5, 8, BIT(39) | 0x8000 | P | U);
	reaches(0xffe05fff, READ, BIT(39) | 0x8fff, KIB(4));
	faults(0xffe05fff, WRITE, 3);
	faults(0x3fe05fff, READ, 0); /* PDPTE 0 is not present */
	put(2, 6, 8, XD | P | W);
	faults(0xffe06000, READ, 9); /* XD is reserved while NXE is clear */
	s.efer = NXE;
	reaches(0xffe06000, READ, 0, KIB(4));
	faults(0xffe06000, FETCH, 0x11);
	put(2, 6, 8, BIT(40) | P | W);
	faults(0xffe06000, READ, 9);
	put(2, 6, 8, BIT(52) | P | W); /* reserved here, ignored in long mode */
	faults(0xffe06000, FETCH, 0x19);
	put(1, 500, 8, 0x12400000 | PS | P | W);
	reaches(0xfe900003, READ, 0x12500003, MIB(2));
	put(1, 500, 8, 0x12400000 | BIT(13) | PS | P | W);
	faults(0xfe900003, READ, 9);
	put(1, 500, 8, 0x12400000 | BIT(12) | PS | P | W); /* PAT */
	reaches(0xfe900003, READ, 0x12500003, MIB(2));
}

static void long_mode(void)
{
	s.cr4 |= PAE;
	s.efer |= LMA | NXE;
	put(1, 256, 8, 0x2000 | P | W | U);
	put(2, 1, 8, 0x3000 | P | W | U);
	put(3, 2, 8, 0x4000 | P | W | U);
	put(4, 3, 8, 0x5000 | P | W | U);
}

#define LONG_ADDRESS 0xffff800040403123ull

static void four_levels(void **state)
{
	long_mode();
	reaches(LONG_ADDRESS, WRITE, 0x5123, KIB(4));
	put(4, 3, 8, BIT(52) | BITS(62, 59) | 0x5000 | P | W | U); /* ignored bits */
	reaches(LONG_ADDRESS, WRITE, 0x5123, KIB(4));
	assert_int_equal(page_walk(&s, &memory, gva(0x0000800000000000), READ).status,
			 PAGE_WALK_NOT_CANONICAL);
	assert_int_equal(page_walk(&s, &memory, gva(0xffff7fffffffffff), READ).status,
			 PAGE_WALK_NOT_CANONICAL);
	faults(0x7fffffffffff, READ, 0);
	/* Reserved: PS at level 4, address bits past MAXPHYADDR at each level. */
	put(1, 256, 8, 0x2000 | PS | P | W | U);
	faults(LONG_ADDRESS, READ, 9);
	static const struct {
		unsigned page, index;
	} entries[] = { { 1, 256 }, { 2, 1 }, { 3, 2 }, { 4, 3 } };
	for (unsigned i = 0; i < ARRAY_SIZE(entries); i++) {
		uint64_t entry;

		reset(NULL);
		long_mode();
		entry = get(entries[i].page, entries[i].index, 8);
		put(entries[i].page, entries[i].index, 8, entry | BIT(51));
		faults(LONG_ADDRESS, READ, 9);
		put(entries[i].page, entries[i].index, 8, entry & ~P);
		faults(LONG_ADDRESS, READ, 0);
		/* Not present wins over reserved. */
		put(entries[i].page, entries[i].index, 8, (entry | BIT(51)) & ~P);
		faults(LONG_ADDRESS, READ, 0);
		/* Rights are those of all levels. */
		put(entries[i].page, entries[i].index, 8, entry & ~W);
		faults(LONG_ADDRESS, WRITE, 3);
		put(entries[i].page, entries[i].index, 8, entry | XD);
		faults(LONG_ADDRESS, FETCH, 0x11);
		put(entries[i].page, entries[i].index, 8, entry & ~U);
		s.cpl = 3;
		faults(LONG_ADDRESS, READ, 5);
		s.cpl = 0;
		reaches(LONG_ADDRESS, FETCH, 0x5123, KIB(4));
		assert_false(page_walk(&s, &untouched, gva(LONG_ADDRESS), READ).user);
	}
}

static void large_pages_in_long_mode(void **state)
{
	long_mode();
	put(3, 2, 8, 0x40000000 | BIT(12) | PS | P | W | U);
	reaches(LONG_ADDRESS, READ, 0x40003123, MIB(2));
	put(3, 2, 8, 0x40000000 | BIT(20) | PS | P | W | U);
	faults(LONG_ADDRESS, READ, 9);
	put(2, 1, 8, 0x80000000 | PS | P | W | U);
	faults(LONG_ADDRESS, READ, 9); /* the CPU has no 1 GiB pages */
	s.gigabyte_pages = true;
	reaches(LONG_ADDRESS, READ, 0x80403123, GIB(1));
	put(2, 1, 8, 0x80000000 | BIT(29) | PS | P | W | U);
	faults(LONG_ADDRESS, READ, 9);
}

static void five_levels(void **state)
{
	long_mode();
	s.cr4 |= LA57;
	s.cr3 = 0x6000;
	put(6, 0x1ff, 8, 0x1000 | P | W | U);
	reaches(LONG_ADDRESS, WRITE, 0x5123, KIB(4));
	put(6, 7, 8, 0x1000 | P | W | U);
	reaches(0x0007800040403123, WRITE, 0x5123, KIB(4));
	assert_int_equal(page_walk(&s, &memory, gva(0x0100000000000000), READ).status,
			 PAGE_WALK_NOT_CANONICAL);
	put(6, 7, 8, 0x1000 | PS | P | W | U);
	faults(0x0007800040403123, READ, 9);
}

/* Every combination of page, register and access against the rules as the SDM words them. */
static void access_rights(void **state)
{
	for (unsigned bits = 0; bits < 1u << 10; bits++) {
		bool writable = bits & 1, user = bits & 2, xd = bits & 4, wp = bits & 8;
		bool smep = bits & 16, smap = bits & 32, ac = bits & 64, nxe = bits & 128;
		bool cpl3 = bits & 256, implicit = bits & 512, user_access = cpl3 && !implicit;

		if (xd && !nxe)
			continue;
		reset(NULL);
		long_mode();
		s.efer = LMA | (nxe ? NXE : 0);
		s.cr0 = PG | (wp ? WP : 0);
		s.cr4 |= (smep ? SMEP : 0) | (smap ? SMAP : 0);
		s.ac = ac;
		s.cpl = cpl3 ? 3 : 0;
		s.implicit = implicit;
		put(4, 3, 8, 0x5000 | P | (writable ? W : 0) | (user ? U : 0) | (xd ? XD : 0));
		for (unsigned access = READ; access <= FETCH; access++) {
			bool allowed;
			uint32_t code = 1 | (access == WRITE ? 2 : 0) | (user_access ? 4 : 0) |
					(access == FETCH && (nxe || smep) ? 0x10 : 0);

			if (user_access)
				allowed = user && (access != WRITE || writable) &&
					  (access != FETCH || !xd);
			else if (access == FETCH)
				allowed = !xd && (!user || !smep);
			else
				allowed = (!user || !smap || (ac && !implicit)) &&
					  (access == READ || writable || !wp);
			if (allowed)
				reaches(LONG_ADDRESS, access, 0x5123, KIB(4));
			else
				faults(LONG_ADDRESS, access, code);
		}
	}
}

static void accessed_and_dirty(void **state)
{
	long_mode();
	page_walk(&s, &untouched, gva(LONG_ADDRESS), WRITE);
	assert_int_equal(get(4, 3, 8) & (A | D), 0);
	page_walk(&s, &memory, gva(LONG_ADDRESS), READ);
	assert_int_equal(get(1, 256, 8) & (A | D), A);
	assert_int_equal(get(4, 3, 8) & (A | D), A);
	page_walk(&s, &memory, gva(LONG_ADDRESS), WRITE);
	assert_int_equal(get(3, 2, 8) & (A | D), A);
	assert_int_equal(get(4, 3, 8) & (A | D), A | D);
	/* A refused access sets nothing on the leaf. */
	put(4, 3, 8, 0x5000 | P | U);
	page_walk(&s, &memory, gva(LONG_ADDRESS), WRITE);
	assert_int_equal(get(4, 3, 8) & (A | D), 0);
	/* Four-byte entries; the neighbour stays. */
	reset(NULL);
	put(1, 3, 4, 0x2000 | P | W | U);
	put(2, 1, 4, 0x7000 | P | W | U);
	put(2, 2, 4, 0x12345678);
	page_walk(&s, &memory, gva(0xc01abc), WRITE);
	assert_int_equal(get(2, 1, 4), 0x7000 | P | W | U | A | D);
	assert_int_equal(get(2, 2, 4), 0x12345678);
}

static void tables_that_change_or_are_lost(void **state)
{
	struct page_walk got;

	long_mode();
	changes_left = 3;
	got = page_walk(&s, &memory, gva(LONG_ADDRESS), READ);
	assert_int_equal(got.status, PAGE_WALK_DONE);
	assert_int_equal(got.gpa.value, 0x5123);
	put(4, 3, 8, 0x5000 | P | W | U);
	changes_left = 1000;
	assert_int_equal(page_walk(&s, &memory, gva(LONG_ADDRESS), READ).status,
			 PAGE_WALK_TABLE_LOST);
	put(2, 1, 8, GIB(1) | P | W | U);
	got = page_walk(&s, &memory, gva(LONG_ADDRESS), READ);
	assert_int_equal(got.status, PAGE_WALK_TABLE_LOST);
	assert_int_equal(got.gpa.value, GIB(1) + 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(no_paging, reset),
		cmocka_unit_test_setup(two_levels, reset),
		cmocka_unit_test_setup(four_megabyte_pages, reset),
		cmocka_unit_test_setup(pae, reset),
		cmocka_unit_test_setup(four_levels, reset),
		cmocka_unit_test_setup(large_pages_in_long_mode, reset),
		cmocka_unit_test_setup(five_levels, reset),
		cmocka_unit_test_setup(access_rights, reset),
		cmocka_unit_test_setup(accessed_and_dirty, reset),
		cmocka_unit_test_setup(tables_that_change_or_are_lost, reset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
