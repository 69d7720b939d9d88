/* A debugger's wishes (vm/vcpu/vcpu_debug.h) put into the hardware right before an entry, and taken
 * out right after the exit, so that all other code finds the guest's own state: RFLAGS.TF and the
 * debug registers are lent for that time only.
 *
 * Steps go by the monitor trap flag where the CPU has it and it was seen to work, else by RFLAGS.TF:
 * then every exception exits meanwhile, an event that waits is injected with a preemption timer that
 * has run out already, which stops at the handler's first instruction, and no other is taken. */
#ifndef VMX_VCPU_DEBUG_H
#define VMX_VCPU_DEBUG_H

#include "lib/error.h"
#include "lib/types.h"
#include "vm/vcpu/vcpu_debug.h"
#include "vmx/instruction_result.h"

struct vcpu;
struct vcpu_exit;
struct vmx_vcpu;

/* What was lent for one entry. */
struct vmx_debug_loan {
	bool trap_flag; /* RFLAGS.TF is the debugger's */
	bool guest_trap_flag;
	bool syscall; /* IA32_FMASK is without TF */
	bool event;   /* the step is the delivery of an event */
	uint64_t timer, fmask;
	uint64_t dr[DEBUG_BREAKPOINTS], dr6, dr7; /* the guest's */
};

struct vmx_debug {
	bool active;    /* the debugger wants something: read for every entry and exit */
	bool stepping;  /* a step has begun, at `step_rip` */
	bool syscalled; /* the step just made was a SYSCALL */
	uint64_t step_rip;
	struct vcpu_debug wanted;
	struct vcpu_debug_hit hit; /* what the last exit has for the debugger */
	struct vmx_debug_loan loan;
};

static inline bool vmx_debug_is_hit(const struct vmx_debug *debug)
{
	return debug->hit.int3 || debug->hit.step || debug->hit.hits;
}

/* Enters the guest as vmx_enter() does, for the debugger. IRQs off, all but this is prepared. */
enum vmx_result vmx_debug_enter(struct vmx_vcpu *v);

/* Before an entry: true when the step that was asked for is over, since Plinth carried it out. */
bool vmx_debug_step_over(struct vmx_vcpu *v, struct vcpu_exit *exit);

/* While a step goes on no interrupt is taken. */
bool vmx_debug_holds_interrupts(const struct vmx_vcpu *v);

/* vm/virt_ops.h */
enum error vmx_vcpu_set_debug(struct vcpu *vcpu, const struct vcpu_debug *debug,
			      struct reason *why);

/* Does the monitor trap flag stop after one instruction here? Constant after vmx_debug_probe(), which
 * asks a VM made for that, on the bootstrap processor with VMX on and no other VM started. */
extern bool vmx_monitor_trap_works;
void vmx_debug_probe(void);

#endif
