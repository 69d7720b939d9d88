/* The local APIC's registers: SDM volume 3, "Advanced Programmable Interrupt Controller (APIC)". */
#ifndef GUEST_BARE_LAPIC_H
#define GUEST_BARE_LAPIC_H

#include <stdint.h>

#define XAPIC_BASE 0xfee00000u

enum {
	LAPIC_ID = 0x20,
	LAPIC_VERSION = 0x30,
	LAPIC_TPR = 0x80,
	LAPIC_EOI = 0xb0,
	LAPIC_LDR = 0xd0,
	LAPIC_DFR = 0xe0,
	LAPIC_SVR = 0xf0,
	LAPIC_ISR = 0x100,
	LAPIC_IRR = 0x200,
	LAPIC_ESR = 0x280,
	LAPIC_ICR = 0x300,
	LAPIC_ICR_HIGH = 0x310,
	LAPIC_TIMER = 0x320,
	LAPIC_LINT0 = 0x350,
	LAPIC_INITIAL = 0x380,
	LAPIC_CURRENT = 0x390,
	LAPIC_DIVIDE = 0x3e0,
};

#define SVR_ENABLE       0x100u
#define VECTOR_SPURIOUS  0xff
#define ICR_NMI          0x400u
#define ICR_INIT         0x500u
#define ICR_START_UP     0x600u
#define ICR_LOGICAL      0x800u
#define ICR_BUSY         0x1000u
#define ICR_ASSERT       0x4000u
#define ICR_SELF         0x40000u
#define ICR_ALL          0x80000u
#define ICR_ALL_BUT_SELF 0xc0000u
#define LVT_MASKED       0x10000u
#define LVT_PERIODIC     0x20000u
#define LVT_TSC          0x40000u
#define DIVIDE_BY_1      0xb

#define APIC_BASE_MSR    0x1b
#define APIC_BASE_X2     0x400ull
#define APIC_BASE_ENABLE 0x800ull
#define TSC_DEADLINE_MSR 0x6e0

/* In xAPIC mode. */
static inline volatile uint32_t *xapic(unsigned reg)
{
	return (volatile uint32_t *)(uintptr_t)(XAPIC_BASE + reg);
}

#endif
