/* Heading search: which row or pair of rows names the columns.
 *
 * Looks at copies of the first rows of a sheet, each alone and each together with the next, and takes the candidate
 * that names the most fields. */
#ifndef PF_TABLE_HEAD_H
#define PF_TABLE_HEAD_H

#include "base/arena.h"
#include "handlers/pricing/values.h"
#include "handlers/table/cells.h"

/* Where the columns are. */
struct table_heading {
    uint32_t row;                          /* 0-based, the first of `rows` */
    unsigned rows;                         /* 1 or 2 */
    uint16_t grid;                         /* whose columns they are: grid_row.grid */
    uint32_t column[FIELD_COUNT];          /* 0-based, ARENA_NONE = the sheet has no such column */
    struct label_hints hints[FIELD_COUNT]; /* currency and VAT that the column's label names */
    uint8_t field_at[TABLE_COLUMNS];       /* enum stock_field by column */
    uint8_t last_at[TABLE_COLUMNS];        /* the last column under the caption that begins in this one */
    /* Normalised texts by column, offsets into `text`, 0 = none: of the upper row, of the lower row, and of both
     * joined, because a heading is repeated on each printed page. */
    uint32_t label[TABLE_COLUMNS][3];
    struct arena text;
    uint32_t rivals[2]; /* the first two quantity columns; with HEAD_AMBIGUOUS only this and `row` are set */
};
void table_heading_fini(struct table_heading *heading);
static inline bool table_heading_has(const struct table_heading *heading, enum stock_field field)
{
    return heading->column[field] != ARENA_NONE;
}

/* What a sheet begins with. */
struct table_head_input {
    const struct grid_row *const *rows; /* in file order */
    uint32_t n_rows;
    const struct grid_merge *merges;
    uint32_t n_merges;
};
enum table_head_result { HEAD_FOUND, HEAD_NONE, HEAD_AMBIGUOUS /* two quantity columns */ };
/* Fills *out if a heading is found; release it with table_heading_fini() in any case. */
enum table_head_result table_heading_find(const struct table_head_input *input, struct table_heading *out);

/* A report with the warehouses side by side, a quantity below the name of each, has no usable heading. Returns the row
 * of the captions of the quantities; ARENA_NONE if the sheet is not such a report. */
uint32_t table_heading_side_by_side(const struct table_head_input *input);

/* The latest date written above the heading, not counting when the report was made or printed; year 0 = none. */
struct value_date table_heading_date(const struct table_head_input *input, uint32_t heading_row);

#endif
