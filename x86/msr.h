/* Model-specific registers by the SDM's names, and the bits of those that Plinth reads or writes.
 * SDM volume 4, "IA-32 Architectural MSRs". */
#ifndef X86_MSR_H
#define X86_MSR_H

#include "lib/bits.h"

/* X(symbol, index, printed name) */
#define MSR_LIST(X)                                                           \
	X(MSR_P5_MC_ADDR, 0x000, "IA32_P5_MC_ADDR")                           \
	X(MSR_P5_MC_TYPE, 0x001, "IA32_P5_MC_TYPE")                           \
	X(MSR_TSC, 0x010, "IA32_TIME_STAMP_COUNTER")                          \
	X(MSR_KVM_WALL_CLOCK_OLD, 0x011, "MSR_KVM_WALL_CLOCK")                \
	X(MSR_KVM_SYSTEM_TIME_OLD, 0x012, "MSR_KVM_SYSTEM_TIME")              \
	X(MSR_PLATFORM_ID, 0x017, "IA32_PLATFORM_ID")                         \
	X(MSR_APIC_BASE, 0x01b, "IA32_APIC_BASE")                             \
	X(MSR_SMI_COUNT, 0x034, "MSR_SMI_COUNT")                              \
	X(MSR_FEATURE_CONTROL, 0x03a, "IA32_FEATURE_CONTROL")                 \
	X(MSR_TSC_ADJUST, 0x03b, "IA32_TSC_ADJUST")                           \
	X(MSR_SPEC_CTRL, 0x048, "IA32_SPEC_CTRL")                             \
	X(MSR_PRED_CMD, 0x049, "IA32_PRED_CMD")                               \
	X(MSR_BIOS_UPDT_TRIG, 0x079, "IA32_BIOS_UPDT_TRIG")                   \
	X(MSR_BIOS_SIGN_ID, 0x08b, "IA32_BIOS_SIGN_ID")                       \
	X(MSR_PLATFORM_INFO, 0x0ce, "MSR_PLATFORM_INFO")                      \
	X(MSR_UMWAIT_CONTROL, 0x0e1, "IA32_UMWAIT_CONTROL")                   \
	X(MSR_MTRRCAP, 0x0fe, "IA32_MTRRCAP")                                 \
	X(MSR_ARCH_CAPABILITIES, 0x10a, "IA32_ARCH_CAPABILITIES")             \
	X(MSR_FLUSH_CMD, 0x10b, "IA32_FLUSH_CMD")                             \
	X(MSR_MISC_FEATURE_ENABLES, 0x140, "MSR_MISC_FEATURE_ENABLES")        \
	X(MSR_SYSENTER_CS, 0x174, "IA32_SYSENTER_CS")                         \
	X(MSR_SYSENTER_ESP, 0x175, "IA32_SYSENTER_ESP")                       \
	X(MSR_SYSENTER_EIP, 0x176, "IA32_SYSENTER_EIP")                       \
	X(MSR_MCG_CAP, 0x179, "IA32_MCG_CAP")                                 \
	X(MSR_MCG_STATUS, 0x17a, "IA32_MCG_STATUS")                           \
	X(MSR_PERF_STATUS, 0x198, "IA32_PERF_STATUS")                         \
	X(MSR_MISC_ENABLE, 0x1a0, "IA32_MISC_ENABLE")                         \
	X(MSR_DEBUGCTL, 0x1d9, "IA32_DEBUGCTL")                               \
	X(MSR_MTRR_PHYSBASE0, 0x200, "IA32_MTRR_PHYSBASE0")                   \
	X(MSR_MTRR_PHYSMASK0, 0x201, "IA32_MTRR_PHYSMASK0")                   \
	X(MSR_MTRR_FIX64K_00000, 0x250, "IA32_MTRR_FIX64K_00000")             \
	X(MSR_MTRR_FIX16K_80000, 0x258, "IA32_MTRR_FIX16K_80000")             \
	X(MSR_MTRR_FIX16K_A0000, 0x259, "IA32_MTRR_FIX16K_A0000")             \
	X(MSR_MTRR_FIX4K_C0000, 0x268, "IA32_MTRR_FIX4K_C0000")               \
	X(MSR_MTRR_FIX4K_F8000, 0x26f, "IA32_MTRR_FIX4K_F8000")               \
	X(MSR_PAT, 0x277, "IA32_PAT")                                         \
	X(MSR_MTRR_DEF_TYPE, 0x2ff, "IA32_MTRR_DEF_TYPE")                     \
	X(MSR_PERF_CAPABILITIES, 0x345, "IA32_PERF_CAPABILITIES")             \
	X(MSR_PERF_GLOBAL_CTRL, 0x38f, "IA32_PERF_GLOBAL_CTRL")               \
	X(MSR_MC0_CTL, 0x400, "IA32_MC0_CTL")                                 \
	X(MSR_VMX_BASIC, 0x480, "IA32_VMX_BASIC")                             \
	X(MSR_VMX_PINBASED_CTLS, 0x481, "IA32_VMX_PINBASED_CTLS")             \
	X(MSR_VMX_PROCBASED_CTLS, 0x482, "IA32_VMX_PROCBASED_CTLS")           \
	X(MSR_VMX_EXIT_CTLS, 0x483, "IA32_VMX_EXIT_CTLS")                     \
	X(MSR_VMX_ENTRY_CTLS, 0x484, "IA32_VMX_ENTRY_CTLS")                   \
	X(MSR_VMX_MISC, 0x485, "IA32_VMX_MISC")                               \
	X(MSR_VMX_CR0_FIXED0, 0x486, "IA32_VMX_CR0_FIXED0")                   \
	X(MSR_VMX_CR0_FIXED1, 0x487, "IA32_VMX_CR0_FIXED1")                   \
	X(MSR_VMX_CR4_FIXED0, 0x488, "IA32_VMX_CR4_FIXED0")                   \
	X(MSR_VMX_CR4_FIXED1, 0x489, "IA32_VMX_CR4_FIXED1")                   \
	X(MSR_VMX_VMCS_ENUM, 0x48a, "IA32_VMX_VMCS_ENUM")                     \
	X(MSR_VMX_PROCBASED_CTLS2, 0x48b, "IA32_VMX_PROCBASED_CTLS2")         \
	X(MSR_VMX_EPT_VPID_CAP, 0x48c, "IA32_VMX_EPT_VPID_CAP")               \
	X(MSR_VMX_TRUE_PINBASED_CTLS, 0x48d, "IA32_VMX_TRUE_PINBASED_CTLS")   \
	X(MSR_VMX_TRUE_PROCBASED_CTLS, 0x48e, "IA32_VMX_TRUE_PROCBASED_CTLS") \
	X(MSR_VMX_TRUE_EXIT_CTLS, 0x48f, "IA32_VMX_TRUE_EXIT_CTLS")           \
	X(MSR_VMX_TRUE_ENTRY_CTLS, 0x490, "IA32_VMX_TRUE_ENTRY_CTLS")         \
	X(MSR_VMX_VMFUNC, 0x491, "IA32_VMX_VMFUNC")                           \
	X(MSR_VMX_PROCBASED_CTLS3, 0x492, "IA32_VMX_PROCBASED_CTLS3")         \
	X(MSR_VMX_EXIT_CTLS2, 0x493, "IA32_VMX_EXIT_CTLS2")                   \
	X(MSR_RTIT_CTL, 0x570, "IA32_RTIT_CTL")                               \
	X(MSR_TSC_DEADLINE, 0x6e0, "IA32_TSC_DEADLINE")                       \
	X(MSR_X2APIC_APICID, 0x802, "IA32_X2APIC_APICID")                     \
	X(MSR_X2APIC_VERSION, 0x803, "IA32_X2APIC_VERSION")                   \
	X(MSR_X2APIC_TPR, 0x808, "IA32_X2APIC_TPR")                           \
	X(MSR_X2APIC_EOI, 0x80b, "IA32_X2APIC_EOI")                           \
	X(MSR_X2APIC_LDR, 0x80d, "IA32_X2APIC_LDR")                           \
	X(MSR_X2APIC_SIVR, 0x80f, "IA32_X2APIC_SIVR")                         \
	X(MSR_X2APIC_ESR, 0x828, "IA32_X2APIC_ESR")                           \
	X(MSR_X2APIC_ICR, 0x830, "IA32_X2APIC_ICR")                           \
	X(MSR_X2APIC_LVT_TIMER, 0x832, "IA32_X2APIC_LVT_TIMER")               \
	X(MSR_X2APIC_INITIAL_COUNT, 0x838, "IA32_X2APIC_INIT_COUNT")          \
	X(MSR_X2APIC_DIVIDE, 0x83e, "IA32_X2APIC_DIV_CONF")                   \
	X(MSR_X2APIC_SELF_IPI, 0x83f, "IA32_X2APIC_SELF_IPI")                 \
	X(MSR_XSS, 0xda0, "IA32_XSS")                                         \
	X(MSR_KVM_WALL_CLOCK, 0x4b564d00, "MSR_KVM_WALL_CLOCK_NEW")           \
	X(MSR_KVM_SYSTEM_TIME, 0x4b564d01, "MSR_KVM_SYSTEM_TIME_NEW")         \
	X(MSR_EFER, 0xc0000080, "IA32_EFER")                                  \
	X(MSR_STAR, 0xc0000081, "IA32_STAR")                                  \
	X(MSR_LSTAR, 0xc0000082, "IA32_LSTAR")                                \
	X(MSR_CSTAR, 0xc0000083, "IA32_CSTAR")                                \
	X(MSR_FMASK, 0xc0000084, "IA32_FMASK")                                \
	X(MSR_FS_BASE, 0xc0000100, "IA32_FS_BASE")                            \
	X(MSR_GS_BASE, 0xc0000101, "IA32_GS_BASE")                            \
	X(MSR_KERNEL_GS_BASE, 0xc0000102, "IA32_KERNEL_GS_BASE")              \
	X(MSR_TSC_AUX, 0xc0000103, "IA32_TSC_AUX")

enum msr {
#define X(symbol, index, name) symbol = (index),
	MSR_LIST(X)
#undef X
};

/* The variable-range MTRRs are pairs; `n` below the count in IA32_MTRRCAP. */
#define MSR_MTRR_PHYSBASE(n) (MSR_MTRR_PHYSBASE0 + 2 * (n))
#define MSR_MTRR_PHYSMASK(n) (MSR_MTRR_PHYSMASK0 + 2 * (n))
#define MSR_MTRR_FIX4K(n)    (MSR_MTRR_FIX4K_C0000 + (n)) /* n = 0 .. 7 */
#define MSR_X2APIC_FIRST     0x800
#define MSR_X2APIC_LAST      0x8ff

/* IA32_APIC_BASE */
#define LOCAL_APIC_ADDRESS 0xfee00000ull /* after a reset */
#define APIC_BASE_BSP      BIT(8)
#define APIC_BASE_X2APIC   BIT(10)
#define APIC_BASE_ENABLE   BIT(11)
#define APIC_BASE_ADDRESS  BITS(51, 12)

/* IA32_FEATURE_CONTROL. Once the lock bit is set, only a reset clears it. */
#define FEATURE_CONTROL_LOCK            BIT(0)
#define FEATURE_CONTROL_VMX_INSIDE_SMX  BIT(1)
#define FEATURE_CONTROL_VMX_OUTSIDE_SMX BIT(2)

/* IA32_MISC_ENABLE */
#define MISC_ENABLE_FAST_STRINGS       BIT(0)
#define MISC_ENABLE_THERMAL_CONTROL    BIT(3)
#define MISC_ENABLE_PERF_MONITORING    BIT(7)
#define MISC_ENABLE_BTS_UNAVAILABLE    BIT(11)
#define MISC_ENABLE_PEBS_UNAVAILABLE   BIT(12)
#define MISC_ENABLE_ENHANCED_SPEEDSTEP BIT(16)
#define MISC_ENABLE_MONITOR            BIT(18)
#define MISC_ENABLE_LIMIT_CPUID_MAXVAL BIT(22)
#define MISC_ENABLE_XTPR_DISABLE       BIT(23)
#define MISC_ENABLE_XD_DISABLE         BIT(34)

/* IA32_PERF_CAPABILITIES and IA32_PERF_GLOBAL_CTRL */
#define PERF_CAPABILITIES_METRICS BIT(15)
#define PERF_GLOBAL_METRICS       BIT(48)

/* IA32_RTIT_CTL */
#define RTIT_CTL_TRACE_EN BIT(0)

/* IA32_DEBUGCTL */
#define DEBUGCTL_LBR     BIT(0)
#define DEBUGCTL_BTF     BIT(1)
#define DEBUGCTL_TR      BIT(6)
#define DEBUGCTL_BTS     BIT(7)
/* All bits that the SDM defines. */
#define DEBUGCTL_DEFINED (BITS(2, 0) | BITS(15, 6))

/* Memory types as MTRRs, PAT and EPT encode them. SDM volume 3, "Memory Type Range Registers". */
#define MEMORY_TYPE_LIST(X)        \
	X(MEMORY_TYPE_UC, 0, "UC") \
	X(MEMORY_TYPE_WC, 1, "WC") \
	X(MEMORY_TYPE_WT, 4, "WT") \
	X(MEMORY_TYPE_WP, 5, "WP") \
	X(MEMORY_TYPE_WB, 6, "WB") \
	X(MEMORY_TYPE_UC_MINUS, 7, "UC-")

enum memory_type {
#define X(symbol, encoding, name) symbol = (encoding),
	MEMORY_TYPE_LIST(X)
#undef X
};

/* IA32_MTRRCAP, IA32_MTRR_DEF_TYPE, IA32_MTRR_PHYSBASEn and IA32_MTRR_PHYSMASKn */
#define MTRRCAP_VARIABLE_COUNT BITS(7, 0)
#define MTRRCAP_FIXED          BIT(8)
#define MTRRCAP_WC             BIT(10)
#define MTRR_DEF_TYPE_TYPE     BITS(7, 0)
#define MTRR_DEF_FIXED_ENABLE  BIT(10)
#define MTRR_DEF_ENABLE        BIT(11)
#define MTRR_PHYSBASE_TYPE     BITS(7, 0)
#define MTRR_PHYSMASK_VALID    BIT(11)
#define MTRR_PHYS_ADDRESS      BITS(51, 12)

/* IA32_PAT at reset: WB, WT, UC-, UC, twice. */
#define PAT_RESET 0x0007040600070406ull

/* IA32_VMX_BASIC. SDM volume 3, "Basic VMX Information". */
#define VMX_BASIC_REVISION        BITS(30, 0)
#define VMX_BASIC_REGION_SIZE     BITS(44, 32)
#define VMX_BASIC_32BIT_ADDRESSES BIT(48)
#define VMX_BASIC_DUAL_MONITOR    BIT(49)
#define VMX_BASIC_MEMORY_TYPE     BITS(53, 50)
#define VMX_BASIC_INS_OUTS_INFO   BIT(54)
#define VMX_BASIC_TRUE_CONTROLS   BIT(55)
#define VMX_BASIC_ANY_ERROR_CODE  BIT(56) /* hardware exceptions with or without error code */

/* IA32_VMX_MISC. SDM volume 3, "Miscellaneous Data". */
#define VMX_MISC_TIMER_SHIFT        BITS(4, 0) /* the timer counts at TSC >> this */
#define VMX_MISC_STORES_LMA         BIT(5)     /* exits store EFER.LMA in "IA-32e mode guest" */
#define VMX_MISC_ACTIVITY_HLT       BIT(6)
#define VMX_MISC_ACTIVITY_SHUTDOWN  BIT(7)
#define VMX_MISC_ACTIVITY_WAIT_SIPI BIT(8)
#define VMX_MISC_PT_IN_VMX          BIT(14)
#define VMX_MISC_SMBASE_MSR         BIT(15)
#define VMX_MISC_CR3_TARGETS        BITS(24, 16)
#define VMX_MISC_MSR_LIST_SIZE      BITS(27, 25) /* (N + 1) * 512 recommended at most */
#define VMX_MISC_SMM_MONITOR_CTL    BIT(28)
#define VMX_MISC_VMWRITE_ANY_FIELD  BIT(29)
#define VMX_MISC_ZERO_LENGTH_EVENT  BIT(30) /* software events with instruction length 0 */
#define VMX_MISC_MSEG_REVISION      BITS(63, 32)

/* IA32_VMX_EPT_VPID_CAP. SDM volume 3, "VPID and EPT Capabilities". */
#define EPT_VPID_CAP_LIST(X)                                                     \
	X(EPT_CAP_EXECUTE_ONLY, 0, "execute-only translations")                  \
	X(EPT_CAP_WALK_4, 6, "page-walk length of 4")                            \
	X(EPT_CAP_WALK_5, 7, "page-walk length of 5")                            \
	X(EPT_CAP_UC, 8, "uncacheable EPT structures")                           \
	X(EPT_CAP_WB, 14, "write-back EPT structures")                           \
	X(EPT_CAP_2M, 16, "2-MByte EPT pages")                                   \
	X(EPT_CAP_1G, 17, "1-GByte EPT pages")                                   \
	X(EPT_CAP_INVEPT, 20, "INVEPT")                                          \
	X(EPT_CAP_ACCESS_DIRTY, 21, "accessed and dirty flags for EPT")          \
	X(EPT_CAP_EXIT_INFO, 22, "advanced exit information for EPT violations") \
	X(EPT_CAP_SHADOW_STACK, 23, "supervisor shadow-stack control")           \
	X(EPT_CAP_INVEPT_SINGLE, 25, "single-context INVEPT")                    \
	X(EPT_CAP_INVEPT_ALL, 26, "all-context INVEPT")                          \
	X(VPID_CAP_INVVPID, 32, "INVVPID")                                       \
	X(VPID_CAP_INVVPID_ADDRESS, 40, "individual-address INVVPID")            \
	X(VPID_CAP_INVVPID_SINGLE, 41, "single-context INVVPID")                 \
	X(VPID_CAP_INVVPID_ALL, 42, "all-context INVVPID")                       \
	X(VPID_CAP_INVVPID_RETAIN_GLOBALS, 43, "single-context-retaining-globals INVVPID")

enum ept_vpid_cap_bit {
#define X(symbol, bit, name) symbol##_BIT = (bit),
	EPT_VPID_CAP_LIST(X)
#undef X
};

#define EPT_CAP_EXECUTE_ONLY            BIT(EPT_CAP_EXECUTE_ONLY_BIT)
#define EPT_CAP_WALK_4                  BIT(EPT_CAP_WALK_4_BIT)
#define EPT_CAP_WALK_5                  BIT(EPT_CAP_WALK_5_BIT)
#define EPT_CAP_UC                      BIT(EPT_CAP_UC_BIT)
#define EPT_CAP_WB                      BIT(EPT_CAP_WB_BIT)
#define EPT_CAP_2M                      BIT(EPT_CAP_2M_BIT)
#define EPT_CAP_1G                      BIT(EPT_CAP_1G_BIT)
#define EPT_CAP_INVEPT                  BIT(EPT_CAP_INVEPT_BIT)
#define EPT_CAP_ACCESS_DIRTY            BIT(EPT_CAP_ACCESS_DIRTY_BIT)
#define EPT_CAP_EXIT_INFO               BIT(EPT_CAP_EXIT_INFO_BIT)
#define EPT_CAP_SHADOW_STACK            BIT(EPT_CAP_SHADOW_STACK_BIT)
#define EPT_CAP_INVEPT_SINGLE           BIT(EPT_CAP_INVEPT_SINGLE_BIT)
#define EPT_CAP_INVEPT_ALL              BIT(EPT_CAP_INVEPT_ALL_BIT)
#define VPID_CAP_INVVPID                BIT(VPID_CAP_INVVPID_BIT)
#define VPID_CAP_INVVPID_ADDRESS        BIT(VPID_CAP_INVVPID_ADDRESS_BIT)
#define VPID_CAP_INVVPID_SINGLE         BIT(VPID_CAP_INVVPID_SINGLE_BIT)
#define VPID_CAP_INVVPID_ALL            BIT(VPID_CAP_INVVPID_ALL_BIT)
#define VPID_CAP_INVVPID_RETAIN_GLOBALS BIT(VPID_CAP_INVVPID_RETAIN_GLOBALS_BIT)
#define EPT_CAP_HLAT_PREFIX             BITS(53, 48) /* the longest prefix, not a flag */

/* The SDM's name of an MSR, "unnamed MSR" where this list has none. */
const char *msr_name(uint32_t index);

#endif
