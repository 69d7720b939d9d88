/* Boot-time tests of turning VMX on and off: refusals driven through a CPU made of memory, a race
 * of all CPUs for one row, and the real thing on every CPU at once. */
#include "vmx/cpu/selftest.h"

#include "kernel/cpu.h"
#include "kernel/memory.h"
#include "kernel/selftest.h"
#include "kernel/spinlock.h"
#include "kernel/output/tap.h"
#include "kernel/time.h"
#include "lib/format.h"
#include "vmx/cpu/fake_cpu.h"
#include "vmx/cpu/percpu.h"
#include "x86/control_registers.h"
#include "x86/instructions.h"

#define EVERYWHERE_TIMEOUT_US 60000000ull
#define BARRIER_TIMEOUT_US    60000000ull
/* An emulator that runs very many CPUs on few needs seconds to bring all of them to one start. */
#define RACES                 20u
#define RACES_OF_MANY         2u
#define MANY_CPUS             8
#define ROUNDS                1000 /* of selftest=full */
#define NAME_MAX              64

/* What the CPUs found wrong, together: how often, and the first of it as a sentence. */
static struct {
	struct spinlock lock;
	uint32_t cpus;       /* took part; atomic */
	unsigned wrong;      /* guarded by lock */
	struct reason first; /* guarded by lock */
} findings = { .lock = SPINLOCK_INIT("vmx selftest findings") };

static void findings_clear(void)
{
	findings.cpus = 0;
	findings.wrong = 0;
	findings.first.text[0] = 0;
}

static void found_wrong(const char *what, enum error got, const char *sentence)
{
	uint64_t rflags = spinlock_acquire(&findings.lock);

	if (!findings.wrong++)
		reason_set(&findings.first, got, "CPU %u: %s gave %s %s", this_cpu()->index, what,
			   error_name(got), sentence);
	spinlock_release(&findings.lock, rflags);
}

/* Runs on every CPU and counts those that came. */
static bool everywhere(cpu_function function, void *argument)
{
	findings_clear();
	bool in_time = cpu_run_everywhere(function, argument, EVERYWHERE_TIMEOUT_US);

	return in_time && __atomic_load_n(&findings.cpus, __ATOMIC_ACQUIRE) == cpu_online_count();
}

static void took_part(void)
{
	__atomic_fetch_add(&findings.cpus, 1, __ATOMIC_ACQ_REL);
}

/* --- decisions, on a CPU made of memory ----------------------------------------------------- */

/* A machine that has all that turning VMX on needs. */
static struct vmx_capability good_capability(void)
{
	return (struct vmx_capability) {
		.vmx = true,
		.xsave = true,
		.xsaves = true,
		.physical_bits = 39,
		.basic = field_put(VMX_BASIC_REVISION, 1) |
			 field_put(VMX_BASIC_REGION_SIZE, PAGE_SIZE) |
			 field_put(VMX_BASIC_MEMORY_TYPE, MEMORY_TYPE_WB),
		.cr0_fixed0 = CR0_PE | CR0_NE | CR0_PG,
		.cr0_fixed1 = BITS(31, 0),
		.cr4_fixed0 = CR4_VMXE,
		.cr4_fixed1 = CR4_DEFINED,
	};
}

static struct fake_cpu fake;

/* The refusal must be of that kind and leave CPU and row as they were. */
static void refused(const char *name, const struct vmx_capability *cap, enum error want)
{
	struct vmx_enable_state row = { 0 };
	struct reason why = { 0 };
	uint64_t cr0 = fake.cr0, cr4 = fake.cr4;
	enum error got = vmx_enable(&row, cap, &fake.access, &why);

	if (got != want)
		tap_result(false, name, "%s instead of %s: %s", error_name(got), error_name(want),
			   why.text);
	else
		tap_result(!row.enabled && !fake.in_vmx && fake.regions == 0 && fake.cr0 == cr0 &&
				   fake.cr4 == cr4,
			   name, "the refusal changed cr0=0x%lx cr4=0x%lx regions=%u", fake.cr0,
			   fake.cr4, fake.regions);
}

static void arrange_absent(struct vmx_capability *cap)
{
	*cap = (struct vmx_capability) { 0 };
	fake.has_feature_control = false;
}

static void arrange_firmware_lock(struct vmx_capability *cap)
{
	fake.feature_control = FEATURE_CONTROL_LOCK;
}

static void arrange_fixed_bit_conflict(struct vmx_capability *cap)
{
	cap->cr4_fixed1 &= ~CR4_PAE;
}

static void arrange_no_memory(struct vmx_capability *cap)
{
	fake.memory_is_used_up = true;
}

static void arrange_vmxon_failure(struct vmx_capability *cap)
{
	fake.vmxon_result = VMX_FAIL_INVALID;
}

static const struct {
	const char *name;
	void (*arrange)(struct vmx_capability *cap);
	enum error want;
} refusals[] = {
	{ "vmx/absent-is-unsupported", arrange_absent, ERROR_UNSUPPORTED },
	{ "vmx/firmware-lock-is-unsupported", arrange_firmware_lock, ERROR_UNSUPPORTED },
	{ "vmx/fixed-bit-conflict-is-bad-state", arrange_fixed_bit_conflict, ERROR_BAD_STATE },
	{ "vmx/memory-used-up-is-no-memory", arrange_no_memory, ERROR_NO_MEMORY },
	{ "vmx/vmxon-failing-is-bad-state", arrange_vmxon_failure, ERROR_BAD_STATE },
};

static void test_refusals(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct vmx_capability cap = good_capability();
		fake_cpu_reset(&fake);
		refusals[i].arrange(&cap);
		refused(refusals[i].name, &cap, refusals[i].want);
	}
}

/* --- one row, all CPUs ---------------------------------------------------------------------- */

static struct {
	struct spinlock lock;
	struct vmx_enable_state row; /* guarded by lock, as is `fake` */
	struct vmx_capability cap;
	uint32_t arrived; /* atomic */
	uint32_t winners; /* atomic */
	uint32_t busy;    /* atomic */
} race = { .lock = SPINLOCK_INIT("vmx selftest row") };

/* Holds each CPU until all are there, so that they start as one. */
static void race_barrier(void)
{
	struct deadline deadline = deadline_in_us(BARRIER_TIMEOUT_US);

	__atomic_fetch_add(&race.arrived, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&race.arrived, __ATOMIC_ACQUIRE) < cpu_online_count()) {
		if (deadline_passed(&deadline)) {
			found_wrong("waiting for the other CPUs", ERROR_TIMEOUT, "");
			return;
		}
		cpu_relax();
	}
}

static void race_for_row(void *argument)
{
	struct reason why = { 0 };

	race_barrier();
	uint64_t rflags = spinlock_acquire(&race.lock);
	enum error error = vmx_enable(&race.row, &race.cap, &fake.access, &why);
	spinlock_release(&race.lock, rflags);

	if (!error)
		__atomic_fetch_add(&race.winners, 1, __ATOMIC_ACQ_REL);
	else if (error == ERROR_RESOURCE_BUSY)
		__atomic_fetch_add(&race.busy, 1, __ATOMIC_ACQ_REL);
	else
		found_wrong("racing for the row", error, why.text);
	took_part();
}

static void test_race(void)
{
	const char *name = "vmx/one-row-one-winner";

	unsigned races = cpu_online_count() > MANY_CPUS ? RACES_OF_MANY : RACES;

	race.cap = good_capability();
	for (unsigned i = 0; i < races; i++) {
		fake_cpu_reset(&fake);
		race.row = (struct vmx_enable_state) { 0 };
		race.arrived = race.winners = race.busy = 0;
		bool all = everywhere(race_for_row, NULL);
		if (!all || findings.wrong || race.winners != 1 ||
		    race.busy != cpu_online_count() - 1) {
			tap_result(false, name, "race %u: winners=%u busy=%u cpus=%u %s", i,
				   race.winners, race.busy, findings.cpus, findings.first.text);
			return;
		}
	}
	tap_result(true, name, NULL);
}

/* --- the real thing ------------------------------------------------------------------------- */

/* Per CPU, by index; each written by its own CPU only. */
static bool was_enabled[MAX_CPUS];
static uint64_t cr0_before[MAX_CPUS], cr4_before[MAX_CPUS];

static void expect(enum error want, enum error got, const char *what, const struct reason *why)
{
	if (got != want)
		found_wrong(what, got, got ? why->text : "");
}

static void enable(enum error want, const char *what)
{
	struct reason why;

	expect(want, vmx_hardware_enable(&why), what, &why);
}

static void disable(enum error want, const char *what)
{
	struct reason why;

	expect(want, vmx_hardware_disable(&why), what, &why);
}

/* Every CPU to VMX off, its registers noted. */
static void go_off(void *argument)
{
	unsigned index = this_cpu()->index;

	was_enabled[index] = vmx_is_enabled();
	if (was_enabled[index])
		disable(ERROR_NONE, "disabling");
	cr0_before[index] = read_cr0();
	cr4_before[index] = read_cr4();
	took_part();
}

static void go_back(void *argument)
{
	if (was_enabled[this_cpu()->index])
		enable(ERROR_NONE, "enabling");
	if (vmx_is_enabled() != was_enabled[this_cpu()->index])
		found_wrong("going back to the state before", ERROR_BAD_STATE, "");
	took_part();
}

static void check_registers(void)
{
	unsigned index = this_cpu()->index;

	if (read_cr0() != cr0_before[index] || read_cr4() != cr4_before[index])
		found_wrong("putting CR0 and CR4 back", ERROR_BAD_STATE, "");
}

/* A CPU that VMX is not turned on at, in these tests or later: it has been named in the log. */
static bool left_out(void)
{
	if (!vmx_percpu_can_enable(NULL))
		return false;
	took_part();
	return true;
}

static void enable_twice(void *argument)
{
	if (left_out())
		return;
	enable(ERROR_NONE, "enabling");
	enable(ERROR_RESOURCE_BUSY, "enabling twice");
	if (!vmx_is_enabled())
		found_wrong("asking while VMX is on", ERROR_BAD_STATE, "");
	disable(ERROR_NONE, "disabling");
	check_registers();
	took_part();
}

static void disable_twice(void *argument)
{
	if (left_out())
		return;
	enable(ERROR_NONE, "enabling");
	disable(ERROR_NONE, "disabling");
	disable(ERROR_BAD_STATE, "disabling twice");
	if (vmx_is_enabled())
		found_wrong("asking while VMX is off", ERROR_BAD_STATE, "");
	check_registers();
	took_part();
}

static void many_rounds(void *argument)
{
	if (left_out())
		return;
	for (unsigned i = selftest_rounds(ROUNDS); i; i--) {
		enable(ERROR_NONE, "enabling");
		disable(ERROR_NONE, "disabling");
	}
	check_registers();
	took_part();
}

/* Runs `function` everywhere and reports what was found wrong, leaked pages included. */
static void test_everywhere(const char *name, cpu_function function)
{
	uint64_t before = pages_in_use();
	bool all = everywhere(function, NULL);
	uint64_t after = pages_in_use();

	tap_result(all && !findings.wrong && before == after, name,
		   "cpus=%u wrong=%u pages-before=%lu pages-after=%lu %s", findings.cpus,
		   findings.wrong, before, after, findings.first.text);
}

static const struct real_test {
	const char *name;
	cpu_function function;
	unsigned rounds; /* of selftest=full; 0: it is not repeated */
} real_tests[] = {
	{ "enabling-twice-is-resource-busy", enable_twice, 0 },
	{ "disabling-twice-is-bad-state", disable_twice, 0 },
	{ "rounds-on-every-cpu-leak-nothing", many_rounds, ROUNDS },
};

/* What is repeated says how often. */
static void name_of(char *name, const struct real_test *test)
{
	if (test->rounds)
		format_string(name, NAME_MAX, "vmx/%u-%s", selftest_rounds(test->rounds),
			      test->name);
	else
		format_string(name, NAME_MAX, "vmx/%s", test->name);
}

static void test_real(void)
{
	char name[NAME_MAX];
	const char *restored = "vmx/state-is-as-before";
	struct reason why;

	if (vmx_percpu_can_enable(&why)) {
		for (unsigned i = 0; i < ARRAY_SIZE(real_tests); i++) {
			name_of(name, &real_tests[i]);
			tap_skip(name, "%s", why.text);
		}
		tap_skip(restored, "%s", why.text);
		return;
	}
	uint64_t pages = pages_in_use();
	bool off = everywhere(go_off, NULL) && !findings.wrong;
	for (unsigned i = 0; i < ARRAY_SIZE(real_tests); i++) {
		name_of(name, &real_tests[i]);
		test_everywhere(name, real_tests[i].function);
	}
	bool back = everywhere(go_back, NULL) && !findings.wrong;
	tap_result(off && back && pages == pages_in_use(), restored,
		   "off=%d back=%d pages-before=%lu pages-after=%lu %s", off, back, pages,
		   pages_in_use(), findings.first.text);
}

unsigned vmx_selftest_count(void)
{
	return ARRAY_SIZE(refusals) + 1 + ARRAY_SIZE(real_tests) + 1;
}

void vmx_selftest(void)
{
	test_refusals();
	test_race();
	test_real();
}
