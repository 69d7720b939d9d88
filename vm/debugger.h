/* A debugger that holds a VM: told of what happens in it, it stops and starts its vCPUs. At most one
 * VM has one. The vCPUs that it holds are parked as those of a paused VM are (vm/hold.c), each by
 * itself. */
#ifndef VM_DEBUGGER_H
#define VM_DEBUGGER_H

#include "lib/types.h"
#include "vm/board.h"
#include "vm/vm.h"

struct vm_debugger {
	/* VCPU_EXIT_DEBUG. As board->exit(): on the bound CPU, interrupts on, vCPU Ready. */
	enum board_action (*exit)(struct vcpu *vcpu, const struct vcpu_exit *exit);
	/* Once, before board->ended(), likewise with null for an orderly end. */
	void (*ended)(const struct vm *vm, const struct reason *trouble);
};

/* The VM of this name, when it is made, has this debugger, and all its vCPUs are held from the
 * start. Before the first is made. */
void vm_debug_wait_for(const char *name, const struct vm_debugger *debugger);

/* For the manager, when it makes a VM. */
void vm_debug_adopt(struct vm *vm);

/* Which vCPUs the debugger holds from now on, a bit each; the others go on, unless something else
 * holds them. Returns at once. Any CPU, by whoever knows that the VM still exists. */
void vm_debug_hold(struct vm *vm, uint64_t vcpus);

/* When the debugger holds all vCPUs, and all of them are parked: true, and they stay so until
 * vm_debug_release(), whatever happens to the VM, so that their registers can be read and written
 * on this CPU. The release may free the VM, unless the caller keeps it (vm_act_on()). */
bool vm_debug_claim(struct vm *vm) must_check;
void vm_debug_release(struct vm *vm);

#endif
