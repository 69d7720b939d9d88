/* A plain model of an extended page table for tests and fuzzing: one record a 4 KiB page in a few
 * windows of guest-physical memory, a pretended TLB that remembers every translation until a flush,
 * and a pool of pages that can run dry. Host only. */
#ifndef TESTS_HOST_EPT_MODEL_H
#define TESTS_HOST_EPT_MODEL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ept/ept.h"
#include "lib/bits.h"

#define MODEL_CHECK(expression)                                                          \
	do {                                                                             \
		if (!(expression)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #expression); \
			abort();                                                         \
		}                                                                        \
	} while (0)

enum { MODEL_POOL = 4096, MODEL_WINDOW_PAGES = 3 * 512 };

struct model_page {
	bool present;
	uint64_t to;
	unsigned rights, type;
};

struct model_window {
	uint64_t base;
	struct model_page pages[MODEL_WINDOW_PAGES], cached[MODEL_WINDOW_PAGES];
};

struct model {
	struct ept ept;
	/* Where the fun is: the bottom, a 1 GiB boundary, a 512 GiB boundary, the top. */
	struct model_window windows[4];
	unsigned live, budget; /* pages handed out; pages that may still be handed out */
	uint8_t *pool;
	bool used[MODEL_POOL];
};

/* Physical addresses of the pool's pages: far away from their pointers. */
#define MODEL_POOL_ADDRESS 0x4000000000ull

static inline void *model_allocate(void *context)
{
	struct model *m = context;

	if (!m->budget)
		return NULL;
	m->budget--;
	for (unsigned i = 0; i < MODEL_POOL; i++)
		if (!m->used[i]) {
			m->used[i] = true;
			m->live++;
			return memset(m->pool + i * PAGE_SIZE, 0, PAGE_SIZE);
		}
	return NULL;
}

static inline void model_release(void *context, void *page)
{
	struct model *m = context;
	size_t i = ((uint8_t *)page - m->pool) / PAGE_SIZE;

	MODEL_CHECK(i < MODEL_POOL && m->used[i]);
	m->used[i] = false;
	m->live--;
	memset(page, 0xff, PAGE_SIZE); /* poison: nobody may walk here any more */
}

static inline hpa_t model_address(void *context, const void *page)
{
	struct model *m = context;

	return hpa(MODEL_POOL_ADDRESS + ((const uint8_t *)page - m->pool));
}

static inline void *model_pointer(void *context, hpa_t address)
{
	struct model *m = context;
	uint64_t offset = address.value - MODEL_POOL_ADDRESS;

	MODEL_CHECK(offset < MODEL_POOL * PAGE_SIZE && m->used[offset / PAGE_SIZE]);
	return m->pool + offset;
}

static inline struct model *model_create(const struct ept_format *format)
{
	static const uint64_t bases[] = { 0, 0x3ff00000, 0x7fffe00000, 0xfffffffa0000 };
	struct model *m = calloc(1, sizeof(*m));

	m->pool = aligned_alloc(PAGE_SIZE, MODEL_POOL * PAGE_SIZE);
	m->budget = ~0u;
	for (unsigned w = 0; w < ARRAY_SIZE(bases); w++)
		m->windows[w].base = bases[w];

	struct ept_pages pages = { m, model_allocate, model_release, model_address, model_pointer };
	MODEL_CHECK(ept_create(&m->ept, format, &pages, NULL) == ERROR_NONE);
	return m;
}

static inline void model_destroy(struct model *m)
{
	ept_destroy(&m->ept);
	MODEL_CHECK(m->live == 0 && m->ept.tables == 0);
	free(m->pool);
	free(m);
}

static inline struct model_page model_ask(const struct model *m, uint64_t at)
{
	struct ept_mapping got = ept_query(&m->ept, gpa(at));

	MODEL_CHECK(!got.misconfigured);
	if (!got.present)
		return (struct model_page) { 0 };
	MODEL_CHECK(is_power_of_two(got.page_size));
	MODEL_CHECK(got.page_size <= m->ept.format.largest_page);
	return (struct model_page) { true, got.to.value, got.rights, got.type };
}

static inline bool model_same(struct model_page a, struct model_page b)
{
	return a.present == b.present &&
	       (!a.present || (a.to == b.to && a.rights == b.rights && a.type == b.type));
}

/* A cached translation may stay only where the table still gives all that it gives. */
static inline bool model_covers(struct model_page now, struct model_page cached)
{
	return now.present && now.to == cached.to && now.type == cached.type &&
	       !(cached.rights & ~now.rights);
}

/* Compares all windows with the table, and what CPUs may have cached with what they may use. */
static inline void model_compare(struct model *m)
{
	for (unsigned w = 0; w < ARRAY_SIZE(m->windows); w++)
		for (unsigned i = 0; i < MODEL_WINDOW_PAGES; i++) {
			struct model_window *window = &m->windows[w];
			uint64_t at = window->base + i * PAGE_SIZE;

			if (at >> 48)
				break;

			struct model_page got = model_ask(m, at), *cached = &window->cached[i];

			MODEL_CHECK(model_same(got, window->pages[i]));
			if (cached->present && !m->ept.stale)
				MODEL_CHECK(model_covers(got, *cached));
			if (m->ept.stale || !cached->present)
				*cached = got;
		}
	if (m->ept.stale)
		ept_flushed(&m->ept);
	MODEL_CHECK(m->ept.tables == m->live);
}

enum model_change { MODEL_MAP, MODEL_UNMAP, MODEL_PROTECT, MODEL_FILL, MODEL_CHANGES };

struct model_operation {
	enum model_change change;
	unsigned window, first, count;
	uint64_t to;
	unsigned rights, type, budget;
};

/* Fills the first page alone, if it is a hole. */
static inline enum error model_fill(struct model *m, struct model_page *page, gpa_t at,
				    const struct model_operation *op, struct reason *why)
{
	bool stale = m->ept.stale;
	hpa_t there = hpa(0);
	enum error error = ept_fill(&m->ept, at, hpa(op->to), op->rights,
				    (enum ept_memory_type)op->type, &there, why);

	MODEL_CHECK(m->ept.stale == stale);
	if (error)
		return error;
	if (!page->present)
		*page = (struct model_page) { true, op->to, op->rights, op->type };
	MODEL_CHECK(there.value == page->to);
	return ERROR_NONE;
}

/* Applies one change to the table and, if it succeeded, to the model. `first` and `count` are in
 * pages of the window and are clipped to it. */
static inline enum error model_apply(struct model *m, const struct model_operation *op)
{
	struct model_window *window = &m->windows[op->window % ARRAY_SIZE(m->windows)];
	unsigned limit = (uint64_t)MODEL_WINDOW_PAGES * PAGE_SIZE < BIT(48) - window->base
				 ? MODEL_WINDOW_PAGES
				 : (BIT(48) - window->base) / PAGE_SIZE;
	unsigned first = op->first % limit;
	unsigned count = 1 + op->count % (limit - first);
	gpa_t at = gpa(window->base + first * PAGE_SIZE);
	uint64_t length = count * PAGE_SIZE;
	struct reason why = { 0 };
	enum error error;

	m->budget = op->budget;
	if (op->change == MODEL_MAP)
		error = ept_map(&m->ept, at, hpa(op->to), length, op->rights, op->type, &why);
	else if (op->change == MODEL_UNMAP)
		error = ept_unmap(&m->ept, at, length, &why);
	else if (op->change == MODEL_PROTECT)
		error = ept_protect(&m->ept, at, length, op->rights, &why);
	else
		error = model_fill(m, &window->pages[first], at, op, &why);
	m->budget = ~0u;
	MODEL_CHECK(error == why.kind);
	if (error || op->change == MODEL_FILL)
		return error;

	for (unsigned i = 0; i < count; i++) {
		struct model_page *page = &window->pages[first + i];

		if (op->change == MODEL_MAP)
			*page = (struct model_page) { true, op->to + i * PAGE_SIZE, op->rights,
						      op->type };
		else if (op->change == MODEL_UNMAP)
			page->present = false;
		else if (page->present)
			page->rights = op->rights;
	}
	return ERROR_NONE;
}

#endif
