/* What an import found in the rows of its file: all that is kept of it, for task_row_error and rejects.csv.
 *
 * The reader of a file reports in any order; issues_sort() brings it into that of the file. Beside the issues it keeps
 * the headings of the file, so that refused rows can be written under their own captions, and the cells of each row
 * once, however many faults it has. Counting is the caller's business. Memory is bounded: ISSUES_KEPT errors and as
 * many warnings, ISSUES_CELLS bytes of cells. Single-threaded. run_save_issues() writes them. */
#ifndef PF_RUN_ISSUES_H
#define PF_RUN_ISSUES_H

#include "base/arena.h"

#define ISSUES_KEPT     10000u      /* errors, and as many warnings beside them */
#define ISSUES_CELLS    (64u << 20) /* bytes of cells of all rows; further rows are kept without theirs */
#define ISSUES_HEADINGS 1000u       /* further ones get number 0, as those beyond ISSUES_CELLS do */
#define ISSUES_MESSAGE  255         /* characters of a message */
#define ISSUES_TOO_LONG "[]"        /* stands for the cells of a row that are too long to be kept */

/* Where it is, and what the row holds. Texts are copied. */
struct issue_at {
    const char *sheet;      /* name; "" or NULL = the file has none */
    uint32_t row;           /* 0-based; ARENA_NONE = of the whole file */
    uint32_t column;        /* 0-based; ARENA_NONE = of no column */
    const char *caption;    /* of the column, as written; "" or NULL = none */
    uint32_t heading;       /* number from issues_heading(); 0 = none */
    const char *cells;      /* of the row: table_row_cells(); needed only if issues_has_row() is false */
    size_t cells_n;         /* 0 = the row is no data (of the file) */
    const char *raw;        /* text of the cell at fault */
    size_t raw_n;           /* 0 = none */
    const char *pn_norm;    /* "" or NULL = none */
    const char *suggestion; /* up to three, divided by " | " as catalog_map_suggest() does; "" or NULL = none */
    const char *args;       /* what the message says, as a JSON object; "" or NULL = nothing */
};

/* One that is kept. Texts are offsets into issues.text, 0 = none. */
struct issue {
    uint32_t sheet; /* number of the sheet in order of first appearance */
    uint32_t row, column, heading;
    uint32_t turn; /* order of reporting */
    bool error;
    uint8_t code;          /* the caller's number of the code */
    const char *code_name; /* lives for ever */
    const char *field;     /* lives for ever; "" = none */
    uint32_t message, caption, cells, raw, pn, suggestion, args;
};
struct issue_heading {
    uint32_t sheet, captions; /* captions: JSON, offset */
};
struct issues {
    struct arena text;
    struct issue *list;
    uint32_t n, room, n_errors, n_warnings;
    struct issue_heading *heading;
    uint32_t n_headings, room_headings;
    uint32_t *sheet; /* offset of the name by number */
    uint32_t n_sheets, room_sheets;
    uint64_t cells; /* bytes of cells and captions kept */
    char separator; /* of a CSV file: the caller sets it; 0 = another kind of file */
    bool sorted;
};

void issues_fini(struct issues *issues);

/* A heading of the file in whose columns the rows that follow are: `captions` from table_heading_captions(). The same
 * one again gets the same number. Returns its number, from 1. */
uint32_t issues_heading(struct issues *issues, const char *sheet, const char *captions, size_t n);
/* Is there room for one more? If not, the caller need not make its texts. */
static inline bool issues_room(const struct issues *issues, bool error)
{
    return (error ? issues->n_errors : issues->n_warnings) < ISSUES_KEPT;
}
/* Was the last one kept of this row too? Then its cells are known. */
bool issues_has_row(const struct issues *issues, const struct issue_at *at);
/* Keeps one for which there is room. `message` is cut to ISSUES_MESSAGE characters. */
void issues_keep(struct issues *issues, bool error, uint8_t code, const char *code_name, const char *field,
                 const char *message, const struct issue_at *at);
/* Those of the file first, then by sheet and row; those of one row as they were reported. */
void issues_sort(struct issues *issues);

#endif
