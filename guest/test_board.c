/* The board of embedded test guests: exits come here after the watcher has compared them. */
#include "guest/test_board.h"

#include "guest/hypercall.h"
#include "guest/run_tests.h"
#include "guest/test_calls.h"
#include "kernel/command_line.h"
#include "kernel/cpu.h"
#include "kernel/output/log.h"
#include "kernel/memory.h"
#include "lib/bits.h"
#include "vm/exit_log.h"
#include "vm/emulate/emulate.h"
#include "vm/emulate/io_result.h"
#include "vm/manager.h"
#include "vm/emulate/string_io.h"
#include "vm/emulate/task_switch.h"

#define PRINT_MAX 200

static struct test_guest *guest_of(const struct vcpu *vcpu)
{
	return (struct test_guest *)vcpu->vm->board_data;
}

void test_guest_fail(struct test_guest *guest, const struct reason *why)
{
	uint64_t flags = spinlock_acquire(&guest->lock);

	if (!guest->failed && !guest->skipped) {
		guest->story = *why;
		guest->failed = true;
	}
	spinlock_release(&guest->lock, flags);
}

void test_guest_end(struct test_guest *guest, struct vcpu *vcpu)
{
	__atomic_store_n(&guest->ended, true, __ATOMIC_RELEASE);
	for (uint32_t i = 0; i < guest->image.row_count; i++) {
		const struct guest_row *row = &guest->image.rows[i];
		uint64_t value;

		if (row->type != ROW_FINAL || row->vcpu != vcpu->id || row->which < GPR_COUNT ||
		    guest->final_count == TEST_GUEST_FINALS)
			continue;
		if (vcpu_get_register(vcpu, (enum vcpu_register)(row->which - GPR_COUNT), &value))
			continue;
		guest->finals[guest->final_count].vcpu = row->vcpu;
		guest->finals[guest->final_count].which = row->which;
		guest->finals[guest->final_count++].value = value;
	}
}

/* --- watching -------------------------------------------------------------------------------- */

/* A guest that never ends by itself ends orderly here when its slices are used up, and one that
 * should have ended is stopped. The scheduler counts the slices, whatever timer ends them. */
static void check_slices(struct test_guest *guest, struct vcpu *vcpu)
{
	const struct guest_header *header = &guest->image.header;
	uint64_t slices = 0;

	for (unsigned i = 0; i < vcpu->vm->vcpu_count; i++)
		slices += __atomic_load_n(&vcpu->vm->vcpus[i]->slices, __ATOMIC_RELAXED);
	if (header->end_slices && slices > (uint64_t)header->end_slices * header->vcpus) {
		__atomic_store_n(&guest->ended, true, __ATOMIC_RELEASE);
		vm_stop(vcpu->vm, NULL);
	}
}

static void check_cpu(struct test_guest *guest, const struct vcpu *vcpu)
{
	int32_t pinned = guest->image.header.pinned;
	struct reason why;

	if (pinned < 0 || this_cpu()->index == (uint32_t)vcpu->pinned_cpu)
		return;
	reason_set(&why, ERROR_BAD_STATE, "vcpu %u is pinned to CPU %d but ran on CPU %u", vcpu->id,
		   vcpu->pinned_cpu, this_cpu()->index);
	test_guest_fail(guest, &why);
}

/* Is it the guest's own word that a check failed, or that it has to be skipped? That is the better
 * story than a difference from the list, where neither stands. */
static bool gives_up(const struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	uint32_t call = (uint32_t)vcpu->gpr[RAX];

	return exit->kind == VCPU_EXIT_HYPERCALL &&
	       (call == HYPERCALL_FAIL || call == HYPERCALL_SKIP);
}

static void watch_exit(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	struct test_guest *guest = guest_of(vcpu);
	struct reason why;

	guest->last_rip[vcpu->id] = exit->rip;
	check_cpu(guest, vcpu);
	if (!gives_up(vcpu, exit)) {
		switch (expect_exit(&guest->expect, vcpu->id, exit, vcpu->gpr, &why)) {
		case EXPECT_ENDS:
			__atomic_store_n(&guest->ended, true, __ATOMIC_RELEASE);
			break;
		case EXPECT_DIFFERS:
			test_guest_fail(guest, &why);
			break;
		case EXPECT_MATCH:
		case EXPECT_IGNORED:
			break;
		}
	}
	if (exit->kind == VCPU_EXIT_INTERRUPT)
		check_slices(guest, vcpu);
}

static void watch_handled(struct vcpu *vcpu, const struct vcpu_exit *exit, const char *what)
{
	if (exit->kind == VCPU_EXIT_TIME_SLICE)
		check_slices(guest_of(vcpu), vcpu);
	bool shown = command_line.exits == EXITS_TESTS || command_line.exits == EXITS_ALL;

	if (shown && !(guest_of(vcpu)->image.header.flags & GUEST_QUIET))
		exit_log_handled(vcpu, exit, what);
}

const struct vcpu_watcher test_watcher = { .exit = watch_exit, .handled = watch_handled };

/* --- the scratch device ---------------------------------------------------------------------- */

static void string_element(void *context, struct vcpu *vcpu, uint16_t port, unsigned width, bool in,
			   uint32_t *value)
{
	test_device_access(&((struct test_guest *)context)->device, port, width, in, value);
}

static void memory_read(void *context, struct vcpu *vcpu, gpa_t at, unsigned width, uint64_t *value)
{
	*value = test_device_read(&((struct test_guest *)context)->device, at, width);
}

static void memory_write(void *context, struct vcpu *vcpu, gpa_t at, unsigned width, uint64_t value)
{
	test_device_write(&((struct test_guest *)context)->device, at, width, value);
}

/* What could not be done for a guest fails it. */
static enum board_action resume_or_fail(struct test_guest *guest, enum error error,
					const struct reason *why)
{
	if (!error)
		return BOARD_RESUME;
	test_guest_fail(guest, why);
	return BOARD_UNHANDLED;
}

static enum board_action handle_io(struct test_guest *guest, struct vcpu *vcpu,
				   const struct vcpu_exit *exit)
{
	const struct emulate_bus bus = { guest, memory_read, memory_write };
	struct reason why;

	if (exit->io.string) {
		enum error error = string_io(vcpu, exit, string_element, guest, &bus, &why);

		return resume_or_fail(guest, error, &why);
	}

	uint32_t value = (uint32_t)(vcpu->gpr[RAX] & BITS(exit->io.width * 8 - 1, 0));

	test_device_access(&guest->device, exit->io.port, exit->io.width, exit->io.in, &value);
	if (exit->io.in)
		vcpu->gpr[RAX] = io_result(vcpu->gpr[RAX], exit->io.width, value);
	vcpu_skip_instruction(vcpu);
	return BOARD_RESUME;
}

static enum board_action emulate(struct test_guest *guest, struct vcpu *vcpu,
				 const struct vcpu_exit *exit)
{
	const struct emulate_bus bus = { guest, memory_read, memory_write };
	struct reason why;

	return resume_or_fail(guest, emulate_instruction(vcpu, exit, &bus, &why), &why);
}

/* --- exits ----------------------------------------------------------------------------------- */

static enum board_action handle_fault(struct test_guest *guest, struct vcpu *vcpu,
				      const struct vcpu_exit *exit)
{
	gpa_t page = gpa(align_down(exit->nested_fault.gpa.value, PAGE_SIZE));
	uint8_t *host = vm_memory(vcpu->vm, page, PAGE_SIZE);
	struct reason why = { 0 };

	if (guest->on_fault == ON_FAULT_SKIP) {
		/* A guest that does nothing but fault uses no guest time: it must not use all of
		 * the CPU's either. */
		vcpu_skip_instruction(vcpu);
		return BOARD_YIELD;
	}
	if (guest->on_fault == ON_FAULT_EMULATE)
		return emulate(guest, vcpu, exit);
	if (guest->on_fault != ON_FAULT_MAP || !host)
		return BOARD_UNHANDLED;
	return resume_or_fail(guest,
			      virt->nested_map(vcpu->vm->nested, page, virt_to_hpa(host), PAGE_SIZE,
					       ACCESS_READ | ACCESS_WRITE | ACCESS_EXECUTE,
					       NESTED_WRITE_BACK, &why),
			      &why);
}

static enum board_action handle_task_switch(struct test_guest *guest, struct vcpu *vcpu,
					    const struct vcpu_exit *exit)
{
	struct reason why;

	return resume_or_fail(guest, vcpu_task_switch(vcpu, exit, &why), &why);
}

static enum board_action board_exit(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	struct test_guest *guest = guest_of(vcpu);

	if (__atomic_load_n(&guest->ended, __ATOMIC_ACQUIRE)) {
		test_guest_end(guest, vcpu);
		return guest->image.header.flags & GUEST_UNHANDLED ? BOARD_UNHANDLED : BOARD_END_VM;
	}
	switch (exit->kind) {
	case VCPU_EXIT_HYPERCALL:
		return test_call(guest, vcpu, exit);
	case VCPU_EXIT_IO:
		return handle_io(guest, vcpu, exit);
	case VCPU_EXIT_NESTED_FAULT:
	case VCPU_EXIT_NESTED_MISCONFIG:
		return handle_fault(guest, vcpu, exit);
	case VCPU_EXIT_TASK_SWITCH:
		return handle_task_switch(guest, vcpu, exit);
	case VCPU_EXIT_HLT:
		vcpu_skip_instruction(vcpu);
		return BOARD_BLOCK;
	default:
		return BOARD_UNHANDLED;
	}
}

static void board_ended(struct vm *vm, const struct reason *trouble)
{
	struct test_guest *guest = (struct test_guest *)vm->board_data;

	test_guest_report(guest, trouble);
	test_guests_ended(guest);
}

static enum error board_restart(struct vm *vm, bool *again, struct reason *why)
{
	enum error error = ERROR_NONE;

	for (unsigned i = 0; i < vm->vcpu_count && !error; i++)
		error = vcpu_reset(vm->vcpus[i]);
	if (error)
		return reason_set(why, error, "a vcpu cannot be reset: see the log");
	return test_guest_set_up((struct test_guest *)vm->board_data, vm, why);
}

const struct board_ops test_board = { .exit = board_exit,
				      .restart = board_restart,
				      .ended = board_ended };
