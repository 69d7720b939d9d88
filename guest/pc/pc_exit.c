/* Exits of a PC's vCPUs, each to who answers: ports and memory to the chips, model-specific
 * registers to the local APIC, HLT to the scheduler. What no PC does gets what the CPU would do. */
#include "guest/pc/pc_parts.h"

#include "guest/pc/pc_layout.h"
#include "kernel/output/log.h"
#include "vm/emulate/emulate.h"
#include "vm/emulate/string_io.h"
#include "vm/emulate/task_switch.h"
#include "vm/exit_log.h"
#include "vm/guest_memory.h"
#include "vm/recorder_log.h"
#include "vm/manager.h"
#include "x86/control_registers.h"
#include "x86/exception.h"
#include "x86/segment.h"

static struct pc *pc_of(const struct vcpu *vcpu)
{
	return (struct pc *)vcpu->vm->board_data;
}

/* The machine cannot do what the guest needs: the VM stops, and the log says why. */
static enum board_action cannot(struct vcpu *vcpu, const struct reason *why)
{
	log_error("guest", "vm=%u(%s) vcpu=%u: %s", vcpu->vm->id, vcpu->vm->name, vcpu->id,
		  why->text);
	return BOARD_UNHANDLED;
}

static enum board_action raise_undefined(struct vcpu *vcpu)
{
	const struct vcpu_event fault = { .kind = EVENT_EXCEPTION,
					  .vector = EXCEPTION_INVALID_OPCODE };

	vcpu->did = "injected #UD";
	return vcpu_inject(vcpu, &fault) ? BOARD_UNHANDLED : BOARD_RESUME;
}

/* --- exits ----------------------------------------------------------------------------------- */

/* INS and OUTS: others are answered in the loop. */
static enum board_action handle_io(struct pc *pc, struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	const struct emulate_bus bus = { pc, pc_read_memory, pc_write_memory };
	struct reason why;

	if (!exit->io.string)
		return BOARD_UNHANDLED;
	return string_io(vcpu, exit, pc_access_port, pc, &bus, &why) ? cannot(vcpu, &why)
								     : pc_go_on(pc);
}

/* Where nothing answers, a PC reads ones. As an entry of a page table they have reserved bits set.
 * Whether the access that the walk was for would have written is not told: the error code says a
 * read. */
static enum board_action raise_reserved(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	struct page_walk_state state;
	struct reason why;
	enum error error = guest_walk_state(vcpu, &state, &why);
	struct vcpu_event fault = {
		.kind = EVENT_EXCEPTION,
		.vector = EXCEPTION_PAGE_FAULT,
		.has_error_code = true,
		.error_code = PAGE_FAULT_PRESENT | PAGE_FAULT_RESERVED,
		.fault_address = exit->nested_fault.gva.value,
	};

	if (error)
		return cannot(vcpu, &why);
	if (state.cpl == USER_CPL)
		fault.error_code |= PAGE_FAULT_USER;
	vcpu->did = "injected #PF";
	return vcpu_inject(vcpu, &fault) ? BOARD_UNHANDLED : BOARD_RESUME;
}

/* A walk of the page tables that could not go on. On a PC the flags that a CPU would set in ROM get
 * lost; here the hardware does not go on until it has set them, and so it may, in that page. */
static enum board_action handle_walk(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	gpa_t page = gpa(align_down(exit->nested_fault.gpa.value, PAGE_SIZE));
	struct reason why;

	if (!guest_is_ram(vcpu->vm, page, PAGE_SIZE, ACCESS_READ))
		return raise_reserved(vcpu, exit);
	vcpu->did = "flags let into ROM";
	return vm_let_walks_write(vcpu->vm, page, &why) ? cannot(vcpu, &why) : BOARD_RESUME;
}

/* An instruction is not known here: was there anything for it to reach? */
static void tell_whether_there(struct pc_vcpu *pv, gpa_t at, struct reason *why)
{
	const struct reason told = *why;
	struct pc *pc = pv->pc;
	uint64_t flags = spinlock_acquire(&pc->lock);
	const bool there = bus_find(&pc->memory, at.value) || guest_is_ram(pc->vm, at, 1, 0) ||
			   vlapic_is_at(&pv->lapic, at.value);

	spinlock_release(&pc->lock, flags);
	if (!there)
		reason_set(why, told.kind, "there is no memory and no device at 0x%lx: %s",
			   at.value, told.text);
}

static enum board_action handle_memory(struct pc *pc, struct vcpu *vcpu,
				       const struct vcpu_exit *exit)
{
	const struct emulate_bus bus = { pc, pc_read_memory, pc_write_memory };
	struct reason why;

	if (exit->nested_fault.during_walk)
		return handle_walk(vcpu, exit);
	/* Code of ones is FFH /7, which no CPU knows. */
	if (exit->nested_fault.access & ACCESS_EXECUTE)
		return raise_undefined(vcpu);
	enum error error = emulate_instruction(vcpu, exit, &bus, &why);
	if (error == ERROR_UNSUPPORTED)
		tell_whether_there((struct pc_vcpu *)vcpu->owner, exit->nested_fault.gpa, &why);
	if (error)
		return cannot(vcpu, &why);
	vcpu->did = "emulated";
	return pc_go_on(pc);
}

static enum board_action handle_task_switch(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	struct reason why;

	return vcpu_task_switch(vcpu, exit, &why) ? cannot(vcpu, &why) : BOARD_RESUME;
}

/* HLT that is single-stepped ends with its debug trap, which is there already. */
static enum board_action handle_hlt(struct vcpu *vcpu)
{
	uint64_t rflags = 0;

	if (vcpu_get_register(vcpu, VCPU_RFLAGS, &rflags))
		return BOARD_UNHANDLED;
	vcpu_skip_instruction(vcpu);
	return rflags & RFLAGS_TF ? BOARD_RESUME : BOARD_BLOCK;
}

/* A PC's chipset answers the shutdown cycle with RESET#. Some guests reset themselves in this way, but
 * most have met what they did not expect. */
static enum board_action handle_triple_fault(struct pc *pc, struct vcpu *vcpu,
					     const struct vcpu_exit *exit)
{
	if (pc_end_request(pc, PC_RESET, "triple fault") && pc_reset_is_news(pc)) {
		exit_log_story(vcpu, exit, LOG_WARN);
		recorder_log_vm(vcpu->vm, RECORDER_LAST_OF_VM, "triple-fault");
	}
	return pc_go_on(pc);
}

static enum board_action handle_exit(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	struct pc *pc = pc_of(vcpu);

	switch (exit->kind) {
	case VCPU_EXIT_ANSWERED:
		return pc_go_on(pc);
	case VCPU_EXIT_IO:
		return handle_io(pc, vcpu, exit);
	case VCPU_EXIT_NESTED_FAULT:
		return handle_memory(pc, vcpu, exit);
	case VCPU_EXIT_HLT:
		return handle_hlt(vcpu);
	case VCPU_EXIT_HYPERCALL: /* what it does on a CPU without a hypervisor */
		return raise_undefined(vcpu);
	case VCPU_EXIT_TASK_SWITCH:
		return handle_task_switch(vcpu, exit);
	case VCPU_EXIT_TRIPLE_FAULT:
		return handle_triple_fault(pc, vcpu, exit);
	default:
		return BOARD_UNHANDLED;
	}
}

const struct board_ops pc_board = {
	.tells_statistics = true,
	.exit = handle_exit,
	.ended = pc_ended,
	.restart = pc_restart,
	.screen = pc_vm_screen,
	.missed_ticks = pc_missed_ticks,
	.all_halted = pc_all_halted,
	.symbol = pc_symbol,
	.device_at = pc_device_at,
};
