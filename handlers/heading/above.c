/* What stands above the heading of a price list. */
#include "handlers/heading/head.h"

struct table_above table_heading_above(const struct table_head_input *input, const struct table_heading *heading)
{
    struct table_above above = {.vat = -1, .vat_rate = -1, .future_row = ARENA_NONE, .future_column = ARENA_NONE};
    struct table_dates dates = table_heading_dates(input, heading);

    above.quoted_on = dates.date;
    above.future = dates.future;
    above.future_row = dates.future_row;
    above.future_column = dates.future_column;
    return above;
}
