/* What the commands do. */
#include "guest/console/shell.h"

#include "guest/console/console.h"
#include "guest/console/shell_command.h"
#include "kernel/cpu.h"
#include "kernel/output/log.h"
#include "kernel/time.h"
#include "lib/string.h"
#include "vm/exit_text.h"
#include "vm/manager.h"
#include "vm/vcpu/vcpu_state.h"

static const struct shell_actions *actions; /* constant once the shell reads */
static bool has_quit;                       /* atomic */

#define say(...) log_tagged("shell", __VA_ARGS__)

/* --- which VM ------------------------------------------------------------------------------- */

/* A walk over all VMs for the one that is meant. */
struct search {
	const char *argument;
	bool by_number;
	bool found;
	void (*act)(struct vm *vm, void *context);
	void *context;
};

static void look_at(struct vm *vm, void *context)
{
	struct search *search = context;

	if (search->found || __atomic_load_n(&vm->state, __ATOMIC_ACQUIRE) != VM_STARTED)
		return;
	if (search->by_number ? shell_names_number(search->argument, vm->id)
			      : !strcmp(search->argument, vm->name)) {
		search->found = true;
		search->act(vm, search->context);
	}
}

/* Calls `act` for the running VM that the argument names, under the lock of the table of VMs. */
static void with_vm(const char *argument, void (*act)(struct vm *vm, void *context), void *context)
{
	struct search search = { .argument = argument, .act = act, .context = context };

	vm_for_each(look_at, &search);
	search.by_number = true;
	if (!search.found)
		vm_for_each(look_at, &search);
	if (!search.found)
		say("no VM '%s' runs; vms lists them", argument);
}

/* --- commands ------------------------------------------------------------------------------- */

static void help(void)
{
	for (unsigned i = 0; i < SHELL_VERBS; i++)
		say("  %-8s %-6s %s", shell_command_rows[i].name, shell_command_rows[i].takes,
		    shell_command_rows[i].does);
}

static uint64_t load(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/* The counters belong to other CPUs, which go on counting. */
static void list_vcpu(const struct vcpu *vcpu)
{
	const struct cpu *cpu = __atomic_load_n(&vcpu->cpu, __ATOMIC_RELAXED);

	say("  vcpu=%u state=%s cpu=%d exits=%lu guest_us=%lu turns_us=%lu", vcpu->id,
	    vcpu_state_name((enum vcpu_state)__atomic_load_n(&vcpu->state, __ATOMIC_RELAXED)),
	    cpu ? (int)cpu->index : -1, load(&vcpu->exits),
	    time_ticks_to_us(load(&vcpu->guest_ticks)), time_ticks_to_us(load(&vcpu->turn_ticks)));
}

static const char *state_of(const struct vm *vm)
{
	static const char *const names[] = {
		[VM_NEW] = "new",
		[VM_STARTED] = "running",
		[VM_STOPPING] = "stopping",
		[VM_ENDED] = "ended",
	};
	uint32_t state = __atomic_load_n(&vm->state, __ATOMIC_ACQUIRE);

	if (state == VM_STARTED && actions && actions->is_paused && actions->is_paused(vm))
		return "paused";
	return state < ARRAY_SIZE(names) ? names[state] : "unknown";
}

static void list_vm(struct vm *vm, void *context)
{
	unsigned *count = context;
	uint64_t memory = 0;

	(*count)++;
	for (unsigned i = 0; i < vm->slot_count; i++)
		memory += vm->slots[i].length;
	say("vm=%u(%s) state=%s vcpus=%u memory_kib=%lu", vm->id, vm->name, state_of(vm),
	    vm->vcpu_count, memory / KIB(1));
	for (unsigned i = 0; i < vm->vcpu_count; i++)
		list_vcpu(vm->vcpus[i]);
}

static void list_console(void *context, unsigned number, const struct vm *vm, bool chosen)
{
	say("console=%u vm=%u(%s)%s", number, vm->id, vm->name, chosen ? " chosen" : "");
}

static void list_vms(void)
{
	unsigned count = 0;

	vm_for_each(list_vm, &count);
	if (!count)
		say("there is no VM");
	console_for_each(list_console, NULL);
}

/* One of struct shell_actions that a VM is to undergo, and its name. */
struct action {
	const char *name;
	enum error (*call)(struct vm *vm, struct reason *why);
};

static void undergo(struct vm *vm, void *context)
{
	const struct action *action = context;
	struct reason why = { 0 };

	if (!action->call)
		say("%s is not available", action->name);
	else if (action->call(vm, &why))
		say("%s vm=%u(%s) error=%s: %s", action->name, vm->id, vm->name,
		    error_name(why.kind), why.text);
	else
		say("%s vm=%u(%s) done", action->name, vm->id, vm->name);
}

static void stop(struct vm *vm, void *context)
{
	say("stop vm=%u(%s)", vm->id, vm->name);
	vm_stop(vm, NULL);
}

static void show_exits(struct vm *vm, void *context)
{
	uint64_t counts[VCPU_EXIT_KINDS] = { 0 }, total = 0;
	char text[LOG_LINE_MAX];

	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		total += load(&vm->vcpus[i]->exits);
		for (unsigned kind = 0; kind < VCPU_EXIT_KINDS; kind++)
			counts[kind] +=
				__atomic_load_n(&vm->vcpus[i]->exit_counts[kind], __ATOMIC_RELAXED);
	}
	exit_text_counts(text, sizeof(text), counts);
	say("exits vm=%u(%s) total=%lu%s", vm->id, vm->name, total, text);
}

static void choose_console(struct vm *vm, void *context)
{
	bool *chosen = context;

	*chosen = console_choose_name(vm->name);
	if (!*chosen)
		say("vm=%u(%s) has no console", vm->id, vm->name);
}

static void set_log_level(const char *argument)
{
	static const char *const names[] = {
		[LOG_DEBUG] = "debug",
		[LOG_INFO] = "info",
		[LOG_WARN] = "warn",
		[LOG_ERROR] = "error",
	};

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(argument, names[i]))
			continue;
		log_set_level((enum log_level)i);
		say("log=%s", names[i]);
		return;
	}
	say("log takes debug, info, warn or error");
}

static void stop_started(struct vm *vm, void *context)
{
	if (__atomic_load_n(&vm->state, __ATOMIC_ACQUIRE) == VM_STARTED)
		stop(vm, NULL);
}

static void quit(void)
{
	say("quit");
	__atomic_store_n(&has_quit, true, __ATOMIC_RELEASE);
	vm_for_each(stop_started, NULL);
}

/* --- the shell ------------------------------------------------------------------------------ */

void shell_set_actions(const struct shell_actions *those)
{
	actions = those;
}

static void act(const char *argument, enum shell_verb verb)
{
	static const struct shell_actions none;
	const struct shell_actions *known = actions ? actions : &none;
	struct action action = {
		.name = shell_command_rows[verb].name,
		.call = verb == SHELL_PAUSE    ? known->pause
			: verb == SHELL_RESUME ? known->resume
					       : known->reset,
	};

	with_vm(argument, undergo, &action);
}

enum shell_next shell_obey(const char *line)
{
	struct shell_command command;
	struct reason why;
	bool leave = false;

	if (shell_parse(line, &command, &why)) {
		say("%s", why.text);
		return SHELL_STAY;
	}
	switch (command.verb) {
	case SHELL_HELP:
		help();
		break;
	case SHELL_VMS:
		list_vms();
		break;
	case SHELL_CONSOLE:
		with_vm(command.argument, choose_console, &leave);
		break;
	case SHELL_PAUSE:
	case SHELL_RESUME:
	case SHELL_RESET:
		act(command.argument, command.verb);
		break;
	case SHELL_STOP:
		with_vm(command.argument, stop, NULL);
		break;
	case SHELL_EXITS:
		with_vm(command.argument, show_exits, NULL);
		break;
	case SHELL_LOG:
		set_log_level(command.argument);
		break;
	case SHELL_QUIT:
		quit();
		break;
	case SHELL_NOTHING:
		break;
	}
	return leave ? SHELL_LEAVE : SHELL_STAY;
}

bool shell_has_quit(void)
{
	return __atomic_load_n(&has_quit, __ATOMIC_ACQUIRE);
}
