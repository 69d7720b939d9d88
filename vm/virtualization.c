/* Each step runs on all CPUs at once; a CPU that fails one takes no part in the next. */
#include "vm/virtualization.h"

#include "kernel/cpu.h"
#include "kernel/output/log.h"
#include "kernel/panic.h"
#include "vm/recorder_log.h"
#include "vm/schedule/scheduler.h"

const struct virt_ops *virt;

static struct {
	const struct virt_ops *backend;
	bool prepared[MAX_CPUS]; /* by CPU index, each written by its CPU only */
	bool runs[MAX_CPUS];     /* likewise */
	uint32_t count;          /* CPUs that the present step succeeded on; atomic */
	uint32_t failed;         /* and those it failed on; atomic */
} cpus;

static void count(uint32_t *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static void prepare_this(void *argument)
{
	struct reason why;
	unsigned index = this_cpu()->index;

	if (!index) /* the bootstrap processor went first */
		return;
	cpus.prepared[index] = !cpus.backend->init(&why);
	/* Where the first CPU cannot run guests, it has said why for all. */
	if (!cpus.prepared[index] && cpus.prepared[0])
		log_reason(LOG_ERROR, "vm", &why);
}

enum error virtualization_choose(const struct virt_ops *backend, struct reason *why)
{
	enum error error = backend->init(why);

	cpus.backend = backend;
	cpus.prepared[0] = !error;
	if (!cpu_run_everywhere(prepare_this, NULL, cpu_work_timeout_us()))
		return reason_set(why, ERROR_TIMEOUT, "a CPU did not get ready for %s",
				  backend->name);
	if (!error)
		virt = backend;
	return error;
}

static void enable_this(void *argument)
{
	struct reason why;
	unsigned index = this_cpu()->index;

	if (!cpus.prepared[index])
		return;
	enum error error = virt->hardware_enable(&why);
	if (error) {
		log_reason(LOG_ERROR, "vm", &why);
		return;
	}
	error = scheduler_init_cpu();
	if (error) {
		log_error("vm", "no scheduler for this CPU error=%s", error_name(error));
		return;
	}
	cpus.runs[index] = true;
	count(&cpus.count);
}

unsigned virtualization_enable(void)
{
	cpus.count = 0;
	panic_set_history(recorder_log_panic);
	if (!cpu_run_everywhere(enable_this, NULL, cpu_work_timeout_us()))
		return 0;
	return cpus.count;
}

static void run_this(void *argument)
{
	if (cpus.runs[this_cpu()->index])
		scheduler_run();
}

bool virtualization_run(void)
{
	/* The time is that of the last CPU to come back from its guests. */
	return cpu_run_everywhere(run_this, NULL, cpu_work_timeout_us());
}

static void disable_this(void *argument)
{
	struct reason why;

	if (!virt->is_enabled())
		return;
	if (virt->hardware_disable(&why)) {
		log_reason(LOG_ERROR, "vm", &why);
		count(&cpus.failed);
	}
}

unsigned virtualization_disable(void)
{
	cpus.failed = 0;
	if (!cpu_run_everywhere(disable_this, NULL, cpu_work_timeout_us()))
		return cpu_online_count();
	return cpus.failed;
}
