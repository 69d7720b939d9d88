/* IN and OUT of a guest whose board answers them at once. INS, OUTS and all others go up. */
#include "vmx/exit/exit_handlers.h"

#include "vm/emulate/io_result.h"
#include "vm/vcpu/vcpu_quick.h"
#include "vmx/exit/exit_fields.h"
#include "vmx/exit/exit_qualification.h"

enum vmx_next vmx_handle_io(struct vmx_vcpu *v)
{
	struct vcpu *vcpu = v->vcpu;
	uint64_t qualification = vmx_exit_qualification(v);
	unsigned width = (unsigned)(qualification & IO_SIZE) + 1;

	if (!vcpu->quick || (qualification & IO_STRING) || (width != 1 && width != 2 && width != 4))
		return VMX_LEAVE;
	uint32_t value = (uint32_t)(vcpu->gpr[RAX] & BITS(width * 8 - 1, 0));
	bool in = qualification & IO_IN;
	bool go_on = vcpu->quick->port(vcpu, (uint16_t)field_get(qualification, IO_PORT), width, in,
				       &value);

	if (in)
		vcpu->gpr[RAX] = io_result(vcpu->gpr[RAX], width, value);
	vmx_skip_instruction(v);
	v->did = "answered by the board";
	return go_on ? VMX_RESUME : VMX_LEAVE_ANSWERED;
}
