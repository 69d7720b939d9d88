/* Events that wait to be delivered to a vCPU, and the choice of the next one. Pure: the owner
 * serialises access; the backend asks before every entry. Priorities follow SDM volume 3,
 * "Priority Among Concurrent Events". Nothing is dropped silently. */
#ifndef VM_VCPU_VCPU_EVENT_H
#define VM_VCPU_VCPU_EVENT_H

#include "lib/error.h"
#include "lib/types.h"

/* The software kinds are INT n, INT1, and INT3 with INTO. */
#define VCPU_EVENT_LIST(X)                                                      \
	X(EVENT_NONE, "none")                                                   \
	X(EVENT_EXTERNAL_INTERRUPT, "external-interrupt")                       \
	X(EVENT_NMI, "nmi")                                                     \
	X(EVENT_EXCEPTION, "exception")                                         \
	X(EVENT_SOFTWARE_INTERRUPT, "software-interrupt")                       \
	X(EVENT_PRIVILEGED_SOFTWARE_EXCEPTION, "privileged-software-exception") \
	X(EVENT_SOFTWARE_EXCEPTION, "software-exception")

enum vcpu_event_kind {
#define X(symbol, name) symbol,
	VCPU_EVENT_LIST(X)
#undef X
		VCPU_EVENT_KINDS
};

extern const char *const vcpu_event_names[];
static inline const char *vcpu_event_name(enum vcpu_event_kind kind)
{
	return (unsigned)kind < VCPU_EVENT_KINDS ? vcpu_event_names[kind] : "unknown";
}

struct vcpu_event {
	enum vcpu_event_kind kind;
	uint8_t vector;
	bool has_error_code;
	uint32_t error_code;
	uint8_t instruction_length; /* software kinds only: 1..15, or 0 where the CPU allows it */
	uint64_t fault_address;     /* #PF only: the value for CR2 */
	uint64_t debug_hits;        /* #DB only: what DR6 tells of it; 0 where it tells already */
};

/* What the guest's state allows at this moment. An interrupted NMI goes on whatever nmi_blocking
 * says (its first delivery set the blocking): the backend lifts it for the injection. */
struct event_openings {
	bool interrupts_enabled; /* RFLAGS.IF */
	bool sti_blocking;       /* interruptibility: blocking by STI */
	bool mov_ss_blocking;    /* interruptibility: blocking by MOV SS or POP SS */
	bool nmi_blocking;       /* an NMI handler runs: until IRET */
	bool debug_trap;  /* one waits in the CPU, of the last instruction: it goes before all but
			    exceptions, and an entry that injects another event would lose it */
	uint8_t priority; /* CR8, 0..15: interrupts of this class (vector / 16) and below wait */
	/* Its interrupt controllers have one to deliver: they looked at the priority themselves, and
	 * `priority` is 0, since what is queued here was acknowledged already. */
	bool controller_pending;
};

struct vcpu_events {
	/* At most one of these two waits at a time, but for a #DF that gave way to a benign one. */
	struct vcpu_event interrupted; /* cut short by an exit: delivered again first */
	struct vcpu_event exception; /* or INT n: raised by emulation, belongs to the next entry */
	uint8_t nmis; /* waiting NMIs: 2 at most, 1 while an NMI's handler runs, as in a CPU */
	uint64_t
		interrupts[4]; /* requested external vectors, a bit each; atomic: any CPU may set */
	/* An injected fault was a triple fault. The backend's: until INIT no run enters the guest. */
	bool shut_down;
	uint32_t nmi_requests; /* atomic: NMIs asked for by other CPUs, folded into `nmis` */
	/* Something of the above may have come since the flag was last cleared: whoever queues sets it
	 * last, who chooses clears it first. Atomic: any CPU may set it. */
	bool fresh;
};

/* What to do at the next entry. */
struct event_choice {
	struct vcpu_event event;    /* EVENT_NONE: nothing to inject */
	bool acknowledge;           /* nothing, but what the controllers now say */
	bool want_interrupt_window; /* an interrupt still waits that the priority lets through */
	bool want_nmi_window;       /* an NMI still waits */
};

/* Queues an event. InvalidInput for a malformed one (vector against kind, error code where the
 * vector has none; one that is not given is 0); ResourceBusy when an exception waits already that
 * this one cannot combine with. Two exceptions combine as SDM volume 3, "Interrupt 8—Double Fault
 * Exception (#DF)" says; a fault on top of a waiting #DF is reported through `triple_fault`. An exception that arises
 * while another event is delivered goes first: that event waits again, or comes again by itself
 * when its instruction is restarted. External interrupts and NMIs may be queued by any CPU. */
enum error vcpu_events_queue(struct vcpu_events *events, const struct vcpu_event *event,
			     bool *triple_fault, struct reason *why) must_check;

/* Does anything wait, whether or not it can be delivered? */
bool vcpu_events_wait(const struct vcpu_events *events);

/* Remembers the event whose delivery an exit cut short (IDT-vectoring information). */
void vcpu_events_interrupted(struct vcpu_events *events, const struct vcpu_event *event);

/* Chooses and takes out what the next entry injects. */
struct event_choice vcpu_events_choose(struct vcpu_events *events,
				       const struct event_openings *openings);

/* True when something waits that would end a HLT (an NMI, or an interrupt if IF and the priority
 * in CR8 allow). */
bool vcpu_events_wake(const struct vcpu_events *events, bool interrupts_enabled, uint8_t priority);

#endif
