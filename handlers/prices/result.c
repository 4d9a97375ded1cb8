/* Totals of a recalculation and its report. */
#include "handlers/prices/run.h"

#include "base/json.h"
#include "handlers/quotes/params.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void keep_extreme(struct recalc_extreme *extreme, const struct recalc_row *row,
                         const struct recalc_result *result)
{
    memcpy(extreme->lot_code, row->lot_code, sizeof extreme->lot_code);
    extreme->old_price = row->component.price;
    extreme->new_price = result->price;
    extreme->pct = result->change_pct;
}

static void count_updated(struct recalc_totals *totals, const struct recalc_row *row,
                          const struct recalc_result *result)
{
    if (row->component.price == 0) {
        totals->first_price++;
        return;
    }
    totals->pct_sum += result->change_pct;
    totals->pct_n++;
    if (result->price > row->component.price) {
        totals->up++;
        if (totals->max_up.lot_code[0] == '\0' || result->change_pct > totals->max_up.pct)
            keep_extreme(&totals->max_up, row, result);
    } else {
        totals->down++;
        if (totals->max_down.lot_code[0] == '\0' || result->change_pct < totals->max_down.pct)
            keep_extreme(&totals->max_down, row, result);
    }
}

void recalc_count(struct recalc_run *run, const struct recalc_row *row, const struct recalc_result *result, size_t n)
{
    struct recalc_totals *totals = &run->totals;
    totals->components++;
    totals->outcome[result->outcome]++;
    totals->manual += result->method == METHOD_MANUAL;
    for (size_t i = 0; i < n; i++)
        totals->reason[run->space.verdicts[i].reason]++;
    if (result->outcome == RECALC_UPDATED)
        count_updated(totals, row, result);
}

/* ---- Members of the report ------------------------------------------------------------------------------------- */

/* clang-format off */
static const struct result_spec extreme_members[] = {
    {.name = "lot_code", .kind = RESULT_TEXT},
    {.name = "old", .kind = RESULT_DECIMAL},
    {.name = "new", .kind = RESULT_DECIMAL},
    {.name = "pct", .kind = RESULT_DECIMAL, .help = "Change in per cent."},
    {.name = NULL},
};

static const struct result_spec bar_members[] = {
    {.name = "from", .kind = RESULT_DECIMAL, .nullable = true, .help = "Per cent; null: whatever is less."},
    {.name = "to", .kind = RESULT_DECIMAL, .nullable = true, .help = "Not included; null: whatever is more."},
    {.name = "n", .kind = RESULT_COUNT, .help = "Prices."},
    {.name = NULL},
};
static const struct result_spec change_members[] = {
    {.name = "lot_code", .kind = RESULT_TEXT},
    {.name = "old", .kind = RESULT_DECIMAL},
    {.name = "new", .kind = RESULT_DECIMAL},
    {.name = "pct", .kind = RESULT_DECIMAL, .help = "Change in per cent."},
    {.name = "held", .kind = RESULT_BOOL, .help = "It would wait for a decision."},
    {.name = NULL},
};
static const struct result_spec changes_members[] = {
    {.name = "up", .kind = RESULT_LIST, .members = change_members},
    {.name = "down", .kind = RESULT_LIST, .members = change_members},
    {.name = NULL},
};

static const struct result_spec look_members[] = {
    {.name = "lot_code", .kind = RESULT_TEXT},
    {.name = "run", .kind = RESULT_SCHEMA, .schema = "PriceRun", .help = "As in price-history; id and times are null. quotes is null if those of all lots are more than 1000."},
    {.name = NULL},
};

const struct result_spec recalc_result_members[] = {
    {.name = "as_of", .kind = RESULT_DATE, .help = "The day of the prices."},
    {.name = "method", .kind = RESULT_CHOICE, .choices = recalculate_methods},
    {.name = "base_currency", .kind = RESULT_TEXT},
    {.name = "dry_run", .kind = RESULT_BOOL, .help = "True: nothing was written."},
    RESULT_ROWS("Components; updated, unchanged, held, no_quotes, cleared and rows_rejected add up to it."),
    {.name = "inserted", .kind = RESULT_COUNT, .optional = true, .help = "0: it makes no components."},
    {.name = "components_total", .kind = RESULT_COUNT, .deprecated = true, .help = "Now rows_total."},
    {.name = "updated", .kind = RESULT_COUNT},
    {.name = "unchanged", .kind = RESULT_COUNT},
    {.name = "held", .kind = RESULT_COUNT, .help = "Moved too much; they wait for a decision."},
    {.name = "no_quotes", .kind = RESULT_COUNT, .help = "Kept their price as stale."},
    {.name = "cleared", .kind = RESULT_COUNT, .help = "Without quotes, so without a price now."},
    {.name = "failed", .kind = RESULT_COUNT, .deprecated = true, .help = "Now rows_rejected."},
    {.name = "manual", .kind = RESULT_COUNT},
    {.name = "first_price", .kind = RESULT_COUNT, .help = "Had no price before."},
    {.name = "price_up", .kind = RESULT_COUNT},
    {.name = "price_down", .kind = RESULT_COUNT},
    {.name = "avg_change_pct", .kind = RESULT_DECIMAL, .nullable = true, .help = "Mean over price_up and price_down."},
    {.name = "max_up", .kind = RESULT_OBJECT, .nullable = true, .members = extreme_members},
    {.name = "max_down", .kind = RESULT_OBJECT, .nullable = true, .members = extreme_members},
    {.name = "histogram", .kind = RESULT_LIST, .optional = true, .members = bar_members, .help = "Of a dry run: 21 bars of 5 % each around 0; how many prices would move so far, those that would be held too."},
    {.name = "changes", .kind = RESULT_OBJECT, .optional = true, .members = changes_members, .help = "Of a dry run: the 100 largest changes up and down, the largest first."},
    {.name = "lots", .kind = RESULT_LIST, .optional = true, .members = look_members, .help = "Of a dry run with quotes_of: what it would do with each of these components, if it is active and among those of the run, and why."},
    {.name = "changes_csv", .kind = RESULT_TEXT, .optional = true, .help = "Of a dry run: path of all changes as CSV, which are kept for a day."},
    {.name = "quotes_total", .kind = RESULT_COUNT},
    {.name = "quotes_used", .kind = RESULT_COUNT},
    {.name = "quotes_excluded", .kind = RESULT_COUNTS, .help = "Quotes that were not used, by reason."},
    RESULT_REJECTS,
    {.name = NULL},
};
/* clang-format on */

/* ---- Report ---------------------------------------------------------------------------------------------------- */

void recalc_put_decimal(struct json_out *out, const char *key, dec128 value, unsigned scale)
{
    char text[48];
    dec_format(value, scale, false, text, sizeof text);
    json_put_string(out, key, text);
}

static void put_extreme(struct json_out *out, const char *key, const struct recalc_extreme *extreme)
{
    json_key(out, key);
    if (extreme->lot_code[0] == '\0') {
        json_null(out);
        return;
    }
    json_object(out);
    json_put_string(out, "lot_code", extreme->lot_code);
    recalc_put_decimal(out, "old", extreme->old_price, PRICE_SCALE);
    recalc_put_decimal(out, "new", extreme->new_price, PRICE_SCALE);
    recalc_put_decimal(out, "pct", extreme->pct, 2);
    json_object_end(out);
}

static void put_changes(struct json_out *out, const struct recalc_totals *totals)
{
    json_put_int(out, "manual", (int64_t)totals->manual);
    json_put_int(out, "first_price", (int64_t)totals->first_price);
    json_put_int(out, "price_up", (int64_t)totals->up);
    json_put_int(out, "price_down", (int64_t)totals->down);
    if (totals->pct_n > 0)
        recalc_put_decimal(out, "avg_change_pct", dec_div_round(totals->pct_sum, (dec128)totals->pct_n, ROUND_HALF_UP),
                           2);
    else
        json_put_string(out, "avg_change_pct", NULL);
    put_extreme(out, "max_up", &totals->max_up);
    put_extreme(out, "max_down", &totals->max_down);
}

static void put_quotes(struct json_out *out, const struct recalc_totals *totals)
{
    uint64_t total = 0;
    for (unsigned i = 0; i < QUOTE_REASONS; i++)
        total += totals->reason[i];
    json_put_int(out, "quotes_total", (int64_t)total);
    json_put_int(out, "quotes_used", (int64_t)totals->reason[QUOTE_USED]);
    json_key(out, "quotes_excluded");
    json_object(out);
    for (unsigned i = QUOTE_USED + 1; i < QUOTE_REASONS; i++)
        if (totals->reason[i] > 0)
            json_put_int(out, quote_reason_name((enum quote_reason)i), (int64_t)totals->reason[i]);
    json_object_end(out);
}

static void put_trial(struct json_out *out, const struct recalc_run *run)
{
    char path[80];
    recalc_trial_put(out, &run->trial);
    snprintf(path, sizeof path, "/api/tasks/%s/changes.csv", run_uuid(run->job->id).s);
    json_put_string(out, "changes_csv", path);
    if (!run->looks.json)
        return;
    json_key(out, "lots");
    json_raw(out, run->looks.json, strlen(run->looks.json));
}

char *recalc_result_json(const struct recalc_run *run)
{
    struct json_out out;
    json_out_init(&out);
    json_object(&out);
    json_put_string(&out, "as_of", price_date(run->rules.as_of).s);
    json_put_string(&out, "method", price_method_name(run->decide.method));
    json_put_string(&out, "base_currency", run->job->settings->base_currency);
    json_put_bool(&out, "dry_run", run->dry_run);
    json_put_int(&out, "rows_total", (int64_t)run->totals.components);
    json_put_int(&out, "rows_rejected", (int64_t)run->totals.outcome[RECALC_FAILED]);
    json_put_int(&out, "inserted", 0);
    json_put_int(&out, "components_total", (int64_t)run->totals.components);
    for (unsigned i = RECALC_UPDATED; i <= RECALC_FAILED; i++)
        json_put_int(&out, recalc_outcome_name((enum recalc_outcome)i), (int64_t)run->totals.outcome[i]);
    put_changes(&out, &run->totals);
    if (run->dry_run)
        put_trial(&out, run);
    put_quotes(&out, &run->totals);
    if (run->totals.outcome[RECALC_FAILED] > 0)
        run_put_rejects(&out, run->job->id);
    json_object_end(&out);
    char *text = json_out_copy(&out);
    json_out_fini(&out);
    return text;
}

void recalc_message(const struct recalc_run *run, char *text, size_t size)
{
    const uint64_t *n = run->totals.outcome;
    int used =
        snprintf(text, size, "%" PRIu64 " of %" PRIu64 " prices changed, %" PRIu64 " held, %" PRIu64 " without quotes",
                 n[RECALC_UPDATED], run->totals.components, n[RECALC_HELD], n[RECALC_NO_QUOTES] + n[RECALC_CLEARED]);
    if (n[RECALC_FAILED] > 0)
        snprintf(text + used, size - (size_t)used, ", %" PRIu64 " failed", n[RECALC_FAILED]);
}
