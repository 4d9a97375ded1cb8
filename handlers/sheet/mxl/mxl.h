/* Reading 1C spreadsheet documents (.mxl): the brace form of 1C 8, the binary form of 1C 7.7 and the XML form.
 *
 * mxl_read() is declared in handlers/sheet/sheet.h.
 * Every form is read twice. The first pass walks the whole file, checks its shape to the last byte and collects what is
 * stored behind the grid but belongs before or beside the rows: merged areas and row groups. Only then are rows handed
 * out, so that a truncated or glued file is refused before a single row has left the reader. Both passes go by
 * position, never by search: a reader that looks for something like a cell also delivers wrong stock from damaged
 * files.
 *
 * Columns are handed out as the file numbers them. A document may hold several column grids (a parameter block of two
 * columns above a table of nine); each row tells its own (grid_row.grid), sets of columns that lie at the same places
 * are one grid, and the brace form tells where the columns of each lie (grid_sheet.grids).
 *
 * Memory is bounded: one block of input, the texts of one row, the merges of the first rows, eight bytes per row group,
 * twelve per run of rows bound to a set of columns, and the places of the first columns of each set. */
#ifndef PF_SHEET_MXL_MXL_H
#define PF_SHEET_MXL_MXL_H

#include "handlers/sheet/grid/reader.h"

/* Largest file taken at all. Uploads are limited far below this by configuration. */
#define MXL_MAX_FILE  (UINT64_C(1) << 30)
#define MXL_MAX_CELLS (UINT64_C(64) << 20)

#endif
