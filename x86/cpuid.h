/* CPUID leaves and the feature bits that Plinth looks at or shows to guests, as masks of the
 * register that the name's comment block says. SDM volume 2, "CPUID—CPU Identification". */
#ifndef X86_CPUID_H
#define X86_CPUID_H

#include "lib/bits.h"

enum cpuid_leaf {
	CPUID_VENDOR = 0x0,
	CPUID_FEATURES = 0x1,
	CPUID_CACHE_DESCRIPTORS = 0x2,
	CPUID_CACHE_PARAMETERS = 0x4,
	CPUID_MONITOR_MWAIT = 0x5,
	CPUID_THERMAL_POWER = 0x6,
	CPUID_EXTENDED_FEATURES = 0x7,
	CPUID_DIRECT_CACHE_ACCESS = 0x9,
	CPUID_PERF_MONITORING = 0xa,
	CPUID_TOPOLOGY = 0xb,
	CPUID_XSAVE = 0xd,
	CPUID_RDT_MONITORING = 0xf,
	CPUID_RDT_ALLOCATION = 0x10,
	CPUID_SGX = 0x12,
	CPUID_PROCESSOR_TRACE = 0x14,
	CPUID_TSC_FREQUENCY = 0x15,
	CPUID_CPU_FREQUENCY = 0x16,
	CPUID_TOPOLOGY_V2 = 0x1f,
	CPUID_HYPERVISOR = 0x40000000,
	CPUID_EXTENDED_MAX = 0x80000000,
	CPUID_EXTENDED_SIGNATURE = 0x80000001,
	CPUID_BRAND_FIRST = 0x80000002,
	CPUID_BRAND_LAST = 0x80000004,
	CPUID_CACHE_EXTENDED = 0x80000006,
	CPUID_INVARIANT_TSC = 0x80000007,
	CPUID_ADDRESS_SIZES = 0x80000008,
};

/* Leaf 1, EAX */
#define CPUID_1_EAX_STEPPING        BITS(3, 0)
#define CPUID_1_EAX_MODEL           BITS(7, 4)
#define CPUID_1_EAX_FAMILY          BITS(11, 8)
#define CPUID_1_EAX_EXTENDED_MODEL  BITS(19, 16)
#define CPUID_1_EAX_EXTENDED_FAMILY BITS(27, 20)

/* Leaf 1, EBX */
#define CPUID_1_EBX_LOGICAL_COUNT   BITS(23, 16)
#define CPUID_1_EBX_INITIAL_APIC_ID BITS(31, 24)

/* Leaf 1, ECX */
#define CPUID_1_ECX_SSE3         BIT(0)
#define CPUID_1_ECX_PCLMULQDQ    BIT(1)
#define CPUID_1_ECX_DTES64       BIT(2)
#define CPUID_1_ECX_MONITOR      BIT(3)
#define CPUID_1_ECX_DS_CPL       BIT(4)
#define CPUID_1_ECX_VMX          BIT(5)
#define CPUID_1_ECX_SMX          BIT(6)
#define CPUID_1_ECX_EIST         BIT(7)
#define CPUID_1_ECX_TM2          BIT(8)
#define CPUID_1_ECX_SSSE3        BIT(9)
#define CPUID_1_ECX_CNXT_ID      BIT(10)
#define CPUID_1_ECX_SDBG         BIT(11)
#define CPUID_1_ECX_FMA          BIT(12)
#define CPUID_1_ECX_CMPXCHG16B   BIT(13)
#define CPUID_1_ECX_XTPR         BIT(14)
#define CPUID_1_ECX_PDCM         BIT(15)
#define CPUID_1_ECX_PCID         BIT(17)
#define CPUID_1_ECX_DCA          BIT(18)
#define CPUID_1_ECX_SSE4_1       BIT(19)
#define CPUID_1_ECX_SSE4_2       BIT(20)
#define CPUID_1_ECX_X2APIC       BIT(21)
#define CPUID_1_ECX_MOVBE        BIT(22)
#define CPUID_1_ECX_POPCNT       BIT(23)
#define CPUID_1_ECX_TSC_DEADLINE BIT(24)
#define CPUID_1_ECX_AESNI        BIT(25)
#define CPUID_1_ECX_XSAVE        BIT(26)
#define CPUID_1_ECX_OSXSAVE      BIT(27)
#define CPUID_1_ECX_AVX          BIT(28)
#define CPUID_1_ECX_F16C         BIT(29)
#define CPUID_1_ECX_RDRAND       BIT(30)
#define CPUID_1_ECX_HYPERVISOR   BIT(31)

/* Leaf 1, EDX */
#define CPUID_1_EDX_FPU   BIT(0)
#define CPUID_1_EDX_VME   BIT(1)
#define CPUID_1_EDX_DE    BIT(2)
#define CPUID_1_EDX_PSE   BIT(3)
#define CPUID_1_EDX_TSC   BIT(4)
#define CPUID_1_EDX_MSR   BIT(5)
#define CPUID_1_EDX_PAE   BIT(6)
#define CPUID_1_EDX_MCE   BIT(7)
#define CPUID_1_EDX_CX8   BIT(8)
#define CPUID_1_EDX_APIC  BIT(9)
#define CPUID_1_EDX_SEP   BIT(11)
#define CPUID_1_EDX_MTRR  BIT(12)
#define CPUID_1_EDX_PGE   BIT(13)
#define CPUID_1_EDX_MCA   BIT(14)
#define CPUID_1_EDX_CMOV  BIT(15)
#define CPUID_1_EDX_PAT   BIT(16)
#define CPUID_1_EDX_PSE36 BIT(17)
#define CPUID_1_EDX_PSN   BIT(18)
#define CPUID_1_EDX_CLFSH BIT(19)
#define CPUID_1_EDX_DS    BIT(21)
#define CPUID_1_EDX_ACPI  BIT(22)
#define CPUID_1_EDX_MMX   BIT(23)
#define CPUID_1_EDX_FXSR  BIT(24)
#define CPUID_1_EDX_SSE   BIT(25)
#define CPUID_1_EDX_SSE2  BIT(26)
#define CPUID_1_EDX_SS    BIT(27)
#define CPUID_1_EDX_HTT   BIT(28)
#define CPUID_1_EDX_TM    BIT(29)
#define CPUID_1_EDX_PBE   BIT(31)

/* Leaf 6, EAX */
#define CPUID_6_EAX_ARAT BIT(2) /* the APIC timer runs in deep C-states */

/* Leaf 7 subleaf 0, EBX */
#define CPUID_7_EBX_FSGSBASE   BIT(0)
#define CPUID_7_EBX_TSC_ADJUST BIT(1)
#define CPUID_7_EBX_SGX        BIT(2)
#define CPUID_7_EBX_BMI1       BIT(3)
#define CPUID_7_EBX_HLE        BIT(4)
#define CPUID_7_EBX_AVX2       BIT(5)
#define CPUID_7_EBX_SMEP       BIT(7)
#define CPUID_7_EBX_BMI2       BIT(8)
#define CPUID_7_EBX_ERMS       BIT(9)
#define CPUID_7_EBX_INVPCID    BIT(10)
#define CPUID_7_EBX_RTM        BIT(11)
#define CPUID_7_EBX_PQM        BIT(12)
#define CPUID_7_EBX_MPX        BIT(14)
#define CPUID_7_EBX_PQE        BIT(15)
#define CPUID_7_EBX_AVX512F    BIT(16)
#define CPUID_7_EBX_AVX512DQ   BIT(17)
#define CPUID_7_EBX_RDSEED     BIT(18)
#define CPUID_7_EBX_ADX        BIT(19)
#define CPUID_7_EBX_SMAP       BIT(20)
#define CPUID_7_EBX_AVX512IFMA BIT(21)
#define CPUID_7_EBX_CLFLUSHOPT BIT(23)
#define CPUID_7_EBX_CLWB       BIT(24)
#define CPUID_7_EBX_PT         BIT(25)
#define CPUID_7_EBX_AVX512CD   BIT(28)
#define CPUID_7_EBX_SHA        BIT(29)
#define CPUID_7_EBX_AVX512BW   BIT(30)
#define CPUID_7_EBX_AVX512VL   BIT(31)

/* Leaf 7 subleaf 0, ECX */
#define CPUID_7_ECX_AVX512_VBMI      BIT(1)
#define CPUID_7_ECX_UMIP             BIT(2)
#define CPUID_7_ECX_PKU              BIT(3)
#define CPUID_7_ECX_OSPKE            BIT(4)
#define CPUID_7_ECX_WAITPKG          BIT(5)
#define CPUID_7_ECX_AVX512_VBMI2     BIT(6)
#define CPUID_7_ECX_CET_SS           BIT(7)
#define CPUID_7_ECX_GFNI             BIT(8)
#define CPUID_7_ECX_VAES             BIT(9)
#define CPUID_7_ECX_VPCLMULQDQ       BIT(10)
#define CPUID_7_ECX_AVX512_VNNI      BIT(11)
#define CPUID_7_ECX_AVX512_BITALG    BIT(12)
#define CPUID_7_ECX_TME              BIT(13)
#define CPUID_7_ECX_AVX512_VPOPCNTDQ BIT(14)
#define CPUID_7_ECX_LA57             BIT(16)
#define CPUID_7_ECX_RDPID            BIT(22)
#define CPUID_7_ECX_KL               BIT(23)
#define CPUID_7_ECX_BUS_LOCK_DETECT  BIT(24)
#define CPUID_7_ECX_CLDEMOTE         BIT(25)
#define CPUID_7_ECX_MOVDIRI          BIT(27)
#define CPUID_7_ECX_MOVDIR64B        BIT(28)
#define CPUID_7_ECX_ENQCMD           BIT(29)
#define CPUID_7_ECX_SGX_LC           BIT(30)
#define CPUID_7_ECX_PKS              BIT(31)

/* Leaf 7 subleaf 0, EDX */
#define CPUID_7_EDX_FSRM              BIT(4)
#define CPUID_7_EDX_UINTR             BIT(5)
#define CPUID_7_EDX_MD_CLEAR          BIT(10)
#define CPUID_7_EDX_SERIALIZE         BIT(14)
#define CPUID_7_EDX_HYBRID            BIT(15)
#define CPUID_7_EDX_PCONFIG           BIT(18)
#define CPUID_7_EDX_CET_IBT           BIT(20)
#define CPUID_7_EDX_AMX_BF16          BIT(22)
#define CPUID_7_EDX_AVX512_FP16       BIT(23)
#define CPUID_7_EDX_AMX_TILE          BIT(24)
#define CPUID_7_EDX_AMX_INT8          BIT(25)
#define CPUID_7_EDX_IBRS_IBPB         BIT(26)
#define CPUID_7_EDX_STIBP             BIT(27)
#define CPUID_7_EDX_L1D_FLUSH         BIT(28)
#define CPUID_7_EDX_ARCH_CAPABILITIES BIT(29)
#define CPUID_7_EDX_CORE_CAPABILITIES BIT(30)
#define CPUID_7_EDX_SSBD              BIT(31)

/* Leaf 0DH subleaf 1, EAX */
#define CPUID_D1_EAX_XSAVEOPT BIT(0)
#define CPUID_D1_EAX_XSAVEC   BIT(1)
#define CPUID_D1_EAX_XGETBV1  BIT(2)
#define CPUID_D1_EAX_XSAVES   BIT(3)
#define CPUID_D1_EAX_XFD      BIT(4)

/* Leaf 0DH subleaf n > 1, ECX */
#define CPUID_DN_ECX_SUPERVISOR BIT(0) /* managed through IA32_XSS */
#define CPUID_DN_ECX_ALIGN64    BIT(1) /* 64-byte aligned in the compacted format */

/* Leaf 80000001H, ECX */
#define CPUID_80000001_ECX_LAHF64    BIT(0)
#define CPUID_80000001_ECX_SVM       BIT(2) /* the other vendor's */
#define CPUID_80000001_ECX_LZCNT     BIT(5)
#define CPUID_80000001_ECX_PREFETCHW BIT(8)

/* Leaf 7 subleaf 1, EAX */
#define CPUID_7_1_EAX_LAM BIT(26)

/* Leaf 0AH */
#define CPUID_A_EAX_VERSION        BITS(7, 0)
#define CPUID_A_EAX_COUNTERS       BITS(15, 8)
#define CPUID_A_EDX_FIXED_COUNTERS BITS(4, 0)

/* Leaf 80000001H, EDX */
#define CPUID_80000001_EDX_SYSCALL BIT(11)
#define CPUID_80000001_EDX_NX      BIT(20)
#define CPUID_80000001_EDX_1G      BIT(26)
#define CPUID_80000001_EDX_RDTSCP  BIT(27)
#define CPUID_80000001_EDX_LM      BIT(29)

/* Leaf 80000007H, EDX */
#define CPUID_80000007_EDX_INVARIANT_TSC BIT(8)

/* Leaf 80000008H, EAX */
#define CPUID_80000008_EAX_PHYSICAL_BITS BITS(7, 0)
#define CPUID_80000008_EAX_LINEAR_BITS   BITS(15, 8)

#endif
