/* Interrupts that chips raise: the 8254 through the 8259, wires of the I/O APIC, and the local APIC's timer. */
#include "tests/guest/kernels/checks.h"

/* --- 8259 and 8254 --------------------------------------------------------------------------- */

void check_pit(void)
{
	start_pics();
	start_pit(PIT_PERIODIC, PIT_MILLISECOND);
	out8(PIC_1_MASK, PIC_ALL & ~1);
	uint64_t before = read_tsc();
	while (counts[VECTOR_PIC] < 3)
		wait();
	check(read_tsc() - before > 50000, "8254: periodic, through the 8259", read_tsc() - before);
	out8(PIC_1_MASK, PIC_ALL);

	start_pit(PIT_ONE_SHOT, PIT_MILLISECOND);
	counts[VECTOR_PIC] = 0;
	out8(PIC_1, PIC_READ_IRR);
	breathe();
	/* A request that came while it was masked is still there. */
	out8(PIC_1_MASK, PIC_ALL & ~1);
	wait();
	counts[VECTOR_PIC] = 0;
	start_pit(PIT_ONE_SHOT, PIT_MILLISECOND);
	wait();
	check(counts[VECTOR_PIC] == 1, "8254: one shot", counts[VECTOR_PIC]);
	for (unsigned i = 0; i < 1000; i++)
		breathe();
	check(counts[VECTOR_PIC] == 1, "8254: and no other", counts[VECTOR_PIC]);
	out8(PIC_1_MASK, PIC_ALL);
}

/* --- I/O APIC -------------------------------------------------------------------------------- */

void check_ioapic(void)
{
	check((ioapic_read(1) >> 16 & 0xff) == 23, "I/O APIC: 24 pins", ioapic_read(1));
	ioapic_write(IOAPIC_PIN(PIN_TIMER) + 1, 0);
	ioapic_write(IOAPIC_PIN(PIN_TIMER), VECTOR_IOAPIC);
	start_pit(PIT_PERIODIC, PIT_MILLISECOND);
	while (counts[VECTOR_IOAPIC] < 3)
		wait();
	check(true, "I/O APIC: an edge a period", 0);
	ioapic_write(IOAPIC_PIN(PIN_TIMER), VECTOR_IOAPIC | PIN_MASKED);
	breathe();
	uint32_t before = counts[VECTOR_IOAPIC];
	for (unsigned i = 0; i < 2000; i++)
		breathe();
	check(counts[VECTOR_IOAPIC] == before, "I/O APIC: a masked pin is quiet",
	      counts[VECTOR_IOAPIC] - before);
	start_pit(PIT_ONE_SHOT, PIT_MILLISECOND);

	/* Nothing but the OUT itself tells that there is something to be taken. */
	ioapic_write(IOAPIC_PIN(PIN_LEVELLED) + 1, 0);
	ioapic_write(IOAPIC_PIN(PIN_LEVELLED), VECTOR_EDGE);
	set_line(PIN_LEVELLED, true);
	breathe();
	check(counts[VECTOR_EDGE] == 1, "I/O APIC: an edge by OUT is there at the next instruction",
	      counts[VECTOR_EDGE]);
	set_line(PIN_LEVELLED, false);

	level_raises = 1;
	ioapic_write(IOAPIC_PIN(PIN_LEVELLED) + 1, 0);
	ioapic_write(IOAPIC_PIN(PIN_LEVELLED), VECTOR_LEVEL | PIN_LEVEL);
	set_line(PIN_LEVELLED, true);
	check(ioapic_read(IOAPIC_PIN(PIN_LEVELLED)) & PIN_REMOTE,
	      "I/O APIC: a level sets remote IRR", ioapic_read(IOAPIC_PIN(PIN_LEVELLED)));
	breathe();
	breathe();
	check(counts[VECTOR_LEVEL] == 2, "I/O APIC: a level that stays comes again after EOI",
	      counts[VECTOR_LEVEL]);
	check(!(ioapic_read(IOAPIC_PIN(PIN_LEVELLED)) & PIN_REMOTE),
	      "I/O APIC: EOI clears remote IRR", ioapic_read(IOAPIC_PIN(PIN_LEVELLED)));
	ioapic_write(IOAPIC_PIN(PIN_LEVELLED), PIN_MASKED);
}

/* --- local APIC timer ------------------------------------------------------------------------ */

#define TIMER_COUNT 50000 /* 2 ms: long enough for a slow machine to be interrupted and to go on */
#define LONG_COUNT  1000000000 /* not over whoever else has the CPU for a while */

void check_timer(void)
{
	lapic_write(LAPIC_DIVIDE, DIVIDE_BY_1);
	lapic_write(LAPIC_TIMER, VECTOR_TIMER);
	lapic_write(LAPIC_INITIAL, LONG_COUNT);
	uint32_t count = lapic_read(LAPIC_CURRENT);
	check(count - 1 < LONG_COUNT && lapic_read(LAPIC_CURRENT) < count, "timer: counts", count);
	lapic_write(LAPIC_INITIAL, TIMER_COUNT);
	wait();
	check(counts[VECTOR_TIMER] == 1, "timer: one shot", counts[VECTOR_TIMER]);
	check(!lapic_read(LAPIC_CURRENT), "timer: then it stands at 0", lapic_read(LAPIC_CURRENT));

	lapic_write(LAPIC_TIMER, VECTOR_TIMER | LVT_PERIODIC);
	lapic_write(LAPIC_INITIAL, TIMER_COUNT);
	while (counts[VECTOR_TIMER] < 4)
		wait();
	check(lapic_read(LAPIC_CURRENT) != 0, "timer: periodic", counts[VECTOR_TIMER]);
	lapic_write(LAPIC_TIMER, VECTOR_TIMER | LVT_MASKED);
	lapic_write(LAPIC_INITIAL, 0);
	breathe();

	counts[VECTOR_TIMER] = 0;
	lapic_write(LAPIC_TIMER, VECTOR_TIMER | LVT_TSC);
	uint64_t deadline = read_tsc() + 50000;
	write_msr(TSC_DEADLINE_MSR, deadline);
	check(read_msr(TSC_DEADLINE_MSR) == deadline, "timer: the deadline reads back",
	      read_msr(TSC_DEADLINE_MSR));
	wait();
	check(counts[VECTOR_TIMER] == 1 && read_tsc() >= deadline, "timer: TSC deadline, not early",
	      read_tsc() - deadline);
	check(!read_msr(TSC_DEADLINE_MSR), "timer: it reads 0 then", read_msr(TSC_DEADLINE_MSR));
	write_msr(TSC_DEADLINE_MSR, 1);
	breathe();
	check(counts[VECTOR_TIMER] == 2, "timer: one that has passed fires at once",
	      counts[VECTOR_TIMER]);
	lapic_write(LAPIC_TIMER, LVT_MASKED);
}
