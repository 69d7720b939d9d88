/* What the commands do. */
#include "guest/console/shell.h"

#include "guest/console/console.h"
#include "guest/console/shell_command.h"
#include "kernel/command_line.h"
#include "kernel/cpu.h"
#include "kernel/output/log.h"
#include "kernel/time.h"
#include "lib/string.h"
#include "vm/board.h"
#include "vm/exit_log.h"
#include "vm/manager.h"
#include "vm/recorder_log.h"
#include "vm/statistics_log.h"
#include "vm/vcpu/vcpu_state.h"

static bool has_quit; /* atomic */

#define say(...) log_tagged("shell", __VA_ARGS__)

/* --- which VM ------------------------------------------------------------------------------- */

static bool vm_has_name(const struct vm *vm, const void *wanted)
{
	return !strcmp(vm->name, wanted);
}

static bool vm_has_number(const struct vm *vm, const void *wanted)
{
	return shell_names_number(wanted, vm->id);
}

/* Calls `act` for the running VM that the argument names; no lock is held. */
static void with_vm(const char *argument, void (*act)(struct vm *vm, void *context), void *context)
{
	if (!vm_act_on(vm_has_name, argument, act, context) &&
	    !vm_act_on(vm_has_number, argument, act, context))
		say("no VM '%s' runs; vms lists them", argument);
}

/* --- commands ------------------------------------------------------------------------------- */

static void help(void)
{
	for (unsigned i = 0; i < SHELL_VERBS; i++) {
		const struct shell_command_row row = shell_command_row((enum shell_verb)i);

		say("  %-8s %-6s %s", row.name, row.takes, row.does);
	}
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
	    cpu ? (int)cpu->index : -1, vcpu_exits(vcpu),
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

	if (state == VM_STARTED && vm_is_paused(vm))
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

/* What is done with it. */
static void tell(const struct vm *vm, const char *what)
{
	say("%s vm=%u(%s)", what, vm->id, vm->name);
}

/* Why it is not. */
static void refuse(const struct vm *vm, const char *why)
{
	say("vm=%u(%s) %s", vm->id, vm->name, why);
}

static void pause(struct vm *vm, void *context)
{
	tell(vm, "pause");
	vm_pause(vm);
}

static void resume(struct vm *vm, void *context)
{
	tell(vm, "resume");
	vm_resume(vm);
}

static void reset(struct vm *vm, void *context)
{
	if (!vm->board->restart) {
		refuse(vm, "has no reset button");
		return;
	}
	tell(vm, "reset");
	vm_reset(vm);
}

static void stop(struct vm *vm, void *context)
{
	tell(vm, "stop");
	vm_stop(vm, NULL);
}

static void show_row(const struct vm *vm, const char *row)
{
	say("screen| %s", row);
}

static void show_screen(struct vm *vm, void *context)
{
	tell(vm, "screen");
	if (!vm->board->screen || !vm->board->screen(vm, show_row))
		refuse(vm, "shows no text");
}

static void show_exits(struct vm *vm, void *context)
{
	char text[LOG_LINE_MAX];
	uint64_t total = exit_log_counts(vm, text, sizeof(text));

	say("exits vm=%u(%s) total=%lu%s", vm->id, vm->name, total, text);
	if (vm->board->missed_ticks && vm->board->missed_ticks(vm, text, sizeof(text)))
		say("missed ticks vm=%u(%s)%s", vm->id, vm->name, text);
}

/* They answer in the log, each when it comes to it. */
static void ask_where(struct vm *vm, void *context)
{
	tell(vm, "where");
	vm_ask_where(vm);
}

static enum stats_mode stats_mode(void)
{
	return command_line.stats & STATS_BOTH ? command_line.stats : STATS_TABLE;
}

static void show_stats(struct vm *vm, void *context)
{
	statistics_log_vm(vm, stats_mode());
}

/* Of one VM, or of the CPUs. */
static void stats(const char *argument)
{
	if (argument[0])
		with_vm(argument, show_stats, NULL);
	else
		statistics_log_cpus(stats_mode());
}

static void trace_vm(struct vm *vm, void *context)
{
	const uint32_t *number = context;

	recorder_log_vm(vm, *number ? *number : RECORDER_LAST_OF_VM, "asked");
}

static void trace(struct shell_command *command)
{
	if (command->argument[0] && strcmp(command->argument, "all"))
		with_vm(command->argument, trace_vm, &command->number);
	else
		recorder_log_all(command->number ? command->number : RECORDER_LAST_OF_ALL, "asked");
}

static void choose_console(struct vm *vm, void *context)
{
	bool *chosen = context;

	*chosen = console_choose_name(vm->name);
	if (!*chosen)
		refuse(vm, "has no console");
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

static bool vm_is_any(const struct vm *vm, const void *wanted)
{
	return true;
}

static void quit(void)
{
	say("quit");
	__atomic_store_n(&has_quit, true, __ATOMIC_RELEASE);
	/* One that was stopped is not found again. */
	while (vm_act_on(vm_is_any, NULL, stop, NULL))
		;
}

/* --- the shell ------------------------------------------------------------------------------ */

/* What a command does with the VM that it names; null for those that name none, or need not. */
static void (*const vm_acts[SHELL_VERBS])(struct vm *vm, void *context) = {
	[SHELL_CONSOLE] = choose_console,
	[SHELL_PAUSE] = pause,
	[SHELL_RESUME] = resume,
	[SHELL_RESET] = reset,
	[SHELL_STOP] = stop,
	[SHELL_SCREEN] = show_screen,
	[SHELL_EXITS] = show_exits,
	[SHELL_WHERE] = ask_where,
};

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
	case SHELL_STATS:
		stats(command.argument);
		break;
	case SHELL_TRACE:
		trace(&command);
		break;
	case SHELL_LOG:
		set_log_level(command.argument);
		break;
	case SHELL_QUIT:
		quit();
		break;
	case SHELL_NOTHING:
		break;
	default:
		with_vm(command.argument, vm_acts[command.verb], &leave);
		break;
	}
	return leave ? SHELL_LEAVE : SHELL_STAY;
}

bool shell_has_quit(void)
{
	return __atomic_load_n(&has_quit, __ATOMIC_ACQUIRE);
}
