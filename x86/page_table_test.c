/* The host's page tables: mappings of every page size, looked up entry by entry. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bits.h"
#include "x86/page_table.h"

#define MAX_TABLES 64
#define BASE       0xffff800000000000ull

struct stock {
	uint64_t pages[MAX_TABLES][512];
	unsigned used, limit;
};

/* Table n lies at "physical" address (n + 1) pages. */
static uint64_t *allocate(void *context, hpa_t *address)
{
	struct stock *stock = context;

	if (stock->used == stock->limit)
		return NULL;
	address->value = (stock->used + 1) * PAGE_SIZE;
	return stock->pages[stock->used++];
}

static uint64_t *reach(void *context, hpa_t address)
{
	struct stock *stock = context;

	return stock->pages[address.value / PAGE_SIZE - 1];
}

static int setup(void **state)
{
	static struct page_table table;
	struct stock *stock = calloc(1, sizeof(*stock));

	stock->used = 1;
	stock->limit = MAX_TABLES;
	table = (struct page_table) { hpa(PAGE_SIZE), GIB(1), allocate, reach, stock };
	*state = &table;
	return 0;
}

static int teardown(void **state)
{
	free(((struct page_table *)*state)->context);
	return 0;
}

static void expect(struct page_table *t, uint64_t virtual, uint64_t entry, uint64_t size)
{
	uint64_t page = 0;

	assert_int_equal(page_table_query(t, virtual, &page), entry);
	if (entry)
		assert_int_equal(page, size);
}

static void uses_the_largest_pages_that_fit(void **state)
{
	struct page_table *t = *state;
	const uint64_t bits = PAGE_WRITABLE | PAGE_NO_EXECUTE, all = bits | PAGE_PRESENT;

	/* 4 KiB up to a 2 MiB boundary, 2 MiB up to 1 GiB, one of 1 GiB, and a tail. */
	uint64_t start = GIB(1) - MIB(2) - PAGE_SIZE, length = PAGE_SIZE + MIB(2) + GIB(1) + 8192;
	assert_int_equal(page_table_map(t, BASE + start, hpa(start), length, bits), ERROR_NONE);
	expect(t, BASE + start, start | all, PAGE_SIZE);
	expect(t, BASE + GIB(1) - MIB(1), (GIB(1) - MIB(2)) | all | PAGE_LARGE, MIB(2));
	expect(t, BASE + GIB(2) - 1, GIB(1) | all | PAGE_LARGE, GIB(1));
	expect(t, BASE + GIB(2) + PAGE_SIZE, (GIB(2) + PAGE_SIZE) | all, PAGE_SIZE);
	expect(t, BASE + GIB(2) + 8192, 0, 0);
	expect(t, BASE + start - 1, 0, 0);
}

static void respects_the_largest_size(void **state)
{
	struct page_table *t = *state;

	t->largest = MIB(2);
	assert_int_equal(page_table_map(t, BASE, hpa(0), GIB(1), 0), ERROR_NONE);
	expect(t, BASE + GIB(1) - 1, (GIB(1) - MIB(2)) | PAGE_PRESENT | PAGE_LARGE, MIB(2));
	assert_int_equal(page_table_map(t, BASE + GIB(4), hpa(MIB(2)), MIB(2), PAGE_PAT_4K),
			 ERROR_NONE);
	expect(t, BASE + GIB(4), MIB(2) | PAGE_PRESENT | PAGE_PAT_4K, PAGE_SIZE);
}

static void unaligned_physical_takes_small_pages(void **state)
{
	struct page_table *t = *state;

	assert_int_equal(page_table_map(t, BASE, hpa(PAGE_SIZE), MIB(2), 0), ERROR_NONE);
	expect(t, BASE, PAGE_SIZE | PAGE_PRESENT, PAGE_SIZE);
}

static void refuses(void **state)
{
	struct page_table *t = *state;

	assert_int_equal(page_table_map(t, BASE + 1, hpa(0), PAGE_SIZE, 0), ERROR_INVALID_INPUT);
	assert_int_equal(page_table_map(t, BASE, hpa(1), PAGE_SIZE, 0), ERROR_INVALID_INPUT);
	assert_int_equal(page_table_map(t, BASE, hpa(0), 0, 0), ERROR_INVALID_INPUT);
	assert_int_equal(page_table_map(t, 0 - PAGE_SIZE, hpa(0), 2 * PAGE_SIZE, 0),
			 ERROR_INVALID_INPUT);

	assert_int_equal(page_table_map(t, BASE, hpa(0), MIB(2), 0), ERROR_NONE);
	assert_int_equal(page_table_map(t, BASE, hpa(0), PAGE_SIZE, 0), ERROR_RESOURCE_BUSY);
	assert_int_equal(page_table_map(t, BASE, hpa(0), GIB(1), 0), ERROR_RESOURCE_BUSY);

	struct stock *stock = t->context;
	stock->limit = stock->used;
	assert_int_equal(page_table_map(t, BASE + GIB(600), hpa(0), PAGE_SIZE, 0), ERROR_NO_MEMORY);
}

static void unmaps_small_pages_only(void **state)
{
	struct page_table *t = *state;

	assert_int_equal(page_table_map(t, BASE, hpa(MIB(2)), 3 * PAGE_SIZE, 0), ERROR_NONE);
	assert_int_equal(page_table_unmap(t, BASE + PAGE_SIZE, PAGE_SIZE), ERROR_NONE);
	expect(t, BASE, MIB(2) | PAGE_PRESENT, PAGE_SIZE);
	expect(t, BASE + PAGE_SIZE, 0, 0);
	expect(t, BASE + 2 * PAGE_SIZE, (MIB(2) + 2 * PAGE_SIZE) | PAGE_PRESENT, PAGE_SIZE);
	assert_int_equal(page_table_unmap(t, BASE + PAGE_SIZE, PAGE_SIZE), ERROR_INVALID_INPUT);
	assert_int_equal(page_table_map(t, BASE + MIB(2), hpa(0), MIB(2), 0), ERROR_NONE);
	assert_int_equal(page_table_unmap(t, BASE + MIB(2), PAGE_SIZE), ERROR_INVALID_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(uses_the_largest_pages_that_fit, setup, teardown),
		cmocka_unit_test_setup_teardown(respects_the_largest_size, setup, teardown),
		cmocka_unit_test_setup_teardown(unaligned_physical_takes_small_pages, setup,
						teardown),
		cmocka_unit_test_setup_teardown(refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(unmaps_small_pages_only, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
