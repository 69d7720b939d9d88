/* The other vCPUs: they come up, and do what the first one tells them. */
#include "guest/bare/cpus.h"
#include "guest/bench/bench.h"

#define ARRIVAL_TICKS 2000000000u /* at most, until a vCPU must have come */
#define CR4_OSFXSR    0x200
#define CR0_EMULATION 0x4

volatile uint32_t turn;

static struct {
	volatile uint32_t duty;
	volatile uint32_t sleeps;
	volatile uint32_t apic_id;
	volatile bool here;
	uint8_t apart[64 - 3 * sizeof(uint32_t) - sizeof(bool)]; /* a cache line each */
} cpus[CPUS_MOST] __attribute__((aligned(64)));

void dirty_vectors(void)
{
	__asm__ volatile("pcmpeqd %%xmm0, %%xmm0; pcmpeqd %%xmm7, %%xmm7" : : : "memory");
}

/* Vector registers may be used. */
static void enable_vectors(void)
{
	uint32_t value;

	__asm__ volatile("mov %%cr0, %0; and %1, %0; mov %0, %%cr0"
			 : "=&r"(value)
			 : "i"(~CR0_EMULATION)
			 : "memory");
	__asm__ volatile("mov %%cr4, %0; or %1, %0; mov %0, %%cr4"
			 : "=&r"(value)
			 : "i"(CR4_OSFXSR)
			 : "memory");
}

static void answer(unsigned number, bool dirty)
{
	if (turn != number) {
		pause();
		return;
	}
	if (dirty)
		dirty_vectors();
	stamp_time = ticks();
	turn = 0;
}

void other_cpu(unsigned number)
{
	interrupts_start_other();
	enable_vectors();
	cpus[number].apic_id = lapic_read(LAPIC_ID) >> 24;
	cpus[number].here = true;
	for (;;) {
		switch (cpus[number].duty) {
		case DUTY_WAIT:
			__asm__ volatile("sti; hlt; cli" : : : "memory");
			break;
		case DUTY_SLEEP:
			cpus[number].sleeps = 1;
			__asm__ volatile("sti; hlt; cli" : : : "memory");
			cpus[number].sleeps = 0;
			break;
		case DUTY_SPIN:
			__asm__ volatile("sti");
			while (cpus[number].duty == DUTY_SPIN)
				;
			__asm__ volatile("cli");
			break;
		default:
			answer(number, cpus[number].duty == DUTY_ANSWER_DIRTY);
		}
	}
}

static void send(uint32_t apic_id, uint32_t command)
{
	lapic_write(LAPIC_ICR_HIGH, apic_id << 24);
	lapic_write(LAPIC_ICR, command);
}

void cpu_send(unsigned cpu, uint8_t vector)
{
	send(cpus[cpu].apic_id, ICR_ASSERT | vector);
}

void cpu_give_duty(unsigned cpu, enum duty duty)
{
	cpus[cpu].duty = duty;
	cpu_send(cpu, VECTOR_STAMP);
}

bool cpu_sleeps(unsigned cpu)
{
	return cpus[cpu].sleeps;
}

/* One after the other, so that the numbers are the local APICs' ids. */
static bool start_one(unsigned number)
{
	uint32_t began = ticks();

	send(number, ICR_ASSERT | ICR_INIT);
	send(number, ICR_ASSERT | ICR_START_UP | CPUS_START_UP);
	/* Interrupts are let in now and then: an engine may hold the host's back, too, from a guest that
	 * lets in none, and the vCPU that is waited for may have to get its turn on this CPU. */
	while (!cpus[number].here) {
		__asm__ volatile("sti; nop; cli" : : : "memory");
		if (ticks() - began > ARRIVAL_TICKS)
			return false;
	}
	return true;
}

bool cpus_start(unsigned count)
{
	enable_vectors();
	cpus_prepare();
	for (unsigned i = 1; i <= count; i++)
		if (!start_one(i))
			return false;
	return true;
}
