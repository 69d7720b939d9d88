/* Test and test-and-set: waiters only read until the lock looks free. */
#include "kernel/spinlock.h"

#include "kernel/cpu.h"
#include "kernel/panic.h"
#include "kernel/panic_report.h"
#include "kernel/time.h"
#include "x86/control_registers.h"
#include "x86/instructions.h"

/* No holder needs nearly as long, not even where an emulator runs a hundred CPUs on one. */
#define WAIT_TIMEOUT_US 30000000ull
/* Reading the clock at every turn would slow the others down. */
#define SPINS_PER_LOOK  1024

static bool take_if_free(struct spinlock *lock)
{
	return !__atomic_load_n(&lock->holder, __ATOMIC_RELAXED) && spinlock_try_take(lock);
}

void spinlock_wait(struct spinlock *lock)
{
	if (spinlock_is_held(lock))
		panic("CPU %u takes the lock %s twice", this_cpu()->index, lock->name);

	struct deadline end = deadline_in_us(WAIT_TIMEOUT_US);

	for (unsigned spins = 1; !take_if_free(lock); spins++) {
		cpu_relax();
		if (spins % SPINS_PER_LOOK || !deadline_passed(&end))
			continue;
		if (panic_stopping())
			panic_stop_this_cpu();
		panic("CPU %u waits for the lock %s, which CPU %d holds", this_cpu()->index,
		      lock->name, (int)__atomic_load_n(&lock->holder, __ATOMIC_RELAXED) - 1);
	}
}

uint64_t spinlock_acquire(struct spinlock *lock)
{
	uint64_t rflags = read_rflags();

	interrupts_disable();
	spinlock_take(lock);
	return rflags;
}

bool spinlock_try_acquire(struct spinlock *lock, uint64_t *rflags)
{
	uint64_t saved = read_rflags();

	interrupts_disable();
	if (take_if_free(lock)) {
		*rflags = saved;
		return true;
	}
	if (saved & RFLAGS_IF)
		interrupts_enable();
	return false;
}

void spinlock_release(struct spinlock *lock, uint64_t rflags)
{
	spinlock_give(lock);
	if (rflags & RFLAGS_IF)
		interrupts_enable();
}

bool spinlock_is_held(const struct spinlock *lock)
{
	return __atomic_load_n(&lock->holder, __ATOMIC_RELAXED) == this_cpu()->index + 1;
}
