/* A vCPU's local APIC (SDM volume 3, "Advanced Programmable Interrupt Controller (APIC)"): an
 * integrated APIC in xAPIC or x2APIC mode with six LVT entries, 32-bit ids, TSC-deadline timer and
 * suppression of EOI broadcasts. (vlapic_, because lapic_ is the host's own, kernel/lapic.h.)
 *
 * The registers lie in a page that the board hands in, in the architectural layout, so that
 * hardware which virtualizes an APIC can work on the same page: ID, TPR, LDR, ISR, TMR, IRR and the
 * ICR are always true there; the current count, PPR and APR are computed when they are read. In
 * x2APIC mode the ICR is one 64-bit register at offset 300h.
 *
 * Who may call what. The *owner* is the CPU that runs the vCPU (or whoever holds it still): only
 * it may call the functions under "owner". Any CPU may call those under "any CPU": they leave
 * atomic bits, which the owner takes over whenever it looks. Chips and other vCPUs reach a local
 * APIC through device/apic_bus.h.
 *
 * Everything a guest does comes back through `struct vlapic_connections`, from inside the owner's
 * call. */
#ifndef DEVICE_VLAPIC_H
#define DEVICE_VLAPIC_H

#include "device/apic_message.h"
#include "device/chip.h"
#include "lib/types.h"
#include "x86/msr.h"

struct vlapic;

/* None may be null. They are called by the owner, from inside its calls, but never from
 * vlapic_pending(); `local` also by whoever drives a pin. */
struct vlapic_connections {
	/* The guest wrote the ICR: usually apic_bus_send(). A fixed self-IPI does not come here. */
	void (*send)(void *context, struct vlapic *from, const struct apic_message *message);
	/* The end of a level-triggered interrupt, told to all I/O APICs: ioapic_eoi(). */
	void (*eoi)(void *context, struct vlapic *lapic, uint8_t vector);
	/* vlapic_deadline() may have another answer than before. */
	void (*timer_changed)(void *context, struct vlapic *lapic);
	/* The guest has given it another id than vlapic_init() did: apic_bus_renumbered(). */
	void (*renumbered)(void *context, struct vlapic *lapic);
	/* An LVT entry programmed to NMI, SMI or INIT was triggered: for this vCPU alone. */
	void (*local)(void *context, struct vlapic *lapic, enum apic_delivery delivery);
	/* The interrupt-acknowledge cycle of the 8259 pair: its vector (spurious if there is none). */
	uint8_t (*extint_acknowledge)(void *context, struct vlapic *lapic);
};

enum vlapic_mode { VLAPIC_DISABLED, VLAPIC_XAPIC, VLAPIC_X2APIC };

/* That of an APIC whose IA32_APIC_BASE holds this. */
static inline enum vlapic_mode vlapic_mode_of(uint64_t base)
{
	if (!(base & APIC_BASE_ENABLE))
		return VLAPIC_DISABLED;
	return base & APIC_BASE_X2APIC ? VLAPIC_X2APIC : VLAPIC_XAPIC;
}

/* Local interrupt sources besides the timer, the pins and errors. */
enum vlapic_source { VLAPIC_THERMAL, VLAPIC_PERFORMANCE };

enum { VLAPIC_LINT0, VLAPIC_LINT1, VLAPIC_LINTS };

/* Ticks per second of the timer's input clock, before its divider: what CPUID leaf 15H calls the
 * crystal clock, and a usual one. Kernels take it to be slower than the TSC. */
#define VLAPIC_TIMER_HZ   25000000u
#define VLAPIC_TIMER_TICK (NANOSECONDS / VLAPIC_TIMER_HZ)

/* A periodic timer with a shorter period is in phase all the same, but is not reported by
 * vlapic_deadline() more often than this: or one guest could keep its CPU in timer interrupts. */
#define VLAPIC_SHORTEST_WAIT 10000u /* ns */

struct vlapic_timer {
	device_time expires;   /* the count reaches zero; valid while `counting` */
	bool counting;         /* one-shot and periodic */
	uint8_t mode;          /* as in the LVT entry: it may be overwritten by hardware */
	uint8_t shift;         /* of the divider */
	device_time fired;     /* the last interrupt */
	uint64_t tsc_deadline; /* 0: not armed */
	uint64_t missed;       /* periods whose interrupt found the one before still waiting */
};

/* Requests from other CPUs, until the owner takes them into IRR and TMR. All atomic. Bits 0 to 15
 * of `vectors` are illegal vectors that arrived: an error, not a request. */
struct vlapic_posted {
	uint64_t vectors[4];
	uint64_t level[4];    /* of these, the level-triggered ones */
	uint32_t pins;        /* LINT levels, rising edges and ExtINT messages; vlapic_post.c */
	uint32_t outstanding; /* which words of `vectors`, and whether `pins`, have news */
};

struct vlapic {
	uint32_t *page; /* PAGE_SIZE bytes; read by other CPUs with relaxed atomics */
	uint32_t id;    /* the x2APIC id; constant */
	bool bsp;       /* constant */
	uint64_t base;  /* IA32_APIC_BASE; atomic: read by other CPUs */
	struct vlapic_posted posted;
	/* Which registers of ISR, TMR and IRR hold a vector, a bit each; maybe more of them once the
	 * sets are shared. The owner writes, any CPU reads: atomic. */
	uint8_t occupied[3];
#define VLAPIC_OCCUPIED_IRR 2
	/* The owner's. */
	bool shared;     /* hardware changes these sets, too */
	uint32_t errors; /* since the last write of the ESR */
	uint32_t pins;   /* levels of the LINT inputs, a bit each */
	bool remote_irr; /* LINT0's: a level-triggered interrupt waits for its EOI */
	bool extint;     /* an ExtINT message waits for its acknowledge cycle */
	/* Not the vectors of this APIC alone decide: it is disabled, or an 8259 asks. What it follows from is
	 * followed up by vlapic_look_aside(). */
	bool aside;
	struct vlapic_timer timer;
	device_time now; /* of the last advance */
	const struct vlapic_connections *connections;
	void *context;
};

/* --- the owner --------------------------------------------------------------------------------- */

/* Power-up state, enabled in xAPIC mode at FEE00000h. `page` is page-aligned and stays the
 * caller's; `connections` must live as long as the APIC. */
void vlapic_init(struct vlapic *lapic, void *page, uint32_t id, bool bsp,
		 const struct vlapic_connections *connections, void *context);
void vlapic_reset(struct vlapic *lapic); /* power-up and RESET# */
/* INIT: as a reset, but the APIC id, IA32_APIC_BASE and with it the mode stay. */
void vlapic_init_reset(struct vlapic *lapic);
/* What PC firmware leaves behind for a system that is started without any: software-enabled, LINT0
 * ExtINT on the bootstrap processor and masked elsewhere, LINT1 NMI. (MultiProcessor
 * Specification, "Virtual Wire Mode".) */
void vlapic_set_virtual_wire(struct vlapic *lapic);

/* IA32_APIC_BASE. False, and nothing changed, when the transition or a bit is illegal: #GP. Which
 * address bits exist is the caller's affair. */
bool vlapic_set_base(struct vlapic *lapic, uint64_t value);

/* Time, before any other call that reads or writes a timer register and whenever vlapic_deadline()
 * has come. `tsc` is the guest's. */
void vlapic_advance(struct vlapic *lapic, device_time now, uint64_t tsc);
/* The same in TSC-deadline mode, where no other clock counts; false, and nothing done, in the others. */
bool vlapic_advance_tsc(struct vlapic *lapic, uint64_t tsc);
#define VLAPIC_REGISTER_STEP 0x10u
/* Registers in the page before this one know no time. */
#define VLAPIC_FIRST_TIMED   0x320u

/* Where in the page the register is that MSR `index`, 800H or above, accesses. */
static inline unsigned vlapic_msr_offset(uint32_t index)
{
	return (index - MSR_X2APIC_FIRST) * VLAPIC_REGISTER_STEP;
}
/* When the timer interrupts next: a device_time, or with `*is_tsc` a value of the guest's TSC.
 * DEVICE_NEVER when it does not. */
uint64_t vlapic_deadline(const struct vlapic *lapic, bool *is_tsc);

/* Memory-mapped registers: `offset` into the page, `width` 1, 2, 4 or 8. Call in xAPIC mode only:
 * in the other modes the page is ordinary memory. */
uint64_t vlapic_read(struct vlapic *lapic, unsigned offset, unsigned width);
void vlapic_write(struct vlapic *lapic, unsigned offset, unsigned width, uint64_t value);

/* RDMSR and WRMSR of 800H to 8FFH in any mode, and of IA32_TSC_DEADLINE. False: #GP. */
bool vlapic_msr_read(struct vlapic *lapic, uint32_t index, uint64_t *value);
bool vlapic_msr_write(struct vlapic *lapic, uint32_t index, uint64_t value);
static inline uint64_t vlapic_tsc_deadline(const struct vlapic *lapic)
{
	return lapic->timer.tsc_deadline;
}
/* Is one armed, and has it come? */
static inline bool vlapic_tsc_deadline_passed(const struct vlapic *lapic, uint64_t tsc)
{
	return lapic->timer.tsc_deadline && lapic->timer.tsc_deadline <= tsc;
}
void vlapic_set_tsc_deadline(struct vlapic *lapic, uint64_t deadline);

/* CR8: bits 7:4 of the task priority. */
unsigned vlapic_priority(const struct vlapic *lapic);
void vlapic_set_priority(struct vlapic *lapic, unsigned priority);

/* Is there an interrupt that the processor would take if RFLAGS.IF allows? An 8259's counts, where
 * LINT0 (or a disabled APIC) lets it through. */
bool vlapic_pending(struct vlapic *lapic);
/* Takes that interrupt: its vector, now in service unless it is the 8259's; -1: there is none. */
int vlapic_acknowledge(struct vlapic *lapic);

/* What there is for the processor at this moment. */
struct vlapic_offer {
	int16_t vector;    /* acknowledged, as vlapic_acknowledge() does; -1: none */
	bool waits;        /* vlapic_pending(), afterwards */
	uint8_t threshold; /* vlapic_priority_threshold(), afterwards */
};
/* These three at once, for who asks often: looks, and acknowledges when the processor is `open` to
 * interrupts. */
struct vlapic_offer vlapic_offer(struct vlapic *lapic, bool open);
/* The same after a deadline of the TSC that has passed is taken, as vlapic_advance_tsc() does. */
struct vlapic_offer vlapic_offer_tsc_deadline(struct vlapic *lapic, bool open);
/* Is anything in IRR, or may be? If not, no end of an interrupt, message or change of the task priority
 * lets one through that did not get through before. */
static inline bool vlapic_may_have_requests(const struct vlapic *lapic)
{
	return lapic->occupied[VLAPIC_OCCUPIED_IRR];
}

/* The part of vlapic_pending() that is no vector of this APIC's: an 8259's interrupt. */
bool vlapic_extint_pending(const struct vlapic *lapic);

/* The highest requested and in-service vectors, -1 for none; a request may be held back by
 * priority. Hardware that delivers by itself is given both, and changes the page only. */
int vlapic_highest_request(struct vlapic *lapic); /* takes posted requests over first */
int vlapic_highest_in_service(const struct vlapic *lapic);

/* A local source raises its interrupt, as its LVT entry says. */
void vlapic_raise(struct vlapic *lapic, enum vlapic_source source);

/* --- the owner, with hardware that works on the page (vlapic_hardware.c) ------------------------- */

/* Does the page hold what a read of `offset` returns in the present mode, once posted requests were
 * taken over? False for PPR, APR and the current count, and where there is nothing to read. */
bool vlapic_page_holds(const struct vlapic *lapic, unsigned offset);
/* The class (1 to 15) of the highest request, when nothing but the task priority holds it back: a
 * guest that lowers CR8 below this has to be interrupted. 0: there is no such request. */
unsigned vlapic_priority_threshold(struct vlapic *lapic);
/* A bit for each vector whose end somebody wants to know of: requested or in service as a level. */
void vlapic_level_vectors(struct vlapic *lapic, uint64_t vectors[4]);
/* From now on hardware moves vectors between the sets of requested and in-service ones in the page, at
 * any time that the guest runs. */
void vlapic_share_sets(struct vlapic *lapic);
/* After hardware wrote `offset` in the page by itself: does what the write means. */
void vlapic_written(struct vlapic *lapic, unsigned offset);
/* What an EOI does, once hardware has cleared `vector` in the ISR itself. */
void vlapic_after_eoi(struct vlapic *lapic, uint8_t vector);

/* --- any CPU ----------------------------------------------------------------------------------- */

static inline enum vlapic_mode vlapic_mode(const struct vlapic *lapic)
{
	return vlapic_mode_of(__atomic_load_n(&lapic->base, __ATOMIC_RELAXED));
}
/* Is `address` one of its page, and the page where registers are: in xAPIC mode? */
static inline bool vlapic_is_at(const struct vlapic *lapic, uint64_t address)
{
	uint64_t base = __atomic_load_n(&lapic->base, __ATOMIC_RELAXED);

	return (base & (APIC_BASE_ADDRESS | APIC_BASE_ENABLE | APIC_BASE_X2APIC)) ==
	       ((address & ~PAGE_MASK) | APIC_BASE_ENABLE);
}
/* ` apic=x2apic requested=0xfd,0x31 in-service=none posted=none priority=0x0`: for the log, as it is at
 * this moment. */
void vlapic_describe(const struct vlapic *lapic, char *text, size_t size);

/* Requests a fixed interrupt. True when the owner has to be told (woken, or brought out of the
 * guest): no earlier request waits unseen. */
bool vlapic_post(struct vlapic *lapic, uint8_t vector, bool level_triggered);
bool vlapic_post_extint(struct vlapic *lapic);
/* Drives a pin; `number` is VLAPIC_LINT0 or VLAPIC_LINT1. Same return. What is no vector (an NMI)
 * is told through `local` at once, on this CPU. */
bool vlapic_set_lint(struct vlapic *lapic, unsigned number, bool level);
/* Would a change of that pin make an NMI or INIT? */
bool vlapic_lint_is_unmaskable(const struct vlapic *lapic, unsigned number);
/* Something waits that the owner has not seen. */
static inline bool vlapic_outstanding(const struct vlapic *lapic)
{
	return __atomic_load_n(&lapic->posted.outstanding, __ATOMIC_ACQUIRE);
}

/* Would it take a fixed message: mode not disabled, and software-enabled? */
bool vlapic_accepts_fixed(const struct vlapic *lapic);
/* Is it meant by the destination of `message`? Shorthands are not looked at. */
bool vlapic_matches(const struct vlapic *lapic, const struct apic_message *message);
/* For the arbitration of lowest-priority messages: 0 is the readiest, 15 the busiest. */
unsigned vlapic_arbitration_class(const struct vlapic *lapic);

#endif
