/* The rows against a VM entry that breaks none of them: each one's recipe breaks that one and no
 * other, on every sample CPU that has what the rule is about. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "vmx/check/entry_check.h"
#include "vmx/check/entry_sample.h"

struct found {
	struct entry_rule rules[8];
	unsigned count;
};

static void note(void *context, const struct entry_rule *rule)
{
	struct found *found = context;

	if (found->count < ARRAY_SIZE(found->rules))
		found->rules[found->count] = *rule;
	found->count++;
}

static void print_found(const struct entry_check_input *in, const struct found *found)
{
	char line[ENTRY_CHECK_LINE_MAX];

	for (unsigned i = 0; i < found->count && i < ARRAY_SIZE(found->rules); i++) {
		entry_check_line(&found->rules[i], in, line, sizeof(line));
		print_message("# %s\n", line);
	}
}

enum { SAMPLES = 6 };

/* Where a sample says nothing of what only the checks look at, it is like the others. */
static void sample(unsigned which, struct vmx_capability *cap)
{
	struct vmx_capability (*const samples[SAMPLES])(void) = {
		sample_everything, sample_controls_only,   sample_skylake,
		sample_lynnfield,  sample_bochs_skylake_x, sample_bochs_lynnfield,
	};

	*cap = samples[which]();
	if (!cap->linear_bits)
		cap->linear_bits = 48;
	if (!cap->efer_bits)
		cap->efer_bits = EFER_DEFINED;
}

static void a_good_entry_breaks_no_rule(void **state)
{
	for (unsigned i = 0; i < SAMPLES; i++) {
		struct vmx_capability cap;
		struct entry_check_input in;
		struct found found = { .count = 0 };

		sample(i, &cap);
		sample_entry(&cap, &in);
		unsigned broken = entry_check_run(&in, note, &found);
		print_found(&in, &found);
		assert_int_equal(broken, 0);
	}
}

/* On which samples the recipe breaks its own rule and no other; what else it does there is printed
 * when that is none. */
static unsigned samples_that_break(const struct entry_rule *rule)
{
	unsigned count = 0;

	for (unsigned i = 0; i < SAMPLES; i++) {
		struct vmx_capability cap;
		struct entry_check_input in;
		struct found found = { .count = 0 };

		sample(i, &cap);
		sample_entry(&cap, &in);
		if (!entry_rule_break(rule, &in))
			continue;
		entry_check_run(&in, note, &found);
		assert_int_equal(found.count, 1);
		assert_ptr_equal(found.rules[0].row, rule->row);
		assert_int_equal(found.rules[0].segment, rule->segment);
		count++;
	}
	return count;
}

static void tell_what_it_breaks(const struct entry_rule *rule)
{
	struct vmx_capability cap;
	struct entry_check_input in;
	struct found found = { .count = 0 };
	char id[ENTRY_RULE_ID_MAX];

	sample(0, &cap);
	sample_entry(&cap, &in);
	entry_rule_break(rule, &in);
	entry_check_run(&in, note, &found);
	entry_rule_id(rule, id, sizeof(id));
	print_message("# %s breaks %u rules\n", id, found.count);
	print_found(&in, &found);
}

static void each_recipe_breaks_its_own_rule(void **state)
{
	struct entry_rule rule = { 0 };
	unsigned wrong = 0;

	while (entry_rule_next(&rule)) {
		if (samples_that_break(&rule))
			continue;
		tell_what_it_breaks(&rule);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* The VPID's encoding is 0, as is what a row leaves out: only the rule about VPIDs may read it, and first. */
static void fields_are_told(const struct entry_rule *rule)
{
	const uint16_t *reads = rule->row->reads;
	unsigned count = entry_rule_read_count(rule);

	assert_int_equal(reads[0] == VMCS_VPID, !strcmp(rule->row->id, "vpid.zero"));
	for (unsigned i = 0; i < count; i++)
		assert_true(vmcs_field_index(entry_rule_field(rule, reads[i])) < VMCS_FIELD_COUNT);
	for (unsigned i = count; i < ENTRY_RULE_READS; i++)
		assert_int_equal(reads[i], 0);
}

static void ids_are_unique_and_rows_are_whole(void **state)
{
	static char ids[512][ENTRY_RULE_ID_MAX];
	char want[ENTRY_RULE_WANT_MAX];
	struct entry_rule rule = { 0 };
	unsigned count = 0;

	assert_true(entry_rule_count() < ARRAY_SIZE(ids));
	while (entry_rule_next(&rule)) {
		const struct entry_rule_row *row = rule.row;

		entry_rule_id(&rule, ids[count], sizeof(ids[count]));
		assert_true(strlen(ids[count]) < ENTRY_RULE_ID_MAX - 1);
		for (unsigned k = 0; k < count; k++)
			assert_string_not_equal(ids[count], ids[k]);
		count++;
		entry_rule_want(&rule, want, sizeof(want));
		assert_in_range(strlen(want), 1, ENTRY_RULE_WANT_MAX - 2);
		assert_true(!row->want == (row->kind == RULE_NEEDS));
		assert_true(row->kind != RULE_NEEDS || row->while_on);
		if (row->kind <= RULE_ASKS_OF_MSRS) {
			assert_non_null(row->holds);
			assert_true(row->break_by || row->while_on);
		}
		fields_are_told(&rule);
	}
	assert_int_equal(count, entry_rule_count());
}

/* A row for several registers is as many rules, each about the fields of its own. */
static void rows_stand_for_registers(void **state)
{
	const struct entry_rule_row row = { .id = "present", .segments = 1u << SEGMENT_FS };
	const struct entry_rule_table table = { .refusal = REFUSED_GUEST_STATE };
	const struct entry_rule fs = { .table = &table, .row = &row, .segment = SEGMENT_FS };
	char id[ENTRY_RULE_ID_MAX];
	unsigned rules = 0;

	entry_rule_id(&fs, id, sizeof(id));
	assert_string_equal(id, "guest.segment.fs.present");
	assert_int_equal(entry_rule_field(&fs, VMCS_GUEST_ES_BASE), VMCS_GUEST_FS_BASE);
	assert_int_equal(entry_rule_field(&fs, VMCS_GUEST_ES_AR_BYTES), VMCS_GUEST_FS_AR_BYTES);
	assert_int_equal(entry_rule_field(&fs, VMCS_ENTRY_CONTROLS), VMCS_ENTRY_CONTROLS);
	for (struct entry_rule rule = { 0 }; entry_rule_next(&rule);)
		rules += !strcmp(rule.row->id, "present");
	assert_int_equal(rules, SEGMENT_COUNT);
}

/* A control that the CPU does not have is the business of the rule on reserved bits alone. */
static void missing_controls_break_one_rule(void **state)
{
	struct vmx_capability cap;
	struct entry_check_input in;
	struct found found = { .count = 0 };

	sample(3, &cap);
	sample_entry(&cap, &in);
	set_field(&in, VMCS_SECONDARY_CONTROLS,
		  field(&in, VMCS_SECONDARY_CONTROLS) | SECONDARY_ENABLE_PML |
			  SECONDARY_USE_TSC_SCALING | SECONDARY_VIRTUAL_INTERRUPT_DELIVERY);
	assert_int_equal(entry_check_run(&in, note, &found), 1);
	assert_string_equal(found.rules[0].row->id, "secondary.reserved");
}

static void lines_name_rule_fields_and_cure(void **state)
{
	struct vmx_capability cap = sample_everything();
	struct entry_check_input in;
	struct entry_rule_row row = { .id = "x",
				      .want = "y",
				      .reads = { VMCS_VPID, VMCS_GUEST_TR_AR_BYTES } };
	const struct entry_rule_table table = { .refusal = REFUSED_MSR_LOADING };
	const struct entry_rule rule = { .table = &table, .row = &row };
	char line[ENTRY_CHECK_LINE_MAX];

	sample_entry(&cap, &in);
	set_field(&in, VMCS_GUEST_TR_AR_BYTES, 0x89);
	entry_check_line(&rule, &in, line, sizeof(line));
	assert_string_equal(line, "entry-check guest.x: VPID=0x1 GUEST_TR_AR_BYTES=0x89, want y");
	row.reads[0] = VMCS_GUEST_TR_AR_BYTES;
	row.reads[1] = 0;
	entry_check_line(&rule, &in, line, sizeof(line));
	assert_string_equal(line, "entry-check guest.x: GUEST_TR_AR_BYTES=0x89, want y");
}

static void fields_are_cut_to_their_width(void **state)
{
	struct vmcs_snapshot s = { .value = { 0 } };

	for (unsigned i = 0; i < vmcs_field_count; i++)
		assert_int_equal(vmcs_field_index(vmcs_fields[i]), i);
	vmcs_snapshot_set(&s, VMCS_VPID, 0x12345);
	assert_int_equal(vmcs_snapshot_get(&s, VMCS_VPID), 0x2345);
	vmcs_snapshot_set(&s, VMCS_GUEST_RIP, ~0ull);
	assert_true(vmcs_snapshot_get(&s, VMCS_GUEST_RIP) == ~0ull);
	assert_int_equal(vmcs_field_index((enum vmcs_field)0x0001), VMCS_FIELD_COUNT);
	assert_int_equal(vmcs_field_index((enum vmcs_field)0x1000), VMCS_FIELD_COUNT);
	assert_int_equal(vmcs_field_index((enum vmcs_field)0x007e), VMCS_FIELD_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_entry_breaks_no_rule),
		cmocka_unit_test(each_recipe_breaks_its_own_rule),
		cmocka_unit_test(ids_are_unique_and_rows_are_whole),
		cmocka_unit_test(rows_stand_for_registers),
		cmocka_unit_test(missing_controls_break_one_rule),
		cmocka_unit_test(lines_name_rule_fields_and_cure),
		cmocka_unit_test(fields_are_cut_to_their_width),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
