/* What this CPU offers of VMX: one snapshot of CPUID and the capability MSRs, read once by
 * vmx/cpu/capability_read.c; everything that is decided from it is here, and pure. SDM volume 3,
 * appendix "VMX Capability Reporting Facility". */
#ifndef VMX_CPU_CAPABILITY_H
#define VMX_CPU_CAPABILITY_H

#include "lib/error.h"
#include "lib/types.h"
#include "vm/vcpu/vcpu.h"
#include "x86/msr.h"

/* X(member, MSR), in an order in which each MSR's existence follows from those before it. */
#define VMX_CAPABILITY_MSR_LIST(X)                   \
	X(basic, MSR_VMX_BASIC)                      \
	X(pin, MSR_VMX_PINBASED_CTLS)                \
	X(primary, MSR_VMX_PROCBASED_CTLS)           \
	X(exit, MSR_VMX_EXIT_CTLS)                   \
	X(entry, MSR_VMX_ENTRY_CTLS)                 \
	X(misc, MSR_VMX_MISC)                        \
	X(cr0_fixed0, MSR_VMX_CR0_FIXED0)            \
	X(cr0_fixed1, MSR_VMX_CR0_FIXED1)            \
	X(cr4_fixed0, MSR_VMX_CR4_FIXED0)            \
	X(cr4_fixed1, MSR_VMX_CR4_FIXED1)            \
	X(vmcs_enum, MSR_VMX_VMCS_ENUM)              \
	X(secondary, MSR_VMX_PROCBASED_CTLS2)        \
	X(ept_vpid, MSR_VMX_EPT_VPID_CAP)            \
	X(true_pin, MSR_VMX_TRUE_PINBASED_CTLS)      \
	X(true_primary, MSR_VMX_TRUE_PROCBASED_CTLS) \
	X(true_exit, MSR_VMX_TRUE_EXIT_CTLS)         \
	X(true_entry, MSR_VMX_TRUE_ENTRY_CTLS)       \
	X(vmfunc, MSR_VMX_VMFUNC)                    \
	X(tertiary, MSR_VMX_PROCBASED_CTLS3)         \
	X(exit2, MSR_VMX_EXIT_CTLS2)

/* Where an MSR stands in the list. */
enum vmx_capability_place {
#define X(member, msr) PLACE_OF_##msr,
	VMX_CAPABILITY_MSR_LIST(X)
#undef X
		VMX_CAPABILITY_MSRS
};

extern const uint16_t vmx_capability_msrs[VMX_CAPABILITY_MSRS]; /* enum msr */

/* An MSR that the CPU does not have is 0 here. */
struct vmx_capability {
	bool vmx;                  /* CPUID.1:ECX.VMX */
	bool smx;                  /* CPUID.1:ECX.SMX */
	bool xsave;                /* CPUID.1:ECX.XSAVE */
	bool xsaves;               /* CPUID.(0DH,1):EAX.XSAVES: IA32_XSS exists */
	bool fast_strings;         /* REP MOVS and REP STOS are: IA32_MISC_ENABLE */
	uint8_t physical_bits;     /* MAXPHYADDR: 32..52 */
	uint8_t linear_bits;       /* the widest linear address: 48, or 57 with 5-level paging */
	uint64_t efer_bits;        /* of IA32_EFER, that are not reserved */
	uint64_t perf_global_bits; /* likewise IA32_PERF_GLOBAL_CTRL; 0 on a CPU without */
	uint32_t leaf7_ebx, leaf7_ecx, leaf7_edx; /* CPUID.(07H,0) */
	uint32_t leaf7_1_eax;                     /* CPUID.(07H,1) */
	uint64_t feature_control;
	union {
		struct {
#define X(member, msr) uint64_t member;
			VMX_CAPABILITY_MSR_LIST(X)
#undef X
		};
		uint64_t msr[VMX_CAPABILITY_MSRS]; /* the same, in the list's order */
	};
};

/* True when the CPU of which `so_far` holds the MSRs before `msr` in the list has `msr`. */
bool vmx_capability_has_msr(const struct vmx_capability *so_far, enum msr msr);

/* Do two CPUs offer the same, as far as Plinth uses it? Unsupported, naming the MSR or control, when
 * not: a vCPU that moved would break. IA32_FEATURE_CONTROL may differ until VMX is on. */
enum error vmx_capability_agrees(const struct vmx_capability *mine,
				 const struct vmx_capability *first, struct reason *why) must_check;

/* Reads this CPU's snapshot. Any context; faults nowhere, whatever the CPU. */
void vmx_capability_read(struct vmx_capability *out);

/* The bootstrap processor's snapshot; constant after vmx_percpu_init() there, which runs before the
 * other CPUs'. All CPUs that may run guests agree with it. */
extern struct vmx_capability vmx_capability;

/* --- the control words ---------------------------------------------------------------------- */

/* X(symbol without CONTROL_, name in the log) */
#define VMX_CONTROL_WORD_LIST(X)  \
	X(PIN, "pin-based")       \
	X(PRIMARY, "primary")     \
	X(SECONDARY, "secondary") \
	X(TERTIARY, "tertiary")   \
	X(EXIT, "exit")           \
	X(ENTRY, "entry")

enum vmx_control_word {
#define X(word, name) CONTROL_##word,
	VMX_CONTROL_WORD_LIST(X)
#undef X
		CONTROL_WORDS
};

/* Bits of the word that may be 1, and bits that must be 1. Where IA32_VMX_BASIC[55] says so, the
 * TRUE capability MSRs count. Words that the CPU does not have may be nothing but 0. */
uint64_t vmx_control_may_be_one(const struct vmx_capability *cap, enum vmx_control_word word);
uint64_t vmx_control_must_be_one(const struct vmx_capability *cap, enum vmx_control_word word);

/* --- single questions ----------------------------------------------------------------------- */

bool vmx_has_ept(const struct vmx_capability *cap);
bool vmx_has_unrestricted_guest(const struct vmx_capability *cap);
bool vmx_has_vpid(const struct vmx_capability *cap);
bool vmx_has_preemption_timer(const struct vmx_capability *cap);
bool vmx_has_virtual_nmis(const struct vmx_capability *cap);

static inline uint32_t vmx_revision(const struct vmx_capability *cap)
{
	return (uint32_t)field_get(cap->basic, VMX_BASIC_REVISION);
}

/* Bytes of a VMXON or VMCS region: 1 .. 4096 on a CPU that follows the SDM. */
static inline uint32_t vmx_region_size(const struct vmx_capability *cap)
{
	return (uint32_t)field_get(cap->basic, VMX_BASIC_REGION_SIZE);
}

/* The preemption timer counts down by one each time this bit of the TSC changes: 0..31. */
static inline unsigned vmx_timer_shift(const struct vmx_capability *cap)
{
	return (unsigned)field_get(cap->misc, VMX_MISC_TIMER_SHIFT);
}

/* True when INVEPT takes a single context, else all contexts have to be flushed. */
static inline bool vmx_invept_single(const struct vmx_capability *cap)
{
	return cap->ept_vpid & EPT_CAP_INVEPT_SINGLE;
}

/* Can this machine run guests? Unsupported with one sentence: no VMX, disabled by firmware, no EPT,
 * or a control that Plinth cannot do without, by name. Asks nothing of CR0 and CR4: that is
 * vmx/cpu/enable.h. */
enum error vmx_usable(const struct vmx_capability *cap, struct reason *why) must_check;

/* Can guests that start in this mode run? On a machine that is usable; Unsupported for real mode
 * without unrestricted guest. Paging off needs none: the backend then maps linear to physical
 * addresses itself. */
enum error vmx_mode_usable(const struct vmx_capability *cap, enum vcpu_mode mode,
			   struct reason *why) must_check;

#endif
