/* Forgetting leaves rows that answer nothing. */
#include "vm/policy/cpuid_memo.h"

/* Keys of rows 0 and another one: in any other place they are never looked for. */
#define KEY_OF_ROW_0       0u
#define KEY_OF_ANOTHER_ROW 1u

void cpuid_memo_forget(struct cpuid_memo *memo)
{
	for (unsigned i = 0; i < CPUID_MEMO_ROWS; i++)
		memo->rows[i].key = KEY_OF_ROW_0;
	memo->rows[0].key = KEY_OF_ANOTHER_ROW;
}
