/* Rows and headings as JSON, so that rejects.csv can write refused rows as the file has them.
 *
 * A row is a list by column: a text, a number (its plain decimal text, without exponent), or null where there is no
 * value. A heading is a list of such rows. */
#ifndef PF_TABLE_ROWCELLS_H
#define PF_TABLE_ROWCELLS_H

#include "base/bytes.h"
#include "handlers/heading/cells.h"

#define ROW_CELLS_MAX (16u << 10)  /* bytes of one row */
#define CAPTIONS_MAX  (256u << 10) /* bytes of one heading */

/* Cells of the first `columns` columns (0 = all). Numbers are padded with zeros where their format does so, and are
 * texts then; dates are ISO 8601 without a midnight; errors are their text; formulas without a value are null. Clears
 * `out` first. A row that takes more than ROW_CELLS_MAX bytes becomes the empty list: it cannot be written again. */
void table_row_cells(const struct grid_row *row, uint32_t columns, struct bytes *out);
/* The same for a row sorted by field: an identity, vendor, warehouse or unit column without a cell of its own has the
 * text that a vertical merge gave to its field. `column` has FIELD_COUNT members: 0-based, ARENA_NONE = none. */
void table_row_cells_filled(const struct table_row *row, const uint32_t *column, uint32_t columns, struct bytes *out);
/* Adds a cell's value as a JSON text, at most `most` bytes of it: a longer one ends with "…". NULL, or a formula without a
 * value: "". */
void table_cell_text(const struct grid_cell *cell, size_t most, struct bytes *out);
/* The captions of a heading's rows, at most 255 characters each. A caption merged over several columns is repeated in
 * each of them if the merge ends above the last row. If there are merges, no caption reaches beyond its own columns when
 * it is read without them (CSV): a gap to its right gets the column's own caption from below, or "#". Clears `out`
 * first. */
void table_heading_captions(const struct grid_row *const *rows, uint32_t n_rows, const struct grid_merge *merges,
                            uint32_t n_merges, uint32_t columns, struct bytes *out);

#endif
