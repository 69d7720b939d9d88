/* What the pure modules need from the machine, as host tests provide it. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/assert.h"

void assert_failed(const char *expression, const char *file, int line)
{
	fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expression);
	abort();
}
