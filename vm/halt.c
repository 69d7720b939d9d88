/* VMs in which nothing will ever happen again: "cli; hlt" is how a guest without a way to power off
 * says that it has finished. */
#include "vm/manager.h"

#include "kernel/output/log.h"
#include "vm/ipi.h"

/* Only an NMI, INIT or SIPI could wake it. */
static bool is_halted(const struct vcpu *vcpu)
{
	if (__atomic_load_n(&vcpu->state, __ATOMIC_SEQ_CST) != VCPU_BLOCKED)
		return false;
	return (__atomic_load_n(&vcpu->startup, __ATOMIC_SEQ_CST) & STARTUP_WAITING) ||
	       !__atomic_load_n(&vcpu->halted_interruptible, __ATOMIC_RELAXED);
}

/* Those that could send one are halted themselves. A vCPU that was seen halted may have been woken by
 * one that halted afterwards: the count of wakes tells. */
static bool all_halted(const struct vm *vm)
{
	uint32_t wakes = __atomic_load_n(&vm->wakes, __ATOMIC_SEQ_CST);
	unsigned halted = 0;

	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		const struct vcpu *vcpu = vm->vcpus[i];

		if (__atomic_load_n(&vcpu->ended, __ATOMIC_SEQ_CST))
			continue;
		if (!is_halted(vcpu))
			return false;
		halted++;
	}
	return halted && wakes == __atomic_load_n(&vm->wakes, __ATOMIC_SEQ_CST);
}

void vm_vcpu_blocked(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;
	uint32_t wakes = __atomic_load_n(&vm->wakes, __ATOMIC_SEQ_CST);

	if (!vm->board->all_halted || __atomic_load_n(&vm->state, __ATOMIC_ACQUIRE) != VM_STARTED ||
	    !all_halted(vm) || !vm->board->all_halted(vm))
		return;
	/* What the board looked at may have woken one, which then changed what the board saw. */
	if (wakes != __atomic_load_n(&vm->wakes, __ATOMIC_SEQ_CST))
		return;
	__atomic_store_n(&vm->halted_for_good, true, __ATOMIC_SEQ_CST);
	log_info("vm", "halted for good vm=%u(%s) last-vcpu=%u rip=0x%lx", vm->id, vm->name,
		 vcpu->id, vcpu->record->rip);
	vm_stop(vm, NULL);
}
