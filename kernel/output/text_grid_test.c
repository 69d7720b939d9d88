/* The grid against a picture kept by the painter: what was painted is what the cells say. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "kernel/output/text_grid.h"

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
	text_grid_put_line(&grid, line, strlen(line));
	text_grid_paint(&grid, &painter);
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
	/* Scrolls by 25 / 8 rows: those that show the same as before are left alone, two are empty. */
	put("same");
	assert_int_equal(painted, 100 + 8);
	assert_int_equal(grid.used, 23);
	text_grid_paint(&grid, &painter);
	assert_int_equal(painted, 100 + 8);
}

/* One scroll makes room for an eighth of the rows, and a line that needs more gets more. */
static void scrolls_by_several_rows(void **state)
{
	char line[2] = "a";

	start(4, 16);
	for (line[0] = 'a'; line[0] <= 'p'; line[0]++)
		put(line);
	put("q");
	expect_row(0, "c   ");
	expect_row(13, "p   ");
	expect_row(14, "q   ");
	expect_row(15, "    ");
	put("r");
	expect_row(0, "c   ");
	expect_row(15, "r   ");
	put("1234567890123");
	expect_row(11, "r   ");
	expect_row(12, "1234");
	expect_row(15, "3   ");
	put("s");
	put("a line that needs the whole grid, which is 64 characters, and more");
	expect_row(0, "a li");
	assert_int_equal(grid.used, 16);
	start(4, 9);
	put("a");
	put("a line of nine rows, in 36 cells");
	put("a line of nine rows, in 36 cells fit");
	expect_row(0, "a li");
	expect_row(8, " fit");
}

static unsigned until_panic;

static void paint_and_panic(void *context, unsigned column, unsigned row, char c)
{
	paint(context, column, row, c);
	if (until_panic && !--until_panic) {
		put("a panic's line");
		put("and one more");
	}
}

/* A panic's lines may come between any two cells of another line: paint() sees that nothing is ever
 * painted outside of the grid, and later lines find it in order. */
static void takes_lines_within_a_line(void **state)
{
	const struct text_painter panicking = { paint_and_panic, NULL };

	for (unsigned at = 1; at < 200; at++) {
		start(5, 8);
		until_panic = 0;
		for (unsigned i = 0; i < 7; i++)
			put(i & 1 ? "odd" : "even");
		until_panic = at;
		for (unsigned i = 0; i < 12; i++) {
			text_grid_put_line(&grid, i & 1 ? "a line of many" : "THE OTHER LINE", 14);
			text_grid_paint(&grid, &panicking);
			assert_true(grid.used <= grid.rows);
			assert_memory_equal(picture, grid.cells, sizeof(picture));
		}
		assert_int_equal(until_panic, 0);
		expect_row(grid.used - 1, "many ");
		expect_row(grid.used - 2, "e of ");
	}
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
	assert_int_equal(grid.used, TEXT_GRID_MAX_ROWS - TEXT_GRID_MAX_ROWS / 8 + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fills_then_scrolls),
		cmocka_unit_test(wraps),
		cmocka_unit_test(paints_only_what_changes),
		cmocka_unit_test(scrolls_by_several_rows),
		cmocka_unit_test(takes_lines_within_a_line),
		cmocka_unit_test(shows_odd_bytes_as_questions),
		cmocka_unit_test(cuts_sizes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
