/* Scrolling moves characters, not pixels: each cell is compared with what it will show. It still
 * touches most of the screen, with the log's lock held, and a large framebuffer is slow to write: so
 * one scroll makes room for several lines.
 *
 * A panic writes its lines even while another line is being put, on this CPU or on one that will be
 * stopped. Such a line may mix with the other, but nothing is ever painted outside of the grid. */
#include "kernel/text_grid.h"

#include "lib/string.h"

void text_grid_init(struct text_grid *grid, unsigned columns, unsigned rows)
{
	grid->columns = columns < TEXT_GRID_MAX_COLUMNS ? columns : TEXT_GRID_MAX_COLUMNS;
	grid->rows = rows < TEXT_GRID_MAX_ROWS ? rows : TEXT_GRID_MAX_ROWS;
	grid->used = 0;
	memset(grid->cells, ' ', sizeof(grid->cells));
}

static void set_cell(struct text_grid *grid, unsigned column, unsigned row, char c,
		     const struct text_painter *painter)
{
	if (row >= grid->rows || grid->cells[row][column] == c)
		return;
	grid->cells[row][column] = c;
	painter->paint(painter->context, column, row, c);
}

/* Makes room for at least `by` rows, and returns the rows in use then. */
static unsigned scroll(struct text_grid *grid, unsigned by, const struct text_painter *painter)
{
	unsigned used = grid->used;

	if (by < grid->rows / TEXT_GRID_SCROLL_PART)
		by = grid->rows / TEXT_GRID_SCROLL_PART;
	if (by > used)
		by = used;
	for (unsigned row = 0; row < grid->rows; row++) {
		for (unsigned column = 0; column < grid->columns; column++) {
			char c = row + by < grid->rows ? grid->cells[row + by][column] : ' ';
			set_cell(grid, column, row, c, painter);
		}
	}
	return used - by;
}

static char shown(char c)
{
	return c >= ' ' && c <= '~' ? c : '?';
}

void text_grid_put_line(struct text_grid *grid, const char *line, size_t length,
			const struct text_painter *painter)
{
	/* Of a line that is longer than the whole screen, the start is what matters. */
	size_t most = (size_t)grid->columns * grid->rows;
	size_t kept = length < most ? length : most;
	unsigned needed = kept ? (unsigned)((kept + grid->columns - 1) / grid->columns) : 1;

	unsigned first = grid->used;

	if (first + needed > grid->rows)
		first = scroll(grid, first + needed - grid->rows, painter);
	for (size_t i = 0; i < kept; i++)
		set_cell(grid, (unsigned)(i % grid->columns), first + (unsigned)(i / grid->columns),
			 shown(line[i]), painter);
	grid->used = first + needed;
}
