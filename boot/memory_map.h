/* The machine's memory as one sorted list without overlaps, made of what the boot loader and the
 * firmware say in any order. Where two sources disagree the more careful one wins; usable memory is
 * cut inward to whole pages and everything else is widened outward. Pure. */
#ifndef BOOT_MEMORY_MAP_H
#define BOOT_MEMORY_MAP_H

#include "boot/multiboot2.h"
#include "lib/complain.h"
#include "lib/error.h"
#include "lib/types.h"

/* More is complained of; memory that finds no room in the list is not used. */
#define MEMORY_MAP_MAX_RANGES 512u

/* X(symbol, printed name), in the order in which a later one wins over an earlier one. */
#define MEMORY_KIND_LIST(X)                                                    \
	X(MEMORY_USABLE, "usable")                                             \
	X(MEMORY_TAKEN, "taken") /* RAM that is in use: image, modules, ... */ \
	X(MEMORY_ACPI, "acpi")   /* ACPI tables, reclaimable */                \
	X(MEMORY_NVS, "nvs")                                                   \
	X(MEMORY_RESERVED, "reserved")                                         \
	X(MEMORY_BAD, "bad")

enum memory_kind {
#define X(symbol, name) symbol,
	MEMORY_KIND_LIST(X)
#undef X
		MEMORY_KINDS
};

const char *memory_kind_name(enum memory_kind kind);

struct memory_range {
	hpa_t start;     /* page aligned */
	uint64_t length; /* whole pages, not 0 */
	enum memory_kind kind;
};

/* Sorted, without overlaps, neighbours of one kind merged. What no range covers is not memory. */
struct memory_map {
	unsigned count;
	bool overflowed; /* something found no room; no usable memory is added any more */
	struct memory_range ranges[MEMORY_MAP_MAX_RANGES];
};

/* Fills `map` from the EFI memory map, the Multiboot2 memory map, or both, and the basic memory tag
 * if there is neither. InvalidData when no usable memory is left.
 *
 * GRUB passes both maps under UEFI, both taken after it called ExitBootServices. Boot-services code
 * and data is then free RAM, and counts as usable unless the tag "EFI boot services not terminated"
 * says that firmware still owns it. Runtime-services memory stays reserved: firmware's SMM handlers
 * may rely on it. An address is usable when one map says so and no map objects. */
enum error memory_map_build(struct memory_map *map, const struct multiboot2_info *info,
			    const struct complaints *complaints, struct reason *why) must_check;

/* Adds one claim of any source; start and length in bytes, any alignment. Bad ones (empty,
 * wrapping, past 52 bits) are complained of and cut or left out. */
void memory_map_add(struct memory_map *map, uint64_t start, uint64_t length, enum memory_kind kind,
		    const struct complaints *complaints);

/* Marks what of [start, start + length), widened to whole pages, is usable as taken. */
void memory_map_take(struct memory_map *map, hpa_t start, uint64_t length,
		     const struct complaints *complaints);

/* The lowest usable range of `length` bytes aligned to `align` (a power of two >= 4096) in
 * [lowest, limit). False when there is none; the map is not changed. */
bool memory_map_find(const struct memory_map *map, uint64_t length, uint64_t align, uint64_t lowest,
		     uint64_t limit, hpa_t *at) must_check;

/* The range that holds `address`, or null. */
const struct memory_range *memory_map_lookup(const struct memory_map *map, hpa_t address);

/* True when every byte of [start, start + length) is RAM, usable or taken. */
bool memory_map_is_ram(const struct memory_map *map, uint64_t start, uint64_t length);

/* True when any byte of [start, start + length), which does not wrap, is RAM, usable or taken. */
bool memory_map_touches_ram(const struct memory_map *map, uint64_t start, uint64_t length);

/* Leaves out, after a complaint, the modules in `info` that do not lie in RAM as a whole. */
void memory_map_check_modules(const struct memory_map *map, struct multiboot2_info *info,
			      const struct complaints *complaints);

/* Bytes of `kind`, and the end of the highest range that is RAM (usable or taken), 0 if none. */
uint64_t memory_map_total(const struct memory_map *map, enum memory_kind kind);
uint64_t memory_map_top(const struct memory_map *map);

#endif
