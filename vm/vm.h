/* A virtual machine: memory, vCPUs, a board. The VM manager (vm/manager.h) owns them all. */
#ifndef VM_VM_H
#define VM_VM_H

#include "kernel/spinlock.h"
#include "lib/atomic.h"
#include "lib/bits.h"
#include "lib/error.h"
#include "lib/types.h"
#include "vm/vcpu/vcpu.h"
#include "vm/virt_ops.h"

#define VM_MAX_VCPUS       64
#define VM_MAX_SLOTS       32
#define VM_MAX_ALLOCATIONS 16
#define VM_NAME_MAX        40

struct board_ops;
struct vm_debugger;

/* A stretch of guest RAM: contiguous in guest-physical and in host-physical memory, or lazy. */
struct vm_slot {
	gpa_t base;
	uint64_t length;
	uint8_t *host;   /* through the direct map; null: lazy (vm/lazy_memory.h) */
	unsigned rights; /* atomic */
};

/* Memory as it was allocated for the VM, in whole pages. */
struct vm_allocation {
	uint8_t *host;
	uint64_t length;
};

/* Why vCPUs are to stop for a while. */
enum vm_hold {
	VM_HOLD_PAUSE = 1 << 0,
	VM_HOLD_RESET = 1 << 1,
};

enum vm_state { VM_NEW, VM_STARTED, VM_STOPPING, VM_ENDED };

struct vm {
	uint32_t id;                        /* constant; printed as vm=ID(NAME) */
	char name[VM_NAME_MAX];             /* constant */
	const struct board_ops *board;      /* constant */
	void *board_data;                   /* the board's */
	struct nested_table *nested;        /* constant after creation */
	struct vm_slot slots[VM_MAX_SLOTS]; /* ascending, disjoint; constant after vm_start() */
	unsigned slot_count;
	struct vm_allocation allocations[VM_MAX_ALLOCATIONS]; /* a slot is part of one of these */
	unsigned allocation_count;
	/* From the first to the last of its lazy memory; constant after vm_start(). */
	uint64_t lazy_start, lazy_length;
	/* Pages of the host that are the VM's, not zeroed yet: those that it touches next. */
	struct spinlock lazy_lock; /* guards these */
	uint8_t *lazy_stock;
	unsigned lazy_stocked; /* pages */
	/* The host's page behind the guest's page at `at` of a lazy slot; null when it was never touched,
	 * or, if it is to be populated, the host has no more. Null: no slot is lazy. Constant after
	 * vm_start(). */
	uint8_t *(*lazy_page)(struct vm *vm, gpa_t at, bool populate);
	uint8_t address_bits; /* MAXPHYADDR as its guests see it; constant */
	bool gigabyte_pages;  /* its guests see 1 GiB pages; constant */
	unsigned vcpu_count;
	uint64_t vcpu_pages; /* taken for them, unless another CPU took some meanwhile */
	struct vcpu *vcpus[VM_MAX_VCPUS];
	/* A watchdog for guests that must end: more guest time on one vCPU, or all vCPUs blocked for
	 * longer than this, stops the VM by name. 0: none. Constant after vm_start(). */
	uint64_t deadline_us;
	struct spinlock lock;  /* guards state, trouble, holds, parked, restarting, claimed */
	struct reason trouble; /* why it was stopped; kind ERROR_NONE: an orderly end */
	union {
		struct {
			uint32_t state; /* enum vm_state; atomic to read, lock to write */
			uint32_t holds; /* enum vm_hold, or-ed; atomic to read, lock to write */
		};
		uint64_t course; /* VM_STARTED: that is its state, and nothing holds it */
	};
	uint32_t running_vcpus; /* vCPUs that have not ended, and who acts on it; atomic */
	uint64_t parked;        /* vCPUs that stopped because of them, a bit each; lock */
	bool restarting;        /* the board's restart() runs; lock */
	const struct vm_debugger *debugger; /* or null; constant after creation */
	uint64_t debug_holds; /* vCPUs it holds, a bit each; atomic to read, lock to write */
	bool claimed;         /* it looks at them: all stay parked; lock */
	bool halted_for_good; /* vm/halt.c stopped it; atomic */
	uint32_t wakes;       /* how often a blocked vCPU became ready; atomic */
};

/* Is this vCPU of the VM to stop for a while? */
static inline bool vm_holds(const struct vm *vm, const struct vcpu *vcpu)
{
	return __atomic_load_n(&vm->holds, __ATOMIC_SEQ_CST) ||
	       (__atomic_load_n(&vm->debug_holds, __ATOMIC_SEQ_CST) & BIT(vcpu->id));
}

/* Is it started, with nothing that holds any of its vCPUs? */
static inline bool vm_goes_on(const struct vm *vm)
{
	return likely(atomic_is(&vm->course, VM_STARTED) && atomic_is(&vm->debug_holds, 0));
}

/* Does nothing at all stand between the vCPU and its guest, as is mostly so? */
static inline bool vm_lets_run(const struct vcpu *vcpu)
{
	return likely(atomic_is(&vcpu->to_see_to, 0)) && vm_goes_on(vcpu->vm);
}

/* The slot of the byte at `at`; null: it is no RAM. */
const struct vm_slot *vm_slot_at(const struct vm *vm, gpa_t at);

/* The host address of guest RAM [at, at + length), or null when any byte of it is not RAM or it
 * lies in pieces of host memory, as lazy pages do. */
void *vm_memory(struct vm *vm, gpa_t at, uint64_t length);

#endif
