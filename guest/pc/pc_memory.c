/* What lies where in a guest's physical address space. RAM fills from 0 up to the hole for devices
 * below 4 GiB and goes on above it; the VGA window is cut out of it. Firmware, where there is any,
 * ends at 4 GiB, and its last part also lies below 1 MiB. */
#include "guest/pc/pc_parts.h"

#include "guest/pc/pc_layout.h"
#include "kernel/memory.h"
#include "lib/bits.h"
#include "lib/format.h"
#include "lib/string.h"
#include "vm/guest_memory.h"
#include "vm/lazy_memory.h"
#include "vm/manager.h"

#define ALL_RIGHTS (ACCESS_READ | ACCESS_WRITE | ACCESS_EXECUTE)

uint64_t pc_low_memory(const struct pc *pc)
{
	return pc->spec->memory < PC_LOW_MEMORY_END ? pc->spec->memory : PC_LOW_MEMORY_END;
}

uint64_t pc_tables_start(const struct pc *pc)
{
	return pc_low_memory(pc) - PC_TABLES_SIZE;
}

/* The ACPI tables are at the end of RAM, and must not begin in what is the BIOS's. */
static enum error check_room_for_tables(const struct pc *pc, struct reason *why)
{
	char given[FORMAT_SIZE_MAX], least[FORMAT_SIZE_MAX];

	if (!pc->spec->acpi || pc_has_firmware(pc) || pc_tables_start(pc) >= PC_EXTENDED_MEMORY)
		return ERROR_NONE;
	format_size(given, sizeof(given), pc->spec->memory);
	format_size(least, sizeof(least), PC_EXTENDED_MEMORY + PC_TABLES_SIZE);
	return reason_set(why, ERROR_INVALID_INPUT,
			  "memory= gives %s; with the ACPI tables it takes %s at least, without "
			  "them (acpi=off) less will do",
			  given, least);
}

/* What was asked for comes in pieces, and firmware needs another: it is compared as a whole. */
static enum error check_memory_is_there(const struct pc *pc, struct reason *why)
{
	const uint64_t free = pages_available() << PAGE_SHIFT;
	const uint64_t at_once = pc->spec->memory - pc->spec->lazy;
	char wanted[FORMAT_SIZE_MAX], left[FORMAT_SIZE_MAX];

	if (at_once <= free)
		return ERROR_NONE;
	format_size(wanted, sizeof(wanted), at_once);
	format_size(left, sizeof(left), free);
	return reason_set(why, ERROR_NO_MEMORY, "memory= asks for %s, and %s are free", wanted,
			  left);
}

/* Where RAM is lazy, below 4 GiB and above: where it was asked for, or the last part of it, but for the
 * tables. Nothing is loaded there: what Plinth puts into memory before the guest runs is in one piece of
 * the host's. */
struct lazy_part {
	uint64_t low, low_end, high, high_end;
};

static struct lazy_part lazy_part_at(const struct pc *pc)
{
	uint64_t at = pc->spec->lazy_at, end = at + pc->spec->lazy;
	uint64_t low_end = pc_low_memory(pc);
	uint64_t high_end = PC_HIGH_MEMORY + pc->spec->memory - low_end;

	if (at < PC_HIGH_MEMORY)
		return (struct lazy_part) { at, end, high_end, high_end };
	return (struct lazy_part) { low_end, low_end, at, end };
}

static struct lazy_part lazy_part(const struct pc *pc)
{
	uint64_t high = pc->spec->memory - pc_low_memory(pc);
	uint64_t above = pc->spec->lazy < high ? pc->spec->lazy : high;
	uint64_t end = pc->spec->acpi ? pc_tables_start(pc) : pc_low_memory(pc);

	if (pc->spec->lazy_at != SPEC_LAZY_LAST)
		return lazy_part_at(pc);
	return (struct lazy_part) { .low = end - (pc->spec->lazy - above),
				    .low_end = end,
				    .high = PC_HIGH_MEMORY + high - above,
				    .high_end = PC_HIGH_MEMORY + high };
}

static bool is_within(uint64_t at, uint64_t length, uint64_t start, uint64_t end)
{
	return at >= start && at <= end && length <= end - at;
}

static enum error check_lazy_place(const struct pc *pc, struct reason *why)
{
	const struct vm_spec *spec = pc->spec;
	uint64_t low = pc_low_memory(pc);

	if (is_within(spec->lazy_at, spec->lazy, PC_EXTENDED_MEMORY,
		      spec->acpi ? pc_tables_start(pc) : low) ||
	    is_within(spec->lazy_at, spec->lazy, PC_HIGH_MEMORY,
		      PC_HIGH_MEMORY + spec->memory - low))
		return ERROR_NONE;
	return reason_set(why, ERROR_INVALID_INPUT,
			  "lazy= asks for 0x%lx bytes at 0x%lx, which is not all RAM from 1 MiB up "
			  "to the ACPI tables, or above 4 GiB",
			  spec->lazy, spec->lazy_at);
}

static enum error check_lazy(const struct pc *pc, struct reason *why)
{
	uint64_t rest = PC_EXTENDED_MEMORY + (pc->spec->acpi ? PC_TABLES_SIZE : 0);
	char given[FORMAT_SIZE_MAX], least[FORMAT_SIZE_MAX];

	if (pc->spec->lazy && pc->spec->lazy_at != SPEC_LAZY_LAST)
		return check_lazy_place(pc, why);
	if (!pc->spec->lazy ||
	    (pc->spec->lazy <= pc->spec->memory && pc->spec->memory - pc->spec->lazy >= rest))
		return ERROR_NONE;
	format_size(given, sizeof(given), pc->spec->memory);
	format_size(least, sizeof(least), rest);
	return reason_set(why, ERROR_INVALID_INPUT,
			  "lazy= has to leave at least %s of memory=, which gives %s", least,
			  given);
}

static enum error add_eager(struct pc *pc, uint64_t start, uint64_t end, struct reason *why)
{
	return start < end ? vm_add_memory(pc->vm, gpa(start), end - start, ALL_RIGHTS, why)
			   : ERROR_NONE;
}

/* RAM from `start` to `end`, of which one part is lazy. */
static enum error add_ram(struct pc *pc, uint64_t start, uint64_t lazy, uint64_t lazy_end,
			  uint64_t end, struct reason *why)
{
	enum error error = add_eager(pc, start, lazy, why);

	if (!error && lazy < lazy_end)
		error = vm_add_lazy_memory(pc->vm, gpa(lazy), lazy_end - lazy, why);
	return error ? error : add_eager(pc, lazy_end, end, why);
}

enum error pc_memory_create(struct pc *pc, struct reason *why)
{
	struct lazy_part lazy = lazy_part(pc);
	uint64_t low = pc_low_memory(pc), high_end = PC_HIGH_MEMORY + pc->spec->memory - low;
	enum error error = check_room_for_tables(pc, why);

	if (!error)
		error = check_lazy(pc, why);
	if (!error)
		error = check_memory_is_there(pc, why);
	if (lazy.low == lazy.low_end)
		lazy.low = lazy.low_end = low; /* one piece */
	if (!error)
		error = add_ram(pc, 0, lazy.low, lazy.low_end, low, why);
	if (!error)
		error = vm_punch(pc->vm, gpa(PC_VGA_WINDOW), PC_VGA_WINDOW_SIZE, why);
	return error ? error : add_ram(pc, PC_HIGH_MEMORY, lazy.high, lazy.high_end, high_end, why);
}

/* What is zeroed in one go: no longer than a turn. */
#define CLEAR_PIECE MIB(16)

/* Zeroes at most `room` bytes of a slot, from `*offset`; returns how many are left to zero elsewhere. */
static uint64_t clear(const struct vm_slot *slot, uint64_t *offset, uint64_t room)
{
	uint64_t length = slot->length - *offset;

	if (length > room)
		length = room;
	memset(slot->host + *offset, 0, length);
	*offset += length;
	return room - length;
}

/* The same of the pages that are there: they stay. */
static uint64_t clear_lazy(struct vm *vm, const struct vm_slot *slot, uint64_t *offset,
			   uint64_t room)
{
	uint8_t *page;

	for (; room && lazy_memory_next(vm, slot, offset, &page); *offset += PAGE_SIZE) {
		memset(page, 0, PAGE_SIZE);
		room -= PAGE_SIZE;
	}
	return room;
}

bool pc_memory_clear(struct pc *pc)
{
	struct pc_clearing *at = &pc->clearing;
	uint64_t room = CLEAR_PIECE;

	for (; at->slot < pc->vm->slot_count; at->slot++, at->offset = 0) {
		const struct vm_slot *slot = &pc->vm->slots[at->slot];

		if (!(slot->rights & ACCESS_WRITE))
			continue;
		room = slot->host ? clear(slot, &at->offset, room)
				  : clear_lazy(pc->vm, slot, &at->offset, room);
		if (at->offset < slot->length)
			return false;
	}
	*at = (struct pc_clearing) { 0 };
	return true;
}

/* --- bus masters ----------------------------------------------------------------------------- */

/* Words that guest and device share in memory are whole for both, as on a bus. */
static bool copy_word(void *to, const void *from, uint64_t length)
{
	if (length != sizeof(uint16_t) || (((uintptr_t)to | (uintptr_t)from) & 1))
		return false;
	__atomic_store_n((uint16_t *)to, __atomic_load_n((const uint16_t *)from, __ATOMIC_RELAXED),
			 __ATOMIC_RELAXED);
	return true;
}

static bool master_reads(void *context, uint64_t at, void *to, uint64_t length)
{
	struct pc *pc = (struct pc *)context;
	const uint8_t *from = guest_ram(pc->vm, gpa(at), length, ACCESS_READ);

	if (!from)
		return guest_physical_read(pc->vm, gpa(at), to, length);
	if (!copy_word(to, from, length))
		memcpy(to, from, length);
	return true;
}

/* What is mapped for reading only is ROM to the devices too. */
static bool master_writes(void *context, uint64_t at, const void *from, uint64_t length)
{
	struct pc *pc = (struct pc *)context;
	uint8_t *to = guest_ram(pc->vm, gpa(at), length, ACCESS_WRITE);

	if (!to)
		return guest_is_ram(pc->vm, gpa(at), length, ACCESS_WRITE) &&
		       guest_physical_write(pc->vm, gpa(at), from, length);
	if (!copy_word(to, from, length))
		memcpy(to, from, length);
	return true;
}

struct device_memory pc_device_memory(struct pc *pc)
{
	return (struct device_memory) { pc, master_reads, master_writes };
}

/* --- what firmware would tell ---------------------------------------------------------------- */

static void add(struct memory_map *map, uint64_t start, uint64_t end, enum memory_kind kind)
{
	if (start < end)
		map->entries[map->count++] = (struct memory_entry) { start, end - start, kind };
}

static uint8_t *target_memory(void *context, uint64_t at, uint64_t length)
{
	struct pc *pc = (struct pc *)context;

	return length ? vm_memory(pc->vm, gpa(at), length) : NULL;
}

void pc_memory_describe(struct pc *pc)
{
	struct load_target *t = &pc->target;
	uint64_t low = pc_low_memory(pc), high = pc->spec->memory - low;
	uint64_t tables = pc->spec->acpi ? pc_tables_start(pc) : low;
	struct lazy_part lazy = lazy_part(pc);

	*t = (struct load_target) { .context = pc,
				    .memory = target_memory,
				    .vga_text = pc->spec->vga };
	add(&t->map, 0, PC_EBDA, MEMORY_RAM);
	add(&t->map, PC_EBDA, PC_VGA_WINDOW, MEMORY_RESERVED);
	add(&t->map, PC_BIOS_AREA, PC_EXTENDED_MEMORY, MEMORY_RESERVED);
	add(&t->map, PC_EXTENDED_MEMORY, tables, MEMORY_RAM);
	add(&t->map, tables, low, MEMORY_ACPI);
	add(&t->map, PC_ECAM, PC_ECAM + PC_ECAM_SIZE, MEMORY_RESERVED);
	add(&t->map, IOAPIC_BASE, GIB(4), MEMORY_RESERVED);
	add(&t->map, PC_HIGH_MEMORY, PC_HIGH_MEMORY + high, MEMORY_RAM);

	/* The real-mode vectors and the BIOS data area; what firmware keeps below 1 MiB; what is not
	 * there yet. */
	add(&t->taken, 0, PC_BIOS_DATA_END, MEMORY_RESERVED);
	add(&t->taken, PC_EBDA, PC_EXTENDED_MEMORY, MEMORY_RESERVED);
	add(&t->taken, lazy.low, lazy.low_end, MEMORY_RAM);
	add(&t->taken, tables, low, MEMORY_ACPI);
	add(&t->taken, lazy.high, lazy.high_end, MEMORY_RAM);
}
