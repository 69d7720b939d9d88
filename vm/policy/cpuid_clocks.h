/* What CPUID tells of a guest's clocks, so that a kernel need not measure them: the TSC, which is the
 * host's, and the local APIC timer, whose clock is the core crystal of a virtual CPU. Pure. */
#ifndef VM_POLICY_CPUID_CLOCKS_H
#define VM_POLICY_CPUID_CLOCKS_H

#include "lib/types.h"
#include "vm/policy/cpuid_policy.h"

/* The crystal, and so the local APIC timer before its divider, in Hz. */
#define CPUID_CRYSTAL_HZ 25000000u

/* CPUID 15H and 16H. SDM volume 2, "CPUID—CPU Identification", "Time Stamp Counter and Nominal Core
 * Crystal Clock Information" and "Processor Frequency Information". */
struct cpuid_result cpuid_tsc_frequency(const struct cpuid_guest *guest);
struct cpuid_result cpuid_cpu_frequency(const struct cpuid_guest *guest);

/* 40000010H, as several hypervisors have it: both rates in kHz. */
struct cpuid_result cpuid_timing(const struct cpuid_guest *guest);

#define CPUID_PVCLOCK_LEAF 0x40000100u /* a multiple of 100H, where kernels look for it */
#define CPUID_PVCLOCK_LAST 0x400001ffu

/* The leaves of KVM: signature, and that there is its clock. */
struct cpuid_result cpuid_pvclock(uint32_t leaf);

#endif
