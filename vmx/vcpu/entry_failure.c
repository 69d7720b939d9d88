/* A failed entry is told twice: the CPU's own few words, and the rules of the SDM that it breaks. */
#include "vmx/vcpu/entry_failure.h"

#include "kernel/output/log.h"
#include "lib/format.h"
#include "vm/vcpu/vcpu_account.h"
#include "vmx/check/entry_check.h"
#include "vmx/exit/exit_reason.h"
#include "vmx/instruction_error.h"
#include "vmx/instructions.h"
#include "vmx/vcpu/entry_snapshot.h"

/* The first broken rule, which the story names. */
struct verdict {
	const struct entry_check_input *in;
	struct entry_rule first;
};

static void log_rule(void *context, const struct entry_rule *rule)
{
	struct verdict *verdict = context;
	char line[ENTRY_CHECK_LINE_MAX];

	if (!verdict->first.row)
		verdict->first = *rule;
	entry_check_line(rule, verdict->in, line, sizeof(line));
	log_error("vmx", "%s", line);
}

static void append_rule(struct vcpu_exit *exit, const struct verdict *verdict)
{
	char id[ENTRY_RULE_ID_MAX];

	if (!verdict->first.row)
		return;
	entry_rule_id(&verdict->first, id, sizeof(id));
	format_append(exit->entry_failed.story, sizeof(exit->entry_failed.story),
		      "; entry-check %s", id);
}

/* After the CPU has refused. */
static void find_rules(struct vmx_vcpu *v, struct vcpu_exit *exit)
{
	struct entry_check_input in;
	struct verdict verdict = { .in = &in };

	entry_snapshot_read(v, &in);
	if (!entry_check_run(&in, log_rule, &verdict))
		log_warn("vmx", "entry-check: none of %u rules is broken, and the CPU refuses",
			 entry_rule_count());
	append_rule(exit, &verdict);
}

/* A watcher sees a failed entry like any exit. */
static enum error tell(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	if (vcpu->watcher)
		vcpu->watcher->exit(vcpu, exit);
	/* An entry that was refused never got as far as an exit reason. */
	if (!(exit->raw_reason & EXIT_REASON_ENTRY_FAILURE))
		return reason_set(&vcpu->trouble, ERROR_ENTRY_FAILED, "%s",
				  exit->entry_failed.story);
	return reason_set(&vcpu->trouble, ERROR_ENTRY_FAILED,
			  "%s (basic reason %u, qualification 0x%lx)", exit->entry_failed.story,
			  exit_reason_basic(exit->raw_reason), exit->qualification);
}

enum error entry_refused(struct vmx_vcpu *v, enum vmx_result result, struct vcpu_exit *exit)
{
	const char *instruction = v->launched ? "VMRESUME" : "VMLAUNCH";
	char *story = exit->entry_failed.story;
	size_t size = sizeof(exit->entry_failed.story);

	*exit = (struct vcpu_exit) { .kind = VCPU_EXIT_ENTRY_FAILED };
	if (result != VMX_FAIL_VALID) {
		format_string(story, size, "%s failed: no VMCS is current", instruction);
		return tell(v->vcpu, exit);
	}
	uint32_t number = (uint32_t)vmcs_read(VMCS_INSTRUCTION_ERROR);
	exit->entry_failed.instruction_error = number;
	exit->rip = vmcs_read(VMCS_GUEST_RIP);
	(void)vcpu_record_event(v->vcpu, RECORD_REFUSED, number, instruction);
	format_string(story, size, "%s failed with instruction error %u: %s", instruction, number,
		      vmx_instruction_error_text(number));
	if (number == VMX_ERROR_ENTRY_CONTROLS || number == VMX_ERROR_ENTRY_HOST_STATE)
		find_rules(v, exit);
	return tell(v->vcpu, exit);
}

enum error entry_failed(struct vmx_vcpu *v, struct vcpu_exit *exit)
{
	uint32_t basic = exit_reason_basic(v->last.reason);

	vmx_exit_decode(v, exit);
	if (basic == EXIT_REASON_ENTRY_FAILURE_GUEST_STATE ||
	    basic == EXIT_REASON_ENTRY_FAILURE_MSR_LOADING)
		find_rules(v, exit);
	return tell(v->vcpu, exit);
}

/* What the CPU would answer, where it answers. */
static void predict(const struct verdict *verdict, struct vcpu_exit *exit)
{
	uint32_t number = verdict->first.table->refusal;
	char answer[48];

	entry_check_answer(&verdict->first, answer, sizeof(answer));
	format_string(exit->entry_failed.story, sizeof(exit->entry_failed.story),
		      "not entered: preflight expects %s", answer);
	if (entry_refusal_is_exit(number)) {
		exit->raw_reason = (uint32_t)EXIT_REASON_ENTRY_FAILURE | number;
		exit->qualification = verdict->first.row->qualification;
	} else {
		exit->entry_failed.instruction_error = number;
	}
	append_rule(exit, verdict);
}

enum error entry_preflight(struct vmx_vcpu *v, struct vcpu_exit *exit)
{
	struct entry_check_input in;
	struct verdict verdict = { .in = &in };

	entry_snapshot_read(v, &in);
	if (!entry_check_run(&in, log_rule, &verdict))
		return ERROR_NONE;
	*exit = (struct vcpu_exit) {
		.kind = VCPU_EXIT_ENTRY_FAILED,
		.rip = field(&in, VMCS_GUEST_RIP),
	};
	predict(&verdict, exit);
	return tell(v->vcpu, exit);
}
