/* Reading 1C spreadsheet documents (.mxl): the brace form of 1C 8, the binary form of 1C 7.7, and the XML form.
 * mxl_read() is declared in grid/reader.h.
 *
 *   - Every form is read twice. The first pass goes over the whole file, checks its shape to the last byte and collects
 *     what is stored behind the grid but is needed with the rows: merged areas and row groups. Only the second pass
 *     delivers rows: a truncated file, or two glued together, is refused before a single row was delivered.
 *   - Both passes go by position, never by search: a reader that searches for cells would also deliver wrong stock from
 *     damaged files.
 *   - Columns are numbered as in the file. A document may have several column grids (a parameter block of two columns
 *     above a table of nine). Each row names its grid (grid_row.grid); sets of columns that lie at the same places are
 *     one grid; the brace form also reports the places (grid_sheet.grids).
 *   - Memory is bounded: one block of input, the texts of one row, the merges of the first rows, eight bytes per row
 *     group, twelve per run of rows bound to a set of columns, and the places of the first columns of each set. */
#ifndef PF_SHEET_MXL_MXL_H
#define PF_SHEET_MXL_MXL_H

#include "handlers/sheet/grid/reader.h"

/* The largest file that is read. The configuration limits uploads to much less. */
#define MXL_MAX_FILE  (UINT64_C(1) << 30)
#define MXL_MAX_CELLS (UINT64_C(64) << 20)

#endif
