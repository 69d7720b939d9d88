/* The machine's I/O APICs, of which Plinth uses one pin: that of its serial port. */
#ifndef KERNEL_IO_APIC_H
#define KERNEL_IO_APIC_H

#include "lib/error.h"
#include "lib/types.h"

/* Has ISA interrupt `irq` (0 to 15) arrive as `vector` on the CPU that calls. Unsupported when no I/O APIC
 * is known that has its pin, it is level-triggered, or the CPU has an APIC id that cannot be named; NoMemory when it cannot be
 * mapped. Once, on the bootstrap processor, the local APIC enabled. */
enum error io_apic_route_isa(unsigned irq, uint8_t vector, struct reason *why) must_check;

#endif
