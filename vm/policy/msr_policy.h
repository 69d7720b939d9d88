/* What a guest's RDMSR and WRMSR do: a sorted table of ranges, each with an action for reading and
 * one for writing. An index that no range names is #GP. Pure: the emulated registers live in a
 * struct msr_state, one a vCPU. */
#ifndef VM_POLICY_MSR_POLICY_H
#define VM_POLICY_MSR_POLICY_H

#include "lib/types.h"
#include "x86/msr.h"
#include "x86/mtrr.h"

enum msr_action {
	MSR_DENY,    /* #GP(0) */
	MSR_PASS,    /* the guest reaches the register itself */
	MSR_EMULATE, /* msr_policy_read() and msr_policy_write() */
	MSR_EXECUTE, /* a write: the backend executes it for the guest, and knows the value so */
	MSR_ABOVE,   /* the machine above has to act: only a board knows */
};

/* How a passed-through register is kept apart between guest and host. */
enum msr_switch {
	MSR_SWITCH_NONE,    /* nothing is passed */
	MSR_SWITCH_BACKEND, /* the hardware's entry and exit load and save it */
	MSR_SWITCH_MANUAL, /* the backend's code loads it when vCPUs change, and saves what it does not know */
};

struct msr_range {
	uint32_t first, last;
	uint8_t read, write; /* enum msr_action */
	uint8_t switched;    /* enum msr_switch */
	uint8_t way;         /* of emulating it: msr_policy.c's to know */
};

/* The range that holds `index`; for none, a range of that index alone that denies all. */
struct msr_range msr_policy_lookup(uint32_t index);

/* Range `n` of the table, ascending and disjoint; null past the end. */
const struct msr_range *msr_policy_range(unsigned n);

/* The registers that MSR_SWITCH_MANUAL names, in the order of msr_state.manual. A guest changes the
 * first without an exit, by SWAPGS. */
#define MSR_MANUAL_LIST(X)                                         \
	X(MSR_MANUAL_KERNEL_GS_BASE, 0xc0000102, "KERNEL_GS_BASE") \
	X(MSR_MANUAL_STAR, 0xc0000081, "STAR")                     \
	X(MSR_MANUAL_LSTAR, 0xc0000082, "LSTAR")                   \
	X(MSR_MANUAL_CSTAR, 0xc0000083, "CSTAR")                   \
	X(MSR_MANUAL_FMASK, 0xc0000084, "FMASK")                   \
	X(MSR_MANUAL_TSC_AUX, 0xc0000103, "TSC_AUX")

enum msr_manual {
#define X(symbol, index, name) symbol,
	MSR_MANUAL_LIST(X)
#undef X
		MSR_MANUAL_COUNT
};

#define MSR_FOUND     8 /* a power of two */
#define MSR_MEMO_ROWS 8 /* likewise */

/* Registers that keep what they are written, as they were seen last. The row of an index is found by its
 * lowest bits. All zero it says that the register 0, a machine check's that reads as zero, does so. */
struct msr_memo {
	struct msr_memo_row {
		uint32_t index;
		bool written; /* writing the value once more would be accepted, and change nothing */
		uint32_t low, high; /* of what it holds */
	} rows[MSR_MEMO_ROWS];
};

/* The emulated registers of one vCPU. */
struct msr_state {
	uint64_t efer; /* without LMA, which is the backend's to know */
	uint64_t pat;
	uint64_t apic_base;
	uint64_t tsc_adjust;
	uint64_t tsc_offset; /* guest TSC = host TSC + this */
	uint64_t misc_enable;
	uint64_t bios_sign_id;
	uint64_t xss;
	uint64_t icr;           /* the last IPI command, x2APIC layout */
	struct mtrr_state mtrr; /* its address_bits are the guest's MAXPHYADDR */
	uint64_t manual[MSR_MANUAL_COUNT];
	/* Where to look first: the range that was found last for an index like this one. */
	uint8_t found[MSR_FOUND];
	struct msr_memo memo;
};

/* What a read or write depends on besides the state. */
struct msr_inputs {
	uint64_t cr0;          /* PG alone counts */
	uint64_t efer;         /* the backend's current value, LMA included */
	uint64_t host_tsc;     /* now */
	uint64_t efer_allowed; /* EFER bits that the guest may set: SCE, LME, NXE as CPUID shows */
	uint64_t xss_allowed;
	uint32_t vcpu_id;
	uint32_t tsc_khz; /* as CPUID tells; 0: it does not */
	bool controllers; /* the machine above has a local APIC's registers, if there is one */
	bool pvclock;     /* the machine above has the paravirtual clock */
	/* What CPUID shows; the local APIC even while it is turned off. */
	bool local_apic, x2apic, tsc_deadline, xsaves;
};

enum msr_outcome {
	MSR_DONE,
	MSR_FAULT,  /* inject #GP(0) */
	MSR_TO_CPU, /* write it to the register itself, which may refuse: #GP(0) then */
	/* Hand the exit up. Without `controllers`, index 0x830 written is an IPI in x2APIC layout;
	 * with them nothing of the local APIC's has been checked. */
	MSR_TO_BOARD,
};

/* What a write changed that the backend holds a copy of. */
enum msr_changed {
	MSR_CHANGED_EFER = 1 << 0,
	MSR_CHANGED_PAT = 1 << 1,
	MSR_CHANGED_TSC_OFFSET = 1 << 2,
	MSR_CHANGED_APIC_BASE = 1 << 3,
	MSR_CHANGED_XSS = 1 << 4,
	MSR_CHANGED_MISC_ENABLE = 1 << 5,
};

/* Power-up values. `address_bits` is MAXPHYADDR as the guest sees it; vCPU 0 is the bootstrap
 * processor. `fast_strings`: does the CPU have them on? A guest that takes the CPU at its word picks
 * the string instructions where they are fast, and loops where they are not. */
void msr_state_reset(struct msr_state *state, unsigned vcpu_id, unsigned address_bits,
		     bool fast_strings);
/* The MTRRs as firmware leaves them: write-back, but for the display's window and the last GiB below
 * 4 GiB, where devices are; write-protected where ROM is. */
void msr_state_after_firmware(struct msr_state *state);
/* What INIT changes, and nothing else: SDM volume 3, "Processor State After Reset". */
void msr_state_init(struct msr_state *state);

/* What a read of `index` gives, or null: it has to be worked out. */
static inline const struct msr_memo_row *msr_memo_find(const struct msr_memo *memo, uint32_t index)
{
	const struct msr_memo_row *row = &memo->rows[index % MSR_MEMO_ROWS];

	return likely(row->index == index) ? row : NULL;
}

/* Does all of the register belong to the machine above, so that either access is MSR_TO_BOARD, whatever the
 * state and the value? A local APIC's registers do where there is one. */
static inline bool msr_policy_is_boards(const struct msr_inputs *inputs, uint32_t index)
{
	return inputs->controllers &&
	       (index == MSR_TSC_DEADLINE ||
		index - MSR_X2APIC_FIRST <= MSR_X2APIC_LAST - MSR_X2APIC_FIRST);
}

/* `index` may be any; MSR_PASS ranges answer MSR_FAULT here, since the hardware serves them. */
enum msr_outcome msr_policy_read(struct msr_state *state, const struct msr_inputs *inputs,
				 uint32_t index, uint64_t *value);
/* On MSR_FAULT and MSR_TO_CPU the state is unchanged. `changed`: enum msr_changed, or-ed. */
enum msr_outcome msr_policy_write(struct msr_state *state, const struct msr_inputs *inputs,
				  uint32_t index, uint64_t value, unsigned *changed);

#endif
