/* Offsets of what vmx/vcpu/entry.asm touches, generated into vmx/offsets.inc. */
#include "kernel/cpu.h"
#include "lib/types.h"
#include "vmx/cpu/percpu.h"
#include "vmx/vcpu/vcpu.h"

#define EMIT(name, value) __asm__ volatile("\n.ascii \"->" #name " %0\"" : : "i"(value))

void vmx_offsets(void);

void vmx_offsets(void)
{
	EMIT(VCPU_RAX, offsetof(struct vcpu, gpr) + 8 * RAX);
	EMIT(VCPU_RCX, offsetof(struct vcpu, gpr) + 8 * RCX);
	EMIT(VCPU_RDX, offsetof(struct vcpu, gpr) + 8 * RDX);
	EMIT(VCPU_RBX, offsetof(struct vcpu, gpr) + 8 * RBX);
	EMIT(VCPU_RBP, offsetof(struct vcpu, gpr) + 8 * RBP);
	EMIT(VCPU_RSI, offsetof(struct vcpu, gpr) + 8 * RSI);
	EMIT(VCPU_RDI, offsetof(struct vcpu, gpr) + 8 * RDI);
	EMIT(VCPU_R8, offsetof(struct vcpu, gpr) + 8 * R8);
	EMIT(VCPU_R9, offsetof(struct vcpu, gpr) + 8 * R9);
	EMIT(VCPU_R10, offsetof(struct vcpu, gpr) + 8 * R10);
	EMIT(VCPU_R11, offsetof(struct vcpu, gpr) + 8 * R11);
	EMIT(VCPU_R12, offsetof(struct vcpu, gpr) + 8 * R12);
	EMIT(VCPU_R13, offsetof(struct vcpu, gpr) + 8 * R13);
	EMIT(VCPU_R14, offsetof(struct vcpu, gpr) + 8 * R14);
	EMIT(VCPU_R15, offsetof(struct vcpu, gpr) + 8 * R15);
	EMIT(VMX_VCPU_HOST_RSP, offsetof(struct vmx_vcpu, host_rsp));
	EMIT(VMX_VCPU_LAUNCHED, offsetof(struct vmx_vcpu, launched));
	EMIT(VMX_VCPU_AFTER_EXIT, offsetof(struct vmx_vcpu, after_exit));
	EMIT(VCPU_BACKEND, offsetof(struct vcpu, backend));
	EMIT(CPU_BACKEND, offsetof(struct cpu, backend));
	EMIT(VMX_PERCPU_CURRENT, offsetof(struct vmx_percpu, current));
	EMIT(FIELD_HOST_RSP, VMCS_HOST_RSP);
}
