/* Good guest states of every mode: what rules are broken in, one at a time, and what breaks none. Pure. */
#ifndef VMX_CHECK_GUEST_STATES_H
#define VMX_CHECK_GUEST_STATES_H

#include "vmx/check/entry_check.h"

enum guest_state {
	GUEST_STATE_64,           /* 64-bit code, IA-32e mode */
	GUEST_STATE_COMPATIBLE,   /* 32-bit code, IA-32e mode */
	GUEST_STATE_PAE,          /* 32-bit code, PAE paging, PDPTEs not present */
	GUEST_STATE_PROTECTED,    /* 32-bit code, 32-bit paging */
	GUEST_STATE_VIRTUAL_8086, /* under 32-bit paging */
	GUEST_STATE_REAL,         /* paging and protection off: "unrestricted guest" is turned on */
	GUEST_STATES
};

/* Makes the guest-state area of the snapshot one of `state`, at privilege level 0 (virtual-8086: 3),
 * with interrupts off, active, nothing blocked, pending or injected. The entry control "IA-32e mode
 * guest" follows, other controls stay but for what is said above. RIP and RSP stay, cut to their
 * lower halves outside of 64-bit code, as do CR3 and what no mode cares for. */
void guest_state_become(struct entry_check_input *in, enum guest_state state);

/* On top of any state but GUEST_STATE_REAL and GUEST_STATE_VIRTUAL_8086: privilege level 3. */
void guest_state_become_user(struct entry_check_input *in);

#endif
