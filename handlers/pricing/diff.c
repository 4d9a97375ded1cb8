/* Two sorted lists merged. */
#include "handlers/pricing/diff.h"

#include "handlers/pricing/price.h"

#include <assert.h>
#include <string.h>

const char *diff_status_name(enum diff_status status)
{
    static const char *const names[DIFF_STATUSES] = {"added", "removed", "up", "down", "same"};

    return names[status];
}

static enum diff_status compare(int64_t old_price, int64_t new_price)
{
    if (old_price == 0)
        return DIFF_ADDED;
    if (new_price == 0)
        return DIFF_REMOVED;
    return new_price > old_price ? DIFF_UP : new_price < old_price ? DIFF_DOWN : DIFF_SAME;
}

struct diff_row diff_lot(const char *lot_code, int64_t old_price, int64_t new_price, struct diff_summary *summary)
{
    assert(old_price > 0 || new_price > 0);
    struct diff_row row = {lot_code, compare(old_price, new_price), old_price, new_price, 0, 0};
    summary->count[row.status]++;
    if (row.status == DIFF_ADDED || row.status == DIFF_REMOVED)
        return row;
    row.delta = new_price - old_price;
    row.pct = price_change_pct(old_price, new_price);
    summary->pct_sum += row.pct;
    return row;
}

int diff_lists(const struct diff_item *a, size_t n_a, const struct diff_item *b, size_t n_b,
               struct diff_summary *summary, int (*fn)(const struct diff_row *row, void *ctx), void *ctx)
{
    size_t i = 0, j = 0;

    *summary = (struct diff_summary){0};
    while (i < n_a || j < n_b) {
        int order = i == n_a ? 1 : j == n_b ? -1 : strcmp(a[i].lot_code, b[j].lot_code);
        const char *lot_code = order <= 0 ? a[i].lot_code : b[j].lot_code;
        int64_t old_price = order <= 0 ? a[i++].price : 0;
        int64_t new_price = order >= 0 ? b[j++].price : 0;
        struct diff_row row = diff_lot(lot_code, old_price, new_price, summary);
        int rc = fn ? fn(&row, ctx) : 0;
        if (rc != 0)
            return rc;
    }
    return 0;
}

bool diff_average(const struct diff_summary *summary, dec128 *pct)
{
    uint32_t common = summary->count[DIFF_UP] + summary->count[DIFF_DOWN] + summary->count[DIFF_SAME];

    if (common == 0)
        return false;
    *pct = dec_div_round(summary->pct_sum, common, ROUND_HALF_UP);
    return true;
}
