/* CR0, CR4 and EFER: from what the guest believes them to hold to what the hardware gets, with the
 * checks that the instructions which write them make. Pure.
 *
 * The hardware's values differ from the guest's where VMX demands a bit (NE, VMXE, and without
 * unrestricted guest PE and PG) and where the machine must stay in charge (CD, NW, MCE). The guest
 * reads its own values from the shadows. A guest that has paging off on a CPU without unrestricted
 * guest runs with paging on and an identity map instead: `identity_map`. */
#ifndef VMX_VCPU_CONTROL_STATE_H
#define VMX_VCPU_CONTROL_STATE_H

#include "lib/error.h"
#include "lib/types.h"

/* What the CPU and the policy allow; constant for a vCPU. */
struct control_limits {
	uint64_t cr0_fixed0, cr0_fixed1; /* IA32_VMX_CR0_FIXED0 and 1 */
	uint64_t cr4_fixed0, cr4_fixed1;
	uint64_t cr4_forced;   /* set in hardware whatever the guest says: the host's MCE */
	uint64_t cr4_allowed;  /* bits that the guest may set: cpuid_cr4_allowed() */
	uint64_t efer_allowed; /* likewise; LMA not counted */
	unsigned address_bits; /* MAXPHYADDR */
	bool unrestricted;     /* the "unrestricted guest" control is in use */
};

/* The guest's view. */
struct control_view {
	uint64_t cr0, cr4, efer;
};

/* What goes into the VMCS. */
struct control_hardware {
	uint64_t cr0, cr4, efer;
	uint64_t cr0_mask, cr4_mask; /* bits that the host owns */
	bool ia32e;                  /* the "IA-32e mode guest" entry control */
	bool identity_map;           /* paging is on only in hardware */
};

/* What the CPU would do besides changing the register. */
enum control_effect {
	CONTROL_LOAD_PDPTES = 1 << 0, /* PAE paging: the PDPTEs are read anew from memory */
	CONTROL_FLUSH = 1 << 1,       /* the guest's linear translations end */
};

/* The rest of the machine's state that the checks look at. */
struct control_context {
	uint64_t cr3;
	bool code64; /* CS.L */
	bool tss16;  /* TR holds a 16-bit TSS */
};

/* MOV to CR0: InvalidInput means #GP(0), and `view` is unchanged. Unsupported: the guest asks for
 * real mode and the CPU has no unrestricted guest. `effects`: enum control_effect, or-ed. */
enum error control_write_cr0(const struct control_limits *limits, struct control_view *view,
			     const struct control_context *context, uint64_t value,
			     unsigned *effects) must_check;

/* MOV to CR4: as above. */
enum error control_write_cr4(const struct control_limits *limits, struct control_view *view,
			     const struct control_context *context, uint64_t value,
			     unsigned *effects) must_check;

/* WRMSR of IA32_EFER: as above. LMA in `value` is ignored, as by the CPU. */
enum error control_write_efer(const struct control_limits *limits, struct control_view *view,
			      uint64_t value) must_check;

/* MOV to CR3: bit 63 already taken off when CR4.PCIDE is set. */
enum error control_check_cr3(const struct control_limits *limits, const struct control_view *view,
			     uint64_t value) must_check;

/* The hardware's side of a view. */
void control_to_hardware(const struct control_limits *limits, const struct control_view *view,
			 struct control_hardware *hardware);

/* True when the guest uses PAE paging proper: CR0.PG, CR4.PAE, not IA-32e mode. */
bool control_is_pae(const struct control_view *view);

/* True when the four entries may be loaded: no reserved bit in a present one. SDM volume 3, "PDPTE
 * Registers". */
bool control_pdptes_valid(const uint64_t pdptes[4], unsigned address_bits);

#endif
