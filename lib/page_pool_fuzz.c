/* Any sequence of allocations and frees, good and bad, against an array of page states. */
#include <stdlib.h>
#include <string.h>

#include "lib/assert.h"
#include "lib/page_pool.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PAGES 20000u

enum page_state { FOREIGN, FREE, USED };

static uint8_t model[PAGES];

static bool all(unsigned first, unsigned count, enum page_state state)
{
	for (unsigned i = first; i < first + count; i++) {
		if (i >= PAGES || model[i] != state)
			return false;
	}
	return true;
}

struct operation {
	uint16_t page, count;
	uint8_t what, align;
};

static void allocate(struct page_pool *pool, const struct operation *op)
{
	uint64_t align = 1u << op->align % 12, limit = op->what & 0x80 ? op->page : PAGES;
	hpa_t at;

	enum error error =
		page_pool_alloc(pool, op->count, align * PAGE_SIZE, limit * PAGE_SIZE, &at, NULL);
	if (error) {
		assert(error == (op->count ? ERROR_NO_MEMORY : ERROR_INVALID_INPUT));
		for (unsigned i = 0; op->count && i + op->count <= limit; i += (unsigned)align)
			assert(!all(i, op->count, FREE));
		return;
	}
	unsigned first = (unsigned)(at.value / PAGE_SIZE);
	assert(first % align == 0 && first + op->count <= limit && all(first, op->count, FREE));
	memset(model + first, USED, op->count);
}

static void change(struct page_pool *pool, const struct operation *op)
{
	hpa_t at = hpa(op->page * PAGE_SIZE);
	bool inside = op->count && op->page + op->count <= PAGES;
	bool ok;

	switch (op->what % 3) {
	case 0:
		ok = inside && all(op->page, op->count, USED);
		assert(ok == !page_pool_free(pool, at, op->count, NULL));
		if (ok)
			memset(model + op->page, FREE, op->count);
		break;
	case 1:
		ok = inside && all(op->page, op->count, FREE);
		assert(ok == !page_pool_take(pool, at, op->count, NULL));
		if (ok)
			memset(model + op->page, USED, op->count);
		break;
	default:
		ok = inside && all(op->page, op->count, FOREIGN);
		assert(ok == !page_pool_add(pool, at, op->count * PAGE_SIZE, NULL));
		if (ok)
			memset(model + op->page, FREE, op->count);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct page_pool pool;
	void *storage = malloc(page_pool_storage_size(PAGES * PAGE_SIZE));
	uint64_t used = 0, free_pages = 0;

	memset(model, FOREIGN, sizeof(model));
	page_pool_init(&pool, PAGES * PAGE_SIZE, storage);
	for (struct operation op; size >= sizeof(op); data += sizeof(op), size -= sizeof(op)) {
		memcpy(&op, data, sizeof(op));
		if (op.what & 0x40)
			allocate(&pool, &op);
		else
			change(&pool, &op);
	}
	for (unsigned i = 0; i < PAGES; i++) {
		used += model[i] == USED;
		free_pages += model[i] == FREE;
		assert(page_pool_owns(&pool, hpa(i * PAGE_SIZE)) == (model[i] != FOREIGN));
	}
	assert(page_pool_in_use(&pool) == used && page_pool_available(&pool) == free_pages);
	free(storage);
	return 0;
}
