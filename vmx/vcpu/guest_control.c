/* A guest's CR0, CR3, CR4, EFER and XCR0: what the pure rules of vmx/vcpu/control_state.h decide is
 * carried into the VMCS here. */
#include "lib/assert.h"
#include "lib/string.h"
#include "vm/vcpu/vcpu_interrupts.h"
#include "vm/vm.h"
#include "vmx/cpu/capability.h"
#include "vmx/vcpu/control_state.h"
#include "vmx/cpu/controls.h"
#include "vmx/vcpu/identity_map.h"
#include "vmx/instructions.h"
#include "vmx/vcpu/vcpu.h"
#include "vmx/vcpu/vpid.h"
#include "vmx/vcpu/resident.h"
#include "vmx/vcpu/xstate.h"
#include "x86/control_registers.h"
#include "x86/cpuid.h"
#include "x86/instructions.h"
#include "x86/segment.h"

/* --- reading -------------------------------------------------------------------------------- */

/* The guest owns some bits and changes them without an exit: those are in the VMCS, the others in
 * the view. */
uint64_t vmx_read_cr0(struct vmx_vcpu *v)
{
	uint64_t mask = v->control_registers.cr0_mask;

	return (vmcs_read(VMCS_GUEST_CR0) & ~mask) | (v->control_registers.view.cr0 & mask);
}

uint64_t vmx_read_cr4(struct vmx_vcpu *v)
{
	uint64_t mask = v->control_registers.cr4_mask;

	return (vmcs_read(VMCS_GUEST_CR4) & ~mask) | (v->control_registers.view.cr4 & mask);
}

uint64_t vmx_read_efer(struct vmx_vcpu *v)
{
	return v->control_registers.view.efer;
}

/* --- writing -------------------------------------------------------------------------------- */

static struct control_view current_view(struct vmx_vcpu *v)
{
	return (struct control_view) {
		.cr0 = vmx_read_cr0(v),
		.cr4 = vmx_read_cr4(v),
		.efer = v->control_registers.view.efer,
	};
}

static struct control_context current_context(struct vmx_vcpu *v)
{
	uint64_t task = field_get(vmcs_read(VMCS_GUEST_TR_AR_BYTES), RIGHTS_TYPE);

	return (struct control_context) {
		.cr3 = vmx_read_cr3(v),
		.code64 = vmcs_read(VMCS_GUEST_CS_AR_BYTES) & RIGHTS_L,
		.tss16 = task == TYPE_TSS16_BUSY || task == TYPE_TSS16_AVAILABLE,
	};
}

/* The identity map takes the place of the guest's CR3, or gives it back. While it is in use, MOV to
 * and from CR3 exits. */
static void switch_root(struct vmx_vcpu *v, bool identity_map)
{
	uint64_t cr3_exiting = PRIMARY_CR3_LOAD_EXITING | PRIMARY_CR3_STORE_EXITING;
	uint64_t primary = v->controls.primary;

	if (identity_map == v->control_registers.identity_map)
		return;
	if (identity_map) {
		v->control_registers.cr3 = vmcs_read(VMCS_GUEST_CR3);
		vmcs_write(VMCS_GUEST_CR3, IDENTITY_MAP_ADDRESS);
		primary |= cr3_exiting;
	} else {
		vmcs_write(VMCS_GUEST_CR3, v->control_registers.cr3);
		primary &= ~cr3_exiting | v->resolved.word[CONTROL_PRIMARY];
	}
	v->control_registers.identity_map = identity_map;
	vmx_set_primary(v, (uint32_t)primary);
}

void vmx_apply_view(struct vmx_vcpu *v, const struct control_view *view)
{
	struct control_hardware hardware;
	uint64_t entry = v->controls.entry & ~(uint64_t)ENTRY_IA32E_MODE_GUEST;

	control_to_hardware(&v->limits, view, &hardware);
	v->control_registers.view = *view;
	v->rip_mask = view->efer & EFER_LMA ? UINT64_MAX : UINT32_MAX;
	cpuid_memo_forget(&v->cpuid_memo); /* OSXSAVE, LMA */
	v->control_registers.cr0_mask = hardware.cr0_mask;
	v->control_registers.cr4_mask = hardware.cr4_mask;
	v->msrs.efer = view->efer;
	vmcs_write(VMCS_GUEST_CR0, hardware.cr0);
	vmcs_write(VMCS_CR0_SHADOW, view->cr0);
	vmcs_write(VMCS_CR0_MASK, hardware.cr0_mask);
	vmcs_write(VMCS_GUEST_CR4, hardware.cr4);
	vmcs_write(VMCS_CR4_SHADOW, view->cr4);
	vmcs_write(VMCS_CR4_MASK, hardware.cr4_mask);
	vmcs_write(VMCS_GUEST_EFER, hardware.efer);
	if (hardware.ia32e)
		entry |= ENTRY_IA32E_MODE_GUEST;
	vmx_set_entry_controls(v, (uint32_t)entry);
	switch_root(v, hardware.identity_map);
}

/* PDPTEs lie in guest memory; what is not RAM reads as all ones, which no PDPTE can be. */
enum error vmx_load_pdptes(struct vmx_vcpu *v, uint64_t cr3)
{
	uint64_t pdptes[4];
	const void *table = vm_memory(v->vcpu->vm, gpa(cr3 & CR3_PAE_ROOT), sizeof(pdptes));

	if (!table)
		return ERROR_INVALID_DATA;
	memcpy(pdptes, table, sizeof(pdptes));
	if (!control_pdptes_valid(pdptes, v->limits.address_bits))
		return ERROR_INVALID_DATA;
	for (unsigned i = 0; i < 4; i++)
		vmcs_write(VMCS_GUEST_PDPTE0 + 2 * i, pdptes[i]);
	return ERROR_NONE;
}

static enum error carry_out(struct vmx_vcpu *v, const struct control_view *view, unsigned effects)
{
	if ((effects & CONTROL_LOAD_PDPTES) && vmx_load_pdptes(v, vmx_read_cr3(v)))
		return ERROR_INVALID_DATA;
	vmx_apply_view(v, view);
	if (effects & CONTROL_FLUSH)
		vpid_flush(v->vpid);
	return ERROR_NONE;
}

enum error vmx_write_cr0(struct vmx_vcpu *v, uint64_t value)
{
	struct control_view view = current_view(v);
	struct control_context context = current_context(v);
	unsigned effects;
	enum error error = control_write_cr0(&v->limits, &view, &context, value, &effects);

	return error ? error : carry_out(v, &view, effects);
}

enum error vmx_write_cr4(struct vmx_vcpu *v, uint64_t value)
{
	struct control_view view = current_view(v);
	struct control_context context = current_context(v);
	unsigned effects;
	enum error error = control_write_cr4(&v->limits, &view, &context, value, &effects);

	return error ? error : carry_out(v, &view, effects);
}

enum error vmx_write_efer(struct vmx_vcpu *v, uint64_t value)
{
	struct control_view view = current_view(v);
	enum error error = control_write_efer(&v->limits, &view, value);

	return error ? error : carry_out(v, &view, CONTROL_FLUSH);
}

enum error vmx_write_cr3(struct vmx_vcpu *v, uint64_t value)
{
	struct control_view view = current_view(v);
	bool keep = (view.cr4 & CR4_PCIDE) && (value & CR3_NO_FLUSH);

	if (keep)
		value &= ~CR3_NO_FLUSH;
	if (!(view.efer & EFER_LMA))
		value = (uint32_t)value;
	if (control_check_cr3(&v->limits, &view, value))
		return ERROR_INVALID_INPUT;
	if (control_is_pae(&view) && vmx_load_pdptes(v, value))
		return ERROR_INVALID_DATA;
	if (v->control_registers.identity_map)
		v->control_registers.cr3 = value;
	else
		vmcs_write(VMCS_GUEST_CR3, value);
	if (!keep)
		vpid_flush(v->vpid);
	return ERROR_NONE;
}

uint8_t vmx_read_cr8(struct vmx_vcpu *v)
{
	struct vcpu *vcpu = v->vcpu;

	return vcpu->interrupts ? vcpu->interrupts->get_priority(vcpu) : v->cr8;
}

void vmx_write_cr8(struct vmx_vcpu *v, uint8_t priority)
{
	struct vcpu *vcpu = v->vcpu;

	if (vcpu->interrupts)
		vcpu->interrupts->set_priority(vcpu, priority);
	else
		v->cr8 = priority;
}

enum error vmx_write_xcr0(struct vmx_vcpu *v, uint32_t index, uint64_t value)
{
	if (index || !cpuid_xcr0_valid(v->cpuid.xcr0_allowed, value))
		return ERROR_INVALID_INPUT;
	v->xcr0 = value;
	v->xcr0_used |= value;
	resident_changed();
	cpuid_memo_forget(&v->cpuid_memo);
	/* Elsewhere the next run() puts it into the CPU. */
	if (v->in_loop)
		xstate_enter(v);
	return ERROR_NONE;
}

/* --- MSRs and what the policies want to know ------------------------------------------------- */

void vmx_set_pat(struct vmx_vcpu *v)
{
	vmcs_write(VMCS_GUEST_PAT, v->msrs.pat);
}

void vmx_set_tsc_offset(struct vmx_vcpu *v)
{
	__atomic_store_n(&v->vcpu->tsc_offset, v->msrs.tsc_offset, __ATOMIC_RELAXED);
	if (v->controls.primary & PRIMARY_USE_TSC_OFFSETTING)
		vmcs_write(VMCS_TSC_OFFSET, v->msrs.tsc_offset);
}

void vmx_set_xss(struct vmx_vcpu *v)
{
	/* No supervisor component is allowed, so that the policy accepts nothing but 0, which the
	 * CPU's register holds all the time. */
	assert(v->msrs.xss == 0);
}

static bool has_local_apic(const struct vcpu *vcpu, const struct vcpu_config *config)
{
	return !vcpu->interrupts || (config->has & VCPU_HAS_LOCAL_APIC);
}

void vmx_describe_msr_inputs(struct vmx_vcpu *v, const struct vcpu_config *config)
{
	v->msr_inputs = (struct msr_inputs) {
		.efer_allowed = v->limits.efer_allowed,
		.xss_allowed = v->cpuid.xss_allowed,
		.vcpu_id = v->vcpu->id,
		.tsc_khz = v->cpuid.tsc_khz,
		.controllers = v->vcpu->interrupts,
		.local_apic = has_local_apic(v->vcpu, config),
		.x2apic = v->cpuid.backend & CPUID_BACKEND_X2APIC,
		.tsc_deadline = v->cpuid.backend & CPUID_BACKEND_TSC_DEADLINE,
		.pvclock = v->cpuid.pvclock,
		.xsaves = v->cpuid.backend & CPUID_BACKEND_XSAVES,
	};
}

const struct cpuid_guest *vmx_cpuid_guest(struct vmx_vcpu *v)
{
	v->cpuid.cr4 = vmx_read_cr4(v);
	v->cpuid.xcr0 = v->xcr0;
	v->cpuid.xss = v->msrs.xss;
	v->cpuid.efer = v->control_registers.view.efer;
	v->cpuid.misc_enable = v->msrs.misc_enable;
	v->cpuid.apic_enabled =
		(v->msrs.apic_base & APIC_BASE_ENABLE) && has_local_apic(v->vcpu, &v->vcpu->config);
	return &v->cpuid;
}
