/* The scheduler, the run loop and the manager themselves, with a thread for each CPU over a fake
 * kernel and a backend that plays guests. Kicks are modelled as strictly as the hardware does them:
 * one that comes before interrupts go off has been taken and wakes no later halt, so that a gap
 * between looking for work and halting would hang the test. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

/* cmocka's names for what it checks, taken back for lib/assert.h. */
#undef assert

#include "kernel/command_line.h"
#include "kernel/cpu.h"

static void fake_interrupts_disable(void);
static void fake_interrupts_enable(void);
static void fake_halt(void);
#define interrupts_disable         fake_interrupts_disable
#define interrupts_enable          fake_interrupts_enable
#define interrupts_enable_and_halt fake_halt

#include "vm/exit_log.c"
#include "vm/ipi_send.c"
#include "vm/manager.c"
#include "vm/run_loop.c"
#include "vm/scheduler.c"
#include "vm/watchdog.c"

#define LINUX_ARCH_SET_GS 0x1001
#define CPUS              4

/* --- a kernel ------------------------------------------------------------------------------- */

struct command_line command_line = { .exits = EXITS_OFF,
				     .slice_us = 1000,
				     .preemption_timer = true };

static struct cpu cpus[CPUS];
static unsigned cpus_used;
static struct {
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	bool pending; /* an interrupt that waits to be taken */
	uint64_t timer_at;
} lines[CPUS];

unsigned cpu_count(void)
{
	return cpus_used;
}

struct cpu *cpu_by_index(unsigned index)
{
	assert(index < cpus_used);
	return &cpus[index];
}

void cpu_kick(struct cpu *cpu)
{
	__atomic_store_n(&cpu->need_resched, true, __ATOMIC_SEQ_CST);
	if (cpu == this_cpu())
		return;
	pthread_mutex_lock(&lines[cpu->index].mutex);
	lines[cpu->index].pending = true;
	pthread_cond_signal(&lines[cpu->index].wake);
	pthread_mutex_unlock(&lines[cpu->index].mutex);
}

static void fake_interrupts_disable(void)
{
	unsigned i = this_cpu()->index;

	pthread_mutex_lock(&lines[i].mutex);
	lines[i].pending = false; /* what came while they were on has been taken */
	pthread_mutex_unlock(&lines[i].mutex);
}

static void fake_interrupts_enable(void)
{
}

static void fake_halt(void)
{
	unsigned i = this_cpu()->index;
	struct timespec until = { .tv_sec = (time_t)(lines[i].timer_at / 1000000000),
				  .tv_nsec = (long)(lines[i].timer_at % 1000000000) };

	pthread_mutex_lock(&lines[i].mutex);
	while (!lines[i].pending)
		if (pthread_cond_timedwait(&lines[i].wake, &lines[i].mutex, &until))
			break;
	lines[i].pending = false;
	pthread_mutex_unlock(&lines[i].mutex);
}

static bool idle_timer_works; /* off: a lost kick is never made up for */

uint64_t time_ticks(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t time_us_to_ticks(uint64_t us)
{
	return us * 1000;
}

uint64_t time_ticks_to_us(uint64_t ticks)
{
	return ticks / 1000;
}

void lapic_timer_start(uint64_t us)
{
	lines[this_cpu()->index].timer_at =
		time_ticks() + (idle_timer_works ? us * 1000 : 60ull * 1000000000);
}

void lapic_timer_stop(void)
{
}

uint64_t spinlock_acquire(struct spinlock *lock)
{
	uint32_t free = 0, me = this_cpu()->index + 1;

	assert(__atomic_load_n(&lock->holder, __ATOMIC_RELAXED) != me);
	while (!__atomic_compare_exchange_n(&lock->holder, &free, me, false, __ATOMIC_ACQUIRE,
					    __ATOMIC_RELAXED)) {
		free = 0;
		sched_yield();
	}
	return 0;
}

void spinlock_release(struct spinlock *lock, uint64_t rflags)
{
	__atomic_store_n(&lock->holder, 0, __ATOMIC_RELEASE);
}

static uint64_t pages_taken;

void *pages_alloc(size_t count, uint64_t align)
{
	void *pages = aligned_alloc(align, (count * PAGE_SIZE + align - 1) & ~(align - 1));

	if (pages) {
		memset(pages, 0, count * PAGE_SIZE);
		__atomic_fetch_add(&pages_taken, count, __ATOMIC_RELAXED);
	}
	return pages;
}

void *page_alloc(void)
{
	return pages_alloc(1, PAGE_SIZE);
}

void pages_free(void *pages, size_t count)
{
	free(pages);
	__atomic_fetch_sub(&pages_taken, count, __ATOMIC_RELAXED);
}

void pages_set_owner(const void *pages, size_t count, uint16_t owner)
{
}

uint64_t pages_available(void)
{
	return 0;
}

hpa_t virt_to_hpa(const void *pointer)
{
	return hpa((uint64_t)pointer);
}

static unsigned troubles; /* log lines of warning and above; atomic */

void log_write(enum log_level level, const char *area, const char *format, ...)
{
	va_list args;

	if (level >= LOG_WARN)
		__atomic_fetch_add(&troubles, 1, __ATOMIC_RELAXED);
	if (!getenv("SHOW_LOG"))
		return;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	puts("");
}

void log_tagged(const char *tag, const char *format, ...)
{
}

bool log_drain_some(void)
{
	return false;
}

enum error log_reason(enum log_level level, const char *area, const struct reason *why)
{
	return why->kind;
}

/* --- a backend that plays guests ------------------------------------------------------------ */

/* What the hardware would hold of a vCPU, to catch what real hardware would punish. */
struct fake_vcpu {
	struct cpu *active_on;
	uint32_t running;
	uint64_t work, started_with_vector;
	bool refuses_entry;
};

static struct vcpu_exit (*play)(struct vcpu *vcpu, struct fake_vcpu *fake);
static uint64_t nested_tables;

static struct fake_vcpu *fake_of(struct vcpu *vcpu)
{
	return (struct fake_vcpu *)vcpu->backend;
}

static enum error fake_create(struct vcpu *vcpu, struct reason *why)
{
	vcpu->backend = calloc(1, sizeof(struct fake_vcpu));
	return ERROR_NONE;
}

static enum error fake_set_nested_root(struct vcpu *vcpu, hpa_t root, struct reason *why)
{
	return ERROR_NONE;
}

static enum error fake_setup(struct vcpu *vcpu, const struct vcpu_config *c, struct reason *why)
{
	return ERROR_NONE;
}

static enum error fake_bind(struct vcpu *vcpu, struct reason *why)
{
	assert(!fake_of(vcpu)->active_on);
	fake_of(vcpu)->active_on = this_cpu();
	return ERROR_NONE;
}

static enum error fake_unbind(struct vcpu *vcpu, struct reason *why)
{
	assert(fake_of(vcpu)->active_on == this_cpu());
	fake_of(vcpu)->active_on = NULL;
	return ERROR_NONE;
}

static enum error fake_run(struct vcpu *vcpu, struct vcpu_exit *exit)
{
	struct fake_vcpu *fake = fake_of(vcpu);

	assert(fake->active_on == this_cpu());
	assert(!__atomic_exchange_n(&fake->running, 1, __ATOMIC_SEQ_CST));
	if (fake->refuses_entry) {
		*exit = (struct vcpu_exit) { .kind = VCPU_EXIT_ENTRY_FAILED };
		strcpy(exit->entry_failed.story, "told to refuse");
	} else {
		*exit = play(vcpu, fake);
	}
	vcpu_note_exit(vcpu, exit);
	__atomic_store_n(&fake->running, 0, __ATOMIC_SEQ_CST);
	return fake->refuses_entry ? ERROR_ENTRY_FAILED : ERROR_NONE;
}

static enum error fake_inject(struct vcpu *vcpu, const struct vcpu_event *e, struct reason *why)
{
	bool triple;

	return vcpu_events_queue(&vcpu->events, e, &triple, why);
}

static enum error fake_get_register(struct vcpu *vcpu, enum vcpu_register reg, uint64_t *value)
{
	*value = reg == VCPU_RFLAGS ? 0x202 : 0; /* interrupts enabled */
	return ERROR_NONE;
}

static void fake_skip_instruction(struct vcpu *vcpu)
{
}

static enum error fake_init_reset(struct vcpu *vcpu, struct reason *why)
{
	return ERROR_NONE;
}

static enum error fake_start_up(struct vcpu *vcpu, uint8_t vector, struct reason *why)
{
	fake_of(vcpu)->started_with_vector = vector;
	return ERROR_NONE;
}

static void fake_destroy(struct vcpu *vcpu)
{
	assert(!fake_of(vcpu)->active_on);
	free(vcpu->backend);
}

static void fake_format_reason(char *buffer, size_t size, uint32_t raw_reason)
{
	snprintf(buffer, size, "%u(FAKE)", raw_reason);
}

static enum error fake_nested_create(struct nested_table **made, struct reason *why)
{
	*made = (struct nested_table *)&nested_tables;
	__atomic_fetch_add(&nested_tables, 1, __ATOMIC_RELAXED);
	return ERROR_NONE;
}

static enum error fake_nested_map(struct nested_table *nested, gpa_t at, hpa_t to, uint64_t length,
				  unsigned rights, enum nested_memory_type type, struct reason *why)
{
	return ERROR_NONE;
}

static hpa_t fake_nested_root(const struct nested_table *nested)
{
	return hpa(0x1000);
}

static void fake_nested_destroy(struct nested_table *nested)
{
	__atomic_fetch_sub(&nested_tables, 1, __ATOMIC_RELAXED);
}

static const struct virt_ops fake = {
	.name = "fake",
	.create = fake_create,
	.set_nested_root = fake_set_nested_root,
	.setup = fake_setup,
	.bind = fake_bind,
	.run = fake_run,
	.unbind = fake_unbind,
	.inject = fake_inject,
	.get_register = fake_get_register,
	.skip_instruction = fake_skip_instruction,
	.init_reset = fake_init_reset,
	.start_up = fake_start_up,
	.destroy = fake_destroy,
	.format_reason = fake_format_reason,
	.nested_create = fake_nested_create,
	.nested_map = fake_nested_map,
	.nested_root = fake_nested_root,
	.nested_destroy = fake_nested_destroy,
};
const struct virt_ops *virt = &fake;

/* --- running them --------------------------------------------------------------------------- */

static void be_cpu(unsigned index)
{
	cpus[index].self = &cpus[index];
	cpus[index].index = index;
	assert(!syscall(SYS_arch_prctl, LINUX_ARCH_SET_GS, &cpus[index]));
}

static void *cpu_thread(void *argument)
{
	be_cpu((unsigned)(uintptr_t)argument);
	scheduler_run();
	return NULL;
}

static void boot(unsigned count)
{
	cpus_used = count;
	for (unsigned i = 0; i < count; i++) {
		memset(&cpus[i], 0, sizeof(cpus[i]));
		pthread_mutex_init(&lines[i].mutex, NULL);
		pthread_cond_init(&lines[i].wake, NULL);
		be_cpu(i);
		assert_int_equal(scheduler_init_cpu(), ERROR_NONE);
	}
	be_cpu(0);
	__atomic_store_n(&troubles, 0, __ATOMIC_RELAXED);
	idle_timer_works = false;
}

/* Until every VM has ended; then nothing may be left of any. */
static void run_all(void)
{
	pthread_t threads[CPUS];

	alarm(60);
	for (unsigned i = 0; i < cpus_used; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, cpu_thread, (void *)(uintptr_t)i), 0);
	for (unsigned i = 0; i < cpus_used; i++)
		pthread_join(threads[i], NULL);
	alarm(0);
	be_cpu(0);
	for (unsigned i = 0; i < cpus_used; i++)
		pages_free(cpus[i].scheduler, 1);
	assert_int_equal(pages_taken, 0);
	assert_int_equal(nested_tables, 0);
	assert_int_equal(vm_running_count(), 0);
}

static struct vm *make(const struct board_ops *board, unsigned vcpu_count, bool wait_for_sipi)
{
	struct vm *vm;
	struct reason why;

	assert_int_equal(vm_create(&vm, "fake", KIB(64), vcpu_count, board, NULL, &why),
			 ERROR_NONE);
	for (unsigned i = 0; i < vcpu_count; i++) {
		struct vcpu_config config = { .wait_for_sipi = i && wait_for_sipi };

		assert_int_equal(vcpu_setup(vm->vcpus[i], &config), ERROR_NONE);
	}
	return vm;
}

static void start_vm(struct vm *vm)
{
	struct reason why;

	assert_int_equal(vm_start(vm, &why), ERROR_NONE);
}

static unsigned ended_well, ended_badly; /* atomic */

static void count_end(struct vm *vm, const struct reason *trouble)
{
	__atomic_fetch_add(trouble ? &ended_badly : &ended_well, 1, __ATOMIC_RELAXED);
}

static struct vcpu_exit exit_of(enum vcpu_exit_kind kind)
{
	return (struct vcpu_exit) { .kind = kind };
}

/* --- a token that goes round ---------------------------------------------------------------- */

#define LAPS 300

/* Halts until an interrupt comes; each interrupt is passed on to the next vCPU by an IPI. */
static struct vcpu_exit play_ring(struct vcpu *vcpu, struct fake_vcpu *state)
{
	static const struct event_openings open = { .interrupts_enabled = true };
	struct event_choice choice = vcpu_events_choose(&vcpu->events, &open);
	struct vcpu_exit exit = exit_of(VCPU_EXIT_IPI);
	uint64_t next = (vcpu->id + 1) % vcpu->vm->vcpu_count;

	if (choice.event.kind == EVENT_NONE && (vcpu->id || state->work))
		return exit_of(VCPU_EXIT_HLT);
	if (state->work++ == LAPS)
		return exit_of(VCPU_EXIT_HYPERCALL);
	exit.ipi.icr = next << 32 | 0x30;
	return exit;
}

static enum board_action ring_exit(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	if (exit->kind != VCPU_EXIT_HLT)
		return BOARD_END_VM;
	/* Now and then long enough for the token to come between the HLT and the blocking. */
	if (vcpu->exits % 16 == 0)
		usleep(50);
	return BOARD_BLOCK;
}

static const struct board_ops ring_board = { .exit = ring_exit, .ended = count_end };

static void no_wake_is_lost(void **unused)
{
	for (unsigned count = 1; count <= CPUS; count++) {
		boot(count);
		play = play_ring;
		ended_well = 0;
		for (unsigned i = 0; i < 12; i++)
			start_vm(make(&ring_board, 1 + i % 4, false));
		run_all();
		assert_int_equal(ended_well, 12);
		assert_int_equal(troubles, 0);
	}
}

/* --- INIT and SIPI -------------------------------------------------------------------------- */

static struct vcpu_exit play_startup(struct vcpu *vcpu, struct fake_vcpu *state)
{
	struct vcpu_exit exit = exit_of(VCPU_EXIT_IPI);

	if (vcpu->id) {
		assert(state->started_with_vector == 0x9a);
		return exit_of(VCPU_EXIT_HYPERCALL);
	}
	switch (state->work++) {
	case 0:
		exit.ipi.icr = 0xc4500; /* INIT to all but self */
		return exit;
	case 1:
	case 2:
		exit.ipi.icr = 0xc469a; /* SIPI to all but self, twice as the SDM has it */
		return exit;
	default:
		return exit_of(VCPU_EXIT_HYPERCALL);
	}
}

static enum board_action end_vcpu(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	return BOARD_END_VCPU;
}

static const struct board_ops vcpu_ends_board = { .exit = end_vcpu, .ended = count_end };

static void application_processors_start(void **unused)
{
	boot(2);
	play = play_startup;
	ended_well = 0;
	for (unsigned i = 0; i < 20; i++)
		start_vm(make(&vcpu_ends_board, 4, true));
	run_all();
	assert_int_equal(ended_well, 20);
}

/* The first vCPU ends without having started the others: nobody can any more. */
static struct vcpu_exit play_end(struct vcpu *vcpu, struct fake_vcpu *state)
{
	return exit_of(VCPU_EXIT_HYPERCALL);
}

static void nobody_left_to_start_them(void **unused)
{
	boot(2);
	play = play_end;
	ended_well = 0;
	start_vm(make(&vcpu_ends_board, 3, true));
	run_all();
	assert_int_equal(ended_well, 1);
}

/* --- equal shares --------------------------------------------------------------------------- */

#define SHARES 200
static unsigned smallest_share;

static struct vcpu_exit play_slices(struct vcpu *vcpu, struct fake_vcpu *state)
{
	state->work++;
	return exit_of(vcpu->slices > SHARES ? VCPU_EXIT_HYPERCALL : VCPU_EXIT_TIME_SLICE);
}

static void note_share(struct vm *vm, const struct reason *trouble)
{
	for (unsigned i = 0; i < vm->vcpu_count; i++)
		if (vm->vcpus[i]->slices < smallest_share)
			smallest_share = (unsigned)vm->vcpus[i]->slices;
	count_end(vm, trouble);
}

static enum board_action end_vm(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	return BOARD_END_VM;
}

static const struct board_ops share_board = { .exit = end_vm, .ended = note_share };

static void equal_shares_on_one_cpu(void **unused)
{
	boot(1);
	play = play_slices;
	smallest_share = ~0u;
	start_vm(make(&share_board, 16, false));
	run_all();
	/* The first to have its 201st slice ends them all: nobody else is behind by more than one. */
	assert_true(smallest_share >= SHARES);
}

/* --- moving --------------------------------------------------------------------------------- */

static uint64_t cpus_seen; /* atomic */

static struct vcpu_exit play_moving(struct vcpu *vcpu, struct fake_vcpu *state)
{
	__atomic_fetch_or(&cpus_seen, 1ull << this_cpu()->index, __ATOMIC_RELAXED);
	if (vcpu->pinned_cpu >= 0)
		assert(this_cpu()->index == (unsigned)vcpu->pinned_cpu);
	usleep(100);
	return exit_of(++state->work > 40 ? VCPU_EXIT_HYPERCALL : VCPU_EXIT_TIME_SLICE);
}

static void idle_cpus_get_work(void **unused)
{
	boot(CPUS);
	play = play_moving;
	cpus_seen = 0;
	ended_well = 0;
	struct vm *vm = make(&vcpu_ends_board, 16, false);

	/* All of them before the first CPU; half of them have to stay there. */
	for (unsigned i = 0; i < vm->vcpu_count; i++)
		vm->vcpus[i]->pinned_cpu = 0;
	start_vm(vm);
	for (unsigned i = 0; i < vm->vcpu_count; i += 2) {
		vm->vcpus[i]->pinned_cpu = -1;
		scheduler_of(&cpus[0])->queue.movable++;
	}
	run_all();
	assert_int_equal(ended_well, 1);
	assert_true(cpus_seen & ~1ull);
}

/* --- failures ------------------------------------------------------------------------------- */

static void one_failure_stays_alone(void **unused)
{
	boot(2);
	play = play_ring;
	ended_well = ended_badly = 0;
	for (unsigned i = 0; i < 8; i++) {
		struct vm *vm = make(&ring_board, 2, false);

		fake_of(vm->vcpus[1])->refuses_entry = i % 2;
		start_vm(vm);
	}
	run_all();
	assert_int_equal(ended_badly, 4);
	assert_int_equal(ended_well, 4);
}

static enum board_action nobody_knows(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	return BOARD_UNHANDLED;
}

static const struct board_ops clueless_board = { .exit = nobody_knows, .ended = count_end };

static void unhandled_is_no_success(void **unused)
{
	boot(2);
	play = play_end;
	ended_well = ended_badly = 0;
	start_vm(make(&clueless_board, 2, false));
	run_all();
	assert_int_equal(ended_badly, 1);
	assert_int_equal(ended_well, 0);
}

static struct vcpu_exit play_runaway(struct vcpu *vcpu, struct fake_vcpu *state)
{
	usleep(1000);
	return exit_of(VCPU_EXIT_TIME_SLICE);
}

static struct vcpu_exit play_halt(struct vcpu *vcpu, struct fake_vcpu *state)
{
	return exit_of(VCPU_EXIT_HLT);
}

static void watchdog_bites(void **unused)
{
	static struct vcpu_exit (*const guests[])(struct vcpu *,
						  struct fake_vcpu *) = { play_runaway, play_halt };

	for (unsigned i = 0; i < ARRAY_SIZE(guests); i++) {
		boot(2);
		idle_timer_works = true;
		play = guests[i];
		ended_badly = 0;
		struct vm *vm = make(&ring_board, 2, false);
		vm->deadline_us = 30000;
		start_vm(vm);
		run_all();
		assert_int_equal(ended_badly, 1);
	}
}

static void never_started(void **unused)
{
	struct reason why = { .kind = ERROR_INVALID_DATA, .text = "changed my mind" };

	boot(1);
	ended_badly = 0;
	vm_stop(make(&ring_board, 3, false), &why);
	assert_int_equal(ended_badly, 1);
	run_all();
}

static void what_cannot_start(void **unused)
{
	struct reason why;
	struct vm *vm;

	boot(1);
	assert_int_equal(vm_create(&vm, "none", KIB(64), 0, &ring_board, NULL, &why),
			 ERROR_INVALID_INPUT);
	assert_int_equal(vm_create(&vm, "many", KIB(64), VM_MAX_VCPUS + 1, &ring_board, NULL, &why),
			 ERROR_INVALID_INPUT);
	assert_int_equal(vm_create(&vm, "odd", KIB(64) + 1, 1, &ring_board, NULL, &why),
			 ERROR_INVALID_INPUT);
	assert_int_equal(vm_create(&vm, "raw", KIB(64), 1, &ring_board, NULL, &why), ERROR_NONE);
	assert_int_equal(vm_start(vm, &why), ERROR_BAD_STATE);
	assert_int_equal(vm_add_memory(vm, gpa(0x1000), KIB(4), ACCESS_READ, &why),
			 ERROR_INVALID_INPUT);
	vm_stop(vm, &why);
	vm = make(&ring_board, 1, false);
	vm->vcpus[0]->pinned_cpu = 7;
	assert_int_equal(vm_start(vm, &why), ERROR_INVALID_INPUT);
	vm_stop(vm, &why);
	run_all();
}

static void as_many_as_fit(void **unused)
{
	static struct vm *vms[MAX_VMS];
	struct reason why;
	struct vm *extra;

	boot(CPUS);
	play = play_end;
	ended_well = 0;
	for (unsigned i = 0; i < MAX_VMS; i++)
		vms[i] = make(&vcpu_ends_board, 1, false);
	assert_int_equal(vm_create(&extra, "extra", KIB(4), 1, &ring_board, NULL, &why),
			 ERROR_NO_MEMORY);
	for (unsigned i = 0; i < MAX_VMS; i++)
		start_vm(vms[i]);
	run_all();
	assert_int_equal(ended_well, MAX_VMS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_wake_is_lost),
		cmocka_unit_test(application_processors_start),
		cmocka_unit_test(nobody_left_to_start_them),
		cmocka_unit_test(equal_shares_on_one_cpu),
		cmocka_unit_test(idle_cpus_get_work),
		cmocka_unit_test(one_failure_stays_alone),
		cmocka_unit_test(unhandled_is_no_success),
		cmocka_unit_test(watchdog_bites),
		cmocka_unit_test(never_started),
		cmocka_unit_test(what_cannot_start),
		cmocka_unit_test(as_many_as_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
