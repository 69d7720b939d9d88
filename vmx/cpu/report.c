/* The capability report's text. */
#include "vmx/cpu/report.h"

#include "lib/format.h"
#include "lib/string.h"
#include "x86/msr.h"

/* Capabilities that are no controls: bits of three MSRs that only say what the CPU can do. */
enum feature_source { FEATURE_EPT_VPID, FEATURE_BASIC, FEATURE_MISC, FEATURE_SOURCES };

static const char *const source_names[] = {
	[FEATURE_EPT_VPID] = "EPT and VPID",
	[FEATURE_BASIC] = "basic",
	[FEATURE_MISC] = "miscellaneous",
};
_Static_assert(ARRAY_SIZE(source_names) == FEATURE_SOURCES, "every source has a name");

struct feature_row {
	enum feature_source source;
	uint64_t mask;
	enum vmx_control_need need;
	uint32_t when;
	const char *name;
	const char *missing;
};

/* clang-format off */
static const struct feature_row feature_rows[] = {
	{ FEATURE_BASIC, VMX_BASIC_DUAL_MONITOR, NEED_UNUSED, 0,
	  "dual-monitor treatment of SMIs", "system-management mode is the firmware's" },
	{ FEATURE_BASIC, VMX_BASIC_INS_OUTS_INFO, NEED_WANTED, REQUEST_ALWAYS,
	  "INS and OUTS instruction information", "a guest that uses string I/O is stopped" },
	{ FEATURE_BASIC, VMX_BASIC_TRUE_CONTROLS, NEED_WANTED, REQUEST_ALWAYS,
	  "TRUE control MSRs", "MOV to and from CR3 exits whether wanted or not" },
	{ FEATURE_BASIC, VMX_BASIC_ANY_ERROR_CODE, NEED_UNUSED, 0,
	  "exceptions with or without error code", "events follow the SDM's table of vectors" },

	{ FEATURE_MISC, VMX_MISC_STORES_LMA, NEED_UNUSED, 0,
	  "exits store EFER.LMA", "IA32_EFER itself is saved" },
	{ FEATURE_MISC, VMX_MISC_ACTIVITY_HLT, NEED_UNUSED, 0,
	  "activity state HLT", "a halted vCPU gives its CPU to others" },
	{ FEATURE_MISC, VMX_MISC_ACTIVITY_SHUTDOWN, NEED_UNUSED, 0,
	  "activity state shutdown", "a triple fault ends its VM" },
	{ FEATURE_MISC, VMX_MISC_ACTIVITY_WAIT_SIPI, NEED_UNUSED, 0,
	  "activity state wait-for-SIPI", "a vCPU that waits for its SIPI is not run" },
	{ FEATURE_MISC, VMX_MISC_PT_IN_VMX, NEED_UNUSED, 0,
	  "processor trace in VMX operation", "processor trace is off" },
	{ FEATURE_MISC, VMX_MISC_SMBASE_MSR, NEED_UNUSED, 0,
	  "IA32_SMBASE", "system-management mode is the firmware's" },
	{ FEATURE_MISC, VMX_MISC_SMM_MONITOR_CTL, NEED_UNUSED, 0,
	  "IA32_SMM_MONITOR_CTL", "system-management mode is the firmware's" },
	{ FEATURE_MISC, VMX_MISC_VMWRITE_ANY_FIELD, NEED_UNUSED, 0,
	  "VMWRITE to read-only fields", "exit information is never forged" },
	{ FEATURE_MISC, VMX_MISC_ZERO_LENGTH_EVENT, NEED_WANTED, REQUEST_ALWAYS,
	  "software events of length 0", "software interrupts need their instruction's length" },

	{ FEATURE_EPT_VPID, EPT_CAP_EXECUTE_ONLY, NEED_WANTED, REQUEST_ALWAYS,
	  "execute-only translations", "a page that can be executed can be read" },
	{ FEATURE_EPT_VPID, EPT_CAP_WALK_4, NEED_REQUIRED, REQUEST_ALWAYS,
	  "page-walk length of 4", "EPT tables have four levels" },
	{ FEATURE_EPT_VPID, EPT_CAP_WALK_5, NEED_UNUSED, 0,
	  "page-walk length of 5", "four levels reach 256 TiB" },
	{ FEATURE_EPT_VPID, EPT_CAP_UC, NEED_UNUSED, 0,
	  "uncacheable EPT structures", "EPT tables are write-back" },
	{ FEATURE_EPT_VPID, EPT_CAP_WB, NEED_WANTED, REQUEST_ALWAYS,
	  "write-back EPT structures", "EPT tables are walked uncached" },
	{ FEATURE_EPT_VPID, EPT_CAP_2M, NEED_WANTED, REQUEST_LARGE_PAGES,
	  "2-MByte EPT pages", "guest memory is mapped by 4-KByte pages" },
	{ FEATURE_EPT_VPID, EPT_CAP_1G, NEED_WANTED, REQUEST_LARGE_PAGES,
	  "1-GByte EPT pages", "guest memory is mapped by pages of at most 2 MByte" },
	{ FEATURE_EPT_VPID, EPT_CAP_INVEPT, NEED_REQUIRED, REQUEST_ALWAYS,
	  "INVEPT", "memory taken from a guest could still be reached by it" },
	{ FEATURE_EPT_VPID, EPT_CAP_ACCESS_DIRTY, NEED_WANTED, REQUEST_ALWAYS,
	  "accessed and dirty flags for EPT", "which pages a guest touched is not known" },
	{ FEATURE_EPT_VPID, EPT_CAP_EXIT_INFO, NEED_UNUSED, 0,
	  "advanced exit information for EPT violations", "the qualification says enough" },
	{ FEATURE_EPT_VPID, EPT_CAP_SHADOW_STACK, NEED_UNUSED, 0,
	  "supervisor shadow-stack control", "CET is hidden from guests" },
	{ FEATURE_EPT_VPID, EPT_CAP_INVEPT_SINGLE, NEED_WANTED, REQUEST_ALWAYS,
	  "single-context INVEPT", "a change to one VM's memory flushes every VM's translations" },
	{ FEATURE_EPT_VPID, EPT_CAP_INVEPT_ALL, NEED_WANTED, REQUEST_ALWAYS,
	  "all-context INVEPT", "translations of an earlier VMX operation stay until used" },
	{ FEATURE_EPT_VPID, VPID_CAP_INVVPID, NEED_WANTED, REQUEST_VPID,
	  "INVVPID", "one vCPU's translations cannot be flushed" },
	{ FEATURE_EPT_VPID, VPID_CAP_INVVPID_ADDRESS, NEED_UNUSED, 0,
	  "individual-address INVVPID", "guests flush their own addresses without an exit" },
	{ FEATURE_EPT_VPID, VPID_CAP_INVVPID_SINGLE, NEED_WANTED, REQUEST_VPID,
	  "single-context INVVPID", "flushing one vCPU's translations flushes all" },
	{ FEATURE_EPT_VPID, VPID_CAP_INVVPID_ALL, NEED_WANTED, REQUEST_VPID,
	  "all-context INVVPID", "translations of an earlier VMX operation stay until used" },
	{ FEATURE_EPT_VPID, VPID_CAP_INVVPID_RETAIN_GLOBALS, NEED_UNUSED, 0,
	  "single-context-retaining-globals INVVPID", "a flush takes global pages too" },
};
/* clang-format on */

/* Controls and features are one list of items here; those of one group are together in it. */
#define PLUS_ONE(symbol, bit, need, when, name, missing) +1
#define CONTROL_ITEMS                                                                     \
	(VMX_PIN_CONTROL_LIST(PLUS_ONE) VMX_PRIMARY_CONTROL_LIST(PLUS_ONE)                \
		 VMX_SECONDARY_CONTROL_LIST(PLUS_ONE) VMX_TERTIARY_CONTROL_LIST(PLUS_ONE) \
			 VMX_EXIT_CONTROL_LIST(PLUS_ONE) VMX_ENTRY_CONTROL_LIST(PLUS_ONE))
#define ITEMS  (CONTROL_ITEMS + ARRAY_SIZE(feature_rows))
#define GROUPS (CONTROL_WORDS + FEATURE_SOURCES)

struct report {
	const struct vmx_capability *cap;
	uint32_t request;
	bool details;
	vmx_report_line line;
	void *context;
	uint8_t states[ITEMS]; /* enum vmx_control_state: each is asked for many times */
	unsigned counts[CONTROL_STATES];
};

static uint64_t feature_bits(const struct vmx_capability *cap, enum feature_source source)
{
	switch (source) {
	case FEATURE_BASIC:
		return cap->basic;
	case FEATURE_MISC:
		return cap->misc;
	default:
		return cap->ept_vpid;
	}
}

/* Without EPT or VPID itself nobody misses what only refines it. */
static bool has_master(const struct vmx_capability *cap, const struct feature_row *row)
{
	if (row->source != FEATURE_EPT_VPID)
		return true;
	return row->mask < VPID_CAP_INVVPID ? vmx_has_ept(cap) : vmx_has_vpid(cap);
}

static const struct feature_row *feature_at(unsigned item)
{
	return &feature_rows[item - CONTROL_ITEMS];
}

static const char *item_name(unsigned item)
{
	return item < CONTROL_ITEMS ? vmx_control_rows[item].name : feature_at(item)->name;
}

static const char *item_missing(unsigned item)
{
	return item < CONTROL_ITEMS ? vmx_control_rows[item].missing : feature_at(item)->missing;
}

/* Control words first, then sources of features. */
static unsigned item_group(unsigned item)
{
	return item < CONTROL_ITEMS ? vmx_control_rows[item].word
				    : CONTROL_WORDS + feature_at(item)->source;
}

static const char *group_name(unsigned group)
{
	return group < CONTROL_WORDS ? vmx_control_word_name(group)
				     : source_names[group - CONTROL_WORDS];
}

static enum vmx_control_state feature_state(const struct report *report,
					    const struct feature_row *row)
{
	return vmx_need_state(has_master(report->cap, row) ? row->need : NEED_UNUSED,
			      row->when & report->request,
			      feature_bits(report->cap, row->source) & row->mask, false);
}

static void find_states(struct report *report)
{
	for (unsigned i = 0; i < CONTROL_ITEMS; i++)
		report->states[i] = (uint8_t)vmx_control_state(&vmx_control_rows[i], report->cap,
							       report->request);
	for (unsigned i = CONTROL_ITEMS; i < ITEMS; i++)
		report->states[i] = (uint8_t)feature_state(report, feature_at(i));
	for (unsigned i = 0; i < ITEMS; i++)
		report->counts[report->states[i]]++;
}

static void emit(const struct report *report, enum vmx_report_weight weight, const char *format,
		 ...) printf_like(3, 4);

static void emit(const struct report *report, enum vmx_report_weight weight, const char *format,
		 ...)
{
	char text[VMX_REPORT_LINE_MAX + 1];
	va_list args;

	va_start(args, format);
	format_string_va(text, sizeof(text), format, args);
	va_end(args);
	report->line(report->context, weight, text);
}

/* The names of those of items [first, end) that are in one state, as many lines as that takes. */
static void emit_names(const struct report *report, unsigned first, unsigned end,
		       enum vmx_control_state state)
{
	char text[VMX_REPORT_LINE_MAX + 1];
	size_t used = 0;

	for (unsigned i = first; i < end; i++) {
		if (report->states[i] != state)
			continue;
		const char *name = item_name(i);
		if (used && used + strlen(", ") + strlen(name) >= sizeof(text)) {
			report->line(report->context, REPORT_NOTE, text);
			used = 0;
		}
		if (!used)
			used = format_string(text, sizeof(text), "%s %s: %s",
					     group_name(item_group(i)),
					     vmx_control_state_name(state), name);
		else
			used += format_string(text + used, sizeof(text) - used, ", %s", name);
	}
	if (used)
		report->line(report->context, REPORT_NOTE, text);
}

static void emit_groups(const struct report *report)
{
	static const enum vmx_control_state shown[] = {
		CONTROL_STATE_REQUIRED, CONTROL_STATE_USED,   CONTROL_STATE_NOT_USED,
		CONTROL_STATE_FORCED,   CONTROL_STATE_ABSENT,
	};

	for (unsigned group = 0; group < GROUPS; group++) {
		unsigned first = 0, end;

		while (first < ITEMS && item_group(first) != group)
			first++;
		for (end = first; end < ITEMS && item_group(end) == group; end++)
			;
		for (unsigned s = 0; s < ARRAY_SIZE(shown); s++)
			emit_names(report, first, end, shown[s]);
	}
}

/* Every item on a line of its own, where details are wanted, and what is missing in any case. */
static void emit_items(const struct report *report)
{
	for (unsigned i = 0; i < ITEMS; i++) {
		enum vmx_control_state state = report->states[i];
		const char *name = item_name(i);

		if (state == CONTROL_STATE_MISSING)
			emit(report, REPORT_NOTE, "%s missing: %s", name, item_missing(i));
		else if (!report->details)
			continue;
		else if (state == CONTROL_STATE_NOT_USED || state == CONTROL_STATE_ABSENT)
			emit(report, REPORT_DETAIL, "%s %s: %s", name,
			     vmx_control_state_name(state), item_missing(i));
		else
			emit(report, REPORT_DETAIL, "%s %s", name, vmx_control_state_name(state));
	}
}

static void emit_basics(const struct report *report)
{
	const struct vmx_capability *cap = report->cap;

	emit(report, REPORT_NOTE,
	     "VMX revision=0x%x region-bytes=%u memory-type=%u physical-bits=%u "
	     "feature-control=0x%llx",
	     vmx_revision(cap), vmx_region_size(cap),
	     (unsigned)field_get(cap->basic, VMX_BASIC_MEMORY_TYPE), cap->physical_bits,
	     (unsigned long long)cap->feature_control);
	emit(report, REPORT_NOTE,
	     "in VMX operation cr0-ones=0x%llx cr0-zeros=0x%llx cr4-ones=0x%llx cr4-zeros=0x%llx",
	     (unsigned long long)cap->cr0_fixed0,
	     (unsigned long long)(~cap->cr0_fixed1 & 0xffffffff),
	     (unsigned long long)cap->cr4_fixed0,
	     (unsigned long long)(~cap->cr4_fixed1 & 0xffffffff));
	if (vmx_has_preemption_timer(cap))
		emit(report, REPORT_NOTE, "VMX-preemption timer counts every %u ticks of the TSC",
		     1u << vmx_timer_shift(cap));
}

/* As read, so that a log is enough to make a test case of a machine. */
static void emit_msrs(const struct report *report)
{
	if (!report->details)
		return;
	for (unsigned i = 0; i < VMX_CAPABILITY_MSRS; i++)
		if (vmx_capability_has_msr(report->cap, (enum msr)vmx_capability_msrs[i]))
			emit(report, REPORT_DETAIL, "%s=0x%llx", msr_name(vmx_capability_msrs[i]),
			     (unsigned long long)report->cap->msr[i]);
}

void vmx_report(const struct vmx_capability *cap, uint32_t request, bool details,
		vmx_report_line line, void *context)
{
	struct report report = {
		.cap = cap, .request = request, .details = details, .line = line, .context = context
	};
	struct reason why;

	if (cap->vmx) {
		find_states(&report);
		emit_basics(&report);
		emit_msrs(&report);
		emit_groups(&report);
		emit_items(&report);
		emit(&report, REPORT_NOTE,
		     "VMX capabilities required=%u used=%u not-used=%u forced=%u missing=%u "
		     "absent=%u",
		     report.counts[CONTROL_STATE_REQUIRED], report.counts[CONTROL_STATE_USED],
		     report.counts[CONTROL_STATE_NOT_USED], report.counts[CONTROL_STATE_FORCED],
		     report.counts[CONTROL_STATE_MISSING], report.counts[CONTROL_STATE_ABSENT]);
	}
	if (vmx_usable(cap, &why))
		emit(&report, REPORT_NOTE, "no guest can run here: %s", why.text);
}
