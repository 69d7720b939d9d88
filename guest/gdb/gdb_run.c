/* Starting and stopping the vCPUs of the VM that is debugged, and what their exits mean. */
#include "guest/gdb/gdb_step.h"
#include "guest/gdb/gdb_vm.h"
#include "kernel/output/log.h"
#include "lib/bits.h"
#include "lib/string.h"
#include "vm/guest_memory.h"
#include "vm/manager.h"
#include "x86/control_registers.h"
#include "x86/exception.h"
#include "x86/segment.h"

#define ALL_VCPUS         UINT64_MAX
#define INSTRUCTION_MOST  15
#define TRAP_FLAG_BYTE    1 /* of flags in memory */
#define TRAP_FLAG_IN_BYTE (RFLAGS_TF >> 8)

static uint64_t get(struct vcpu *vcpu, enum vcpu_register reg)
{
	uint64_t value = 0;

	/* What cannot be read is in the log. */
	return vcpu_get_register(vcpu, reg, &value) ? 0 : value;
}

static bool runs_64bit_code(struct vcpu *vcpu)
{
	return (get(vcpu, VCPU_EFER) & EFER_LMA) && (get(vcpu, VCPU_CS_RIGHTS) & RIGHTS_L);
}

/* The linear address of an offset in a segment. */
static uint64_t linear(struct vcpu *vcpu, enum vcpu_register base, uint64_t offset)
{
	return runs_64bit_code(vcpu) ? offset : (uint32_t)(get(vcpu, base) + offset);
}

/* --- exits ----------------------------------------------------------------------------------- */

static bool is_patched(struct vcpu *vcpu, uint64_t rip)
{
	struct page_walk walk = gdb_walk(vcpu, linear(vcpu, VCPU_CS_BASE, rip));

	return walk.status == PAGE_WALK_DONE && gdb_patch_at(&gdb_vm.breakpoints, walk.gpa);
}

/* An INT3 of the guest's own is delivered as what it is. */
static enum board_action give_back(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	const struct vcpu_event event = {
		.kind = EVENT_SOFTWARE_EXCEPTION,
		.vector = EXCEPTION_BREAKPOINT,
		.instruction_length = (uint8_t)exit->length,
	};

	return vcpu_inject(vcpu, &event) ? BOARD_UNHANDLED : BOARD_RESUME;
}

enum board_action gdb_exit(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	struct gdb_met *met = &gdb_vm.met[vcpu->id];

	if (exit->debug.int3 && !is_patched(vcpu, exit->rip))
		return give_back(vcpu, exit);
	*met = (struct gdb_met) { true, exit->debug };
	vm_debug_hold(vcpu->vm, ALL_VCPUS);
	return BOARD_RESUME;
}

/* --- stops ----------------------------------------------------------------------------------- */

/* PUSHF stored the flags with the TF that was borrowed. */
static void correct_pushed_flags(struct vcpu *vcpu)
{
	uint64_t at = get(vcpu, VCPU_RSP) + TRAP_FLAG_BYTE;
	uint64_t rights = get(vcpu, VCPU_SS_RIGHTS);
	struct page_walk walk;
	uint8_t byte;

	if (!runs_64bit_code(vcpu) && !(rights & RIGHTS_DB))
		at = (uint16_t)at;
	walk = gdb_walk(vcpu, linear(vcpu, VCPU_SS_BASE, at));
	if (walk.status != PAGE_WALK_DONE || !guest_physical_read(vcpu->vm, walk.gpa, &byte, 1))
		return;
	gdb_poke(vcpu->vm, walk.gpa, byte & (uint8_t)~TRAP_FLAG_IN_BYTE);
}

static void finish_steps(void)
{
	for (unsigned i = 0; i < gdb_vm.vm->vcpu_count; i++) {
		bool saved = gdb_vm.steps[i].kind == STEP_SAVES_FLAGS && !gdb_vm.guest_traps[i];

		if (gdb_vm.met[i].waits && gdb_vm.met[i].hit.step && saved)
			correct_pushed_flags(gdb_vcpu(i));
		gdb_vm.steps[i].kind = STEP_PLAIN;
	}
}

static enum gdb_cause cause_of(const struct gdb_hardware *hardware)
{
	switch (hardware->type) {
	case GDB_BREAK_HARDWARE:
		return GDB_AT_HARDWARE_BREAKPOINT;
	case GDB_WATCH_WRITE:
		return GDB_WATCHED_WRITE;
	case GDB_WATCH_READ:
		return GDB_WATCHED_READ;
	default:
		return GDB_WATCHED_ACCESS;
	}
}

static void explain(const struct gdb_met *met, struct gdb_stop *stop)
{
	const struct gdb_hardware *hardware;

	stop->cause = met->hit.int3 ? GDB_AT_SOFTWARE_BREAKPOINT : GDB_STEPPED;
	if (!met->hit.hits)
		return;
	hardware = &gdb_vm.breakpoints.hardware[__builtin_ctz(met->hit.hits)];
	if (!hardware->used)
		return;
	stop->cause = cause_of(hardware);
	stop->address = hardware->address;
}

/* A vCPU that stands before an instruction will meet its breakpoint again; what it accessed it will
 * not. */
static void keep_the_rest(void)
{
	for (unsigned i = 0; i < gdb_vm.vm->vcpu_count; i++) {
		struct gdb_stop stop = { 0 };

		explain(&gdb_vm.met[i], &stop);
		gdb_vm.met[i].waits &= stop.cause >= GDB_WATCHED_WRITE;
	}
}

bool gdb_choose_stop(struct gdb_stop *stop)
{
	bool found = false;

	finish_steps();
	for (unsigned i = 0; i < gdb_vm.vm->vcpu_count && !found; i++) {
		if (!gdb_vm.met[i].waits)
			continue;
		found = true;
		*stop = (struct gdb_stop) { .vcpu = i };
		explain(&gdb_vm.met[i], stop);
		gdb_vm.met[i].waits = false;
	}
	keep_the_rest();
	return found;
}

/* --- running --------------------------------------------------------------------------------- */

bool gdb_exists(unsigned index)
{
	return !__atomic_load_n(&gdb_vcpu(index)->ended, __ATOMIC_ACQUIRE);
}

static void prepare_step(struct vcpu *vcpu, struct vcpu_debug *debug)
{
	uint8_t bytes[INSTRUCTION_MOST];
	uint64_t at = linear(vcpu, VCPU_CS_BASE, get(vcpu, VCPU_RIP));
	size_t length = gdb_read_memory(vcpu->id, at, bytes, sizeof(bytes));

	debug->step = true;
	debug->next = gdb_step_instruction(bytes, length, runs_64bit_code(vcpu));
	gdb_vm.steps[vcpu->id] = debug->next;
	gdb_vm.guest_traps[vcpu->id] = get(vcpu, VCPU_RFLAGS) & RFLAGS_TF;
}

static bool ask(struct vcpu *vcpu, const struct vcpu_debug *debug)
{
	return !vcpu_set_debug(vcpu, debug);
}

/* Has one of those that are to run something to tell first? Then none runs: the next look at the VM
 * tells it. */
static bool something_waits(const enum gdb_action *actions)
{
	for (unsigned i = 0; i < gdb_vm.vm->vcpu_count; i++)
		if (gdb_vm.met[i].waits && actions[i] != GDB_ACTION_NONE)
			return true;
	return false;
}

void gdb_resume(const enum gdb_action *actions)
{
	struct vcpu_debug debug = { .on = true };
	uint64_t held = ALL_VCPUS;

	if (something_waits(actions))
		return;
	gdb_hardware_registers(&gdb_vm.breakpoints, &debug);
	for (unsigned i = 0; i < gdb_vm.vm->vcpu_count; i++) {
		struct vcpu_debug own = debug;

		if (!gdb_exists(i) ||
		    (actions[i] != GDB_ACTION_CONTINUE && actions[i] != GDB_ACTION_STEP))
			continue;
		if (actions[i] == GDB_ACTION_STEP)
			prepare_step(gdb_vcpu(i), &own);
		if (ask(gdb_vcpu(i), &own))
			held &= ~BIT(i);
	}
	vm_debug_hold(gdb_vm.vm, held);
}

void gdb_detach(void)
{
	static const struct vcpu_debug nothing;

	gdb_clear_all();
	for (unsigned i = 0; i < gdb_vm.vm->vcpu_count; i++) {
		gdb_vm.met[i].waits = false;
		if (gdb_exists(i) && !ask(gdb_vcpu(i), &nothing))
			log_warn("gdb", "vcpu=%u stays under the debugger", i);
	}
	log_info("gdb", "debugger left vm=%u(%s)", gdb_vm.vm->id, gdb_vm.vm->name);
	vm_debug_hold(gdb_vm.vm, 0);
}

void gdb_kill(void)
{
	log_info("gdb", "debugger kills vm=%u(%s)", gdb_vm.vm->id, gdb_vm.vm->name);
	vm_stop(gdb_vm.vm, NULL);
}
