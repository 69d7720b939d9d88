/* Counting and printing of test results. The lock makes number and line one step, so that results
 * are numbered in the order in which they stand in the log. */
#include "kernel/output/tap.h"

#include <stdarg.h>

#include "kernel/output/log.h"
#include "kernel/spinlock.h"
#include "lib/format.h"
#include "lib/string.h"

static struct spinlock lock = SPINLOCK_INIT("tap");

/* Guarded by `lock`. */
static struct {
	unsigned planned, passed, failed, skipped;
	bool verdict_printed;
} report;

void tap_plan(unsigned count)
{
	uint64_t rflags = spinlock_acquire(&lock);

	report.planned = count;
	log_bare("TAP version 13");
	log_bare("1..%u", count);
	spinlock_release(&lock, rflags);
}

static unsigned next_number(void)
{
	return report.passed + report.failed + report.skipped + 1;
}

void tap_result(bool ok, const char *name, const char *format, ...)
{
	char text[LOG_LINE_MAX];
	va_list args;

	text[0] = 0;
	if (!ok && format) {
		va_start(args, format);
		format_string_va(text, sizeof(text), format, args);
		va_end(args);
	}

	uint64_t rflags = spinlock_acquire(&lock);
	log_bare("%s %u - %s", ok ? "ok" : "not ok", next_number(), name);
	if (text[0])
		log_bare("# %s", text);
	*(ok ? &report.passed : &report.failed) += 1;
	spinlock_release(&lock, rflags);
}

void tap_skip(const char *name, const char *format, ...)
{
	char text[LOG_LINE_MAX];
	va_list args;

	va_start(args, format);
	format_string_va(text, sizeof(text), format, args);
	va_end(args);

	uint64_t rflags = spinlock_acquire(&lock);
	log_bare("ok %u - %s # SKIP %s", next_number(), name, text);
	report.skipped++;
	spinlock_release(&lock, rflags);
}

void tap_diagnostic(const char *format, ...)
{
	char text[LOG_LINE_MAX];
	va_list args;

	va_start(args, format);
	format_string_va(text, sizeof(text), format, args);
	va_end(args);
	log_bare("# %s", text);
}

enum verdict tap_verdict(bool virtualization)
{
	uint64_t rflags = spinlock_acquire(&lock);
	bool complete = next_number() - 1 == report.planned;
	bool clean = complete && !report.failed;

	if (!complete)
		log_bare("# %u of %u planned results are missing",
			 report.planned - (next_number() - 1), report.planned);
	spinlock_release(&lock, rflags);
	return !clean ? VERDICT_FAIL : virtualization ? VERDICT_PASS : VERDICT_NO_VMX;
}

void tap_print_verdict(enum verdict verdict, const char *reason)
{
	static const char *const words[] = {
		[VERDICT_PASS] = "PASS",
		[VERDICT_FAIL] = "FAIL",
		[VERDICT_NO_VMX] = "NOVMX",
	};
	_Static_assert(ARRAY_SIZE(words) == VERDICT_NO_VMX + 1, "every verdict has a word");
	char text[224] = "";

	if (__atomic_exchange_n(&report.verdict_printed, true, __ATOMIC_ACQ_REL))
		return;
	if (reason)
		format_string(text, sizeof(text), " reason=\"%s\"", reason);
	/* No lock: a panic may come from a CPU that holds it, and the counters only grow. */
	log_bare("verdict %s passed=%u failed=%u skipped=%u%s", words[verdict], report.passed,
		 report.failed, report.skipped, text);
}
