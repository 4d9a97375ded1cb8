/* What was found wrong, put in its place: sheet, row, column, caption. */
#ifndef PF_STOCK_LINE_REPORT_H
#define PF_STOCK_LINE_REPORT_H

#include "handlers/catalog/map.h"
#include "handlers/heading/head.h"
#include "handlers/stock/line/verdict.h"

/* Where the import is. */
struct stock_place {
    struct stock_issues *issues;
    struct catalog_map *catalog; /* for suggestions */
    const struct table_heading *heading;
    const char *sheet;       /* name; "" = the file has none */
    uint32_t heading_number; /* from stock_issues_heading() */
    bool prices;             /* the file is a price list */
};
/* Counts and keeps everything in the verdict: errors of a refused row, warnings of one that is kept. */
void stock_place_row(const struct stock_place *place, const struct table_row *row, const struct stock_verdict *verdict,
                     const char *pn_norm);
/* One warning about the file or a place in it. row ARENA_NONE = the whole file, column ARENA_NONE = none. */
void stock_place_file(const struct stock_place *place, enum stock_code code, uint32_t row, uint32_t column,
                      const char *detail);
/* The same with what the detail says as fields (stock_issue_at.facts). */
void stock_place_facts(const struct stock_place *place, enum stock_code code, uint32_t row, uint32_t column,
                       const char *detail, const char *facts);
/* W_COLUMN_IGNORED for each column of the heading that is due. */
void stock_place_ignored(const struct stock_place *place);

#endif
