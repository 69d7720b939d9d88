/* How a run ends: the port is drained, then an emulator is left with the verdict as its status, or
 * the machine powers off, restarts or halts. */
#ifndef KERNEL_MACHINE_END_H
#define KERNEL_MACHINE_END_H

#include "kernel/output/tap.h"
#include "lib/types.h"

/* What the ACPI tables say about sleeping and reset; 0 in a port means unknown. */
struct machine_power {
	uint16_t pm1a_control, pm1b_control;
	uint8_t s5_type_a, s5_type_b;
	bool has_s5;
	uint16_t reset_port; /* a reset register in I/O space */
	uint8_t reset_value;
};

/* Before the first end; without it, only an emulator's ports, the keyboard controller and HLT. */
void machine_set_power(const struct machine_power *power);

/* Ends the run in the way that end= on the command line says. Any CPU, any context; the other
 * CPUs have nothing left to do or are stopped. */
void machine_end(enum verdict verdict) noreturn_fn;

#endif
