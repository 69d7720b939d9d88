/* Runs the rules and words what they find. */
#include "vmx/check/entry_check.h"

#include "lib/format.h"
#include "lib/string.h"
#include "vmx/check/rule_words.h"
#include "vmx/instruction_error.h"
#include "vmx/exit/exit_reason.h"

/* The TSC multiplier has 48 fraction bits. */
#define TSC_MULTIPLIER_ONE BIT(48)

const struct entry_section_row entry_sections[ENTRY_SECTIONS] = {
#define X(symbol, name, lacks) [symbol] = { .title = name, .missing = lacks },
	ENTRY_SECTION_LIST(X)
#undef X
};

const struct entry_rule_table *const entry_rule_tables[] = {
#define X(name) &name##_table,
	ENTRY_RULE_TABLE_LIST(X)
#undef X
};

const unsigned entry_rule_table_count = ARRAY_SIZE(entry_rule_tables);

void entry_check_begin(struct entry_check_input *in, const struct vmx_capability *cap)
{
	memset(in, 0, sizeof(*in));
	in->capability = cap;
	for (unsigned word = 0; word < CONTROL_WORDS; word++)
		in->may_be_one[word] = vmx_control_may_be_one(cap, (enum vmx_control_word)word);
}

unsigned entry_rule_count(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < entry_rule_table_count; i++)
		count += entry_rule_tables[i]->count;
	return count;
}

unsigned entry_check_run(const struct entry_check_input *in, entry_check_report report,
			 void *context)
{
	unsigned broken = 0;

	for (unsigned i = 0; i < entry_rule_table_count; i++) {
		const struct entry_rule_table *table = entry_rule_tables[i];

		for (unsigned j = 0; j < table->count; j++) {
			if (entry_rule_holds(&table->rules[j], in))
				continue;
			broken++;
			report(context, table, &table->rules[j]);
		}
	}
	return broken;
}

void entry_check_line(const struct entry_rule *rule, const struct entry_check_input *in, char *line,
		      size_t size)
{
	format_string(line, size, "entry-check %s:", rule->id);
	for (unsigned i = 0; i < rule->read_count; i++) {
		enum vmcs_field read = (enum vmcs_field)rule->reads[i];

		format_append(line, size, " %s=0x%llx", vmcs_field_symbol(read),
			      (unsigned long long)field(in, read));
	}
	format_append(line, size, "%s want %s", rule->read_count ? "," : "", rule->want);
}

void entry_check_answer(const struct entry_rule_table *table, const struct entry_rule *rule,
			char *text, size_t size)
{
	switch (table->refusal) {
	case REFUSED_CONTROLS:
		format_string(text, size, "VMfail %u", VMX_ERROR_ENTRY_CONTROLS);
		break;
	case REFUSED_HOST_STATE:
		format_string(text, size, "VMfail %u", VMX_ERROR_ENTRY_HOST_STATE);
		break;
	case REFUSED_GUEST_STATE:
		format_string(text, size, "exit %u, qualification %u",
			      EXIT_REASON_ENTRY_FAILURE_GUEST_STATE, rule->qualification);
		break;
	case REFUSED_MSR_LOADING:
		format_string(text, size, "exit %u, qualification %u",
			      EXIT_REASON_ENTRY_FAILURE_MSR_LOADING, rule->qualification);
		break;
	}
}

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

static void ignore(void *context, const struct entry_rule_table *table,
		   const struct entry_rule *rule)
{
}

static uint64_t changed(uint64_t value, const struct field_change *change)
{
	switch (change->kind) {
	case CHANGE_TURN_ON:
		return value | change->bits;
	case CHANGE_TURN_OFF:
		return value & ~change->bits;
	default:
		return change->bits;
	}
}

bool entry_rule_break(const struct entry_rule *rule, struct entry_check_input *in)
{
	prepare_dormant_fields(in);
	for (unsigned i = 0; i < rule->change_count; i++) {
		const struct field_change *change = &rule->changes[i];
		enum vmcs_field which = (enum vmcs_field)change->field;

		set_field(in, which, changed(field(in, which), change));
	}
	if (rule->of_segment && rule->break_for)
		rule->break_for(in, (enum vmcs_segment)rule->segment);
	else if (rule->break_further)
		rule->break_further(in);
	return !entry_rule_holds(rule, in) && entry_check_run(in, ignore, NULL) == 1;
}
