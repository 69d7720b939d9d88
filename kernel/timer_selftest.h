/* Boot-time tests of the host timers, on all CPUs at once; a TAP line each. */
#ifndef KERNEL_TIMER_SELFTEST_H
#define KERNEL_TIMER_SELFTEST_H

unsigned timer_selftest_count(void);

/* On the bootstrap processor, interrupts on, before guests run. */
void timer_selftest(void);

#endif
