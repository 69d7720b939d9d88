/* One rule after the other: broken in the snapshot, judged there, written, judged as the VMCS has it,
 * entered, and the CPU's answer compared. */
#include "vmx/trial/negative.h"

#include "kernel/command_line.h"
#include "kernel/output/log.h"
#include "kernel/output/tap.h"
#include "lib/format.h"
#include "lib/string.h"
#include "vmx/check/guest_states.h"
#include "vmx/cpu/capability.h"
#include "vmx/exit/exit_reason.h"
#include "vmx/instruction_error.h"
#include "vmx/trial/trial.h"

#define NAME_MAX 96

static const char *const good_names[GUEST_STATES] = {
	[GUEST_STATE_64] = "entry-check/a-good-64-bit-guest-is-entered",
	[GUEST_STATE_COMPATIBLE] = "entry-check/a-good-compatibility-mode-guest-is-entered",
	[GUEST_STATE_PAE] = "entry-check/a-good-guest-with-pae-paging-is-entered",
	[GUEST_STATE_PROTECTED] = "entry-check/a-good-guest-with-32-bit-paging-is-entered",
	[GUEST_STATE_VIRTUAL_8086] = "entry-check/a-good-virtual-8086-guest-is-entered",
	[GUEST_STATE_REAL] = "entry-check/a-good-real-mode-guest-is-entered",
};

/* The snapshots are too large for a stack. Bootstrap processor only. */
static struct trial trial;
static struct entry_check_input broken, seen;

static struct {
	unsigned refused, accepted, impossible, wrong;
} count;

/* --- what the rules say ---------------------------------------------------------------------- */

struct complaints {
	struct entry_rule first;
	unsigned number;
};

static void note_rule(void *context, const struct entry_rule *rule)
{
	struct complaints *complaints = context;

	if (!complaints->number++)
		complaints->first = *rule;
}

/* True when exactly `rule` is broken (null: none). */
static bool names_just(const struct entry_rule *rule, const struct entry_check_input *in,
		       const char *where, struct reason *why)
{
	struct complaints found = { 0 };
	char first[ENTRY_RULE_ID_MAX] = "none";

	entry_check_run(in, note_rule, &found);
	if (!found.number && !rule)
		return true;
	if (found.number == 1 && rule && found.first.row == rule->row &&
	    found.first.segment == rule->segment)
		return true;
	if (found.number)
		entry_rule_id(&found.first, first, sizeof(first));
	reason_set(why, ERROR_INVALID_DATA, "%s: %u rules are broken, the first is %s", where,
		   found.number, first);
	return false;
}

/* --- what the CPU says ----------------------------------------------------------------------- */

static bool is_entered(const struct trial_answer *answer)
{
	return answer->result == VMX_SUCCEED && !(answer->reason & EXIT_REASON_ENTRY_FAILURE);
}

/* Rules that the CPU looks at before the guest state get a net below them. */
static bool has_net(const struct entry_rule *rule)
{
	return !entry_refusal_is_exit(rule->table->refusal);
}

static bool is_failed_entry(const struct trial_answer *answer, uint32_t basic,
			    uint64_t qualification)
{
	return answer->result == VMX_SUCCEED &&
	       answer->reason == (EXIT_REASON_ENTRY_FAILURE | basic) &&
	       answer->qualification == qualification;
}

/* The CPU came past the rule: into the guest, or into the net. */
static bool is_accepted(const struct entry_rule *rule, const struct trial_answer *answer)
{
	return is_entered(answer) ||
	       (has_net(rule) && is_failed_entry(answer, EXIT_REASON_ENTRY_FAILURE_GUEST_STATE, 0));
}

static bool is_predicted(const struct entry_rule *rule, const struct trial_answer *answer)
{
	uint32_t number = rule->table->refusal;

	if (entry_refusal_is_exit(number))
		return is_failed_entry(answer, number, rule->row->qualification);
	return answer->result == VMX_FAIL_VALID && answer->instruction_error == number;
}

static void format_answer(char *text, size_t size, const struct trial_answer *answer)
{
	if (answer->result == VMX_SUCCEED)
		format_string(text, size, "%s %u, qualification 0x%lx",
			      is_entered(answer) ? "exit" : "failed entry with exit",
			      exit_reason_basic(answer->reason), answer->qualification);
	else
		format_string(text, size, "VMfail %u", answer->instruction_error);
}

/* --- one rule -------------------------------------------------------------------------------- */

static void wrong(const char *name, const char *sentence)
{
	count.wrong++;
	tap_result(false, name, "%s", sentence);
}

static void judge(const struct entry_rule *rule, const char *name,
		  const struct trial_answer *answer)
{
	char line[ENTRY_CHECK_LINE_MAX], got[64], want[64], sentence[160];

	format_answer(got, sizeof(got), answer);
	entry_check_line(rule, &seen, line, sizeof(line));
	log_debug("vmx", "%s: %s", line, got);
	if (is_accepted(rule, answer)) {
		count.accepted++;
		tap_skip(name, "accepted by this CPU");
	} else if (is_predicted(rule, answer)) {
		count.refused++;
		tap_result(true, name, NULL);
	} else {
		entry_check_answer(rule, want, sizeof(want));
		format_string(sentence, sizeof(sentence), "the CPU answers %s, not %s", got, want);
		wrong(name, sentence);
	}
}

static void impossible(const char *name, const char *reason)
{
	count.impossible++;
	tap_skip(name, "%s", reason);
}

/* A recipe that says what the CPU itself is like cannot be followed. */
static bool is_about_another_cpu(void)
{
	return memcmp(&broken.cpu, &trial.good.cpu, sizeof(broken.cpu)) != 0;
}

static void name_trial(const struct entry_rule *rule, char name[static NAME_MAX])
{
	char id[ENTRY_RULE_ID_MAX];

	entry_rule_id(rule, id, sizeof(id));
	format_string(name, NAME_MAX, "entry-check/%s", id);
}

static void try_rule(const struct entry_rule *rule)
{
	struct trial_answer answer;
	struct reason why;
	char name[NAME_MAX];

	name_trial(rule, name);
	broken = trial.good;
	if (!entry_rule_break(rule, &broken)) {
		impossible(name, "cannot be broken on this CPU");
		return;
	}
	if (is_about_another_cpu()) {
		impossible(name, "needs the CPU in another mode");
		return;
	}
	if (!names_just(rule, &broken, "as written", &why)) {
		wrong(name, why.text);
		return;
	}
	trial_write(&trial, &broken, &seen);
	if (!names_just(rule, &seen, "as the VMCS has it", &why)) {
		wrong(name, why.text);
		return;
	}
	log_debug("vmx", "tries %s", name);
	if (has_net(rule))
		trial_lay_net(&trial);
	trial_enter_once(&trial, &answer);
	judge(rule, name, &answer);
}

/* What breaks no rule must be entered: else a rule is missing. */
static bool try_good(enum guest_state state)
{
	struct trial_answer answer = { 0 };
	struct reason why = { 0 };
	char got[64] = "nothing";

	broken = trial.good;
	guest_state_become(&broken, state);
	trial_write(&trial, &broken, &seen);
	bool good = names_just(NULL, &seen, "the good VMCS", &why);
	if (!good && state == GUEST_STATE_REAL && !vmx_has_unrestricted_guest(&vmx_capability)) {
		tap_skip(good_names[state], "the CPU has no unrestricted guest");
		return true;
	}
	if (good) {
		trial_enter_once(&trial, &answer);
		format_answer(got, sizeof(got), &answer);
	}
	good = good && is_entered(&answer);
	tap_result(good, good_names[state], "%s; the CPU answers %s", why.text, got);
	return good;
}

/* Without these the rules prove nothing. */
static bool try_all_good(void)
{
	bool good = true;

	for (unsigned state = 0; state < GUEST_STATES; state++)
		good = try_good((enum guest_state)state) && good;
	return good;
}

/* --- all of them ----------------------------------------------------------------------------- */

unsigned negative_selftest_count(void)
{
	return command_line.selftest == SELFTEST_NEGATIVE ? entry_rule_count() + GUEST_STATES : 0;
}

static void skip_rules(const char *reason)
{
	struct entry_rule rule = { 0 };
	char name[NAME_MAX];

	while (entry_rule_next(&rule)) {
		name_trial(&rule, name);
		tap_skip(name, "%s", reason);
	}
}

void negative_selftest_skip(const char *reason)
{
	if (command_line.selftest != SELFTEST_NEGATIVE)
		return;
	for (unsigned state = 0; state < GUEST_STATES; state++)
		tap_skip(good_names[state], "%s", reason);
	skip_rules(reason);
}

static void try_rules(void)
{
	struct entry_rule rule = { 0 };

	while (entry_rule_next(&rule))
		try_rule(&rule);
	log_info("vmx", "entry checks rules=%u refused=%u accepted=%u impossible=%u wrong=%u",
		 entry_rule_count(), count.refused, count.accepted, count.impossible, count.wrong);
}

void negative_selftest(void)
{
	struct reason why;

	if (command_line.selftest != SELFTEST_NEGATIVE)
		return;
	if (trial_begin(&trial, &why)) {
		for (unsigned state = 0; state < GUEST_STATES; state++)
			tap_result(false, good_names[state], "%s", why.text);
		skip_rules("there is no VMCS to break them in");
		return;
	}
	if (try_all_good())
		try_rules();
	else
		skip_rules("a good VMCS is refused");
	trial_end(&trial);
}
