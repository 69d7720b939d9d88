/* The memory of a VM: stretches of guest-physical addresses in ascending order, each part of one
 * allocation, or lazy. Holes and other rights split a stretch; what was allocated stays taken until the
 * end. */
#include "vm/manager.h"

#include "kernel/memory.h"
#include "lib/bits.h"
#include "lib/format.h"
#include "vm/lazy_memory.h"
#include "vm/virt_ops.h"

#define SMALL_PAGE PAGE_SIZE
#define LARGE_PAGE MIB(2)
#define HUGE_PAGE  GIB(1)

/* Aligned so that the nested tables can use the largest page that fits inside; the VM's own, which
 * is what lets them be mapped at all. */
static void *allocate_ram(const struct vm *vm, uint64_t length)
{
	static const uint64_t alignments[] = { HUGE_PAGE, LARGE_PAGE, SMALL_PAGE };
	void *ram = NULL;

	for (unsigned i = 0; i < ARRAY_SIZE(alignments) && !ram; i++)
		if (length >= alignments[i])
			ram = pages_alloc(length / PAGE_SIZE, alignments[i]);
	if (ram)
		pages_set_owner(ram, length / PAGE_SIZE, (uint16_t)(vm->id + 1));
	return ram;
}

static void free_ram(void *ram, uint64_t length)
{
	pages_set_owner(ram, length / PAGE_SIZE, OWNER_PLINTH);
	pages_free(ram, length / PAGE_SIZE);
}

static uint64_t slot_end(const struct vm_slot *slot)
{
	return slot->base.value + slot->length;
}

/* The number of the first slot that ends past `at`. */
static unsigned slot_after(const struct vm *vm, uint64_t at)
{
	unsigned i = 0;

	while (i < vm->slot_count && slot_end(&vm->slots[i]) - 1 < at)
		i++;
	return i;
}

/* There is room for it. */
static void insert(struct vm *vm, unsigned at, struct vm_slot slot)
{
	for (unsigned i = vm->slot_count++; i > at; i--)
		vm->slots[i] = vm->slots[i - 1];
	vm->slots[at] = slot;
}

static enum error check_pages(const struct vm *vm, gpa_t base, uint64_t length, struct reason *why)
{
	if (range_is_valid(base.value, length) && is_aligned(base.value | length, PAGE_SIZE))
		return ERROR_NONE;
	return reason_set(why, ERROR_INVALID_INPUT,
			  "memory of VM %s: 0x%lx bytes at 0x%lx are no whole pages", vm->name,
			  length, base.value);
}

static enum error check_room(const struct vm *vm, unsigned more, struct reason *why)
{
	if (vm->slot_count + more <= VM_MAX_SLOTS)
		return ERROR_NONE;
	return reason_set(why, ERROR_NO_MEMORY, "VM %s has %u stretches of memory already",
			  vm->name, vm->slot_count);
}

static enum error tell_shortage(const struct vm *vm, uint64_t length, struct reason *why)
{
	char wanted[FORMAT_SIZE_MAX], left[FORMAT_SIZE_MAX];

	format_size(wanted, sizeof(wanted), length);
	format_size(left, sizeof(left), pages_available() << PAGE_SHIFT);
	return reason_set(why, ERROR_NO_MEMORY,
			  "vm=%s wants %s of memory in one piece; %s are free in all", vm->name,
			  wanted, left);
}

/* Is there a place for one more stretch, and which number is it? */
static enum error find_place(const struct vm *vm, gpa_t base, uint64_t length, unsigned *place,
			     struct reason *why)
{
	enum error error = check_pages(vm, base, length, why);

	if (!error)
		error = check_room(vm, 1, why);
	if (error)
		return error;
	*place = slot_after(vm, base.value);
	const struct vm_slot *next = &vm->slots[*place];
	if (*place < vm->slot_count &&
	    ranges_overlap(next->base.value, next->length, base.value, length))
		return reason_set(why, ERROR_INVALID_INPUT,
				  "memory of VM %s at 0x%lx overlaps that at 0x%lx", vm->name,
				  base.value, next->base.value);
	return ERROR_NONE;
}

enum error vm_add_memory(struct vm *vm, gpa_t base, uint64_t length, unsigned rights,
			 struct reason *why)
{
	unsigned place = 0;
	enum error error = find_place(vm, base, length, &place, why);

	if (!error && vm->allocation_count == VM_MAX_ALLOCATIONS)
		error = reason_set(why, ERROR_NO_MEMORY, "VM %s was given memory %u times already",
				   vm->name, VM_MAX_ALLOCATIONS);
	if (error)
		return error;
	void *ram = allocate_ram(vm, length);
	if (!ram)
		return tell_shortage(vm, length, why);
	error = virt->nested_map(vm->nested, base, virt_to_hpa(ram), length, rights,
				 NESTED_WRITE_BACK, why);
	if (error) {
		free_ram(ram, length);
		return error;
	}
	vm->allocations[vm->allocation_count++] =
		(struct vm_allocation) { .host = ram, .length = length };
	insert(vm, place,
	       (struct vm_slot) { .base = base, .length = length, .host = ram, .rights = rights });
	return ERROR_NONE;
}

enum error vm_add_lazy_memory(struct vm *vm, gpa_t base, uint64_t length, struct reason *why)
{
	unsigned place = 0;
	enum error error = find_place(vm, base, length, &place, why);

	if (error)
		return error;
	lazy_memory_begin(vm, base, length);
	insert(vm, place,
	       (struct vm_slot) { .base = base,
				  .length = length,
				  .rights = ACCESS_READ | ACCESS_WRITE | ACCESS_EXECUTE });
	return ERROR_NONE;
}

void vm_release_memory(struct vm *vm)
{
	for (unsigned i = 0; i < vm->allocation_count; i++)
		free_ram(vm->allocations[i].host, vm->allocations[i].length);
}

/* --- parts of it ----------------------------------------------------------------------------- */

static enum error check_all_memory(const struct vm *vm, gpa_t base, uint64_t length,
				   struct reason *why)
{
	uint64_t at = base.value, left = length;

	for (unsigned i = slot_after(vm, at); i < vm->slot_count && left; i++) {
		const struct vm_slot *slot = &vm->slots[i];
		if (slot->base.value > at)
			break;
		uint64_t part = slot_end(slot) - at;

		part = part < left ? part : left;
		at += part;
		left -= part;
	}
	if (!left)
		return ERROR_NONE;
	return reason_set(why, ERROR_INVALID_INPUT, "VM %s has no memory at 0x%lx", vm->name, at);
}

/* Lazy memory gives all rights, and has no holes. All of the range is memory. */
static enum error check_none_lazy(const struct vm *vm, gpa_t base, uint64_t length,
				  struct reason *why)
{
	for (unsigned i = slot_after(vm, base.value);
	     i < vm->slot_count && vm->slots[i].base.value <= base.value + (length - 1); i++)
		if (!vm->slots[i].host)
			return reason_set(why, ERROR_INVALID_INPUT,
					  "memory of VM %s at 0x%lx is lazy, and stays as it is",
					  vm->name, vm->slots[i].base.value);
	return ERROR_NONE;
}

/* Lets a slot begin at `at`, where one is; there is room. */
static void split(struct vm *vm, uint64_t at)
{
	unsigned i = slot_after(vm, at);

	if (i == vm->slot_count || vm->slots[i].base.value >= at)
		return;
	struct vm_slot upper = vm->slots[i];
	uint64_t lower_length = at - upper.base.value;

	upper.base.value += lower_length;
	if (upper.host)
		upper.host += lower_length;
	upper.length -= lower_length;
	vm->slots[i].length = lower_length;
	insert(vm, i + 1, upper);
}

/* While a VM runs its slots stay: others read them. */
static enum error make_slots(struct vm *vm, gpa_t base, uint64_t length, struct reason *why)
{
	enum error error = check_pages(vm, base, length, why);

	if (!error)
		error = check_all_memory(vm, base, length, why);
	if (error)
		return error;
	unsigned first = slot_after(vm, base.value),
		 last = slot_after(vm, base.value + (length - 1));
	if (__atomic_load_n(&vm->state, __ATOMIC_ACQUIRE) == VM_NEW) {
		error = check_room(vm, 2, why);
		if (!error) {
			split(vm, base.value);
			split(vm, base.value + length);
		}
		return error;
	}
	if (vm->slots[first].base.value != base.value ||
	    slot_end(&vm->slots[last]) != base.value + length)
		return reason_set(why, ERROR_INVALID_INPUT,
				  "no stretches of memory of VM %s make up 0x%lx bytes at 0x%lx",
				  vm->name, length, base.value);
	return ERROR_NONE;
}

enum error vm_punch(struct vm *vm, gpa_t base, uint64_t length, struct reason *why)
{
	if (__atomic_load_n(&vm->state, __ATOMIC_ACQUIRE) != VM_NEW)
		return reason_set(why, ERROR_BAD_STATE, "VM %s was started already", vm->name);
	enum error error = make_slots(vm, base, length, why);

	if (!error)
		error = check_none_lazy(vm, base, length, why);
	if (!error)
		error = virt->nested_unmap(vm->nested, base, length, why);
	if (error)
		return error;
	unsigned kept = 0;
	for (unsigned i = 0; i < vm->slot_count; i++)
		if (!ranges_overlap(vm->slots[i].base.value, vm->slots[i].length, base.value,
				    length))
			vm->slots[kept++] = vm->slots[i];
	vm->slot_count = kept;
	return ERROR_NONE;
}

enum error vm_set_rights(struct vm *vm, gpa_t base, uint64_t length, unsigned rights,
			 struct reason *why)
{
	if (!rights)
		return reason_set(why, ERROR_INVALID_INPUT,
				  "no rights for memory of VM %s at 0x%lx", vm->name, base.value);
	enum error error = make_slots(vm, base, length, why);
	if (!error)
		error = check_none_lazy(vm, base, length, why);
	unsigned i = slot_after(vm, base.value);

	for (uint64_t at = base.value; !error && at - base.value < length; i++) {
		struct vm_slot *slot = &vm->slots[i];

		error = virt->nested_map(vm->nested, slot->base, virt_to_hpa(slot->host),
					 slot->length, rights, NESTED_WRITE_BACK, why);
		if (!error)
			__atomic_store_n(&slot->rights, rights, __ATOMIC_RELAXED);
		at = slot_end(slot);
	}
	return error;
}

enum error vm_show_page(struct vm *vm, gpa_t at, void *page, struct reason *why)
{
	if (vm_slot_at(vm, at))
		return reason_set(why, ERROR_INVALID_INPUT, "VM %s has memory of its own at 0x%lx",
				  vm->name, at.value);
	return virt->nested_map(vm->nested, at, virt_to_hpa(page), PAGE_SIZE,
				ACCESS_READ | ACCESS_WRITE, NESTED_WRITE_BACK, why);
}

enum error vm_hide_page(struct vm *vm, gpa_t at, struct reason *why)
{
	return virt->nested_unmap(vm->nested, at, PAGE_SIZE, why);
}

enum error vm_let_walks_write(struct vm *vm, gpa_t page, struct reason *why)
{
	enum error error = check_pages(vm, page, PAGE_SIZE, why);

	if (!error)
		error = check_all_memory(vm, page, PAGE_SIZE, why);
	if (!error)
		error = check_none_lazy(vm, page, PAGE_SIZE, why);
	if (error)
		return error;
	const struct vm_slot *slot = &vm->slots[slot_after(vm, page.value)];
	uint8_t *host = slot->host + (page.value - slot->base.value);

	return virt->nested_map(vm->nested, page, virt_to_hpa(host), PAGE_SIZE,
				__atomic_load_n(&slot->rights, __ATOMIC_RELAXED) | ACCESS_WRITE,
				NESTED_WRITE_BACK, why);
}
