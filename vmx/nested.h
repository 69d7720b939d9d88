/* Nested page tables of VMs on EPT: the nested_* calls of vm/virt_ops.h, and the one rule for
 * flushing them.
 *
 * Every table carries a generation that grows with each change which takes something away. Each
 * CPU remembers, per table, the generation it last executed INVEPT at. The run loop calls
 * nested_catch_up() with interrupts off right before a VM entry, when the generation is another one:
 * INVEPT is executed only when this CPU is behind. Leaving the run loop it calls nested_leave(). A
 * change that takes something away returns only after every CPU that was inside the table's guest
 * has left or caught up (kicked, with a deadline), so that afterwards the memory may be reused.
 * A table's first use on a CPU also flushes: its root page may have been another table's. VPIDs
 * need nothing of their own here, INVEPT covers the combined mappings of all of them. */
#ifndef VMX_NESTED_H
#define VMX_NESTED_H

#include "ept/ept.h"
#include "kernel/cpu.h"
#include "kernel/spinlock.h"
#include "lib/error.h"
#include "lib/list.h"
#include "lib/range_set.h"
#include "lib/types.h"
#include "vm/virt_ops.h"
#include "x86/mtrr.h"

#define NESTED_CLAIMS 128

/* What a CPU has to do with a table. */
struct nested_cpu {
	uint64_t flushed; /* generation at its last INVEPT; that CPU only */
	uint64_t inside;  /* generation it runs the guest with, 0 outside; atomic */
};

struct nested_table {
	/* Guarded by the lock in nested.c. */
	struct list link;        /* among all tables */
	struct range_set claims; /* host memory that this table maps or has mapped */
	struct address_range claim_ranges[NESTED_CLAIMS];

	/* Guards the entries. Never held while waiting for a CPU: it may be taken inside the guest's
	 * loop. Who takes away or replaces an entry has the lock in nested.c besides. */
	struct spinlock lock;
	struct ept ept;
	/* Host memory of one type, around the page that was populated last; the same lock. */
	struct address_range uniform;
	enum memory_type uniform_type;

	uint64_t pointer;         /* EPTP; constant */
	uint64_t generation;      /* atomic; from 1 */
	struct nested_cpu cpus[]; /* cpu_count() of them */
};

/* Once, on the bootstrap processor, before any table is made. `capability` is
 * IA32_VMX_EPT_VPID_CAP as all CPUs have it; page sizes also follow the command line. Unsupported
 * with what is missing. */
enum error nested_init(uint64_t capability, struct reason *why) must_check;

/* The calls of vm/virt_ops.h. Any CPU, not from an interrupt handler, not from an exit handler in
 * the run loop: these take a lock and may wait for other CPUs.
 *
 * nested_map() refuses memory of Plinth's own and what is no RAM (InvalidInput), and memory that
 * another table has claimed (ResourceBusy); a claim lasts as long as its table. NoMemory leaves
 * the range as it was or, where it spans memory types, unmapped. */
enum error nested_create(struct nested_table **table, struct reason *why) must_check;
void nested_limit(struct nested_table *table, uint64_t largest_page);
enum error nested_map(struct nested_table *table, gpa_t at, hpa_t to, uint64_t length,
		      unsigned rights, enum nested_memory_type type, struct reason *why) must_check;
enum error nested_unmap(struct nested_table *table, gpa_t at, uint64_t length,
			struct reason *why) must_check;
enum error nested_misconfigure(struct nested_table *table, gpa_t at, struct reason *why) must_check;
/* These two also in the run loop. What is populated is no claim: it comes from the page pool for this
 * VM alone, and goes back when the VM has ended. */
enum error nested_populate(struct nested_table *table, gpa_t at, hpa_t to, hpa_t *there,
			   struct reason *why) must_check;
struct nested_mapping nested_query(struct nested_table *table, gpa_t at);
hpa_t nested_root(const struct nested_table *table);
uint64_t nested_pages(const struct nested_table *table);
/* No CPU may be inside the table's guest. */
void nested_destroy(struct nested_table *table);

/* The EPT pointer for the VMCS; `root` as from nested_root(). */
uint64_t nested_pointer(hpa_t root);

/* Before a VM entry with this table, when nested_generation() is not what the last call of this since
 * nested_leave() returned: executes INVEPT where it has to be. Interrupts off, in VMX operation, on CPU
 * `cpu` (its index). Returns the generation, from 1. */
uint64_t nested_catch_up(struct nested_table *table, unsigned cpu);

/* The generation that a CPU has to have reached before its next entry. */
static inline uint64_t nested_generation(const struct nested_table *table)
{
	return __atomic_load_n(&table->generation, __ATOMIC_SEQ_CST);
}

/* The same when the run loop begins: mostly nothing has changed since this CPU was inside last. */
static inline uint64_t nested_enter(struct nested_table *table, unsigned cpu)
{
	struct nested_cpu *mine = &table->cpus[cpu];
	uint64_t generation = nested_generation(table);

	if (likely(mine->flushed == generation)) {
		/* As in nested_catch_up(): stored, then looked at once more. */
		__atomic_store_n(&mine->inside, generation, __ATOMIC_SEQ_CST);
		if (likely(generation == nested_generation(table)))
			return generation;
	}
	return nested_catch_up(table, cpu);
}

/* When the run loop returns to the machine above, on that CPU. */
static inline void nested_leave(struct nested_table *table, unsigned cpu)
{
	__atomic_store_n(&table->cpus[cpu].inside, 0, __ATOMIC_RELEASE);
}

#endif
