/* The log on a screen of characters: which character stands in which cell, and which of them the
 * screen shows already. Pure. Adding a line touches memory only; painting tells a painter of the
 * cells that differ, and may come after many lines. */
#ifndef KERNEL_OUTPUT_TEXT_GRID_H
#define KERNEL_OUTPUT_TEXT_GRID_H

#include "lib/types.h"

#define TEXT_GRID_MAX_COLUMNS 240
#define TEXT_GRID_MAX_ROWS    160

/* A full grid scrolls by this part of its rows at least. */
#define TEXT_GRID_SCROLL_PART 8

struct text_painter {
	/* Shows `c` (32 to 126) in a cell; columns and rows count from 0 at the top left. */
	void (*paint)(void *context, unsigned column, unsigned row, char c);
	void *context;
};

struct text_grid {
	unsigned columns, rows; /* 1 to the maxima above */
	unsigned used;          /* rows that hold text */
	char cells[TEXT_GRID_MAX_ROWS][TEXT_GRID_MAX_COLUMNS];
	char shown[TEXT_GRID_MAX_ROWS][TEXT_GRID_MAX_COLUMNS]; /* as painted */
	bool changed[TEXT_GRID_MAX_ROWS];                      /* since it was painted */
};

/* An empty grid, shown as such; sizes past the maxima are cut. */
void text_grid_init(struct text_grid *grid, unsigned columns, unsigned rows);

/* Adds a line below what is there, on as many rows as it takes, and scrolls when the grid is full.
 * An empty line takes one row; what is no printable ASCII shows as '?'. */
void text_grid_put_line(struct text_grid *grid, const char *line, size_t length);

/* Paints what is not shown yet. */
void text_grid_paint(struct text_grid *grid, const struct text_painter *painter);

#endif
