/* The global state: every VM of this run. Creation happens on the bootstrap processor before the
 * schedulers start; ends happen on any CPU. */
#ifndef VM_MANAGER_H
#define VM_MANAGER_H

#include "lib/error.h"
#include "lib/types.h"
#include "vm/board.h"
#include "vm/vm.h"

#define MAX_VMS 1024

/* Makes a VM with `memory` bytes of zeroed RAM at guest-physical 0 (4 KiB multiple; aligned so
 * that large pages fit) and `vcpu_count` vCPUs in state Created, with their nested root set. */
enum error vm_create(struct vm **out, const char *name, uint64_t memory, unsigned vcpu_count,
		     const struct board_ops *board, void *board_data,
		     struct reason *why) must_check;

/* Adds `length` bytes of zeroed memory at guest-physical `base`, whole pages that overlap none of
 * the VM's others, mapped with `rights` (enum access, or-ed). Before vm_start(). */
enum error vm_add_memory(struct vm *vm, gpa_t base, uint64_t length, unsigned rights,
			 struct reason *why) must_check;

/* Adds such memory that is taken from the host page by page, at its first touch (vm/lazy_memory.h), with
 * all rights. Before vm_start(). */
enum error vm_add_lazy_memory(struct vm *vm, gpa_t base, uint64_t length,
			      struct reason *why) must_check;

/* Takes the whole pages [base, base + length) out of the VM's memory: a hole, accesses to which come
 * to the board as nested faults. What it covered stays taken until the VM ends; nothing of it is lazy.
 * Before vm_start(). */
enum error vm_punch(struct vm *vm, gpa_t base, uint64_t length, struct reason *why) must_check;

/* Maps whole pages of the VM's memory with other rights (enum access, or-ed, not 0). Returns when no
 * CPU can use the old ones any more. Before vm_start(); afterwards, on the CPU of one of the VM's
 * vCPUs outside of run(), for what an earlier call named with the same bounds, or several of those
 * side by side, and by one CPU at a time. */
enum error vm_set_rights(struct vm *vm, gpa_t base, uint64_t length, unsigned rights,
			 struct reason *why) must_check;

/* Lets the hardware set accessed and dirty flags in a page that the guest's page tables have put into
 * memory without the right to write: it cannot walk on without. Such a page is then writable for the
 * guest's instructions too, as far as they execute without help; to all others it stays what it is.
 * On the CPU of one of the VM's vCPUs outside of run(). */
enum error vm_let_walks_write(struct vm *vm, gpa_t page, struct reason *why) must_check;

/* Maps a page of the host's, whose owner is the VM (pages_set_owner()), at `at`, where the VM has no
 * memory, for reading and writing: a device's, which is memory to nobody but the guest's instructions.
 * Once vm_hide_page() has returned every access makes an exit again. On the CPU of one of the VM's
 * vCPUs outside of run(). */
enum error vm_show_page(struct vm *vm, gpa_t at, void *page, struct reason *why) must_check;
enum error vm_hide_page(struct vm *vm, gpa_t at, struct reason *why) must_check;

/* For the manager: gives all memory back that is not lazy; the nested tables are gone. */
void vm_release_memory(struct vm *vm);

/* Hands its vCPUs, all set up, to the schedulers. On success the VM may have ended by the time this
 * returns, and then its memory is gone; on failure it is still New. */
enum error vm_start(struct vm *vm, struct reason *why) must_check;

/* Stops every vCPU of the VM; the last one to stop ends it. `why` null for an orderly end. The
 * first reason counts. A VM that was never started ends, and is freed, at once. From any CPU, by
 * whoever knows that the VM still exists: one of its own vCPUs, or a visitor of vm_for_each(). */
void vm_stop(struct vm *vm, const struct reason *why);

/* Every vCPU of the VM stops where it is (a halted one stays halted) until vm_resume(). After a reset
 * every vCPU that has not ended starts anew as board->restart() says, as soon as all have stopped; if
 * the VM is paused, they wait for its end then. Return at once. From any CPU, by whoever knows that
 * the VM still exists, as for vm_stop(). */
void vm_pause(struct vm *vm);
void vm_resume(struct vm *vm);
void vm_reset(struct vm *vm);
bool vm_is_paused(const struct vm *vm);

/* Has each of its vCPUs tell where it is (vm/crash/crash.h), soon: in a turn of its own, which those
 * that are halted or parked have for just that. By whoever knows that the VM still exists. */
void vm_ask_where(struct vm *vm);

/* Begins a restart that is due, and queues the vCPUs that nothing holds any longer. For the files of
 * vm/, by whoever knows that the VM still exists; afterwards it may be gone, unless one of its vCPUs
 * that has not ended is the caller's. */
void vm_settle(struct vm *vm);

/* Under vm->lock: is every vCPU that has not ended parked? */
bool vm_all_parked(const struct vm *vm);

/* For the scheduler: this vCPU blocked. May stop the VM, if nothing can ever wake one of its vCPUs. */
void vm_vcpu_blocked(struct vcpu *vcpu);

/* For the scheduler: this vCPU is unbound and waits for the end of a pause or for a restart. May
 * restart the VM, and may end and free it. */
void vm_vcpu_parked(struct vcpu *vcpu);

/* VMs started and not yet ended. */
unsigned vm_running_count(void);

/* For the scheduler: this vCPU is unbound and will not run again. May free the VM. */
void vm_vcpu_ended(struct vcpu *vcpu);

/* Calls `visit` for every VM that exists, under the lock of the table: none of them goes away
 * meanwhile. `visit` may stop started VMs, but neither create nor free any. */
void vm_for_each(void (*visit)(struct vm *vm, void *context), void *context);

/* Calls `act` for the first VM that runs and `fits`, with no lock held: until it returns the VM does
 * not go away, even if its vCPUs all end. False when there is none. `fits` is called under the lock of
 * the table. Any CPU, no lock held; may free the VM. */
bool vm_act_on(bool (*fits)(const struct vm *vm, const void *wanted), const void *wanted,
	       void (*act)(struct vm *vm, void *context), void *context) must_check;

#endif
