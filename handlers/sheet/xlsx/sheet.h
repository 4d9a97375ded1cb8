/* The state of one worksheet that is being read: shared by sheet.c (structure) and cell.c (values). */
#ifndef PF_SHEET_XLSX_SHEET_H
#define PF_SHEET_XLSX_SHEET_H

#include "handlers/sheet/xlsx/xlsx.h"

enum cell_type { CELL_NUMBER, CELL_SHARED, CELL_INLINE, CELL_STRING, CELL_BOOL, CELL_ERROR, CELL_DATE };

/* The place in the tree. Elements count only at their place: a row in a drawing is not a row. */
enum place { AT_TOP, AT_SHEET, AT_DATA, AT_ROW, AT_CELL, AT_VALUE, AT_INLINE, AT_INLINE_TEXT, AT_MERGES };

struct worksheet {
    const struct sheet_job *job;
    struct sheet_error *err;
    enum place place;
    unsigned skipped;  /* levels inside a skipped element */
    unsigned nested;   /* levels inside the "is" of a cell */
    unsigned phonetic; /* level of the skipped rPh inside it, or 0 */

    struct row_buffer row;
    bool row_held;       /* row_number is a row that was not delivered yet */
    bool row_known;      /* the current row element's number is known */
    bool row_guessed;    /* known only by its place: the first cell with a reference corrects it */
    uint32_t row_number; /* 0-based */
    uint32_t next_row;   /* for a row without r */
    uint8_t outline;     /* of the current row element */
    bool hidden;
    struct grid_row head; /* of the held row */

    uint32_t column, next_column;
    bool vague;     /* a cell of the held row has an unreadable reference: those behind it must ascend */
    uint32_t reach; /* then the first column right of all that have a value */
    enum cell_type type;
    uint32_t style;
    bool has_inline;                /* an "is" was seen in this cell */
    bool uncalculated;              /* a formula was seen in this cell, and no v behind it, not even an empty one */
    struct bytes gathered, scratch; /* text of the v or is element that is open */

    struct grid_merges merges; /* as the part says, to be compared with what was reported */
    uint64_t rows_seen;
    bool values_seen; /* a v or t was seen anywhere: then there must have been a row */
};

/* Adds the content of a cell's v or is element to the row, if it is a value. Of several in one cell the last
 * non-empty one counts, as for cells. Both return 0, or -1 with the error refused. */
int cell_value(struct worksheet *ws, const char *text, size_t n);
int cell_inline(struct worksheet *ws, const char *text, size_t n);
/* Adds a formula that was never calculated. Returns as above. */
int cell_formula(struct worksheet *ws);

#endif
