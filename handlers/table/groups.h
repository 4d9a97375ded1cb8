/* Groups that only their sums give away: rows with one identity and a quantity that is the sum of the rows below.
 *
 * A row of this kind waits as a candidate while the rows below it are read. It is a group when its sum is reached and
 * the rows below prove it: all of them have a cell that it lacks, or all of them are known. If a row breaks the proof,
 * or the sum is missed, the candidate and all that enclose it are data rows, except those that head a block of named
 * rows. (domain.md section 5, rule 5 c and d)
 *
 * Only the candidates are kept, at most TABLE_CANDIDATES: one pass, whatever the length of the file. */
#ifndef PF_TABLE_GROUPS_H
#define PF_TABLE_GROUPS_H

#include "handlers/table/row.h"

#define TABLE_CANDIDATES 8

enum table_verdict {
    VERDICT_DATA,  /* a data row after all */
    VERDICT_GROUP, /* its sum is that of its rows */
    VERDICT_BLOCK  /* it heads a block, whatever its quantity says: told by a warning */
};
/* Called when a candidate is decided, in the file's order. `sum` is that of the data rows below it so far. Returns 0 to go
 * on. */
typedef int (*table_verdict_fn)(void *ctx, const struct grid_row *row, enum table_verdict verdict, dec128 sum);

struct table_candidate {
    struct grid_row *row; /* own copy */
    bool counted;         /* its quantity can be read */
    dec128 qty, sum;
    uint32_t rows, least; /* data rows below so far; how many a group needs */
    unsigned lacks;       /* cells (enum table_cells) that it lacks and all rows below have */
    bool all_known;       /* all rows below are known */
    bool block;           /* a text of two words or more without a digit, alone in a sheet with a name column */
    bool next_seen, next_named;
};
struct table_groups {
    struct table_candidate open[TABLE_CANDIDATES]; /* outermost first */
    unsigned n;
    table_verdict_fn decided;
    void *ctx;
};
void table_groups_init(struct table_groups *groups, table_verdict_fn decided, void *ctx);
void table_groups_fini(struct table_groups *groups);

/* May this row, which is not an item, be a group of this kind? */
bool table_groups_may(const struct table_heading *heading, const struct table_row *row,
                      const struct table_facts *facts);
/* Adds it. Returns 0, or what the callback returned; so do the next two. */
int table_groups_open(struct table_groups *groups, const struct table_heading *heading, const struct table_row *row,
                      const struct table_facts *facts);
/* A data row below. */
int table_groups_row(struct table_groups *groups, const struct table_row *row, const struct table_facts *facts);
/* A total, a section, a new heading or the end: every open candidate is decided. */
int table_groups_close(struct table_groups *groups);
/* What the open candidates would add to the sum of the data rows if they were decided now. */
dec128 table_groups_pending(const struct table_groups *groups);

#endif
