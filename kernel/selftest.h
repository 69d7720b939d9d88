/* What Plinth checks of itself at boot, on any machine. */
#ifndef KERNEL_SELFTEST_H
#define KERNEL_SELFTEST_H

/* How often a test that repeats itself does so: `full` times with selftest=full, else, as every boot waits
 * for it, a part of them, at least twice. */
unsigned selftest_rounds(unsigned full);

/* How many results kernel_selftest() reports. */
unsigned kernel_selftest_count(void);

/* Bootstrap processor, all CPUs online, nothing running on the others. */
void kernel_selftest(void);

#endif
