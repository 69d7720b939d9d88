/* Writes docs/entry-checks.md to standard output: `make docs`. */
#include "tests/host/entry_checks_page.h"

int main(void)
{
	page_write(stdout);
	return 0;
}
