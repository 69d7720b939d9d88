/* The capability report on its way to the log. */
#include "vmx/cpu/report.h"

#include "kernel/command_line.h"
#include "kernel/output/log.h"

static void print_line(void *context, enum vmx_report_weight weight, const char *text)
{
	log_write(weight == REPORT_DETAIL ? LOG_DEBUG : LOG_INFO, "vmx", "%s", text);
}

void vmx_report_print(void)
{
	uint32_t request = vmx_request(command_line.vpid, true, INTERCEPT_HLT) |
			   (command_line.large_pages ? REQUEST_LARGE_PAGES : 0) |
			   (command_line.apicv != APICV_OFF ? REQUEST_APICV : 0) |
			   (command_line.gdb[0] ? REQUEST_DEBUGGER : 0);

	/* What nobody reads is not written: boot waits for it. */
	vmx_report(&vmx_capability, request, command_line.log_level == LOG_DEBUG, print_line, NULL);
}
