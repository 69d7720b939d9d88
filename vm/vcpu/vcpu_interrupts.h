/* What decides a vCPU's external interrupts when its VM has interrupt controllers: a local APIC and
 * what is wired to it. A vCPU without (a null vcpu->interrupts) takes what vcpu_inject() queues.
 *
 * Whoever changes something that may let an interrupt through (a request arrives, a priority falls,
 * an end of interrupt) sets vcpu->interrupt_request, then calls scheduler_notify(). Before an entry,
 * while that flag is set, the backend asks pending(); when the guest can take it, it calls
 * acknowledge() and injects what that returns; when not, it opens the interrupt window. (offer() is
 * both in one, for the usual case that no other event waits.) When pending() has nothing, the backend
 * leaves the flag clear (it clears it before it asks: no request is lost). A HLT ends when pending()
 * has something and RFLAGS.IF was set.
 *
 * Their timer has to be looked at when vcpu->timer_deadline comes, a value of time_ticks(); TIMER_NEVER:
 * there is no need. While the vCPU runs the backend sees to that, and when a turn of it begins. Before it blocks
 * sleeps() is called: from then on the controllers see to it themselves. */
#ifndef VM_VCPU_VCPU_INTERRUPTS_H
#define VM_VCPU_VCPU_INTERRUPTS_H

#include "lib/types.h"

struct vcpu;

/* What a vCPU's controllers have for it at one moment. */
struct vcpu_interrupt_offer {
	int16_t vector; /* an interrupt, acknowledged; -1: none */
	bool waits;     /* one waits that priorities let through: what pending() says afterwards */
	uint8_t threshold; /* what threshold() says afterwards */
};

/* What hardware that delivers interrupts by itself has to be told of a local APIC. */
struct vcpu_interrupt_status {
	uint8_t requested, in_service; /* the highest vectors, 0 for none */
	uint64_t level[4]; /* vectors whose end the board wants to hear of, a bit each */
};

struct vcpu_interrupts {
	/* Would an interrupt be delivered now if RFLAGS.IF allowed it? Priorities are considered.
	 * On the bound CPU, or under the run-queue lock while the vCPU is blocked. IRQs off; takes no
	 * lock, since whoever wakes the vCPU may hold the board's. */
	bool (*pending)(struct vcpu *vcpu);
	/* The interrupt-acknowledge cycle: marks the interrupt in service and returns its vector,
	 * or -1 when it has gone away meanwhile. On the bound CPU, IRQs off; may take the board's
	 * lock and no other. */
	int (*acknowledge)(struct vcpu *vcpu);
	/* Both at once, and threshold() below, for each time that nothing else has to be injected: the
	 * interrupt is acknowledged if there is one and the guest is `open` to it. On the bound CPU,
	 * IRQs off; may take the board's lock. Null: who asks calls the others. */
	struct vcpu_interrupt_offer (*offer)(struct vcpu *vcpu, bool open);
	/* vcpu->timer_deadline has come, and is TIMER_NEVER afterwards or a later one: before the next
	 * entry pending() or offer() finds what follows. On the bound CPU, IRQs off. */
	void (*timer_due)(struct vcpu *vcpu);
	/* That and offer() at once; there when offer() is. `now` is time_ticks(). In its context. */
	struct vcpu_interrupt_offer (*offer_timer)(struct vcpu *vcpu, uint64_t now, bool open);
	/* The vCPU is about to block, on the CPU that it is bound to. */
	void (*sleeps)(struct vcpu *vcpu);
	/* CR8, which is the task priority class of the local APIC. On the bound CPU. */
	uint8_t (*get_priority)(struct vcpu *vcpu);
	void (*set_priority)(struct vcpu *vcpu, uint8_t priority);
	/* IA32_APIC_BASE was written (a value that the policy accepted), or reset. */
	void (*apic_base)(struct vcpu *vcpu, uint64_t value);
	/* The guest changed its TSC, by IA32_TIME_STAMP_COUNTER or IA32_TSC_ADJUST: a deadline in it
	 * is now another moment. On the bound CPU. */
	void (*tsc_changed)(struct vcpu *vcpu);
	/* INIT resets the local APIC too. On the bound CPU. */
	void (*init_reset)(struct vcpu *vcpu);
	/* What waits and what is in service, ` key=value` each, for the log. Any CPU, no lock held:
	 * the picture of a moment. */
	void (*describe)(const struct vcpu *vcpu, char *text, size_t size);

	/* For a backend whose hardware works on the registers of a local APIC by itself: all null, or
	 * none. On the bound CPU, IRQs off.
	 * The page with its registers, as the SDM lays them out; constant, null if there is none. */
	void *(*page)(struct vcpu *vcpu);
	/* The class (1 to 15) of a request that only the task priority holds back, else 0: the guest
	 * is interrupted when it lowers its priority below. */
	unsigned (*threshold)(struct vcpu *vcpu);
	/* The guest's write of `offset` is in the page: what follows from it. */
	void (*written)(struct vcpu *vcpu, unsigned offset);
	/* For hardware that also delivers interrupts and takes their ends: it moves vectors between
	 * the registers in the page, and acknowledge() is left with what is no vector of the local
	 * APIC's. Does such an interrupt (an 8259's) wait? */
	bool (*other_pending)(struct vcpu *vcpu);
	void (*status)(struct vcpu *vcpu, struct vcpu_interrupt_status *status);
	/* The guest has ended the level-triggered `vector`. May take the board's lock. */
	void (*ended)(struct vcpu *vcpu, uint8_t vector);
};

#endif
