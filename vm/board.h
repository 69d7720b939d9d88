/* What surrounds the vCPUs of a VM: it acts on the exits that the backend hands up. Test guests
 * have a test board (guest/), unmodified operating systems will have a PC. */
#ifndef VM_BOARD_H
#define VM_BOARD_H

#include "lib/types.h"
#include "vm/vcpu/vcpu.h"
#include "vm/vm.h"

/* What the run loop does after an exit was handled. */
enum board_action {
	BOARD_RESUME, /* the same vCPU goes on */
	BOARD_YIELD,  /* ready, but the next vCPU's turn */
	BOARD_BLOCK,  /* until an event wakes it */
	BOARD_END_VCPU,
	BOARD_END_VM,    /* all its vCPUs stop */
	BOARD_UNHANDLED, /* nobody knows: the VM stops with the exit's full story */
};

struct board_ops {
	/* On the bound CPU, interrupts on, vCPU Ready. Time-slice, kick and IPI exits never come
	 * here. May say what it did in vcpu->did (a constant string). */
	enum board_action (*exit)(struct vcpu *vcpu, const struct vcpu_exit *exit);
	/* Once, after the last vCPU stopped, before the VM's memory goes. `trouble` is null for an
	 * orderly end, else says why the VM was stopped. May not block. */
	void (*ended)(struct vm *vm, const struct reason *trouble);
};

#endif
