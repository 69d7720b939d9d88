/* The table of physical CPUs, and the machine's own registers behind vmx/cpu/enable.h. */
#include "vmx/cpu/percpu.h"

#include "kernel/output/log.h"
#include "kernel/memory.h"
#include "kernel/panic.h"
#include "vmx/cpu/capability.h"
#include "vmx/instructions.h"
#include "x86/instructions.h"
#include "x86/msr.h"

struct spinlock vmx_percpu_lock = SPINLOCK_INIT("vmx per-CPU table");

static struct vmx_percpu rows[MAX_CPUS];

struct vmx_percpu *vmx_this_percpu(void)
{
	return &rows[this_cpu()->index];
}

/* --- this CPU, as vmx/cpu/enable.h wants to see it ---------------------------------------------- */

static uint64_t access_read(void *context, enum vmx_cpu_register reg)
{
	switch (reg) {
	case CPU_CR0:
		return read_cr0();
	case CPU_CR4:
		return read_cr4();
	case CPU_XCR0:
		return read_xcr0();
	case CPU_XSS:
		return read_msr(MSR_XSS);
	case CPU_FEATURE_CONTROL:
		break;
	}
	return read_msr(MSR_FEATURE_CONTROL);
}

static void access_write(void *context, enum vmx_cpu_register reg, uint64_t value)
{
	switch (reg) {
	case CPU_CR0:
		write_cr0(value);
		break;
	case CPU_CR4:
		write_cr4(value);
		break;
	case CPU_XCR0:
		write_xcr0(value);
		break;
	case CPU_XSS:
		write_msr(MSR_XSS, value);
		break;
	case CPU_FEATURE_CONTROL:
		write_msr(MSR_FEATURE_CONTROL, value);
		break;
	}
}

static void *access_region_alloc(void *context)
{
	return page_alloc();
}

static void access_region_free(void *context, void *region)
{
	page_free(region);
}

static enum vmx_result access_vmxon(void *context, void *region)
{
	return vmx_vmxon(virt_to_hpa(region));
}

static enum vmx_result access_vmxoff(void *context)
{
	return vmx_vmxoff();
}

static const struct vmx_cpu_access this_cpu_access = {
	.read = access_read,
	.write = access_write,
	.region_alloc = access_region_alloc,
	.region_free = access_region_free,
	.vmxon = access_vmxon,
	.vmxoff = access_vmxoff,
};

/* --- the four calls ------------------------------------------------------------------------- */

static void end_slice(struct timer *timer)
{
	__atomic_store_n(&this_cpu()->need_resched, true, __ATOMIC_RELAXED);
}

enum error vmx_percpu_init(struct reason *why)
{
	struct cpu *cpu = this_cpu();
	struct vmx_capability mine;

	cpu->backend = &rows[cpu->index];
	timer_init(&rows[cpu->index].slice_timer, end_slice, NULL);
	vmx_capability_read(&mine);
	if (cpu->index == 0)
		vmx_capability = mine;
	enum error error = vmx_capability_agrees(&mine, &vmx_capability, why);
	rows[cpu->index].agrees = !error;
	return error ? error : vmx_usable(&mine, why);
}

bool vmx_is_enabled(void)
{
	uint64_t rflags = spinlock_acquire(&vmx_percpu_lock);
	bool enabled = vmx_this_percpu()->vmx.enabled;

	spinlock_release(&vmx_percpu_lock, rflags);
	return enabled;
}

static void must_succeed(enum vmx_result result, const char *instruction)
{
	struct reason why;

	if (vmx_result_reason(result, instruction, &why))
		panic("the TLB cannot be flushed: %s", why.text);
}

/* VMXON does not flush what an earlier VMX operation on this CPU left in its TLB. SDM volume 3,
 * "Operations that Invalidate Cached Mappings". */
static void flush_leftovers(void)
{
	uint64_t caps = vmx_capability.ept_vpid;

	if ((caps & EPT_CAP_INVEPT) && (caps & EPT_CAP_INVEPT_ALL))
		must_succeed(vmx_invept(INVEPT_ALL_CONTEXTS, 0), "INVEPT");
	if ((caps & VPID_CAP_INVVPID) && (caps & VPID_CAP_INVVPID_ALL))
		must_succeed(vmx_invvpid(INVVPID_ALL_CONTEXTS, 0, 0), "INVVPID");
}

static enum error check_agrees(struct reason *why)
{
	if (vmx_this_percpu()->agrees)
		return ERROR_NONE;
	return reason_set(why, ERROR_UNSUPPORTED, "CPU %u is unlike CPU 0", this_cpu()->index);
}

enum error vmx_hardware_enable(struct reason *why)
{
	uint64_t rflags = spinlock_acquire(&vmx_percpu_lock);
	struct vmx_percpu *row = vmx_this_percpu();
	enum error error = check_agrees(why);

	if (!error)
		error = vmx_enable(&row->vmx, &vmx_capability, &this_cpu_access, why);
	if (!error) {
		flush_leftovers();
		row->current = NULL;
		row->resident = NULL;
		row->host_xcr0 = row->vmx.xcr0;
		row->xcr0 = row->vmx.xcr0;
	}
	spinlock_release(&vmx_percpu_lock, rflags);
	return error;
}

enum error vmx_hardware_disable(struct reason *why)
{
	uint64_t rflags = spinlock_acquire(&vmx_percpu_lock);
	struct vmx_percpu *row = vmx_this_percpu();
	enum error error;

	if (row->vmx.enabled && row->current)
		error = reason_set(why, ERROR_BAD_STATE,
				   "a vCPU's VMCS is still loaded on this CPU");
	else
		error = vmx_disable(&row->vmx, &vmx_capability, &this_cpu_access, why);
	spinlock_release(&vmx_percpu_lock, rflags);
	return error;
}

enum error vmx_percpu_can_enable(struct reason *why)
{
	struct vmx_enable_plan plan;

	if (vmx_is_enabled())
		return ERROR_NONE;
	enum error error = check_agrees(why);
	if (error)
		return error;
	return vmx_enable_decide(&vmx_capability, false, read_cr0(), read_cr4(), &plan, why);
}
