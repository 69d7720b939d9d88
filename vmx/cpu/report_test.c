/* The capability report on known CPUs. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "vmx/cpu/capability_samples.h"
#include "vmx/cpu/report.h"

#define EVERYTHING (vmx_request(true, true, INTERCEPT_HLT) | REQUEST_LARGE_PAGES)

static struct {
	char text[400][VMX_REPORT_LINE_MAX + 1];
	enum vmx_report_weight weight[400];
	unsigned count;
} lines;

static void keep(void *context, enum vmx_report_weight weight, const char *text)
{
	assert_ptr_equal(context, &lines);
	assert_true(lines.count < ARRAY_SIZE(lines.text));
	assert_true(strlen(text) <= VMX_REPORT_LINE_MAX);
	strcpy(lines.text[lines.count], text);
	lines.weight[lines.count++] = weight;
}

static void report(struct vmx_capability cap, uint32_t request)
{
	lines.count = 0;
	vmx_report(&cap, request, true, keep, &lines);
}

/* The line that is exactly this, or null. */
static const char *line_is(const char *text)
{
	for (unsigned i = 0; i < lines.count; i++)
		if (!strcmp(lines.text[i], text))
			return lines.text[i];
	return NULL;
}

static unsigned weighing(enum vmx_report_weight weight)
{
	unsigned count = 0;

	for (unsigned i = 0; i < lines.count; i++)
		count += lines.weight[i] == weight;
	return count;
}

static bool says_no_guest(void)
{
	for (unsigned i = 0; i < lines.count; i++)
		if (!strncmp(lines.text[i], "no guest", strlen("no guest")))
			return true;
	return false;
}

static void a_modern_cpu(void **state)
{
	report(sample_skylake(), EVERYTHING);
	assert_non_null(line_is("VMX revision=0x4 region-bytes=1024 memory-type=6 "
				"physical-bits=46 feature-control=0x5"));
	assert_non_null(line_is("IA32_VMX_TRUE_PINBASED_CTLS=0xff00000016"));
	assert_null(line_is("IA32_VMX_PROCBASED_CTLS3=0x0"));
	assert_non_null(line_is("VMX-preemption timer counts every 128 ticks of the TSC"));
	assert_non_null(line_is("pin-based required: external-interrupt exiting, NMI exiting"));
	assert_non_null(line_is("pin-based used: virtual NMIs, activate VMX-preemption timer"));
	assert_non_null(line_is("pin-based not used: process posted interrupts"));
	assert_non_null(line_is("secondary required: enable EPT"));
	assert_non_null(line_is("use TPR shadow not used: accesses to CR8 exit"));
	assert_non_null(line_is("monitor trap flag not used: "
				"a debugger's steps borrow the guest's RFLAGS.TF"));
	assert_false(says_no_guest());
	assert_true(weighing(REPORT_NOTE) < 50);
	for (unsigned i = 0; i < lines.count; i++)
		assert_null(strstr(lines.text[i], "missing:"));
}

static void what_is_missing(void **state)
{
	struct vmx_capability cap = sample_skylake();

	cap.secondary &= ~((uint64_t)SECONDARY_ENABLE_VPID << 32);
	report(cap, EVERYTHING);
	assert_non_null(line_is("enable VPID missing: every entry and exit flushes the TLB"));
	/* Switched off by the user, nothing is missing. */
	report(cap, REQUEST_ALWAYS);
	assert_non_null(line_is("enable VPID absent: every entry and exit flushes the TLB"));
	for (unsigned i = 0; i < lines.count; i++)
		assert_null(strstr(lines.text[i], "missing:"));

	report(sample_lynnfield(), EVERYTHING);
	assert_non_null(line_is("unrestricted guest missing: real-mode guests cannot run"));
	assert_non_null(line_is("1-GByte EPT pages missing: "
				"guest memory is mapped by pages of at most 2 MByte"));
	assert_false(says_no_guest());
}

static void every_bit_is_told_once(void **state)
{
	struct vmx_capability cap = sample_lynnfield();

	report(cap, EVERYTHING);
	for (unsigned i = 0; i < VMX_CONTROLS; i++) {
		const struct vmx_control_row *row = &vmx_control_rows[i];
		enum vmx_control_state control_state = vmx_control_state(row, &cap, EVERYTHING);
		char start[200];
		unsigned told = 0;
		snprintf(start, sizeof(start), "%s %s", row->name,
			 vmx_control_state_name(control_state));
		for (unsigned l = 0; l < lines.count; l++)
			told += !strncmp(lines.text[l], start, strlen(start)) &&
				strchr(":", lines.text[l][strlen(start)]);
		assert_int_equal(told, 1);
	}
}

static void notes_do_not_hang_on_details(void **state)
{
	struct vmx_capability cap = sample_lynnfield();

	report(cap, EVERYTHING);
	unsigned notes = weighing(REPORT_NOTE);
	assert_true(weighing(REPORT_DETAIL));
	lines.count = 0;
	vmx_report(&cap, EVERYTHING, false, keep, &lines);
	assert_int_equal(weighing(REPORT_DETAIL), 0);
	assert_int_equal(weighing(REPORT_NOTE), notes);
}

static void no_guests(void **state)
{
	report((struct vmx_capability) { 0 }, EVERYTHING);
	assert_int_equal(lines.count, 1);
	assert_non_null(line_is("no guest can run here: this CPU has no VMX"));

	report(sample_penryn(), EVERYTHING);
	assert_non_null(line_is("no guest can run here: this CPU has VMX but no EPT"));
	assert_non_null(line_is("enable EPT missing: guest memory cannot be kept apart without "
				"shadow paging, which Plinth has not"));
	/* Nobody misses the refinements of what is missing as a whole. */
	for (unsigned i = 0; i < lines.count; i++)
		assert_null(strstr(lines.text[i], "INVEPT missing"));
	report(sample_first(), EVERYTHING);
	assert_non_null(line_is("activate secondary controls missing: EPT, VPID and unrestricted "
				"guest cannot be switched on"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_modern_cpu),
		cmocka_unit_test(what_is_missing),
		cmocka_unit_test(every_bit_is_told_once),
		cmocka_unit_test(notes_do_not_hang_on_details),
		cmocka_unit_test(no_guests),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
