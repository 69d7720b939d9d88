/* What exits that are answered in place of the loop (vmx/vcpu/run_in_place.c) have in common once they have
 * been written down. Inline, as vmx/vcpu/run_steps.h is. */
#ifndef VMX_VCPU_RUN_ANSWERED_H
#define VMX_VCPU_RUN_ANSWERED_H

#include "vmx/vcpu/inject_offer.h"
#include "vmx/vcpu/run_steps.h"

/* The loop has to go on, and do what `next` says: it finds the exit as if it had read it itself. The
 * record is the vCPU's already. */
static inline bool run_to_loop(struct vmx_vcpu *v, const struct record *record, uint32_t reason,
			       enum vmx_next next)
{
	v->last.reason = v->last.row = reason;
	v->last.vectoring = 0;
	v->last.known = VMX_KNOWN_RIP;
	v->last.rip = record->rip;
	v->noted = true;
	v->next = next;
	return false;
}

/* Something waits for the guest. */
static inline void run_inject(struct vcpu *vcpu, struct vmx_vcpu *v)
{
	if (likely(inject_is_simple(v)))
		inject_offered(vcpu, v, v->recorder);
	else
		inject_events(v);
}

#endif
