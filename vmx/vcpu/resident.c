/* CR2, debug registers and MSRs on their way between a CPU and its vCPUs. */
#include "vmx/vcpu/resident.h"

#include "kernel/traps.h"
#include "lib/bits.h"
#include "vmx/backend.h"
#include "vmx/cpu/controls.h"
#include "vmx/instructions.h"
#include "vmx/vcpu/xstate.h"
#include "vmx/vcpu/xstate_exchange.h"
#include "x86/control_registers.h"
#include "x86/cpuid.h"

static const uint32_t manual_msrs[MSR_MANUAL_COUNT] = {
#define X(symbol, index, name) [symbol] = (index),
	MSR_MANUAL_LIST(X)
#undef X
};

/* IA32_TSC_AUX, the last one, exists only with RDTSCP. Constant after vmx_vcpu_init(). */
static unsigned manual_msr_count;
_Static_assert(MSR_MANUAL_TSC_AUX == MSR_MANUAL_COUNT - 1, "the last one may be missing");
_Static_assert(MSR_MANUAL_KERNEL_GS_BASE == 0, "the others are written by exits");

void vmx_vcpu_init(void)
{
	bool rdtscp = cpuid_query(CPUID_EXTENDED_SIGNATURE, 0).edx & CPUID_80000001_EDX_RDTSCP;

	manual_msr_count = rdtscp ? MSR_MANUAL_COUNT : MSR_MANUAL_TSC_AUX;
}

void vmx_read_breakpoints(uint64_t dr[4], uint64_t *dr6)
{
	READ_DR(0, dr[0]);
	READ_DR(1, dr[1]);
	READ_DR(2, dr[2]);
	READ_DR(3, dr[3]);
	READ_DR(6, *dr6);
}

void vmx_write_breakpoints(const uint64_t dr[4], uint64_t dr6)
{
	WRITE_DR(0, dr[0]);
	WRITE_DR(1, dr[1]);
	WRITE_DR(2, dr[2]);
	WRITE_DR(3, dr[3]);
	WRITE_DR(6, dr6);
}

/* --- one vCPU ------------------------------------------------------------------------------- */

static void resident_save(struct vmx_vcpu *v)
{
	v->msrs.manual[MSR_MANUAL_KERNEL_GS_BASE] = read_msr(MSR_KERNEL_GS_BASE);
	v->vcpu->cr2 = read_cr2();
	READ_DR(6, v->resident.dr6);
	if (v->resident.breakpoints)
		vmx_read_breakpoints(v->resident.dr, &v->resident.dr6);
}

static void resident_load(struct vmx_vcpu *v)
{
	for (unsigned i = 0; i < manual_msr_count; i++)
		write_msr(manual_msrs[i], v->msrs.manual[i]);
	write_cr2(v->vcpu->cr2);
	WRITE_DR(6, v->resident.dr6);
	/* The host runs with DR7 clear: no breakpoint is armed by these. */
	if (v->resident.breakpoints)
		vmx_write_breakpoints(v->resident.dr, v->resident.dr6);
}

void vmx_sync_resident(struct vmx_vcpu *v)
{
	if (vmx_this_percpu()->resident == v)
		resident_save(v);
}

void vmx_reload_resident(struct vmx_vcpu *v)
{
	resident_changed();
	if (vmx_this_percpu()->resident == v)
		resident_load(v);
}

void resident_evict(struct vmx_vcpu *v)
{
	struct vmx_percpu *percpu = vmx_this_percpu();

	if (percpu->resident != v)
		return;
	resident_save(v);
	percpu->resident = NULL;
}

/* The CPU makes the checks, and a register that holds less than was written is remembered as it is. */
bool resident_write_msr(struct vmx_vcpu *v, uint32_t index, uint64_t value)
{
	for (unsigned i = 0; i < manual_msr_count; i++) {
		if (manual_msrs[i] != index)
			continue;
		if (!write_msr_safe(index, value))
			return false;
		v->msrs.manual[i] = read_msr(index);
		resident_changed();
		return true;
	}
	return false;
}

/* --- debug registers that no guest uses ------------------------------------------------------ */

/* Not after RESET: an enabled breakpoint, or general detection. */
#define DR7_USED (BITS(7, 0) | DR7_GD)

bool resident_intercepts_breakpoints(const struct vmx_vcpu *v)
{
	return !v->resident.breakpoints || (v->vcpu->config.intercepts & INTERCEPT_DR);
}

void resident_intercept_breakpoints(struct vmx_vcpu *v)
{
	bool possible = v->resolved.may_be_one[CONTROL_PRIMARY] & PRIMARY_MOV_DR_EXITING;

	/* Who leaves no exit to the backend's loop is not shown any that it has not asked for. */
	v->resident.breakpoints = !possible || !v->vcpu->quick;
	if (!v->resident.breakpoints)
		vmx_set_primary(v, v->controls.primary | (uint32_t)PRIMARY_MOV_DR_EXITING);
}

void resident_lend_breakpoints(struct vmx_vcpu *v)
{
	uint64_t dr6;

	READ_DR(6, dr6);
	vmx_write_breakpoints(v->resident.dr, dr6);
	v->resident.breakpoints = true;
	if (!resident_intercepts_breakpoints(v))
		vmx_set_primary(v, v->controls.primary & ~(uint32_t)PRIMARY_MOV_DR_EXITING);
	resident_changed();
}

void resident_reclaim_breakpoints(struct vmx_vcpu *v)
{
	uint64_t *dr = v->resident.dr;

	if (vmcs_read(VMCS_GUEST_DR7) & DR7_USED)
		return;
	vmx_read_breakpoints(dr, &v->resident.dr6);
	if (dr[0] | dr[1] | dr[2] | dr[3])
		return;
	resident_intercept_breakpoints(v);
	resident_changed();
}

/* --- from one to the next ------------------------------------------------------------------- */

void resident_exchange_msrs(const struct vmx_vcpu *from, const struct vmx_vcpu *to)
{
	for (unsigned i = MSR_MANUAL_KERNEL_GS_BASE + 1; i < manual_msr_count; i++)
		if (from->msrs.manual[i] != to->msrs.manual[i])
			write_msr(manual_msrs[i], to->msrs.manual[i]);
}

static void exchange_breakpoints(struct vmx_resident *from, const struct vmx_resident *to)
{
	uint64_t dr6;

	READ_DR(6, dr6);
	if (from->breakpoints)
		vmx_read_breakpoints(from->dr, &from->dr6);
	if (to->breakpoints)
		vmx_write_breakpoints(to->dr, dr6);
}

void vmx_make_resident(struct vmx_vcpu *v)
{
	struct vmx_percpu *percpu = vmx_percpu_here();
	struct vmx_vcpu *from = percpu->resident;

	if (from == v)
		return;
	if (unlikely(!from)) {
		resident_load(v);
		percpu->resident = v;
		return;
	}
	bool alike = resident_alike(percpu, from, v);

	if (unlikely(!alike || !v->same_msrs))
		resident_exchange_msrs(from, v);
	if (unlikely(!alike))
		exchange_breakpoints(&from->resident, &v->resident);
	resident_exchange(percpu, from, v);
}

bool resident_compare(struct vmx_percpu *percpu, const struct vmx_vcpu *from, struct vmx_vcpu *to)
{
	if (to->after_exit != exit_short || !to->slice.by_preemption_timer ||
	    from->resident.breakpoints || to->resident.breakpoints || !xstate_alike(from, to))
		return false;
	to->same_msrs = true;
	for (unsigned i = MSR_MANUAL_KERNEL_GS_BASE + 1; i < manual_msr_count; i++)
		to->same_msrs = to->same_msrs && from->msrs.manual[i] == to->msrs.manual[i];
	to->alike = from;
	to->alike_since = percpu->changes;
	return true;
}
