/* The physical CPUs as the Intel backend keeps them: one row each, in a table guarded by one
 * spinlock. A row says whether VMX is on there and what has to be put back when it goes off. */
#ifndef VMX_CPU_PERCPU_H
#define VMX_CPU_PERCPU_H

#include "kernel/cpu.h"
#include "kernel/spinlock.h"
#include "kernel/timer.h"
#include "lib/error.h"
#include "lib/types.h"
#include "vmx/cpu/enable.h"
#include "vmx/exit/exit_reason.h"

struct vmx_vcpu;

struct vmx_percpu {
	struct vmx_enable_state vmx; /* guarded by vmx_percpu_lock */
	bool agrees; /* this CPU went through init and is like the first; constant afterwards */

	/* The run loop's: this CPU only, while VMX is on. */
	struct vmx_vcpu *current;  /* whose VMCS is current, or null */
	struct vmx_vcpu *resident; /* whose CR2, debug registers and MSRs the CPU holds, or null */
	uint64_t changes;          /* of what may tell one vCPU of this CPU from another: counted */
	uint64_t host_xcr0;        /* 0 on a CPU without XSAVE; constant while VMX is on */
	uint64_t xcr0;             /* what XCR0 holds at this moment */
	struct timer slice_timer;  /* ends a slice where the preemption timer does not */
} aligned_to(64);

/* Guards the `vmx` member of every row. Taken with interrupts off; the memory allocator's locks
 * nest inside it. */
extern struct spinlock vmx_percpu_lock;

/* The running CPU's row; and the same after vmx_percpu_init(), for frequent use. */
struct vmx_percpu *vmx_this_percpu(void);

static inline struct vmx_percpu *vmx_percpu_here(void)
{
	return (struct vmx_percpu *)this_cpu()->backend;
}

/* The four calls of vm/virt_ops.h, each for the CPU it runs on.
 *
 * vmx_percpu_init() fills this CPU's row and, on the bootstrap processor, which goes first,
 * vmx_capability. Unsupported when this machine can run no guests (vmx_usable()), or when this CPU's
 * capabilities differ from the bootstrap processor's. Changes nothing on the CPU. */
enum error vmx_percpu_init(struct reason *why) must_check;
bool vmx_is_enabled(void);
/* Errors as vmx_enable(), and Unsupported on a CPU that is unlike the first; afterwards the CPU holds
 * no stale EPT or VPID translations. The reason is the caller's to log. */
enum error vmx_hardware_enable(struct reason *why) must_check;
/* Errors as vmx_disable(), and BadState while a vCPU's VMCS is current. */
enum error vmx_hardware_disable(struct reason *why) must_check;

/* Can VMX be turned on here, guests or not? For tests of just that: errors as vmx_enable_decide(),
 * and none when VMX is on already. */
enum error vmx_percpu_can_enable(struct reason *why) must_check;

#endif
