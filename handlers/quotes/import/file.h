/* The file of a price list joined to the reader of tables: which rows are prices, groups, totals. */
#ifndef PF_QUOTES_IMPORT_FILE_H
#define PF_QUOTES_IMPORT_FILE_H

#include "handlers/quotes/import/list.h"
#include "handlers/quotes/import/record.h"
#include "handlers/table/groups.h"
#include "handlers/table/reader.h"

struct quote_file {
    const struct quote_params *params;
    struct catalog_map *catalog;
    const char *own; /* the party's normalised code */
    struct table_ask ask;
    struct table_import import; /* what this file does for the table */
    struct table_reader table;
    int (*tick)(void *ctx, uint64_t rows);
    void (*remark)(void *ctx, const char *text);
    /* An accepted row, for a preview; may be NULL. */
    void (*line)(void *ctx, const struct quote_line *line);
    /* Set when the file is read a second time: gets each row with a price, which is neither judged nor kept. */
    int (*again)(void *ctx, const struct table_row *row);
    void *ctx;

    /* The sheet that is being read. */
    uint32_t heading_number;
    struct quote_context context;
    struct table_facts facts; /* of the row that is being placed */
    struct stock_ident ident;
    struct stock_verdict verdict;
    struct quote_cells cells;
    bool cells_known;           /* `cells` are of this row */
    struct table_groups groups; /* rows that may head blocks; prices have no sums */

    /* The file. */
    struct quote_list list;
    struct quote_mentions mentions;
    struct value_date quoted_on, valid_until; /* the latest day and the earliest end of its sheets; year 0 = none */
    uint64_t quotes;                          /* of accepted rows */
    uint32_t rows_total, rows_rejected, no_price, qty_unknown;
    uint32_t skipped[SKIP_TOTAL + 1];
    struct stock_issues issues;
};

/* `own`: the party's normalised code, borrowed as all else. */
void quote_file_init(struct quote_file *file, const struct quote_params *params, struct catalog_map *catalog,
                     const char *own);
void quote_file_fini(struct quote_file *file);
struct grid_sink quote_file_sink(struct quote_file *file);
/* After the reading: settles day and end, and decides whether the import may go on. Returns 0, or -1 with
 * file->table.failure. */
int quote_file_finish(struct quote_file *file);
static inline uint32_t quote_file_accepted(const struct quote_file *file)
{
    return file->rows_total - file->rows_rejected - file->no_price;
}

#endif
