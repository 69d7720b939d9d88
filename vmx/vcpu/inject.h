/* Events on their way into the guest. The pure half turns a neutral event into the VM-entry
 * interruption information; the other chooses before each entry what is injected and asks for the
 * windows that what has to wait needs. */
#ifndef VMX_VCPU_INJECT_H
#define VMX_VCPU_INJECT_H

#include "lib/error.h"
#include "lib/types.h"
#include "vm/vcpu/vcpu.h"
#include "vm/vcpu/vcpu_event.h"
#include "vmx/cpu/controls.h"

struct vmx_vcpu;

/* The VM-entry fields of one event. */
struct injection {
	uint32_t info;
	uint32_t error_code;         /* written when `info` says that it is delivered */
	uint32_t instruction_length; /* written for the software types */
};

struct injection_rules {
	bool protected_mode;      /* the guest's CR0.PE: real mode delivers no error code */
	bool zero_length_allowed; /* VMX_MISC[30] */
};

/* SDM volume 3, "VM-Entry Controls for Event Injection". InvalidInput for an event that no CPU
 * would accept: vector against type, a length past 15. Unsupported: a software interrupt of length
 * 0 on a CPU that cannot; software exceptions of length 0 become hardware ones there. */
enum error injection_encode(const struct vcpu_event *event, const struct injection_rules *rules,
			    struct injection *out) must_check;

/* Can a CPU with these rules be given the event at all? Unsupported, as injection_encode() says, for
 * who queues it to hear. */
enum error injection_possible(const struct vcpu_event *event, bool zero_length_allowed,
			      struct reason *why) must_check;

/* Does the CPU that raises this event save RFLAGS.RF as 1, so that the instruction meets no
 * breakpoint again when it restarts? Injection saves RF as the guest has it. */
bool injection_sets_rf(const struct vcpu_event *event);

/* True when an event waits or a window is wanted: the slow half below has work. */
static inline bool events_waiting(const struct vcpu *vcpu)
{
	/* One branch for both; the cast tells clang that this is meant. */
	return (unsigned)__atomic_load_n(&vcpu->interrupt_request, __ATOMIC_RELAXED) |
	       __atomic_load_n(&vcpu->events.fresh, __ATOMIC_RELAXED);
}

/* Puts the next event into the VMCS and opens or closes the windows. IRQs off, VMCS loaded, right
 * before an entry. */
void inject_events(struct vmx_vcpu *v);

/* The windows that are open when the guest is entered, and nothing else. For vmx/vcpu/inject_offer.h. */
#define INJECT_WINDOWS ((uint32_t)(PRIMARY_INTERRUPT_WINDOW_EXITING | PRIMARY_NMI_WINDOW_EXITING))
void inject_set_windows(struct vmx_vcpu *v, bool for_interrupt, bool for_nmi);

/* Keeps the event whose delivery the last exit cut short (v->last.vectoring is valid). */
void inject_save_interrupted(struct vmx_vcpu *v);

#endif
