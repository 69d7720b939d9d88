/* Checks the machine's interrupts, timers and device memory from inside, as a hypervisor's test suite
 * does, and leaves by the debug-exit port: 0 when all passed. With the word "x2apic" on its command
 * line the local APIC is driven by MSRs, with "masked" interrupts that have to wait are among the
 * checks. Wants two CPUs, testdev=on. */
#include "tests/guest/kernels/checks.h"

#include "tests/guest/kernels/vectors.h"

void start(uint32_t magic, uint32_t info)
{
	x2apic = has_word(info, "x2apic");
	set_gates();
	tables_load();
	check_pit();
	lapic_start();
	check_ioapic();
	check_timer();
	check_ipis();
	if (has_word(info, "masked"))
		check_masked();
	hold_screen();
	check_instructions();
	check_strings();
	check_screen();
	check_registers();
	check_hpet();
	finish();
}
