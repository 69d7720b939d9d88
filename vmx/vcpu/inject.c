/* Which event the next entry delivers, and when the CPU has to tell that one could be. SDM volume
 * 3, "Event Injection", "Interrupt-Window Exiting and Virtual-Interrupt Delivery" and "NMI-Window
 * Exiting". */
#include "vmx/vcpu/inject.h"

#include "kernel/cpu.h"
#include "kernel/panic.h"
#include "vm/vcpu/vcpu.h"
#include "vm/vcpu/vcpu_account.h"
#include "vm/vcpu/vcpu_interrupts.h"
#include "vm/vm.h"
#include "vmx/cpu/capability.h"
#include "vmx/cpu/controls.h"
#include "vmx/exit/exit_decode.h"
#include "vmx/exit/exit_fields.h"
#include "vmx/exit/exit_handlers.h"
#include "vmx/instructions.h"
#include "vmx/vcpu/apicv.h"
#include "vmx/vcpu/inject_offer.h"
#include "vmx/vcpu/interruptibility.h"
#include "vmx/vcpu/resident.h"
#include "vmx/vcpu/vcpu.h"
#include "x86/control_registers.h"
#include "x86/exception.h"
#include "x86/instructions.h"

/* The flag goes first: a request that comes while pending() looks sets it again. */
static bool controller_pending(struct vmx_vcpu *v)
{
	struct vcpu *vcpu = v->vcpu;

	if (!vcpu->interrupts ||
	    !__atomic_exchange_n(&vcpu->interrupt_request, false, __ATOMIC_SEQ_CST))
		return false;
	bool pending = vcpu->interrupts->pending(vcpu);
	/* Hardware that delivers is told, and needs no window. */
	if (apicv_delivers(v)) {
		apicv_request(v);
		pending = vcpu->interrupts->other_pending(vcpu);
	}
	if (!pending)
		return false;
	__atomic_store_n(&vcpu->interrupt_request, true, __ATOMIC_SEQ_CST);
	return true;
}

static struct event_openings read_openings(struct vmx_vcpu *v, uint64_t interruptibility)
{
	return (struct event_openings) {
		.interrupts_enabled = vmcs_read(VMCS_GUEST_RFLAGS) & RFLAGS_IF,
		.sti_blocking = interruptibility & BLOCKING_BY_STI,
		.mov_ss_blocking = interruptibility & BLOCKING_BY_MOV_SS,
		.nmi_blocking = interruptibility & BLOCKING_BY_NMI,
		.debug_trap = vmcs_read(VMCS_GUEST_PENDING_DEBUG) &
			      (PENDING_DEBUG_ENABLED_BREAKPOINT | PENDING_DEBUG_BS),
		.priority = v->vcpu->interrupts ? 0 : v->cr8,
		.controller_pending = controller_pending(v),
	};
}

void inject_set_windows(struct vmx_vcpu *v, bool for_interrupt, bool for_nmi)
{
	uint32_t primary = v->controls.primary & ~INJECT_WINDOWS;

	if (for_interrupt)
		primary |= (uint32_t)PRIMARY_INTERRUPT_WINDOW_EXITING;
	/* The control needs virtual NMIs; without them an NMI is never held back. */
	if (for_nmi && (v->controls.pin & PIN_VIRTUAL_NMIS))
		primary |= (uint32_t)PRIMARY_NMI_WINDOW_EXITING;
	vmx_set_primary(v, primary);
}

static void write_injection(const struct injection *injection)
{
	if (injection->info & INTERRUPTION_ERROR_VALID)
		vmcs_write(VMCS_ENTRY_EXCEPTION_ERROR_CODE, injection->error_code);
	if (injection->instruction_length)
		vmcs_write(VMCS_ENTRY_INSTRUCTION_LENGTH, injection->instruction_length);
	vmcs_write(VMCS_ENTRY_INTERRUPTION_INFO, injection->info);
}

static void inject(struct vmx_vcpu *v, const struct vcpu_event *event, uint64_t interruptibility)
{
	struct injection_rules rules = {
		.protected_mode = v->control_registers.view.cr0 & CR0_PE,
		.zero_length_allowed = vmx_capability.misc & VMX_MISC_ZERO_LENGTH_EVENT,
	};
	struct injection injection;

	/* Events are checked when they are queued. */
	if (injection_encode(event, &rules, &injection))
		panic("vm %u vcpu %u: event kind %d vector %u cannot be injected", v->vcpu->vm->id,
		      v->vcpu->id, event->kind, event->vector);
	if (injection_sets_rf(event))
		vmcs_write(VMCS_GUEST_RFLAGS, vmcs_read(VMCS_GUEST_RFLAGS) | RFLAGS_RF);
	/* An NMI whose delivery was cut short has set the blocking that forbids to inject it. */
	if (event->kind == EVENT_NMI && (interruptibility & BLOCKING_BY_NMI))
		vmcs_write(VMCS_GUEST_INTERRUPTIBILITY, interruptibility & ~BLOCKING_BY_NMI);
	if (event->kind == EVENT_EXCEPTION && event->vector == EXCEPTION_PAGE_FAULT) {
		vmx_make_resident(v);
		v->vcpu->cr2 = event->fault_address;
		write_cr2(event->fault_address);
	}
	if (event->kind == EVENT_EXCEPTION && event->debug_hits) {
		vmx_make_resident(v);
		vmx_debug_exception_taken(v, event->debug_hits);
	}
	write_injection(&injection);
	(void)vcpu_record_event(v->vcpu, RECORD_INJECTED, event->vector,
				vcpu_event_name(event->kind));
}

/* What is due in the middle of an instruction, and nothing else. */
static void inject_for_step(struct vmx_vcpu *v, uint64_t interruptibility)
{
	const struct event_openings none = { .sti_blocking = true,
					     .mov_ss_blocking = true,
					     .nmi_blocking = true };
	struct event_choice choice = vcpu_events_choose(&v->vcpu->events, &none);

	if (choice.event.kind != EVENT_NONE)
		inject(v, &choice.event, interruptibility);
}

/* The interrupt-acknowledge cycle, and whether another one waits behind it. */
static void acknowledge(struct vmx_vcpu *v, struct event_choice *choice)
{
	struct vcpu *vcpu = v->vcpu;
	int vector = vcpu->interrupts->acknowledge(vcpu);

	if (vector >= 0)
		choice->event = (struct vcpu_event) { .kind = EVENT_EXTERNAL_INTERRUPT,
						      .vector = (uint8_t)vector };
	choice->want_interrupt_window |= controller_pending(v);
}

/* With all that may wait: exceptions, NMIs, what a debugger holds back. */
static noinline_fn void inject_chosen(struct vmx_vcpu *v)
{
	uint64_t interruptibility = vmcs_read(VMCS_GUEST_INTERRUPTIBILITY);

	if (unlikely(vmx_debug_holds_interrupts(v))) {
		inject_for_step(v, interruptibility);
		return;
	}
	struct event_openings openings = read_openings(v, interruptibility);
	struct event_choice choice = vcpu_events_choose(&v->vcpu->events, &openings);

	if (choice.acknowledge)
		acknowledge(v, &choice);
	if (v->apicv && !apicv_delivers(v))
		apicv_set_threshold(v, v->vcpu->interrupts->threshold(v->vcpu));
	if (choice.event.kind != EVENT_NONE)
		inject(v, &choice.event, interruptibility);
	inject_set_windows(v, choice.want_interrupt_window, choice.want_nmi_window);
}

void inject_events(struct vmx_vcpu *v)
{
	if (likely(inject_is_simple(v)))
		inject_offered(v->vcpu, v, this_cpu()->recorder);
	else
		inject_chosen(v);
}

/* --- events that an exit cut short ---------------------------------------------------------- */

void inject_save_interrupted(struct vmx_vcpu *v)
{
	struct exit_snapshot snapshot = {
		.reason = v->last.reason,
		.vectoring_info = v->last.vectoring,
		.vectoring_error = (uint32_t)vmcs_read(VMCS_IDT_VECTORING_ERROR_CODE),
		.instruction_length = vmx_exit_length(v),
	};
	struct vcpu_event event = { 0 };

	if (exit_interrupted_event(&snapshot, read_cr2(), &event))
		vcpu_events_interrupted(&v->vcpu->events, &event);
}

/* --- exceptions that handlers raise --------------------------------------------------------- */

static enum vmx_next raise(struct vmx_vcpu *v, const struct vcpu_event *event)
{
	bool triple_fault = false;
	struct reason why;

	if (vcpu_events_queue(&v->vcpu->events, event, &triple_fault, &why))
		panic("vm %u vcpu %u: exception %u cannot be raised: %s", v->vcpu->vm->id,
		      v->vcpu->id, event->vector, why.text);
	return triple_fault ? VMX_LEAVE_TRIPLE_FAULT : VMX_RESUME;
}

enum vmx_next vmx_raise(struct vmx_vcpu *v, uint8_t vector, uint32_t code)
{
	struct vcpu_event event = {
		.kind = EVENT_EXCEPTION,
		.vector = vector,
		.has_error_code = exception_has_error_code(vector),
	};

	if (event.has_error_code)
		event.error_code = code;
	return raise(v, &event);
}

enum vmx_next vmx_raise_page_fault(struct vmx_vcpu *v, gva_t address, uint32_t code)
{
	struct vcpu_event event = {
		.kind = EVENT_EXCEPTION,
		.vector = EXCEPTION_PAGE_FAULT,
		.has_error_code = true,
		.error_code = code,
		.fault_address = address.value,
	};

	return raise(v, &event);
}
