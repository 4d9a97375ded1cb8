/* Running sums of a sheet's quantities, and its control total.
 *
 * The last total row of a report must equal the sum of the quantities read: data rows of all warehouses, accepted or
 * refused, as the file gives them. (domain.md section 5, "Control total") */
#ifndef PF_STOCK_ROWS_SUMS_H
#define PF_STOCK_ROWS_SUMS_H

#include "handlers/table/row.h"

struct stock_sums {
    dec128 all;   /* of the sheet, thousandths */
    dec128 since; /* since the last total row */
    dec128 block; /* since the last heading, total, group or section, which is in row: */
    uint32_t block_row;
    uint32_t n, n_since; /* rows in `all` and `since` */
    bool unreadable;     /* a quantity of the sheet cannot be read: the total is told, not checked */
    /* The last total row with a quantity. */
    bool total_seen;
    uint32_t total_row;        /* 0-based */
    dec128 total, total_block; /* its quantity; `block` where it stands */
};

/* A data row. It may come later than it stands in the file: `row` tells. */
void stock_sums_row(struct stock_sums *sums, uint32_t row, const struct table_facts *facts);
void stock_sums_total(struct stock_sums *sums, uint32_t row, const struct table_facts *facts);
/* A heading, a section or a group is in this row; `sum` is that of the data rows below it that came before. */
void stock_sums_block(struct stock_sums *sums, uint32_t row, dec128 sum);
/* Is this quantity the sum of all rows before it or of those since the last total? `pending` is added to both. */
bool stock_sums_is_sum(const struct stock_sums *sums, dec128 qty, dec128 pending);

enum stock_control {
    CONTROL_NONE, /* the sheet has no total of all its rows */
    CONTROL_RIGHT,
    CONTROL_OPEN, /* not checked: a quantity cannot be read */
    CONTROL_WRONG
};
/* At the end of the sheet. */
enum stock_control stock_sums_control(const struct stock_sums *sums);

#endif
