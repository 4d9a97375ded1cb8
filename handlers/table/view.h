/* What people are shown of a sheet before they say which column is what: its first rows as they are, the rows of the
 * heading, and for each column its caption, what it was taken for and why, and some values.
 *
 * It is noted while the sheet is read, by the search of the heading and the rules of the import: nothing is worked out a
 * second time. The size is bounded whatever the file holds. */
#ifndef PF_TABLE_VIEW_H
#define PF_TABLE_VIEW_H

#include "handlers/heading/head.h"
#include "handlers/table/captions.h"

enum {
    VIEW_ABOVE = 5,         /* rows above the heading */
    VIEW_ROWS = 20,         /* rows below it */
    VIEW_SAMPLES = 3,       /* values of a column */
    VIEW_SAMPLE_ROWS = 200, /* rows below the heading in which values are looked for */
    VIEWS_MAX = 6,          /* sheets of a file */
    VIEW_OTHER_ROWS = 12    /* rows of the sheets behind the first one */
};

enum table_row_kind {
    ROW_KIND_ABOVE, /* above the heading; in a sheet without one, every row */
    ROW_KIND_HEADING,
    ROW_KIND_DATA,
    ROW_KIND_GROUP,
    ROW_KIND_TOTAL,
    ROW_KIND_OTHER_WAREHOUSE,
    ROW_KIND_EMPTY, /* nothing in the columns that are read */
    ROW_KINDS
};

struct table_view_row {
    uint32_t row;   /* 0-based */
    uint8_t kind;   /* enum table_row_kind */
    uint32_t cells; /* JSON: a list of texts, by column; offset in `text` */
};

struct table_view {
    uint32_t sheet;                /* its number in the file, from 0 */
    enum table_head_result result; /* of the search for the heading */
    struct table_heading heading;  /* its columns; with HEAD_NONE what is most like a heading (rows 0: nothing) */
    struct table_captions captions;
    struct table_view_row row[TABLE_HEAD_ROWS];
    unsigned n_rows, n_below;                     /* all; those below the heading */
    uint32_t last_row;                            /* the last of `row` */
    uint32_t sampled;                             /* rows below the heading that were looked at */
    uint32_t sample[TABLE_COLUMNS][VIEW_SAMPLES]; /* offsets in `text` */
    uint8_t n_samples[TABLE_COLUMNS];
    struct arena text;
};

struct table_views {
    struct table_view *view[VIEWS_MAX]; /* in file order, but for those that took another one's place */
    unsigned n;
    struct table_view *now; /* of the present sheet, NULL = it is not shown */
    bool open;              /* it takes more rows */
};
void table_views_fini(struct table_views *views);
/* The first rows of a sheet have been searched. Takes what *found says of the columns (a copy), and the rows. Sheets
 * with a heading go before others if there are too many. */
void table_views_begin(struct table_views *views, uint32_t sheet, const struct table_head_input *input,
                       enum table_head_result result, const struct table_heading *found);
/* Another sheet begins. */
static inline void table_views_close(struct table_views *views)
{
    views->now = NULL;
    views->open = false;
}
/* A row that follows. Cheap once the view is full. */
void table_view_add(struct table_views *views, const struct grid_row *row);
static inline void table_views_row(struct table_views *views, const struct grid_row *row)
{
    if (views->open)
        table_view_add(views, row);
}
/* What a row of the present sheet was taken for. Cheap for rows that are not shown. */
void table_view_set_kind(struct table_view *view, uint32_t row, enum table_row_kind kind);
static inline void table_views_kind(struct table_views *views, uint32_t row, enum table_row_kind kind)
{
    if (views->now && row <= views->now->last_row)
        table_view_set_kind(views->now, row, kind);
}

#endif
