/* Ticket locks: takers are served in the order in which they came. */
#include "kernel/spinlock.h"

#include "kernel/cpu.h"
#include "kernel/panic.h"
#include "x86/control_registers.h"
#include "x86/instructions.h"

static void take(struct spinlock *lock)
{
	__atomic_store_n(&lock->holder, this_cpu()->index + 1, __ATOMIC_RELAXED);
}

uint64_t spinlock_acquire(struct spinlock *lock)
{
	uint64_t rflags = read_rflags();

	interrupts_disable();
	if (unlikely(spinlock_is_held(lock)))
		panic("CPU %u takes the lock %s twice", this_cpu()->index, lock->name);
	uint32_t ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);
	while (__atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) != ticket)
		cpu_relax();
	take(lock);
	return rflags;
}

bool spinlock_try_acquire(struct spinlock *lock, uint64_t *rflags)
{
	uint64_t saved = read_rflags();

	interrupts_disable();
	uint32_t ticket = __atomic_load_n(&lock->serving, __ATOMIC_RELAXED);
	if (__atomic_compare_exchange_n(&lock->next, &ticket, ticket + 1, false, __ATOMIC_ACQUIRE,
					__ATOMIC_RELAXED)) {
		take(lock);
		*rflags = saved;
		return true;
	}
	if (saved & RFLAGS_IF)
		interrupts_enable();
	return false;
}

void spinlock_release(struct spinlock *lock, uint64_t rflags)
{
	assert_slow(spinlock_is_held(lock));
	__atomic_store_n(&lock->holder, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&lock->serving, lock->serving + 1, __ATOMIC_RELEASE);
	if (rflags & RFLAGS_IF)
		interrupts_enable();
}

bool spinlock_is_held(const struct spinlock *lock)
{
	return __atomic_load_n(&lock->holder, __ATOMIC_RELAXED) == this_cpu()->index + 1;
}
