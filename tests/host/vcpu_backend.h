/* What vm/vcpu/vcpu.c stands on, for its test: two CPUs, a log that keeps its last line, and a backend that
 * counts its calls and answers as it is told. */
#ifndef TESTS_HOST_VCPU_BACKEND_H
#define TESTS_HOST_VCPU_BACKEND_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include "kernel/cpu.h"
#include "kernel/output/log.h"
#include "tests/host/fake_virt_ops.h"
#include "vm/schedule/scheduler.h"
#include "vm/vm.h"

#define LINUX_ARCH_SET_GS 0x1001

/* --- the machine below ---------------------------------------------------------------------- */

static struct cpu cpus[2];
static unsigned log_lines;
static char last_line[LOG_LINE_MAX + 1];
static unsigned wakes;

/* this_cpu() reads %gs:0, which a Linux program may set as it likes. */
static void run_on(unsigned index)
{
	cpus[index].self = &cpus[index];
	cpus[index].index = index;
	assert_int_equal(syscall(SYS_arch_prctl, LINUX_ARCH_SET_GS, &cpus[index]), 0);
}

void log_write(enum log_level level, const char *area, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(last_line, sizeof(last_line), format, args);
	va_end(args);
	log_lines++;
}

void scheduler_notify(struct vcpu *vcpu)
{
	wakes++;
}

/* --- a backend that does as it is told ------------------------------------------------------ */

static enum error answer; /* of every call */
static unsigned backend_calls, unbinds;
static enum vcpu_state state_in_run;
static struct vcpu_exit next_exit;

static enum error reply(struct reason *why)
{
	backend_calls++;
	return answer ? reason_set(why, answer, "as told") : ERROR_NONE;
}

static enum error fake_create(struct vcpu *vcpu, struct reason *why)
{
	vcpu->backend = &answer;
	return reply(why);
}

static enum error fake_set_entry(struct vcpu *vcpu, gpa_t entry, struct reason *why)
{
	return reply(why);
}

static enum error fake_set_nested_root(struct vcpu *vcpu, hpa_t root, struct reason *why)
{
	return reply(why);
}

static enum error fake_setup(struct vcpu *vcpu, const struct vcpu_config *c, struct reason *why)
{
	return reply(why);
}

static enum error fake_bind(struct vcpu *vcpu, struct reason *why)
{
	return reply(why);
}

static enum error fake_unbind(struct vcpu *vcpu, struct reason *why)
{
	unbinds++;
	return reply(why);
}

static enum error fake_run(struct vcpu **whose, struct vcpu_exit *exit)
{
	struct vcpu *vcpu = *whose;

	state_in_run = vcpu->state;
	*exit = next_exit;
	if (answer && exit->kind == VCPU_EXIT_ENTRY_FAILED)
		reason_set(&vcpu->trouble, answer, "%s", exit->entry_failed.story);
	return reply(NULL);
}

static enum error fake_inject(struct vcpu *vcpu, const struct vcpu_event *e, struct reason *why)
{
	return reply(why);
}

static enum error fake_get_register(struct vcpu *vcpu, enum vcpu_register reg, uint64_t *value)
{
	*value = 0x1234;
	return reply(NULL);
}

static enum error fake_set_register(struct vcpu *vcpu, enum vcpu_register reg, uint64_t value)
{
	return reply(NULL);
}

static enum error fake_set_debug(struct vcpu *vcpu, const struct vcpu_debug *debug,
				 struct reason *why)
{
	return reply(why);
}

static void fake_skip_instruction(struct vcpu *vcpu)
{
	backend_calls++;
}

static enum error fake_init_reset(struct vcpu *vcpu, struct reason *why)
{
	return reply(why);
}

static enum error fake_start_up(struct vcpu *vcpu, uint8_t vector, struct reason *why)
{
	return reply(why);
}

static void fake_destroy(struct vcpu *vcpu)
{
	backend_calls++;
}

static const struct virt_ops fake = {
	FAKE_VCPU_OPS,
	.set_entry = fake_set_entry,
	.set_register = fake_set_register,
	.set_debug = fake_set_debug,
};
const struct virt_ops *virt = &fake;

#endif
