/* Which CPUs can watch a cache line. */
#include "kernel/cpu_sleep.h"

#include "lib/bits.h"
#include "x86/cpuid.h"
#include "x86/instructions.h"

#define LARGEST_LINE BITS(15, 0) /* EBX of leaf 5, bytes */

bool cpu_can_monitor(void)
{
	uint32_t features = cpuid_query(CPUID_FEATURES, 0).ecx;
	uint32_t largest;

	if (!(features & CPUID_1_ECX_MONITOR) || (features & CPUID_1_ECX_HYPERVISOR))
		return false;
	largest = (uint32_t)field_get(cpuid_query(CPUID_MONITOR_MWAIT, 0).ebx, LARGEST_LINE);
	return largest && largest <= CPU_MONITOR_LINE;
}
