/* What the Intel backend checks of itself at boot. */
#ifndef VMX_CPU_SELFTEST_H
#define VMX_CPU_SELFTEST_H

/* How many results vmx_selftest() reports, on any machine. */
unsigned vmx_selftest_count(void);

/* Reports one result a test through kernel/output/tap.h. Those of decisions run everywhere; those that
 * turn VMX on and off are skipped, with the reason, where it cannot be turned on. Bootstrap
 * processor, all CPUs online and through vmx_percpu_init(), nothing running on the others, no vCPU
 * bound anywhere. Afterwards VMX is on or off on each CPU as before. */
void vmx_selftest(void);

#endif
