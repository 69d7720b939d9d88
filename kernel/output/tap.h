/* The test report on the wire, in TAP version 13: version, plan, one result a test, diagnostics,
 * and the verdict that ends every run. Any CPU may report; a result is one whole line. */
#ifndef KERNEL_OUTPUT_TAP_H
#define KERNEL_OUTPUT_TAP_H

#include "lib/types.h"

/* Prints "TAP version 13" and "1..COUNT". Called once, before the first result. */
void tap_plan(unsigned count);

/* "ok N - NAME" or "not ok N - NAME", and for a failure the sentence as a diagnostic below it.
 * `format` may be null for a success. */
void tap_result(bool ok, const char *name, const char *format, ...) printf_like(3, 4);

/* "ok N - NAME # SKIP SENTENCE". */
void tap_skip(const char *name, const char *format, ...) printf_like(2, 3);

/* "# TEXT" */
void tap_diagnostic(const char *format, ...) printf_like(1, 2);

enum verdict {
	VERDICT_PASS,   /* every planned test reported and none failed */
	VERDICT_FAIL,   /* a test failed, is missing, or Plinth itself broke */
	VERDICT_NO_VMX, /* ran to the end and nothing failed, but this machine has no usable VMX */
};

/* The verdict that the results so far amount to; `virtualization` says whether guests could run. */
enum verdict tap_verdict(bool virtualization);

/* Prints "verdict PASS|FAIL|NOVMX passed=N failed=N skipped=N ... [reason="..."]". Only the first
 * call prints: a panic during the end of a run does not add a second verdict. */
void tap_print_verdict(enum verdict verdict, const char *reason);

#endif
