/* Why would a CPU refuse this VM entry? Every check of SDM volume 3, chapter "VM Entries", is one
 * row: what it is called, which fields it reads, whether it holds, what would satisfy it, and how to
 * break it and nothing else. Pure: the rows judge a snapshot of the VMCS and of what lies outside it.
 * docs/entry-checks.md is made from the rows. */
#ifndef VMX_CHECK_ENTRY_CHECK_H
#define VMX_CHECK_ENTRY_CHECK_H

#include "lib/types.h"
#include "vmx/check/vmcs_snapshot.h"
#include "vmx/cpu/capability.h"
#include "vmx/cpu/controls.h"
#include "vmx/exit/exit_reason.h"
#include "vmx/instruction_error.h"

/* --- what is judged -------------------------------------------------------------------------- */

/* One entry of an MSR area. SDM volume 3, "VM-Entry Controls for MSRs". */
struct msr_area_entry {
	uint32_t index;
	uint32_t reserved;
	uint64_t value;
};

#define MSR_AREA_COPIED 16 /* the most entries that a snapshot holds */

/* What VM entry reads from memory that the VMCS points at. */
struct entry_check_memory {
	struct msr_area_entry msr_load[MSR_AREA_COPIED]; /* of the VM-entry MSR-load area */
	unsigned msr_load_count;                         /* as many as were copied */
	bool vtpr_known;                                 /* the virtual-APIC page could be read */
	uint8_t vtpr; /* bits 7:4 are the virtual task priority */
	bool pdptes_known;
	uint64_t pdpte[4]; /* at guest CR3, which matters without EPT */
	bool link_known;
	uint32_t link_revision; /* the first word of the VMCS that the link pointer names */
};

/* The CPU at the moment of the entry. */
struct entry_check_cpu {
	uint64_t cr0, cr4, efer;
	uint64_t vmxon_pointer;
	uint64_t vmcs_pointer; /* of the VMCS itself */
	bool launched;         /* the entry is a VMRESUME */
	bool smm;              /* in system-management mode */
	bool tracing;          /* processor trace is on: IA32_RTIT_CTL.TraceEn */
};

/* Begun by entry_check_begin(). */
struct entry_check_input {
	const struct vmx_capability *capability;
	uint64_t may_be_one[CONTROL_WORDS]; /* of `capability`, kept since most rules ask */
	struct vmcs_snapshot vmcs;
	struct entry_check_memory memory;
	struct entry_check_cpu cpu;
	/* A page full of zeroes that a recipe may point fields at; the snapshot's `memory` then says
	 * what it would hold. Aligned, within the physical-address width. */
	uint64_t spare_page;
};

/* All of `in` empty but for what this CPU can do. `cap` stays the caller's while `in` is used. */
void entry_check_begin(struct entry_check_input *in, const struct vmx_capability *cap);

/* The value of a field. */
static inline_always uint64_t field(const struct entry_check_input *in, enum vmcs_field which)
{
	return vmcs_snapshot_get(&in->vmcs, which);
}

static inline void set_field(struct entry_check_input *in, enum vmcs_field which, uint64_t value)
{
	vmcs_snapshot_set(&in->vmcs, which, value);
}

/* --- rules ----------------------------------------------------------------------------------- */

/* X(symbol, the SDM's title, what is missing of it here: empty when nothing) */
#define ENTRY_SECTION_LIST(X)                                                                      \
	X(SECTION_EXECUTION_CONTROLS, "VM-Execution Control Fields", "")                           \
	X(SECTION_EXIT_CONTROLS, "VM-Exit Control Fields", "")                                     \
	X(SECTION_ENTRY_CONTROLS, "VM-Entry Control Fields", "events of FRED")                     \
	X(SECTION_HOST_REGISTERS, "Checks on Host Control Registers, MSRs, and SSP",               \
	  "the MSRs of FRED")                                                                      \
	X(SECTION_HOST_SEGMENTS, "Checks on Host Segment and Descriptor-Table Registers", "")      \
	X(SECTION_ADDRESS_SPACE, "Checks Related to Address-Space Size", "")                       \
	X(SECTION_GUEST_REGISTERS, "Checks on Guest Control Registers, Debug Registers, and MSRs", \
	  "bits that only some CPUs reserve in IA32_RTIT_CTL, IA32_LBR_CTL and IA32_DEBUGCTL")     \
	X(SECTION_GUEST_SEGMENTS, "Checks on Guest Segment Registers", "")                         \
	X(SECTION_GUEST_TABLES, "Checks on Guest Descriptor-Table Registers", "")                  \
	X(SECTION_GUEST_RIP, "Checks on Guest RIP, RFLAGS, and SSP", "")                           \
	X(SECTION_GUEST_NON_REGISTER, "Checks on Guest Non-Register State",                        \
	  "NMIs after STI, which some CPUs refuse")                                                \
	X(SECTION_GUEST_PDPTES, "Checks on Guest Page-Directory-Pointer-Table Entries", "")        \
	X(SECTION_LOADING_MSRS, "Loading MSRs",                                                    \
	  "MSRs and values that a CPU refuses for reasons of its model")

enum entry_section {
#define X(symbol, title, missing) symbol,
	ENTRY_SECTION_LIST(X)
#undef X
		ENTRY_SECTIONS
};

struct entry_section_row {
	const char *title;
	const char *missing; /* empty when all of the section's checks have rows */
};

extern const struct entry_section_row entry_sections[ENTRY_SECTIONS];

/* What the CPU does about a broken rule: VMfailValid with a VM-instruction error, or an exit with a basic
 * reason. */
enum entry_refusal {
	REFUSED_CONTROLS = VMX_ERROR_ENTRY_CONTROLS,
	REFUSED_HOST_STATE = VMX_ERROR_ENTRY_HOST_STATE,
	REFUSED_GUEST_STATE =
		EXIT_REASON_ENTRY_FAILURE_GUEST_STATE, /* the qualification is the rule's */
	/* The qualification is the entry's number, from 1. */
	REFUSED_MSR_LOADING = EXIT_REASON_ENTRY_FAILURE_MSR_LOADING,
};

static inline bool entry_refusal_is_exit(enum entry_refusal refusal)
{
	return refusal == REFUSED_GUEST_STATE || refusal == REFUSED_MSR_LOADING;
}

/* One step of breaking a rule. There are hundreds of them: no bytes between. */
enum change_kind {
	CHANGE_WRITE,    /* the field becomes `bits` */
	CHANGE_TURN_ON,  /* the field's bits in `bits` become 1 */
	CHANGE_TURN_OFF, /* ... 0 */
};

struct field_change {
	uint16_t field; /* enum vmcs_field */
	uint8_t kind;   /* enum change_kind */
	uint64_t bits;
} packed_layout;

/* What a row asks, most of them of the first field that it reads. Of segment registers but for RULE_ASKS only
 * where the CPU looks at the register: where it is usable, and not ES to GS in virtual-8086 mode. */
enum rule_kind {
	RULE_ASKS,         /* what `holds` says, or of a row for segment registers `holds_for` */
	RULE_ASKS_OF_ROW,  /* what `holds_of` says */
	RULE_ASKS_OF_MSRS, /* what `holds_of_msr` says of each entry of the VM-entry MSR-load area */
	RULE_ZEROES,       /* `bits` are 0 */
	RULE_ONES,         /* `bits` are 1 */
	RULE_NOT_ZERO,     /* not all bits are 0 */
	RULE_CANONICAL,    /* a canonical address, at the widest that the CPU has */
	RULE_PHYSICAL,     /* no bit beyond the physical-address width */
	RULE_NARROW,       /* the same, but 32 bits where IA32_VMX_BASIC[48] says so */
	RULE_NEEDS,        /* the control `needs` is on */
	RULE_ALLOWED_ONES,  /* no bit of control word `word` is 1 that has to be 0 */
	RULE_REQUIRED_ONES, /* ... 0 that has to be 1 */
};

/* What a recipe begins with, where that is not a 64-bit guest as Plinth enters it. */
enum rule_start {
	START_GOOD,
	/* A CPU in another state than one that runs Plinth. */
	START_IN_SMM,
	START_OUTSIDE_IA32E, /* host and guest are of 32 bits then */
	START_TRACING,
	/* A guest in another mode: this and its enum guest_state. */
	START_GUEST,
};

#define ENTRY_RULE_READS 5 /* at most */

/* A row is a rule, or as many as there are in `segments`: the same is asked of several guest segment
 * registers. Where the row names a field of ES it then means that of the register in question. */
struct entry_rule_row {
	/* Without what the table says: "cr4.pae" is host.cr4.pae among the host's. Of a row for segment
	 * registers the last part: "present" is guest.segment.cs.present and others. */
	const char *id;
	const char *
		want; /* what would satisfy it, as a sentence's end after "want"; none with RULE_NEEDS */
	/* By `kind`. Functions return false when the rule is broken. A rule whose premise another rule
	 * checks (a control that this CPU does not have, say) holds while that one is broken. */
	union {
		bool (*holds)(const struct entry_check_input *in);
		bool (*holds_for)(const struct entry_check_input *in, enum vmcs_segment segment);
		bool (*holds_of)(const struct entry_check_input *in,
				 const struct entry_rule_row *row);
		bool (*holds_of_msr)(const struct entry_check_input *in,
				     const struct msr_area_entry *entry);
		uint64_t bits;
		uint8_t needs; /* enum vmx_control_place */
		enum vmx_control_word word;
	};
	/* What breaks this rule and no other, in a VMCS that breaks none, made one of `start`: these changes,
	 * or of a row that asks a function and has none, one more function, which may be null. Then the
	 * control `while_on` is turned on, and the field or control broken that `kind` is about. */
	union {
		const struct field_change *changes;
		void (*break_by)(struct entry_check_input *in);
		void (*break_of)(struct entry_check_input *in, const struct entry_rule_row *row);
	};
	/* Encodings of the fields that it reads and the log shows. That of the VPID is 0: it can be the first. */
	uint16_t reads[ENTRY_RULE_READS];
	/* The control while which the rule counts: one more than its place; 0: it always does. */
	uint8_t while_on;
	uint8_t kind;     /* enum rule_kind */
	uint8_t start;    /* enum rule_start */
	uint8_t segments; /* bits by enum vmcs_segment */
	uint8_t change_count;
	/* The exit qualification that its breaking gives with REFUSED_GUEST_STATE and
	 * REFUSED_MSR_LOADING. */
	uint8_t qualification;
};

/* Rows of one section that the CPU answers alike. */
struct entry_rule_table {
	const struct entry_rule_row *rows;
	uint8_t count;
	uint8_t section; /* enum entry_section */
	uint8_t refusal; /* enum entry_refusal */
};

/* A rule: a row, and one of its registers. */
struct entry_rule {
	const struct entry_rule_table *table;
	const struct entry_rule_row *row;
	enum vmcs_segment segment; /* SEGMENT_ES where the row is for none */
	unsigned tables;           /* how many were begun: for entry_rule_next() */
};

/* Goes on to the next rule, from a zeroed `rule` to the first, in the order in which the CPU checks. False
 * when there is none. */
bool entry_rule_next(struct entry_rule *rule);

unsigned entry_rule_count(void);

/* Its id, whole: begins with control., host. or guest. */
#define ENTRY_RULE_ID_MAX 64
void entry_rule_id(const struct entry_rule *rule, char *id, size_t size);

/* What would satisfy it: "bits 11:8 0". */
#define ENTRY_RULE_WANT_MAX 200
void entry_rule_want(const struct entry_rule *rule, char *text, size_t size);

/* The field that it means where its row names `which`. */
enum vmcs_field entry_rule_field(const struct entry_rule *rule, unsigned which);

/* How many fields it reads: at least one. */
unsigned entry_rule_read_count(const struct entry_rule *rule);

/* Is the rule kept? */
bool entry_rule_holds(const struct entry_rule *rule, const struct entry_check_input *in);

/* --- judging --------------------------------------------------------------------------------- */

typedef void (*entry_check_report)(void *context, const struct entry_rule *rule);

/* Calls `report` for each rule that does not hold, and returns how many those are. Never writes to
 * `in`, whatever it holds. */
unsigned entry_check_run(const struct entry_check_input *in, entry_check_report report,
			 void *context);

/* The line on a broken rule: "entry-check ID: FIELD=0x89 FIELD=0x1, want ...". */
#define ENTRY_CHECK_LINE_MAX 400
void entry_check_line(const struct entry_rule *rule, const struct entry_check_input *in, char *line,
		      size_t size);

/* What the CPU answers when the rule is broken: "VMfail 7", "exit 33, qualification 0". */
void entry_check_answer(const struct entry_rule *rule, char *text, size_t size);

/* Breaks `rule`, and no other, in a snapshot that breaks none. False when this CPU does not let it (it
 * lacks the control that the rule is about, say): `in` is then good for nothing. Where `in->cpu` differs
 * afterwards, the rule is about a CPU in another state than one that runs Plinth: only a snapshot can
 * break it. */
bool entry_rule_break(const struct entry_rule *rule, struct entry_check_input *in);

#endif
