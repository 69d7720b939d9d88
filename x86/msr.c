/* The names of the MSRs. */
#include "x86/msr.h"

const char *msr_name(uint32_t index)
{
	switch (index) {
#define X(symbol, value, name) \
	case value:            \
		return name;
		MSR_LIST(X)
#undef X
	default:
		return "unnamed MSR";
	}
}
