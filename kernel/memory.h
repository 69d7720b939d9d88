/* The machine's memory: page allocation, and the direct map through which Plinth reaches any RAM
 * page. Any CPU, any context except NMI and #MC. Not called on the exit path, but for what a chip takes once. */
#ifndef KERNEL_MEMORY_H
#define KERNEL_MEMORY_H

#include "lib/error.h"
#include "lib/types.h"

/* `count` physically contiguous pages, zeroed, aligned to `align` bytes (a power of two >= 4096).
 * Null when memory is used up: the caller returns ERROR_NO_MEMORY and says for what. */
void *pages_alloc(size_t count, uint64_t align) must_check;

/* The same, with whatever they held before: for who hands each on only when it is zeroed. */
void *pages_take(size_t count, uint64_t align) must_check;

/* One zeroed page, or null. */
void *page_alloc(void) must_check;

/* Gives back what one pages_alloc(count, ...) returned, or a part of it; null is ignored. */
void pages_free(void *pages, size_t count);
void page_free(void *page);

/* Pages handed out at this moment, for leak checks, and pages still free. */
uint64_t pages_in_use(void);
uint64_t pages_available(void);

/* Between a pointer (into the direct map or into Plinth's image) and its physical address. */
hpa_t virt_to_hpa(const void *pointer);
void *hpa_to_virt(hpa_t address);

/* Who a page of RAM belongs to: Plinth, unless it was handed to a guest. `owner` is a VM's id + 1;
 * 0 makes it Plinth's again. The pages come from pages_alloc(). */
#define OWNER_PLINTH 0
void pages_set_owner(const void *pages, size_t count, uint16_t owner);

/* True when [start, start + length) touches anything that was not handed to a guest: Plinth's
 * image, its own pages, memory that is not RAM. */
bool memory_is_plinths(hpa_t start, uint64_t length);

/* Cacheability of a device mapping. */
enum mmio_cache { MMIO_UNCACHED, MMIO_WRITE_COMBINING };

/* Maps [start, start + length) of device memory; never unmapped. Null when the window is full. */
void *mmio_map(hpa_t start, uint64_t length, enum mmio_cache cache) must_check;

#endif
