/* Whether a rule holds, and how it is broken. Most rules ask what others do, each about a field or a control of
 * its own: their rows name that, and have no function. */
#include "vmx/check/rule_kinds.h"

#include "vmx/check/guest_words.h"

static void turn_on(struct entry_check_input *in, enum vmcs_field which, uint64_t bits)
{
	change_field(in, which, bits, bits);
}

static void turn_off(struct entry_check_input *in, enum vmcs_field which, uint64_t bits)
{
	change_field(in, which, bits, 0);
}

/* --- controls -------------------------------------------------------------------------------- */

static bool is_on(const struct entry_check_input *in, const struct vmx_control_row *control)
{
	return control_on(in, control->word, vmx_control_mask(control));
}

/* With what activates its word. */
static void turn_control_on(struct entry_check_input *in, const struct vmx_control_row *control)
{
	turn_on(in, vmx_control_field(control->word), vmx_control_mask(control));
	if (control->word == CONTROL_SECONDARY)
		turn_on(in, VMCS_PRIMARY_CONTROLS, PRIMARY_ACTIVATE_SECONDARY);
	if (control->word == CONTROL_TERTIARY)
		turn_on(in, VMCS_PRIMARY_CONTROLS, PRIMARY_ACTIVATE_TERTIARY);
}

static void turn_control_off(struct entry_check_input *in, const struct vmx_control_row *control)
{
	turn_off(in, vmx_control_field(control->word), vmx_control_mask(control));
}

/* Null: the rule always counts. */
static const struct vmx_control_row *premise(const struct entry_rule_row *row)
{
	return row->while_on ? &vmx_control_rows[row->while_on - 1] : NULL;
}

/* --- reserved bits of control words ---------------------------------------------------------- */

static uint64_t must_be_one(const struct entry_check_input *in, enum vmx_control_word word)
{
	return vmx_control_must_be_one(in->capability, word);
}

/* The bits that have a name. */
static uint64_t named(enum vmx_control_word word)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < VMX_CONTROLS; i++)
		if (vmx_control_rows[i].word == word)
			bits |= vmx_control_mask(&vmx_control_rows[i]);
	return bits;
}

/* Changes a bit that is no control's name, where there is one. */
static void break_allowed_ones(struct entry_check_input *in, enum vmx_control_word word)
{
	enum vmcs_field which = vmx_control_field(word);
	uint64_t width = BITS(vmcs_field_bits(which) - 1, 0);
	uint64_t allowed = in->may_be_one[word];
	uint64_t bit = lowest_not_in(allowed | named(word)) & width;

	turn_on(in, which, bit ? bit : lowest_not_in(allowed) & width);
}

static void break_required_ones(struct entry_check_input *in, enum vmx_control_word word)
{
	uint64_t bits = must_be_one(in, word) & ~named(word);

	turn_off(in, vmx_control_field(word), bits & -bits);
}

/* --- MSRs to be loaded ----------------------------------------------------------------------- */

/* Entries that the snapshot does not hold are not judged. */
static bool holds_of_msrs(const struct entry_rule_row *row, const struct entry_check_input *in)
{
	uint64_t count = field(in, VMCS_ENTRY_MSR_LOAD_COUNT);

	if (count > in->memory.msr_load_count)
		count = in->memory.msr_load_count;
	for (unsigned i = 0; i < count && i < MSR_AREA_COPIED; i++)
		if (!row->holds_of_msr(in, &in->memory.msr_load[i]))
			return false;
	return true;
}

/* --- the kinds ------------------------------------------------------------------------------- */

bool entry_rule_holds(const struct entry_rule *rule, const struct entry_check_input *in)
{
	const struct entry_rule_row *row = rule->row;
	const struct vmx_control_row *while_on = premise(row);

	if (while_on && !is_on(in, while_on))
		return true;
	if (row->segments && row->kind != RULE_ASKS && !is_looked_at(in, rule->segment))
		return true;
	uint64_t value = field(in, entry_rule_field(rule, field_of(row)));
	switch ((enum rule_kind)row->kind) {
	case RULE_ASKS:
		return row->segments ? row->holds_for(in, rule->segment) : row->holds(in);
	case RULE_ASKS_OF_ROW:
		return row->holds_of(in, row);
	case RULE_ASKS_OF_MSRS:
		return holds_of_msrs(row, in);
	case RULE_ZEROES:
		return !(value & row->bits);
	case RULE_ONES:
		return !(~value & row->bits);
	case RULE_NOT_ZERO:
		return value;
	case RULE_CANONICAL:
		return is_canonical_here(in, value);
	case RULE_PHYSICAL:
		return within_physical_width(in, value);
	case RULE_NARROW:
		return is_narrow(in, value);
	case RULE_NEEDS:
		return is_on(in, &vmx_control_rows[row->needs]);
	case RULE_ALLOWED_ONES:
		return !(value & ~in->may_be_one[row->word]);
	case RULE_REQUIRED_ONES:
		return !(must_be_one(in, row->word) & ~value);
	}
	return true;
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

/* Of a rule's fields. */
static void change_fields(const struct entry_rule *rule, const struct field_change *changes,
			  unsigned count, struct entry_check_input *in)
{
	for (unsigned i = 0; i < count; i++) {
		enum vmcs_field which = entry_rule_field(rule, changes[i].field);

		set_field(in, which, changed(field(in, which), &changes[i]));
	}
}

static void break_by_kind(const struct entry_rule *rule, struct entry_check_input *in)
{
	const struct entry_rule_row *row = rule->row;
	enum vmcs_field which = entry_rule_field(rule, field_of(row));

	switch ((enum rule_kind)row->kind) {
	case RULE_ASKS:
	case RULE_ASKS_OF_ROW:
	case RULE_ASKS_OF_MSRS:
		break;
	case RULE_ZEROES:
		turn_on(in, which, row->bits & -row->bits);
		break;
	case RULE_ONES:
		turn_off(in, which, row->bits);
		break;
	case RULE_NOT_ZERO:
		set_field(in, which, 0);
		break;
	case RULE_CANONICAL:
		set_field(in, which, NOT_CANONICAL);
		break;
	case RULE_PHYSICAL:
	case RULE_NARROW:
		turn_on(in, which, BEYOND_PHYSICAL);
		break;
	case RULE_NEEDS:
		turn_control_off(in, &vmx_control_rows[row->needs]);
		break;
	case RULE_ALLOWED_ONES:
		break_allowed_ones(in, row->word);
		break;
	case RULE_REQUIRED_ONES:
		break_required_ones(in, row->word);
		break;
	}
}

/* Before all else. */
static void start_with(const struct entry_rule *rule, struct entry_check_input *in)
{
	static const struct field_change to_32_bits[] = { HOST_OF_32_BITS, GUEST_OF_32_BITS };

	switch (rule->row->start) {
	case START_GOOD:
		break;
	case START_IN_SMM:
		in->cpu.smm = true;
		break;
	case START_OUTSIDE_IA32E:
		in->cpu.efer &= ~EFER_LMA;
		change_fields(rule, to_32_bits, ARRAY_SIZE(to_32_bits), in);
		break;
	case START_TRACING:
		in->cpu.tracing = true;
		break;
	default:
		guest_state_become(in, (enum guest_state)(rule->row->start - START_GUEST));
	}
}

void rule_break(const struct entry_rule *rule, struct entry_check_input *in)
{
	const struct entry_rule_row *row = rule->row;
	const struct vmx_control_row *while_on = premise(row);

	start_with(rule, in);
	if (row->change_count)
		change_fields(rule, row->changes, row->change_count, in);
	else if (row->kind == RULE_ASKS_OF_ROW && row->break_of)
		row->break_of(in, row);
	else if (row->kind <= RULE_ASKS_OF_MSRS && row->break_by)
		row->break_by(in);
	if (while_on)
		turn_control_on(in, while_on);
	break_by_kind(rule, in);
}
