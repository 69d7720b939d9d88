/* A virtual CPU as the Intel backend keeps it, and the agreement between the hot loop (vmx/vcpu/run.c)
 * and the exit handlers it calls. It lies behind struct vcpu, and the extended registers behind it;
 * owned by the CPU that the vCPU is bound to; before it is bound, by whoever sets it up.
 *
 * Where a vCPU's registers are while it does not run:
 *   general registers        struct vcpu, stored by the entry code at every exit
 *   RIP, RFLAGS, CRs, ...    the VMCS; RIP and the controls are also remembered here
 *   CR2, DR0-DR3, DR6, MSRs  still in the CPU while vmx_percpu.resident says so, else `resident`
 *   x87, SSE, AVX            still in the CPU while cpu->extended_state says so, else `xstate_area`
 */
#ifndef VMX_VCPU_VCPU_H
#define VMX_VCPU_VCPU_H

#include "lib/error.h"
#include "lib/types.h"
#include "vm/policy/cpuid_memo.h"
#include "vm/policy/cpuid_policy.h"
#include "vm/policy/msr_policy.h"
#include "vm/vcpu/vcpu.h"
#include "vmx/vcpu/control_state.h"
#include "vmx/vcpu/debug.h"
#include "vmx/cpu/controls.h"
#include "vmx/cpu/percpu.h"
#include "vmx/exit/exit_reason.h"
#include "vmx/exit/exit_short.h"
#include "vmx/instructions.h"

/* With CR2 (struct vcpu) and the MSRs in msr_state.manual what vmx/vcpu/resident.h is about. */
struct vmx_resident {
	uint64_t dr[4]; /* the CPU's only with `breakpoints` */
	uint64_t dr6;
	bool breakpoints; /* the guest reaches its debug registers by itself, else MOV DR exits */
};

/* What has been read of the last exit. `reason` and `vectoring` always; the rest on demand, through
 * the functions in vmx/exit/exit_fields.h, which read each field of the VMCS at most once an exit. */
enum vmx_exit_known {
	VMX_KNOWN_RIP = 1 << 0,
	VMX_KNOWN_LENGTH = 1 << 1,
	VMX_KNOWN_QUALIFICATION = 1 << 2,
	VMX_KNOWN_HOST_TIMER = 1 << 3, /* the preemption timer ran out for a host timer */
};

struct vmx_exit {
	uint32_t reason;    /* as the VMCS has it: bit 31 set means a failed entry */
	uint32_t row;       /* of the handlers' table */
	uint32_t vectoring; /* IDT-vectoring information; bit 31 set: an event was cut short */
	uint32_t known;     /* enum vmx_exit_known, or-ed */
	uint32_t length;
	uint64_t rip; /* of the instruction that exited, even after it was skipped */
	uint64_t qualification;
};

/* The VM-execution, exit and entry controls as they stand in the VMCS: changed only through
 * vmx_set_*(), which write the VMCS when the value changes. */
struct vmx_live_controls {
	uint32_t pin, primary, secondary, exit, entry;
	uint32_t exception_bitmap;
};

/* CR0, CR4 and EFER as the guest sees them (bits outside the masks it owns itself: those are in the
 * VMCS), and CR3 while the identity map of vmx/vcpu/identity_map.h stands in for it. */
struct vmx_control_registers {
	struct control_view view;
	uint64_t cr0_mask, cr4_mask;
	uint64_t cr3;
	bool identity_map;
};

/* A time slice that is being counted down (vmx/vcpu/slice.c). In ticks of the TSC, but `loaded`. */
struct vmx_slice {
	uint64_t left;              /* of guest time, when the preemption timer was loaded */
	uint64_t fits;              /* what the host's timer was set for, when it was loaded */
	struct timer_front *timers; /* where that stands, on the CPU of `active_on` */
	uint64_t start;             /* time_ticks() when run() began; without preemption timer */
	uint32_t loaded;            /* the preemption timer's count then */
	bool by_preemption_timer;   /* it counts slices, else a host timer; constant after setup */
};

/* What the hot loop does next. */
enum vmx_next {
	VMX_RESUME,      /* dealt with: enter the guest again */
	VMX_LEAVE,       /* the machine above must act: the loop decodes the exit and returns it */
	VMX_LEAVE_YIELD, /* a PAUSE was dealt with: another vCPU may go on */
	VMX_LEAVE_ANSWERED,     /* dealt with, and the machine above must act all the same */
	VMX_LEAVE_TRIPLE_FAULT, /* raising an exception on top of a double fault shut the guest down */
};

struct vmx_vcpu {
	/* The entry code reaches these by offset (vmx/offsets.c). */
	uint64_t host_rsp;              /* what HOST_RSP holds in the VMCS */
	uint32_t launched;              /* the VMCS was launched since its last VMCLEAR */
	exit_short_function after_exit; /* what the entry code calls; in the loop */
	struct recorder *recorder;      /* of the CPU; in the loop */
	/* The last exit has been handled before the loop got it, which is to do what this says. */
	bool noted;
	enum vmx_next next;
	uint64_t rip_mask; /* the bits that RIP has in the guest's present mode */

	struct vcpu *vcpu; /* constant */
	void *region;      /* the VMCS region; constant */
	hpa_t region_hpa;  /* constant */
	struct cpu
		*active_on; /* CPU on which the VMCS was loaded since its last VMCLEAR, or null */
	struct cpu *host_state_of; /* CPU whose host state the VMCS holds, or null */

	struct vmx_exit last;        /* the exit being handled */
	struct nested_table *nested; /* the VM's; in the loop */
	uint64_t nested_seen; /* its generation that this CPU has caught up with; in the loop */
	bool in_loop;         /* run() is between its beginning and its end */
	const char *did;      /* words for the exit line: set by the handler ("emulated") */

	struct vmx_debug debug;
	uint32_t exceptions; /* that exit without a debugger: a bitmap; constant after setup */

	struct vmx_controls resolved; /* as setup found them possible */
	struct vmx_live_controls controls;
	struct control_limits limits; /* constant after setup */
	struct vmx_control_registers control_registers;
	void *identity_page;     /* this vCPU owns its VM's identity map, or null */
	void *apic_access_page;  /* likewise the page that stands for local APICs */
	bool apic_access_mapped; /* by its owner: the page is in the VM's table; atomic */
	bool apic_access_ends;   /* before the next entry it has to leave the table */
	bool apicv;              /* the hardware helps with the local APIC (vmx/vcpu/apicv.h) */
	bool delivers;           /* and delivers interrupts too, in the modes that allow it */
	uint32_t tpr_threshold;  /* as the VMCS has it */
	uint64_t eoi_exits[4];   /* likewise: the EOI-exit bitmap */
	uint16_t vpid;           /* 0: none */

	struct vmx_slice slice;
	struct vmx_resident resident;
	/* After whom it was found to need nothing but what vmx/vcpu/resident.h exchanges, and when. */
	const struct vmx_vcpu *alike;
	uint64_t alike_since; /* vmx_percpu.changes */
	bool same_msrs;       /* but for those MSRs, if this is false */
	uint64_t xcr0;        /* the guest's; XSS is in msrs.xss */
	uint64_t xcr0_used;   /* all that it has had there since setup */
	uint8_t cr8;          /* the guest's task priority: MOV to and from CR8 always exit */
	uint8_t *xstate_area; /* xstate_host_layout.size bytes; constant */

	/* Physical addresses of the bitmaps in use; shared by the vCPUs of a VM where equal. */
	hpa_t msr_bitmap, io_bitmap_a, io_bitmap_b;

	/* MSRs that are emulated, and in `manual` those that change hands as said above. The EFER,
	 * PAT, TSC offset and XSS in force in the VMCS or the CPU follow it through vmx_write_efer(),
	 * vmx_set_pat(), vmx_set_tsc_offset() and vmx_set_xss(). */
	struct msr_state msrs;
	/* What the policies want to know: the constant part is filled at setup, the rest before each
	 * use. */
	struct cpuid_guest cpuid;
	struct msr_inputs msr_inputs;
	struct cpuid_memo cpuid_memo;
};

static inline struct vmx_vcpu *vmx_of(const struct vcpu *vcpu)
{
	return (struct vmx_vcpu *)vcpu->backend;
}

/* The same without a look: one lies right behind the other. */
static inline struct vmx_vcpu *vmx_behind(struct vcpu *vcpu)
{
	return (struct vmx_vcpu *)(vcpu + 1);
}

static inline struct vcpu *vmx_before(const struct vmx_vcpu *v)
{
	return (struct vcpu *)v - 1;
}

/* Something is to be done as the vCPU runs next: it is not entered but by run(). */
static inline void vmx_enter_by_run(struct vmx_vcpu *v)
{
	v->after_exit = exit_untold;
	vmx_percpu_here()->changes++;
}

/* --- exit handlers -------------------------------------------------------------------------- */

/* Handles the exit in v->last. IRQs off, on the bound CPU, VMCS loaded; may not block, allocate,
 * log or take a lock, but through vcpu->interrupts. Sets v->did when it does something worth a word. */
typedef enum vmx_next (*vmx_exit_handler)(struct vmx_vcpu *v);

/* By basic exit reason; a null handler means VMX_LEAVE. Defined in vmx/exit/exit_handlers.c; the loop's
 * own reasons (external interrupt, NMI, the windows) are in vmx/vcpu/run.c. */
extern const vmx_exit_handler vmx_exit_handlers[VMX_EXIT_REASONS];

/* Fills all of `exit` from v->last and the VMCS. Defined in vmx/exit/exit_handlers.c. */
void vmx_exit_decode(struct vmx_vcpu *v, struct vcpu_exit *exit);

/* Loop-owned handlers, for the table. */
enum vmx_next vmx_handle_external_interrupt(struct vmx_vcpu *v);
enum vmx_next vmx_handle_exception_or_nmi_nmi(struct vmx_vcpu *v);
enum vmx_next vmx_handle_interrupt_window(struct vmx_vcpu *v);
enum vmx_next vmx_handle_nmi_window(struct vmx_vcpu *v);
enum vmx_next vmx_handle_preemption_timer(struct vmx_vcpu *v);

/* In a handler: the host's interrupts that are pending are taken now, as they may not come to be taken in the guest. */
void vmx_take_host_interrupts(struct vmx_vcpu *v);

/* --- for handlers --------------------------------------------------------------------------- */

/* Makes an exception pending for the next entry, RIP unmoved. Combines with one that waits as SDM
 * volume 3, "Interrupt 8—Double Fault Exception (#DF)" says. Whether the vector has an error code
 * follows from the vector; `code` is not used otherwise. */
enum vmx_next vmx_raise(struct vmx_vcpu *v, uint8_t vector, uint32_t code);
enum vmx_next vmx_raise_page_fault(struct vmx_vcpu *v, gva_t address, uint32_t code);

/* Writes to control registers as MOV to CR, LMSW, CLTS and WRMSR make them: `value` is checked as
 * the instruction would; InvalidInput means #GP(0). Everything that follows (shadow, LMA, entry
 * control, PDPTEs, nested TLB) is done. InvalidData: PAE paging was switched on and a PDPTE has
 * reserved bits, #GP(0) too. */
enum error vmx_write_cr0(struct vmx_vcpu *v, uint64_t value) must_check;
enum error vmx_write_cr3(struct vmx_vcpu *v, uint64_t value) must_check;
enum error vmx_write_cr4(struct vmx_vcpu *v, uint64_t value) must_check;
enum error vmx_write_efer(struct vmx_vcpu *v, uint64_t value) must_check;
uint64_t vmx_read_cr0(struct vmx_vcpu *v);
uint64_t vmx_read_cr4(struct vmx_vcpu *v);
uint64_t vmx_read_efer(struct vmx_vcpu *v);

/* Inline, for exits that are answered in place. */
static inline uint64_t vmx_read_cr3(const struct vmx_vcpu *v)
{
	return v->control_registers.identity_map ? v->control_registers.cr3
						 : vmcs_read(VMCS_GUEST_CR3);
}

/* The task priority, 0..15: the local APIC's, where the VM has one. */
uint8_t vmx_read_cr8(struct vmx_vcpu *v);
void vmx_write_cr8(struct vmx_vcpu *v, uint8_t priority);

/* XSETBV: InvalidInput means #GP(0). */
enum error vmx_write_xcr0(struct vmx_vcpu *v, uint32_t index, uint64_t value) must_check;

/* After msr_policy_write() said that it changed them. */
void vmx_set_pat(struct vmx_vcpu *v);
void vmx_set_tsc_offset(struct vmx_vcpu *v);
void vmx_set_xss(struct vmx_vcpu *v);

/* What cpuid_policy() wants to know: current values filled in. */
const struct cpuid_guest *vmx_cpuid_guest(struct vmx_vcpu *v);
/* Setup: what of it never changes, and the same for msr_policy_read() and msr_policy_write(). */
void vmx_describe_msr_inputs(struct vmx_vcpu *v, const struct vcpu_config *config);

/* VMWRITE of a control when it differs from what the VMCS holds. */
void vmx_set_primary(struct vmx_vcpu *v, uint32_t value);
void vmx_set_secondary(struct vmx_vcpu *v, uint32_t value);
void vmx_set_entry_controls(struct vmx_vcpu *v, uint32_t value);
void vmx_set_exceptions(struct vmx_vcpu *v, uint32_t bitmap);

/* Reads the four PDPTEs of PAE paging into the VMCS, as MOV to CR3 does: with EPT the entry takes
 * them from there. InvalidData when one has a reserved bit, or `cr3` points at no RAM. */
enum error vmx_load_pdptes(struct vmx_vcpu *v, uint64_t cr3) must_check;

/* Makes `view` the guest's, in the VMCS and here, without the checks of the writes above. */
void vmx_apply_view(struct vmx_vcpu *v, const struct control_view *view);

/* --- the VMCS ------------------------------------------------------------------------------- */

/* Loads the vCPU's VMCS on this CPU unless it is the current one already. Panics when another CPU
 * still holds it active: the vCPU was not unbound there. IRQs any. */
void vmx_make_current(struct vmx_vcpu *v);

/* A VMCS that no CPU holds becomes as empty as a new one: a vCPU may be set up again. */
void vmx_clear_region(struct vmx_vcpu *v);

/* Writes back what only this CPU holds of the vCPU (resident and extended registers) and VMCLEARs,
 * so that another CPU may load it. On the bound CPU. */
void vmx_evict(struct vmx_vcpu *v);

#endif
