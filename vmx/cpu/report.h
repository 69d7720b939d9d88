/* What this machine offers of VMX, what Plinth makes of it, and what it has to do without. The text
 * is made by a pure function, line by line; vmx_report_print() sends it to the log. */
#ifndef VMX_CPU_REPORT_H
#define VMX_CPU_REPORT_H

#include "lib/types.h"
#include "vmx/cpu/capability.h"
#include "vmx/cpu/controls.h"

enum vmx_report_weight {
	REPORT_DETAIL, /* one line for every single bit */
	REPORT_NOTE,   /* summaries, and each bit that is missing with what that means */
};

typedef void (*vmx_report_line)(void *context, enum vmx_report_weight weight, const char *text);

/* No line is longer than this, so that the log cuts none. */
#define VMX_REPORT_LINE_MAX 400

/* Says everything about `cap` through `line`, REPORT_DETAIL only with `details`; `request` is what
 * Plinth would use (vmx_request() and REQUEST_LARGE_PAGES). */
void vmx_report(const struct vmx_capability *cap, uint32_t request, bool details,
		vmx_report_line line, void *context);

/* The report on vmx_capability, with the command line's wishes, as log lines of area "vmx": details
 * at level debug, notes at info. Bootstrap processor, after vmx_percpu_init(). */
void vmx_report_print(void);

#endif
