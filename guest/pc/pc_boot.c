/* Loading the kernel and starting the vCPUs: when the VM is made, and again after each reset of the
 * guest's machine. */
#include "guest/pc/pc_parts.h"

#include "guest/load/load_firmware.h"
#include "guest/load/load_flat.h"
#include "guest/load/load_linux.h"
#include "guest/load/load_multiboot.h"
#include "guest/load/load_pvh.h"
#include "guest/modules.h"
#include "guest/pc/pc_layout.h"
#include "kernel/cpu.h"
#include "lib/bits.h"
#include "lib/string.h"
#include "vm/manager.h"
#include "vm/virt_ops.h"

/* --- the user's files ------------------------------------------------------------------------ */

struct load_file pc_file(const struct spec_module *module)
{
	struct load_file file = { .string = module->command_line };

	file.bytes = guest_module_bytes(module->index, &file.length);
	return file;
}

unsigned pc_files_of(const struct vm_spec *spec, enum module_role role, struct load_file *files)
{
	unsigned count = 0;

	for (unsigned i = 0; i < spec->module_count; i++)
		if (spec->modules[i].role == role)
			files[count++] = pc_file(&spec->modules[i]);
	return count;
}

/* The ROM's memory is made at the first boot and filled at each. */
static enum error load_rom(struct pc *pc, const struct load_file *image, struct boot_state *state,
			   struct reason *why)
{
	struct firmware_layout layout;
	enum error error = load_firmware(image, &layout, state, why);

	if (error)
		return error;
	if (!vm_memory(pc->vm, gpa(layout.high.at), layout.high.length))
		error = vm_add_memory(pc->vm, gpa(layout.high.at), layout.high.length,
				      ACCESS_READ | ACCESS_EXECUTE, why);
	if (error)
		return error;
	memcpy(vm_memory(pc->vm, gpa(layout.high.at), layout.high.length),
	       image->bytes + layout.high.offset, layout.high.length);
	/* Below 1 MiB the firmware finds itself in RAM, as after it has shadowed itself. */
	void *low = vm_memory(pc->vm, gpa(layout.low.at), layout.low.length);
	if (!low)
		return reason_set(why, ERROR_NO_MEMORY, "firmware: the VM has no RAM at 0x%lx",
				  layout.low.at);
	memcpy(low, image->bytes + layout.low.offset, layout.low.length);
	return ERROR_NONE;
}

static enum error load_kernel(struct pc *pc, struct boot_state *state, struct reason *why)
{
	const struct vm_spec *spec = pc->spec;
	const struct spec_module *module = &spec->modules[spec->kernel];
	const enum module_role role = module->role;
	struct load_file kernel = pc_file(module), others[SPEC_MODULES];
	unsigned count =
		pc_files_of(spec, role == MODULE_LINUX ? MODULE_INITRD : MODULE_MODULE, others);

	switch (role) {
	case MODULE_LINUX:
		return load_linux(&pc->target, &kernel, others, count, spec->entry, state, why);
	case MODULE_MULTIBOOT:
	case MODULE_PVH:
		return (role == MODULE_PVH ? load_pvh : load_multiboot)(&pc->target, &kernel,
									others, count, state, why);
	case MODULE_FLAT:
		return load_flat(&pc->target, &kernel, spec->address, spec->entry, state, why);
	case MODULE_FIRMWARE:
		return load_rom(pc, &kernel, state, why);
	default:
		return reason_set(why, ERROR_INVALID_INPUT, "a module of role %s is no kernel",
				  module_role_name(role));
	}
}

/* --- registers ------------------------------------------------------------------------------- */

static enum error set(struct vcpu *vcpu, unsigned reg, uint64_t value)
{
	return vcpu_set_register(vcpu, (enum vcpu_register)reg, value);
}

/* Real mode: a selector is its base's upper part. In protected mode the flat segments that setup
 * made stay, under the selectors that the kernel expects. */
static enum error set_segment(struct vcpu *vcpu, const struct boot_state *state, unsigned selector)
{
	unsigned base = selector + (VCPU_CS_BASE - VCPU_CS_SELECTOR);
	uint16_t value = selector == VCPU_CS_SELECTOR ? state->cs : state->ds;
	enum error error = set(vcpu, selector, value);

	if (!error && state->mode == VCPU_MODE_REAL16)
		error = set(vcpu, base, (uint64_t)value << 4);
	return error;
}

/* CS, SS, DS, ES, FS and GS, one after the other. */
_Static_assert(VCPU_GS_SELECTOR - VCPU_CS_SELECTOR == 5 * (VCPU_SS_SELECTOR - VCPU_CS_SELECTOR) &&
		       VCPU_TR_SELECTOR > VCPU_GS_SELECTOR,
	       "the six segments stand together");

static enum error set_segments(struct vcpu *vcpu, const struct boot_state *state)
{
	const unsigned next = VCPU_SS_SELECTOR - VCPU_CS_SELECTOR;
	enum error error = ERROR_NONE;

	for (unsigned reg = VCPU_CS_SELECTOR; reg <= VCPU_GS_SELECTOR && !error; reg += next)
		error = set_segment(vcpu, state, reg);
	if (!error && state->gdt_base) {
		error = set(vcpu, VCPU_GDTR_BASE, state->gdt_base);
		if (!error)
			error = set(vcpu, VCPU_GDTR_LIMIT, state->gdt_limit);
	}
	return error;
}

/* What the guest is told that it has. */
static uint32_t has(const struct pc *pc)
{
	const struct vm_spec *spec = pc->spec;
	uint32_t has = VCPU_HAS_TIMING_LEAF;

	if (!pc_has_firmware(pc))
		has |= VCPU_HAS_FIRMWARE_MTRRS;
	if (spec->apic == SPEC_APIC_NONE)
		return has;
	has |= VCPU_HAS_LOCAL_APIC | VCPU_HAS_TSC_DEADLINE;
	if (spec->apic == SPEC_APIC_X2)
		has |= VCPU_HAS_X2APIC;
	return has | (spec->pvclock ? VCPU_HAS_PVCLOCK : 0);
}

/* vCPUs that share a CPU wait for each other's turns, and one that spins for what another is to do
 * uses its own up. Worse, one that gives a lock away and takes it back behind a PAUSE is rarely
 * stopped between the two: the others would never have it. Then PAUSE ends a turn. */
static uint32_t intercepts(const struct pc *pc)
{
	unsigned vcpus = pc->vm->vcpu_count * pc->spec->copies;

	return INTERCEPT_HLT | (vcpus > cpu_online_count() ? INTERCEPT_PAUSE : 0);
}

static enum error start_processor(struct vcpu *vcpu, const struct boot_state *state)
{
	const struct vcpu_config config = {
		.mode = vcpu->id ? VCPU_MODE_RESET : state->mode,
		.page_table = gpa(state->page_table),
		.intercepts = intercepts((struct pc *)vcpu->vm->board_data),
		.wait_for_sipi = vcpu->id != 0,
		.has = has((struct pc *)vcpu->vm->board_data),
	};
	bool real = config.mode == VCPU_MODE_REAL16;
	uint64_t entry = real ? ((uint64_t)state->cs << 4) + state->rip : state->rip;
	enum error error = vcpu_set_entry(vcpu, gpa(entry));

	if (!error)
		error = vcpu_setup(vcpu, &config);
	if (error || config.mode == VCPU_MODE_RESET)
		return error;
	for (unsigned i = 0; i < GPR_COUNT; i++)
		vcpu->gpr[i] = state->gpr[i];
	error = set(vcpu, VCPU_RSP, state->gpr[RSP]);
	if (!error)
		error = set_segments(vcpu, state);
	return error ? error : set(vcpu, VCPU_RIP, state->rip);
}

enum error pc_boot(struct pc *pc, struct reason *why)
{
	struct boot_state state = { 0 };
	enum error error = ERROR_NONE;

	if (!pc_has_firmware(pc)) {
		pc_pci_sense_levels(pc);
		error = pc_tables_place(pc, why);
	}
	if (!error)
		error = load_kernel(pc, &state, why);
	if (error)
		return error;
	error = virt->supports_mode(state.mode, why);
	pc->mode_refused = error;
	if (error)
		return error;
	if (state.mode == VCPU_MODE_REAL16)
		pc_bios_begin(pc, &state);
	for (unsigned i = 0; i < pc->vm->vcpu_count && !error; i++) {
		error = start_processor(pc->vm->vcpus[i], &state);
		if (error)
			reason_set(why, error, "vcpu %u could not be set up: see the log", i);
	}
	return error;
}
