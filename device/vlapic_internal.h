/* What the files of the local APIC (device/vlapic.h) share: the names of its registers and what
 * each file does for the others. All of it is the owner's, but for reading registers. SDM volume 3,
 * "Local APIC Register Address Map". */
#ifndef DEVICE_VLAPIC_INTERNAL_H
#define DEVICE_VLAPIC_INTERNAL_H

#include "device/vlapic.h"
#include "lib/bits.h"
#include "lib/types.h"

/* Offsets into the page. The MSR of x2APIC mode is 800H + offset / 10H. */
enum vlapic_register {
	VLAPIC_ID = 0x020,
	VLAPIC_VERSION = 0x030,
	VLAPIC_TPR = 0x080,
	VLAPIC_APR = 0x090,
	VLAPIC_PPR = 0x0a0,
	VLAPIC_EOI = 0x0b0,
	VLAPIC_REMOTE_READ = 0x0c0,
	VLAPIC_LDR = 0x0d0,
	VLAPIC_DFR = 0x0e0,
	VLAPIC_SVR = 0x0f0,
	VLAPIC_ISR =
		0x100, /* eight registers of 32 vectors each, as TMR and IRR (vlapic_vectors.h) */
	VLAPIC_TMR = 0x180,
	VLAPIC_IRR = 0x200,
	VLAPIC_ESR = 0x280,
	VLAPIC_ICR = 0x300,
	VLAPIC_ICR_WIDE_HIGH = 0x304, /* bits 63:32 in x2APIC mode */
	VLAPIC_ICR_HIGH = 0x310,      /* xAPIC mode only */
	VLAPIC_LVT_TIMER = 0x320,
	VLAPIC_LVT_THERMAL = 0x330,
	VLAPIC_LVT_PERFORMANCE = 0x340,
	VLAPIC_LVT_LINT0 = 0x350,
	VLAPIC_LVT_LINT1 = 0x360,
	VLAPIC_LVT_ERROR = 0x370,
	VLAPIC_INITIAL_COUNT = 0x380,
	VLAPIC_CURRENT_COUNT = 0x390,
	VLAPIC_DIVIDE = 0x3e0,
	VLAPIC_SELF_IPI = 0x3f0, /* x2APIC mode only */
};

_Static_assert(VLAPIC_LVT_TIMER == VLAPIC_FIRST_TIMED, "the first of the timer's registers");

#define VLAPIC_REGISTERS    64u /* of the page: 000h to 3F0h */
#define VLAPIC_VECTORS      256u
#define VLAPIC_PER_REGISTER 32u /* vectors in one register of ISR, TMR and IRR */

#define VLAPIC_VECTOR BITS(7, 0) /* in LVT entries, SVR, ICR and SELF IPI */
#define VLAPIC_CLASS  BITS(7, 4) /* of a vector or a priority: what is compared */

#define XAPIC_ID_FIELD BITS(31, 24) /* of ID, LDR and the high half of the ICR */
#define XAPIC_ID_SHIFT 24

#define SVR_ENABLE           BIT(8)
#define SVR_FOCUS_DISABLED   BIT(9)
#define SVR_NO_EOI_BROADCAST BIT(12)
#define DFR_MODEL            BITS(31, 28)
#define DFR_FLAT             0xfu
#define DFR_CLUSTER          0x0u

#define LVT_DELIVERY   BITS(10, 8)
#define LVT_STATUS     BIT(12) /* read-only: idle */
#define LVT_ACTIVE_LOW BIT(13)
#define LVT_REMOTE_IRR BIT(14) /* read-only */
#define LVT_LEVEL      BIT(15)
#define LVT_MASKED     BIT(16)
#define LVT_TIMER_MODE BITS(18, 17)

enum { TIMER_ONE_SHOT, TIMER_PERIODIC, TIMER_TSC_DEADLINE };

/* "Error Status Register (ESR)". Messages cannot be garbled, and lowest priority is always to be
 * had: the other bits stay clear. */
#define ESR_SEND_ILLEGAL_VECTOR    BIT(5)
#define ESR_RECEIVE_ILLEGAL_VECTOR BIT(6)
#define ESR_ILLEGAL_REGISTER       BIT(7)

static inline uint32_t vlapic_get(const struct vlapic *lapic, unsigned offset)
{
	return __atomic_load_n(&lapic->page[offset / sizeof(uint32_t)], __ATOMIC_RELAXED);
}

static inline void vlapic_put(struct vlapic *lapic, unsigned offset, uint64_t value)
{
	__atomic_store_n(&lapic->page[offset / sizeof(uint32_t)], (uint32_t)value,
			 __ATOMIC_RELAXED);
}

/* vlapic_post.c: takes over what other CPUs have asked for. */
void vlapic_take_outstanding(struct vlapic *lapic);
static inline void vlapic_take_posted(struct vlapic *lapic)
{
	if (vlapic_outstanding(lapic))
		vlapic_take_outstanding(lapic);
}
void vlapic_forget_posted(struct vlapic *lapic);
/* A fixed interrupt for IRR and TMR; an illegal vector is an error. */
void vlapic_request(struct vlapic *lapic, uint8_t vector, bool level_triggered);

/* vlapic_lvt.c */
#define VLAPIC_LVT_ENTRIES 6u
void vlapic_lvt_reset(struct vlapic *lapic);
void vlapic_lvt_mask_all(struct vlapic *lapic);
/* `offset` is an entry's; what a guest may not write has been taken out of `value`. */
void vlapic_lvt_write(struct vlapic *lapic, unsigned offset, uint32_t value);
/* The source of an entry speaks up. False when the entry is masked. */
bool vlapic_lvt_raise(struct vlapic *lapic, unsigned offset);

/* vlapic_lint.c. The first on any CPU; `high` and `rose` and `fell` have a bit for each pin. */
void vlapic_lint_signal(struct vlapic *lapic, unsigned n, bool rose);
void vlapic_lint_changed(struct vlapic *lapic, uint32_t high, uint32_t rose, uint32_t fell);
void vlapic_lint_look(struct vlapic *lapic); /* after its LVT entry was written */
void vlapic_lint_eoi(struct vlapic *lapic, uint8_t vector);
/* Does an 8259 ask through a pin with this entry? */
static inline bool vlapic_lint_extint(uint32_t entry, bool high)
{
	uint32_t active = high ? (uint32_t)LVT_ACTIVE_LOW : 0;

	/* The one or the other, and not both: asserted. */
	return ((entry ^ active) & (LVT_MASKED | LVT_DELIVERY | LVT_ACTIVE_LOW)) ==
	       (field_put(LVT_DELIVERY, APIC_EXTINT) | LVT_ACTIVE_LOW);
}

/* vlapic_timer.c */
void vlapic_timer_reset(struct vlapic *lapic);
void vlapic_timer_set_mode(struct vlapic *lapic, unsigned mode);
void vlapic_timer_set_count(struct vlapic *lapic, uint32_t count);
void vlapic_timer_set_divide(struct vlapic *lapic, uint32_t value);
uint32_t vlapic_timer_count(const struct vlapic *lapic);
/* The armed deadline of the TSC has come. */
void vlapic_timer_take_deadline(struct vlapic *lapic);

/* vlapic_priority.c */
uint8_t vlapic_ppr(const struct vlapic *lapic);
uint8_t vlapic_apr(const struct vlapic *lapic);
/* After a change of the mode, of a pin, of its entry or of lapic->extint. */
void vlapic_look_aside(struct vlapic *lapic);
void vlapic_eoi(struct vlapic *lapic);

/* vlapic_error.c */
void vlapic_error(struct vlapic *lapic, uint32_t errors);
void vlapic_error_latch(struct vlapic *lapic); /* a write of the ESR */

/* vlapic_icr.c: the low half is written, and the destination is in the page already. */
void vlapic_icr_write(struct vlapic *lapic, uint32_t value);
void vlapic_self_ipi(struct vlapic *lapic, uint8_t vector);

/* vlapic_destination.c */
static inline bool vlapic_takes_fixed(const struct vlapic *lapic)
{
	return vlapic_mode(lapic) != VLAPIC_DISABLED &&
	       (vlapic_get(lapic, VLAPIC_SVR) & SVR_ENABLE);
}

/* vlapic_registers.c: does what a write of `value`, as the guest gave it, means. */
void vlapic_store(struct vlapic *lapic, unsigned offset, uint32_t value);

/* vlapic_access.c: how a register may be accessed. */
enum { IN_XAPIC = 1, IN_X2APIC = 2, IN_BOTH = IN_XAPIC | IN_X2APIC };

struct vlapic_access {
	uint8_t read, write; /* the modes in which it may be */
	uint32_t writable;   /* bits that a write changes */
	uint32_t ignored;    /* bits that a write may carry: read-only status */
};

extern const struct vlapic_access vlapic_accesses[VLAPIC_REGISTERS];
/* Of the register at `offset`, a multiple of VLAPIC_REGISTER_STEP below 400h. */
static inline const struct vlapic_access *vlapic_access(unsigned offset)
{
	return &vlapic_accesses[offset / VLAPIC_REGISTER_STEP];
}
/* Its value now, computed where it is not in the page. */
uint32_t vlapic_value(struct vlapic *lapic, unsigned offset);

#endif
