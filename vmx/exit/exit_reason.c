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

void exit_reason_format_counts(char *buffer, size_t size, const uint64_t *counts, size_t count)
{
	bool first = true;

	format_string(buffer, size, "none");
	for (size_t i = 0; i < count; i++) {
		if (!counts[i])
			continue;
		if (first && size)
			buffer[0] = '\0';
		format_append(buffer, size, "%s%zu(%s)=%llu", first ? "" : " ", i,
			      exit_reason_name((uint32_t)i), (unsigned long long)counts[i]);
		first = false;
	}
}
