/* Assertions. They stay on in release; a broken invariant ends the run with a sentence.
 * assert_slow() is for checks on the hot path and is compiled in only with PLINTH_SLOW_CHECKS. */
#ifndef LIB_ASSERT_H
#define LIB_ASSERT_H

#include "lib/types.h"

/* Provided by kernel/panic.c on the machine and by tests/host/support.c in host tests. */
void assert_failed(const char *expression, const char *file, int line) noreturn_fn;

#define assert(expression) ((expression) ? (void)0 : assert_failed(#expression, __FILE__, __LINE__))

#ifdef PLINTH_SLOW_CHECKS
#define assert_slow(expression) assert(expression)
#else
#define assert_slow(expression) ((void)sizeof(expression))
#endif

#endif
