/* Every VM-instruction error that a CPU can be brought to, provoked one by one. */
#ifndef VMX_TRIAL_INSTRUCTION_ERRORS_H
#define VMX_TRIAL_INSTRUCTION_ERRORS_H

/* How many results instruction_errors_selftest() reports: one an error that the SDM lists, and one for
 * failing without a current VMCS. */
unsigned instruction_errors_selftest_count(void);

/* Reports one result a test through kernel/output/tap.h, named by number and text of the error; what
 * cannot be provoked on this CPU is skipped with the reason. Bootstrap processor, VMX on, no vCPU
 * bound; afterwards all is as before. */
void instruction_errors_selftest(void);

/* Instead, where VMX is not on. */
void instruction_errors_selftest_skip(const char *reason);

#endif
