/* Which of the hardware's ways to a local APIC are open, by the mode that the guest has put it in. */
#include "vmx/vcpu/apicv.h"

#include "kernel/command_line.h"
#include "kernel/cpu.h"
#include "kernel/memory.h"
#include "kernel/output/log.h"
#include "vm/vcpu/vcpu_interrupts.h"
#include "vm/vm.h"
#include "vmx/exit/exit_fields.h"
#include "vmx/exit/exit_handlers.h"
#include "vmx/instructions.h"
#include "vmx/nested.h"
#include "vmx/vcpu/apicv_probe.h"
#include "vmx/vcpu/bitmaps.h"
#include "vmx/vcpu/vcpu.h"
#include "x86/msr.h"

#define MODE_CONTROLS                                                                       \
	((uint32_t)(SECONDARY_VIRTUALIZE_APIC_ACCESSES | SECONDARY_VIRTUALIZE_X2APIC_MODE | \
		    SECONDARY_APIC_REGISTER_VIRTUALIZATION))

/* On with these two ways, where the CPU has it. */
#define DELIVERY ((uint32_t)SECONDARY_VIRTUAL_INTERRUPT_DELIVERY)

#define STATUS_IN_SERVICE_SHIFT 8 /* of the guest interrupt status; the request is below */

#define EOI_VECTOR   BITS(7, 0)  /* of the exit qualification of an EOI */
#define WRITE_OFFSET BITS(11, 0) /* of the exit qualification of an APIC write */

#define EOI_EXIT_WORDS 4
static const enum vmcs_field eoi_exit_fields[EOI_EXIT_WORDS] = {
	VMCS_EOI_EXIT_BITMAP_0,
	VMCS_EOI_EXIT_BITMAP_1,
	VMCS_EOI_EXIT_BITMAP_2,
	VMCS_EOI_EXIT_BITMAP_3,
};

/* One page stands for the APIC's of all vCPUs of a VM: an access that ends there is the hardware's
 * cue. One of them owns it. VMs are set up on one CPU, before any of their vCPUs runs. */
static struct vmx_vcpu *access_page_owner(const struct vm *vm)
{
	for (unsigned i = 0; i < vm->vcpu_count; i++)
		if (vm->vcpus[i] && vmx_of(vm->vcpus[i])->apic_access_page)
			return vmx_of(vm->vcpus[i]);
	return NULL;
}

static enum error map_access_page(struct vmx_vcpu *owner, struct reason *why)
{
	enum error error;

	if (owner->apic_access_mapped)
		return ERROR_NONE;
	error = nested_map(owner->vcpu->vm->nested, gpa(LOCAL_APIC_ADDRESS),
			   virt_to_hpa(owner->apic_access_page), PAGE_SIZE,
			   ACCESS_READ | ACCESS_WRITE, NESTED_WRITE_BACK, why);
	owner->apic_access_mapped = !error;
	return error;
}

static enum error provide_access_page(struct vmx_vcpu *v, struct reason *why)
{
	struct vmx_vcpu *owner = access_page_owner(v->vcpu->vm);

	if (!owner) {
		v->apic_access_page = page_alloc();
		if (!v->apic_access_page)
			return reason_set(why, ERROR_NO_MEMORY,
					  "no page for accesses to local APICs");
		pages_set_owner(v->apic_access_page, 1, (uint16_t)(v->vcpu->vm->id + 1));
		owner = v;
	}
	return map_access_page(owner, why);
}

/* A local APIC in x2APIC mode has no page, but the nested table is the VM's. Once one of them has no
 * use for the page it goes for all: those still in xAPIC mode are served by the board. */
void apicv_take_page_away(struct vmx_vcpu *v)
{
	struct vm *vm = v->vcpu->vm;
	struct reason why;

	v->apic_access_ends = false;
	if (nested_unmap(vm->nested, gpa(LOCAL_APIC_ADDRESS), PAGE_SIZE, &why))
		log_reason(LOG_ERROR, "vmx", &why);
	else
		__atomic_store_n(&access_page_owner(vm)->apic_access_mapped, false,
				 __ATOMIC_RELAXED);
}

void apicv_release(struct vmx_vcpu *v)
{
	struct reason why;

	if (!v->apic_access_page)
		return;
	/* A page that stays mapped is not given back: a leak is told, a hole would not be. */
	if (nested_unmap(v->vcpu->vm->nested, gpa(LOCAL_APIC_ADDRESS), PAGE_SIZE, &why)) {
		log_reason(LOG_ERROR, "vmx", &why);
		return;
	}
	pages_set_owner(v->apic_access_page, 1, OWNER_PLINTH);
	page_free(v->apic_access_page);
	v->apic_access_page = NULL;
	v->apic_access_mapped = false;
}

static bool possible(const struct vmx_vcpu *v)
{
	const struct vcpu_interrupts *interrupts = v->vcpu->interrupts;

	/* By itself the hardware would deliver in the midst of a debugger's step. */
	return command_line.apicv != APICV_OFF && !v->vcpu->vm->debugger && interrupts &&
	       interrupts->page && interrupts->page(v->vcpu) &&
	       (v->resolved.may_be_one[CONTROL_PRIMARY] & PRIMARY_USE_TPR_SHADOW) &&
	       (v->resolved.may_be_one[CONTROL_SECONDARY] & MODE_CONTROLS) == MODE_CONTROLS;
}

enum error apicv_setup(struct vmx_vcpu *v, struct reason *why)
{
	v->apicv = possible(v);
	v->apic_access_ends = false;
	if (!v->apicv)
		return ERROR_NONE;
	v->delivers =
		(v->resolved.may_be_one[CONTROL_SECONDARY] & DELIVERY) && apicv_delivery_is_used();
	enum error error = provide_access_page(v, why);
	if (error)
		return error;
	vmcs_write(VMCS_VIRTUAL_APIC_ADDRESS,
		   virt_to_hpa(v->vcpu->interrupts->page(v->vcpu)).value);
	vmcs_write(VMCS_APIC_ACCESS_ADDRESS,
		   virt_to_hpa(access_page_owner(v->vcpu->vm)->apic_access_page).value);
	vmcs_write(VMCS_TPR_THRESHOLD, 0);
	v->tpr_threshold = 0;
	for (unsigned i = 0; i < EOI_EXIT_WORDS; i++) {
		vmcs_write(eoi_exit_fields[i], 0);
		v->eoi_exits[i] = 0;
	}
	apicv_set_mode(v);
	return ERROR_NONE;
}

/* The priority is in the page, or CR8 exits. */
static void set_shadow(struct vmx_vcpu *v, bool shadow)
{
	uint32_t exiting = PRIMARY_CR8_LOAD_EXITING | PRIMARY_CR8_STORE_EXITING;
	uint32_t off = shadow ? exiting : (uint32_t)PRIMARY_USE_TPR_SHADOW;
	uint32_t on = shadow ? (uint32_t)PRIMARY_USE_TPR_SHADOW : exiting;

	vmx_set_primary(v, (v->controls.primary & ~off) | on);
}

void apicv_set_mode(struct vmx_vcpu *v)
{
	uint64_t base = v->msrs.apic_base;
	uint32_t secondary = v->controls.secondary & ~(MODE_CONTROLS | DELIVERY);
	bool x2apic = (base & APIC_BASE_ENABLE) && (base & APIC_BASE_X2APIC);
	bool here = (base & APIC_BASE_ENABLE) && (base & APIC_BASE_ADDRESS) == LOCAL_APIC_ADDRESS;

	if (!v->apicv)
		return;
	/* Accesses to the page of an APIC that is off, or elsewhere, exit: nobody answers there. */
	secondary |= (uint32_t)(x2apic ? SECONDARY_VIRTUALIZE_X2APIC_MODE
				       : SECONDARY_VIRTUALIZE_APIC_ACCESSES);
	if (x2apic || here)
		secondary |= (uint32_t)SECONDARY_APIC_REGISTER_VIRTUALIZATION;
	set_shadow(v, x2apic || here);
	if (v->delivers && (secondary & SECONDARY_APIC_REGISTER_VIRTUALIZATION))
		secondary |= DELIVERY;
	vmx_set_secondary(v, secondary);
	if (v->controls.primary & PRIMARY_USE_MSR_BITMAPS)
		vmcs_write(VMCS_MSR_BITMAPS,
			   x2apic ? bitmaps_msr_x2apic(v->delivers).value : bitmaps_msr().value);
	/* That takes a lock, which the run loop may not. */
	if (x2apic && v->in_loop) {
		v->apic_access_ends = true;
		vmx_enter_by_run(v);
		__atomic_store_n(&this_cpu()->need_resched, true, __ATOMIC_RELAXED);
	}
	/* What the page holds by now is told before the next entry. */
	__atomic_store_n(&v->vcpu->interrupt_request, true, __ATOMIC_RELAXED);
}

void apicv_set_threshold(struct vmx_vcpu *v, unsigned threshold)
{
	if (!v->apicv || threshold == v->tpr_threshold)
		return;
	v->tpr_threshold = threshold;
	vmcs_write(VMCS_TPR_THRESHOLD, threshold);
}

/* --- delivery -------------------------------------------------------------------------------- */

static void set_eoi_exits(struct vmx_vcpu *v, const uint64_t level[EOI_EXIT_WORDS])
{
	for (unsigned i = 0; i < EOI_EXIT_WORDS; i++) {
		if (v->eoi_exits[i] == level[i])
			continue;
		v->eoi_exits[i] = level[i];
		vmcs_write(eoi_exit_fields[i], level[i]);
	}
}

void apicv_request(struct vmx_vcpu *v)
{
	struct vcpu_interrupt_status status;

	v->vcpu->interrupts->status(v->vcpu, &status);
	set_eoi_exits(v, status.level);
	vmcs_write(VMCS_GUEST_INTERRUPT_STATUS,
		   status.requested | (uint64_t)status.in_service << STATUS_IN_SERVICE_SHIFT);
}

/* --- exits ----------------------------------------------------------------------------------- */

/* The guest has lowered its priority: inject_events() looks again. */
enum vmx_next vmx_handle_tpr_below_threshold(struct vmx_vcpu *v)
{
	__atomic_store_n(&v->vcpu->interrupt_request, true, __ATOMIC_RELAXED);
	v->did = "priority lowered";
	return VMX_RESUME;
}

/* A trap: the hardware has ended the interrupt in the page. */
enum vmx_next vmx_handle_virtualized_eoi(struct vmx_vcpu *v)
{
	v->vcpu->interrupts->ended(v->vcpu,
				   (uint8_t)field_get(vmx_exit_qualification(v), EOI_VECTOR));
	v->did = "level interrupt ended";
	return VMX_RESUME;
}

/* A trap: the write is in the page, and RIP behind it. */
enum vmx_next vmx_handle_apic_write(struct vmx_vcpu *v)
{
	struct vcpu *vcpu = v->vcpu;

	vcpu->interrupts->written(vcpu,
				  (unsigned)field_get(vmx_exit_qualification(v), WRITE_OFFSET));
	v->did = "local APIC written";
	/* It may have sent itself an INIT, which is for the machine above to act on. */
	if (unlikely(__atomic_load_n(&vcpu->startup, __ATOMIC_RELAXED)))
		__atomic_store_n(&this_cpu()->need_resched, true, __ATOMIC_RELAXED);
	return VMX_RESUME;
}
