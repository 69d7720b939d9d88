/* A kernel for tests of the scheduler, the run loop and the manager: a thread plays each CPU; its guests
 * are tests/host/smp_backend.h's. Kicks are modelled as strictly as the hardware does them: one that
 * comes before interrupts go off has been taken and wakes no later halt, so that a gap between looking
 * for work and halting would hang the test. Included once, by the test; it includes the code under
 * test, whose interrupt flag it replaces. */
#ifndef TESTS_HOST_SMP_MACHINE_H
#define TESTS_HOST_SMP_MACHINE_H

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
#include "kernel/time.h"
#include "kernel/timer.h"
#include "x86/instructions.h"

static void fake_interrupts_disable(void);
static void fake_interrupts_enable(void);
static void fake_halt(void);
static void fake_monitor(const void *line);
static void fake_sleep_monitored(void);
#define read_tsc                   time_ticks
#define interrupts_disable         fake_interrupts_disable
#define interrupts_enable          fake_interrupts_enable
#define interrupts_enable_and_halt fake_halt

#include "kernel/cpu_sleep.h"
#define cpu_monitor         fake_monitor
#define cpu_sleep_monitored fake_sleep_monitored

#include "vm/crash/crash.c"
#include "vm/crash/place.c"
#include "vm/exit_log.c"
#include "vm/halt.c"
#include "vm/hold.c"
#include "vm/schedule/idle_cpus.c"
#include "vm/ipi_send.c"
#include "vm/debugger.c"
#include "vm/lazy_memory.c"
#include "vm/manager.c"
#include "vm/memory.c"
#include "vm/schedule/blocking.c"
#include "vm/schedule/break_off.h"
#include "vm/schedule/hand_over.h"
#include "vm/schedule/run_loop.c"
#include "vm/schedule/scheduler.c"
#include "vm/schedule/turn.c"
#include "vm/schedule/watchdog.c"
#include "vm/vcpu/vcpu_account.c"

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
	bool pending;        /* an interrupt that waits to be taken */
	struct timer *timer; /* armed for that moment, or null */
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

static unsigned kicks; /* IPIs that were sent; atomic */

static void interrupt(struct cpu *cpu)
{
	pthread_mutex_lock(&lines[cpu->index].mutex);
	lines[cpu->index].pending = true;
	pthread_cond_signal(&lines[cpu->index].wake);
	pthread_mutex_unlock(&lines[cpu->index].mutex);
}

void cpu_kick(struct cpu *cpu)
{
	__atomic_store_n(&cpu->need_resched, true, __ATOMIC_SEQ_CST);
	__atomic_store_n(&cpu->attention, true, __ATOMIC_SEQ_CST);
	if (cpu == this_cpu())
		return;
	__atomic_fetch_add(&kicks, 1, __ATOMIC_RELAXED);
	interrupt(cpu);
}

/* A nudge, by cpu_nudge(). */
void cpu_send(struct cpu *cpu, unsigned vector)
{
	assert(cpu != this_cpu());
	interrupt(cpu);
}

struct lapic_way lapic_way; /* not x2APIC mode */

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

static void ring_if_due(void)
{
	struct timer *timer = lines[this_cpu()->index].timer;

	if (!timer || time_ticks() < lines[this_cpu()->index].timer_at)
		return;
	lines[this_cpu()->index].timer = NULL;
	timer->function(timer);
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
	ring_if_due();
}

static bool cpus_monitor;

bool cpu_can_monitor(void)
{
	return cpus_monitor;
}

static _Thread_local const uint32_t *monitored;
static _Thread_local uint32_t seen_in_line;

static void fake_monitor(const void *line)
{
	monitored = (const uint32_t *)line;
	seen_in_line = __atomic_load_n(monitored, __ATOMIC_SEQ_CST);
}

/* No kick ends it here: who is to be woken by a write must get one. */
static void fake_sleep_monitored(void)
{
	while (__atomic_load_n(monitored, __ATOMIC_SEQ_CST) == seen_in_line &&
	       time_ticks() < lines[this_cpu()->index].timer_at)
		sched_yield();
	ring_if_due();
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

static struct record records[CPUS][RECORDER_PLACES];
static struct recorder recorders[CPUS];
static const uint64_t no_moment = UINT64_MAX;
static const struct recorder_watch never = { .moment = &no_moment };

enum error recorder_init_cpu(struct reason *why)
{
	struct cpu *cpu = this_cpu();

	cpu->recorder = &recorders[cpu->index];
	recorder_init(cpu->recorder, records[cpu->index], RECORDER_PLACES, &never);
	return ERROR_NONE;
}

struct record *recorder_note(const struct recorder_event *event)
{
	return NULL;
}

struct record *recorder_write(struct record_head head, uint64_t value, uint64_t rip,
			      const char *did)
{
	return NULL;
}

void statistics_log_end(const struct vm *vm)
{
}

void recorder_log_vm(const struct vm *vm, uint64_t most, const char *why)
{
}

void timer_init(struct timer *timer, timer_function function, void *owner)
{
	*timer = (struct timer) { .function = function, .owner = owner };
}

void timer_arm(struct timer *timer, uint64_t deadline)
{
	lines[this_cpu()->index].timer_at =
		idle_timer_works ? deadline : time_ticks() + 60ull * 1000000000;
	lines[this_cpu()->index].timer = timer;
}

void timer_put_off(struct timer *timer, uint64_t deadline)
{
	timer_arm(timer, deadline);
}

void timer_cancel(struct timer *timer)
{
	lines[this_cpu()->index].timer = NULL;
}

bool spinlock_is_held(const struct spinlock *lock)
{
	return __atomic_load_n(&lock->holder, __ATOMIC_RELAXED) == this_cpu()->index + 1;
}

void spinlock_wait(struct spinlock *lock)
{
	assert(!spinlock_is_held(lock));
	while (!spinlock_try_take(lock))
		sched_yield();
}

uint64_t spinlock_acquire(struct spinlock *lock)
{
	spinlock_take(lock);
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

void *pages_take(size_t count, uint64_t align)
{
	return pages_alloc(count, align);
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

void page_free(void *page)
{
	pages_free(page, 1);
}

void pages_set_owner(const void *pages, size_t count, uint16_t owner)
{
}

uint64_t pages_available(void)
{
	return 0;
}

uint64_t pages_in_use(void)
{
	return __atomic_load_n(&pages_taken, __ATOMIC_RELAXED);
}

hpa_t virt_to_hpa(const void *pointer)
{
	return hpa((uint64_t)pointer);
}

void *hpa_to_virt(hpa_t address)
{
	return (void *)address.value;
}

static unsigned troubles; /* log lines of warning and above; atomic */

static unsigned wheres; /* vCPUs that told where they are; atomic */

void log_write(enum log_level level, const char *area, const char *format, ...)
{
	char line[LOG_LINE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (level >= LOG_WARN)
		__atomic_fetch_add(&troubles, 1, __ATOMIC_RELAXED);
	if (!strncmp(line, "where ", strlen("where ")))
		__atomic_fetch_add(&wheres, 1, __ATOMIC_RELAXED);
	if (getenv("SHOW_LOG"))
		puts(line);
}

void log_tagged(const char *tag, const char *format, ...)
{
}

bool log_drain_some(void)
{
	return false;
}

bool log_is_pending(void)
{
	return false;
}

void log_feed(void)
{
}

enum error log_reason(enum log_level level, const char *area, const struct reason *why)
{
	return why->kind;
}

#endif
