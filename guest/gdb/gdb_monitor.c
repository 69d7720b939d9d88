/* Words that GDB passes on: `monitor info`, and what it calls its threads. */
#include "guest/gdb/gdb_vm.h"
#include "lib/bits.h"
#include "lib/format.h"
#include "lib/string.h"
#include "vm/crash/page_walk_text.h"
#include "vm/crash/scene.h"
#include "vm/ipi.h"
#include "vm/recorder_log.h"
#include "x86/control_registers.h"

#define EXITS_TOLD    12
#define WALK_LINE_MAX 160

static const char *state_of(const struct vcpu *vcpu)
{
	if (__atomic_load_n(&vcpu->ended, __ATOMIC_ACQUIRE))
		return "ended";
	if (__atomic_load_n(&vcpu->startup, __ATOMIC_RELAXED) & STARTUP_WAITING)
		return "waits for SIPI";
	return vcpu->halted ? "halted" : "ready";
}

void gdb_describe(unsigned index, char *text, size_t size)
{
	format_string(text, size, "vCPU %u %s", index, state_of(gdb_vcpu(index)));
}

static uint64_t get(unsigned index, enum vcpu_register reg)
{
	uint64_t value = 0;

	return vcpu_get_register(gdb_vcpu(index), reg, &value) ? 0 : value;
}

static void info(unsigned index, const char *argument, char *text, size_t size)
{
	const struct vm *vm = gdb_vm.vm;

	format_append(text, size, "vm=%u(%s) vcpus=%u\n", vm->id, vm->name, vm->vcpu_count);
	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		if (!gdb_exists(i))
			continue;
		format_append(text, size, "vcpu=%u %s exits=%lu rip=0x%lx cr0=0x%lx cr3=0x%lx\n", i,
			      state_of(vm->vcpus[i]), vcpu_exits(vm->vcpus[i]), get(i, VCPU_RIP),
			      get(i, VCPU_CR0), get(i, VCPU_CR3));
	}
}

struct answer {
	char *text;
	size_t size;
};

static void tell_exit(void *context, const char *line)
{
	const struct answer *answer = context;

	format_append(answer->text, answer->size, "%s\n", line);
}

/* The last exits of this vCPU, the oldest first. */
static void exits(unsigned index, const char *argument, char *text, size_t size)
{
	const struct vcpu *vcpu = gdb_vcpu(index);
	struct answer answer = { text, size };

	format_append(text, size, "vcpu=%u exits=%lu\n", index, vcpu_exits(vcpu));
	recorder_tell_exits(vcpu, EXITS_TOLD, tell_exit, &answer);
}

/* --- walk ------------------------------------------------------------------------------------ */

/* Hexadecimal, with or without 0x. */
static bool address(const char *text, uint64_t *value)
{
	unsigned digits = 0;

	*value = 0;
	if (text[0] == '0' && text[1] == 'x')
		text += 2;
	for (; *text; text++, digits++) {
		int digit = gdb_digit((uint8_t)*text);

		if (digit < 0 || digits == 16)
			return false;
		*value = *value << 4 | (uint64_t)digit;
	}
	return digits;
}

static void walk(unsigned index, const char *argument, char *text, size_t size)
{
	struct page_walk_trace trace;
	struct scene scene;
	struct reason why;
	char line[WALK_LINE_MAX];
	uint64_t at;

	if (!address(argument, &at)) {
		format_append(text, size,
			      "walk wants an address: monitor walk 0xffffffff81000000\n");
		return;
	}
	if (scene_take(gdb_vcpu(index), &scene, &why)) {
		format_append(text, size, "%s\n", why.text);
		return;
	}
	scene_walk(&scene, gva(at), PAGE_ACCESS_READ, &trace);
	for (unsigned i = 0; i < trace.count; i++) {
		page_walk_step_text(line, sizeof(line), &trace.steps[i]);
		format_append(text, size, "%s\n", line);
	}
	page_walk_end_text(line, sizeof(line), &scene.walk, &trace, PAGE_ACCESS_READ);
	format_append(text, size, "address=0x%lx %s\n", at, line);
}

/* --- the words ------------------------------------------------------------------------------- */

static void help(unsigned index, const char *argument, char *text, size_t size);

static const struct {
	const char *name, *says;
	void (*obey)(unsigned index, const char *argument, char *text, size_t size);
} words[] = {
	{ "help", "this list", help },
	{ "info", "the VM and its vCPUs", info },
	{ "exits", "the last exits of the chosen vCPU, the latest at the end", exits },
	{ "walk", "ADDRESS: the page tables level by level, and what it reaches", walk },
};

static void help(unsigned index, const char *argument, char *text, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		format_append(text, size, "%s: %s\n", words[i].name, words[i].says);
}

void gdb_monitor(unsigned index, const char *command, char *text, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t length = strlen(words[i].name);

		if (strncmp(command, words[i].name, length) ||
		    (command[length] && command[length] != ' '))
			continue;
		words[i].obey(index, command[length] ? command + length + 1 : "", text, size);
		return;
	}
	format_append(text, size, "there is no such word; monitor help lists them\n");
}
