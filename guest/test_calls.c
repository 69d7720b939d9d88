/* The hypercalls of test guests: guest/hypercall.h lists them. */
#include "guest/test_calls.h"

#include "guest/hypercall.h"
#include "guest/run_tests.h"
#include "kernel/cpu.h"
#include "kernel/output/log.h"
#include "kernel/memory.h"
#include "lib/bits.h"
#include "vm/vcpu/vcpu.h"
#include "vm/virt_ops.h"

#define PRINT_MAX 200

static uint32_t call_print(struct vcpu *vcpu)
{
	uint32_t length = (uint32_t)vcpu->gpr[RCX];
	const char *text = vm_memory(vcpu->vm, gpa((uint32_t)vcpu->gpr[RBX]), length);

	if (length > PRINT_MAX || !text)
		return ERROR_INVALID_INPUT;
	log_tagged("guest", "vm=%u(%s)| %.*s", vcpu->vm->id, vcpu->vm->name, (int)length, text);
	return ERROR_NONE;
}

static uint32_t call_inject(struct vcpu *vcpu)
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
	enum error error = ERROR_NONE;

	for (unsigned times = what & INJECT_THRICE ? 3 : 1; times && !error; times--)
		error = vcpu_inject(vcpu->vm->vcpus[target], &event);
	return error;
}

static uint32_t call_nested_rights(struct vcpu *vcpu)
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
		return (uint32_t)vcpu_exits(vcpu);
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
static uint32_t call(struct test_guest *guest, struct vcpu *vcpu, enum board_action *action)
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
		return call_inject(vcpu);
	case HYPERCALL_NESTED_RIGHTS:
		return call_nested_rights(vcpu);
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
	case HYPERCALL_RESTART:
		*action = BOARD_RESET_VM;
		return ERROR_NONE;
	case HYPERCALL_MEET:
		*action = test_guests_meet(guest) ? BOARD_RESUME : BOARD_BLOCK;
		return ERROR_NONE;
	}
	return ERROR_INVALID_INPUT;
}

enum board_action test_call(struct test_guest *guest, struct vcpu *vcpu,
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
		test_guest_end(guest, vcpu);
		return BOARD_END_VM;
	}
	/* RIP moves first: what the call injects or changes applies behind the instruction. */
	vcpu_skip_instruction(vcpu);
	vcpu->gpr[RAX] = call(guest, vcpu, &action);
	return action;
}
