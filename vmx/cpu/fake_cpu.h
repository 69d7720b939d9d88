/* A CPU made of memory, with the registers and the manners that turning VMX on and off meets. The
 * host tests and the in-image self-test drive vmx/cpu/enable.h with it. Pure: all state is in the
 * structure. It asserts what a real CPU would fault on. */
#ifndef VMX_CPU_FAKE_CPU_H
#define VMX_CPU_FAKE_CPU_H

#include "lib/types.h"
#include "vmx/cpu/enable.h"

struct fake_cpu {
	struct vmx_cpu_access access; /* its context is this structure */
	uint64_t cr0, cr4, xcr0, xss, feature_control;
	bool has_xsave, has_xsaves, has_feature_control;
	bool in_vmx;
	uint32_t revision;      /* as VMXON found it in the region */
	unsigned regions;       /* VMXON regions allocated and not freed */
	bool memory_is_used_up; /* the next allocation fails */
	enum vmx_result vmxon_result, vmxoff_result;
	uint64_t region[PAGE_SIZE / sizeof(uint64_t)];
};

/* The registers of a 64-bit kernel on a CPU with VMX that the firmware allows; VMX is off. */
void fake_cpu_reset(struct fake_cpu *cpu);

/* True when software could not tell the two apart. */
bool fake_cpu_same(const struct fake_cpu *a, const struct fake_cpu *b);

#endif
