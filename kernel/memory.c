/* Page allocation and ownership over the machine's RAM, all of which appears in the direct map:
 * read and write, never execute, and read-only where Plinth's text and constants lie. */
#include "kernel/memory.h"

#include "kernel/address_space.h"
#include "kernel/output/log.h"
#include "kernel/memory_init.h"
#include "kernel/panic.h"
#include "kernel/spinlock.h"
#include "lib/bits.h"
#include "lib/page_pool.h"
#include "lib/string.h"
#include "x86/page_table.h"

/* Physical memory that the loader can have used; the pool's bookkeeping starts there. */
#define LOW_MEMORY_END    GIB(4)
#define LOWEST_TRAMPOLINE 0x8000
#define TRAMPOLINE_LIMIT  0xa0000

static struct spinlock lock = SPINLOCK_INIT("memory");
static struct page_pool pool; /* guarded by `lock` */

/* Whose each page of physical memory below `owner_pages` is: guarded by nothing, as a page changes
 * hands only between one giver and one taker. */
static uint16_t *owners;
static uint64_t owner_pages;
static hpa_t trampoline_page;

void *pages_take(size_t count, uint64_t align)
{
	hpa_t at;
	struct reason why;
	uint64_t rflags = spinlock_acquire(&lock);
	enum error error = page_pool_alloc(&pool, count, align, PAGE_POOL_NO_LIMIT, &at, &why);

	spinlock_release(&lock, rflags);
	if (error == ERROR_INVALID_INPUT)
		panic("pages_take(%zu, 0x%lx): %s", count, align, why.text);
	return error ? NULL : hpa_to_virt(at);
}

void *pages_alloc(size_t count, uint64_t align)
{
	void *pages = pages_take(count, align);

	return pages ? memset(pages, 0, count * PAGE_SIZE) : NULL;
}

void *page_alloc(void)
{
	return pages_alloc(1, PAGE_SIZE);
}

void pages_free(void *pages, size_t count)
{
	struct reason why;

	if (!pages)
		return;
	uint64_t rflags = spinlock_acquire(&lock);
	enum error error = page_pool_free(&pool, virt_to_hpa(pages), count, &why);
	spinlock_release(&lock, rflags);
	if (error)
		panic("pages_free(0x%lx, %zu): %s", (uintptr_t)pages, count, why.text);
}

void page_free(void *page)
{
	pages_free(page, 1);
}

uint64_t pages_in_use(void)
{
	uint64_t rflags = spinlock_acquire(&lock);
	uint64_t count = page_pool_in_use(&pool);

	spinlock_release(&lock, rflags);
	return count;
}

uint64_t pages_available(void)
{
	uint64_t rflags = spinlock_acquire(&lock);
	uint64_t count = page_pool_available(&pool);

	spinlock_release(&lock, rflags);
	return count;
}

void pages_set_owner(const void *pages, size_t count, uint16_t owner)
{
	uint64_t first = virt_to_hpa(pages).value >> PAGE_SHIFT;

	assert(first + count <= owner_pages);
	for (size_t i = 0; i < count; i++)
		owners[first + i] = owner;
}

bool memory_is_plinths(hpa_t start, uint64_t length)
{
	if (!range_is_valid(start.value, length))
		return true;
	uint64_t last = (start.value + (length - 1)) >> PAGE_SHIFT;
	if (last >= owner_pages)
		return true;
	for (uint64_t page = start.value >> PAGE_SHIFT; page <= last; page++) {
		if (owners[page] == OWNER_PLINTH)
			return true;
	}
	return false;
}

hpa_t memory_trampoline_page(void)
{
	return trampoline_page;
}

/* Maps what of [start, end) lies in [part, part_end) with the given rights. */
static enum error map_part(uint64_t start, uint64_t end, uint64_t part, uint64_t part_end,
			   uint64_t bits)
{
	uint64_t from = start > part ? start : part, to = end < part_end ? end : part_end;

	if (from >= to)
		return ERROR_NONE;
	return address_space_map(DIRECT_MAP_BASE + from, hpa(from), to - from,
				 bits | PAGE_NO_EXECUTE);
}

/* Maps [start, end) of RAM: Plinth's text and constants read-only, the trampoline page not. */
static enum error map_ram(uint64_t start, uint64_t end)
{
	uint64_t text = image_physical_start().value;
	uint64_t data = text + (uint64_t)(image_rodata_end - image_start);
	uint64_t page = trampoline_page.value;
	uint64_t after_page = page ? page + PAGE_SIZE : 0;

	/* The trampoline page lies below the image: low memory below it, then up to the image. */
	enum error error = map_part(start, end, 0, page, PAGE_WRITABLE);
	if (!error)
		error = map_part(start, end, after_page, text, PAGE_WRITABLE);
	if (!error)
		error = map_part(start, end, text, data, 0);
	if (!error)
		error = map_part(start, end, data, UINT64_MAX, PAGE_WRITABLE);
	return error;
}

/* Takes the usable RAM of [from, to) into use: maps it and adds it to the pool. */
static void take_into_use(const struct memory_map *map, uint64_t from, uint64_t to)
{
	struct reason why;

	for (unsigned i = 0; i < map->count; i++) {
		const struct memory_range *r = &map->ranges[i];
		uint64_t start = r->start.value < from ? from : r->start.value;
		uint64_t end = r->start.value + r->length < to ? r->start.value + r->length : to;
		if (start >= end || r->kind != MEMORY_USABLE)
			continue;
		enum error error = map_ram(start, end);
		if (!error)
			error = page_pool_add(&pool, hpa(start), end - start, &why);
		if (error)
			log_warn("memory", "cannot use RAM start=0x%lx length=0x%lx error=%s",
				 start, end - start, error_name(error));
	}
}

static void find_trampoline_page(struct memory_map *map)
{
	hpa_t at;

	for (uint64_t lowest = TRAMPOLINE_LIMIT - PAGE_SIZE; lowest >= LOWEST_TRAMPOLINE;
	     lowest -= PAGE_SIZE) {
		if (memory_map_find(map, PAGE_SIZE, PAGE_SIZE, lowest, lowest + PAGE_SIZE, &at)) {
			trampoline_page = at;
			memory_map_take(map, at, PAGE_SIZE, NULL);
			return;
		}
	}
	log_warn("memory", "no free page below 640 KiB: other CPUs cannot be started");
}

/* Storage for bookkeeping, taken out of the map below 4 GiB; reachable once it is mapped. */
static void *take_storage(struct memory_map *map, uint64_t size, hpa_t *at)
{
	size = align_up(size, PAGE_SIZE);
	if (!memory_map_find(map, size, PAGE_SIZE, MIB(1), LOW_MEMORY_END, at))
		return NULL;
	memory_map_take(map, *at, size, NULL);
	return hpa_to_virt(*at);
}

enum error memory_init(struct memory_map *map, struct reason *why)
{
	uint64_t top = memory_map_top(map);
	hpa_t at;

	if (top > DIRECT_MAP_END - DIRECT_MAP_BASE) {
		log_warn("memory", "RAM above 0x%llx is not used",
			 DIRECT_MAP_END - DIRECT_MAP_BASE);
		top = DIRECT_MAP_END - DIRECT_MAP_BASE;
	}
	find_trampoline_page(map);
	void *pool_storage = take_storage(map, page_pool_storage_size(top), &at);
	owner_pages = top >> PAGE_SHIFT;
	owners = take_storage(map, owner_pages * sizeof(*owners), &at);
	if (!pool_storage || !owners)
		return reason_set(why, ERROR_NO_MEMORY,
				  "no room below 4 GiB for the page tables of "
				  "%lu MiB of RAM",
				  top >> 20);

	/* The bookkeeping must be mapped before the pool can be filled: first the ranges that are
	 * taken (image, modules, the bookkeeping itself), then everything else. */
	for (unsigned i = 0; i < map->count; i++) {
		const struct memory_range *r = &map->ranges[i];
		if (r->kind == MEMORY_TAKEN && map_ram(r->start.value, r->start.value + r->length))
			return reason_set(why, ERROR_NO_MEMORY, "no page tables for RAM at 0x%lx",
					  r->start.value);
	}
	memset(owners, 0, owner_pages * sizeof(*owners));
	page_pool_init(&pool, top, pool_storage);
	take_into_use(map, 0, top < LOW_MEMORY_END ? top : LOW_MEMORY_END);
	address_space_use_pool();
	if (top > LOW_MEMORY_END)
		take_into_use(map, LOW_MEMORY_END, top);
	log_info("memory", "usable-mib=%lu pages=%lu top=0x%lx", page_pool_available(&pool) >> 8,
		 page_pool_available(&pool), top);
	return page_pool_available(&pool) ? ERROR_NONE
					  : reason_set(why, ERROR_NO_MEMORY, "no usable memory");
}
