/* What Plinth checks of itself at boot, on any machine. */
#ifndef KERNEL_SELFTEST_H
#define KERNEL_SELFTEST_H

/* How many results kernel_selftest() reports. */
unsigned kernel_selftest_count(void);

/* Bootstrap processor, all CPUs online, nothing running on the others. */
void kernel_selftest(void);

#endif
