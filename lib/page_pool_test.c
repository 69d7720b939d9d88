/* The page pool against a plain array of states, and the cases that matter by name. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/page_pool.h"

static struct reason why;

static void begin(struct page_pool *pool, uint64_t end)
{
	uint64_t size = page_pool_storage_size(end);
	void *storage = malloc(size);

	memset(storage, 0x5a, size);
	page_pool_init(pool, end, storage);
	assert_ptr_equal(pool->owned, storage);
}

static void end(struct page_pool *pool)
{
	free(pool->owned);
}

static uint64_t alloc(struct page_pool *pool, uint64_t count, uint64_t align, uint64_t limit)
{
	hpa_t at = hpa(UINT64_MAX);

	if (page_pool_alloc(pool, count, align, limit, &at, &why))
		return UINT64_MAX;
	return at.value;
}

static void low_memory_comes_last(void **state)
{
	struct page_pool pool;

	begin(&pool, MIB(4));
	assert_int_equal(page_pool_add(&pool, hpa(0x1000), 0x9e000, &why), ERROR_NONE);
	assert_int_equal(page_pool_add(&pool, hpa(MIB(1)), 2 * PAGE_SIZE, &why), ERROR_NONE);
	assert_int_equal(page_pool_available(&pool), 0x9e + 2);
	assert_int_equal(alloc(&pool, 1, PAGE_SIZE, MIB(1)), 0x1000);
	assert_int_equal(alloc(&pool, 1, PAGE_SIZE, PAGE_POOL_NO_LIMIT), MIB(1));
	assert_int_equal(alloc(&pool, 1, PAGE_SIZE, PAGE_POOL_NO_LIMIT), MIB(1) + PAGE_SIZE);
	assert_int_equal(alloc(&pool, 1, PAGE_SIZE, PAGE_POOL_NO_LIMIT), 0x2000);
	assert_int_equal(alloc(&pool, 1, PAGE_SIZE, 0x3000), UINT64_MAX);
	assert_int_equal(why.kind, ERROR_NO_MEMORY);
	assert_int_equal(alloc(&pool, 1, PAGE_SIZE, 0x3fff), UINT64_MAX);
	assert_int_equal(alloc(&pool, 1, PAGE_SIZE, 0x4000), 0x3000);
	assert_int_equal(page_pool_in_use(&pool), 5);
	end(&pool);
}

static void runs_are_contiguous_and_aligned(void **state)
{
	struct page_pool pool;

	begin(&pool, MIB(64));
	assert_int_equal(page_pool_add(&pool, hpa(MIB(1)), MIB(15), &why), ERROR_NONE);
	assert_int_equal(page_pool_add(&pool, hpa(MIB(16)), MIB(44), &why), ERROR_NONE);
	/* Not a power of two, and across what was added in two pieces. */
	assert_int_equal(alloc(&pool, MIB(49) / PAGE_SIZE, MIB(2), PAGE_POOL_NO_LIMIT), MIB(2));
	assert_int_equal(alloc(&pool, 257, PAGE_SIZE, PAGE_POOL_NO_LIMIT), MIB(51));
	assert_int_equal(alloc(&pool, 1, MIB(4), PAGE_POOL_NO_LIMIT), MIB(56));
	assert_int_equal(alloc(&pool, 1, MIB(32), PAGE_POOL_NO_LIMIT), UINT64_MAX);
	assert_int_equal(why.kind, ERROR_NO_MEMORY);
	end(&pool);
}

static void bad_arguments_are_refused(void **state)
{
	struct page_pool pool;

	begin(&pool, MIB(4));
	assert_int_equal(page_pool_add(&pool, hpa(MIB(1)), MIB(1), &why), ERROR_NONE);
	assert_int_equal(page_pool_add(&pool, hpa(0x800), 0x1000, &why), ERROR_INVALID_INPUT);
	assert_int_equal(page_pool_add(&pool, hpa(0x1000), 0x800, &why), ERROR_INVALID_INPUT);
	assert_int_equal(page_pool_add(&pool, hpa(0x1000), 0, &why), ERROR_INVALID_INPUT);
	assert_int_equal(page_pool_add(&pool, hpa(MIB(3)), MIB(2), &why), ERROR_INVALID_INPUT);
	assert_int_equal(page_pool_add(&pool, hpa(MIB(2) - PAGE_SIZE), MIB(1), &why),
			 ERROR_INVALID_INPUT);
	assert_non_null(strstr(why.text, "0x1ff000 is added a second time"));
	assert_int_equal(page_pool_available(&pool), 256);

	assert_int_equal(alloc(&pool, 0, PAGE_SIZE, PAGE_POOL_NO_LIMIT), UINT64_MAX);
	assert_int_equal(why.kind, ERROR_INVALID_INPUT);
	assert_int_equal(alloc(&pool, 1, 0, PAGE_POOL_NO_LIMIT), UINT64_MAX);
	assert_int_equal(alloc(&pool, 1, 0x800, PAGE_POOL_NO_LIMIT), UINT64_MAX);
	assert_int_equal(alloc(&pool, 1, 0x3000, PAGE_POOL_NO_LIMIT), UINT64_MAX);
	assert_int_equal(why.kind, ERROR_INVALID_INPUT);
	assert_int_equal(alloc(&pool, UINT64_MAX, PAGE_SIZE, PAGE_POOL_NO_LIMIT), UINT64_MAX);
	assert_int_equal(why.kind, ERROR_NO_MEMORY);
	end(&pool);
}

static void wrong_frees_are_found(void **state)
{
	struct page_pool pool;

	begin(&pool, MIB(4));
	assert_int_equal(page_pool_add(&pool, hpa(MIB(1)), MIB(1), &why), ERROR_NONE);
	assert_int_equal(alloc(&pool, 8, PAGE_SIZE, PAGE_POOL_NO_LIMIT), MIB(1));
	assert_int_equal(page_pool_free(&pool, hpa(MIB(1)), 3, &why), ERROR_NONE);
	assert_int_equal(page_pool_free(&pool, hpa(MIB(1) + 0x2000), 2, &why), ERROR_BAD_STATE);
	assert_non_null(strstr(why.text, "0x102000 is free already"));
	assert_int_equal(page_pool_free(&pool, hpa(MIB(2)), 1, &why), ERROR_INVALID_INPUT);
	assert_non_null(strstr(why.text, "is not the pool's"));
	assert_int_equal(page_pool_free(&pool, hpa(MIB(9)), 1, &why), ERROR_INVALID_INPUT);
	assert_int_equal(page_pool_free(&pool, hpa(MIB(1) + 0x3800), 1, &why), ERROR_INVALID_INPUT);
	assert_int_equal(page_pool_free(&pool, hpa(MIB(1) + 0x3000), UINT64_MAX, &why),
			 ERROR_INVALID_INPUT);
	assert_int_equal(page_pool_in_use(&pool), 5);
	assert_int_equal(page_pool_free(&pool, hpa(MIB(1) + 0x3000), 5, &why), ERROR_NONE);
	assert_int_equal(page_pool_in_use(&pool), 0);

	assert_int_equal(page_pool_take(&pool, hpa(MIB(1) + 0x5000), 2, &why), ERROR_NONE);
	assert_int_equal(page_pool_take(&pool, hpa(MIB(1) + 0x4000), 2, &why), ERROR_BAD_STATE);
	assert_int_equal(page_pool_in_use(&pool), 2);
	assert_true(page_pool_owns(&pool, hpa(MIB(1) + 0x5fff)));
	assert_false(page_pool_owns(&pool, hpa(MIB(2))));
	assert_false(page_pool_owns(&pool, hpa(UINT64_MAX)));
	end(&pool);
}

/* Random work in a pool whose end is not a multiple of anything, with each answer checked. */
static void agrees_with_an_array(void **state)
{
	enum { PAGES = 5000, ROUNDS = 20000 };
	static char model[PAGES]; /* 0 foreign, 'f' free, 'u' used */
	struct page_pool pool;
	unsigned seed = 1, used = 0;

	begin(&pool, PAGES * PAGE_SIZE);
	for (unsigned i = 0; i < PAGES; i += 100) {
		unsigned count = i == 300 ? 1 : 97;
		assert_int_equal(page_pool_add(&pool, hpa(i * PAGE_SIZE), count * PAGE_SIZE, &why),
				 ERROR_NONE);
		memset(model + i, 'f', count);
	}
	for (unsigned round = 0; round < ROUNDS; round++) {
		seed = seed * 1103515245 + 12345;
		unsigned count = 1 + (seed >> 16) % 9, align = 1u << (seed >> 24) % 4;
		uint64_t at = alloc(&pool, count, align * PAGE_SIZE, PAGE_POOL_NO_LIMIT);
		unsigned first = (unsigned)(at / PAGE_SIZE);
		unsigned best = 256;
		for (;; best += align) { /* the lowest place from 1 MiB on that fits */
			unsigned n = 0;
			while (n < count && best + n < PAGES && model[best + n] == 'f')
				n++;
			if (n == count || best >= PAGES)
				break;
		}
		if (best < PAGES)
			assert_int_equal(first, best);
		if (at != UINT64_MAX) {
			for (unsigned i = 0; i < count; i++)
				assert_int_equal(model[first + i], 'f');
			memset(model + first, 'u', count);
			used += count;
		}
		seed = seed * 1103515245 + 12345;
		unsigned victim = (seed >> 8) % PAGES;
		enum error error = page_pool_free(&pool, hpa(victim * PAGE_SIZE), 1, &why);
		assert_int_equal(error, model[victim] == 'u'   ? ERROR_NONE
					: model[victim] == 'f' ? ERROR_BAD_STATE
							       : ERROR_INVALID_INPUT);
		if (!error) {
			model[victim] = 'f';
			used--;
		}
		assert_int_equal(page_pool_in_use(&pool), used);
	}
	end(&pool);
}

/* A tebibyte with holes: the storage is 64 MiB and a little, and the top is found at once. */
static void a_tebibyte_fits(void **state)
{
	uint64_t size = page_pool_storage_size(GIB(1024));
	struct page_pool pool;

	assert_true(size > MIB(64) && size < MIB(65));
	begin(&pool, GIB(1024));
	assert_int_equal(page_pool_add(&pool, hpa(MIB(1)), GIB(2), &why), ERROR_NONE);
	assert_int_equal(page_pool_add(&pool, hpa(GIB(4)), GIB(1020), &why), ERROR_NONE);
	assert_int_equal(alloc(&pool, GIB(1000) / PAGE_SIZE, GIB(1), PAGE_POOL_NO_LIMIT), GIB(4));
	assert_int_equal(alloc(&pool, GIB(1) / PAGE_SIZE, GIB(1), PAGE_POOL_NO_LIMIT), GIB(1));
	assert_int_equal(alloc(&pool, GIB(2) / PAGE_SIZE, GIB(1), PAGE_POOL_NO_LIMIT), GIB(1004));
	assert_int_equal(page_pool_free(&pool, hpa(GIB(4)), GIB(1000) / PAGE_SIZE, &why),
			 ERROR_NONE);
	assert_int_equal(page_pool_in_use(&pool), GIB(3) / PAGE_SIZE);
	end(&pool);
}

/* One free page anywhere in a large pool is found, at every level's borders. */
static void one_page_is_found_anywhere(void **state)
{
	static const uint64_t pages[] = { 256, 4095, 4096, 4097, 262143, 262144, 300000, 524287 };
	struct page_pool pool;

	begin(&pool, GIB(2));
	for (unsigned i = ARRAY_SIZE(pages); i--;) {
		hpa_t at = hpa(pages[i] * PAGE_SIZE);
		assert_int_equal(page_pool_add(&pool, at, PAGE_SIZE, &why), ERROR_NONE);
		assert_int_equal(alloc(&pool, 1, PAGE_SIZE, PAGE_POOL_NO_LIMIT), at.value);
		assert_int_equal(alloc(&pool, 1, PAGE_SIZE, PAGE_POOL_NO_LIMIT), UINT64_MAX);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(pages); i++)
		assert_int_equal(page_pool_free(&pool, hpa(pages[i] * PAGE_SIZE), 1, &why), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(pages); i++)
		assert_int_equal(alloc(&pool, 1, PAGE_SIZE, PAGE_POOL_NO_LIMIT),
				 pages[i] * PAGE_SIZE);
	assert_int_equal(alloc(&pool, 1, PAGE_SIZE, PAGE_POOL_NO_LIMIT), UINT64_MAX);
	end(&pool);
}

static void an_empty_pool_has_nothing(void **state)
{
	struct page_pool pool;
	uint64_t word;

	assert_int_equal(page_pool_storage_size(0), 0);
	page_pool_init(&pool, 0, &word);
	assert_int_equal(alloc(&pool, 1, PAGE_SIZE, PAGE_POOL_NO_LIMIT), UINT64_MAX);
	assert_int_equal(page_pool_free(&pool, hpa(0), 1, &why), ERROR_INVALID_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(low_memory_comes_last),
		cmocka_unit_test(runs_are_contiguous_and_aligned),
		cmocka_unit_test(bad_arguments_are_refused),
		cmocka_unit_test(wrong_frees_are_found),
		cmocka_unit_test(agrees_with_an_array),
		cmocka_unit_test(a_tebibyte_fits),
		cmocka_unit_test(one_page_is_found_anywhere),
		cmocka_unit_test(an_empty_pool_has_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
