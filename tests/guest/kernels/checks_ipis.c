/* Interrupts among CPUs, and such as have to wait. */
#include "tests/guest/kernels/checks.h"

#include "guest/bare/cpus.h"

/* --- among CPUs ------------------------------------------------------------------------------ */

static bool soon(volatile uint32_t *count, uint32_t wanted)
{
	uint64_t end = read_tsc() + 100000000;

	while (*count < wanted && read_tsc() < end)
		__asm__ volatile("pause");
	return *count == wanted;
}

static volatile bool second_waits, go; /* for `go`, to send VECTOR_ANSWER */

static void answer_when_told(void)
{
	second_waits = true;
	while (!go)
		__asm__ volatile("pause");
	/* The other CPU is to be in its loop by then. */
	for (unsigned i = 0; i < 10000; i++)
		__asm__ volatile("pause");
	send_ipi(0, ICR_ASSERT | VECTOR_ANSWER);
}

void other_cpu(unsigned number)
{
	tables_load();
	lapic_start();
	if (!x2apic)
		lapic_write(LAPIC_LDR, 2u << 24);
	second_is_up = true;
	for (;;) {
		wait();
		/* An answer from here, and not out of the handler. */
		if (second_counts[VECTOR_ANSWER]) {
			second_counts[VECTOR_ANSWER] = 0;
			send_ipi(0, ICR_ASSERT | VECTOR_ANSWER);
		}
		if (second_counts[VECTOR_LOW]) {
			second_counts[VECTOR_LOW] = 0;
			answer_when_told();
		}
	}
}

static void start_second(void)
{
	cpus_prepare();
	send_ipi(1, ICR_INIT | ICR_ASSERT);
	send_ipi(1, ICR_START_UP | ICR_ASSERT | CPUS_START_UP);
	for (uint64_t end = read_tsc() + 100000000; !second_is_up && read_tsc() < end;)
		__asm__ volatile("pause");
}

void check_ipis(void)
{
	send_ipi(0, ICR_ASSERT | ICR_SELF | VECTOR_IPI);
	check((lapic_read(LAPIC_IRR + 0x30) >> 16 & 1) == 1, "IPI: to itself, pending", 0);
	breathe();
	check(counts[VECTOR_IPI] == 1, "IPI: to itself, taken", counts[VECTOR_IPI]);
	lapic_write(LAPIC_TPR, 0x80);
	send_ipi(0, ICR_ASSERT | ICR_SELF | VECTOR_IPI);
	breathe();
	check(counts[VECTOR_IPI] == 1, "IPI: held back by TPR", counts[VECTOR_IPI]);
	lapic_write(LAPIC_TPR, 0);
	breathe();
	check(counts[VECTOR_IPI] == 2, "IPI: let in by TPR", counts[VECTOR_IPI]);

	start_second();
	if (!check(second_is_up, "INIT and start-up", 0))
		return;
	send_ipi(1, ICR_ASSERT | VECTOR_IPI);
	check(soon(&second_counts[VECTOR_IPI], 1), "IPI: fixed", second_counts[VECTOR_IPI]);
	send_ipi(0, ICR_ASSERT | ICR_ALL_BUT_SELF | VECTOR_IPI);
	check(soon(&second_counts[VECTOR_IPI], 2), "IPI: all but self", second_counts[VECTOR_IPI]);
	send_ipi(0, ICR_ASSERT | ICR_ALL | VECTOR_IPI);
	check(soon(&second_counts[VECTOR_IPI], 3), "IPI: all, there", second_counts[VECTOR_IPI]);
	breathe();
	check(counts[VECTOR_IPI] == 3, "IPI: all, here", counts[VECTOR_IPI]);
	send_ipi(2, ICR_ASSERT | ICR_LOGICAL | VECTOR_IPI);
	check(soon(&second_counts[VECTOR_IPI], 4), "IPI: logical", second_counts[VECTOR_IPI]);
	send_ipi(1, ICR_ASSERT | ICR_NMI);
	check(soon(&second_counts[NMI], 1), "IPI: NMI to a halted CPU", second_counts[NMI]);
	send_ipi(1, ICR_ASSERT | VECTOR_ANSWER);
	wait();
	check(counts[VECTOR_ANSWER] == 1, "IPI: an answer ends HLT", counts[VECTOR_ANSWER]);
}

/* --- interrupts that have to wait -------------------------------------------------------------- */

#define STAY 2000000 /* ticks: several time slices */

static volatile uint32_t intruders;

static uint32_t waiting_ones(void)
{
	return counts[VECTOR_LOW] + counts[VECTOR_ANSWER];
}

/* Behind the EOI, interrupts off: nothing may come in, though a lower vector waits, and a higher one
 * joins it, for which a hypervisor is interrupted itself. */
void stay_in_handler(void)
{
	uint32_t before = waiting_ones();

	stay = false;
	go = true;
	for (uint64_t end = read_tsc() + STAY; read_tsc() < end;)
		__asm__ volatile("pause");
	intruders = waiting_ones() - before;
}

void check_masked(void)
{
	uint32_t before = waiting_ones();

	send_ipi(1, ICR_ASSERT | VECTOR_LOW);
	while (!second_waits)
		__asm__ volatile("pause");
	stay = true;
	send_ipi(0, ICR_ASSERT | ICR_SELF | VECTOR_LOW);
	send_ipi(0, ICR_ASSERT | ICR_SELF | VECTOR_IPI);
	breathe();
	check(!intruders, "masked: none comes while interrupts are off", intruders);
	breathe();
	check(waiting_ones() - before == 2, "masked: both come afterwards",
	      waiting_ones() - before);
}
