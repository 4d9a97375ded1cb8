/* Sums of quantities, and the report's own total. */
#include "handlers/stock/rows/sums.h"

void stock_sums_row(struct stock_sums *sums, uint32_t row, const struct table_facts *facts)
{
    sums->all += facts->qty;
    sums->since += facts->qty;
    if (row >= sums->block_row)
        sums->block += facts->qty;
    sums->n++;
    sums->n_since++;
    sums->unreadable |= facts->bad_qty;
}

void stock_sums_block(struct stock_sums *sums, uint32_t row, dec128 sum)
{
    if (row < sums->block_row)
        return;
    sums->block_row = row;
    sums->block = sum;
}

void stock_sums_total(struct stock_sums *sums, uint32_t row, const struct table_facts *facts)
{
    if (facts->has_qty) {
        sums->total_seen = true;
        sums->total_row = row;
        sums->total = facts->qty;
        sums->total_block = sums->block;
    }
    sums->since = 0;
    stock_sums_block(sums, row, 0);
    sums->n_since = 0;
}

bool stock_sums_is_sum(const struct stock_sums *sums, dec128 qty, dec128 pending)
{
    return (sums->n > 0 && qty == sums->all + pending) || (sums->n_since > 0 && qty == sums->since + pending);
}

enum stock_control stock_sums_control(const struct stock_sums *sums)
{
    if (!sums->total_seen)
        return CONTROL_NONE;
    if (sums->total == sums->all)
        return sums->unreadable ? CONTROL_OPEN : CONTROL_RIGHT;
    if (sums->total == sums->total_block && !sums->unreadable)
        return CONTROL_NONE;
    return sums->unreadable ? CONTROL_OPEN : CONTROL_WRONG;
}
