/* The texts of a sheet's first rows, read once, and the paths that they make over the columns. For the heading search. */
#ifndef PF_HEADING_PATHS_H
#define PF_HEADING_PATHS_H

#include "handlers/heading/head.h"

/* A text of the first rows. */
struct head_part {
    uint32_t column, last_column, last_row; /* of the cell or of the merged area that it stands in */
    struct cell_span text;
    uint32_t place; /* the warehouse that it names, or ARENA_NONE */
    struct label label;
};
/* Is it neither known nor a hint? */
static inline bool head_part_unknown(const struct head_part *part)
{
    return !label_known(&part->label) && !part->label.hint && !part->label.passed && part->place == ARENA_NONE;
}

struct head_row {
    const struct grid_row *row;
    struct head_part *part; /* by column */
    unsigned n_parts;
    unsigned n_known; /* of them */
    bool numbers;     /* it has a number, or a word that stands for one: it begins a heading at most */
    bool merged;      /* a merged area touches it */
    bool tiers;       /* of price lists: nothing but ascending numbers below a price's caption */
};

struct head_scan {
    const struct table_head_input *input;
    const struct table_ask *ask;
    struct head_row rows[TABLE_HEAD_ROWS];
    unsigned n_rows;
    struct head_part *parts; /* of all rows */
};
/* Reads the first `most` rows of the input. Free with head_scan_fini(). */
void head_scan_init(struct head_scan *scan, const struct table_head_input *input, unsigned most);
void head_scan_fini(struct head_scan *scan);

/* Is it a number, or a text that is one? */
bool head_cell_is_number(const struct grid_cell *cell);

/* Up to three rows that may make a heading. A row that the file does not have is NULL. */
struct head_rows {
    const struct table_head_input *input;
    const struct head_row *row[TABLE_HEADING_MAX];
    unsigned n;
    bool merged; /* a merged area touches one of them; if none does, a caption reaches to the next one */
};
struct head_rows head_rows_at(const struct head_scan *scan, unsigned first, unsigned n);

/* The texts over one column, from top to bottom, repeats left out. */
struct head_path {
    const struct head_part *part[TABLE_HEADING_MAX];
    unsigned n;                             /* 0 = nothing stands over the column */
    bool own;                               /* the column has a text of its own */
    bool merged;                            /* a merged area over several columns is among them */
    struct label joined[TABLE_HEADING_MAX]; /* parts that say something only together ("Начальный / остаток") … */
    uint8_t join[TABLE_HEADING_MAX]; /* … by part: 1 = it begins such a text, 2 = it goes on with it */
};
void head_path_read(const struct head_rows *rows, uint32_t column, struct head_path *path);
/* What part i says; NULL if a part before it says it. */
const struct label *head_path_label(const struct head_path *path, unsigned i);
/* Columns that the part reaches over, if it stands in row `at` of the heading. */
uint32_t head_reach(const struct head_rows *rows, unsigned at, const struct head_part *part);

#endif
