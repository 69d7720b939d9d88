/* A vCPU to try the VMX instructions on: a VM of its own, whose VMCS is as good as that of any guest
 * and is current on this CPU, and whose guest would do nothing but HLT. */
#ifndef VMX_TRIAL_BENCH_H
#define VMX_TRIAL_BENCH_H

#include "lib/error.h"
#include "lib/types.h"
#include "vm/vm.h"
#include "vmx/instruction_result.h"
#include "vmx/vcpu/vcpu.h"

struct bench {
	struct vm *vm;
	struct vcpu *vcpu;
	struct vmx_vcpu *v;
};

/* Makes the VM and binds its vCPU, which would begin in 64-bit mode, to this CPU. Bootstrap processor,
 * VMX on, no other vCPU bound here. */
enum error bench_make(struct bench *bench, struct reason *why) must_check;

/* Enters the guest once, with VMRESUME when `launched`. Interrupts off. The exit, if there was one, is
 * in the VMCS. */
enum vmx_result bench_enter(struct bench *bench, bool launched) must_check;

/* Gives everything back; no VMCS is current then. */
void bench_destroy(struct bench *bench);

#endif
