/* Where interrupts lead to, and local APICs in xAPIC mode. */
#include "guest/bare/legacy.h"
#include "guest/bare/tables.h"
#include "guest/bench/bench.h"

void stamp_entry(void);
void other_entry(void);
void unexpected(void);

void unexpected(void)
{
	say("bench failed: an interrupt or exception that nobody expected\n");
	out8(DEBUG_EXIT, 1);
	for (;;)
		__asm__ volatile("cli; hlt");
}

static void set_gate(unsigned vector, void (*entry)(void))
{
	tables_set_gate(vector, (uint32_t)entry);
}

void interrupts_start_other(void)
{
	tables_load();
	lapic_write(LAPIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
	lapic_write(LAPIC_TPR, 0);
}

void interrupts_start(void)
{
	for (unsigned i = 0; i < VECTORS; i++)
		set_gate(i, other_entry);
	set_gate(VECTOR_STAMP, stamp_entry);
	mask_pics();
	interrupts_start_other();
}
