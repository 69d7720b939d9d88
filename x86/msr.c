/* The names of the MSRs. */
#include "x86/msr.h"

#include "lib/text_list.h"

static const uint32_t indexes[] = {
#define X(symbol, value, name) value,
	MSR_LIST(X)
#undef X
};

static const char names[] =
#define X(symbol, value, name) name "\0"
	MSR_LIST(X)
#undef X
	;

const char *msr_name(uint32_t index)
{
	for (unsigned i = 0; i < ARRAY_SIZE(indexes); i++)
		if (indexes[i] == index)
			return nth_text(names, i);
	return "unnamed MSR";
}
