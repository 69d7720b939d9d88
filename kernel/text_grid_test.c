/* The grid against a picture kept by the painter: what was painted is what the cells say. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "kernel/text_grid.h"

static struct text_grid grid;
static char picture[TEXT_GRID_MAX_ROWS][TEXT_GRID_MAX_COLUMNS];
static unsigned painted;

static void paint(void *context, unsigned column, unsigned row, char c)
{
	assert_true(column < grid.columns && row < grid.rows);
	picture[row][column] = c;
	painted++;
}

static const struct text_painter painter = { paint, NULL };

static void start(unsigned columns, unsigned rows)
{
	memset(picture, ' ', sizeof(picture));
	text_grid_init(&grid, columns, rows);
	painted = 0;
}

static void put(const char *line)
{
	text_grid_put_line(&grid, line, strlen(line), &painter);
}

static void expect_row(unsigned row, const char *text)
{
	assert_memory_equal(picture[row], text, grid.columns);
	assert_memory_equal(grid.cells[row], text, grid.columns);
}

static void fills_then_scrolls(void **state)
{
	start(4, 3);
	put("a");
	put("");
	put("ccc");
	expect_row(0, "a   ");
	expect_row(1, "    ");
	expect_row(2, "ccc ");
	put("d");
	expect_row(0, "    ");
	expect_row(1, "ccc ");
	expect_row(2, "d   ");
}

static void wraps(void **state)
{
	start(4, 3);
	put("x");
	put("abcdefgh");
	expect_row(1, "abcd");
	expect_row(2, "efgh");
	put("12345");
	expect_row(0, "efgh");
	expect_row(1, "1234");
	expect_row(2, "5   ");
	put("a line of more than twelve");
	expect_row(0, "a li");
	expect_row(2, "f mo");
}

static void paints_only_what_changes(void **state)
{
	start(80, 25);
	put("same");
	assert_int_equal(painted, 4);
	for (unsigned i = 0; i < 24; i++)
		put("same");
	assert_int_equal(painted, 100);
	put("same"); /* scrolls: the rows that stay the same are left alone, the last is made anew */
	assert_int_equal(painted, 108);
}

static void shows_odd_bytes_as_questions(void **state)
{
	start(4, 1);
	put("\x01\x7f\xff~");
	expect_row(0, "???~");
}

static void cuts_sizes(void **state)
{
	start(100000, 100000);
	assert_int_equal(grid.columns, TEXT_GRID_MAX_COLUMNS);
	assert_int_equal(grid.rows, TEXT_GRID_MAX_ROWS);
	for (unsigned i = 0; i < TEXT_GRID_MAX_ROWS + 1; i++)
		put("line");
	assert_int_equal(grid.used, TEXT_GRID_MAX_ROWS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fills_then_scrolls),
		cmocka_unit_test(wraps),
		cmocka_unit_test(paints_only_what_changes),
		cmocka_unit_test(shows_odd_bytes_as_questions),
		cmocka_unit_test(cuts_sizes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
