/* The basic exit reasons: one list makes the numbers, the names and, in exit_handlers.c, the sizes
 * of the tables that are indexed by them. Pure. SDM volume 3, appendix "VMX Basic Exit Reasons". */
#ifndef VMX_EXIT_EXIT_REASON_H
#define VMX_EXIT_EXIT_REASON_H

#include "lib/bits.h"
#include "lib/types.h"

/* X(number, SDM name). A number that is missing is one that the SDM does not define. */
#define EXIT_REASON_LIST(X)                \
	X(0, EXCEPTION_OR_NMI)             \
	X(1, EXTERNAL_INTERRUPT)           \
	X(2, TRIPLE_FAULT)                 \
	X(3, INIT_SIGNAL)                  \
	X(4, STARTUP_IPI)                  \
	X(5, IO_SMI)                       \
	X(6, OTHER_SMI)                    \
	X(7, INTERRUPT_WINDOW)             \
	X(8, NMI_WINDOW)                   \
	X(9, TASK_SWITCH)                  \
	X(10, CPUID)                       \
	X(11, GETSEC)                      \
	X(12, HLT)                         \
	X(13, INVD)                        \
	X(14, INVLPG)                      \
	X(15, RDPMC)                       \
	X(16, RDTSC)                       \
	X(17, RSM)                         \
	X(18, VMCALL)                      \
	X(19, VMCLEAR)                     \
	X(20, VMLAUNCH)                    \
	X(21, VMPTRLD)                     \
	X(22, VMPTRST)                     \
	X(23, VMREAD)                      \
	X(24, VMRESUME)                    \
	X(25, VMWRITE)                     \
	X(26, VMXOFF)                      \
	X(27, VMXON)                       \
	X(28, CR_ACCESS)                   \
	X(29, MOV_DR)                      \
	X(30, IO_INSTRUCTION)              \
	X(31, RDMSR)                       \
	X(32, WRMSR)                       \
	X(33, ENTRY_FAILURE_GUEST_STATE)   \
	X(34, ENTRY_FAILURE_MSR_LOADING)   \
	X(36, MWAIT)                       \
	X(37, MONITOR_TRAP_FLAG)           \
	X(39, MONITOR)                     \
	X(40, PAUSE)                       \
	X(41, ENTRY_FAILURE_MACHINE_CHECK) \
	X(43, TPR_BELOW_THRESHOLD)         \
	X(44, APIC_ACCESS)                 \
	X(45, VIRTUALIZED_EOI)             \
	X(46, GDTR_OR_IDTR_ACCESS)         \
	X(47, LDTR_OR_TR_ACCESS)           \
	X(48, EPT_VIOLATION)               \
	X(49, EPT_MISCONFIGURATION)        \
	X(50, INVEPT)                      \
	X(51, RDTSCP)                      \
	X(52, PREEMPTION_TIMER)            \
	X(53, INVVPID)                     \
	X(54, WBINVD)                      \
	X(55, XSETBV)                      \
	X(56, APIC_WRITE)                  \
	X(57, RDRAND)                      \
	X(58, INVPCID)                     \
	X(59, VMFUNC)                      \
	X(60, ENCLS)                       \
	X(61, RDSEED)                      \
	X(62, PML_FULL)                    \
	X(63, XSAVES)                      \
	X(64, XRSTORS)                     \
	X(65, PCONFIG)                     \
	X(66, SPP_EVENT)                   \
	X(67, UMWAIT)                      \
	X(68, TPAUSE)                      \
	X(69, LOADIWKEY)                   \
	X(70, ENCLV)                       \
	X(72, ENQCMD_PASID)                \
	X(73, ENQCMDS_PASID)               \
	X(74, BUS_LOCK)                    \
	X(75, INSTRUCTION_TIMEOUT)

enum exit_reason {
#define X(number, name) EXIT_REASON_##name = (number),
	EXIT_REASON_LIST(X)
#undef X
		EXIT_REASONS /* the size of a table indexed by basic exit reason */
};

/* The size of tables of handlers and counters: a few numbers more than have a name, the last of
 * which counts all those beyond, and the one before it a preemption timer that ran out for a host
 * timer. */
#define VMX_EXIT_REASONS    80
#define EXIT_ROW_UNKNOWN    (VMX_EXIT_REASONS - 1)
#define EXIT_ROW_HOST_TIMER (VMX_EXIT_REASONS - 2)
_Static_assert((int)EXIT_REASONS <= EXIT_ROW_HOST_TIMER, "the SDM has no reason of that number");

/* The exit-reason field: SDM volume 3, "Basic VM-Exit Information". */
#define EXIT_REASON_BASIC_MASK    BITS(15, 0)
#define EXIT_REASON_BUS_LOCK_BIT  BIT(26)
#define EXIT_REASON_ENCLAVE       BIT(27)
#define EXIT_REASON_PENDING_MTF   BIT(28)
#define EXIT_REASON_FROM_ROOT     BIT(29)
#define EXIT_REASON_ENTRY_FAILURE BIT(31)

/* The basic reason in a whole exit-reason field; may be EXIT_REASONS or more. */
static inline uint32_t exit_reason_basic(uint32_t raw_reason)
{
	return raw_reason & EXIT_REASON_BASIC_MASK;
}

/* "EPT_VIOLATION" for a basic reason, "UNKNOWN" for a number that the SDM does not define. */
const char *exit_reason_name(uint32_t basic_reason);

/* Writes "48(EPT_VIOLATION)" for a whole exit-reason field, cut to `size`. */
void exit_reason_format(char *buffer, size_t size, uint32_t raw_reason);

/* Writes the name of a row of counters: "10(CPUID)", "52(HOST_TIMER)", "79(UNKNOWN)". */
void exit_row_format(char *buffer, size_t size, uint32_t row);

#endif
