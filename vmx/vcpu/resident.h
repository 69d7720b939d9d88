/* Registers that a guest reads and writes without an exit and that Plinth itself does not use: CR2, the debug
 * registers DR0 to DR3 and DR6, and the MSRs of MSR_MANUAL_LIST. They stay in the CPU until another vCPU is about to
 * run there (vmx_percpu.resident), and change hands then.
 *
 * What of them the guest cannot change unseen is not read back: all but KERNEL_GS_BASE of the MSRs are
 * written by exits, and so are the debug registers of a guest that does not use them. With the first MOV DR
 * they are lent to it, until it leaves the loop with no breakpoint enabled and no address in them. DR6 alone
 * changes without MOV DR. */
#ifndef VMX_VCPU_RESIDENT_H
#define VMX_VCPU_RESIDENT_H

#include "lib/types.h"
#include "vmx/cpu/percpu.h"
#include "vmx/vcpu/vcpu.h"
#include "x86/instructions.h"
#include "x86/msr.h"

/* Before every entry, on the bound CPU: they become this vCPU's. */
void vmx_make_resident(struct vmx_vcpu *v);
/* Copies them out of the CPU if it holds them, and back in after the copies were changed. */
void vmx_sync_resident(struct vmx_vcpu *v);
void vmx_reload_resident(struct vmx_vcpu *v);
/* The vCPU leaves this CPU. */
void resident_evict(struct vmx_vcpu *v);

/* WRMSR of the vCPU that the CPU belongs to, for MSR_TO_CPU. False: #GP(0). */
bool resident_write_msr(struct vmx_vcpu *v, uint32_t index, uint64_t value) must_check;

/* The vCPU begins anew: MOV DR exits, where the CPU can. VMCS loaded. */
void resident_intercept_breakpoints(struct vmx_vcpu *v);
/* MOV DR by a guest to which they are not lent: they are now, and the instruction can be executed once more unless
 * somebody else wants it to exit. In the loop. */
void resident_lend_breakpoints(struct vmx_vcpu *v);
/* The vCPU, to which they are lent, leaves the loop, VMCS loaded. */
void resident_reclaim_breakpoints(struct vmx_vcpu *v);
/* Shall MOV DR exit, as far as the guest's own use goes? */
bool resident_intercepts_breakpoints(const struct vmx_vcpu *v);

/* DR0 to DR3 and DR6 of this CPU. */
void vmx_read_breakpoints(uint64_t dr[4], uint64_t *dr6);
void vmx_write_breakpoints(const uint64_t dr[4], uint64_t dr6);

#define READ_DR(number, value)  __asm__ volatile("movq %%dr" #number ", %0" : "=r"(value))
#define WRITE_DR(number, value) __asm__ volatile("movq %0, %%dr" #number : : "r"(value))

/* --- two vCPUs that are alike --------------------------------------------------------------- */

/* May `to` be entered without run() (vmx/vcpu/hand_over.c), and needs the CPU, from which `from` goes, no more
 * for it than resident_exchange(), xstate_exchange() and, where to->same_msrs is false,
 * resident_exchange_msrs()? Asked of each pair once, and again after anything changed that this depends
 * on, which whoever changes it tells by resident_changed() or vmx_enter_by_run(). */
bool resident_compare(struct vmx_percpu *percpu, const struct vmx_vcpu *from, struct vmx_vcpu *to);

static inline bool resident_alike(struct vmx_percpu *percpu, const struct vmx_vcpu *from,
				  struct vmx_vcpu *to)
{
	return (likely(to->alike == from && to->alike_since == percpu->changes)) ||
	       resident_compare(percpu, from, to);
}

/* On the CPU that the vCPU is bound to. */
static inline void resident_changed(void)
{
	vmx_percpu_here()->changes++;
}

/* The MSRs that are written by exits. */
void resident_exchange_msrs(const struct vmx_vcpu *from, const struct vmx_vcpu *to);

/* From one vCPU to the next, only what differs is written: that takes longer than all the rest. */
static inline void resident_exchange(struct vmx_percpu *percpu, struct vmx_vcpu *from,
				     struct vmx_vcpu *to)
{
	uint64_t *saved = from->msrs.manual, *next = to->msrs.manual, value;

	value = read_msr(MSR_KERNEL_GS_BASE);
	saved[MSR_MANUAL_KERNEL_GS_BASE] = value;
	if (unlikely(value != next[MSR_MANUAL_KERNEL_GS_BASE]))
		write_msr(MSR_KERNEL_GS_BASE, next[MSR_MANUAL_KERNEL_GS_BASE]);
	READ_DR(6, value);
	from->resident.dr6 = value;
	if (unlikely(value != to->resident.dr6))
		WRITE_DR(6, to->resident.dr6);
	value = read_cr2();
	vmx_before(from)->cr2 = value;
	if (unlikely(value != vmx_before(to)->cr2))
		write_cr2(vmx_before(to)->cr2);
	percpu->resident = to;
}

#endif
