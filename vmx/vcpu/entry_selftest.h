/* What the Intel backend says when the CPU refuses to enter a guest, tried at boot with VMCSs that
 * are broken on purpose. */
#ifndef VMX_VCPU_ENTRY_SELFTEST_H
#define VMX_VCPU_ENTRY_SELFTEST_H

/* How many results vmx_entry_selftest() reports. */
unsigned vmx_entry_selftest_count(void);

/* Reports one result a test through kernel/output/tap.h. Bootstrap processor, VMX on, no guest running. */
void vmx_entry_selftest(void);

/* Instead, where no guest can run. */
void vmx_entry_selftest_skip(const char *reason);

#endif
