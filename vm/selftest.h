/* Boot-time tests of the machine of VMs, a TAP line each. */
#ifndef VM_SELFTEST_H
#define VM_SELFTEST_H

/* How many results vm_selftest() reports, and their report when no backend is there. */
unsigned vm_selftest_count(void);
void vm_selftest_skip(const char *reason);

/* Bootstrap processor, virtualization enabled on it, no VM yet. */
void vm_selftest(void);

#endif
