/* Which VM is debugged, and the holding of its vCPUs. */
#include "vm/debugger.h"

#include "lib/bits.h"
#include "lib/string.h"
#include "vm/manager.h"
#include "vm/schedule/scheduler.h"

/* Constant after vm_debug_wait_for(). */
static struct {
	const char *name;
	const struct vm_debugger *debugger;
} awaited;

void vm_debug_wait_for(const char *name, const struct vm_debugger *debugger)
{
	awaited.name = name;
	awaited.debugger = debugger;
}

void vm_debug_adopt(struct vm *vm)
{
	if (!awaited.debugger || strcmp(awaited.name, vm->name))
		return;
	vm->debugger = awaited.debugger;
	vm->debug_holds = UINT64_MAX;
}

void vm_debug_hold(struct vm *vm, uint64_t vcpus)
{
	uint64_t flags = spinlock_acquire(&vm->lock);
	uint64_t fresh = vcpus & ~vm->debug_holds;

	__atomic_store_n(&vm->debug_holds, vcpus, __ATOMIC_SEQ_CST);
	spinlock_release(&vm->lock, flags);
	for (unsigned i = 0; i < vm->vcpu_count; i++)
		if (fresh & BIT(i))
			scheduler_wake(vm->vcpus[i]);
	vm_settle(vm);
}

bool vm_debug_claim(struct vm *vm)
{
	uint64_t flags = spinlock_acquire(&vm->lock);
	uint64_t all = BITS(vm->vcpu_count - 1, 0);
	bool claimed = vm->state == VM_STARTED && (vm->debug_holds & all) == all &&
		       !vm->restarting && vm_all_parked(vm);

	vm->claimed = claimed;
	spinlock_release(&vm->lock, flags);
	return claimed;
}

void vm_debug_release(struct vm *vm)
{
	uint64_t flags = spinlock_acquire(&vm->lock);

	vm->claimed = false;
	spinlock_release(&vm->lock, flags);
	vm_settle(vm);
}
