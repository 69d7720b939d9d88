/* Host interrupt vectors and their handlers. Vector assignment is static. */
#ifndef KERNEL_INTERRUPTS_H
#define KERNEL_INTERRUPTS_H

#include "lib/types.h"

enum host_vector {
	VECTOR_TIMER = 0xe0,    /* this CPU's local APIC timer */
	VECTOR_SERIAL = 0xe1,   /* the serial port of the log has received something */
	VECTOR_KICK = 0xf0,     /* another CPU wants this one to look up */
	VECTOR_CALL = 0xf1,     /* cpu_run_everywhere() */
	VECTOR_NUDGE = 0xf2,    /* another CPU wants this one to leave its guest for a moment */
	VECTOR_SPURIOUS = 0xff, /* the local APIC's spurious-interrupt vector */
};

/* Handles host interrupt `vector` on this CPU, EOI included, as if it had come through the IDT:
 * for a backend whose hardware acknowledged the interrupt while a guest ran. IRQs off. */
void interrupt_dispatch(unsigned vector);

#endif
