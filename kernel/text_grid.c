/* Scrolling moves characters, not pixels: each cell is compared with what it will show. */
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
	if (grid->cells[row][column] == c)
		return;
	grid->cells[row][column] = c;
	painter->paint(painter->context, column, row, c);
}

static void scroll(struct text_grid *grid, unsigned by, const struct text_painter *painter)
{
	for (unsigned row = 0; row < grid->rows; row++) {
		for (unsigned column = 0; column < grid->columns; column++) {
			char c = row + by < grid->rows ? grid->cells[row + by][column] : ' ';
			set_cell(grid, column, row, c, painter);
		}
	}
	grid->used -= by;
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

	if (grid->used + needed > grid->rows)
		scroll(grid, grid->used + needed - grid->rows, painter);
	for (size_t i = 0; i < kept; i++)
		set_cell(grid, (unsigned)(i % grid->columns),
			 grid->used + (unsigned)(i / grid->columns), shown(line[i]), painter);
	grid->used += needed;
}
