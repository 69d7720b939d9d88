/* Writes exits into the log. */
#include "vm/exit_log.h"

#include "kernel/command_line.h"
#include "kernel/cpu.h"
#include "kernel/output/log.h"
#include "lib/format.h"
#include "vm/crash/crash.h"
#include "vm/exit_text.h"
#include "vm/vcpu/vcpu_state.h"
#include "vm/virt_ops.h"

#define REASON_MAX 48

/* The line is written once it is known what was done. */
static void wait_for_handled(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
}

const struct vcpu_watcher exit_log_watcher = {
	.exit = wait_for_handled,
	.handled = exit_log_handled,
};

static void line_of(char *buffer, size_t size, const struct vcpu *vcpu,
		    const struct vcpu_exit *exit, const char *did)
{
	char reason[REASON_MAX];

	virt->format_reason(reason, sizeof(reason), exit->raw_reason);
	const struct exit_line line = {
		.vm_id = vcpu->vm->id,
		.vm_name = vcpu->vm->name,
		.vcpu_id = vcpu->id,
		.reason = reason,
		.did = did,
	};
	exit_text(buffer, size, &line, exit);
}

void exit_log_handled(struct vcpu *vcpu, const struct vcpu_exit *exit, const char *did)
{
	char text[LOG_LINE_MAX];

	line_of(text, sizeof(text), vcpu, exit, did);
	log_tagged("exit", "%s", text);
}

uint64_t exit_log_counts(const struct vm *vm, char *text, size_t size)
{
	uint64_t counts[VCPU_EXIT_KINDS] = { 0 }, total = 0, others = 0;
	char name[REASON_MAX];

	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		const struct statistics *s = &vm->vcpus[i]->statistics;

		for (uint32_t row = 0; row < STATISTICS_ROWS; row++) {
			uint64_t count = __atomic_load_n(&s->rows[row].count, __ATOMIC_RELAXED);
			uint32_t reason = s->rows[row].reason;

			total += count;
			if (!count)
				continue;
			if (reason == STATISTICS_OTHERS)
				others += count;
			else
				counts[virt->describe_row(name, sizeof(name), reason)] += count;
		}
	}
	exit_text_counts(text, size, counts);
	if (others)
		format_append(text, size, " others=%lu", others);
	return total;
}

void exit_log_summary(const struct vm *vm)
{
	char text[LOG_LINE_MAX];

	if (command_line.exits == EXITS_OFF)
		return;
	uint64_t total = exit_log_counts(vm, text, sizeof(text));
	log_info("vm", "exits vm=%u(%s) total=%lu%s", vm->id, vm->name, total, text);
}

#define REGISTERS_A_LINE 8

static void line_of_registers(const struct vcpu *vcpu, enum log_level level, const char *text)
{
	log_write(level, "vm", "registers vm=%u(%s) vcpu=%u%s", vcpu->vm->id, vcpu->vm->name,
		  vcpu->id, text);
}

/* RSP is among the others. */
static void general_registers(const struct vcpu *vcpu, enum log_level level)
{
	char text[LOG_LINE_MAX] = "";

	for (unsigned reg = 0; reg < GPR_COUNT; reg++) {
		if (reg == REGISTERS_A_LINE) {
			line_of_registers(vcpu, level, text);
			text[0] = 0;
		}
		if (reg != RSP)
			format_append(text, sizeof(text), " %s=0x%lx", vcpu_gpr_name(reg),
				      vcpu->gpr[reg]);
	}
	line_of_registers(vcpu, level, text);
}

static void other_registers(struct vcpu *vcpu, enum log_level level)
{
	char text[LOG_LINE_MAX];
	uint64_t value;

	for (unsigned first = 0; first < VCPU_REGISTERS; first += REGISTERS_A_LINE) {
		text[0] = 0;
		for (unsigned reg = first; reg < VCPU_REGISTERS && reg < first + REGISTERS_A_LINE;
		     reg++)
			if (!vcpu_get_register(vcpu, reg, &value))
				format_append(text, sizeof(text), " %s=0x%lx",
					      vcpu_register_name(reg), value);
		line_of_registers(vcpu, level, text);
	}
}

void exit_log_story(struct vcpu *vcpu, const struct vcpu_exit *exit, enum log_level level)
{
	char text[LOG_LINE_MAX];

	line_of(text, sizeof(text), vcpu, exit, "stopped");
	log_write(level, "vm", "cannot go on: kind=%s %s", vcpu_exit_name(exit->kind), text);
	general_registers(vcpu, level);
	other_registers(vcpu, level);
	crash_tell(vcpu, exit, level);
}

void exit_log_describe(const struct cpu *c)
{
	const struct vcpu *vcpu = c->current.vcpu;

	if (!vcpu)
		return;
	log_error("vm", "current vcpu: vm=%u(%s) vcpu=%u state=%s exits=%lu", vcpu->vm->id,
		  vcpu->vm->name, vcpu->id, vcpu_state_name(vcpu->state), vcpu_exits(vcpu));
	general_registers(vcpu, LOG_ERROR);
}
