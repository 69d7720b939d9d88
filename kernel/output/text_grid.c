/* A scroll changes most of the screen, and a display is slow to write, with the log's lock held: so
 * one scroll makes room for several lines, and only what differs is painted.
 *
 * A panic writes its lines even while another line is being put or painted, on this CPU or on one
 * that will be stopped. Such a line may mix with the other, but nothing is ever painted outside of
 * the grid. */
#include "kernel/output/text_grid.h"

#include "lib/string.h"

void text_grid_init(struct text_grid *grid, unsigned columns, unsigned rows)
{
	grid->columns = columns < TEXT_GRID_MAX_COLUMNS ? columns : TEXT_GRID_MAX_COLUMNS;
	grid->rows = rows < TEXT_GRID_MAX_ROWS ? rows : TEXT_GRID_MAX_ROWS;
	grid->used = 0;
	memset(grid->cells, ' ', sizeof(grid->cells));
	memset(grid->shown, ' ', sizeof(grid->shown));
	memset(grid->changed, 0, sizeof(grid->changed));
}

/* Makes room for at least `by` rows, and returns the rows in use then. */
static unsigned scroll(struct text_grid *grid, unsigned by)
{
	unsigned used = grid->used;

	if (by < grid->rows / TEXT_GRID_SCROLL_PART)
		by = grid->rows / TEXT_GRID_SCROLL_PART;
	if (by > used)
		by = used;
	memmove(grid->cells[0], grid->cells[by], (grid->rows - by) * sizeof(grid->cells[0]));
	memset(grid->cells[grid->rows - by], ' ', by * sizeof(grid->cells[0]));
	memset(grid->changed, true, grid->rows);
	return used - by;
}

static char shown(char c)
{
	return c >= ' ' && c <= '~' ? c : '?';
}

void text_grid_put_line(struct text_grid *grid, const char *line, size_t length)
{
	/* Of a line that is longer than the whole screen, the start is what matters. */
	size_t most = (size_t)grid->columns * grid->rows;
	size_t kept = length < most ? length : most;
	unsigned needed = kept ? (unsigned)((kept + grid->columns - 1) / grid->columns) : 1;
	unsigned first = grid->used;

	if (first + needed > grid->rows)
		first = scroll(grid, first + needed - grid->rows);
	for (unsigned row = first; kept; row++) {
		size_t part = kept < grid->columns ? kept : grid->columns;

		for (size_t i = 0; i < part; i++)
			grid->cells[row][i] = shown(line[i]);
		grid->changed[row] = true;
		line += part;
		kept -= part;
	}
	grid->used = first + needed;
}

void text_grid_paint(struct text_grid *grid, const struct text_painter *painter)
{
	for (unsigned row = 0; row < grid->rows; row++) {
		if (!grid->changed[row])
			continue;
		grid->changed[row] = false;
		for (unsigned column = 0; column < grid->columns; column++) {
			char c = grid->cells[row][column];
			if (grid->shown[row][column] == c)
				continue;
			grid->shown[row][column] = c;
			painter->paint(painter->context, column, row, c);
		}
	}
}
