/* Pages at first touch. Several CPUs may touch the same one at once: each makes a page, and the nested
 * table takes the first. What it did not take goes back. */
#include "vm/lazy_memory.h"

#include "kernel/memory.h"
#include "lib/bits.h"
#include "lib/string.h"
#include "vm/manager.h"
#include "vm/virt_ops.h"

/* What a VM takes from the page pool at a time: the way there is longer than all others together. */
#define STOCK_PAGES 8

/* What a VM leaves in the pool for Plinth, which then still has a page to tell of its end: of its statistics
 * and of what the flight recorder has. */
#define PAGES_KEPT 32

static void give_back(uint8_t *pages, unsigned count)
{
	pages_set_owner(pages, count, OWNER_PLINTH);
	pages_free(pages, count);
}

/* Under the lock of the stock, which is empty. */
static void fill_stock(struct vm *vm)
{
	unsigned count = STOCK_PAGES;

	if (pages_available() < PAGES_KEPT + count)
		return;
	uint8_t *pages = pages_take(count, PAGE_SIZE);
	if (!pages) {
		count = 1;
		pages = pages_take(count, PAGE_SIZE);
	}
	if (!pages)
		return;
	pages_set_owner(pages, count, (uint16_t)(vm->id + 1));
	vm->lazy_stock = pages;
	vm->lazy_stocked = count;
}

/* A page of the VM's own, zeroed; null: the host has none left. memset() does it by REP STOSQ: as fast as
 * REP STOSB on a CPU, and an eighth of its steps in an emulator that counts these. */
static uint8_t *take_page(struct vm *vm)
{
	uint64_t flags = spinlock_acquire(&vm->lazy_lock);
	uint8_t *page = NULL;

	if (unlikely(!vm->lazy_stocked))
		fill_stock(vm);
	if (likely(vm->lazy_stocked)) {
		page = vm->lazy_stock;
		vm->lazy_stock += PAGE_SIZE;
		vm->lazy_stocked--;
	}
	spinlock_release(&vm->lazy_lock, flags);
	return page ? (uint8_t *)memset(page, 0, PAGE_SIZE) : NULL;
}

/* A VM that was not started yet is its maker's to end. */
static cold_fn uint8_t *fall_short(struct vm *vm, gpa_t at)
{
	struct reason why;

	reason_set(&why, ERROR_NO_MEMORY,
		   "the host has no page left for guest-physical 0x%lx: what lazy= lets VMs have "
		   "is more than there is",
		   at.value);
	if (__atomic_load_n(&vm->state, __ATOMIC_ACQUIRE) == VM_STARTED)
		vm_stop(vm, &why);
	return NULL;
}

static uint8_t *populate(struct vm *vm, gpa_t at)
{
	uint8_t *page = take_page(vm);
	struct reason why;

	if (unlikely(!page))
		return fall_short(vm, at);
	hpa_t made = virt_to_hpa(page), there;
	if (unlikely(virt->nested_populate(vm->nested, at, made, &there, &why))) {
		give_back(page, 1);
		return fall_short(vm, at);
	}
	if (likely(there.value == made.value))
		return page;
	give_back(page, 1);
	return hpa_to_virt(there);
}

static uint8_t *lazy_page(struct vm *vm, gpa_t at, bool wanted)
{
	struct nested_mapping there = virt->nested_query(vm->nested, at);

	if (there.present)
		return hpa_to_virt(there.to);
	return wanted ? populate(vm, at) : NULL;
}

enum lazy_touch lazy_memory_touch(struct vm *vm, gpa_t at)
{
	const struct vm_slot *slot = vm_slot_at(vm, at);

	if (!slot || slot->host)
		return LAZY_NOT;
	return populate(vm, gpa(align_down(at.value, PAGE_SIZE))) ? LAZY_POPULATED : LAZY_SHORT;
}

cold_fn void lazy_memory_begin(struct vm *vm, gpa_t base, uint64_t length)
{
	uint64_t start = base.value, last = base.value + (length - 1);

	if (vm->lazy_length) {
		uint64_t other_last = vm->lazy_start + (vm->lazy_length - 1);

		start = vm->lazy_start < start ? vm->lazy_start : start;
		last = other_last > last ? other_last : last;
	}
	vm->lazy_start = start;
	vm->lazy_length = last - start + 1;
	vm->lazy_lock = (struct spinlock)SPINLOCK_INIT("lazy memory");
	vm->lazy_page = lazy_page;
}

/* The nested table says how large the hole is where nothing is mapped: it is left behind in one step. */
bool lazy_memory_next(struct vm *vm, const struct vm_slot *slot, uint64_t *offset, uint8_t **page)
{
	while (*offset < slot->length) {
		uint64_t at = slot->base.value + *offset;
		struct nested_mapping there = virt->nested_query(vm->nested, gpa(at));

		if (there.present) {
			*page = hpa_to_virt(there.to);
			return true;
		}
		*offset += there.page_size - at % there.page_size;
	}
	return false;
}

static cold_fn void empty(struct vm *vm, const struct vm_slot *slot)
{
	uint8_t *page;

	for (uint64_t offset = 0; lazy_memory_next(vm, slot, &offset, &page); offset += PAGE_SIZE)
		give_back(page, 1);
}

cold_fn void lazy_memory_end(struct vm *vm)
{
	for (unsigned i = 0; i < vm->slot_count; i++)
		if (!vm->slots[i].host)
			empty(vm, &vm->slots[i]);
	if (vm->lazy_stocked)
		give_back(vm->lazy_stock, vm->lazy_stocked);
}
