/* Exits of a PC's vCPUs, each to who answers: ports and memory to the chips, model-specific
 * registers to the local APIC, HLT to the scheduler. What no PC does gets what the CPU would do. */
#include "guest/pc/pc_parts.h"

#include "guest/pc/pc_layout.h"
#include "kernel/output/log.h"
#include "lib/bits.h"
#include "vm/emulate/emulate.h"
#include "vm/emulate/string_io.h"
#include "vm/emulate/task_switch.h"
#include "vm/exit_log.h"
#include "vm/guest_memory.h"
#include "vm/recorder_log.h"
#include "vm/manager.h"
#include "vm/vcpu/vcpu_quick.h"
#include "x86/control_registers.h"
#include "x86/exception.h"
#include "x86/msr.h"
#include "x86/segment.h"

static struct pc *pc_of(const struct vcpu *vcpu)
{
	return (struct pc *)vcpu->vm->board_data;
}

static struct pc_vcpu *pc_vcpu_of(const struct vcpu *vcpu)
{
	return (struct pc_vcpu *)vcpu->owner;
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

/* --- the buses ------------------------------------------------------------------------------- */

/* Nearly always one chip takes an access as it is. */
static void access_window(struct pc *pc, const struct bus_window *window, uint64_t at,
			  unsigned width, bool in, uint64_t *value)
{
	const struct chip_ops *ops = window->ops;
	uint64_t offset = window->offset + (at - window->first);
	/* The access itself may take windows off the bus, or move them. */
	void *chip = window->chip;

	if (ops->advance)
		ops->advance(chip, pc_now(pc));
	if (in)
		*value = ops->read ? ops->read(chip, offset, width) : UINT64_MAX;
	else if (ops->write)
		ops->write(chip, offset, width, *value & BITS(width * 8 - 1, 0));
	pc_time_touched(pc, chip);
}

static void access_bus(struct pc *pc, struct bus *bus, uint64_t at, unsigned width, bool in,
		       uint64_t *value)
{
	uint64_t flags = spinlock_acquire(&pc->lock);
	const struct bus_window *window = bus_reach(bus, at);

	if (likely(window && bus_takes_whole(window, at, width))) {
		access_window(pc, window, at, width, in, value);
	} else {
		const void *chip = window ? window->chip : NULL;

		if (in)
			*value = bus_read(bus, pc_now(pc), at, width);
		else
			bus_write(bus, pc_now(pc), at, width, *value);
		if (chip)
			pc_time_touched(pc, chip);
	}
	spinlock_release(&pc->lock, flags);
}

static void access_port(void *context, struct vcpu *vcpu, uint16_t port, unsigned width, bool in,
			uint32_t *value)
{
	struct pc *pc = (struct pc *)context;
	uint64_t wide = *value;

	access_bus(pc, &pc->ports, port, width, in, &wide);
	*value = (uint32_t)wide;
}

static bool is_local_apic(const struct pc_vcpu *pv, gpa_t at)
{
	return vlapic_mode(&pv->lapic) == VLAPIC_XAPIC &&
	       at.value - (pv->lapic.base & APIC_BASE_ADDRESS) < PAGE_SIZE;
}

static void read_memory(void *context, struct vcpu *vcpu, gpa_t at, unsigned width, uint64_t *value)
{
	struct pc *pc = (struct pc *)context;
	struct pc_vcpu *pv = pc_vcpu_of(vcpu);

	if (is_local_apic(pv, at))
		*value = pc_local_apic_read(pv, at.value & PAGE_MASK, width);
	else
		access_bus(pc, &pc->memory, at.value, width, true, value);
}

static void write_memory(void *context, struct vcpu *vcpu, gpa_t at, unsigned width, uint64_t value)
{
	struct pc *pc = (struct pc *)context;
	struct pc_vcpu *pv = pc_vcpu_of(vcpu);

	if (is_local_apic(pv, at))
		pc_local_apic_write(pv, at.value & PAGE_MASK, width, value);
	else
		access_bus(pc, &pc->memory, at.value, width, false, &value);
}

/* --- in the loop ------------------------------------------------------------------------------ */

/* May the guest go on without the machine above? An INIT that the access made a chip send to this very
 * vCPU kicked nobody: it is taken above. */
static bool can_go_on(struct pc *pc, const struct vcpu *vcpu)
{
	return !__atomic_load_n(&vcpu->startup, __ATOMIC_RELAXED) && pc_may_go_on(pc);
}

static bool answer_port(struct vcpu *vcpu, uint16_t port, unsigned width, bool in, uint32_t *value)
{
	struct pc *pc = pc_of(vcpu);

	access_port(pc, vcpu, port, width, in, value);
	return can_go_on(pc, vcpu);
}

static unsigned answer_memory(struct vcpu *vcpu, gpa_t at, bool write,
			      const struct quick_place *place, bool *go_on)
{
	const struct quick_move *move = quick_move_find(&vcpu->quick_moves, place);
	struct pc *pc = pc_of(vcpu);
	uint64_t value = 0;

	if (!move || !is_aligned(at.value, move->width) || write != quick_move_stores(move))
		return 0;
	if (write) {
		write_memory(pc, vcpu, at, move->width, quick_move_value(move, vcpu->gpr));
	} else {
		read_memory(pc, vcpu, at, move->width, &value);
		quick_move_load(move, vcpu->gpr, value);
	}
	*go_on = can_go_on(pc, vcpu);
	return move->length;
}

static bool answer_msr_read(struct vcpu *vcpu, uint32_t index, uint64_t *value)
{
	return pc_msr_read(pc_vcpu_of(vcpu), index, value);
}

static bool answer_msr_write(struct vcpu *vcpu, uint32_t index, uint64_t value, bool *go_on)
{
	bool done = pc_msr_write(pc_vcpu_of(vcpu), index, value);

	*go_on = can_go_on(pc_of(vcpu), vcpu);
	return done;
}

/* Whoever shows KVM's signature answers its calls; here there is none. Linux, "KVM hypercalls". */
#define KVM_NO_CALL       (-1000) /* -KVM_ENOSYS */
#define KVM_NOT_PERMITTED (-1)    /* -KVM_EPERM: not at CPL 0 */

uint64_t pc_unknown_hypercall(const struct pc *pc)
{
	return pc->spec->pvclock ? (uint64_t)KVM_NO_CALL : 0;
}

static bool answer_hypercall(struct vcpu *vcpu, unsigned cpl, bool code64)
{
	int64_t result = cpl ? KVM_NOT_PERMITTED : KVM_NO_CALL;

	if (!pc_unknown_hypercall(pc_of(vcpu)))
		return false;
	vcpu->gpr[RAX] = code64 ? (uint64_t)result : (uint32_t)result;
	return true;
}

const struct vcpu_quick pc_vcpu_quick = {
	.port = answer_port,
	.memory = answer_memory,
	.read_msr = answer_msr_read,
	.write_msr = answer_msr_write,
	.hypercall = answer_hypercall,
};

/* --- exits ----------------------------------------------------------------------------------- */

/* INS and OUTS: others are answered in the loop. */
static enum board_action handle_io(struct pc *pc, struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	const struct emulate_bus bus = { pc, read_memory, write_memory };
	struct reason why;

	if (!exit->io.string)
		return BOARD_UNHANDLED;
	return string_io(vcpu, exit, access_port, pc, &bus, &why) ? cannot(vcpu, &why)
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
			   is_local_apic(pv, at);

	spinlock_release(&pc->lock, flags);
	if (!there)
		reason_set(why, told.kind, "there is no memory and no device at 0x%lx: %s",
			   at.value, told.text);
}

static enum board_action handle_memory(struct pc *pc, struct vcpu *vcpu,
				       const struct vcpu_exit *exit)
{
	const struct emulate_bus bus = { pc, read_memory, write_memory };
	struct reason why;

	if (exit->nested_fault.during_walk)
		return handle_walk(vcpu, exit);
	/* Code of ones is FFH /7, which no CPU knows. */
	if (exit->nested_fault.access & ACCESS_EXECUTE)
		return raise_undefined(vcpu);
	enum error error = emulate_instruction(vcpu, exit, &bus, &why);
	if (error == ERROR_UNSUPPORTED)
		tell_whether_there(pc_vcpu_of(vcpu), exit->nested_fault.gpa, &why);
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
