/* Writing a recalculation: prices on components, and the trail of every number.
 *
 * One round trip per table and chunk: rows by array binding, prices from the rows of the trail. Measured by
 * tests/bench/bench_recalc.c. */
#include "handlers/prices/run.h"

#include "base/arena.h"
#include "base/grow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHANGE_COLUMNS                                                                                                 \
    " (task_id, component_id, outcome, method, old_price, new_price, raw_price, coefficient, change_pct, n_quotes, "   \
    "n_used, as_of, outlier_low, outlier_high) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"

/* A dry run keeps its changes apart, for those who read them (changes.h). */
int recalc_audit_init(struct recalc_run *run)
{
    run->write_change = store_bulk_new(
        run->db, run->dry_run ? "INSERT INTO trial_change" CHANGE_COLUMNS : "INSERT INTO price_change" CHANGE_COLUMNS,
        14, RECALC_CHUNK);
    if (run->dry_run || !run->write_change)
        return run->write_change ? 0 : -1;
    run->write_quote = store_bulk_new(run->db,
                                      "INSERT INTO price_change_quote (price_change_id, quote_id, used, reason, "
                                      "base_price, rate, rate_date, weight) VALUES (?,?,?,?,?,?,?,?)",
                                      8, 5000);
    return run->write_quote ? 0 : -1;
}

void recalc_audit_fini(struct recalc_run *run)
{
    store_bulk_free(&run->write_change);
    store_bulk_free(&run->write_quote);
}

/* ---- Remembering ----------------------------------------------------------------------------------------------- */

static bool is_audited(const struct recalc_run *run, const struct recalc_row *row, const struct recalc_result *result)
{
    switch (result->outcome) {
    case RECALC_UPDATED:
    case RECALC_HELD:
    case RECALC_CLEARED:
        return true;
    case RECALC_NO_QUOTES: /* newly stale */
        return run->audit_all || (result->state == PRICE_STALE && row->component.state != PRICE_STALE);
    case RECALC_UNCHANGED:
        return run->audit_all;
    case RECALC_FAILED:
        break;
    }
    return false;
}

/* Stale quotes are only counted; otherwise years of history would be written again by each run. */
static void keep_verdicts(struct recalc_run *run, struct recalc_change *change, const struct quote *quotes, size_t n)
{
    run->quotes = grow(run->quotes, &run->room_quotes, run->n_quotes + (uint32_t)n, sizeof *run->quotes);
    for (size_t i = 0; i < n; i++) {
        if (run->space.verdicts[i].reason == QUOTE_STALE)
            continue;
        run->quotes[run->n_quotes++] = (struct recalc_quote){quotes[i].id, run->space.verdicts[i]};
        change->n_quotes++;
    }
}

void recalc_note(struct recalc_run *run, uint32_t row, const struct recalc_result *result, const struct quote *quotes,
                 size_t n)
{
    if (result->outcome == RECALC_FAILED) {
        price_failures_add(&run->failures, run->rows[row].lot_code, result->failure);
        return;
    }
    if (run->dry_run && recalc_is_looked_at(run, &run->rows[row]))
        recalc_look(run, &run->rows[row], result, quotes, n);
    struct recalc_change *change = &run->changes[run->n_changes++];
    *change = (struct recalc_change){.row = row, .result = *result, .first_quote = run->n_quotes};
    change->audited = is_audited(run, &run->rows[row], result);
    if (change->audited && !run->dry_run)
        keep_verdicts(run, change, quotes, n);
}

/* ---- price_change ---------------------------------------------------------------------------------------------- */

struct number {
    char s[48];
};

/* A column's value; 0 = NULL. */
static struct store_value or_null(dec128 value, unsigned scale, struct number *text)
{
    if (value == 0)
        return STORE_N;
    size_t n = dec_format(value, scale, false, text->s, sizeof text->s);
    return STORE_SN(text->s, n);
}

static int write_change(struct recalc_run *run, const struct recalc_change *change, const char *task, const char *as_of)
{
    const struct recalc_result *r = &change->result;
    const struct recalc_row *row = &run->rows[change->row];
    struct number old, new, raw, coefficient, pct, low, high;
    size_t pct_len = dec_format(r->change_pct, 2, false, pct.s, sizeof pct.s);
    size_t low_len = dec_format(r->outlier_low, MICRO_SCALE, false, low.s, sizeof low.s);
    size_t high_len = dec_format(r->outlier_high, MICRO_SCALE, false, high.s, sizeof high.s);
    /* If the price is held, the proposal; else the component's new price. */
    int64_t price = r->outcome == RECALC_HELD ? r->proposed : r->price;
    struct store_value v[] = {STORE_SN(task, 36),
                              STORE_U(run->ids[change->row]),
                              STORE_S(recalc_outcome_name(r->outcome)),
                              STORE_S(price_method_name(r->method)),
                              or_null(row->component.price, PRICE_SCALE, &old),
                              or_null(price, PRICE_SCALE, &new),
                              or_null(r->raw, MICRO_SCALE, &raw),
                              or_null(r->coefficient, 2 * COEF_SCALE, &coefficient),
                              r->has_change ? STORE_SN(pct.s, pct_len) : STORE_N,
                              STORE_U(r->n_quotes),
                              STORE_U(r->n_used),
                              STORE_SN(as_of, 10),
                              r->bounded ? STORE_SN(low.s, low_len) : STORE_N,
                              r->bounded ? STORE_SN(high.s, high_len) : STORE_N};
    return store_bulk_add(run->write_change, v);
}

struct numbering {
    struct recalc_run *run;
    uint32_t at;
};

/* Rows and changes are both in the order of components. */
static int on_change_id(const struct store_value *v, unsigned n, void *ctx)
{
    struct numbering *numbering = ctx;
    struct recalc_run *run = numbering->run;
    uint32_t id = (uint32_t)price_column_number(&v[1], 0);
    (void)n;
    while (numbering->at < run->n_changes && run->ids[run->changes[numbering->at].row] < id)
        numbering->at++;
    if (numbering->at < run->n_changes && run->ids[run->changes[numbering->at].row] == id)
        run->changes[numbering->at].id = price_column_number(&v[0], 0);
    return 0;
}

/* A bulk insert does not return the new ids; they are read by the unique key (task, component). */
static int read_change_ids(struct recalc_run *run, const char *task)
{
    struct numbering numbering = {run, 0};
    uint32_t first = run->ids[run->changes[0].row], last = run->ids[run->changes[run->n_changes - 1].row];
    struct store_value v[] = {STORE_SN(task, 36), STORE_U(first), STORE_U(last)};
    return store_query(run->db,
                       "SELECT id, component_id FROM price_change FORCE INDEX (uq_run) WHERE task_id = ? AND "
                       "component_id BETWEEN ? AND ? ORDER BY component_id",
                       v, 3, on_change_id, &numbering);
}

/* ---- price_change_quote ---------------------------------------------------------------------------------------- */

static int write_verdict(struct recalc_run *run, uint64_t change, const struct recalc_quote *quote)
{
    const struct quote_verdict *verdict = &quote->verdict;
    struct number base, rate;
    struct price_date day;
    bool used = verdict->reason == QUOTE_USED;
    if (verdict->rate)
        day = price_date(verdict->rate->date);
    struct store_value v[] = {STORE_U(change),
                              STORE_U(quote->id),
                              STORE_U(used),
                              used ? STORE_N : STORE_S(quote_reason_name(verdict->reason)),
                              or_null(verdict->base, MICRO_SCALE, &base),
                              or_null(verdict->rate ? verdict->rate->rate : 0, RATE_SCALE, &rate),
                              verdict->rate ? STORE_SN(day.s, 10) : STORE_N,
                              verdict->weight ? STORE_U(verdict->weight) : STORE_N};
    return store_bulk_add(run->write_quote, v);
}

static int write_verdicts(struct recalc_run *run)
{
    for (uint32_t i = 0; i < run->n_changes; i++) {
        const struct recalc_change *change = &run->changes[i];
        for (uint32_t k = 0; change->audited && k < change->n_quotes; k++)
            if (write_verdict(run, change->id, &run->quotes[change->first_quote + k]) != 0)
                return -1;
    }
    return store_bulk_flush(run->write_quote);
}

/* ---- component ------------------------------------------------------------------------------------------------- */

/* New and cleared prices are already in the trail: one statement takes all of them from there, whereas an array of
 * UPDATEs would run one by one. If the range of ids holds few other components, the component comes first: then the
 * server updates while it reads. */
#define TRAIL_TO_PRICE                                                                                                 \
    "SET c.price = p.new_price, c.price_state = IF(p.new_price IS NULL, 'none', IF(p.method = 'manual', 'manual', "    \
    "'fresh')), c.price_as_of = IF(p.new_price IS NULL, NULL, p.as_of), c.price_task = p.task_id, "                    \
    "c.price_changed_at = UTC_TIMESTAMP(3) "
#define TRAIL_HAS_PRICE "AND (p.outcome = 'updated' OR (p.outcome = 'cleared' AND c.price IS NOT NULL))"

static int set_prices(struct recalc_run *run, const char *task)
{
    uint32_t first = run->ids[run->changes[0].row], last = run->ids[run->changes[run->n_changes - 1].row];
    struct store_value v[] = {STORE_SN(task, 36), STORE_U(first), STORE_U(last)};
    if (run->scoped)
        return store_run(
            run->db,
            "UPDATE price_change p FORCE INDEX (uq_run) STRAIGHT_JOIN component c FORCE INDEX (PRIMARY) ON c.id = "
            "p.component_id " TRAIL_TO_PRICE "WHERE p.task_id = ? AND p.component_id BETWEEN ? AND ? " TRAIL_HAS_PRICE,
            v, 3, NULL, NULL);
    return store_run(run->db,
                     "UPDATE component c FORCE INDEX (PRIMARY) STRAIGHT_JOIN price_change p FORCE INDEX (uq_run) ON "
                     "p.task_id = ? AND "
                     "p.component_id = c.id " TRAIL_TO_PRICE "WHERE c.id BETWEEN ? AND ? " TRAIL_HAS_PRICE,
                     v, 3, NULL, NULL);
}

/* Only state and date, and only if they differ. They are collected by state, which decides the date. */
static void note_touch(struct recalc_run *run, const struct recalc_change *change)
{
    const struct recalc_row *row = &run->rows[change->row];
    enum price_state state = change->result.state;
    int32_t day = change->result.outcome == RECALC_UNCHANGED ? run->rules.as_of : row->price_as_of;
    if (state != row->component.state || day != row->price_as_of)
        run->touched[state][run->n_touched[state]++] = run->ids[change->row];
}

/* A price that is fresh or manual again gets today's date; one that is stale or gone keeps its date. */
static int touch_state(struct recalc_run *run, enum price_state state)
{
    struct price_date as_of = price_date(run->rules.as_of);
    bool today = state == PRICE_FRESH || state == PRICE_MANUAL;
    if (run->n_touched[state] == 0)
        return 0;
    char *ids = price_ids_json(run->touched[state], run->n_touched[state]);
    struct store_value v[] = {STORE_S(ids), STORE_S(price_state_name(state)), today ? STORE_SN(as_of.s, 10) : STORE_N};
    int rc = store_run(run->db,
                       "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id INT UNSIGNED PATH '$')) j STRAIGHT_JOIN component c "
                       "FORCE INDEX (PRIMARY) ON "
                       "c.id = j.id SET c.price_state = ?, c.price_as_of = COALESCE(?, c.price_as_of)",
                       v, 3, NULL, NULL);
    free(ids);
    run->n_touched[state] = 0;
    return rc;
}

/* Returns whether the component's price must be taken from the trail. */
static bool note_component(struct recalc_run *run, const struct recalc_change *change)
{
    switch (change->result.outcome) {
    case RECALC_UPDATED:
        return true;
    case RECALC_CLEARED:
        if (run->rows[change->row].component.price)
            return true;
        note_touch(run, change); /* nothing to clear */
        break;
    case RECALC_UNCHANGED:
    case RECALC_NO_QUOTES:
        note_touch(run, change);
        break;
    case RECALC_HELD:
    case RECALC_FAILED:
        break;
    }
    return false;
}

/* Writes rows of the trail; the flags say whether there were any, and whether there are new prices. Returns 0 or -1. */
static int write_rows(struct recalc_run *run, const char *task, bool *audited, bool *prices)
{
    struct price_date as_of = price_date(run->rules.as_of);
    for (uint32_t i = 0; i < run->n_changes; i++) {
        const struct recalc_change *change = &run->changes[i];
        *prices |= !run->dry_run && note_component(run, change);
        *audited |= change->audited;
        if (change->audited && write_change(run, change, task, as_of.s) != 0)
            return -1;
    }
    for (unsigned state = PRICE_NONE; state <= PRICE_MANUAL; state++)
        if (touch_state(run, (enum price_state)state) != 0)
            return -1;
    return store_bulk_flush(run->write_change);
}

int recalc_flush(struct recalc_run *run)
{
    struct run_uuid task = run_uuid(run->job->id);
    bool audited = false, prices = false;
    int rc = run->n_changes > 0 ? write_rows(run, task.s, &audited, &prices) : 0;
    if (prices && rc == 0)
        rc = set_prices(run, task.s);
    if (audited && !run->dry_run && rc == 0)
        rc = read_change_ids(run, task.s);
    if (audited && !run->dry_run && rc == 0)
        rc = write_verdicts(run);
    run->n_changes = run->n_quotes = 0;
    return rc;
}
