/* Plinth's own address space: one set of page tables for all CPUs. docs/memory.md has the map. */
#ifndef KERNEL_ADDRESS_SPACE_H
#define KERNEL_ADDRESS_SPACE_H

#include "lib/error.h"
#include "lib/types.h"

#define IMAGE_VIRTUAL_BASE GIB(1)
#define DIRECT_MAP_BASE    0xffff800000000000ull /* 64 TiB of RAM, read and write */
#define DIRECT_MAP_END     0xffffc00000000000ull
#define STACKS_BASE        0xffffff0000000000ull
#define WINDOW_BASE        0xffffff4000000000ull /* devices and firmware tables */
#define WINDOW_END         0xffffff8000000000ull

/* The image's symbols for its parts, from boot/plinth.ld. */
extern char image_start[], image_text_end[], image_rodata_end[], image_end[];
extern char boot_stack_top[];

/* Takes over the page tables of boot/entry.asm. `load_offset`: how far from its link address the
 * image lies. Tables come from a small static stock until address_space_use_pool(). */
void address_space_init(uint64_t load_offset);

/* From now on table pages come from pages_alloc(). */
void address_space_use_pool(void);

/* Where the image lies in physical memory. */
hpa_t image_physical_start(void);
uint64_t image_length(void);

/* Maps with the bits of x86/page_table.h; errors as page_table_map(). Any CPU; takes a lock. */
enum error address_space_map(uint64_t virtual, hpa_t physical, uint64_t length,
			     uint64_t bits) must_check;
/* For 4 KiB mappings that no other CPU has used yet: flushes only this CPU's TLB. */
enum error address_space_unmap(uint64_t virtual, uint64_t length) must_check;
bool address_space_is_mapped(uint64_t virtual);

/* [start, start + length) of anything that is not RAM, or not known to be, read-only and cached:
 * firmware tables. Never unmapped. Null when the window is full. */
const void *physical_view(hpa_t start, uint64_t length);

/* The end of the physical addresses that this CPU has (CPUID 80000008h), at most MAX_PHYSICAL_END. */
#define MAX_PHYSICAL_END (1ull << 52)
uint64_t physical_end(void);

/* What CR3 holds on every CPU. */
hpa_t address_space_root(void);

/* Entry 4 of the PAT is made write combining on every CPU; the rest stays as after reset. */
#define PAT_VALUE 0x0007040100070406ull

#endif
