/* The table of VMs, their making and their end. The last vCPU that stops takes its VM apart, on
 * whatever CPU that happens; nothing of one VM is shared with another. */
#include "vm/manager.h"

#include "kernel/command_line.h"
#include "kernel/output/log.h"
#include "kernel/memory.h"
#include "kernel/time.h"
#include "lib/assert.h"
#include "lib/bits.h"
#include "lib/format.h"
#include "lib/string.h"
#include "vm/debugger.h"
#include "vm/exit_log.h"
#include "vm/guest_memory.h"
#include "vm/ipi.h"
#include "vm/lazy_memory.h"
#include "vm/recorder_log.h"
#include "vm/schedule/scheduler.h"
#include "vm/schedule/watchdog.h"
#include "vm/statistics_log.h"
#include "vm/vcpu/vcpu_account.h"
#include "vm/virt_ops.h"
#include "x86/instructions.h"

static struct spinlock table_lock = SPINLOCK_INIT("vm table");
static struct vm *table[MAX_VMS]; /* guarded by table_lock */
static unsigned table_end;        /* behind the last VM there; guarded by table_lock */
static uint32_t next_id = 1;      /* guarded by table_lock */
static uint32_t running;          /* VMs started and not yet ended; atomic */

static size_t pages_for(size_t bytes)
{
	return (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
}

/* --- the table ------------------------------------------------------------------------------ */

static enum error table_add(struct vm *vm, struct reason *why)
{
	uint64_t flags = spinlock_acquire(&table_lock);
	unsigned i = 0;

	while (i < table_end && table[i])
		i++;
	if (i < MAX_VMS) {
		table[i] = vm;
		table_end = i < table_end ? table_end : i + 1;
		vm->id = next_id++;
	}
	spinlock_release(&table_lock, flags);
	if (i < MAX_VMS)
		return ERROR_NONE;
	return reason_set(why, ERROR_NO_MEMORY, "all %u places for VMs are taken", MAX_VMS);
}

static void table_remove(struct vm *vm)
{
	uint64_t flags = spinlock_acquire(&table_lock);

	for (unsigned i = 0; i < table_end; i++)
		if (table[i] == vm) {
			table[i] = NULL;
			break;
		}
	while (table_end && !table[table_end - 1])
		table_end--;
	spinlock_release(&table_lock, flags);
}

void vm_for_each(void (*visit)(struct vm *vm, void *context), void *context)
{
	uint64_t flags = spinlock_acquire(&table_lock);

	for (unsigned i = 0; i < table_end; i++)
		if (table[i])
			visit(table[i], context);
	spinlock_release(&table_lock, flags);
}

unsigned vm_running_count(void)
{
	return __atomic_load_n(&running, __ATOMIC_ACQUIRE);
}

/* --- making --------------------------------------------------------------------------------- */

_Static_assert(sizeof(struct vcpu) % VCPU_ALIGNMENT == 0, "the backend's part is aligned");

static size_t vcpu_pages(void)
{
	return pages_for(sizeof(struct vcpu) + virt->vcpu_size());
}

static enum error add_vcpu(struct vm *vm, uint32_t id, struct reason *why)
{
	struct vcpu *vcpu = pages_alloc(vcpu_pages(), PAGE_SIZE);

	if (!vcpu)
		return reason_set(why, ERROR_NO_MEMORY, "no pages for vcpu %u of VM %s", id,
				  vm->name);
	enum error error = vcpu_create(vcpu, vm, id);
	if (error) {
		pages_free(vcpu, vcpu_pages());
		return reason_set(why, error, "vcpu %u of VM %s could not be created", id,
				  vm->name);
	}
	vm->vcpus[vm->vcpu_count++] = vcpu;
	if (command_line.exits == EXITS_ALL)
		vcpu->watcher = &exit_log_watcher;
	error = vcpu_set_nested_root(vcpu, virt->nested_root(vm->nested));
	if (error)
		return reason_set(why, error, "vcpu %u of VM %s takes no page table", id, vm->name);
	return ERROR_NONE;
}

static void free_vm(struct vm *vm);

static enum error furnish(struct vm *vm, uint64_t memory, unsigned vcpu_count, struct reason *why)
{
	/* First, so that all that is told and taken bears its id. */
	enum error error = table_add(vm, why);

	if (!error)
		error = virt->nested_create(&vm->nested, why);
	if (error)
		return error;
	error = memory ? vm_add_memory(vm, gpa(0), memory,
				       ACCESS_READ | ACCESS_WRITE | ACCESS_EXECUTE, why)
		       : ERROR_NONE;
	uint64_t before = pages_in_use();

	for (uint32_t id = 0; id < vcpu_count && !error; id++)
		error = add_vcpu(vm, id, why);
	vm->vcpu_pages = pages_in_use() - before;
	return error;
}

enum error vm_create(struct vm **out, const char *name, uint64_t memory, unsigned vcpu_count,
		     const struct board_ops *board, void *board_data, struct reason *why)
{
	struct vm *vm;

	*out = NULL;
	if (!vcpu_count || vcpu_count > VM_MAX_VCPUS)
		return reason_set(why, ERROR_INVALID_INPUT, "VM %s: %u vcpus, 1 to %u are possible",
				  name, vcpu_count, VM_MAX_VCPUS);
	vm = pages_alloc(pages_for(sizeof(*vm)), PAGE_SIZE);
	if (!vm)
		return reason_set(why, ERROR_NO_MEMORY, "no page for VM %s", name);
	format_string(vm->name, sizeof(vm->name), "%s", name);
	vm->board = board;
	vm->board_data = board_data;
	vm->lock = (struct spinlock)SPINLOCK_INIT("vm");
	vm_debug_adopt(vm);
	guest_memory_describe(vm, cpuid_query);
	enum error error = furnish(vm, memory, vcpu_count, why);
	if (error) {
		table_remove(vm);
		free_vm(vm);
		return error;
	}
	*out = vm;
	return ERROR_NONE;
}

/* --- the end -------------------------------------------------------------------------------- */

/* Frees all of it. A vCPU that cannot be destroyed may still be known to the hardware: its memory
 * stays taken, and so does the RAM that it might write to. */
static void free_vm(struct vm *vm)
{
	bool released = true;

	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		if (vcpu_destroy(vm->vcpus[i]))
			released = false;
		else
			pages_free(vm->vcpus[i], vcpu_pages());
	}
	if (!released) {
		log_error("vm", "memory of vm=%u(%s) stays taken", vm->id, vm->name);
		return;
	}
	if (vm->nested) {
		lazy_memory_end(vm);
		virt->nested_destroy(vm->nested);
	}
	vm_release_memory(vm);
	pages_free(vm, pages_for(sizeof(*vm)));
}

static void tell_end(const struct vm *vm)
{
	uint64_t guest = 0, turns = 0;

	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		guest += vm->vcpus[i]->guest_ticks;
		turns += vm->vcpus[i]->turn_ticks;
	}
	vm_record_event(vm, RECORD_VM, "ended");
	exit_log_summary(vm);
	statistics_log_end(vm);
	if (vm->trouble.kind)
		log_warn("vm", "stopped vm=%u(%s) guest_us=%lu turns_us=%lu error=%s: %s", vm->id,
			 vm->name, time_ticks_to_us(guest), time_ticks_to_us(turns),
			 error_name(vm->trouble.kind), vm->trouble.text);
	if (vm->trouble.kind)
		recorder_log_vm(vm, RECORDER_LAST_OF_VM, "death");
	else
		log_info("vm", "ended vm=%u(%s) guest_us=%lu turns_us=%lu", vm->id, vm->name,
			 time_ticks_to_us(guest), time_ticks_to_us(turns));
}

/* No vCPU of it will run again, and nobody holds a pointer to it but the table. */
static void end(struct vm *vm, bool was_running)
{
	__atomic_store_n(&vm->state, VM_ENDED, __ATOMIC_RELEASE);
	if (was_running)
		tell_end(vm);
	if (vm->debugger)
		vm->debugger->ended(vm, vm->trouble.kind ? &vm->trouble : NULL);
	if (vm->board && vm->board->ended)
		vm->board->ended(vm, vm->trouble.kind ? &vm->trouble : NULL);
	table_remove(vm);
	free_vm(vm);
	if (was_running && __atomic_sub_fetch(&running, 1, __ATOMIC_SEQ_CST) == 0)
		scheduler_rouse_all();
}

/* Do all vCPUs that have not ended wait for a start-up that none of them can send? */
static bool all_wait_for_sipi(const struct vm *vm)
{
	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		const struct vcpu *vcpu = vm->vcpus[i];
		uint32_t startup = __atomic_load_n(&vcpu->startup, __ATOMIC_SEQ_CST);

		if (!__atomic_load_n(&vcpu->ended, __ATOMIC_SEQ_CST) &&
		    (startup & (STARTUP_WAITING | STARTUP_SIPI)) != STARTUP_WAITING)
			return false;
	}
	return true;
}

/* One less of those that keep the VM from its end. */
static void release(struct vm *vm)
{
	if (__atomic_sub_fetch(&vm->running_vcpus, 1, __ATOMIC_ACQ_REL) == 0)
		end(vm, true);
}

void vm_vcpu_ended(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;

	__atomic_store_n(&vcpu->ended, true, __ATOMIC_SEQ_CST);
	/* Before the count goes down: afterwards another CPU may take the VM apart. */
	if (all_wait_for_sipi(vm))
		vm_stop(vm, NULL);
	/* The others may be parked, or halted, and have waited for this one. */
	vm_settle(vm);
	vm_vcpu_blocked(vcpu);
	release(vm);
}

/* Counts as one more vCPU that runs, unless the last one has ended. */
static bool keep(struct vm *vm)
{
	uint32_t count = __atomic_load_n(&vm->running_vcpus, __ATOMIC_ACQUIRE);

	while (count && !__atomic_compare_exchange_n(&vm->running_vcpus, &count, count + 1, false,
						     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		;
	return count;
}

bool vm_act_on(bool (*fits)(const struct vm *vm, const void *wanted), const void *wanted,
	       void (*act)(struct vm *vm, void *context), void *context)
{
	uint64_t flags = spinlock_acquire(&table_lock);
	struct vm *vm = NULL;

	for (unsigned i = 0; i < MAX_VMS && !vm; i++)
		if (table[i] && __atomic_load_n(&table[i]->state, __ATOMIC_ACQUIRE) == VM_STARTED &&
		    fits(table[i], wanted) && keep(table[i]))
			vm = table[i];
	spinlock_release(&table_lock, flags);
	if (!vm)
		return false;
	act(vm, context);
	release(vm);
	return true;
}

void vm_stop(struct vm *vm, const struct reason *why)
{
	uint64_t flags = spinlock_acquire(&vm->lock);
	uint32_t was = vm->state;

	if (was == VM_NEW || was == VM_STARTED) {
		if (why)
			vm->trouble = *why;
		__atomic_store_n(&vm->state, VM_STOPPING, __ATOMIC_SEQ_CST);
	}
	spinlock_release(&vm->lock, flags);
	if (was == VM_NEW)
		end(vm, false);
	if (was != VM_STARTED)
		return;
	vm_record_event(vm, RECORD_VM, "stopping");
	for (unsigned i = 0; i < vm->vcpu_count; i++)
		scheduler_wake_always(vm->vcpus[i]);
	/* And those that are parked. */
	vm_settle(vm);
}

enum error vm_start(struct vm *vm, struct reason *why)
{
	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		const struct vcpu *vcpu = vm->vcpus[i];

		if (vcpu->state != VCPU_FREE)
			return reason_set(why, ERROR_BAD_STATE, "vcpu %u of VM %s is not set up", i,
					  vm->name);
		if (vcpu->pinned_cpu >= 0 && !scheduler_has_cpu(vcpu->pinned_cpu))
			return reason_set(why, ERROR_INVALID_INPUT,
					  "vcpu %u of VM %s is pinned to CPU %d, which runs none",
					  i, vm->name, vcpu->pinned_cpu);
	}
	uint64_t flags = spinlock_acquire(&vm->lock);
	bool fresh = vm->state == VM_NEW;
	if (fresh) {
		vm->running_vcpus = vm->vcpu_count;
		__atomic_store_n(&vm->state, VM_STARTED, __ATOMIC_RELEASE);
	}
	spinlock_release(&vm->lock, flags);
	if (!fresh)
		return reason_set(why, ERROR_BAD_STATE, "VM %s was started already", vm->name);
	__atomic_fetch_add(&running, 1, __ATOMIC_SEQ_CST);
	vm_record_event(vm, RECORD_VM, "started");
	if (vm->deadline_us)
		watchdog_wake();
	for (unsigned i = 0; i < vm->vcpu_count; i++)
		vm->vcpus[i]->started = time_ticks();

	/* Once the last one is queued, the VM may end and be gone at any moment. */
	unsigned count = vm->vcpu_count;
	for (unsigned i = 0; i < count; i++)
		scheduler_add(vm->vcpus[i]);
	return ERROR_NONE;
}
