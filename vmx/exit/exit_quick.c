/* Exits that the board of a guest answers at once, without leaving the loop: IN and OUT, moves to
 * and from device memory that were made before, and hypercalls. All others go up. */
#include "vmx/exit/exit_handlers.h"

#include "vm/emulate/quick_move.h"
#include "vm/lazy_memory.h"
#include "vm/vcpu/vcpu_quick.h"
#include "vmx/exit/exit_fields.h"
#include "vmx/exit/exit_qualification.h"
#include "x86/control_registers.h"
#include "x86/segment.h"

cold_fn enum vmx_next vmx_handle_io(struct vmx_vcpu *v)
{
	struct vcpu *vcpu = v->vcpu;
	uint64_t qualification = vmx_exit_qualification(v);

	if (!vcpu->quick || (qualification & IO_STRING))
		return VMX_LEAVE;
	vcpu->quick->port(vcpu, qualification & PORT_ACCESS);
	return vmx_emulated_by_board(v);
}

cold_fn enum vmx_next vmx_handle_vmcall(struct vmx_vcpu *v)
{
	const struct vcpu_quick *quick = v->vcpu->quick;

	if (!quick || !quick->hypercall(v->vcpu, vmx_privilege_level(), vmx_runs_64bit_code(v)))
		return VMX_LEAVE;
	return vmx_emulated_by_board(v);
}

/* Where 32-bit or 64-bit code is. False: 16-bit code, which is for the emulator alone. */
static bool find_code(struct vmx_vcpu *v, struct quick_place *place)
{
	const struct control_view *view = &v->control_registers.view;
	uint64_t rights = vmcs_read(VMCS_GUEST_CS_AR_BYTES), rip = vmx_exit_rip(v);
	bool code64 = (view->efer & EFER_LMA) && (rights & RIGHTS_L);

	if (!code64 && !(rights & RIGHTS_DB))
		return false;
	place->code = code64 ? rip : (uint32_t)(rip + vmcs_read(VMCS_GUEST_CS_BASE));
	place->cr3 = vmx_read_cr3(v);
	place->mode = quick_mode(code64 ? CODE_64 : CODE_32, view->cr0, view->cr4, view->efer);
	return true;
}

#define VIOLATION_KIND                                                          \
	(field_put(VIOLATION_ACCESS, ACCESS_EXECUTE) | VIOLATION_LINEAR_VALID | \
	 VIOLATION_NOT_WALK | VIOLATION_NMI_UNBLOCKING)

/* An instruction's own access to its operand, with nothing else going on. */
static bool is_plain_access(const struct vmx_vcpu *v, uint64_t qualification)
{
	return (qualification & VIOLATION_KIND) == (VIOLATION_LINEAR_VALID | VIOLATION_NOT_WALK) &&
	       !(v->last.vectoring & INTERRUPTION_VALID);
}

/* The first touch of a page of lazy memory: the access is made once more. Whatever made it is as it was: an
 * event whose delivery was cut short is delivered again, and the flags saved have RF set, as those of
 * any fault. */
static enum vmx_next populated(struct vmx_vcpu *v, uint64_t qualification, enum lazy_touch touch)
{
	if (unlikely(qualification & VIOLATION_NMI_UNBLOCKING))
		vmx_restore_nmi_blocking(v);
	v->did = touch == LAZY_SHORT ? "out of memory" : "page populated";
	return touch == LAZY_SHORT ? VMX_LEAVE_ANSWERED : VMX_RESUME;
}

enum vmx_next vmx_handle_ept_violation(struct vmx_vcpu *v)
{
	const struct vcpu_quick *quick = v->vcpu->quick;
	struct vm *vm = v->vcpu->vm;
	uint64_t qualification = vmx_exit_qualification(v);
	struct quick_place place;
	gpa_t at = gpa(vmcs_read(VMCS_GUEST_PHYSICAL_ADDRESS));
	unsigned length = 0;

	if (lazy_memory_is_near(vm, at) && !(qualification & VIOLATION_ALLOWED)) {
		enum lazy_touch touch = lazy_memory_touch(vm, at);

		if (touch != LAZY_NOT)
			return populated(v, qualification, touch);
	}
	if (quick && is_plain_access(v, qualification) && find_code(v, &place))
		length = quick->memory(v->vcpu, at,
				       qualification & field_put(VIOLATION_ACCESS, ACCESS_WRITE),
				       &place);
	if (!length)
		return vmx_handle_nested_fault(v);
	/* The exit has set RF, as a fault would: that ends, too. */
	vmx_finish_instruction(v, length);
	return vmx_answered(v);
}
