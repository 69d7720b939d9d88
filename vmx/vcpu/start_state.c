/* Beginnings on the machine: a start state goes into the VMCS, and INIT and SIPI. */
#include "vmx/vcpu/start_state.h"

#include "lib/string.h"
#include "vmx/backend.h"
#include "vmx/cpu/capability.h"
#include "vmx/instructions.h"
#include "vmx/vcpu/interruptibility.h"
#include "vmx/vcpu/resident.h"
#include "vmx/vcpu/vcpu.h"
#include "vmx/vcpu/vpid.h"
#include "x86/control_registers.h"
#include "x86/cpuid.h"
#include "x86/instructions.h"

/* Fields that any beginning sets to the same value. */
static const struct {
	uint16_t field; /* enum vmcs_field */
	uint16_t value;
} common[] = {
	{ VMCS_GUEST_RFLAGS, RFLAGS_RESET },
	{ VMCS_GUEST_DR7, DR7_RESET },
	{ VMCS_GUEST_INTERRUPTIBILITY, 0 },
	{ VMCS_GUEST_ACTIVITY, ACTIVITY_ACTIVE },
	{ VMCS_GUEST_PENDING_DEBUG, 0 },
	{ VMCS_GUEST_GDTR_BASE, 0 },
	{ VMCS_GUEST_IDTR_BASE, 0 },
	{ VMCS_ENTRY_INTERRUPTION_INFO, 0 },
	{ VMCS_GUEST_PDPTE0, 0 },
	{ VMCS_GUEST_PDPTE1, 0 },
	{ VMCS_GUEST_PDPTE2, 0 },
	{ VMCS_GUEST_PDPTE3, 0 },
};

void start_state_write(struct vmx_vcpu *v, const struct start_state *state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(common); i++)
		vmcs_write(common[i].field, common[i].value);
	for (unsigned i = 0; i < SEGMENT_COUNT; i++) {
		const struct start_segment *segment = &state->segments[i];

		vmcs_write(VMCS_GUEST_SELECTOR(i), segment->selector);
		vmcs_write(VMCS_GUEST_BASE(i), segment->base);
		vmcs_write(VMCS_GUEST_LIMIT(i), segment->limit);
		vmcs_write(VMCS_GUEST_RIGHTS(i), segment->rights);
	}
	vmcs_write(VMCS_GUEST_GDTR_LIMIT, state->table_limit);
	vmcs_write(VMCS_GUEST_IDTR_LIMIT, state->table_limit);
	vmcs_write(VMCS_GUEST_RIP, state->rip);
	vmcs_write(VMCS_GUEST_RSP, state->rsp);

	/* The root first: vmx_apply_view() puts it aside when the identity map stands in for it. */
	v->control_registers.identity_map = false;
	v->control_registers.cr3 = state->cr3;
	vmcs_write(VMCS_GUEST_CR3, state->cr3);
	vmx_apply_view(v, &state->view);
	v->vcpu->cr2 = 0;
	v->cr8 = 0;
	v->resident = (struct vmx_resident) { .dr6 = DR6_RESET };
	resident_intercept_breakpoints(v);
	vpid_flush(v->vpid);
}

enum error vmx_vcpu_init_reset(struct vcpu *vcpu, struct reason *why)
{
	struct vmx_vcpu *v = vmx_of(vcpu);
	struct start_state state;
	enum error error = vmx_mode_usable(&vmx_capability, VCPU_MODE_RESET, why);

	if (error)
		return error;
	vmx_make_current(v);
	vmx_sync_resident(v);
	start_state_after_init(vmx_read_cr0(v), &state);
	start_state_write(v, &state);
	msr_state_init(&v->msrs);
	memset(vcpu->gpr, 0, sizeof(vcpu->gpr));
	vcpu->gpr[RDX] = cpuid_query(CPUID_FEATURES, 0).eax;
	vcpu->events = (struct vcpu_events) { 0 };
	vmx_reload_resident(v);
	return ERROR_NONE;
}

enum error vmx_vcpu_start_up(struct vcpu *vcpu, uint8_t sipi_vector, struct reason *why)
{
	struct vmx_vcpu *v = vmx_of(vcpu);
	struct start_state state;
	enum error error = vmx_mode_usable(&vmx_capability, VCPU_MODE_RESET, why);

	if (error)
		return error;
	vmx_make_current(v);
	start_state_after_sipi(sipi_vector, &state);
	vmcs_write(VMCS_GUEST_CS_SELECTOR, state.segments[SEGMENT_CS].selector);
	vmcs_write(VMCS_GUEST_CS_BASE, state.segments[SEGMENT_CS].base);
	vmcs_write(VMCS_GUEST_RIP, state.rip);
	vmcs_write(VMCS_GUEST_ACTIVITY, ACTIVITY_ACTIVE);
	return ERROR_NONE;
}
