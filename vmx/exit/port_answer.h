/* IN and OUT as the board answers them, for the handler in the loop (vmx/exit/exit_quick.c) and for the one
 * in its place (vmx/vcpu/run_in_place.c). Inline, and one for each direction, since the latter counts its
 * instructions. `width` is 1, 2 or 4 bytes; what they return is struct vcpu_quick's. */
#ifndef VMX_EXIT_PORT_ANSWER_H
#define VMX_EXIT_PORT_ANSWER_H

#include "vm/emulate/io_result.h"
#include "vm/vcpu/vcpu.h"
#include "vm/vcpu/vcpu_quick.h"

/* The bits of RAX that an access of so many bytes has. */
static const uint32_t port_masks[] = { [1] = UINT8_MAX, [2] = UINT16_MAX, [4] = UINT32_MAX };

static inline bool port_answer_out(struct vcpu *vcpu, uint16_t port, unsigned width)
{
	uint32_t value = (uint32_t)vcpu->gpr[RAX] & port_masks[width];

	return vcpu->quick->out(vcpu, port, width, value);
}

static inline bool port_answer_in(struct vcpu *vcpu, uint16_t port, unsigned width)
{
	uint32_t value;
	bool go_on = vcpu->quick->in(vcpu, port, width, &value);

	vcpu->gpr[RAX] = io_result(vcpu->gpr[RAX], width, value);
	return go_on;
}

#endif
