/* All bits of the control words, by the SDM's names, and why Plinth sets, leaves or refuses each.
 * Rows are X(symbol, bit, need, when, printed name, what it means when missing): `need` without
 * its NEED_ prefix and `when` are explained in vmx/cpu/controls.h. For a control that nothing uses, the
 * last column says why Plinth does not want it.
 *
 * What a guest must never do to the machine is always intercepted, whoever asks: MOV to CR8 (it
 * would reach the host's task priority), RDPMC, MONITOR and MWAIT (hidden by CPUID policy; the exit
 * is the place for #UD). */
#ifndef VMX_CPU_CONTROL_LIST_H
#define VMX_CPU_CONTROL_LIST_H

#define VMX_PIN_CONTROL_LIST(X)                                                                   \
	X(PIN_EXTERNAL_INTERRUPT_EXITING, 0, REQUIRED, REQUEST_ALWAYS,                            \
	  "external-interrupt exiting", "guests would take the host's interrupts")                \
	X(PIN_NMI_EXITING, 3, REQUIRED, REQUEST_ALWAYS, "NMI exiting",                            \
	  "guests would take the host's NMIs")                                                    \
	X(PIN_VIRTUAL_NMIS, 5, WANTED, REQUEST_ALWAYS, "virtual NMIs",                            \
	  "an NMI for a guest may arrive while its NMI handler runs")                             \
	X(PIN_ACTIVATE_PREEMPTION_TIMER, 6, WANTED, REQUEST_PREEMPTION_TIMER,                     \
	  "activate VMX-preemption timer", "time slices end by the local APIC timer's interrupt") \
	X(PIN_PROCESS_POSTED_INTERRUPTS, 7, UNUSED, 0, "process posted interrupts",               \
	  "interrupts for guests are injected at entry")

#define VMX_PRIMARY_CONTROL_LIST(X)                                                                \
	X(PRIMARY_INTERRUPT_WINDOW_EXITING, 2, DYNAMIC, REQUEST_ALWAYS,                            \
	  "interrupt-window exiting", "a waiting interrupt could not be delivered in time")        \
	X(PRIMARY_USE_TSC_OFFSETTING, 3, WANTED, REQUEST_ALWAYS, "use TSC offsetting",             \
	  "guests read the host's TSC and cannot set their own")                                   \
	X(PRIMARY_HLT_EXITING, 7, ON_DEMAND, INTERCEPT_HLT, "HLT exiting",                         \
	  "a guest's HLT would idle the CPU that others wait for")                                 \
	X(PRIMARY_INVLPG_EXITING, 9, ON_DEMAND, INTERCEPT_INVLPG, "INVLPG exiting",                \
	  "INVLPG cannot be intercepted")                                                          \
	X(PRIMARY_MWAIT_EXITING, 10, REQUIRED, REQUEST_ALWAYS, "MWAIT exiting",                    \
	  "a guest's MWAIT would idle the CPU that others wait for")                               \
	X(PRIMARY_RDPMC_EXITING, 11, REQUIRED, REQUEST_ALWAYS, "RDPMC exiting",                    \
	  "guests would read the host's performance counters")                                     \
	X(PRIMARY_RDTSC_EXITING, 12, ON_DEMAND, INTERCEPT_RDTSC, "RDTSC exiting",                  \
	  "RDTSC and RDTSCP cannot be intercepted")                                                \
	X(PRIMARY_CR3_LOAD_EXITING, 15, ON_DEMAND, INTERCEPT_CR3, "CR3-load exiting",              \
	  "MOV to CR3 cannot be intercepted")                                                      \
	X(PRIMARY_CR3_STORE_EXITING, 16, ON_DEMAND, INTERCEPT_CR3, "CR3-store exiting",            \
	  "MOV from CR3 cannot be intercepted")                                                    \
	X(PRIMARY_ACTIVATE_TERTIARY, 17, UNUSED, 0, "activate tertiary controls",                  \
	  "none of them is used")                                                                  \
	X(PRIMARY_CR8_LOAD_EXITING, 19, REQUIRED, REQUEST_ALWAYS, "CR8-load exiting",              \
	  "guests would change the host's task priority")                                          \
	X(PRIMARY_CR8_STORE_EXITING, 20, REQUIRED, REQUEST_ALWAYS, "CR8-store exiting",            \
	  "guests would read the host's task priority")                                            \
	X(PRIMARY_USE_TPR_SHADOW, 21, DYNAMIC_WANTED, REQUEST_APICV, "use TPR shadow",             \
	  "accesses to CR8 exit")                                                                  \
	X(PRIMARY_NMI_WINDOW_EXITING, 22, DYNAMIC_WANTED, REQUEST_ALWAYS, "NMI-window exiting",    \
	  "a second NMI waits for the next exit instead of the end of the first one's handler")    \
	X(PRIMARY_MOV_DR_EXITING, 23, ON_DEMAND, INTERCEPT_DR, "MOV-DR exiting",                   \
	  "MOV DR cannot be intercepted")                                                          \
	X(PRIMARY_UNCONDITIONAL_IO_EXITING, 24, UNUSED, 0, "unconditional I/O exiting",            \
	  "I/O bitmaps are used")                                                                  \
	X(PRIMARY_USE_IO_BITMAPS, 25, WANTED, REQUEST_ALWAYS, "use I/O bitmaps",                   \
	  "every port access exits")                                                               \
	X(PRIMARY_MONITOR_TRAP_FLAG, 27, DYNAMIC_WANTED, REQUEST_DEBUGGER, "monitor trap flag",    \
	  "a debugger's steps borrow the guest's RFLAGS.TF")                                       \
	X(PRIMARY_USE_MSR_BITMAPS, 28, WANTED, REQUEST_ALWAYS, "use MSR bitmaps",                  \
	  "every RDMSR and WRMSR exits")                                                           \
	X(PRIMARY_MONITOR_EXITING, 29, REQUIRED, REQUEST_ALWAYS, "MONITOR exiting",                \
	  "MONITOR, which guests are told they lack, would work")                                  \
	X(PRIMARY_PAUSE_EXITING, 30, ON_DEMAND, INTERCEPT_PAUSE, "PAUSE exiting",                  \
	  "PAUSE cannot be intercepted")                                                           \
	X(PRIMARY_ACTIVATE_SECONDARY, 31, REQUIRED, REQUEST_ALWAYS, "activate secondary controls", \
	  "EPT, VPID and unrestricted guest cannot be switched on")

#define VMX_SECONDARY_CONTROL_LIST(X)                                                            \
	X(SECONDARY_VIRTUALIZE_APIC_ACCESSES, 0, DYNAMIC_WANTED, REQUEST_APICV,                  \
	  "virtualize APIC accesses", "accesses to a guest's local APIC are EPT violations")     \
	X(SECONDARY_ENABLE_EPT, 1, REQUIRED, REQUEST_ALWAYS, "enable EPT",                       \
	  "guest memory cannot be kept apart without shadow paging, which Plinth has not")       \
	X(SECONDARY_DESCRIPTOR_TABLE_EXITING, 2, ON_DEMAND, INTERCEPT_DESCRIPTOR_TABLE,          \
	  "descriptor-table exiting", "LGDT and its like cannot be intercepted")                 \
	X(SECONDARY_ENABLE_RDTSCP, 3, WANTED, REQUEST_ALWAYS, "enable RDTSCP",                   \
	  "RDTSCP and RDPID are #UD in guests")                                                  \
	X(SECONDARY_VIRTUALIZE_X2APIC_MODE, 4, DYNAMIC_WANTED, REQUEST_APICV,                    \
	  "virtualize x2APIC mode", "accesses to x2APIC registers are MSR exits")                \
	X(SECONDARY_ENABLE_VPID, 5, WANTED, REQUEST_VPID, "enable VPID",                         \
	  "every entry and exit flushes the TLB")                                                \
	X(SECONDARY_WBINVD_EXITING, 6, ON_DEMAND, INTERCEPT_WBINVD, "WBINVD exiting",            \
	  "WBINVD cannot be intercepted")                                                        \
	X(SECONDARY_UNRESTRICTED_GUEST, 7, WANTED, REQUEST_ALWAYS, "unrestricted guest",         \
	  "real-mode guests cannot run")                                                         \
	X(SECONDARY_APIC_REGISTER_VIRTUALIZATION, 8, DYNAMIC_WANTED, REQUEST_APICV,              \
	  "APIC-register virtualization", "reads of a guest's local APIC exit")                  \
	X(SECONDARY_VIRTUAL_INTERRUPT_DELIVERY, 9, DYNAMIC_WANTED, REQUEST_APICV,                \
	  "virtual-interrupt delivery", "interrupts for guests are injected at entry")           \
	X(SECONDARY_PAUSE_LOOP_EXITING, 10, UNUSED, 0, "PAUSE-loop exiting",                     \
	  "a spinning guest keeps its CPU to the end of its slice")                              \
	X(SECONDARY_RDRAND_EXITING, 11, WANTED, INTERCEPT_RANDOM, "RDRAND exiting",              \
	  "RDRAND cannot be intercepted")                                                        \
	X(SECONDARY_ENABLE_INVPCID, 12, WANTED, REQUEST_ALWAYS, "enable INVPCID",                \
	  "INVPCID is #UD in guests")                                                            \
	X(SECONDARY_ENABLE_VM_FUNCTIONS, 13, UNUSED, 0, "enable VM functions",                   \
	  "guests have no use for them")                                                         \
	X(SECONDARY_VMCS_SHADOWING, 14, UNUSED, 0, "VMCS shadowing", "guests get no VMX")        \
	X(SECONDARY_ENABLE_ENCLS_EXITING, 15, UNUSED, 0, "enable ENCLS exiting",                 \
	  "enclave memory is mapped for no guest")                                               \
	X(SECONDARY_RDSEED_EXITING, 16, WANTED, INTERCEPT_RANDOM, "RDSEED exiting",              \
	  "RDSEED cannot be intercepted")                                                        \
	X(SECONDARY_ENABLE_PML, 17, UNUSED, 0, "enable PML", "no log of written pages is kept")  \
	X(SECONDARY_EPT_VIOLATION_VE, 18, UNUSED, 0, "EPT-violation #VE",                        \
	  "EPT violations are the host's")                                                       \
	X(SECONDARY_CONCEAL_VMX_FROM_PT, 19, UNUSED, 0, "conceal VMX from PT",                   \
	  "processor trace is off")                                                              \
	X(SECONDARY_ENABLE_XSAVES, 20, WANTED, REQUEST_ALWAYS, "enable XSAVES/XRSTORS",          \
	  "XSAVES and XRSTORS are #UD in guests")                                                \
	X(SECONDARY_PASID_TRANSLATION, 21, UNUSED, 0, "PASID translation",                       \
	  "ENQCMD is hidden from guests")                                                        \
	X(SECONDARY_MODE_BASED_EXECUTE, 22, UNUSED, 0, "mode-based execute control for EPT",     \
	  "EPT has one execute right for all privilege levels")                                  \
	X(SECONDARY_SUB_PAGE_WRITE_PERMISSIONS, 23, UNUSED, 0,                                   \
	  "sub-page write permissions for EPT", "EPT protects whole pages")                      \
	X(SECONDARY_PT_USES_GUEST_PHYSICAL, 24, UNUSED, 0,                                       \
	  "Intel PT uses guest physical addresses", "processor trace is off")                    \
	X(SECONDARY_USE_TSC_SCALING, 25, UNUSED, 0, "use TSC scaling",                           \
	  "guests count at the host's rate")                                                     \
	X(SECONDARY_ENABLE_USER_WAIT_PAUSE, 26, UNUSED, 0, "enable user wait and pause",         \
	  "TPAUSE and UMWAIT are #UD in guests")                                                 \
	X(SECONDARY_ENABLE_PCONFIG, 27, UNUSED, 0, "enable PCONFIG", "PCONFIG is #UD in guests") \
	X(SECONDARY_ENABLE_ENCLV_EXITING, 28, UNUSED, 0, "enable ENCLV exiting",                 \
	  "enclave memory is mapped for no guest")                                               \
	X(SECONDARY_BUS_LOCK_DETECTION, 30, UNUSED, 0, "VMM bus-lock detection",                 \
	  "bus locks of guests are not noticed")                                                 \
	X(SECONDARY_INSTRUCTION_TIMEOUT, 31, UNUSED, 0, "instruction timeout",                   \
	  "an instruction that never ends holds its CPU")

#define VMX_TERTIARY_CONTROL_LIST(X)                                                            \
	X(TERTIARY_LOADIWKEY_EXITING, 0, UNUSED, 0, "LOADIWKEY exiting",                        \
	  "key locker is hidden from guests")                                                   \
	X(TERTIARY_ENABLE_HLAT, 1, UNUSED, 0, "enable HLAT", "guests translate for themselves") \
	X(TERTIARY_PAGING_WRITE_CONTROL, 2, UNUSED, 0, "EPT paging-write control",              \
	  "EPT treats a guest's page walks as ordinary accesses")                               \
	X(TERTIARY_GUEST_PAGING_VERIFICATION, 3, UNUSED, 0, "guest-paging verification",        \
	  "EPT treats a guest's page walks as ordinary accesses")                               \
	X(TERTIARY_IPI_VIRTUALIZATION, 4, UNUSED, 0, "IPI virtualization",                      \
	  "IPIs between vCPUs exit")                                                            \
	X(TERTIARY_VIRTUALIZE_SPEC_CTRL, 7, UNUSED, 0, "virtualize IA32_SPEC_CTRL",             \
	  "guests have no bits of it that the host fixes")

#define VMX_EXIT_CONTROL_LIST(X)                                                                  \
	X(EXIT_SAVE_DEBUG_CONTROLS, 2, REQUIRED, REQUEST_ALWAYS, "save debug controls",           \
	  "a guest's DR7 would be lost at its exit")                                              \
	X(EXIT_HOST_ADDRESS_SPACE_SIZE, 9, REQUIRED, REQUEST_ALWAYS, "host address-space size",   \
	  "an exit could not return to 64-bit mode")                                              \
	X(EXIT_LOAD_PERF_GLOBAL_CTRL, 12, UNUSED, 0, "load IA32_PERF_GLOBAL_CTRL",                \
	  "performance counters are off")                                                         \
	X(EXIT_ACKNOWLEDGE_INTERRUPT, 15, REQUIRED, REQUEST_ALWAYS,                               \
	  "acknowledge interrupt on exit", "the vector of an interrupt would not be known")       \
	X(EXIT_SAVE_PAT, 18, REQUIRED, REQUEST_ALWAYS, "save IA32_PAT",                           \
	  "a guest's IA32_PAT would be lost at its exit")                                         \
	X(EXIT_LOAD_PAT, 19, REQUIRED, REQUEST_ALWAYS, "load IA32_PAT on exit",                   \
	  "the host would run with the guest's memory types")                                     \
	X(EXIT_SAVE_EFER, 20, REQUIRED, REQUEST_ALWAYS, "save IA32_EFER",                         \
	  "a guest's IA32_EFER would be lost at its exit")                                        \
	X(EXIT_LOAD_EFER, 21, REQUIRED, REQUEST_ALWAYS, "load IA32_EFER on exit",                 \
	  "the host would run with the guest's IA32_EFER")                                        \
	X(EXIT_SAVE_PREEMPTION_TIMER, 22, WANTED, REQUEST_PREEMPTION_TIMER,                       \
	  "save VMX-preemption timer value", "what is left of a slice is computed from the TSC")  \
	X(EXIT_CLEAR_BNDCFGS, 23, UNUSED, 0, "clear IA32_BNDCFGS", "MPX is hidden from guests")   \
	X(EXIT_CONCEAL_VMX_FROM_PT, 24, UNUSED, 0, "conceal VMX exits from PT",                   \
	  "processor trace is off")                                                               \
	X(EXIT_CLEAR_RTIT_CTL, 25, UNUSED, 0, "clear IA32_RTIT_CTL", "processor trace is off")    \
	X(EXIT_CLEAR_LBR_CTL, 26, UNUSED, 0, "clear IA32_LBR_CTL", "branch records are off")      \
	X(EXIT_CLEAR_UINV, 27, UNUSED, 0, "clear UINV", "user interrupts are hidden from guests") \
	X(EXIT_LOAD_CET_STATE, 28, UNUSED, 0, "load CET state on exit",                           \
	  "CET is hidden from guests")                                                            \
	X(EXIT_LOAD_PKRS, 29, UNUSED, 0, "load PKRS on exit", "PKS is hidden from guests")        \
	X(EXIT_SAVE_PERF_GLOBAL_CTRL, 30, UNUSED, 0, "save IA32_PERF_GLOBAL_CTRL",                \
	  "performance counters are off")                                                         \
	X(EXIT_ACTIVATE_SECONDARY, 31, UNUSED, 0, "activate secondary exit controls",             \
	  "none of them is used")

#define VMX_ENTRY_CONTROL_LIST(X)                                                                 \
	X(ENTRY_LOAD_DEBUG_CONTROLS, 2, REQUIRED, REQUEST_ALWAYS, "load debug controls",          \
	  "a guest would run with the host's DR7")                                                \
	X(ENTRY_IA32E_MODE_GUEST, 9, DYNAMIC, REQUEST_ALWAYS, "IA-32e mode guest",                \
	  "64-bit guests cannot run")                                                             \
	X(ENTRY_ENTRY_TO_SMM, 10, FORBIDDEN, 0, "entry to SMM",                                   \
	  "only the monitor of system-management mode uses it")                                   \
	X(ENTRY_DEACTIVATE_DUAL_MONITOR, 11, FORBIDDEN, 0, "deactivate dual-monitor treatment",   \
	  "only the monitor of system-management mode uses it")                                   \
	X(ENTRY_LOAD_PERF_GLOBAL_CTRL, 13, UNUSED, 0, "load IA32_PERF_GLOBAL_CTRL on entry",      \
	  "performance counters are off")                                                         \
	X(ENTRY_LOAD_PAT, 14, REQUIRED, REQUEST_ALWAYS, "load IA32_PAT on entry",                 \
	  "a guest would run with the host's memory types")                                       \
	X(ENTRY_LOAD_EFER, 15, REQUIRED, REQUEST_ALWAYS, "load IA32_EFER on entry",               \
	  "a guest would run with the host's IA32_EFER")                                          \
	X(ENTRY_LOAD_BNDCFGS, 16, UNUSED, 0, "load IA32_BNDCFGS", "MPX is hidden from guests")    \
	X(ENTRY_CONCEAL_VMX_FROM_PT, 17, UNUSED, 0, "conceal VMX entries from PT",                \
	  "processor trace is off")                                                               \
	X(ENTRY_LOAD_RTIT_CTL, 18, UNUSED, 0, "load IA32_RTIT_CTL", "processor trace is off")     \
	X(ENTRY_LOAD_UINV, 19, UNUSED, 0, "load UINV", "user interrupts are hidden from guests")  \
	X(ENTRY_LOAD_CET_STATE, 20, UNUSED, 0, "load CET state on entry",                         \
	  "CET is hidden from guests")                                                            \
	X(ENTRY_LOAD_LBR_CTL, 21, UNUSED, 0, "load guest IA32_LBR_CTL", "branch records are off") \
	X(ENTRY_LOAD_PKRS, 22, UNUSED, 0, "load PKRS on entry", "PKS is hidden from guests")

#endif
