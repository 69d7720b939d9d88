#include "vmx/vcpu/probe_vm.h"

#include "kernel/cpu.h"
#include "kernel/time.h"
#include "vm/board.h"
#include "vm/manager.h"

#define SLICE_US 10000

static const struct board_ops no_board;

struct vm *probe_vm_make(const struct probe_vm *probe, void *argument, struct reason *why)
{
	struct vm *vm;

	if (vm_create(&vm, probe->name, probe->memory, 1, &no_board, NULL, why))
		return NULL;
	struct vcpu *vcpu = vm->vcpus[0];
	uint8_t *memory = vm_memory(vm, gpa(0), probe->memory);

	if (memory) {
		probe->prepare(vcpu, memory, argument);
		if (!vcpu_set_entry(vcpu, gpa(PROBE_ENTRY)) && !vcpu_setup(vcpu, &probe->config) &&
		    !vcpu_bind(vcpu))
			return vm;
	}
	reason_set(why, ERROR_BAD_STATE, "the vCPU cannot be set up: see the log");
	vm_stop(vm, NULL);
	return NULL;
}

enum error probe_vm_run(struct vm *vm, struct vcpu_exit *exit)
{
	struct vcpu *vcpu = vm->vcpus[0];
	enum error error;

	do {
		vcpu_set_slice(vcpu, time_us_to_ticks(SLICE_US));
		__atomic_store_n(&this_cpu()->need_resched, false, __ATOMIC_SEQ_CST);
		error = vcpu_run(&vcpu, exit);
	} while (!error && exit->kind == VCPU_EXIT_KICKED);
	return error;
}
