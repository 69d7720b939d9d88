/* The global state: every VM of this run. Creation happens on the bootstrap processor before the
 * schedulers start; ends happen on any CPU. */
#ifndef VM_MANAGER_H
#define VM_MANAGER_H

#include "lib/error.h"
#include "lib/types.h"
#include "vm/board.h"
#include "vm/vm.h"

/* Makes a VM with `memory` bytes of zeroed RAM at guest-physical 0 (4 KiB multiple; aligned so
 * that large pages fit) and `vcpu_count` vCPUs in state Created, with their nested root set. */
enum error vm_create(struct vm **out, const char *name, uint64_t memory, unsigned vcpu_count,
		     const struct board_ops *board, void *board_data, struct reason *why) must_check;

/* Hands its vCPUs, all set up, to the schedulers. */
enum error vm_start(struct vm *vm, struct reason *why) must_check;

/* From any CPU: stops every vCPU of the VM. `why` null for an orderly end. Idempotent; the first
 * reason counts. */
void vm_stop(struct vm *vm, const struct reason *why);

/* VMs started and not yet ended. */
unsigned vm_running_count(void);

/* Calls `visit` for every VM that exists. */
void vm_for_each(void (*visit)(struct vm *vm, void *context), void *context);

#endif
