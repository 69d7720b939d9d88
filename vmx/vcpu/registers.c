/* Registers of a vCPU by name. Most are fields of the VMCS; the table says which, and the others
 * have a case of their own. */
#include "kernel/cpu.h"
#include "vmx/backend.h"
#include "vmx/instructions.h"
#include "vmx/cpu/percpu.h"
#include "vmx/vcpu/resident.h"
#include "vmx/vcpu/vcpu.h"
#include "vmx/vcpu/vpid.h"
#include "vmx/vcpu/xstate.h"
#include "x86/control_registers.h"
#include "x86/segment.h"

#define SEGMENT_ROWS(name)                                       \
	[VCPU_##name##_SELECTOR] = VMCS_GUEST_##name##_SELECTOR, \
	[VCPU_##name##_BASE] = VMCS_GUEST_##name##_BASE,         \
	[VCPU_##name##_LIMIT] = VMCS_GUEST_##name##_LIMIT,       \
	[VCPU_##name##_RIGHTS] = VMCS_GUEST_##name##_AR_BYTES

/* 0, which encodes the VPID, for what is not simply a field. */
static const uint16_t fields[VCPU_REGISTERS] = {
	[VCPU_RIP] = VMCS_GUEST_RIP,
	[VCPU_RFLAGS] = VMCS_GUEST_RFLAGS,
	[VCPU_RSP] = VMCS_GUEST_RSP,
	[VCPU_DR7] = VMCS_GUEST_DR7,
	SEGMENT_ROWS(CS),
	SEGMENT_ROWS(SS),
	SEGMENT_ROWS(DS),
	SEGMENT_ROWS(ES),
	SEGMENT_ROWS(FS),
	SEGMENT_ROWS(GS),
	SEGMENT_ROWS(TR),
	SEGMENT_ROWS(LDTR),
	[VCPU_PDPTE0] = VMCS_GUEST_PDPTE0,
	[VCPU_PDPTE1] = VMCS_GUEST_PDPTE1,
	[VCPU_PDPTE2] = VMCS_GUEST_PDPTE2,
	[VCPU_PDPTE3] = VMCS_GUEST_PDPTE3,
	[VCPU_GDTR_BASE] = VMCS_GUEST_GDTR_BASE,
	[VCPU_GDTR_LIMIT] = VMCS_GUEST_GDTR_LIMIT,
	[VCPU_IDTR_BASE] = VMCS_GUEST_IDTR_BASE,
	[VCPU_IDTR_LIMIT] = VMCS_GUEST_IDTR_LIMIT,
};

/* A vCPU that is bound has its VMCS loaded here; one that is Free is borrowed for the moment, and
 * given back clear, so that any CPU may bind it. */
static enum error borrow(struct vmx_vcpu *v)
{
	/* Where one is current VMX is on, and stays on: no need to ask that under a lock. */
	if (likely(v->vcpu->cpu == this_cpu() && vmx_this_percpu()->current == v))
		return ERROR_NONE;
	if (!vmx_is_enabled())
		return ERROR_BAD_STATE;
	if (v->vcpu->cpu && v->vcpu->cpu != this_cpu())
		return ERROR_BAD_STATE;
	vmx_make_current(v);
	return ERROR_NONE;
}

static void give_back(struct vmx_vcpu *v)
{
	if (!v->vcpu->cpu)
		vmx_evict(v);
}

static enum error get_special(struct vmx_vcpu *v, enum vcpu_register reg, uint64_t *value)
{
	switch (reg) {
	case VCPU_CR0:
		*value = vmx_read_cr0(v);
		return ERROR_NONE;
	case VCPU_CR2:
		vmx_sync_resident(v);
		*value = v->vcpu->cr2;
		return ERROR_NONE;
	case VCPU_CR3:
		*value = vmx_read_cr3(v);
		return ERROR_NONE;
	case VCPU_CR4:
		*value = vmx_read_cr4(v);
		return ERROR_NONE;
	case VCPU_CR8:
		*value = vmx_read_cr8(v);
		return ERROR_NONE;
	case VCPU_EFER:
		*value = vmx_read_efer(v);
		return ERROR_NONE;
	case VCPU_XCR0:
		*value = v->xcr0;
		return ERROR_NONE;
	default:
		return ERROR_INVALID_INPUT;
	}
}

enum error vmx_vcpu_get_register(struct vcpu *vcpu, enum vcpu_register reg, uint64_t *value)
{
	struct vmx_vcpu *v = vmx_of(vcpu);
	enum error error;

	if ((unsigned)reg >= VCPU_REGISTERS)
		return ERROR_INVALID_INPUT;
	error = borrow(v);
	if (error)
		return error;
	if (fields[reg])
		*value = vmcs_read(fields[reg]);
	else
		error = get_special(v, reg, value);
	give_back(v);
	return error;
}

/* CR0, CR4 and EFER of a vCPU that is being prepared come one by one, so the checks that the
 * instructions make of one against the others cannot be made; the entry makes them. */
static void set_view(struct vmx_vcpu *v, enum vcpu_register reg, uint64_t value)
{
	struct control_view view = {
		.cr0 = vmx_read_cr0(v),
		.cr4 = vmx_read_cr4(v),
		.efer = vmx_read_efer(v),
	};

	if (reg == VCPU_CR0)
		view.cr0 = value | CR0_ET;
	else if (reg == VCPU_CR4)
		view.cr4 = value;
	else
		view.efer = value & ~EFER_LMA;
	/* LMA follows from the two others. */
	view.efer &= ~EFER_LMA;
	if ((view.efer & EFER_LME) && (view.cr0 & CR0_PG))
		view.efer |= EFER_LMA;
	vmx_apply_view(v, &view);
}

static enum error set_special(struct vmx_vcpu *v, enum vcpu_register reg, uint64_t value)
{
	switch (reg) {
	case VCPU_CR0:
		if (value >> 32)
			return ERROR_INVALID_INPUT;
		if (!(value & CR0_PE) && !v->limits.unrestricted)
			return ERROR_UNSUPPORTED;
		set_view(v, reg, value);
		return ERROR_NONE;
	case VCPU_CR4:
		if (value & ~v->limits.cr4_allowed)
			return ERROR_INVALID_INPUT;
		set_view(v, reg, value);
		return ERROR_NONE;
	case VCPU_EFER:
		if (value & ~EFER_LMA & ~v->limits.efer_allowed)
			return ERROR_INVALID_INPUT;
		set_view(v, reg, value);
		return ERROR_NONE;
	case VCPU_CR2:
		vmx_sync_resident(v);
		v->vcpu->cr2 = value;
		vmx_reload_resident(v);
		return ERROR_NONE;
	case VCPU_CR3:
		return vmx_write_cr3(v, value);
	case VCPU_CR8:
		if (value > 15)
			return ERROR_INVALID_INPUT;
		vmx_write_cr8(v, (uint8_t)value);
		return ERROR_NONE;
	case VCPU_XCR0:
		return vmx_write_xcr0(v, 0, value);
	default:
		return ERROR_INVALID_INPUT;
	}
}

/* What decides how the guest's addresses are translated, and so makes what a TLB keeps of it stale. */
static bool translates(enum vcpu_register reg)
{
	switch (reg) {
	case VCPU_CR0:
	case VCPU_CR3:
	case VCPU_CR4:
	case VCPU_EFER:
	case VCPU_PDPTE0:
	case VCPU_PDPTE1:
	case VCPU_PDPTE2:
	case VCPU_PDPTE3:
		return true;
	default:
		return false;
	}
}

/* A vCPU that is Free may have run elsewhere: the CPU that binds it next flushes, even if it is the
 * one where it ran last. */
static void translation_changed(struct vmx_vcpu *v)
{
	vpid_flush(v->vpid);
	if (!v->vcpu->cpu)
		v->host_state_of = NULL;
}

enum error vmx_vcpu_set_register(struct vcpu *vcpu, enum vcpu_register reg, uint64_t value)
{
	struct vmx_vcpu *v = vmx_of(vcpu);
	enum error error;

	if ((unsigned)reg >= VCPU_REGISTERS)
		return ERROR_INVALID_INPUT;
	error = borrow(v);
	if (error)
		return error;
	if (fields[reg])
		vmcs_write(fields[reg], value);
	else
		error = set_special(v, reg, value);
	if (!error && translates(reg))
		translation_changed(v);
	give_back(v);
	return error;
}
