/* The capability report's text. */
#include "vmx/cpu/report.h"

#include "lib/format.h"
#include "lib/string.h"
#include "lib/text_list.h"
#include "x86/msr.h"

/* Capabilities that are no controls: bits of three MSRs that only say what the CPU can do. Their rows are like
 * those of controls, and the MSR is the word. X(symbol, name in the log) */
#define FEATURE_WORD_LIST(X)                \
	X(FEATURE_EPT_VPID, "EPT and VPID") \
	X(FEATURE_BASIC, "basic")           \
	X(FEATURE_MISC, "miscellaneous")

enum feature_word {
	BEFORE_FEATURES = CONTROL_WORDS - 1,
#define X(symbol, name) symbol,
	FEATURE_WORD_LIST(X)
#undef X
		GROUPS /* of the report */
};

#define FEATURE(word_, mask, need_, when_, name_, missing_)                                  \
	{                                                                                    \
		.word = FEATURE_##word_, .bit = __builtin_ctzll(mask), .need = NEED_##need_, \
		.when = (when_), .name = (name_), .missing = (missing_)                      \
	}

/* clang-format off */
static const struct vmx_control_row feature_rows[] = {
	FEATURE(BASIC, VMX_BASIC_DUAL_MONITOR, UNUSED, 0,
		"dual-monitor treatment of SMIs", "system-management mode is the firmware's"),
	FEATURE(BASIC, VMX_BASIC_INS_OUTS_INFO, WANTED, REQUEST_ALWAYS,
		"INS and OUTS instruction information", "a guest that uses string I/O is stopped"),
	FEATURE(BASIC, VMX_BASIC_TRUE_CONTROLS, WANTED, REQUEST_ALWAYS,
		"TRUE control MSRs", "MOV to and from CR3 exits whether wanted or not"),
	FEATURE(BASIC, VMX_BASIC_ANY_ERROR_CODE, UNUSED, 0,
		"exceptions with or without error code", "events follow the SDM's table of vectors"),

	FEATURE(MISC, VMX_MISC_STORES_LMA, UNUSED, 0,
		"exits store EFER.LMA", "IA32_EFER itself is saved"),
	FEATURE(MISC, VMX_MISC_ACTIVITY_HLT, UNUSED, 0,
		"activity state HLT", "a halted vCPU gives its CPU to others"),
	FEATURE(MISC, VMX_MISC_ACTIVITY_SHUTDOWN, UNUSED, 0,
		"activity state shutdown", "a triple fault ends its VM"),
	FEATURE(MISC, VMX_MISC_ACTIVITY_WAIT_SIPI, UNUSED, 0,
		"activity state wait-for-SIPI", "a vCPU that waits for its SIPI is not run"),
	FEATURE(MISC, VMX_MISC_PT_IN_VMX, UNUSED, 0,
		"processor trace in VMX operation", "processor trace is off"),
	FEATURE(MISC, VMX_MISC_SMBASE_MSR, UNUSED, 0,
		"IA32_SMBASE", "system-management mode is the firmware's"),
	FEATURE(MISC, VMX_MISC_SMM_MONITOR_CTL, UNUSED, 0,
		"IA32_SMM_MONITOR_CTL", "system-management mode is the firmware's"),
	FEATURE(MISC, VMX_MISC_VMWRITE_ANY_FIELD, UNUSED, 0,
		"VMWRITE to read-only fields", "exit information is never forged"),
	FEATURE(MISC, VMX_MISC_ZERO_LENGTH_EVENT, WANTED, REQUEST_ALWAYS,
		"software events of length 0", "software interrupts need their instruction's length"),

	FEATURE(EPT_VPID, EPT_CAP_EXECUTE_ONLY, WANTED, REQUEST_ALWAYS,
		"execute-only translations", "a page that can be executed can be read"),
	FEATURE(EPT_VPID, EPT_CAP_WALK_4, REQUIRED, REQUEST_ALWAYS,
		"page-walk length of 4", "EPT tables have four levels"),
	FEATURE(EPT_VPID, EPT_CAP_WALK_5, UNUSED, 0,
		"page-walk length of 5", "four levels reach 256 TiB"),
	FEATURE(EPT_VPID, EPT_CAP_UC, UNUSED, 0,
		"uncacheable EPT structures", "EPT tables are write-back"),
	FEATURE(EPT_VPID, EPT_CAP_WB, WANTED, REQUEST_ALWAYS,
		"write-back EPT structures", "EPT tables are walked uncached"),
	FEATURE(EPT_VPID, EPT_CAP_2M, WANTED, REQUEST_LARGE_PAGES,
		"2-MByte EPT pages", "guest memory is mapped by 4-KByte pages"),
	FEATURE(EPT_VPID, EPT_CAP_1G, WANTED, REQUEST_LARGE_PAGES,
		"1-GByte EPT pages", "guest memory is mapped by pages of at most 2 MByte"),
	FEATURE(EPT_VPID, EPT_CAP_INVEPT, REQUIRED, REQUEST_ALWAYS,
		"INVEPT", "memory taken from a guest could still be reached by it"),
	FEATURE(EPT_VPID, EPT_CAP_ACCESS_DIRTY, WANTED, REQUEST_ALWAYS,
		"accessed and dirty flags for EPT", "which pages a guest touched is not known"),
	FEATURE(EPT_VPID, EPT_CAP_EXIT_INFO, UNUSED, 0,
		"advanced exit information for EPT violations", "the qualification says enough"),
	FEATURE(EPT_VPID, EPT_CAP_SHADOW_STACK, UNUSED, 0,
		"supervisor shadow-stack control", "CET is hidden from guests"),
	FEATURE(EPT_VPID, EPT_CAP_INVEPT_SINGLE, WANTED, REQUEST_ALWAYS,
		"single-context INVEPT", "a change to one VM's memory flushes every VM's translations"),
	FEATURE(EPT_VPID, EPT_CAP_INVEPT_ALL, WANTED, REQUEST_ALWAYS,
		"all-context INVEPT", "translations of an earlier VMX operation stay until used"),
	FEATURE(EPT_VPID, VPID_CAP_INVVPID, WANTED, REQUEST_VPID,
		"INVVPID", "one vCPU's translations cannot be flushed"),
	FEATURE(EPT_VPID, VPID_CAP_INVVPID_ADDRESS, UNUSED, 0,
		"individual-address INVVPID", "guests flush their own addresses without an exit"),
	FEATURE(EPT_VPID, VPID_CAP_INVVPID_SINGLE, WANTED, REQUEST_VPID,
		"single-context INVVPID", "flushing one vCPU's translations flushes all"),
	FEATURE(EPT_VPID, VPID_CAP_INVVPID_ALL, WANTED, REQUEST_VPID,
		"all-context INVVPID", "translations of an earlier VMX operation stay until used"),
	FEATURE(EPT_VPID, VPID_CAP_INVVPID_RETAIN_GLOBALS, UNUSED, 0,
		"single-context-retaining-globals INVVPID", "a flush takes global pages too"),
};
/* clang-format on */

/* Controls and features are one list of items here; those of one group are together in it. */
#define ITEMS (VMX_CONTROLS + ARRAY_SIZE(feature_rows))

struct report {
	const struct vmx_capability *cap;
	uint32_t request;
	bool details;
	vmx_report_line line;
	void *context;
	uint8_t states[ITEMS]; /* enum vmx_control_state: each is asked for many times */
	unsigned counts[CONTROL_STATES];
};

static const struct vmx_control_row *item_at(unsigned item)
{
	return item < VMX_CONTROLS ? &vmx_control_rows[item] : &feature_rows[item - VMX_CONTROLS];
}

static const char *group_name(unsigned group)
{
	static const char features[] =
#define X(symbol, name) name "\0"
		FEATURE_WORD_LIST(X)
#undef X
		;

	return group < CONTROL_WORDS ? vmx_control_word_name(group)
				     : nth_text(features, group - CONTROL_WORDS);
}

static uint64_t feature_bits(const struct vmx_capability *cap, enum feature_word word)
{
	switch (word) {
	case FEATURE_BASIC:
		return cap->basic;
	case FEATURE_MISC:
		return cap->misc;
	default:
		return cap->ept_vpid;
	}
}

/* Without EPT or VPID itself nobody misses what only refines it. */
static bool has_master(const struct vmx_capability *cap, const struct vmx_control_row *row)
{
	if (row->word != FEATURE_EPT_VPID)
		return true;
	return vmx_control_mask(row) < VPID_CAP_INVVPID ? vmx_has_ept(cap) : vmx_has_vpid(cap);
}

static enum vmx_control_state feature_state(const struct report *report,
					    const struct vmx_control_row *row)
{
	return vmx_need_state(has_master(report->cap, row) ? row->need : NEED_UNUSED,
			      row->when & report->request,
			      feature_bits(report->cap, row->word) & vmx_control_mask(row), false);
}

static void find_states(struct report *report)
{
	for (unsigned i = 0; i < ITEMS; i++) {
		const struct vmx_control_row *row = item_at(i);

		report->states[i] = (uint8_t)(i < VMX_CONTROLS ? vmx_control_state(row, report->cap,
										   report->request)
							       : feature_state(report, row));
		report->counts[report->states[i]]++;
	}
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
		const char *name = item_at(i)->name;
		if (used && used + strlen(", ") + strlen(name) >= sizeof(text)) {
			report->line(report->context, REPORT_NOTE, text);
			used = 0;
		}
		if (!used)
			used = format_string(text, sizeof(text), "%s %s: %s",
					     group_name(item_at(i)->word),
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

		while (first < ITEMS && item_at(first)->word != group)
			first++;
		for (end = first; end < ITEMS && item_at(end)->word == group; end++)
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
		const char *name = item_at(i)->name;

		if (state == CONTROL_STATE_MISSING)
			emit(report, REPORT_NOTE, "%s missing: %s", name, item_at(i)->missing);
		else if (!report->details)
			continue;
		else if (state == CONTROL_STATE_NOT_USED || state == CONTROL_STATE_ABSENT)
			emit(report, REPORT_DETAIL, "%s %s: %s", name,
			     vmx_control_state_name(state), item_at(i)->missing);
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
