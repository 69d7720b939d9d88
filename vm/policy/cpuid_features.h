/* Which CPUID feature bits a guest may see, and why the others are hidden: a list of bits shown,
 * and a list of bits hidden with the reason, for each register. A bit on neither list is hidden
 * because nobody has looked at it. Bits that need the backend's help are marked with the enum
 * cpuid_backend flag that shows them; ALWAYS needs none. */
#ifndef VM_POLICY_CPUID_FEATURES_H
#define VM_POLICY_CPUID_FEATURES_H

#include "x86/cpuid.h"

/* Bits that x86/cpuid.h has no name for, since only guests care. */
#define CPUID_7_EBX_FDP_EXCPTN_ONLY BIT(6)  /* how x87 keeps the last operand's address */
#define CPUID_7_EBX_ZERO_FCS_FDS    BIT(13) /* x87 CS and DS values are gone */
#define CPUID_7_1_EAX_AVX_VNNI      BIT(4)
#define CPUID_7_1_EAX_AVX512_BF16   BIT(5)
#define CPUID_7_1_EAX_FZRM          BIT(10) /* fast zero-length MOVSB */
#define CPUID_7_1_EAX_FSRS          BIT(11) /* fast short STOSB */
#define CPUID_7_1_EAX_FSRC          BIT(12) /* fast short CMPSB, SCASB */

/* X(mask, who has to help) */
#define SHOWN_1_ECX(X)                            \
	X(CPUID_1_ECX_SSE3, ALWAYS)               \
	X(CPUID_1_ECX_PCLMULQDQ, ALWAYS)          \
	X(CPUID_1_ECX_SSSE3, ALWAYS)              \
	X(CPUID_1_ECX_FMA, XSAVE)                 \
	X(CPUID_1_ECX_CMPXCHG16B, ALWAYS)         \
	X(CPUID_1_ECX_PCID, ALWAYS)               \
	X(CPUID_1_ECX_SSE4_1, ALWAYS)             \
	X(CPUID_1_ECX_SSE4_2, ALWAYS)             \
	X(CPUID_1_ECX_X2APIC, X2APIC)             \
	X(CPUID_1_ECX_MOVBE, ALWAYS)              \
	X(CPUID_1_ECX_POPCNT, ALWAYS)             \
	X(CPUID_1_ECX_TSC_DEADLINE, TSC_DEADLINE) \
	X(CPUID_1_ECX_AESNI, ALWAYS)              \
	X(CPUID_1_ECX_XSAVE, XSAVE)               \
	X(CPUID_1_ECX_AVX, XSAVE)                 \
	X(CPUID_1_ECX_F16C, XSAVE)                \
	X(CPUID_1_ECX_RDRAND, ALWAYS)

/* X(mask, why) */
#define HIDDEN_1_ECX(X)                                                             \
	X(CPUID_1_ECX_DTES64, "no debug store: its buffers are linear host memory") \
	X(CPUID_1_ECX_MONITOR, "MONITOR would halt a CPU that others share")        \
	X(CPUID_1_ECX_DS_CPL, "no debug store")                                     \
	X(CPUID_1_ECX_VMX, "virtualization extensions are Plinth's alone")          \
	X(CPUID_1_ECX_SMX, "measured launch would replace Plinth")                  \
	X(CPUID_1_ECX_EIST, "clock speeds are the machine's")                       \
	X(CPUID_1_ECX_TM2, "thermal control is the machine's")                      \
	X(CPUID_1_ECX_CNXT_ID, "a cache mode in a register that guests lack")       \
	X(CPUID_1_ECX_SDBG, "silicon debugging is the machine's")                   \
	X(CPUID_1_ECX_XTPR, "task-priority messages are the machine's")             \
	X(CPUID_1_ECX_PDCM, "no performance-monitoring registers")                  \
	X(CPUID_1_ECX_DCA, "guests have no device that prefetches into caches")

#define SHOWN_1_EDX(X)               \
	X(CPUID_1_EDX_FPU, ALWAYS)   \
	X(CPUID_1_EDX_VME, ALWAYS)   \
	X(CPUID_1_EDX_DE, ALWAYS)    \
	X(CPUID_1_EDX_PSE, ALWAYS)   \
	X(CPUID_1_EDX_TSC, ALWAYS)   \
	X(CPUID_1_EDX_MSR, ALWAYS)   \
	X(CPUID_1_EDX_PAE, ALWAYS)   \
	X(CPUID_1_EDX_MCE, ALWAYS)   \
	X(CPUID_1_EDX_CX8, ALWAYS)   \
	X(CPUID_1_EDX_APIC, ALWAYS)  \
	X(CPUID_1_EDX_SEP, ALWAYS)   \
	X(CPUID_1_EDX_MTRR, ALWAYS)  \
	X(CPUID_1_EDX_PGE, ALWAYS)   \
	X(CPUID_1_EDX_MCA, ALWAYS)   \
	X(CPUID_1_EDX_CMOV, ALWAYS)  \
	X(CPUID_1_EDX_PAT, ALWAYS)   \
	X(CPUID_1_EDX_PSE36, ALWAYS) \
	X(CPUID_1_EDX_CLFSH, ALWAYS) \
	X(CPUID_1_EDX_MMX, ALWAYS)   \
	X(CPUID_1_EDX_FXSR, ALWAYS)  \
	X(CPUID_1_EDX_SSE, ALWAYS)   \
	X(CPUID_1_EDX_SSE2, ALWAYS)  \
	X(CPUID_1_EDX_SS, ALWAYS)

#define HIDDEN_1_EDX(X)                                                 \
	X(CPUID_1_EDX_PSN, "a serial number would tell machines apart") \
	X(CPUID_1_EDX_DS, "no debug store")                             \
	X(CPUID_1_EDX_ACPI, "thermal control is the machine's")         \
	X(CPUID_1_EDX_HTT, "follows the count of vCPUs")                \
	X(CPUID_1_EDX_TM, "thermal control is the machine's")           \
	X(CPUID_1_EDX_PBE, "no pending-break wake-up")

#define SHOWN_7_EBX(X)                         \
	X(CPUID_7_EBX_FSGSBASE, ALWAYS)        \
	X(CPUID_7_EBX_TSC_ADJUST, ALWAYS)      \
	X(CPUID_7_EBX_BMI1, ALWAYS)            \
	X(CPUID_7_EBX_AVX2, XSAVE)             \
	X(CPUID_7_EBX_FDP_EXCPTN_ONLY, ALWAYS) \
	X(CPUID_7_EBX_SMEP, ALWAYS)            \
	X(CPUID_7_EBX_BMI2, ALWAYS)            \
	X(CPUID_7_EBX_ERMS, ALWAYS)            \
	X(CPUID_7_EBX_INVPCID, INVPCID)        \
	X(CPUID_7_EBX_ZERO_FCS_FDS, ALWAYS)    \
	X(CPUID_7_EBX_AVX512F, XSAVE)          \
	X(CPUID_7_EBX_AVX512DQ, XSAVE)         \
	X(CPUID_7_EBX_RDSEED, ALWAYS)          \
	X(CPUID_7_EBX_ADX, ALWAYS)             \
	X(CPUID_7_EBX_SMAP, ALWAYS)            \
	X(CPUID_7_EBX_AVX512IFMA, XSAVE)       \
	X(CPUID_7_EBX_CLFLUSHOPT, ALWAYS)      \
	X(CPUID_7_EBX_CLWB, ALWAYS)            \
	X(CPUID_7_EBX_AVX512CD, XSAVE)         \
	X(CPUID_7_EBX_SHA, ALWAYS)             \
	X(CPUID_7_EBX_AVX512BW, XSAVE)         \
	X(CPUID_7_EBX_AVX512VL, XSAVE)

#define HIDDEN_7_EBX(X)                                                                   \
	X(CPUID_7_EBX_SGX, "enclave memory is not virtualized")                           \
	X(CPUID_7_EBX_HLE, "transactions abort at every exit; microcode may forbid them") \
	X(CPUID_7_EBX_RTM, "transactions abort at every exit; microcode may forbid them") \
	X(CPUID_7_EBX_PQM, "cache monitoring is the machine's")                           \
	X(CPUID_7_EBX_MPX, "its state is not switched")                                   \
	X(CPUID_7_EBX_PQE, "cache allocation is the machine's")                           \
	X(CPUID_7_EBX_PT, "traces would go to host-physical memory")

#define SHOWN_7_ECX(X)                         \
	X(CPUID_7_ECX_AVX512_VBMI, XSAVE)      \
	X(CPUID_7_ECX_UMIP, ALWAYS)            \
	X(CPUID_7_ECX_AVX512_VBMI2, XSAVE)     \
	X(CPUID_7_ECX_GFNI, ALWAYS)            \
	X(CPUID_7_ECX_VAES, XSAVE)             \
	X(CPUID_7_ECX_VPCLMULQDQ, XSAVE)       \
	X(CPUID_7_ECX_AVX512_VNNI, XSAVE)      \
	X(CPUID_7_ECX_AVX512_BITALG, XSAVE)    \
	X(CPUID_7_ECX_AVX512_VPOPCNTDQ, XSAVE) \
	X(CPUID_7_ECX_RDPID, RDTSCP)           \
	X(CPUID_7_ECX_CLDEMOTE, ALWAYS)        \
	X(CPUID_7_ECX_MOVDIRI, ALWAYS)         \
	X(CPUID_7_ECX_MOVDIR64B, ALWAYS)

#define HIDDEN_7_ECX(X)                                                                   \
	X(CPUID_7_ECX_PKU, "software walks of guest tables apply no protection keys")     \
	X(CPUID_7_ECX_OSPKE, "follows PKU")                                               \
	X(CPUID_7_ECX_WAITPKG, "its limit register is not virtualized")                   \
	X(CPUID_7_ECX_CET_SS, "shadow-stack state is not switched")                       \
	X(CPUID_7_ECX_TME, "memory encryption is the machine's")                          \
	X(CPUID_7_ECX_LA57, "nested tables have four levels, and so has the host")        \
	X(CPUID_7_ECX_KL, "wrapped keys are not switched")                                \
	X(CPUID_7_ECX_BUS_LOCK_DETECT, "needs a debug-control register that guests lack") \
	X(CPUID_7_ECX_ENQCMD, "its address-space id is not virtualized")                  \
	X(CPUID_7_ECX_SGX_LC, "enclave memory is not virtualized")                        \
	X(CPUID_7_ECX_PKS, "software walks of guest tables apply no protection keys")

#define SHOWN_7_EDX(X)                   \
	X(CPUID_7_EDX_FSRM, ALWAYS)      \
	X(CPUID_7_EDX_MD_CLEAR, ALWAYS)  \
	X(CPUID_7_EDX_SERIALIZE, ALWAYS) \
	X(CPUID_7_EDX_AVX512_FP16, XSAVE)

#define HIDDEN_7_EDX(X)                                                              \
	X(CPUID_7_EDX_UINTR, "user interrupts are not virtualized")                  \
	X(CPUID_7_EDX_HYBRID, "a vCPU may move between kinds of CPU")                \
	X(CPUID_7_EDX_PCONFIG, "memory encryption is the machine's")                 \
	X(CPUID_7_EDX_CET_IBT, "branch-tracking state is not switched")              \
	X(CPUID_7_EDX_AMX_BF16, "tile state is not switched")                        \
	X(CPUID_7_EDX_AMX_TILE, "tile state is not switched")                        \
	X(CPUID_7_EDX_AMX_INT8, "tile state is not switched")                        \
	X(CPUID_7_EDX_IBRS_IBPB, "the speculation-control register is not switched") \
	X(CPUID_7_EDX_STIBP, "the speculation-control register is not switched")     \
	X(CPUID_7_EDX_L1D_FLUSH, "the flush command is not passed through")          \
	X(CPUID_7_EDX_ARCH_CAPABILITIES, "the register is not shown")                \
	X(CPUID_7_EDX_CORE_CAPABILITIES, "the register is not shown")                \
	X(CPUID_7_EDX_SSBD, "the speculation-control register is not switched")

#define SHOWN_7_1_EAX(X)                    \
	X(CPUID_7_1_EAX_AVX_VNNI, XSAVE)    \
	X(CPUID_7_1_EAX_AVX512_BF16, XSAVE) \
	X(CPUID_7_1_EAX_FZRM, ALWAYS)       \
	X(CPUID_7_1_EAX_FSRS, ALWAYS)       \
	X(CPUID_7_1_EAX_FSRC, ALWAYS)

#define SHOWN_D1_EAX(X)                 \
	X(CPUID_D1_EAX_XSAVEOPT, XSAVE) \
	X(CPUID_D1_EAX_XSAVEC, XSAVEC)  \
	X(CPUID_D1_EAX_XGETBV1, XSAVE)  \
	X(CPUID_D1_EAX_XSAVES, XSAVES)

#define HIDDEN_D1_EAX(X) X(CPUID_D1_EAX_XFD, "its fault register is not switched")

#define SHOWN_80000001_ECX(X)                \
	X(CPUID_80000001_ECX_LAHF64, ALWAYS) \
	X(CPUID_80000001_ECX_LZCNT, ALWAYS)  \
	X(CPUID_80000001_ECX_PREFETCHW, ALWAYS)

#define HIDDEN_80000001_ECX(X) \
	X(CPUID_80000001_ECX_SVM, "virtualization extensions are Plinth's alone")

#define SHOWN_80000001_EDX(X)                 \
	X(CPUID_80000001_EDX_SYSCALL, ALWAYS) \
	X(CPUID_80000001_EDX_NX, ALWAYS)      \
	X(CPUID_80000001_EDX_1G, ALWAYS)      \
	X(CPUID_80000001_EDX_RDTSCP, RDTSCP)  \
	X(CPUID_80000001_EDX_LM, ALWAYS)

#define SHOWN_80000007_EDX(X) X(CPUID_80000007_EDX_INVARIANT_TSC, ALWAYS)

/* X(list): registers that are masked by the lists above */
#define CPUID_MASKED_LIST(X) \
	X(1_ECX)             \
	X(1_EDX)             \
	X(7_EBX)             \
	X(7_ECX)             \
	X(7_EDX)             \
	X(7_1_EAX)           \
	X(D1_EAX)            \
	X(80000001_ECX)      \
	X(80000001_EDX)      \
	X(80000007_EDX)

#endif
