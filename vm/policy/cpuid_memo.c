/* Forgetting is a matter of counting. */
#include "vm/policy/cpuid_memo.h"

#include "lib/string.h"

void cpuid_memo_forget(struct cpuid_memo *memo)
{
	/* After 2^32 changes a row could seem to be of this generation. */
	if (!++memo->generation) {
		memset(memo, 0, sizeof(*memo));
		memo->generation = 1;
	}
}
