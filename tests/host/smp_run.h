/* Whole runs on the machine of tests/host/smp_machine.h: CPUs boot, VMs start, all run until every VM
 * has ended. Included once, by the test. */
#ifndef TESTS_HOST_SMP_RUN_H
#define TESTS_HOST_SMP_RUN_H

#include "tests/host/smp_backend.h"

static void be_cpu(unsigned index)
{
	cpus[index].self = &cpus[index];
	cpus[index].index = index;
	cpus[index].holder = index + 1;
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
	cpus_monitor = false;
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

static inline struct vm *make(const struct board_ops *board, unsigned vcpu_count,
			      bool wait_for_sipi)
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

static inline void start_vm(struct vm *vm)
{
	struct reason why;

	assert_int_equal(vm_start(vm, &why), ERROR_NONE);
}

static unsigned ended_well, ended_badly; /* atomic */

static inline void count_end(struct vm *vm, const struct reason *trouble)
{
	__atomic_fetch_add(trouble ? &ended_badly : &ended_well, 1, __ATOMIC_RELAXED);
}

static inline struct vcpu_exit exit_of(enum vcpu_exit_kind kind)
{
	return (struct vcpu_exit) { .kind = kind };
}

/* A guest whose vCPUs end with their first exit, on a board that lets them. */
static inline struct vcpu_exit play_end(struct vcpu *vcpu, struct fake_vcpu *state)
{
	return exit_of(VCPU_EXIT_HYPERCALL);
}

static inline enum board_action end_vcpu(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	return BOARD_END_VCPU;
}

/* The test's offer() names `who`, but nobody while `field` is `value`. */
#define NOBODY_WHILE(who, field, value)           \
	do {                                      \
		__typeof__(field) before = field; \
		field = value;                    \
		assert_null(offer());             \
		field = before;                   \
		assert_ptr_equal(offer(), who);   \
	} while (0)

static const struct board_ops vcpu_ends_board = { .exit = end_vcpu, .ended = count_end };

#endif
