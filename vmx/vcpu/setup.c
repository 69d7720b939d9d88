/* Filling a VMCS for the first time: zeroes from a table, the rest from the vCPU's
 * configuration and from what the CPU offers, in short functions. SDM volume 3, "Organization of
 * VMCS Data". The host-state area is not written here: it belongs to a CPU (vmx/vcpu/host_state.c). */
#include "kernel/command_line.h"
#include "kernel/cpu.h"
#include "kernel/time.h"
#include "vm/vm.h"
#include "vmx/backend.h"
#include "vmx/vcpu/apicv.h"
#include "vmx/vcpu/bitmaps.h"
#include "vmx/cpu/capability.h"
#include "vmx/cpu/controls.h"
#include "vmx/vcpu/identity_map.h"
#include "vmx/instructions.h"
#include "vmx/nested.h"
#include "vmx/cpu/percpu.h"
#include "vmx/vcpu/slice.h"
#include "vmx/vcpu/start_state.h"
#include "vmx/vcpu/vcpu.h"
#include "vmx/vcpu/vpid.h"
#include "vmx/vcpu/xstate.h"
#include "x86/control_registers.h"
#include "x86/cpuid.h"
#include "x86/exception.h"
#include "x86/instructions.h"

/* A machine check must reach the host, whichever guest runs. And a #DB or #AC whose delivery raises
 * the same again keeps a CPU in the delivery for ever, where neither an interrupt nor the
 * preemption timer gets through: an exit each time lets the slice end. */
#define ALWAYS_INTERCEPTED \
	(BIT(EXCEPTION_MACHINE_CHECK) | BIT(EXCEPTION_DEBUG) | BIT(EXCEPTION_ALIGNMENT_CHECK))

static const uint16_t zeroed[] = {
	/* Mask and match 0: exception-bitmap bit 14 alone decides about page faults. */
	VMCS_PAGE_FAULT_ERROR_MASK, VMCS_PAGE_FAULT_ERROR_MATCH, VMCS_CR3_TARGET_COUNT,
	VMCS_EXIT_MSR_STORE_COUNT,  VMCS_EXIT_MSR_LOAD_COUNT,    VMCS_ENTRY_MSR_LOAD_COUNT,
	VMCS_GUEST_DEBUGCTL,        VMCS_GUEST_SYSENTER_CS,      VMCS_GUEST_SYSENTER_ESP,
	VMCS_GUEST_SYSENTER_EIP,
};

#define NO_SHADOW_VMCS ~0ull

/* --- what the CPU and the policies make of the configuration --------------------------------- */

static enum error resolve(struct vmx_vcpu *v, const struct vcpu_config *config, struct reason *why)
{
	/* The preemption timer also stands by where it does not end the slices (vmx/vcpu/slice.c). */
	uint32_t request = vmx_request(v->vpid != 0, true, config->intercepts);
	enum error error = vmx_controls_resolve(&vmx_capability, request, &v->resolved, why);

	if (error)
		return error;
	/* INVPCID exits along with INVLPG, but its operand is in guest memory: such a guest does
	 * without INVPCID, and CPUID does not show it. */
	if (config->intercepts & INTERCEPT_INVLPG)
		v->resolved.word[CONTROL_SECONDARY] &= ~(uint64_t)SECONDARY_ENABLE_INVPCID;
	return ERROR_NONE;
}

static void describe_cpuid(struct vmx_vcpu *v, const struct vcpu_config *config)
{
	uint64_t secondary = v->resolved.word[CONTROL_SECONDARY];
	const struct vcpu *vcpu = v->vcpu;
	uint32_t backend = 0;

	if (!vcpu->interrupts || (config->has & VCPU_HAS_X2APIC))
		backend |= CPUID_BACKEND_X2APIC;
	if (vcpu->interrupts && (config->has & VCPU_HAS_TSC_DEADLINE))
		backend |= CPUID_BACKEND_TSC_DEADLINE;
	if (secondary & SECONDARY_ENABLE_RDTSCP)
		backend |= CPUID_BACKEND_RDTSCP;
	if (secondary & SECONDARY_ENABLE_INVPCID)
		backend |= CPUID_BACKEND_INVPCID;
	if (xstate_host_layout.method != XSTATE_FXSAVE)
		backend |= CPUID_BACKEND_XSAVE;
	/* A test guest sees the CPU as it is; an operating system would keep its processes' registers
	 * in that format. */
	if (!vcpu->interrupts || xstate_compacts) {
		backend |= CPUID_BACKEND_XSAVEC;
		if ((secondary & SECONDARY_ENABLE_XSAVES) && vmx_capability.xsaves)
			backend |= CPUID_BACKEND_XSAVES;
	}
	v->cpuid = (struct cpuid_guest) {
		.vcpu_id = vcpu->id,
		.vcpu_count = vcpu->vm->vcpu_count,
		.backend = backend,
		.xcr0_allowed = backend & CPUID_BACKEND_XSAVE ? xstate_host_layout.components : 0,
		.xss_allowed = 0,
		.controllers = vcpu->interrupts,
	};
	if (vcpu->interrupts) {
		v->cpuid.tsc_khz = (uint32_t)(time_tick_rate() / 1000);
		v->cpuid.timing_leaf = config->has & VCPU_HAS_TIMING_LEAF;
		v->cpuid.pvclock = config->has & VCPU_HAS_PVCLOCK;
	}
}

static uint64_t efer_allowed(void)
{
	struct cpuid_result leaf = cpuid_query(CPUID_EXTENDED_SIGNATURE, 0);
	uint64_t allowed = EFER_SCE;

	if (leaf.edx & CPUID_80000001_EDX_LM)
		allowed |= EFER_LME;
	if (leaf.edx & CPUID_80000001_EDX_NX)
		allowed |= EFER_NXE;
	return allowed;
}

static void describe_limits(struct vmx_vcpu *v)
{
	v->limits = (struct control_limits) {
		.cr0_fixed0 = vmx_capability.cr0_fixed0,
		.cr0_fixed1 = vmx_capability.cr0_fixed1,
		.cr4_fixed0 = vmx_capability.cr4_fixed0,
		.cr4_fixed1 = vmx_capability.cr4_fixed1,
		.cr4_forced = read_cr4() & CR4_MCE,
		.efer_allowed = efer_allowed(),
		.address_bits = vmx_capability.physical_bits,
		.unrestricted = v->resolved.word[CONTROL_SECONDARY] & SECONDARY_UNRESTRICTED_GUEST,
	};
	v->limits.cr4_allowed =
		cpuid_cr4_allowed(cpuid_query, &v->cpuid) & vmx_capability.cr4_fixed1 & ~CR4_VMXE;
}

/* --- the VMCS -------------------------------------------------------------------------------- */

static void write_controls(struct vmx_vcpu *v, const struct vcpu_config *config)
{
	const uint64_t *word = v->resolved.word;

	v->exceptions = config->exceptions | (uint32_t)ALWAYS_INTERCEPTED;
	v->controls = (struct vmx_live_controls) {
		.pin = (uint32_t)word[CONTROL_PIN],
		.primary = (uint32_t)word[CONTROL_PRIMARY],
		.secondary = (uint32_t)word[CONTROL_SECONDARY],
		.exit = (uint32_t)word[CONTROL_EXIT],
		.entry = (uint32_t)word[CONTROL_ENTRY],
		.exception_bitmap = v->exceptions,
	};
	slice_choose_timer(v);
	vmcs_write(VMCS_PIN_CONTROLS, v->controls.pin);
	vmcs_write(VMCS_PRIMARY_CONTROLS, v->controls.primary);
	vmcs_write(VMCS_SECONDARY_CONTROLS, v->controls.secondary);
	vmcs_write(VMCS_EXIT_CONTROLS, v->controls.exit);
	vmcs_write(VMCS_ENTRY_CONTROLS, v->controls.entry);
	vmcs_write(VMCS_EXCEPTION_BITMAP, v->controls.exception_bitmap);
}

/* Fields that exist only with the control that uses them. */
static void write_optional_fields(struct vmx_vcpu *v)
{
	if (v->controls.primary & PRIMARY_USE_MSR_BITMAPS)
		vmcs_write(VMCS_MSR_BITMAPS, bitmaps_msr().value);
	if (v->controls.primary & PRIMARY_USE_IO_BITMAPS) {
		vmcs_write(VMCS_IO_BITMAP_A, bitmaps_io_a().value);
		vmcs_write(VMCS_IO_BITMAP_B, bitmaps_io_b().value);
	}
	if (v->controls.secondary & SECONDARY_ENABLE_VPID)
		vmcs_write(VMCS_VPID, v->vpid);
	/* IA32_XSS stays 0, so that no XSAVES has a component to exit for. */
	if (v->controls.secondary & SECONDARY_ENABLE_XSAVES)
		vmcs_write(VMCS_XSS_EXITING_BITMAP, 0);
	if (v->controls.pin & PIN_ACTIVATE_PREEMPTION_TIMER)
		vmcs_write(VMCS_GUEST_PREEMPTION_TIMER, UINT32_MAX);
	vmcs_write(VMCS_EPT_POINTER, nested_pointer(v->vcpu->nested_root));
}

static enum error write_start_state(struct vmx_vcpu *v, const struct vcpu_config *config,
				    struct reason *why)
{
	struct start_state state;
	struct vcpu *vcpu = v->vcpu;

	if (config->wait_for_sipi)
		start_state_after_init(CR0_RESET, &state);
	else
		start_state_of_mode(config, vcpu->entry, &state);
	start_state_write(v, &state);
	if (config->mode == VCPU_MODE_RESET || config->wait_for_sipi)
		vcpu->gpr[RDX] = cpuid_query(CPUID_FEATURES, 0).eax;
	else
		vcpu->gpr[config->mode == VCPU_MODE_REAL16 ? RBX : RDI] = config->argument;
	if (control_is_pae(&state.view) && vmx_load_pdptes(v, state.cr3))
		return reason_set(why, ERROR_INVALID_DATA,
				  "no valid page-directory-pointer table at 0x%lx", state.cr3);
	return ERROR_NONE;
}

static enum error write_all(struct vmx_vcpu *v, const struct vcpu_config *config,
			    struct reason *why)
{
	for (unsigned i = 0; i < ARRAY_SIZE(zeroed); i++)
		vmcs_write((enum vmcs_field)zeroed[i], 0);
	vmcs_write(VMCS_LINK_POINTER, NO_SHADOW_VMCS);
	write_controls(v, config);
	write_optional_fields(v);
	enum error error = apicv_setup(v, why);
	if (error)
		return error;
	vmx_set_pat(v);
	vmx_set_tsc_offset(v);
	return write_start_state(v, config, why);
}

enum error vmx_vcpu_setup(struct vcpu *vcpu, const struct vcpu_config *config, struct reason *why)
{
	struct vmx_vcpu *v = vmx_of(vcpu);
	enum vcpu_mode mode = config->wait_for_sipi ? VCPU_MODE_RESET : config->mode;
	enum error error = vmx_mode_usable(&vmx_capability, mode, why);

	if (error)
		return error;
	if (!vcpu->nested_root.value)
		return reason_set(why, ERROR_BAD_STATE, "vCPU %u has no nested root", vcpu->id);
	if (!vmx_is_enabled())
		return reason_set(why, ERROR_BAD_STATE, "VMX is off on CPU %u", this_cpu()->index);
	vmx_clear_region(v);
	if (!v->vpid)
		v->vpid = vpid_alloc();
	error = resolve(v, config, why);
	if (error)
		return error;
	describe_cpuid(v, config);
	describe_limits(v);
	vmx_describe_msr_inputs(v, config);
	cpuid_memo_forget(&v->cpuid_memo);
	if (!v->limits.unrestricted) {
		error = identity_map_provide(v, why);
		if (error)
			return error;
	}
	msr_state_reset(&v->msrs, vcpu->id, vmx_capability.physical_bits,
			vmx_capability.fast_strings);
	if (config->has & VCPU_HAS_FIRMWARE_MTRRS)
		msr_state_after_firmware(&v->msrs);
	v->xcr0 = v->xcr0_used = XCR0_RESET;
	xstate_reset_image(&xstate_host_layout, v->xstate_area);

	/* Any CPU may bind it next, so it is left clear. */
	vmx_make_current(v);
	error = write_all(v, config, why);
	vmx_evict(v);
	return error;
}
