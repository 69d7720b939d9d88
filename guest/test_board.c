/* The board of embedded test guests: exits come here after the watcher has compared them. */
#include "guest/test_board.h"

#include "guest/hypercall.h"
#include "guest/run_tests.h"
#include "kernel/command_line.h"
#include "kernel/cpu.h"
#include "kernel/log.h"
#include "kernel/memory.h"
#include "lib/bits.h"
#include "lib/string.h"
#include "vm/exit_log.h"
#include "vm/io_result.h"
#include "vm/manager.h"
#include "vm/string_io.h"
#include "vm/task_switch.h"

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
	if (command_line.exits == EXITS_ALL && !(guest_of(vcpu)->image.header.flags & GUEST_QUIET))
		exit_log_handled(vcpu, exit, what);
}

const struct vcpu_watcher test_watcher = { .exit = watch_exit, .handled = watch_handled };

/* --- the scratch device ---------------------------------------------------------------------- */

/* The sequence register mixes what is written into what it holds, and each read moves it on, so
 * that every element of a string counts, and so does their order. */
static void sequence_access(struct test_guest *guest, bool in, uint32_t *value)
{
	guest->sequence =
		guest->sequence * TEST_SEQUENCE_FACTOR + (in ? TEST_SEQUENCE_STEP : *value);
	*value = guest->sequence;
}

/* Bytes read back inverted, so that a value that merely stayed in a register is not taken for one
 * that was read. Ports beyond the device float. */
static void latch_access(struct test_guest *guest, unsigned first, unsigned width, bool in,
			 uint32_t *value)
{
	if (in)
		*value = 0;
	for (unsigned i = 0; i < width; i++) {
		bool exists = first + i < TEST_LATCHES;

		if (in)
			*value |= (uint32_t)(exists ? (uint8_t)~guest->latches[first + i] : 0xff)
				  << 8 * i;
		else if (exists)
			guest->latches[first + i] = (uint8_t)(*value >> 8 * i);
	}
}

static void device_access(struct test_guest *guest, uint16_t port, unsigned width, bool in,
			  uint32_t *value)
{
	unsigned offset = (port & ~TEST_PORT_HIGH) - TEST_PORT;

	if (offset == TEST_SEQUENCE)
		sequence_access(guest, in, value);
	else
		latch_access(guest, offset, width, in, value);
	*value &= (uint32_t)BITS(width * 8 - 1, 0);
}

static void string_element(void *context, struct vcpu *vcpu, uint16_t port, unsigned width, bool in,
			   uint32_t *value)
{
	device_access(context, port, width, in, value);
}

static enum board_action handle_io(struct test_guest *guest, struct vcpu *vcpu,
				   const struct vcpu_exit *exit)
{
	struct reason why;

	if (exit->io.string) {
		if (!string_io(vcpu, exit, string_element, guest, &why))
			return BOARD_RESUME;
		test_guest_fail(guest, &why);
		return BOARD_UNHANDLED;
	}

	uint32_t value = (uint32_t)(vcpu->gpr[RAX] & BITS(exit->io.width * 8 - 1, 0));

	device_access(guest, exit->io.port, exit->io.width, exit->io.in, &value);
	if (exit->io.in)
		vcpu->gpr[RAX] = io_result(vcpu->gpr[RAX], exit->io.width, value);
	vcpu_skip_instruction(vcpu);
	return BOARD_RESUME;
}

/* --- the end --------------------------------------------------------------------------------- */

/* Keeps the final registers that the table asks for and that only a stopped vCPU on its CPU can
 * tell. */
static void keep_finals(struct test_guest *guest, struct vcpu *vcpu)
{
	for (uint32_t i = 0; i < guest->image.row_count; i++) {
		const struct guest_row *row = &guest->image.rows[i];
		uint64_t value;

		if (row->type != ROW_FINAL || row->vcpu != vcpu->id || row->which < GPR_COUNT ||
		    guest->final_count == TEST_GUEST_FINALS)
			continue;
		if (vcpu_get_register(vcpu, (enum vcpu_register)(row->which - GPR_COUNT), &value))
			continue;
		guest->finals[guest->final_count].valid = true;
		guest->finals[guest->final_count].vcpu = row->vcpu;
		guest->finals[guest->final_count].which = row->which;
		guest->finals[guest->final_count++].value = value;
	}
}

/* --- hypercalls ------------------------------------------------------------------------------ */

static uint32_t call_print(struct vcpu *vcpu)
{
	uint32_t length = (uint32_t)vcpu->gpr[RCX];
	const char *text = vm_memory(vcpu->vm, gpa((uint32_t)vcpu->gpr[RBX]), length);

	if (length > PRINT_MAX || !text)
		return ERROR_INVALID_INPUT;
	log_tagged("guest", "vm=%u(%s)| %.*s", vcpu->vm->id, vcpu->vm->name, (int)length, text);
	return ERROR_NONE;
}

static uint32_t call_inject(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	uint32_t what = (uint32_t)vcpu->gpr[RBX], target = (uint32_t)vcpu->gpr[RSI];
	struct vcpu_event event = {
		.kind = (enum vcpu_event_kind)(what & 0xff),
		.vector = (uint8_t)vcpu->gpr[RCX],
		.has_error_code = what & INJECT_ERROR_CODE,
	};

	if (event.has_error_code)
		event.error_code = (uint32_t)vcpu->gpr[RDX];
	if (what & INJECT_FAULT_ADDRESS)
		event.fault_address = vcpu->gpr[RDI];
	if (target >= vcpu->vm->vcpu_count)
		return ERROR_INVALID_INPUT;
	return vcpu_inject(vcpu->vm->vcpus[target], &event);
}

static uint32_t call_nested_rights(struct test_guest *guest, struct vcpu *vcpu)
{
	gpa_t at = gpa((uint32_t)vcpu->gpr[RBX]);
	uint64_t length = (uint32_t)vcpu->gpr[RCX];
	unsigned rights = (unsigned)vcpu->gpr[RDX];
	uint8_t *host = vm_memory(vcpu->vm, at, length);
	struct reason why = { 0 };
	enum error error;

	if (!host || !length)
		return ERROR_INVALID_INPUT;
	if (rights == NESTED_RIGHTS_BROKEN)
		error = virt->nested_misconfigure(vcpu->vm->nested, at, &why);
	else if (!rights)
		error = virt->nested_unmap(vcpu->vm->nested, at, length, &why);
	else
		error = virt->nested_map(vcpu->vm->nested, at, virt_to_hpa(host), length, rights,
					 NESTED_WRITE_BACK, &why);
	if (error)
		log_reason(LOG_ERROR, "guest", &why);
	return error;
}

static uint32_t call_counter(const struct test_guest *guest, const struct vcpu *vcpu)
{
	switch ((uint32_t)vcpu->gpr[RBX]) {
	case COUNTER_EXITS:
		return (uint32_t)vcpu->exits;
	case COUNTER_SLICES:
		return guest->expect.vcpus[vcpu->id].counts[VCPU_EXIT_TIME_SLICE];
	case COUNTER_CPU:
		return this_cpu()->index;
	case COUNTER_CPUS_ONLINE:
		return cpu_online_count();
	case COUNTER_MEMORY:
		return (uint32_t)guest->image.header.memory;
	}
	return UINT32_MAX;
}

static uint32_t call_kinds(const struct test_guest *guest, const struct vcpu *vcpu)
{
	uint32_t kind = (uint32_t)vcpu->gpr[RBX], id = (uint32_t)vcpu->gpr[RCX];

	if (kind >= VCPU_EXIT_KINDS || id >= vcpu->vm->vcpu_count)
		return UINT32_MAX;
	return guest->expect.vcpus[id].counts[kind];
}

static void call_fail(struct test_guest *guest, const struct vcpu *vcpu)
{
	struct reason why;

	reason_set(&why, ERROR_INVALID_DATA, "the guest's own check in line %u failed",
		   (uint32_t)vcpu->gpr[RBX]);
	test_guest_fail(guest, &why);
}

static void call_skip(struct test_guest *guest, const struct vcpu *vcpu)
{
	uint32_t length = (uint32_t)vcpu->gpr[RCX];
	const char *text = vm_memory(vcpu->vm, gpa((uint32_t)vcpu->gpr[RBX]), length);
	struct reason why;

	reason_set(&why, ERROR_UNSUPPORTED, "%.*s", text && length < PRINT_MAX ? (int)length : 0,
		   text ? text : "");
	uint64_t flags = spinlock_acquire(&guest->lock);
	if (!guest->failed) {
		guest->story = why;
		guest->skipped = true;
	}
	spinlock_release(&guest->lock, flags);
}

/* Answers by value into EAX; what needs more than that sets `action`. */
static uint32_t call(struct test_guest *guest, struct vcpu *vcpu, const struct vcpu_exit *exit,
		     enum board_action *action)
{
	switch ((uint32_t)vcpu->gpr[RAX]) {
	case HYPERCALL_FAIL:
		call_fail(guest, vcpu);
		*action = BOARD_END_VM;
		return ERROR_NONE;
	case HYPERCALL_SKIP:
		call_skip(guest, vcpu);
		*action = BOARD_END_VM;
		return ERROR_NONE;
	case HYPERCALL_PRINT:
		return call_print(vcpu);
	case HYPERCALL_INJECT:
		return call_inject(vcpu, exit);
	case HYPERCALL_NESTED_RIGHTS:
		return call_nested_rights(guest, vcpu);
	case HYPERCALL_ON_FAULT:
		guest->on_fault = (uint32_t)vcpu->gpr[RBX];
		return ERROR_NONE;
	case HYPERCALL_COUNTER:
		return call_counter(guest, vcpu);
	case HYPERCALL_KINDS:
		return call_kinds(guest, vcpu);
	case HYPERCALL_SET_REGISTER:
		return vcpu_set_register(vcpu, (enum vcpu_register)vcpu->gpr[RBX], vcpu->gpr[RCX]);
	case HYPERCALL_YIELD:
		*action = BOARD_YIELD;
		return ERROR_NONE;
	case HYPERCALL_MEET:
		*action = test_guests_meet(guest) ? BOARD_RESUME : BOARD_BLOCK;
		return ERROR_NONE;
	}
	return ERROR_INVALID_INPUT;
}

static enum board_action handle_hypercall(struct test_guest *guest, struct vcpu *vcpu,
					  const struct vcpu_exit *exit)
{
	enum board_action action = BOARD_RESUME;
	struct vcpu_event event = { .kind = EVENT_NONE };

	/* A software event is delivered in the place of the hypercall and skips it itself. */
	if ((uint32_t)vcpu->gpr[RAX] == HYPERCALL_INJECT &&
	    (vcpu->gpr[RBX] & 0xff) >= EVENT_SOFTWARE_INTERRUPT) {
		event.kind = (enum vcpu_event_kind)(vcpu->gpr[RBX] & 0xff);
		event.vector = (uint8_t)vcpu->gpr[RCX];
		event.instruction_length = (uint8_t)exit->length;
		vcpu->gpr[RAX] = vcpu_inject(vcpu, &event);
		return BOARD_RESUME;
	}
	/* In its place in the list it has ended the guest before this; a guest that keeps hypercalls
	 * out of its list may end at any time. */
	if ((uint32_t)vcpu->gpr[RAX] == HYPERCALL_DONE) {
		if (!(guest->image.header.ignored & BIT(VCPU_EXIT_HYPERCALL)))
			return BOARD_UNHANDLED;
		__atomic_store_n(&guest->ended, true, __ATOMIC_RELEASE);
		keep_finals(guest, vcpu);
		return BOARD_END_VM;
	}
	/* RIP moves first: what the call injects or changes applies behind the instruction. */
	vcpu_skip_instruction(vcpu);
	vcpu->gpr[RAX] = call(guest, vcpu, exit, &action);
	return action;
}

/* --- exits ----------------------------------------------------------------------------------- */

static enum board_action handle_fault(struct test_guest *guest, struct vcpu *vcpu,
				      const struct vcpu_exit *exit)
{
	gpa_t page = gpa(align_down(exit->nested_fault.gpa.value, PAGE_SIZE));
	uint8_t *host = vm_memory(vcpu->vm, page, PAGE_SIZE);
	struct reason why = { 0 };

	if (guest->on_fault == ON_FAULT_SKIP) {
		vcpu_skip_instruction(vcpu);
		return BOARD_RESUME;
	}
	if (guest->on_fault != ON_FAULT_MAP || !host)
		return BOARD_UNHANDLED;
	if (virt->nested_map(vcpu->vm->nested, page, virt_to_hpa(host), PAGE_SIZE,
			     ACCESS_READ | ACCESS_WRITE | ACCESS_EXECUTE, NESTED_WRITE_BACK,
			     &why)) {
		test_guest_fail(guest, &why);
		return BOARD_UNHANDLED;
	}
	return BOARD_RESUME;
}

static enum board_action handle_task_switch(struct test_guest *guest, struct vcpu *vcpu,
					    const struct vcpu_exit *exit)
{
	struct reason why;

	if (!vcpu_task_switch(vcpu, exit, &why))
		return BOARD_RESUME;
	test_guest_fail(guest, &why);
	return BOARD_UNHANDLED;
}

static enum board_action board_exit(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	struct test_guest *guest = guest_of(vcpu);

	if (__atomic_load_n(&guest->ended, __ATOMIC_ACQUIRE)) {
		keep_finals(guest, vcpu);
		return BOARD_END_VM;
	}
	switch (exit->kind) {
	case VCPU_EXIT_HYPERCALL:
		return handle_hypercall(guest, vcpu, exit);
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
	case VCPU_EXIT_PAUSE:
		return BOARD_YIELD;
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

const struct board_ops test_board = { .exit = board_exit, .ended = board_ended };
