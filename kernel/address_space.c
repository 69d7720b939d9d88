/* The page tables in use, a stock of pages for them until memory is known, and the window in which
 * devices and firmware tables appear. */
#include "kernel/address_space.h"

#include "kernel/memory.h"
#include "kernel/spinlock.h"
#include "lib/assert.h"
#include "lib/bits.h"
#include "x86/cpuid.h"
#include "x86/instructions.h"
#include "x86/page_table.h"

#define STOCK_PAGES 64

extern uint64_t boot_root_table[PAGE_TABLE_ENTRIES];

static uint64_t stock[STOCK_PAGES][PAGE_TABLE_ENTRIES] aligned_to(PAGE_SIZE);
static struct spinlock lock = SPINLOCK_INIT("address-space");

/* Guarded by `lock`, except that `offset` and `root` are constant after init. */
static struct {
	uint64_t offset;
	hpa_t root;
	unsigned stock_used;
	bool use_pool;
	uint64_t window_next;
} space = { .window_next = WINDOW_BASE };

static hpa_t image_address(const void *pointer)
{
	return hpa((uintptr_t)pointer - IMAGE_VIRTUAL_BASE + space.offset);
}

static uint64_t *allocate_table(void *context, hpa_t *address)
{
	uint64_t *page;

	if (space.use_pool)
		page = page_alloc();
	else
		page = space.stock_used < STOCK_PAGES ? stock[space.stock_used++] : NULL;
	if (page)
		*address = virt_to_hpa(page);
	return page;
}

/* Tables lie in the image or, once the pool is used, anywhere in the direct map. */
static uint64_t *reach_table(void *context, hpa_t address)
{
	uint64_t start = image_physical_start().value;

	if (address.value - start < image_length())
		return (uint64_t *)(address.value - space.offset + IMAGE_VIRTUAL_BASE);
	return hpa_to_virt(address);
}

static struct page_table table = { .allocate = allocate_table, .reach = reach_table };

void address_space_init(uint64_t load_offset)
{
	space.offset = load_offset;
	space.root = image_address(boot_root_table);
	table.root = space.root;
	table.largest = cpuid_query(CPUID_EXTENDED_SIGNATURE, 0).edx & CPUID_80000001_EDX_1G
				? GIB(1)
				: MIB(2);
}

void address_space_use_pool(void)
{
	space.use_pool = true;
}

hpa_t image_physical_start(void)
{
	return image_address(image_start);
}

uint64_t image_length(void)
{
	return (uint64_t)(image_end - image_start);
}

hpa_t address_space_root(void)
{
	return space.root;
}

hpa_t virt_to_hpa(const void *pointer)
{
	uint64_t address = (uintptr_t)pointer;

	if (address >= DIRECT_MAP_BASE) {
		assert(address < DIRECT_MAP_END);
		return hpa(address - DIRECT_MAP_BASE);
	}
	assert(address - (uintptr_t)image_start < image_length());
	return image_address(pointer);
}

void *hpa_to_virt(hpa_t address)
{
	assert_slow(address.value < DIRECT_MAP_END - DIRECT_MAP_BASE);
	return (void *)(DIRECT_MAP_BASE + address.value);
}

enum error address_space_map(uint64_t virtual, hpa_t physical, uint64_t length, uint64_t bits)
{
	uint64_t rflags = spinlock_acquire(&lock);
	enum error error = page_table_map(&table, virtual, physical, length, bits);

	spinlock_release(&lock, rflags);
	return error;
}

enum error address_space_unmap(uint64_t virtual, uint64_t length)
{
	uint64_t rflags = spinlock_acquire(&lock);
	enum error error = page_table_unmap(&table, virtual, length);

	for (uint64_t at = virtual; !error && at < virtual + length; at += PAGE_SIZE)
		flush_tlb_page((const void *)at);
	spinlock_release(&lock, rflags);
	return error;
}

bool address_space_is_mapped(uint64_t virtual)
{
	uint64_t page;

	/* Non-canonical addresses have no entry of their own. */
	if ((int64_t)(virtual << 16) >> 16 != (int64_t) virtual)
		return false;
	return page_table_query(&table, virtual, &page) != 0;
}

uint64_t physical_end(void)
{
	uint64_t bits = field_get(cpuid_query(CPUID_ADDRESS_SIZES, 0).eax,
				  CPUID_80000008_EAX_PHYSICAL_BITS);

	return BIT(bits);
}

/* Higher addresses, which a hostile firmware table may name, would set reserved bits of a page-table
 * entry. */
static bool is_addressable(uint64_t first, uint64_t span)
{
	return range_is_valid(first, span) && first + (span - 1) < physical_end();
}

/* Maps into the window, 4 KiB granular; null when it is full, tables ran out, or the CPU has no
 * such addresses. */
static void *map_in_window(hpa_t start, uint64_t length, uint64_t bits)
{
	uint64_t first = align_down(start.value, PAGE_SIZE);
	uint64_t offset = start.value - first;

	if (!range_is_valid(start.value, length) || offset + length < length)
		return NULL;
	uint64_t span = align_up(offset + length, PAGE_SIZE);
	if (!is_addressable(first, span))
		return NULL;

	uint64_t rflags = spinlock_acquire(&lock);
	uint64_t at = space.window_next;
	bool fits = span && span <= WINDOW_END - at;
	if (fits)
		space.window_next += span;
	spinlock_release(&lock, rflags);

	if (!fits || address_space_map(at, hpa(first), span, bits))
		return NULL;
	return (void *)(at + offset);
}

void *mmio_map(hpa_t start, uint64_t length, enum mmio_cache cache)
{
	uint64_t type = cache == MMIO_WRITE_COMBINING ? PAGE_PAT_4K
						      : PAGE_CACHE_DISABLE | PAGE_WRITE_THROUGH;

	return map_in_window(start, length, PAGE_WRITABLE | PAGE_NO_EXECUTE | type);
}

const void *physical_view(hpa_t start, uint64_t length)
{
	return map_in_window(start, length, PAGE_NO_EXECUTE);
}
