/* Runs the rules and words what they find. */
#include "vmx/check/entry_check.h"

#include "lib/format.h"
#include "lib/string.h"
#include "vmx/check/rule_kinds.h"
#include "vmx/check/rule_words.h"

/* The TSC multiplier has 48 fraction bits. */
#define TSC_MULTIPLIER_ONE BIT(48)

const struct entry_section_row entry_sections[ENTRY_SECTIONS] = {
#define X(symbol, name, lacks) [symbol] = { .title = name, .missing = lacks },
	ENTRY_SECTION_LIST(X)
#undef X
};

static const struct entry_rule_table *const tables[] = {
#define X(name) &name##_table,
	ENTRY_RULE_TABLE_LIST(X)
#undef X
};

void entry_check_begin(struct entry_check_input *in, const struct vmx_capability *cap)
{
	memset(in, 0, sizeof(*in));
	in->capability = cap;
	for (unsigned word = 0; word < CONTROL_WORDS; word++)
		in->may_be_one[word] = vmx_control_may_be_one(cap, (enum vmx_control_word)word);
}

/* --- the rules, one by one ------------------------------------------------------------------- */

bool entry_rule_next(struct entry_rule *rule)
{
	/* Another register of the row? */
	while (rule->row && ++rule->segment < SEGMENT_COUNT)
		if (rule->row->segments & 1u << rule->segment)
			return true;
	/* Another row of the table? */
	if (!rule->row || ++rule->row == rule->table->rows + rule->table->count) {
		if (rule->tables == ARRAY_SIZE(tables))
			return false;
		rule->table = tables[rule->tables++];
		rule->row = rule->table->rows;
	}
	rule->segment =
		rule->row->segments ? (unsigned)__builtin_ctz(rule->row->segments) : SEGMENT_ES;
	return true;
}

unsigned entry_rule_count(void)
{
	struct entry_rule rule = { 0 };
	unsigned count = 0;

	while (entry_rule_next(&rule))
		count++;
	return count;
}

static const char *area_of(enum entry_refusal refusal)
{
	switch (refusal) {
	case REFUSED_CONTROLS:
		return "control";
	case REFUSED_HOST_STATE:
		return "host";
	default:
		return "guest";
	}
}

void entry_rule_id(const struct entry_rule *rule, char *id, size_t size)
{
	static const char registers[SEGMENT_COUNT][5] = { "es", "cs", "ss",   "ds",
							  "fs", "gs", "ldtr", "tr" };

	format_string(id, size, "%s.", area_of(rule->table->refusal));
	if (rule->row->segments)
		format_append(id, size, "segment.%s.", registers[rule->segment]);
	format_append(id, size, "%s", rule->row->id);
}

void entry_rule_want(const struct entry_rule *rule, char *text, size_t size)
{
	const struct entry_rule_row *row = rule->row;

	if (row->kind == RULE_NEEDS)
		format_string(text, size, "\"%s\" while \"%s\" is 1",
			      vmx_control_rows[row->needs].name,
			      vmx_control_rows[row->while_on - 1].name);
	else
		format_string(text, size, "%s", row->want);
}

enum vmcs_field entry_rule_field(const struct entry_rule *rule, unsigned which)
{
	switch (which) {
	case VMCS_GUEST_SELECTOR(SEGMENT_ES):
	case VMCS_GUEST_BASE(SEGMENT_ES):
	case VMCS_GUEST_LIMIT(SEGMENT_ES):
	case VMCS_GUEST_RIGHTS(SEGMENT_ES):
		return (enum vmcs_field)(which + 2 * rule->segment);
	default:
		return (enum vmcs_field)which;
	}
}

unsigned entry_rule_read_count(const struct entry_rule *rule)
{
	unsigned count = 1;

	while (count < ENTRY_RULE_READS && rule->row->reads[count])
		count++;
	return count;
}

/* --- judging --------------------------------------------------------------------------------- */

unsigned entry_check_run(const struct entry_check_input *in, entry_check_report report,
			 void *context)
{
	struct entry_rule rule = { 0 };
	unsigned broken = 0;

	while (entry_rule_next(&rule)) {
		if (entry_rule_holds(&rule, in))
			continue;
		broken++;
		report(context, &rule);
	}
	return broken;
}

void entry_check_line(const struct entry_rule *rule, const struct entry_check_input *in, char *line,
		      size_t size)
{
	unsigned count = entry_rule_read_count(rule);
	char id[ENTRY_RULE_ID_MAX], want[ENTRY_RULE_WANT_MAX];

	entry_rule_id(rule, id, sizeof(id));
	entry_rule_want(rule, want, sizeof(want));
	format_string(line, size, "entry-check %s:", id);
	for (unsigned i = 0; i < count; i++) {
		enum vmcs_field read = entry_rule_field(rule, rule->row->reads[i]);

		format_append(line, size, " %s=0x%llx", vmcs_field_symbol(read),
			      (unsigned long long)field(in, read));
	}
	format_append(line, size, ", want %s", want);
}

void entry_check_answer(const struct entry_rule *rule, char *text, size_t size)
{
	unsigned number = rule->table->refusal;

	if (entry_refusal_is_exit(number))
		format_string(text, size, "exit %u, qualification %u", number,
			      rule->row->qualification);
	else
		format_string(text, size, "VMfail %u", number);
}

/* --- breaking -------------------------------------------------------------------------------- */

/* Fields that mean nothing until a control is on. A recipe that turns one on finds them sound. */
static void prepare_dormant_fields(struct entry_check_input *in)
{
	static const uint16_t addresses[] = {
		VMCS_VIRTUAL_APIC_ADDRESS,
		VMCS_APIC_ACCESS_ADDRESS,
		VMCS_POSTED_INTERRUPT_DESCRIPTOR,
		VMCS_PML_ADDRESS,
		VMCS_SUB_PAGE_PERMISSION_TABLE,
		VMCS_EPTP_LIST_ADDRESS,
		VMCS_VMREAD_BITMAP_ADDRESS,
		VMCS_VMWRITE_BITMAP_ADDRESS,
		VMCS_VIRTUALIZATION_EXCEPTION_ADDRESS,
		VMCS_LOW_PASID_DIRECTORY,
		VMCS_HIGH_PASID_DIRECTORY,
		VMCS_PID_POINTER_TABLE,
		VMCS_HLAT_POINTER,
		VMCS_IO_BITMAP_A,
		VMCS_IO_BITMAP_B,
		VMCS_MSR_BITMAPS,
		VMCS_EXIT_MSR_STORE_ADDRESS,
		VMCS_EXIT_MSR_LOAD_ADDRESS,
		VMCS_ENTRY_MSR_LOAD_ADDRESS,
	};

	for (unsigned i = 0; i < ARRAY_SIZE(addresses); i++) {
		enum vmcs_field address = (enum vmcs_field)addresses[i];

		if (!field(in, address) && !in->vmcs.absent[vmcs_field_index(address)])
			set_field(in, address, in->spare_page);
	}
	if (!field(in, VMCS_TSC_MULTIPLIER) &&
	    !in->vmcs.absent[vmcs_field_index(VMCS_TSC_MULTIPLIER)])
		set_field(in, VMCS_TSC_MULTIPLIER, TSC_MULTIPLIER_ONE);
}

static void ignore(void *context, const struct entry_rule *rule)
{
}

bool entry_rule_break(const struct entry_rule *rule, struct entry_check_input *in)
{
	prepare_dormant_fields(in);
	rule_break(rule, in);
	return !entry_rule_holds(rule, in) && entry_check_run(in, ignore, NULL) == 1;
}
