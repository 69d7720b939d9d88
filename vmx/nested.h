/* Nested page tables of VMs on EPT: the nested_* calls of vm/virt_ops.h, and the one rule for
 * flushing them.
 *
 * Every table carries a generation that grows with each change which takes something away. Each
 * CPU remembers, per table, the generation it last executed INVEPT at. The run loop calls
 * nested_enter() with interrupts off right before each VM entry: it compares one number and
 * executes single-context INVEPT only when this CPU is behind. Leaving the run loop it calls
 * nested_leave(). A change that takes something away returns only after every CPU that was inside
 * the table's guest has left or caught up (kicked, with a deadline), so that afterwards the memory
 * may be reused. A table's first use on a CPU also flushes: its root page may have been another
 * table's. VPID-tagged linear mappings need nothing of their own, INVEPT covers combined ones. */
#ifndef VMX_NESTED_H
#define VMX_NESTED_H

#include "ept/ept.h"
#include "kernel/cpu.h"
#include "lib/error.h"
#include "lib/types.h"
#include "vm/virt_ops.h"

struct nested_table {
	struct ept ept;
	uint64_t pointer;    /* EPTP; constant */
	uint64_t generation; /* atomic; from 1 */
	/* Per CPU: the generation at the last INVEPT (that CPU only), and the one it is inside the
	 * guest with, 0 outside (atomic). */
	uint64_t *flushed, *inside;
	struct nested_claims *claims;
	struct list link; /* all tables; guarded by the lock in nested.c, as is `ept` */
};

/* Once, before any table is made: what the CPUs offer, whether only 4 KiB pages may be used, and
 * whether INVEPT has the single-context type (else all-contexts is executed). */
void nested_init(const struct ept_format *format, bool single_context);

enum error nested_create(struct nested_table **table, struct reason *why) must_check;
/* Refuses memory of Plinth's own, memory that is no RAM (both InvalidInput) and memory that
 * another table maps (ResourceBusy). `type` is the wish; where the host's MTRRs say less than
 * write-back, theirs counts. */
enum error nested_map(struct nested_table *table, gpa_t at, hpa_t to, uint64_t length,
		      unsigned rights, enum nested_memory_type type, struct reason *why) must_check;
enum error nested_unmap(struct nested_table *table, gpa_t at, uint64_t length,
			struct reason *why) must_check;
hpa_t nested_root(const struct nested_table *table);
void nested_destroy(struct nested_table *table);
/* For a test guest: makes the CPU refuse the entry of `at`'s page as misconfigured. */
enum error nested_misconfigure(struct nested_table *table, gpa_t at, struct reason *why) must_check;

/* The EPT pointer for the VMCS; `root` as from nested_root(). */
uint64_t nested_pointer(hpa_t root);

/* The generation that has to be reached before the next entry. */
static inline uint64_t vmx_nested_generation(const struct nested_table *table)
{
	return __atomic_load_n(&table->generation, __ATOMIC_SEQ_CST);
}

/* The slow half of nested_enter(). Interrupts off. */
void nested_catch_up(struct nested_table *table, unsigned cpu);

/* Right before each VM entry with this table, interrupts off, on CPU `cpu` (its index). */
static inline void nested_enter(struct nested_table *table, unsigned cpu)
{
	if (unlikely(table->inside[cpu] != vmx_nested_generation(table)))
		nested_catch_up(table, cpu);
}

/* When the run loop returns to the machine above, or the vCPU is unbound. */
static inline void nested_leave(struct nested_table *table, unsigned cpu)
{
	__atomic_store_n(&table->inside[cpu], 0, __ATOMIC_RELEASE);
}

#endif
