/* Boot-time tests of the kernel's own promises, a TAP line each: page rights, guarded stacks, every
 * CPU at work, memory given back, locks that exclude. */
#include "kernel/selftest.h"

#include "kernel/address_space.h"
#include "kernel/command_line.h"
#include "kernel/cpu.h"
#include "kernel/memory.h"
#include "kernel/spinlock.h"
#include "kernel/output/tap.h"
#include "kernel/time.h"
#include "kernel/timer_selftest.h"
#include "kernel/traps.h"
#include "lib/bits.h"
#include "lib/string.h"
#include "x86/instructions.h"
#include "x86/msr.h"
#include "x86/page_table.h"

/* Nothing maps a page both writable and executable, and no page of text has a writable alias. */
struct rights {
	unsigned writable_and_executable;
	unsigned writable_text;
	uint64_t pages;
};

static void see_leaf(struct rights *seen, uint64_t entry, uint64_t size, bool writable)
{
	uint64_t from = entry & PAGE_ADDRESS & ~(size - 1);
	uint64_t text = image_physical_start().value;
	uint64_t text_end = text + (uint64_t)(image_text_end - image_start);

	seen->pages++;
	if (writable && !(entry & PAGE_NO_EXECUTE))
		seen->writable_and_executable++;
	if (writable && from < text_end && from + size > text)
		seen->writable_text++;
}

/* The root table lies in the image, other tables there or in the direct map. */
static const uint64_t *table_at(uint64_t address)
{
	uint64_t start = image_physical_start().value;

	if (address - start < image_length())
		return (const uint64_t *)(image_start + (address - start));
	return hpa_to_virt(hpa(address));
}

static void see_table(struct rights *seen, uint64_t address, unsigned level, bool writable)
{
	const uint64_t *entries = table_at(address);

	for (unsigned i = 0; i < PAGE_TABLE_ENTRIES; i++) {
		uint64_t entry = entries[i];
		if (!(entry & PAGE_PRESENT))
			continue;
		bool may_write = writable && (entry & PAGE_WRITABLE);
		if (level == 1 || (entry & PAGE_LARGE))
			see_leaf(seen, entry, PAGE_SIZE << (PAGE_TABLE_BITS * (level - 1)),
				 may_write);
		else
			see_table(seen, entry & PAGE_ADDRESS, level - 1, may_write);
	}
}

static void test_page_rights(void)
{
	struct rights seen = { 0 };

	see_table(&seen, address_space_root().value, 4, true);
	tap_result(seen.pages && !seen.writable_and_executable && !seen.writable_text,
		   "boot/nothing-writable-is-executable",
		   "%u of %lu mappings are writable and executable, %u write to text",
		   seen.writable_and_executable, seen.pages, seen.writable_text);
}

static void test_stack_guards(void)
{
	unsigned unguarded = 0;

	for (unsigned i = 0; i < cpu_count(); i++) {
		const struct cpu *cpu = cpu_by_index(i);
		if (cpu->state != CPU_ONLINE)
			continue;
		const uint8_t *at = cpu->stack_top - PAGE_SIZE;
		while (address_space_is_mapped((uintptr_t)at))
			at -= PAGE_SIZE;
		/* A stack that runs on into other memory is far longer than any stack is. */
		if ((size_t)(cpu->stack_top - at) > 16 * PAGE_SIZE)
			unguarded++;
	}
	tap_result(!unguarded, "boot/every-stack-has-a-guard-page", "%u stacks have none",
		   unguarded);
}

static struct spinlock work_lock = SPINLOCK_INIT("selftest");
static struct {
	uint64_t plain; /* guarded by work_lock */
	uint32_t cpus;  /* atomic */
} work;

/* Over all CPUs together: where an emulator runs a hundred of them on two, a contended lock costs a
 * host's time slice a round. */
#define LOCK_ROUNDS 4000
#define PAGE_ROUNDS 256

/* What one boot does of it. */
#define BOOT_PART  16
#define BOOT_LEAST 2

unsigned selftest_rounds(unsigned full)
{
	if (command_line.selftest == SELFTEST_FULL)
		return full;
	return full / BOOT_PART < BOOT_LEAST ? BOOT_LEAST : full / BOOT_PART;
}

static unsigned rounds_per_cpu(unsigned full)
{
	return selftest_rounds(full) / cpu_online_count() + 1;
}

static void count_under_lock(void *argument)
{
	for (unsigned i = rounds_per_cpu(LOCK_ROUNDS); i; i--) {
		uint64_t rflags = spinlock_acquire(&work_lock);
		work.plain++;
		spinlock_release(&work_lock, rflags);
	}
	__atomic_fetch_add(&work.cpus, 1, __ATOMIC_RELAXED);
}

static void test_all_cpus_work(void)
{
	bool done = cpu_run_everywhere(count_under_lock, NULL, cpu_work_timeout_us());
	uint64_t want = (uint64_t)rounds_per_cpu(LOCK_ROUNDS) * cpu_online_count();

	tap_result(done && work.cpus == cpu_online_count(), "boot/every-cpu-works",
		   "%u of %u CPUs took part", work.cpus, cpu_online_count());
	tap_result(work.plain == want, "boot/spinlock-excludes", "counted %lu instead of %lu",
		   work.plain, want);
}

static void churn_pages(void *argument)
{
	bool *ok = argument;

	for (unsigned i = rounds_per_cpu(PAGE_ROUNDS); i; i--) {
		size_t count = 1 + i % 7;
		uint64_t *pages = pages_alloc(count, PAGE_SIZE << i % 4);
		if (!pages) {
			__atomic_store_n(ok, false, __ATOMIC_RELAXED);
			return;
		}
		for (size_t word = 0; word < count * PAGE_SIZE / sizeof(*pages); word += 64) {
			if (pages[word])
				__atomic_store_n(ok, false, __ATOMIC_RELAXED);
		}
		memset(pages, 0xa5, count * PAGE_SIZE);
		pages_free(pages, count);
	}
}

static void test_memory_comes_back(void)
{
	uint64_t before = pages_in_use();
	bool ok = true;
	bool done = cpu_run_everywhere(churn_pages, &ok, cpu_work_timeout_us());

	tap_result(done && ok && pages_in_use() == before, "boot/memory-is-zeroed-and-comes-back",
		   "%lu pages in use, %lu before; all zeroed: %s", pages_in_use(), before,
		   ok ? "yes" : "no");
}

static void test_guarded_msr_access(void)
{
	static const char name[] = "boot/refused-msr-access-is-survived";
	uint64_t efer = read_msr(MSR_EFER), value = 0;
	bool read = read_msr_safe(MSR_EFER, &value);
	/* Bit 63 is reserved: a CPU answers with #GP. */
	bool accepted = write_msr_safe(MSR_EFER, efer | BIT(63));

	if (!read || value != efer || read_msr(MSR_EFER) != efer)
		tap_result(false, name, "read=%d value=0x%lx expected=0x%lx", read, value, efer);
	else if (accepted)
		tap_skip(name, "this engine takes a reserved bit of IA32_EFER without #GP");
	else
		tap_result(true, name, NULL);
}

unsigned kernel_selftest_count(void)
{
	return 6 + timer_selftest_count();
}

void kernel_selftest(void)
{
	test_page_rights();
	test_stack_guards();
	test_all_cpus_work();
	test_memory_comes_back();
	test_guarded_msr_access();
	timer_selftest();
}
