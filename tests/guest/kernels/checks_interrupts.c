/* What is taken, and the local APIC in either of its modes. */
#include "tests/guest/kernels/checks.h"

#include "tests/guest/kernels/vectors.h"

volatile uint32_t counts[VECTORS];
volatile uint32_t second_counts[VECTORS];
volatile unsigned level_raises;
volatile bool second_is_up;
volatile bool stay;

void wait(void)
{
	__asm__ volatile("sti; hlt; cli" : : : "memory");
}

void breathe(void)
{
	__asm__ volatile("sti; nop; nop; cli" : : : "memory");
}

/* --- the local APIC -------------------------------------------------------------------------- */

#define X2APIC_MSR(r) (0x800 + ((r) >> 4))

bool x2apic;

uint32_t lapic_read(unsigned reg)
{
	return x2apic ? (uint32_t)read_msr(X2APIC_MSR(reg)) : *xapic(reg);
}

void lapic_write(unsigned reg, uint32_t value)
{
	if (x2apic)
		write_msr(X2APIC_MSR(reg), value);
	else
		*xapic(reg) = value;
}

void send_ipi(uint32_t destination, uint32_t command)
{
	if (x2apic) {
		write_msr(X2APIC_MSR(LAPIC_ICR), (uint64_t)destination << 32 | command);
		return;
	}
	lapic_write(LAPIC_ICR_HIGH, destination << 24);
	lapic_write(LAPIC_ICR, command);
	while (lapic_read(LAPIC_ICR) & ICR_BUSY)
		;
}

void lapic_start(void)
{
	if (x2apic)
		write_msr(APIC_BASE_MSR, read_msr(APIC_BASE_MSR) | APIC_BASE_ENABLE | APIC_BASE_X2);
	lapic_write(LAPIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
	lapic_write(LAPIC_TPR, 0);
}

static uint32_t lapic_id(void)
{
	return x2apic ? lapic_read(LAPIC_ID) : lapic_read(LAPIC_ID) >> 24;
}

/* --- the handler ------------------------------------------------------------------------------ */

void trap(struct frame *frame)
{
	uint32_t vector = frame->vector;

	if (second_is_up && lapic_id()) {
		second_counts[vector]++;
		if (vector >= EXCEPTIONS)
			lapic_write(LAPIC_EOI, 0);
		return;
	}
	counts[vector]++;
	if (vector < EXCEPTIONS && vector != NMI) {
		check(false, "an exception", vector);
		out8(DEBUG_EXIT, 1);
	} else if (vector >= VECTOR_PIC && vector < VECTOR_PIC + 16) {
		if (vector >= VECTOR_PIC + 8)
			out8(PIC_2, PIC_EOI);
		out8(PIC_1, PIC_EOI);
	} else if (vector != NMI && vector != VECTOR_SPURIOUS) {
		if (vector == VECTOR_LEVEL && !level_raises--)
			set_line(PIN_LEVELLED, false);
		lapic_write(LAPIC_EOI, 0);
		if (vector == VECTOR_IPI && stay)
			stay_in_handler();
	}
}
