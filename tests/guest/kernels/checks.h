/* The parts of the kernel that checks interrupts, timers and device memory, and what they share: how
 * often each vector came, and the local APIC in the mode that the command line names. */
#ifndef TESTS_GUEST_KERNELS_CHECKS_H
#define TESTS_GUEST_KERNELS_CHECKS_H

#include "guest/bare/lapic.h"
#include "guest/bare/legacy.h"
#include "guest/bare/tables.h"
#include "tests/guest/kernels/results.h"
#include "tests/guest/kernels/testdev.h"

#define EXCEPTIONS    32
#define NMI           2
#define VECTOR_IOAPIC 0x50
#define VECTOR_EDGE   0x54
#define VECTOR_LEVEL  0x58
#define VECTOR_LOW    0x5c
#define VECTOR_TIMER  0x60
#define VECTOR_IPI    0x70
#define VECTOR_ANSWER 0x78

#define PIN_TIMER    2
#define PIN_LEVELLED 10

/* --- checks_interrupts.c: what is taken ------------------------------------------------------- */

extern volatile uint32_t counts[VECTORS];        /* by the first CPU */
extern volatile uint32_t second_counts[VECTORS]; /* by the second */
extern volatile unsigned level_raises; /* how often the handler leaves the level line up */
extern volatile bool second_is_up;
extern volatile bool stay; /* the next VECTOR_IPI stays in its handler for a while */
extern bool x2apic;

/* Lets interrupts in for one HLT. */
void wait(void);
/* Lets what is pending in. */
void breathe(void);

uint32_t lapic_read(unsigned reg);
void lapic_write(unsigned reg, uint32_t value);
void lapic_start(void);
void send_ipi(uint32_t destination, uint32_t command);

/* --- the checks ------------------------------------------------------------------------------- */

/* checks_chips.c */
void check_pit(void);
void check_ioapic(void);
void check_timer(void);
/* checks_ipis.c */
void check_ipis(void);
void check_masked(void);
void stay_in_handler(void); /* for the handler */
/* checks_memory.c */
void hold_screen(void);
void check_screen(void);
void check_instructions(void);
void check_strings(void);
void check_registers(void);
void check_hpet(void);

#endif
