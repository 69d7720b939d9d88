/* Lazy memory: pages come at first touch, zeroed, once each however many CPUs touch them; reading by copy
 * takes none; a host without memory ends the VM; all pages come back. */
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#undef assert
#include "kernel/output/log.h"
#include "vm/guest_memory.h"
#include "vm/lazy_memory.c"
#include "vm/schedule/scheduler.h"

/* --- a host with few pages, all of them dirty ------------------------------------------------- */

enum { POOL = 128, SLOT_PAGES = 40, THREADS = 4 };

#define BASE     GIB(2)
#define VM_OWNER 8 /* id 7 */

static uint8_t pool[POOL][PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static struct {
	bool taken;
	uint16_t owner;
} pages[POOL];
static pthread_mutex_t pool_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned pool_size;

static unsigned taken(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < POOL; i++)
		count += pages[i].taken;
	return count;
}

void *pages_take(size_t count, uint64_t align)
{
	void *found = NULL;

	pthread_mutex_lock(&pool_lock);
	for (unsigned i = 0; i + count <= pool_size && !found; i++) {
		bool fits = true;

		for (unsigned k = 0; k < count; k++)
			fits = fits && !pages[i + k].taken;
		for (unsigned k = 0; fits && k < count; k++)
			pages[i + k].taken = true;
		if (fits)
			found = memset(pool[i], 0xa5, count * PAGE_SIZE);
	}
	pthread_mutex_unlock(&pool_lock);
	return found;
}

uint64_t pages_available(void)
{
	pthread_mutex_lock(&pool_lock);
	unsigned count = pool_size - taken();
	pthread_mutex_unlock(&pool_lock);
	return count;
}

static unsigned number_of(const void *page)
{
	size_t number = ((const uint8_t *)page - pool[0]) / PAGE_SIZE;

	assert_true(number < POOL);
	return (unsigned)number;
}

void pages_free(void *from, size_t count)
{
	pthread_mutex_lock(&pool_lock);
	for (unsigned i = 0; i < count; i++) {
		unsigned number = number_of(from) + i;

		assert_true(pages[number].taken && pages[number].owner == OWNER_PLINTH);
		pages[number].taken = false;
	}
	pthread_mutex_unlock(&pool_lock);
}

void pages_set_owner(const void *from, size_t count, uint16_t owner)
{
	for (unsigned i = 0; i < count; i++)
		pages[number_of(from) + i].owner = owner;
}

hpa_t virt_to_hpa(const void *pointer)
{
	return hpa((uint64_t)pointer);
}

void *hpa_to_virt(hpa_t address)
{
	return (void *)address.value;
}

uint64_t spinlock_acquire(struct spinlock *lock)
{
	uint32_t nobody = 0;

	while (!__atomic_compare_exchange_n(&lock->holder, &nobody, 1, false, __ATOMIC_ACQUIRE,
					    __ATOMIC_RELAXED))
		nobody = 0;
	return 0;
}

void spinlock_release(struct spinlock *lock, uint64_t rflags)
{
	__atomic_store_n(&lock->holder, 0, __ATOMIC_RELEASE);
}

void log_write(enum log_level level, const char *area, const char *format, ...)
{
}

void scheduler_notify(struct vcpu *vcpu)
{
}

static struct reason stopped;

void vm_stop(struct vm *vm, const struct reason *why)
{
	stopped = *why;
}

/* --- a nested table ---------------------------------------------------------------------------- */

static uint64_t mapped[SLOT_PAGES]; /* atomic */
static bool no_tables;
static pthread_barrier_t together; /* all threads have made their page */
static bool racing;

static uint64_t *entry_of(gpa_t at)
{
	assert_true(at.value % PAGE_SIZE == 0 && at.value >= BASE);
	assert_true(at.value < BASE + SLOT_PAGES * PAGE_SIZE);
	return &mapped[(at.value - BASE) / PAGE_SIZE];
}

static enum error populate_entry(struct nested_table *table, gpa_t at, hpa_t to, hpa_t *there,
				 struct reason *why)
{
	uint64_t nothing = 0;

	if (no_tables)
		return ERROR_NO_MEMORY;
	if (racing)
		pthread_barrier_wait(&together);
	assert_int_equal(pages[number_of(hpa_to_virt(to))].owner, VM_OWNER);
	if (__atomic_compare_exchange_n(entry_of(at), &nothing, to.value, false, __ATOMIC_SEQ_CST,
					__ATOMIC_SEQ_CST))
		nothing = to.value;
	*there = hpa(nothing);
	return ERROR_NONE;
}

static struct nested_mapping query(struct nested_table *table, gpa_t at)
{
	uint64_t to = __atomic_load_n(entry_of(at), __ATOMIC_SEQ_CST);

	return (struct nested_mapping) { .present = to, .page_size = PAGE_SIZE, .to = hpa(to) };
}

static const struct virt_ops ops = { .nested_populate = populate_entry, .nested_query = query };
const struct virt_ops *virt = &ops;

static struct vm vm;

static int make(void **state)
{
	memset(&vm, 0, sizeof(vm));
	memset(mapped, 0, sizeof(mapped));
	memset(&stopped, 0, sizeof(stopped));
	pool_size = POOL;
	no_tables = racing = false;
	vm.id = VM_OWNER - 1;
	vm.state = VM_STARTED;
	vm.slots[0] = (struct vm_slot) { gpa(BASE), SLOT_PAGES * PAGE_SIZE, NULL,
					 ACCESS_READ | ACCESS_WRITE | ACCESS_EXECUTE };
	vm.slot_count = 1;
	lazy_memory_begin(&vm, vm.slots[0].base, vm.slots[0].length);
	return 0;
}

static int nothing_is_left(void **state)
{
	lazy_memory_end(&vm);
	assert_int_equal(taken(), 0);
	return 0;
}

/* --- what is promised -------------------------------------------------------------------------- */

static bool is_zero(const uint8_t *page)
{
	for (unsigned i = 0; i < PAGE_SIZE; i++)
		if (page[i])
			return false;
	return true;
}

static void a_touch_takes_one_page(void **state)
{
	assert_int_equal(taken(), 0);
	assert_int_equal(lazy_memory_touch(&vm, gpa(BASE + 0x3123)), LAZY_POPULATED);
	for (unsigned i = 0; i < SLOT_PAGES; i++)
		assert_int_equal(mapped[i] != 0, i == 3);
	assert_true(is_zero(hpa_to_virt(hpa(mapped[3]))));
	assert_true(taken() <= STOCK_PAGES);
	/* Again, as another vCPU that was late: the same page. */
	uint64_t first = mapped[3];
	assert_int_equal(lazy_memory_touch(&vm, gpa(BASE + 0x3ff8)), LAZY_POPULATED);
	assert_int_equal(mapped[3], first);
	assert_int_equal(lazy_memory_touch(&vm, gpa(BASE - 1)), LAZY_NOT);
	assert_int_equal(lazy_memory_touch(&vm, gpa(BASE + SLOT_PAGES * PAGE_SIZE)), LAZY_NOT);
}

static void only_what_lies_between_is_near(void **state)
{
	assert_true(lazy_memory_is_near(&vm, gpa(BASE)));
	assert_false(lazy_memory_is_near(&vm, gpa(BASE - 1)));
	assert_false(lazy_memory_is_near(&vm, gpa(BASE + SLOT_PAGES * PAGE_SIZE)));
	lazy_memory_begin(&vm, gpa(GIB(4)), GIB(1));
	lazy_memory_begin(&vm, gpa(GIB(1)), PAGE_SIZE);
	assert_true(lazy_memory_is_near(&vm, gpa(GIB(1))));
	assert_true(lazy_memory_is_near(&vm, gpa(GIB(5) - 1)));
	assert_false(lazy_memory_is_near(&vm, gpa(GIB(5))));
	assert_false(lazy_memory_is_near(&vm, gpa(GIB(1) - 1)));
}

static void copies_read_zeroes_and_write_pages(void **state)
{
	uint8_t bytes[3 * PAGE_SIZE];

	memset(bytes, 1, sizeof(bytes));
	assert_true(guest_physical_read(&vm, gpa(BASE + 0x800), bytes, 2 * PAGE_SIZE));
	assert_true(is_zero(bytes) && is_zero(bytes + PAGE_SIZE));
	assert_int_equal(taken(), 0);
	memset(bytes, 7, sizeof(bytes));
	assert_true(guest_physical_write(&vm, gpa(BASE + 0x1800), bytes, PAGE_SIZE));
	assert_true(mapped[1] && mapped[2] && !mapped[0] && !mapped[3]);
	assert_true(guest_physical_read(&vm, gpa(BASE), bytes, 3 * PAGE_SIZE));
	assert_true(is_zero(bytes));
	assert_int_equal(bytes[0x17ff], 0);
	assert_int_equal(bytes[0x1800], 7);
	assert_int_equal(bytes[0x27ff], 7);
	assert_int_equal(bytes[0x2800], 0);
}

static void a_pointer_reaches_to_the_pages_end(void **state)
{
	uint8_t *at = guest_ram(&vm, gpa(BASE + 0x4ff0), 16, ACCESS_WRITE);

	assert_non_null(at);
	assert_ptr_equal(at, (uint8_t *)mapped[4] + 0xff0);
	assert_ptr_equal(guest_ram(&vm, gpa(BASE + 0x4000), PAGE_SIZE, ACCESS_READ),
			 (uint8_t *)mapped[4]);
	assert_null(guest_ram(&vm, gpa(BASE + 0x4ff0), 17, ACCESS_WRITE));
	/* One slot after another: still no pointer across the border. */
	vm.slots[1] = (struct vm_slot) { gpa(BASE - PAGE_SIZE), PAGE_SIZE, pool[POOL - 1], 7 };
	vm.slot_count = 2;
	assert_null(guest_ram(&vm, gpa(BASE - 8), 16, ACCESS_READ));
	assert_true(guest_is_ram(&vm, gpa(BASE - 8), 16, ACCESS_READ));
}

static void the_pages_that_are_there_are_found(void **state)
{
	static const unsigned wanted[] = { 0, 5, 6, SLOT_PAGES - 1 };
	uint64_t offset = 0;
	uint8_t *page;

	for (unsigned i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_int_equal(lazy_memory_touch(&vm, gpa(BASE + wanted[i] * PAGE_SIZE)),
				 LAZY_POPULATED);
	for (unsigned i = 0; i < ARRAY_SIZE(wanted); i++, offset += PAGE_SIZE) {
		assert_true(lazy_memory_next(&vm, &vm.slots[0], &offset, &page));
		assert_int_equal(offset, wanted[i] * PAGE_SIZE);
		assert_ptr_equal(page, (void *)mapped[wanted[i]]);
	}
	assert_false(lazy_memory_next(&vm, &vm.slots[0], &offset, &page));
}

static void a_host_without_memory_ends_the_vm(void **state)
{
	unsigned got = 0;

	pool_size = PAGES_KEPT + STOCK_PAGES + 2; /* what is kept stays for who tells of its end */
	while (lazy_memory_touch(&vm, gpa(BASE + got * PAGE_SIZE)) == LAZY_POPULATED)
		got++;
	assert_int_equal(got, STOCK_PAGES);
	assert_in_range(pages_available(), PAGES_KEPT, PAGES_KEPT + STOCK_PAGES);
	assert_int_equal(stopped.kind, ERROR_NO_MEMORY);
	assert_string_equal(stopped.text,
			    "the host has no page left for guest-physical 0x80008000: what lazy= "
			    "lets VMs have is more than there is");
	assert_null(guest_ram(&vm, gpa(BASE + 20 * PAGE_SIZE), 1, ACCESS_WRITE));
	assert_false(guest_physical_write(&vm, gpa(BASE + 20 * PAGE_SIZE), "x", 1));
	/* What does not take any goes on, for who tells of its end. */
	uint8_t byte = 1;
	assert_true(guest_physical_read(&vm, gpa(BASE + 20 * PAGE_SIZE), &byte, 1));
	assert_int_equal(byte, 0);
}

/* No stock is in one piece there. */
static void a_pool_in_pieces_gives_single_pages(void **state)
{
	for (unsigned i = 0; i < POOL; i += STOCK_PAGES)
		pages[i].taken = true;
	for (unsigned i = 0; i < 2 * STOCK_PAGES; i++)
		assert_int_equal(lazy_memory_touch(&vm, gpa(BASE + i * PAGE_SIZE)), LAZY_POPULATED);
	assert_int_equal(taken(), POOL / STOCK_PAGES + 2 * STOCK_PAGES);
	for (unsigned i = 0; i < POOL; i += STOCK_PAGES)
		pages[i].taken = false;
}

static void a_table_without_memory_does_so_too(void **state)
{
	no_tables = true;
	assert_int_equal(lazy_memory_touch(&vm, gpa(BASE)), LAZY_SHORT);
	assert_int_equal(stopped.kind, ERROR_NO_MEMORY);
}

/* Its maker has the error, and ends it. */
static void a_new_vm_is_not_stopped(void **state)
{
	vm.state = VM_NEW;
	pool_size = 0;
	assert_null(guest_ram(&vm, gpa(BASE), 1, ACCESS_WRITE));
	assert_int_equal(stopped.kind, ERROR_NONE);
}

static void *touch_all(void *argument)
{
	for (unsigned i = 0; i < 10; i++)
		if (lazy_memory_touch(&vm, gpa(BASE + i * PAGE_SIZE)) != LAZY_POPULATED)
			return &vm;
	return NULL;
}

/* Every thread comes to the table with a page of its own, for the same place: one stays. */
static void many_touch_the_same_pages(void **state)
{
	pthread_t threads[THREADS];
	void *bad;

	racing = true;
	pthread_barrier_init(&together, NULL, THREADS);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, touch_all, NULL), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &bad);
		assert_null(bad);
	}
	racing = false;
	pthread_barrier_destroy(&together);
	for (unsigned i = 0; i < 10; i++) {
		assert_int_not_equal(mapped[i], 0);
		for (unsigned k = 0; k < i; k++)
			assert_int_not_equal(mapped[i], mapped[k]);
	}
	assert_int_equal(taken(), 10 + vm.lazy_stocked);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, nothing_is_left)
	const struct CMUnitTest tests[] = {
		TEST(a_touch_takes_one_page),
		TEST(only_what_lies_between_is_near),
		TEST(copies_read_zeroes_and_write_pages),
		TEST(a_pointer_reaches_to_the_pages_end),
		TEST(the_pages_that_are_there_are_found),
		TEST(a_host_without_memory_ends_the_vm),
		TEST(a_pool_in_pieces_gives_single_pages),
		TEST(a_table_without_memory_does_so_too),
		TEST(a_new_vm_is_not_stopped),
		TEST(many_touch_the_same_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
