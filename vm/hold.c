/* VMs whose vCPUs stop for a while: paused, about to start anew, or held by a debugger. Each vCPU is parked by the CPU it
 * was bound to: unbound and in no queue. */
#include "vm/manager.h"

#include "kernel/output/log.h"
#include "kernel/time.h"
#include "lib/bits.h"
#include "vm/schedule/scheduler.h"
#include "vm/vcpu/vcpu_account.h"

bool vm_all_parked(const struct vm *vm)
{
	for (unsigned i = 0; i < vm->vcpu_count; i++)
		if (!(vm->parked & BIT(i)) &&
		    !__atomic_load_n(&vm->vcpus[i]->ended, __ATOMIC_SEQ_CST))
			return false;
	return true;
}

/* Nobody but this CPU touches the VM's vCPUs: all are parked, and stay so. What is done for the VM
 * counts as a turn of its first vCPU, so that its deadline comes even if it does nothing else. Returns
 * true when there is more to do. */
static bool restart(struct vm *vm)
{
	uint64_t *turns = &vm->vcpus[0]->turn_ticks, started = time_ticks();
	struct reason why = { 0 };
	bool again = false;
	enum error error = vm->board->restart(vm, &again, &why);

	__atomic_store_n(turns, *turns + time_ticks() - started, __ATOMIC_RELAXED);
	if (error) {
		why.kind = error;
		vm_stop(vm, &why);
		return false;
	}
	if (!again)
		vm_record_event(vm, RECORD_VM, "reset");
	if (!again)
		log_info("vm", "reset vm=%u(%s)", vm->id, vm->name);
	return again;
}

/* The vCPU that is to come back for the next step of a restart: its turn parks it again, at once. */
static uint64_t pick_one(struct vm *vm)
{
	uint64_t one = vm->parked & -vm->parked;

	vm->parked &= ~one;
	return one;
}

/* Under vm->lock: those that are parked and that nothing holds any longer. */
static uint64_t take_free(struct vm *vm)
{
	uint64_t unheld = vm->parked;

	if (vm->restarting || vm->claimed)
		return 0;
	if (vm->state == VM_STARTED)
		unheld &= vm->holds ? 0 : ~vm->debug_holds;
	vm->parked &= ~unheld;
	return unheld;
}

void vm_settle(struct vm *vm)
{
	uint64_t flags = spinlock_acquire(&vm->lock), ready = 0;

	if (!vm->restarting && !vm->claimed && vm->state == VM_STARTED &&
	    (vm->holds & VM_HOLD_RESET) && vm_all_parked(vm)) {
		vm->restarting = true;
		spinlock_release(&vm->lock, flags);
		bool again = restart(vm);
		flags = spinlock_acquire(&vm->lock);
		vm->restarting = false;
		if (again)
			ready = pick_one(vm);
		else
			__atomic_and_fetch(&vm->holds, ~(uint32_t)VM_HOLD_RESET, __ATOMIC_SEQ_CST);
	}
	ready |= take_free(vm);
	spinlock_release(&vm->lock, flags);
	/* After the last one the VM may be gone. */
	while (ready) {
		struct vcpu *vcpu = vm->vcpus[__builtin_ctzll(ready)];

		ready &= ready - 1;
		scheduler_add(vcpu);
	}
}

static void hold(struct vm *vm, enum vm_hold why)
{
	uint64_t flags = spinlock_acquire(&vm->lock);
	bool started = vm->state == VM_STARTED;

	if (started)
		__atomic_or_fetch(&vm->holds, why, __ATOMIC_SEQ_CST);
	spinlock_release(&vm->lock, flags);
	if (!started)
		return;
	vm_record_event(vm, RECORD_VM, why == VM_HOLD_PAUSE ? "pausing" : "resetting");
	for (unsigned i = 0; i < vm->vcpu_count; i++)
		scheduler_wake(vm->vcpus[i]);
}

void vm_pause(struct vm *vm)
{
	hold(vm, VM_HOLD_PAUSE);
}

void vm_reset(struct vm *vm)
{
	hold(vm, VM_HOLD_RESET);
	/* All may be parked already: no other would look. */
	vm_settle(vm);
}

void vm_resume(struct vm *vm)
{
	uint64_t flags = spinlock_acquire(&vm->lock);

	__atomic_and_fetch(&vm->holds, ~(uint32_t)VM_HOLD_PAUSE, __ATOMIC_SEQ_CST);
	spinlock_release(&vm->lock, flags);
	vm_record_event(vm, RECORD_VM, "resumed");
	vm_settle(vm);
}

bool vm_is_paused(const struct vm *vm)
{
	return __atomic_load_n(&vm->holds, __ATOMIC_RELAXED) & VM_HOLD_PAUSE;
}

void vm_vcpu_parked(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;
	uint64_t flags = spinlock_acquire(&vm->lock);

	vm->parked |= BIT(vcpu->id);
	spinlock_release(&vm->lock, flags);
	vm_settle(vm);
}

/* Takes the vCPU out of those that are parked, for a turn that parks it again. */
static bool unpark(struct vm *vm, const struct vcpu *vcpu)
{
	uint64_t flags = spinlock_acquire(&vm->lock);
	bool parked = !vm->restarting && !vm->claimed && (vm->parked & BIT(vcpu->id));

	if (parked)
		vm->parked &= ~BIT(vcpu->id);
	spinlock_release(&vm->lock, flags);
	return parked;
}

void vm_ask_where(struct vm *vm)
{
	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		struct vcpu *vcpu = vm->vcpus[i];

		__atomic_store_n(&vcpu->asked, true, __ATOMIC_SEQ_CST);
		if (unpark(vm, vcpu))
			scheduler_add(vcpu);
		else
			scheduler_wake(vcpu);
	}
}
