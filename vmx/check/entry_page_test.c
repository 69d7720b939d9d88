/* docs/entry-checks.md is what `make docs` makes of the rows. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tests/host/entry_checks_page.h"

static char *page_in_the_tree(void)
{
	FILE *file = fopen("docs/entry-checks.md", "r");
	char *text = NULL;
	size_t size = 0;

	if (!file)
		return NULL;
	if (getdelim(&text, &size, 0, file) < 0) {
		free(text);
		text = NULL;
	}
	fclose(file);
	return text;
}

static void the_page_is_made_from_the_rows(void **state)
{
	char *made = NULL, *kept = page_in_the_tree();
	size_t size = 0;
	FILE *page = open_memstream(&made, &size);

	assert_non_null(page);
	page_write(page);
	fclose(page);
	assert_non_null(kept);
	if (strcmp(made, kept))
		print_message("# docs/entry-checks.md is stale: make docs\n");
	assert_true(!strcmp(made, kept));
	free(made);
	free(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page_is_made_from_the_rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
