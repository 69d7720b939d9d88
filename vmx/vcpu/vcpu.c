/* Making a vCPU, and tying it to the CPU it runs on: which VMCS is loaded where. SDM volume 3,
 * "Software Use of Virtual-Machine Control Structures". */
#include "vmx/vcpu/vcpu.h"

#include "kernel/cpu.h"
#include "kernel/memory.h"
#include "kernel/panic.h"
#include "kernel/timer_front.h"
#include "lib/string.h"
#include "vm/vm.h"
#include "vmx/backend.h"
#include "vmx/cpu/capability.h"
#include "vmx/vcpu/apicv.h"
#include "vmx/vcpu/host_state.h"
#include "vmx/vcpu/resident.h"
#include "vmx/vcpu/identity_map.h"
#include "vmx/instructions.h"
#include "vmx/nested.h"
#include "vmx/cpu/percpu.h"
#include "vmx/vcpu/vpid.h"
#include "vmx/vcpu/xstate.h"
#include "x86/cpuid.h"
#include "x86/instructions.h"
#include "x86/msr.h"

/* XSAVE wants its area on a boundary of 64 bytes: SDM volume 1, "XSAVE Area". */
_Static_assert(VCPU_ALIGNMENT % 64 == 0, "the XSAVE area lies behind the vCPU");
#define OWN_SIZE align_up(sizeof(struct vmx_vcpu), VCPU_ALIGNMENT)

size_t vmx_vcpu_size(void)
{
	return OWN_SIZE + xstate_host_layout.size;
}

/* The first rows of the statistics, for vmx/exit/exit_short.c to know where they are. */
static void reserve_rows(struct vcpu *vcpu)
{
	static const uint8_t reasons[] = {
#define X(name) [EXIT_SHORT_##name] = EXIT_REASON_##name,
		EXIT_SHORT_LIST(X)
#undef X
	};

	for (unsigned i = 0; i < ARRAY_SIZE(reasons); i++)
		assert(statistics_add_row(&vcpu->statistics, reasons[i]) ==
		       &vcpu->statistics.rows[i]);
}

enum error vmx_vcpu_create(struct vcpu *vcpu, struct reason *why)
{
	struct vmx_vcpu *v = vmx_behind(vcpu);

	v->vcpu = vcpu;
	v->xstate_area = (uint8_t *)v + OWN_SIZE;
	v->after_exit = exit_untold;
	reserve_rows(vcpu);
	v->region = page_alloc();
	if (!v->region)
		return reason_set(why, ERROR_NO_MEMORY, "no page for the VMCS of vCPU %u",
				  vcpu->id);
	vcpu->backend = v;
	v->region_hpa = virt_to_hpa(v->region);
	vmx_clear_region(v);
	return ERROR_NONE;
}

void vmx_clear_region(struct vmx_vcpu *v)
{
	uint32_t revision = vmx_revision(&vmx_capability);

	memset(v->region, 0, PAGE_SIZE);
	memcpy(v->region, &revision, sizeof(revision));
	v->host_state_of = NULL;
	v->host_rsp = 0;
}

void vmx_vcpu_destroy(struct vcpu *vcpu)
{
	struct vmx_vcpu *v = vmx_of(vcpu);

	if (!v)
		return;
	if (v->active_on)
		vmx_evict(v);
	vpid_free(v->vpid);
	if (v->identity_page)
		pages_set_owner(v->identity_page, 1, OWNER_PLINTH);
	identity_map_release(v);
	apicv_release(v);
	page_free(v->region);
	vcpu->backend = NULL;
}

/* --- which VMCS is current ------------------------------------------------------------------ */

static noreturn_fn noinline_fn void give_up(enum vmx_result result, const char *instruction,
					    const struct vmx_vcpu *v)
{
	struct reason why;

	vmx_result_reason(result, instruction, &why);
	panic("VMCS of vm %u vcpu %u: %s", v->vcpu->vm->id, v->vcpu->id, why.text);
}

static inline void must_succeed(enum vmx_result result, const char *instruction,
				const struct vmx_vcpu *v)
{
	if (unlikely(result != VMX_SUCCEED))
		give_up(result, instruction, v);
}

/* The first use of a region, and of one that another CPU has cleared. */
static void activate(struct vmx_vcpu *v)
{
	if (v->active_on)
		panic("VMCS of vm %u vcpu %u is still active on CPU %u", v->vcpu->vm->id,
		      v->vcpu->id, v->active_on->index);
	must_succeed(vmx_vmclear(v->region_hpa), "VMCLEAR", v);
	v->launched = false;
	v->active_on = this_cpu();
	v->slice.timers = timer_front_here();
	/* What was found on another CPU counts that one's changes. */
	v->alike = NULL;
	resident_changed();
}

static inline void load(struct vmx_vcpu *v)
{
	must_succeed(vmx_vmptrld(v->region_hpa), "VMPTRLD", v);
	vmx_percpu_here()->current = v;
}

static noinline_fn void activate_and_load(struct vmx_vcpu *v)
{
	activate(v);
	load(v);
}

void vmx_make_current(struct vmx_vcpu *v)
{
	if (vmx_percpu_here()->current == v)
		return;
	if (likely(v->active_on == this_cpu()))
		load(v);
	else
		activate_and_load(v);
}

/* --- letting go ----------------------------------------------------------------------------- */

void vmx_evict(struct vmx_vcpu *v)
{
	struct vmx_percpu *percpu = vmx_this_percpu();

	if (v->active_on && v->active_on != this_cpu())
		panic("vm %u vcpu %u is evicted on CPU %u, but active on CPU %u", v->vcpu->vm->id,
		      v->vcpu->id, this_cpu()->index, v->active_on->index);
	resident_evict(v);
	xstate_evict(v);
	vmx_enter_by_run(v);
	if (v->active_on) {
		must_succeed(vmx_vmclear(v->region_hpa), "VMCLEAR", v);
		v->launched = false;
		v->active_on = NULL;
	}
	/* VMCLEAR of the current VMCS leaves none current. */
	if (percpu->current == v)
		percpu->current = NULL;
}

/* --- binding -------------------------------------------------------------------------------- */

enum error vmx_vcpu_bind(struct vcpu *vcpu, struct reason *why)
{
	struct vmx_vcpu *v = vmx_of(vcpu);

	if (!vmx_is_enabled())
		return reason_set(why, ERROR_BAD_STATE, "VMX is not on on CPU %u",
				  this_cpu()->index);
	vmx_make_current(v);
	if (v->host_state_of != this_cpu()) {
		host_state_write();
		v->host_state_of = this_cpu();
		v->host_rsp = 0;
		/* What this CPU remembers of an earlier stay is older than what the guest has done
		 * elsewhere since. */
		vpid_flush(v->vpid);
	}
	return ERROR_NONE;
}

enum error vmx_vcpu_unbind(struct vcpu *vcpu, struct reason *why)
{
	nested_leave(vcpu->vm->nested, this_cpu()->index);
	vmx_evict(vmx_of(vcpu));
	return ERROR_NONE;
}

/* --- controls ------------------------------------------------------------------------------- */

static void set_control(uint32_t *live, uint32_t value, enum vmcs_field field)
{
	if (*live == value)
		return;
	vmcs_write(field, value);
	*live = value;
}

void vmx_set_primary(struct vmx_vcpu *v, uint32_t value)
{
	set_control(&v->controls.primary, value, VMCS_PRIMARY_CONTROLS);
}

void vmx_set_secondary(struct vmx_vcpu *v, uint32_t value)
{
	set_control(&v->controls.secondary, value, VMCS_SECONDARY_CONTROLS);
}

void vmx_set_exceptions(struct vmx_vcpu *v, uint32_t bitmap)
{
	set_control(&v->controls.exception_bitmap, bitmap, VMCS_EXCEPTION_BITMAP);
}

void vmx_set_entry_controls(struct vmx_vcpu *v, uint32_t value)
{
	set_control(&v->controls.entry, value, VMCS_ENTRY_CONTROLS);
}
