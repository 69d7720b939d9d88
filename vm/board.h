/* What surrounds the vCPUs of a VM: it acts on the exits that the backend hands up. Test guests
 * have a test board (guest/), unmodified operating systems have a PC. */
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
	BOARD_RESET_VM,  /* all its vCPUs stop, and start again as restart() sets them up */
	BOARD_UNHANDLED, /* nobody knows: the VM stops with the exit's full story */
};

struct board_ops {
	/* On the bound CPU, interrupts on, vCPU Ready. The end of a slice, a kick, an IPI and PAUSE never
	 * come here. May say what it did in vcpu->did (a constant string). */
	enum board_action (*exit)(struct vcpu *vcpu, const struct vcpu_exit *exit);
	/* After BOARD_RESET_VM or vm_reset(): all vCPUs that have not ended are Free, and none runs
	 * anywhere. Puts memory and devices into their first state, and for each vCPU calls
	 * vcpu_reset(), vcpu_set_entry() and vcpu_setup(); then all are queued again. What takes
	 * long is done in steps: it sets `*again`, has set up no vCPU yet, and is called once more
	 * after other VMs had their turns. On an error the VM ends with `why`. IRQs on, no lock held;
	 * any CPU. Null: the VM ends instead. */
	enum error (*restart)(struct vm *vm, bool *again, struct reason *why);
	/* Every vCPU is blocked by BOARD_BLOCK with RFLAGS.IF clear, or waits for a SIPI. True when
	 * nothing of the board can send an NMI or ends the waiting either: the VM then ends, as one
	 * that halted for good. Null: it stays until its deadline. Any CPU, no lock held. */
	bool (*all_halted)(struct vm *vm);
	/* Hands over what the VM's screen shows as text, row by row. False when there is none, or it
	 * shows no text. Any CPU, no lock held. Null: there is no screen. */
	bool (*screen)(struct vm *vm, void (*print)(const struct vm *vm, const char *row));
	/* Writes how many ticks the VM's timers had to leave out, since nobody looked in time or the
	 * guest had not taken the one before: ` key=value` each. False, and "", when there were none. Any
	 * CPU, no lock held. Null: there are no timers. */
	bool (*missed_ticks)(struct vm *vm, char *text, size_t size);
	/* Writes `name+0x12` for an address of the guest's program, as its image names it. False when it
	 * names nothing there. Any CPU, no lock held. Null: there are no symbols. */
	bool (*symbol)(struct vm *vm, gva_t at, char *text, size_t size);
	/* Names the device that answers at a guest-physical address which is no memory, or says
	 * "nothing". On the vCPU's CPU, no lock held. Null: who asks says so. */
	void (*device_at)(struct vcpu *vcpu, gpa_t at, char *text, size_t size);
	/* Its VMs are somebody's who may want to know what their exits cost: told when they end, unless
	 * stats= says otherwise. */
	bool tells_statistics;
	/* Once, after the last vCPU stopped, before the VM's memory goes. `trouble` is null for an
	 * orderly end, else says why the VM was stopped. May not block. */
	void (*ended)(struct vm *vm, const struct reason *trouble);
};

#endif
