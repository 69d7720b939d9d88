/* The printed form of exit reasons. */
#include "vmx/exit/exit_reason.h"

#include "lib/format.h"

static const char *const names[] = {
#define X(number, name) [number] = #name,
	EXIT_REASON_LIST(X)
#undef X
};
_Static_assert(ARRAY_SIZE(names) == EXIT_REASONS, "the name table ends with the last reason");

const char *exit_reason_name(uint32_t basic_reason)
{
	if (basic_reason >= EXIT_REASONS || !names[basic_reason])
		return "UNKNOWN";
	return names[basic_reason];
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
