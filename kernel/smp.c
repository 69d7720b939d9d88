/* Bring-up of all CPUs in parallel, and the loop in which they wait for work. */
#include "kernel/smp.h"

#include "kernel/address_space.h"
#include "kernel/command_line.h"
#include "kernel/cpu_setup.h"
#include "kernel/cpu_table.h"
#include "kernel/interrupts.h"
#include "kernel/lapic.h"
#include "kernel/output/log.h"
#include "kernel/memory.h"
#include "kernel/memory_init.h"
#include "kernel/panic.h"
#include "kernel/panic_report.h"
#include "kernel/time.h"
#include "lib/string.h"
#include "x86/page_table.h"

/* SDM volume 3, "Typical BSP Initialization Sequence". */
#define INIT_DELAY_US    10000
#define STARTUP_DELAY_US 200

/* How long a CPU may take to answer: generous, as an emulator may run hundreds of CPUs on two. */
#define ANSWER_BASE_US    1000000ull
#define ANSWER_PER_CPU_US 100000ull
/* And to do its part of work for all. */
#define WORK_BASE_US      10000000ull
#define WORK_PER_CPU_US   100000ull

extern const char trampoline_start[], trampoline_end[];
extern const uint32_t trampoline_fixups[], trampoline_root[], trampoline_base[];

/* For the start-up code: whom to look for. Constant while CPUs start. */
struct cpu **ap_boot_rows;
uint32_t ap_boot_row_count;
/* CPUs that are in it, or behind it and have not answered yet; atomic. */
uint32_t ap_starting;

void ap_main(struct cpu *cpu) noreturn_fn;

/* NMI pins by CPU index; constant while CPUs start. */
static uint8_t nmi_pins[MAX_CPUS];

static void set_nmi_pins(const struct cpu *cpu)
{
	for (unsigned pin = 0; pin < 2; pin++) {
		if (nmi_pins[cpu->index] & 1u << pin)
			lapic_set_nmi_pin(pin);
	}
}

/* The row of a new CPU: a page of its own, so that no two CPUs share a cache line. */
static void add_cpu(const struct smp_candidate *c)
{
	struct cpu *cpu = page_alloc();

	_Static_assert(sizeof(*cpu) <= PAGE_SIZE, "a CPU's row fits in a page");
	if (!cpu || !cpu_table_add(cpu)) {
		log_warn("smp", "no room for another CPU: left out apic-id=0x%x", c->apic_id);
		page_free(cpu);
		return;
	}
	cpu->apic_id = c->apic_id;
	cpu->acpi_uid = c->acpi_uid;
	cpu->state = CPU_ABSENT;
	nmi_pins[cpu->index] = c->nmi_pins;
}

void smp_add_cpus(const struct smp_candidate *candidates, unsigned count, unsigned limit)
{
	unsigned disabled = 0, limited = 0;

	for (unsigned i = 0; i < count; i++) {
		const struct smp_candidate *c = &candidates[i];
		if (c->apic_id == boot_cpu.apic_id) {
			boot_cpu.acpi_uid = c->acpi_uid;
			nmi_pins[0] = c->nmi_pins;
			set_nmi_pins(&boot_cpu);
		} else if (!c->enabled) {
			disabled++;
		} else if (limit && cpu_count() >= limit) {
			limited++;
		} else {
			add_cpu(c);
		}
	}
	log_info("smp", "listed=%u used=%u disabled=%u left-out-by-option=%u", count, cpu_count(),
		 disabled, limited);
}

/* Copies the start-up code to its page and maps that executable where the CPUs expect it: at its
 * own physical address. It is written through a mapping that is gone before. */
static bool install_trampoline(hpa_t page)
{
	uint32_t base = (uint32_t)page.value;
	size_t size = (size_t)(trampoline_end - trampoline_start);
	uint8_t *copy = (uint8_t *)(DIRECT_MAP_BASE + page.value);

	assert(size <= PAGE_SIZE);
	assert(address_space_root().value < GIB(4));
	if (address_space_map((uintptr_t)copy, page, PAGE_SIZE, PAGE_WRITABLE | PAGE_NO_EXECUTE))
		return false;
	memcpy(copy, trampoline_start, size);
	for (const uint32_t *fixup = trampoline_fixups; *fixup; fixup++) {
		uint32_t address;
		memcpy(&address, copy + *fixup, sizeof(address));
		address += base;
		memcpy(copy + *fixup, &address, sizeof(address));
	}
	uint32_t root = (uint32_t)address_space_root().value;
	memcpy(copy + ((const char *)trampoline_root - trampoline_start), &root, sizeof(root));
	memcpy(copy + ((const char *)trampoline_base - trampoline_start), &base, sizeof(base));
	if (address_space_unmap((uintptr_t)copy, PAGE_SIZE))
		return false;
	return !address_space_map(page.value, page, PAGE_SIZE, 0);
}

/* When INIT was sent. The bootstrap processor's alone. */
static uint64_t reset_at;

/* How many CPUs start-up code is sent to, and the most that were found in ap_starting; atomic. */
static uint32_t called, most_starting;

static void note_starting(void)
{
	uint32_t now = __atomic_load_n(&ap_starting, __ATOMIC_RELAXED);
	uint32_t most = __atomic_load_n(&most_starting, __ATOMIC_RELAXED);

	while (now > most && !__atomic_compare_exchange_n(&most_starting, &most, now, false,
							  __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

static uint64_t answer_us(unsigned cpus)
{
	return ANSWER_BASE_US + cpus * ANSWER_PER_CPU_US;
}

/* That CPUs start in parallel, shown with selftest=full: each has done all that it has to, and does not
 * answer before all the others have come as far. Where one has to wait for another's answer, or for
 * something that another keeps until then, they do not meet. They answer in time all the same. */
static void meet_others(void)
{
	unsigned all = __atomic_load_n(&called, __ATOMIC_RELAXED);
	struct deadline end = deadline_in_us(answer_us(all) / 2);

	while (__atomic_load_n(&most_starting, __ATOMIC_RELAXED) < all && !deadline_passed(&end))
		cpu_relax();
}

static void wait_since(uint64_t ticks, uint64_t us)
{
	while (time_ticks_to_us(time_ticks() - ticks) < us)
		cpu_relax();
}

static bool is_in(const struct cpu *cpu, enum cpu_state state)
{
	return __atomic_load_n(&cpu->state, __ATOMIC_ACQUIRE) == state;
}

/* Sends to every CPU in that state. */
static void send_to(enum cpu_state state, enum lapic_delivery delivery, uint8_t vector)
{
	for (unsigned i = 1; i < cpu_count(); i++) {
		struct cpu *cpu = cpu_by_index(i);
		if (is_in(cpu, state) && !lapic_send(cpu->apic_id, delivery, vector))
			log_warn("smp", "the IPI was not accepted apic-id=0x%x", cpu->apic_id);
	}
}

static unsigned count_starting(void)
{
	unsigned starting = 0;

	for (unsigned i = 1; i < cpu_count(); i++)
		starting += is_in(cpu_by_index(i), CPU_STARTING);
	return starting;
}

/* Whoever is still silent is out for good: a late answer finds the row closed. */
static void give_up_on_silent(void)
{
	for (unsigned i = 1; i < cpu_count(); i++) {
		struct cpu *cpu = cpu_by_index(i);
		uint32_t expected = CPU_STARTING;
		if (__atomic_compare_exchange_n(&cpu->state, &expected, CPU_LOST, false,
						__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			log_error("smp",
				  "CPU %u does not answer to INIT-SIPI-SIPI and is left out "
				  "apic-id=0x%x acpi-uid=%u",
				  i, cpu->apic_id, cpu->acpi_uid);
	}
}

static void prepare_all(void)
{
	struct reason why;

	for (unsigned i = 1; i < cpu_count(); i++) {
		struct cpu *cpu = cpu_by_index(i);
		if (cpu_setup_prepare(cpu, &why))
			log_reason(LOG_ERROR, "smp", &why);
		else
			__atomic_store_n(&cpu->state, CPU_STARTING, __ATOMIC_RELEASE);
	}
}

void smp_reset(void)
{
	hpa_t page = memory_trampoline_page();

	if (cpu_count() == 1 || !page.value)
		return;
	send_to(CPU_ABSENT, DELIVER_INIT, 0);
	reset_at = time_ticks();
	prepare_all();
	ap_boot_rows = cpu_table();
	ap_boot_row_count = cpu_count();
	if (!install_trampoline(page)) {
		log_error("smp", "no page tables for the start-up code: other CPUs stay off");
		give_up_on_silent();
	}
}

/* The start-up code of all of them at once, and their answers. */
static void start_all(hpa_t page)
{
	uint8_t vector = (uint8_t)(page.value >> PAGE_SHIFT);

	wait_since(reset_at, INIT_DELAY_US);
	uint64_t begin = time_ticks();
	__atomic_store_n(&called, count_starting(), __ATOMIC_RELAXED);
	send_to(CPU_STARTING, DELIVER_STARTUP, vector);
	wait_since(begin, STARTUP_DELAY_US);
	send_to(CPU_STARTING, DELIVER_STARTUP, vector);
	struct deadline end = deadline_in_us(answer_us(cpu_count()));
	while (count_starting() && !deadline_passed(&end))
		cpu_relax();
	give_up_on_silent();
	/* A CPU that answers after this finds no code and shuts down by itself. */
	if (address_space_unmap(page.value, PAGE_SIZE))
		panic("the start-up code is not mapped where it was put");
	log_info("smp", "cpus-online=%u of=%u starting-at-once=%u us=%lu", cpu_online_count(),
		 cpu_count(), most_starting, time_ticks_to_us(time_ticks() - begin));
}

void smp_start(void)
{
	if (count_starting())
		start_all(memory_trampoline_page());
	else
		log_info("smp", "cpus-online=1 of=%u", cpu_count());
}

/* Work for all CPUs: cpu_run_everywhere() fills it, the waiting loops take it. */
static struct {
	cpu_function function;
	void *argument;
	bool abandoned;             /* a CPU never finished: it might take new work for the old */
	uint32_t waiting;           /* CPUs that have not finished; atomic */
	uint8_t assigned[MAX_CPUS]; /* by CPU index; atomic */
} work;

static void wait_for_work(struct cpu *cpu) noreturn_fn;

static void wait_for_work(struct cpu *cpu)
{
	for (;;) {
		interrupts_disable();
		if (!__atomic_load_n(&work.assigned[cpu->index], __ATOMIC_ACQUIRE)) {
			interrupts_enable_and_halt();
			continue;
		}
		interrupts_enable();
		work.function(work.argument);
		__atomic_store_n(&work.assigned[cpu->index], 0, __ATOMIC_RELAXED);
		__atomic_fetch_sub(&work.waiting, 1, __ATOMIC_RELEASE);
	}
}

void ap_main(struct cpu *cpu)
{
	uint32_t expected = CPU_STARTING;

	cpu_setup_load(cpu);
	set_nmi_pins(cpu);
	note_starting();
	if (command_line.selftest == SELFTEST_FULL)
		meet_others();
	__atomic_fetch_sub(&ap_starting, 1, __ATOMIC_RELAXED);
	if (!__atomic_compare_exchange_n(&cpu->state, &expected, CPU_ONLINE, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		panic_stop_this_cpu();
	wait_for_work(cpu);
}

uint64_t cpu_work_timeout_us(void)
{
	return WORK_BASE_US + cpu_online_count() * WORK_PER_CPU_US;
}

bool cpu_run_everywhere(cpu_function function, void *argument, uint64_t timeout_us)
{
	struct cpu *self = this_cpu();

	if (work.abandoned) {
		log_error("smp", "a CPU is missing since earlier work: no more for all CPUs");
		return false;
	}
	work.function = function;
	work.argument = argument;
	for (unsigned i = 0; i < cpu_count(); i++) {
		struct cpu *cpu = cpu_by_index(i);
		if (cpu == self || cpu->state != CPU_ONLINE)
			continue;
		__atomic_fetch_add(&work.waiting, 1, __ATOMIC_RELAXED);
		__atomic_store_n(&work.assigned[i], 1, __ATOMIC_RELEASE);
		if (!lapic_send(cpu->apic_id, DELIVER_FIXED, VECTOR_CALL))
			log_error("smp", "the call for CPU %u was not sent", i);
	}
	function(argument);

	struct deadline end = deadline_in_us(timeout_us);
	while (__atomic_load_n(&work.waiting, __ATOMIC_ACQUIRE)) {
		if (deadline_passed(&end))
			break;
		cpu_relax();
	}
	if (!__atomic_load_n(&work.waiting, __ATOMIC_ACQUIRE))
		return true;
	work.abandoned = true;
	for (unsigned i = 0; i < cpu_count(); i++) {
		if (__atomic_load_n(&work.assigned[i], __ATOMIC_ACQUIRE))
			log_error("smp", "CPU %u did not finish its work in %lu us", i, timeout_us);
	}
	return false;
}
