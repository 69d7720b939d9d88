/* The printed form of exit reasons. */
#include "vmx/exit/exit_reason.h"

#include "lib/format.h"
#include "lib/text_list.h"

static const uint8_t numbers[] = {
#define X(number, name) number,
	EXIT_REASON_LIST(X)
#undef X
};

static const char names[] =
#define X(number, name) #name "\0"
	EXIT_REASON_LIST(X)
#undef X
	;

const char *exit_reason_name(uint32_t basic_reason)
{
	const char *name = keyed_text(names, numbers, ARRAY_SIZE(numbers), basic_reason);

	return name ? name : "UNKNOWN";
}

void exit_reason_format(char *buffer, size_t size, uint32_t raw_reason)
{
	uint32_t basic = exit_reason_basic(raw_reason);

	format_string(buffer, size, "%u(%s)", basic, exit_reason_name(basic));
}

void exit_row_format(char *buffer, size_t size, uint32_t row)
{
	if (row == EXIT_ROW_HOST_TIMER)
		format_string(buffer, size, "%u(HOST_TIMER)", EXIT_REASON_PREEMPTION_TIMER);
	else
		exit_reason_format(buffer, size, row);
}
