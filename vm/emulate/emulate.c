/* Emulation of the instruction at which a vCPU stopped. */
#include "vm/emulate/emulate.h"

enum error emulate_instruction(struct vcpu *vcpu, const struct vcpu_exit *exit,
			       const struct emulate_bus *bus, struct reason *why)
{
	return reason_set(why, ERROR_UNSUPPORTED, "access to 0x%llx: no instruction is emulated",
			  (unsigned long long)exit->nested_fault.gpa.value);
}
