/* A machine for a debugger's session: vCPUs with memory in an array, that do nothing by themselves. */
#ifndef TESTS_HOST_GDB_MACHINE_H
#define TESTS_HOST_GDB_MACHINE_H

#include <string.h>

#include "guest/gdb/gdb_breakpoints.h"
#include "guest/gdb/gdb_registers.h"
#include "guest/gdb/gdb_session.h"
#include "lib/assert.h"

#define FAKE_VCPUS  3
#define FAKE_MEMORY 0x3000

struct fake_machine {
	uint8_t registers[FAKE_VCPUS][128][GDB_REGISTER_MAX];
	uint8_t memory[FAKE_MEMORY];
	struct gdb_breakpoints breakpoints;
	enum gdb_action actions[FAKE_VCPUS];
	unsigned gone; /* the number of a vCPU that has ended; FAKE_VCPUS: none */
	bool running, killed, detached;
	struct gdb_target target;
	struct gdb_session session;
};

/* Begun last. */
static struct fake_machine *fake;

static bool fake_exists(unsigned vcpu)
{
	const struct fake_machine *m = fake;

	assert(vcpu < FAKE_VCPUS && !m->running);
	return vcpu != m->gone;
}

static bool fake_read_register(unsigned vcpu, unsigned number, uint8_t *value)
{
	const struct fake_machine *m = fake;

	assert(vcpu < FAKE_VCPUS && number < gdb_register_count && !m->running);
	memcpy(value, m->registers[vcpu][number], gdb_registers[number].size);
	return true;
}

static bool fake_write_register(unsigned vcpu, unsigned number, const uint8_t *value)
{
	struct fake_machine *m = fake;

	assert(vcpu < FAKE_VCPUS && number < gdb_register_count && !m->running);
	if (gdb_registers[number].source == GDB_FPU_STACK)
		return false;
	memcpy(m->registers[vcpu][number], value, gdb_registers[number].size);
	return true;
}

static size_t fake_read_memory(unsigned vcpu, uint64_t at, uint8_t *to, size_t length)
{
	const struct fake_machine *m = fake;

	assert(vcpu < FAKE_VCPUS && !m->running);
	if (at >= FAKE_MEMORY)
		return 0;
	if (length > FAKE_MEMORY - at)
		length = FAKE_MEMORY - at;
	memcpy(to, m->memory + at, length);
	gdb_patches_hide(&m->breakpoints, gpa(at), to, length);
	return length;
}

static bool fake_write_memory(unsigned vcpu, uint64_t at, const uint8_t *from, size_t length)
{
	struct fake_machine *m = fake;

	assert(vcpu < FAKE_VCPUS && !m->running);
	if (at >= FAKE_MEMORY || length > FAKE_MEMORY - at)
		return false;
	memcpy(m->memory + at, from, length);
	gdb_patches_keep(&m->breakpoints, gpa(at), m->memory + at, length);
	return true;
}

static bool fake_set_breakpoint(unsigned vcpu, enum gdb_breakpoint_type type, uint64_t at,
				uint64_t length)
{
	struct fake_machine *m = fake;

	assert(vcpu < FAKE_VCPUS && type < GDB_BREAKPOINT_TYPES && !m->running);
	if (type != GDB_BREAK_SOFTWARE)
		return gdb_hardware_add(&m->breakpoints, type, at, length);
	if (at >= FAKE_MEMORY)
		return false;
	if (gdb_patch_at(&m->breakpoints, gpa(at)))
		return true;
	if (!gdb_patch_add(&m->breakpoints, gpa(at), at, m->memory[at]))
		return false;
	m->memory[at] = GDB_INT3;
	return true;
}

static bool fake_clear_breakpoint(unsigned vcpu, enum gdb_breakpoint_type type, uint64_t at,
				  uint64_t length)
{
	struct fake_machine *m = fake;
	struct gdb_patch *patch = gdb_patch_named(&m->breakpoints, at);

	assert(vcpu < FAKE_VCPUS && type < GDB_BREAKPOINT_TYPES && !m->running);
	if (type != GDB_BREAK_SOFTWARE)
		return gdb_hardware_remove(&m->breakpoints, type, at, length);
	if (patch) {
		patch->used = false;
		m->memory[at] = patch->original;
	}
	return patch;
}

static void fake_resume(const enum gdb_action *actions)
{
	struct fake_machine *m = fake;

	assert(!m->running);
	m->running = true;
	memcpy(m->actions, actions, sizeof(m->actions));
}

static void fake_detach(void)
{
	struct fake_machine *m = fake;

	m->running = m->detached = true;
}

static void fake_kill(void)
{
	fake->killed = true;
}

static void fake_describe(unsigned vcpu, char *text, size_t size)
{
	assert(vcpu < FAKE_VCPUS && size > 8);
	strcpy(text, "halted");
}

static void fake_monitor(unsigned vcpu, const char *command, char *text, size_t size)
{
	assert(vcpu < FAKE_VCPUS && size > strlen(command));
	strcpy(text, command);
}

static void fake_begin(struct fake_machine *m)
{
	memset(m, 0, sizeof(*m));
	m->gone = FAKE_VCPUS;
	m->target = (struct gdb_target) {
		.exists = fake_exists,
		.read_register = fake_read_register,
		.write_register = fake_write_register,
		.read_memory = fake_read_memory,
		.write_memory = fake_write_memory,
		.set_breakpoint = fake_set_breakpoint,
		.clear_breakpoint = fake_clear_breakpoint,
		.resume = fake_resume,
		.detach = fake_detach,
		.kill = fake_kill,
		.describe = fake_describe,
		.monitor = fake_monitor,
	};
	fake = m;
	gdb_session_begin(&m->session, &m->target);
	m->session.vcpus = FAKE_VCPUS;
}

static void fake_stop(struct fake_machine *m, enum gdb_cause cause, unsigned vcpu)
{
	const struct gdb_stop stop = { .cause = cause, .vcpu = vcpu, .address = 0x1234 };

	m->running = false;
	gdb_session_stopped(&m->session, &stop);
}

/* As the server does between two looks at the port. */
static void fake_serve(struct fake_machine *m)
{
	if (m->session.stop_wanted)
		fake_stop(m, GDB_BROKEN_IN, 0);
	if (m->session.has_packet && !m->running)
		gdb_session_serve(&m->session);
}

#endif
