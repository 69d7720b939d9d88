/* Turning VMX on and off on one CPU: what has to hold, what has to change, and how to put back
 * exactly what was. The decision is a pure function; carrying it out goes through callbacks, so
 * that host tests and the in-image self-test can drive every branch on a CPU made of memory. SDM
 * volume 3, "Enabling and Entering VMX Operation" and "Restrictions on VMX Operation". */
#ifndef VMX_CPU_ENABLE_H
#define VMX_CPU_ENABLE_H

#include "lib/error.h"
#include "lib/types.h"
#include "vmx/cpu/capability.h"
#include "vmx/instruction_result.h"

/* What the CPU must look like for VMXON. */
struct vmx_enable_plan {
	uint64_t cr0,
		cr4; /* to be written where they differ; VMXE and, where offered, OSXSAVE set */
	bool lock_feature_control;
	uint64_t feature_control; /* to be written, and kept: the lock is undone by a reset only */
	uint32_t revision;        /* for the first word of the VMXON region */
};

/* Decides in the order of docs/vmx.md: Unsupported without VMX; ResourceBusy when `enabled` says
 * that this CPU's row holds it or CR4.VMXE is set already; Unsupported when firmware locked it off;
 * BadState for a bit of CR0 or CR4 that VMX operation needs otherwise and Plinth cannot change,
 * by name; Unsupported for a VMXON region that Plinth cannot provide. `cap->feature_control` is
 * this CPU's at this moment. */
enum error vmx_enable_decide(const struct vmx_capability *cap, bool enabled, uint64_t cr0,
			     uint64_t cr4, struct vmx_enable_plan *plan,
			     struct reason *why) must_check;

enum vmx_cpu_register {
	CPU_CR0,
	CPU_CR4,
	CPU_XCR0, /* only with CR4.OSXSAVE set */
	CPU_XSS,  /* only on a CPU with XSAVES */
	CPU_FEATURE_CONTROL,
};

/* One CPU's registers and instructions, and memory for its VMXON region. */
struct vmx_cpu_access {
	void *context;
	uint64_t (*read)(void *context, enum vmx_cpu_register reg);
	void (*write)(void *context, enum vmx_cpu_register reg, uint64_t value);
	void *(*region_alloc)(void *context); /* one zeroed page, or null */
	void (*region_free)(void *context, void *region);
	enum vmx_result (*vmxon)(void *context, void *region);
	enum vmx_result (*vmxoff)(void *context);
};

/* What enabling took and changed; all zero while VMX is off. */
struct vmx_enable_state {
	bool enabled;
	void *region;
	uint64_t cr0, cr4, xcr0, xss; /* as found; XCR0 and XSS only where the CPU has them */
};

/* Turns VMX on. Errors as vmx_enable_decide(), NoMemory for the region, BadState when VMXON itself
 * fails. After an error the CPU and the memory are exactly as before, except that
 * IA32_FEATURE_CONTROL stays locked if it got that far. On the CPU concerned, under the lock that
 * guards `state`. */
enum error vmx_enable(struct vmx_enable_state *state, const struct vmx_capability *cap,
		      const struct vmx_cpu_access *cpu, struct reason *why) must_check;

/* The mirror: VMXOFF, XSS, CR4, XCR0 and CR0 as found, the region freed. BadState, and nothing changed,
 * when VMX is not enabled or VMXOFF fails. No VMCS may be active on the CPU. */
enum error vmx_disable(struct vmx_enable_state *state, const struct vmx_capability *cap,
		       const struct vmx_cpu_access *cpu, struct reason *why) must_check;

#endif
