/* Negative mode (selftest=negative): each rule of vmx/check/ is broken on purpose, alone, in an otherwise
 * good VMCS. The CPU must refuse as the rule says, and the rules must name exactly this one. */
#ifndef VMX_TRIAL_NEGATIVE_H
#define VMX_TRIAL_NEGATIVE_H

/* How many results negative_selftest() reports: in negative mode one for each good guest state, which the
 * CPU must enter, and one a rule. Else 0. */
unsigned negative_selftest_count(void);

/* Reports each through kernel/output/tap.h, as entry-check/ID, and their numbers in a line of the log.
 * What this CPU accepts, and what cannot be broken on it, is skipped with just that reason.
 * Bootstrap processor, VMX on, no vCPU bound; afterwards all is as before. */
void negative_selftest(void);

/* Instead, where VMX is not on. */
void negative_selftest_skip(const char *reason);

#endif
