/* This CPU's local APIC, in xAPIC or x2APIC mode (SDM volume 3, "Advanced Programmable Interrupt
 * Controller (APIC)"). One mode for all CPUs, chosen on the bootstrap processor. Interrupts off or
 * not shared with handlers unless said otherwise. */
#ifndef KERNEL_LAPIC_H
#define KERNEL_LAPIC_H

#include "kernel/command_line.h"
#include "lib/error.h"
#include "lib/bits.h"
#include "lib/types.h"
#include "x86/instructions.h"
#include "x86/msr.h"

/* Chooses the mode: `wanted` where the machine can do it. x2APIC mode that firmware turned on
 * stays; an APIC ID above 254 needs x2APIC mode. */
enum error lapic_init(enum apic_mode wanted, uint32_t highest_apic_id,
		      struct reason *why) must_check;

/* Where this CPU says that its registers are (IA32_APIC_BASE). */
hpa_t lapic_base(void);

/* Enables the APIC of the CPU that calls: spurious vector, LVTs masked, all priorities open. */
void lapic_enable(void);

/* The lint pin (0 or 1) that delivers NMI on this CPU, as the MADT says. */
void lapic_set_nmi_pin(unsigned pin);

enum lapic_delivery { DELIVER_FIXED = 0, DELIVER_NMI = 4, DELIVER_INIT = 5, DELIVER_STARTUP = 6 };

/* How the registers are reached: constant after lapic_init(). */
struct lapic_way {
	bool x2apic;
	bool tsc_deadline; /* the timer takes deadlines of the TSC, and has no rate */
	volatile uint32_t
		*registers; /* device memory: volatile is what it is for; null in x2APIC mode */
};
extern struct lapic_way lapic_way;

/* SDM volume 3, "Local APIC Register Address Map" and "x2APIC Register Address Space". */
#define LAPIC_EOI_WORD (0xb0 / sizeof(uint32_t))
#define MSR_LAPIC_EOI  0x80bu
#define MSR_LAPIC_ICR  0x830u
#define LAPIC_ASSERT   BIT(14)

/* Handlers only. */
static inline void lapic_eoi(void)
{
	if (likely(lapic_way.x2apic))
		write_msr(MSR_LAPIC_EOI, 0);
	else
		lapic_way.registers[LAPIC_EOI_WORD] = 0;
}

/* Sends interrupt `vector` to one CPU, in x2APIC mode. WRMSR to the ICR does not wait for earlier stores
 * as a device write does: SDM volume 3, "MSR Access in x2APIC Mode". */
static inline void lapic_send_x2apic(uint32_t apic_id, uint32_t command)
{
	__asm__ volatile("mfence; lfence" : : : "memory");
	write_msr_halves(MSR_LAPIC_ICR, command, apic_id);
}

/* Sends an IPI to one CPU; any context. False when the previous one is still not sent after a tenth
 * of a second (xAPIC delivery status). */
bool lapic_send(uint32_t apic_id, enum lapic_delivery delivery, uint8_t vector);

/* Measure the timer's rate against the TSC, from the first call until the second, which waits for what is
 * missing of 1 ms; once, on the bootstrap processor. When the second is called, time_calibrate() has been.
 * Nothing to do where the timer takes deadlines. */
void lapic_timer_calibrate_begin(void);
void lapic_timer_calibrate(void);

/* lapic_timer_start() by a timer that counts at a rate of its own: it interrupts at the latest after what it
 * can count, and maybe a little early, as far as its rate is measured too fast. */
void lapic_timer_count(uint64_t deadline);

/* One interrupt VECTOR_TIMER on this CPU when time_ticks() reaches `deadline`, which is not 0; at once
 * when it has. Replaces the one before. For kernel/timer_front.h. */
static inline void lapic_timer_start(uint64_t deadline)
{
	if (likely(lapic_way.tsc_deadline))
		write_msr(MSR_TSC_DEADLINE, deadline);
	else
		lapic_timer_count(deadline);
}

#endif
