/* Spinlocks that know their name and holder. Taking one disables interrupts on this CPU and releasing
 * it restores them, so a lock may be shared with interrupt handlers. The order in which locks nest
 * is in docs/locking.md. A CPU that takes a lock it already holds panics by name.
 *
 * Whoever comes first gets a free lock: tickets would be fair, but where an emulator or another
 * hypervisor runs many CPUs on few, the next ticket's holder is mostly not running, and every
 * hand-over costs a time slice of the host. */
#ifndef KERNEL_SPINLOCK_H
#define KERNEL_SPINLOCK_H

#include "kernel/cpu.h"
#include "lib/assert.h"
#include "lib/types.h"

struct spinlock {
	uint32_t holder; /* CPU index + 1 of the holder, 0 when free; atomic */
	const char *name;
};

#define SPINLOCK_INIT(lock_name)    \
	{                           \
		.name = (lock_name) \
	}

/* Waits for the lock; returns RFLAGS as they were, for spinlock_release(). */
uint64_t spinlock_acquire(struct spinlock *lock) must_check;
void spinlock_release(struct spinlock *lock, uint64_t rflags);

/* Takes the lock only if it is free at once; interrupts are disabled only on success. */
bool spinlock_try_acquire(struct spinlock *lock, uint64_t *rflags) must_check;

/* True when this CPU holds the lock: for assertions. */
bool spinlock_is_held(const struct spinlock *lock);

/* --- where interrupts are off already, as they are while a backend answers an exit -------------- */

/* Waits for the lock, and has it then; for one that was not free. */
void spinlock_wait(struct spinlock *lock);

/* Takes the lock if it is free: what else there is to do costs the callers of this no registers. */
static inline bool spinlock_try_take(struct spinlock *lock)
{
	uint32_t nobody = 0;

	return likely(__atomic_compare_exchange_n(&lock->holder, &nobody, this_cpu_holder(), false,
						  __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
}

static inline void spinlock_take(struct spinlock *lock)
{
	if (!spinlock_try_take(lock))
		spinlock_wait(lock);
}

static inline void spinlock_give(struct spinlock *lock)
{
	assert_slow(spinlock_is_held(lock));
	__atomic_store_n(&lock->holder, 0, __ATOMIC_RELEASE);
}

#endif
