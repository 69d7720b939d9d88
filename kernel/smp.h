/* Starting the other CPUs and giving all of them work. */
#ifndef KERNEL_SMP_H
#define KERNEL_SMP_H

#include "lib/error.h"
#include "lib/types.h"

/* A CPU as the ACPI tables list it. */
struct smp_candidate {
	uint32_t apic_id;
	uint32_t acpi_uid;
	bool enabled;
	uint8_t nmi_pins; /* bit n: LINTn delivers NMI */
};

/* Makes rows for the candidates (the bootstrap processor's own among them), at most `limit` CPUs
 * in all if not 0; a disabled one gets none. Bootstrap processor only, once. */
void smp_add_cpus(const struct smp_candidate *candidates, unsigned count, unsigned limit);

/* INIT to all CPUs of the table at once; what boot does afterwards fills the 10 ms that they need. The
 * clock need not be calibrated yet. */
void smp_reset(void);

/* Start-up, start-up to all at once (SDM volume 3, "MP Initialization Protocol"). A CPU that does not
 * answer within its deadline is named in the log and left out. */
void smp_start(void);

#endif
