/* Nested page tables on EPT: memory for them, whose memory they may map, and their flushing. */
#include "vmx/nested.h"

#include "kernel/command_line.h"
#include "kernel/memory.h"
#include "kernel/panic.h"
#include "kernel/spinlock.h"
#include "kernel/time.h"
#include "lib/bits.h"
#include "vmx/instructions.h"
#include "vmx/nested_format.h"
#include "x86/control_registers.h"
#include "x86/cpuid.h"
#include "x86/instructions.h"
#include "x86/msr.h"
#include "x86/mtrr.h"

/* A CPU that was kicked leaves its guest within microseconds; emulators take longer. */
#define LEAVE_DEADLINE_US 2000000

/* How far host memory is asked to be of one type, beyond a page that is populated. */
#define UNIFORM_REACH GIB(1)

/* Constant after nested_init(). */
static struct ept_format format;
static enum invept_type flush_type;
static struct mtrr_state host_types;

/* Guards `tables` and what struct nested_table says; held over every change but populating. */
static struct spinlock tables_lock = SPINLOCK_INIT("nested tables");
static struct list tables = LIST_INIT(tables);

static void *table_page_allocate(void *context)
{
	return page_alloc();
}

static void table_page_release(void *context, void *page)
{
	page_free(page);
}

static hpa_t table_page_address(void *context, const void *page)
{
	return virt_to_hpa(page);
}

static void *table_page_pointer(void *context, hpa_t address)
{
	return hpa_to_virt(address);
}

static const struct ept_pages table_pages = {
	.allocate = table_page_allocate,
	.release = table_page_release,
	.address = table_page_address,
	.pointer = table_page_pointer,
};

static unsigned physical_address_bits(void)
{
	if (cpuid_query(CPUID_EXTENDED_MAX, 0).eax < CPUID_ADDRESS_SIZES)
		return 36;
	return cpuid_query(CPUID_ADDRESS_SIZES, 0).eax & CPUID_80000008_EAX_PHYSICAL_BITS;
}

cold_fn enum error nested_init(uint64_t capability, struct reason *why)
{
	unsigned address_bits = physical_address_bits();

	if (cpuid_query(CPUID_FEATURES, 0).edx & CPUID_1_EDX_MTRR)
		mtrr_snapshot(&host_types, address_bits, read_msr);
	flush_type =
		capability & EPT_CAP_INVEPT_SINGLE ? INVEPT_SINGLE_CONTEXT : INVEPT_ALL_CONTEXTS;
	return nested_format_choose(&format, capability, address_bits, command_line.large_pages,
				    why);
}

uint64_t nested_pointer(hpa_t root)
{
	return ept_pointer_of(&format, root);
}

hpa_t nested_root(const struct nested_table *table)
{
	return virt_to_hpa(table->ept.root);
}

uint64_t nested_pages(const struct nested_table *table)
{
	return table->ept.tables;
}

/* The generation is stored before it is looked at again: a change either sees this CPU inside, or
 * this CPU sees the change. */
uint64_t nested_catch_up(struct nested_table *table, unsigned cpu)
{
	uint64_t generation;

	do {
		generation = nested_generation(table);
		if (table->cpus[cpu].flushed != generation) {
			struct reason why;

			if (vmx_result_reason(vmx_invept(flush_type, table->pointer), "INVEPT",
					      &why))
				panic("nested page tables cannot be flushed: %s", why.text);
			table->cpus[cpu].flushed = generation;
		}
		__atomic_store_n(&table->cpus[cpu].inside, generation, __ATOMIC_SEQ_CST);
	} while (generation != nested_generation(table));
	return generation;
}

/* Waits until CPU `index` no longer uses what an older generation allowed. */
static void wait_for_cpu(const struct nested_table *table, unsigned index, uint64_t generation)
{
	struct deadline deadline = deadline_in_us(LEAVE_DEADLINE_US);
	uint64_t inside;

	for (bool kicked = false;; kicked = true) {
		inside = __atomic_load_n(&table->cpus[index].inside, __ATOMIC_SEQ_CST);
		if (!inside || inside >= generation)
			return;
		if (!kicked)
			cpu_kick(cpu_by_index(index));
		if (deadline_passed(&deadline))
			panic("CPU %u did not leave a guest whose memory was taken away", index);
		cpu_relax();
	}
}

/* Makes a change that takes something away hold on every CPU, then lets go of unlinked tables. Pages
 * may be populated meanwhile: that unlinks nothing. */
static void publish(struct nested_table *table)
{
	uint64_t generation = __atomic_add_fetch(&table->generation, 1, __ATOMIC_SEQ_CST);

	for (unsigned i = 0; i < cpu_count(); i++)
		wait_for_cpu(table, i, generation);

	uint64_t rflags = spinlock_acquire(&table->lock);

	ept_flushed(&table->ept);
	spinlock_release(&table->lock, rflags);
}

/* Whoever waits for the lock must not be waited for by its holder: it has left the guest. */
static uint64_t change_begin(struct nested_table *table)
{
	uint64_t rflags = spinlock_acquire(&tables_lock);

	assert(!table->cpus[this_cpu()->index].inside);
	/* Interrupts are off already: what they were is in the outer lock's flags. */
	uint64_t inner = spinlock_acquire(&table->lock);

	assert(!(inner & RFLAGS_IF));
	return rflags;
}

static void change_end(struct nested_table *table, uint64_t rflags)
{
	bool stale = table->ept.stale;

	spinlock_release(&table->lock, 0);
	if (stale)
		publish(table);
	spinlock_release(&tables_lock, rflags);
}

static enum error check_owner(const struct nested_table *table, uint64_t start, uint64_t length,
			      struct reason *why)
{
	struct list *link;

	if (memory_is_plinths(hpa(start), length))
		return reason_set(why, ERROR_INVALID_INPUT,
				  "host memory 0x%llx+0x%llx is Plinth's own or no RAM",
				  (unsigned long long)start, (unsigned long long)length);
	list_for_each(link, &tables)
	{
		const struct nested_table *other = list_entry(link, struct nested_table, link);

		if (other != table && range_set_overlaps(&other->claims, start, length))
			return reason_set(why, ERROR_RESOURCE_BUSY,
					  "host memory 0x%llx+0x%llx belongs to another VM",
					  (unsigned long long)start, (unsigned long long)length);
	}
	return ERROR_NONE;
}

/* Pages just mapped end at the range's ends: unmapping needs no table for splitting. */
static void undo_map(struct nested_table *table, gpa_t at, uint64_t length)
{
	struct reason why;

	if (length && ept_unmap(&table->ept, at, length, &why))
		panic("a half-made nested mapping cannot be undone: %s", why.text);
}

/* Maps stretches of one host memory type each. */
static enum error map_by_type(struct nested_table *table, gpa_t at, hpa_t to, uint64_t length,
			      unsigned rights, enum nested_memory_type wish, struct reason *why)
{
	uint64_t run;

	for (uint64_t done = 0; done < length; done += run) {
		gpa_t from = gpa(at.value + done);
		hpa_t target = hpa(to.value + done);
		enum memory_type host;
		enum error error;

		run = mtrr_uniform(&host_types, target, length - done, &host);
		error = ept_map(&table->ept, from, target, run, rights,
				nested_format_type(wish, host), why);
		if (error) {
			undo_map(table, at, done);
			return error;
		}
	}
	return ERROR_NONE;
}

void nested_limit(struct nested_table *table, uint64_t largest_page)
{
	if (largest_page < table->ept.format.largest_page)
		table->ept.format.largest_page = largest_page;
}

cold_fn enum error nested_map(struct nested_table *table, gpa_t at, hpa_t to, uint64_t length,
			      unsigned rights, enum nested_memory_type type, struct reason *why)
{
	if (!is_aligned(at.value | to.value | length, PAGE_SIZE) ||
	    !range_is_valid(to.value, length))
		return reason_set(why, ERROR_INVALID_INPUT,
				  "mapping 0x%llx to 0x%llx+0x%llx is not whole pages",
				  (unsigned long long)at.value, (unsigned long long)to.value,
				  (unsigned long long)length);

	uint64_t rflags = change_begin(table);
	enum error error = check_owner(table, to.value, length, why);

	if (!error)
		error = map_by_type(table, at, to, length, rights, type, why);
	if (!error && !range_set_add(&table->claims, to.value, length)) {
		undo_map(table, at, length);
		error = reason_set(why, ERROR_NO_MEMORY, "a VM's memory is in more than %u pieces",
				   NESTED_CLAIMS);
	}
	change_end(table, rflags);
	return error;
}

enum error nested_unmap(struct nested_table *table, gpa_t at, uint64_t length, struct reason *why)
{
	uint64_t rflags = change_begin(table);
	enum error error = ept_unmap(&table->ept, at, length, why);

	change_end(table, rflags);
	return error;
}

enum error nested_misconfigure(struct nested_table *table, gpa_t at, struct reason *why)
{
	uint64_t rflags = change_begin(table);
	enum error error = ept_set_raw(&table->ept, at, EPT_ENTRY_MISCONFIGURED, why);

	change_end(table, rflags);
	return error;
}

/* The type of the host's memory at `to`, as a rule that of the page before. */
static enum memory_type host_type(struct nested_table *table, hpa_t to)
{
	struct address_range *uniform = &table->uniform;

	if (unlikely(to.value - uniform->start >= uniform->length)) {
		uniform->start = to.value;
		uniform->length =
			mtrr_uniform(&host_types, to, UNIFORM_REACH, &table->uniform_type);
	}
	return table->uniform_type;
}

enum error nested_populate(struct nested_table *table, gpa_t at, hpa_t to, hpa_t *there,
			   struct reason *why)
{
	uint64_t rflags = spinlock_acquire(&table->lock);
	enum error error =
		ept_fill(&table->ept, at, to, EPT_READ | EPT_WRITE | EPT_EXECUTE,
			 nested_format_type(NESTED_WRITE_BACK, host_type(table, to)), there, why);

	spinlock_release(&table->lock, rflags);
	return error;
}

struct nested_mapping nested_query(struct nested_table *table, gpa_t at)
{
	uint64_t rflags = spinlock_acquire(&table->lock);
	struct ept_mapping mapping = ept_query(&table->ept, at);

	spinlock_release(&table->lock, rflags);
	return (struct nested_mapping) {
		.present = mapping.present,
		.malformed = mapping.misconfigured,
		.rights = mapping.rights, /* numbered alike */
		.page_size = mapping.page_size,
		.to = mapping.to,
		.type = nested_format_wish(mapping.type),
	};
}
_Static_assert((int)EPT_READ == ACCESS_READ && (int)EPT_WRITE == ACCESS_WRITE &&
		       (int)EPT_EXECUTE == ACCESS_EXECUTE,
	       "rights are the same bits");

/* All CPUs are known before the first table is made. */
static size_t own_pages(void)
{
	size_t size = sizeof(struct nested_table) + cpu_count() * sizeof(struct nested_cpu);

	return align_up(size, PAGE_SIZE) / PAGE_SIZE;
}

cold_fn enum error nested_create(struct nested_table **out, struct reason *why)
{
	struct nested_table *table = pages_alloc(own_pages(), PAGE_SIZE);
	enum error error;

	if (!table)
		return reason_set(why, ERROR_NO_MEMORY, "no memory for a VM's nested page table");
	error = ept_create(&table->ept, &format, &table_pages, why);
	if (error) {
		pages_free(table, own_pages());
		return error;
	}
	table->lock = (struct spinlock)SPINLOCK_INIT("nested table");
	table->pointer = ept_pointer(&table->ept);
	table->generation = 1; /* no CPU has flushed yet */
	table->claims =
		(struct range_set) { .ranges = table->claim_ranges, .capacity = NESTED_CLAIMS };

	uint64_t rflags = spinlock_acquire(&tables_lock);

	list_append(&tables, &table->link);
	spinlock_release(&tables_lock, rflags);
	*out = table;
	return ERROR_NONE;
}

cold_fn void nested_destroy(struct nested_table *table)
{
	uint64_t rflags = spinlock_acquire(&tables_lock);

	list_remove(&table->link);
	spinlock_release(&tables_lock, rflags);
	for (unsigned i = 0; i < cpu_count(); i++)
		assert(!__atomic_load_n(&table->cpus[i].inside, __ATOMIC_SEQ_CST));
	ept_destroy(&table->ept);
	pages_free(table, own_pages());
}
