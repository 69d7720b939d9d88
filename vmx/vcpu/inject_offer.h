/* What inject_events() does nearly always, inline: nothing waits but what the vCPU's interrupt controllers
 * have, and their offer() is taken. What it does is what the long way would do. SDM volume 3, "Event
 * Injection" and "Interrupt-Window Exiting and Virtual-Interrupt Delivery". */
#ifndef VMX_VCPU_INJECT_OFFER_H
#define VMX_VCPU_INJECT_OFFER_H

#include "kernel/cpu.h"
#include "lib/bits.h"
#include "vm/vcpu/vcpu_account.h"
#include "vm/vcpu/vcpu_interrupts.h"
#include "vmx/exit/exit_decode.h"
#include "vmx/instructions.h"
#include "vmx/vcpu/apicv.h"
#include "vmx/vcpu/inject.h"
#include "vmx/vcpu/interruptibility.h"
#include "x86/control_registers.h"

/* Hardware that delivers is told what there is, and a debugger's step has its own rules. */
static inline bool inject_is_simple(const struct vmx_vcpu *v)
{
	const struct vcpu *vcpu = v->vcpu;

	return !__atomic_load_n(&vcpu->events.fresh, __ATOMIC_RELAXED) && vcpu->interrupts &&
	       vcpu->interrupts->offer && !apicv_delivers(v) && !v->debug.active;
}

/* Does the guest take an external interrupt at this moment? As vcpu_events_choose() has it. */
static inline bool inject_is_open(void)
{
	return (vmcs_fetch(VMCS_GUEST_RFLAGS) & RFLAGS_IF) &&
	       !(vmcs_fetch(VMCS_GUEST_INTERRUPTIBILITY) &
		 (BLOCKING_BY_STI | BLOCKING_BY_MOV_SS)) &&
	       !(vmcs_fetch(VMCS_GUEST_PENDING_DEBUG) &
		 (PENDING_DEBUG_ENABLED_BREAKPOINT | PENDING_DEBUG_BS));
}

static inline void inject_interrupt(struct vcpu *vcpu, struct recorder *recorder, uint8_t vector)
{
	vmcs_store(VMCS_ENTRY_INTERRUPTION_INFO,
		   INTERRUPTION_VALID | field_put(INTERRUPTION_TYPE_MASK, INTERRUPTION_EXTERNAL) |
			   vector);
	vcpu_note_event(vcpu, recorder, RECORD_INJECTED, vector,
			vcpu_event_name(EVENT_EXTERNAL_INTERRUPT));
}

static inline void inject_offer(struct vcpu *vcpu, struct vmx_vcpu *v, struct recorder *recorder,
				struct vcpu_interrupt_offer offer)
{
	if (likely(offer.vector >= 0))
		inject_interrupt(vcpu, recorder, (uint8_t)offer.vector);
	if (unlikely(offer.threshold != v->tpr_threshold))
		apicv_set_threshold(v, offer.threshold);
	if (unlikely(offer.waits))
		__atomic_store_n(&vcpu->interrupt_request, true, __ATOMIC_SEQ_CST);
	if (unlikely(offer.waits || (v->controls.primary & INJECT_WINDOWS)))
		inject_set_windows(v, offer.waits, false);
}

static inline void inject_offered(struct vcpu *vcpu, struct vmx_vcpu *v, struct recorder *recorder)
{
	/* The flag goes first: a request that comes while offer() looks sets it again. */
	__atomic_store_n(&vcpu->interrupt_request, false, __ATOMIC_SEQ_CST);
	inject_offer(vcpu, v, recorder, vcpu->interrupts->offer(vcpu, inject_is_open()));
}

#endif
