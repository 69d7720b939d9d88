/* MOV to and from control and debug registers, CLTS, LMSW and XSETBV. The checks are pure and live
 * in vmx/vcpu/control_state.h and vmx/exit/register_checks.h; a value that fails them is the guest's #GP(0). */
#include "vmx/exit/exit_handlers.h"

#include "lib/bits.h"
#include "vmx/exit/exit_fields.h"
#include "vmx/exit/exit_qualification.h"
#include "vmx/exit/register_checks.h"
#include "vmx/vcpu/resident.h"
#include "x86/control_registers.h"
#include "x86/exception.h"

/* What a write to a control register amounts to for the guest. */
static enum vmx_next finish_write(struct vmx_vcpu *v, enum error result)
{
	switch (result) {
	case ERROR_NONE:
		return vmx_emulated(v);
	case ERROR_INVALID_INPUT:
	case ERROR_INVALID_DATA:
		return vmx_raise_protection(v);
	default:
		/* The guest may ask for it, but this machine cannot do it (real mode without
		 * unrestricted guest): not the guest's fault, so its owner has to know. */
		return vmx_to_board(v);
	}
}

static enum vmx_next write_cr(struct vmx_vcpu *v, unsigned number, uint64_t value)
{
	switch (number) {
	case 0:
		return finish_write(v, vmx_write_cr0(v, value));
	case 3:
		return finish_write(v, vmx_write_cr3(v, value));
	case 4:
		return finish_write(v, vmx_write_cr4(v, value));
	case 8:
		if (!cr8_write_is_valid(value))
			return vmx_raise_protection(v);
		/* What waits for a lower priority is looked at again before the entry. */
		vmx_write_cr8(v, (uint8_t)value);
		return vmx_emulated(v);
	default:
		return vmx_to_board(v);
	}
}

static enum vmx_next read_cr(struct vmx_vcpu *v, unsigned number, enum gpr gpr)
{
	switch (number) {
	case 3:
		vmx_write_operand(v, gpr, vmx_read_cr3(v));
		return vmx_emulated(v);
	case 8:
		vmx_write_operand(v, gpr, vmx_read_cr8(v));
		return vmx_emulated(v);
	default:
		return vmx_to_board(v);
	}
}

enum vmx_next vmx_handle_cr_access(struct vmx_vcpu *v)
{
	uint64_t qualification = vmx_exit_qualification(v);
	unsigned number = (unsigned)field_get(qualification, CR_NUMBER);
	enum gpr gpr = (enum gpr)field_get(qualification, CR_GPR);
	uint16_t operand = (uint16_t)field_get(qualification, CR_LMSW_SOURCE);

	switch ((enum cr_access)field_get(qualification, CR_ACCESS)) {
	case CR_MOV_TO:
		return write_cr(v, number, vmx_read_operand(v, gpr));
	case CR_MOV_FROM:
		return read_cr(v, number, gpr);
	case CR_CLTS:
		return finish_write(v, vmx_write_cr0(v, vmx_read_cr0(v) & ~CR0_TS));
	default:
		return finish_write(v, vmx_write_cr0(v, cr0_after_lmsw(vmx_read_cr0(v), operand)));
	}
}

/* --- debug registers ------------------------------------------------------------------------ */

/* DR0 to DR3 and DR6 stay in the CPU while the vCPU does; only DR7 is switched by the exit. */
static uint64_t read_debug_register(unsigned number)
{
	uint64_t dr[4], dr6;

	if (number == 7)
		return vmcs_read(VMCS_GUEST_DR7);
	vmx_read_breakpoints(dr, &dr6);
	return number == 6 ? dr6 : dr[number];
}

static void write_debug_register(unsigned number, uint64_t value)
{
	uint64_t dr[4], dr6;

	if (number == 7) {
		vmcs_write(VMCS_GUEST_DR7, dr7_canonical(value));
		return;
	}
	vmx_read_breakpoints(dr, &dr6);
	if (number == 6)
		dr6 = dr6_canonical(value);
	else
		dr[number] = value;
	vmx_write_breakpoints(dr, dr6);
}

void vmx_debug_exception_taken(struct vmx_vcpu *v, uint64_t hits)
{
	uint64_t dr7 = vmcs_read(VMCS_GUEST_DR7);

	write_debug_register(6, dr6_after_debug_exception(read_debug_register(6), hits));
	if (dr7 & DR7_GD)
		vmcs_write(VMCS_GUEST_DR7, dr7 & ~DR7_GD);
}

/* The exit comes before general detection and before #UD for DR4 and DR5: both are checked here. */
static enum vmx_next emulate_mov_dr(struct vmx_vcpu *v)
{
	uint64_t qualification = vmx_exit_qualification(v);
	unsigned number = (unsigned)field_get(qualification, DR_NUMBER);
	enum gpr gpr = (enum gpr)field_get(qualification, DR_GPR);
	bool write = !(qualification & DR_READ);
	uint64_t value = write ? vmx_read_operand(v, gpr) : 0;

	switch (dr_access_check(number, write, value, vmx_read_cr4(v), vmcs_read(VMCS_GUEST_DR7),
				vmx_privilege_level())) {
	case DR_FAULT_UNDEFINED:
		return vmx_raise_undefined(v);
	case DR_FAULT_PROTECTION:
		return vmx_raise_protection(v);
	case DR_FAULT_GENERAL_DETECT:
		vmx_debug_exception_taken(v, DR6_BD);
		/* Unlike most debug exceptions this one is a fault. */
		vmcs_write(VMCS_GUEST_RFLAGS, vmcs_read(VMCS_GUEST_RFLAGS) | RFLAGS_RF);
		v->did = "injected #DB";
		return vmx_raise(v, EXCEPTION_DEBUG, 0);
	case DR_FAULT_NONE:
		break;
	}
	if (write)
		write_debug_register(dr_number(number), value);
	else
		vmx_write_operand(v, gpr, read_debug_register(dr_number(number)));
	return vmx_emulated(v);
}

/* A guest that begins to use its debug registers gets them, and executes the instruction once more. */
enum vmx_next vmx_handle_mov_dr(struct vmx_vcpu *v)
{
	if (!v->resident.breakpoints) {
		resident_lend_breakpoints(v);
		if (!resident_intercepts_breakpoints(v) && !v->debug.active) {
			v->did = "debug registers lent";
			return VMX_RESUME;
		}
	}
	return emulate_mov_dr(v);
}

/* CR4.OSXSAVE was checked by the hardware: that #UD comes before the exit. So does the #GP of a CPL
 * above 0 by the SDM, but not in every emulator. */
enum vmx_next vmx_handle_xsetbv(struct vmx_vcpu *v)
{
	const uint64_t *gpr = v->vcpu->gpr;
	uint64_t value = gpr[RDX] << 32 | (uint32_t)gpr[RAX];

	if (vmx_privilege_level() > 0)
		return vmx_raise_protection(v);
	return finish_write(v, vmx_write_xcr0(v, (uint32_t)gpr[RCX], value));
}
