/* What a dry run shows beside the totals: how far the prices would move, and which would move most. */
#include "base/json.h"
#include "handlers/prices/run.h"

#include <string.h>

#define BAR_WIDTH 500                                   /* hundredths of a percent */
#define BAR_FIRST (-BAR_WIDTH * (TRIAL_BARS / 2) - 250) /* where the first one begins: the middle one is around 0 */

static unsigned bar_of(dec128 pct)
{
    dec128 bar = (pct - BAR_FIRST) / BAR_WIDTH;
    if (pct < BAR_FIRST)
        return 0;
    return bar < TRIAL_BARS ? (unsigned)bar : TRIAL_BARS - 1;
}

static dec128 distance(const struct trial_change *change)
{
    return change->pct < 0 ? -change->pct : change->pct;
}

/* Keeps the largest ones, the largest first; of equal ones the first that came. */
static void keep(struct trial_change *list, unsigned *n, const struct trial_change *one)
{
    if (*n == TRIAL_CHANGES && distance(&list[TRIAL_CHANGES - 1]) >= distance(one))
        return;
    unsigned at = *n < TRIAL_CHANGES ? (*n)++ : TRIAL_CHANGES - 1;
    for (; at > 0 && distance(&list[at - 1]) < distance(one); at--)
        list[at] = list[at - 1];
    list[at] = *one;
}

void recalc_trial_note(struct recalc_trial *trial, const struct recalc_row *row, const struct recalc_result *result)
{
    bool held = result->outcome == RECALC_HELD;
    if ((!held && result->outcome != RECALC_UPDATED) || !result->has_change)
        return;
    struct trial_change change = {.old_price = row->component.price,
                                  .new_price = held ? result->proposed : result->price,
                                  .pct = result->change_pct,
                                  .held = held};
    memcpy(change.lot_code, row->lot_code, sizeof change.lot_code);
    trial->bars[bar_of(change.pct)]++;
    if (change.new_price > change.old_price)
        keep(trial->up, &trial->n_up, &change);
    else
        keep(trial->down, &trial->n_down, &change);
}

static void put_list(struct json_out *out, const char *key, const struct trial_change *list, unsigned n)
{
    json_key(out, key);
    json_array(out);
    for (unsigned i = 0; i < n; i++) {
        json_object(out);
        json_put_string(out, "lot_code", list[i].lot_code);
        recalc_put_decimal(out, "old", list[i].old_price, PRICE_SCALE);
        recalc_put_decimal(out, "new", list[i].new_price, PRICE_SCALE);
        recalc_put_decimal(out, "pct", list[i].pct, 2);
        json_put_bool(out, "held", list[i].held);
        json_object_end(out);
    }
    json_array_end(out);
}

/* The outermost bars have no end. */
static void put_bars(struct json_out *out, const struct recalc_trial *trial)
{
    json_key(out, "histogram");
    json_array(out);
    for (int i = 0; i < TRIAL_BARS; i++) {
        json_object(out);
        if (i > 0)
            recalc_put_decimal(out, "from", BAR_FIRST + i * BAR_WIDTH, 2);
        else
            json_put_string(out, "from", NULL);
        if (i + 1 < TRIAL_BARS)
            recalc_put_decimal(out, "to", BAR_FIRST + (i + 1) * BAR_WIDTH, 2);
        else
            json_put_string(out, "to", NULL);
        json_put_int(out, "n", (int64_t)trial->bars[i]);
        json_object_end(out);
    }
    json_array_end(out);
}

void recalc_trial_put(struct json_out *out, const struct recalc_trial *trial)
{
    put_bars(out, trial);
    json_key(out, "changes");
    json_object(out);
    put_list(out, "up", trial->up, trial->n_up);
    put_list(out, "down", trial->down, trial->n_down);
    json_object_end(out);
}
