/* The VMX controls, one row each: what Plinth needs of it and what its absence means. One resolver
 * turns the rows, the capability snapshot and the request into final values, or fails by name; the
 * report prints from the same rows. Pure. SDM volume 3, "VM-Execution Control Fields", "VM-Exit
 * Control Fields", "VM-Entry Control Fields", and the appendix "VMX Capability Reporting
 * Facility" for bits that have to stay as the CPU says. */
#ifndef VMX_CPU_CONTROLS_H
#define VMX_CPU_CONTROLS_H

#include "lib/error.h"
#include "lib/types.h"
#include "vmx/cpu/capability.h"
#include "vmx/cpu/control_list.h"
#include "vmx/fields.h"

/* The bits as masks: PIN_NMI_EXITING, PRIMARY_HLT_EXITING, SECONDARY_ENABLE_EPT, EXIT_SAVE_PAT,
 * ENTRY_LOAD_PAT, ... One enum a word keeps the values apart. */
#define X(symbol, bit, need, when, name, missing) symbol = BIT(bit),
enum vmx_pin_control { VMX_PIN_CONTROL_LIST(X) };
enum vmx_primary_control { VMX_PRIMARY_CONTROL_LIST(X) };
enum vmx_secondary_control { VMX_SECONDARY_CONTROL_LIST(X) };
enum vmx_tertiary_control { VMX_TERTIARY_CONTROL_LIST(X) };
enum vmx_exit_control { VMX_EXIT_CONTROL_LIST(X) };
enum vmx_entry_control { VMX_ENTRY_CONTROL_LIST(X) };
#undef X

enum vmx_control_need {
	NEED_REQUIRED,       /* 1, else this machine runs no guests */
	NEED_WANTED,         /* 1 when requested and possible; Plinth knows how to do without */
	NEED_ON_DEMAND,      /* 1 when requested; requested and impossible is an error */
	NEED_DYNAMIC,        /* 0 at first, set and cleared as the guest runs; has to be possible */
	NEED_DYNAMIC_WANTED, /* the same, but Plinth knows how to do without */
	NEED_UNUSED,         /* 0, or 1 where the CPU insists */
	NEED_FORBIDDEN,      /* 0, else this machine runs no guests */
};

/* Who asks for a control that not every guest has. The lower bits are enum vcpu_intercept. */
enum vmx_request {
	REQUEST_INTERCEPTS = (1 << 16) - 1,
	REQUEST_ALWAYS = 1 << 16,
	REQUEST_VPID = 1 << 17,
	REQUEST_PREEMPTION_TIMER = 1 << 18,
	REQUEST_APICV = 1 << 20,
	REQUEST_DEBUGGER = 1 << 21,
	REQUEST_LARGE_PAGES = 1 << 19, /* concerns no control, but the report */
};
_Static_assert(!(INTERCEPT_RANDOM & ~REQUEST_INTERCEPTS), "intercepts fit below the toggles");

/* `intercepts` is enum vcpu_intercept, or-ed; the toggles come from the command line. */
static inline uint32_t vmx_request(bool vpid, bool preemption_timer, uint32_t intercepts)
{
	return REQUEST_ALWAYS | (vpid ? REQUEST_VPID : 0) |
	       (preemption_timer ? REQUEST_PREEMPTION_TIMER : 0) |
	       (intercepts & REQUEST_INTERCEPTS);
}

struct vmx_control_row {
	const char *name;
	const char *missing; /* a sentence's end: "NAME missing: ..." */
	uint32_t when;       /* enum vmx_request: any of them asks for it */
	uint8_t bit;         /* its number in the word */
	uint8_t word;        /* enum vmx_control_word */
	uint8_t need;        /* enum vmx_control_need */
};

static inline uint64_t vmx_control_mask(const struct vmx_control_row *row)
{
	return BIT(row->bit);
}

/* Every control that the SDM defines, by word and bit: PLACE_PIN_NMI_EXITING is where its row is. */
#define VMX_CONTROL_LIST(X)           \
	VMX_PIN_CONTROL_LIST(X)       \
	VMX_PRIMARY_CONTROL_LIST(X)   \
	VMX_SECONDARY_CONTROL_LIST(X) \
	VMX_TERTIARY_CONTROL_LIST(X)  \
	VMX_EXIT_CONTROL_LIST(X)      \
	VMX_ENTRY_CONTROL_LIST(X)

enum vmx_control_place {
#define X(symbol, bit, need, when, name, missing) PLACE_##symbol,
	VMX_CONTROL_LIST(X)
#undef X
		VMX_CONTROLS
};

extern const struct vmx_control_row vmx_control_rows[VMX_CONTROLS];

/* The final values. A NEED_DYNAMIC or NEED_DYNAMIC_WANTED bit is 0 in `word`; it may be set in
 * the VMCS as the guest runs where `may_be_one` has it. */
struct vmx_controls {
	uint64_t word[CONTROL_WORDS];
	uint64_t may_be_one[CONTROL_WORDS];
};

/* Resolves all rows. Unsupported, naming the control, when a required one cannot be 1, a forbidden
 * one cannot be 0, or one asked for through an intercept cannot be 1. */
enum error vmx_controls_resolve(const struct vmx_capability *cap, uint32_t request,
				struct vmx_controls *out, struct reason *why) must_check;

/* The VMCS field of a word, and "pin-based" and the like for the log. */
enum vmcs_field vmx_control_field(enum vmx_control_word word);
const char *vmx_control_word_name(enum vmx_control_word word);

/* What became of a row, for the report: X(symbol, name in the log) */
#define VMX_CONTROL_STATE_LIST(X)                                                        \
	X(CONTROL_STATE_REQUIRED, "required") /* and there */                            \
	X(CONTROL_STATE_USED, "used")                                                    \
	X(CONTROL_STATE_NOT_USED, "not used") /* offered, and left alone */              \
	X(CONTROL_STATE_FORCED, "forced")     /* not wanted, but the CPU insists on 1 */ \
	X(CONTROL_STATE_MISSING, "missing")   /* would be used, and cannot be 1 */       \
	X(CONTROL_STATE_ABSENT, "absent")     /* not offered, and nobody misses it */

enum vmx_control_state {
#define X(symbol, name) symbol,
	VMX_CONTROL_STATE_LIST(X)
#undef X
		CONTROL_STATES
};

/* `possible`: may the bit be 1, `forced`: must it. */
enum vmx_control_state vmx_need_state(enum vmx_control_need need, bool requested, bool possible,
				      bool forced);
enum vmx_control_state vmx_control_state(const struct vmx_control_row *row,
					 const struct vmx_capability *cap, uint32_t request);
const char *vmx_control_state_name(enum vmx_control_state state);

#endif
