/* VMs that try something out at boot: one vCPU, nothing but memory around it, and a few bytes of code that end
 * with HLT. Bootstrap processor, VMX on, no other vCPU bound here. */
#ifndef VMX_VCPU_PROBE_VM_H
#define VMX_VCPU_PROBE_VM_H

#include "lib/error.h"
#include "lib/types.h"
#include "vm/vcpu/vcpu.h"
#include "vm/vm.h"

#define PROBE_ENTRY 0x1000

struct probe_vm {
	const char *name;
	uint64_t memory; /* bytes, from address 0 */
	struct vcpu_config config;
	/* What the guest finds, code at PROBE_ENTRY included: before vcpu_setup(). */
	void (*prepare)(struct vcpu *vcpu, uint8_t *memory, void *argument);
};

/* Its vCPU is bound to this CPU. Null: `why` says why there is none. */
struct vm *probe_vm_make(const struct probe_vm *probe, void *argument, struct reason *why);

/* Runs it, in slices, until it exits for another reason than an interrupt of the host's. */
enum error probe_vm_run(struct vm *vm, struct vcpu_exit *exit) must_check;

#endif
