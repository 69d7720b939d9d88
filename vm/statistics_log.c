/* One row of numbers is one line, in either form. */
#include "vm/statistics_log.h"

#include "kernel/cpu.h"
#include "kernel/memory.h"
#include "kernel/output/log.h"
#include "kernel/time.h"
#include "lib/format.h"
#include "vm/board.h"
#include "vm/schedule/scheduler_cpu.h"
#include "vm/virt_ops.h"
#include "vm/vm.h"

#define NAME_MAX 48

static bool told; /* atomic: of a VM, at its end */

static uint64_t load(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/* --- rows ----------------------------------------------------------------------------------- */

/* `name` is "event=exit reason=10(CPUID)" or the like in lines, "10(CPUID)" in tables. */
static void line(const char *whose, const char *name, const struct statistics_row *row)
{
	struct statistics_summary s;

	statistics_summarize(row, &s);
	log_tagged("stats", "%s %s count=%lu min=%lu median=%lu p99=%lu max=%lu sum=%lu", whose,
		   name, s.count, s.least, s.median, s.p99, s.most, s.sum);
}

static void table_row(const char *name, const struct statistics_row *row)
{
	struct statistics_summary s;

	statistics_summarize(row, &s);
	log_tagged("stats", "| %-28s %9lu %9lu %9lu %9lu %11lu %9lu", name, s.count, s.least,
		   s.median, s.p99, s.most, time_ticks_to_us(s.sum));
}

static void name_of(char *name, size_t size, const struct statistics_row *row)
{
	if (row->reason == STATISTICS_OTHERS)
		format_string(name, size, "others");
	else
		virt->describe_row(name, size, row->reason);
}

static void lines(const char *whose, const struct statistics *s)
{
	char name[NAME_MAX], key[NAME_MAX + 32];

	for (unsigned i = 0; i < STATISTICS_ROWS; i++) {
		if (!load(&s->rows[i].count))
			continue;
		name_of(name, sizeof(name), &s->rows[i]);
		format_string(key, sizeof(key), "event=exit reason=%s", name);
		line(whose, key, &s->rows[i]);
	}
	line(whose, "event=in", &s->turns);
}

/* The row with the most ticks among those that are not in `done`, a bit each. */
static int costliest(const struct statistics *s, uint32_t done)
{
	int best = -1;

	for (int i = 0; i < STATISTICS_ROWS; i++)
		if (!(done & 1u << i) && load(&s->rows[i].count) &&
		    (best < 0 || s->rows[i].sum > s->rows[best].sum))
			best = i;
	return best;
}

static void table(const struct statistics *s)
{
	char name[NAME_MAX];
	uint32_t done = 0;
	int row;

	log_tagged("stats", "| %-28s %9s %9s %9s %9s %11s %9s", "exit (costs in ticks)", "count",
		   "min", "median", "p99", "max", "sum/us");
	while ((row = costliest(s, done)) >= 0) {
		done |= 1u << row;
		name_of(name, sizeof(name), &s->rows[row]);
		table_row(name, &s->rows[row]);
	}
	table_row("(a turn begins)", &s->turns);
}

/* --- where a vCPU's time went --------------------------------------------------------------- */

struct times {
	uint64_t guest, plinth, blocked, waiting;
};

static struct times times_of(const struct vcpu *vcpu)
{
	uint64_t now = time_ticks(), since = load(&vcpu->blocked_since);
	uint64_t guest = load(&vcpu->guest_ticks), turns = load(&vcpu->turn_ticks);
	struct times t = {
		.guest = guest,
		.plinth = turns > guest ? turns - guest : 0,
		.blocked = load(&vcpu->blocked_ticks) + (since && now > since ? now - since : 0),
	};
	uint64_t all = vcpu->started && now > vcpu->started ? now - vcpu->started : 0;

	t.waiting = all > turns + t.blocked ? all - turns - t.blocked : 0;
	return t;
}

static void times_line(const char *whose, uint64_t exits, const struct times *t)
{
	log_tagged("stats", "%s exits=%lu guest=%lu plinth=%lu blocked=%lu waiting=%lu", whose,
		   exits, t->guest, t->plinth, t->blocked, t->waiting);
}

static void times_row(unsigned id, uint64_t exits, const struct times *t)
{
	log_tagged("stats",
		   "| vcpu %u: %lu exits; us in guest %lu, in Plinth %lu, halted %lu, waiting %lu",
		   id, exits, time_ticks_to_us(t->guest), time_ticks_to_us(t->plinth),
		   time_ticks_to_us(t->blocked), time_ticks_to_us(t->waiting));
}

/* --- a VM ----------------------------------------------------------------------------------- */

static void tell_vcpus(const struct vm *vm, enum stats_mode mode)
{
	char whose[VM_NAME_MAX + 48];

	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		const struct vcpu *vcpu = vm->vcpus[i];
		struct times times = times_of(vcpu);

		format_string(whose, sizeof(whose), "vm=%u(%s) vcpu=%u", vm->id, vm->name,
			      vcpu->id);
		if (mode & STATS_LINES) {
			times_line(whose, vcpu_exits(vcpu), &times);
			lines(whose, &vcpu->statistics);
		}
		if (mode & STATS_TABLE)
			times_row(vcpu->id, vcpu_exits(vcpu), &times);
	}
}

/* All vCPUs as one. */
static void tell_sum(const struct vm *vm, struct statistics *sum, enum stats_mode mode)
{
	char whose[VM_NAME_MAX + 48];

	statistics_init(sum);
	for (unsigned i = 0; i < vm->vcpu_count; i++)
		statistics_add(sum, &vm->vcpus[i]->statistics);
	format_string(whose, sizeof(whose), "vm=%u(%s) vcpu=all", vm->id, vm->name);
	if (mode & STATS_LINES)
		lines(whose, sum);
	if (mode & STATS_TABLE)
		table(sum);
}

void statistics_log_vm(const struct vm *vm, enum stats_mode mode)
{
	size_t pages = (sizeof(struct statistics) + PAGE_SIZE - 1) / PAGE_SIZE;
	struct statistics *sum = pages_alloc(pages, PAGE_SIZE);

	if (mode & STATS_TABLE)
		log_tagged("stats", "| vm=%u(%s)", vm->id, vm->name);
	tell_vcpus(vm, mode);
	if (sum)
		tell_sum(vm, sum, mode);
	else
		log_warn("vm", "no memory to add up statistics vm=%u(%s)", vm->id, vm->name);
	pages_free(sum, pages);
}

void statistics_log_end(const struct vm *vm)
{
	enum stats_mode mode = command_line.stats;

	if (mode == STATS_AUTO)
		mode = vm->board && vm->board->tells_statistics ? STATS_TABLE : STATS_OFF;
	if (mode == STATS_OFF)
		return;
	statistics_log_vm(vm, mode);
	__atomic_store_n(&told, true, __ATOMIC_RELAXED);
}

/* --- CPUs ----------------------------------------------------------------------------------- */

void statistics_log_cpus(enum stats_mode mode)
{
	for (unsigned i = 0; i < cpu_count(); i++) {
		const struct scheduler *s = scheduler_of(cpu_by_index(i));
		uint64_t began = s ? load(&s->began) : 0, ended = s ? load(&s->ended) : 0;

		if (!began)
			continue;
		uint64_t total = (ended ? ended : time_ticks()) - began;
		uint64_t guest = load(&s->guest_ticks), idle = load(&s->idle_ticks);
		uint64_t plinth = total > guest + idle ? total - guest - idle : 0;

		if (mode & STATS_LINES)
			log_tagged("stats", "cpu=%u guest=%lu plinth=%lu exits=%lu idle=%lu", i,
				   guest, plinth, load(&s->exit_ticks), idle);
		if (mode & STATS_TABLE)
			log_tagged("stats", "| cpu %u: us in guests %lu, in Plinth %lu, idle %lu",
				   i, time_ticks_to_us(guest), time_ticks_to_us(plinth),
				   time_ticks_to_us(idle));
	}
}

void statistics_log_end_of_run(void)
{
	if (__atomic_load_n(&told, __ATOMIC_RELAXED))
		statistics_log_cpus(command_line.stats == STATS_AUTO ? STATS_TABLE
								     : command_line.stats);
}
