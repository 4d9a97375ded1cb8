/* Writing a recalculation: prices on components, and the trail of every number.
 *
 * Array binding throughout: one round trip a table and chunk. For the prices it was measured against INSERT … ON
 * DUPLICATE KEY UPDATE, see tests/bench/bench_recalc.c. */
#include "handlers/recalculate_run.h"

#include "handlers/stock_import_mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int recalc_audit_init(struct recalc_run *run)
{
    if (run->dry_run)
        return 0;
    run->write_change = store_bulk_new(run->db,
                                       "INSERT INTO price_change (task_id, component_id, outcome, method, old_price, "
                                       "new_price, raw_price, coefficient, change_pct, n_quotes, n_used, as_of) "
                                       "VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
                                       12, RECALC_CHUNK);
    run->write_quote = store_bulk_new(run->db,
                                      "INSERT INTO price_change_quote (price_change_id, quote_id, used, reason, "
                                      "base_price, rate, rate_date, weight) VALUES (?,?,?,?,?,?,?,?)",
                                      8, 5000);
    run->write_price = store_bulk_new(run->db,
                                      "UPDATE component SET price = ?, price_state = ?, price_as_of = ?, "
                                      "price_task = ?, price_changed_at = UTC_TIMESTAMP(3) WHERE id = ?",
                                      5, RECALC_CHUNK);
    run->write_touch =
        store_bulk_new(run->db, "UPDATE component SET price_state = ?, price_as_of = ? WHERE id = ?", 3, RECALC_CHUNK);
    return run->write_change && run->write_quote && run->write_price && run->write_touch ? 0 : -1;
}

void recalc_audit_fini(struct recalc_run *run)
{
    store_bulk_free(&run->write_change);
    store_bulk_free(&run->write_quote);
    store_bulk_free(&run->write_price);
    store_bulk_free(&run->write_touch);
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

/* Stale quotes are counted only: years of history would be written again and again. */
static void keep_verdicts(struct recalc_run *run, struct recalc_change *change, const struct quote *quotes, size_t n)
{
    run->quotes = mem_grow(run->quotes, &run->room_quotes, run->n_quotes + (uint32_t)n, sizeof *run->quotes);
    for (size_t i = 0; i < n; i++) {
        if (run->space.verdicts[i].reason == QUOTE_STALE)
            continue;
        run->quotes[run->n_quotes++] = (struct recalc_quote){quotes[i].id, run->space.verdicts[i]};
        change->n_quotes++;
    }
}

static void keep_failure(struct recalc_run *run, const struct recalc_row *row, const char *code)
{
    if (run->n_failures == RECALC_FAILURES_MAX)
        return;
    run->failures = mem_grow(run->failures, &run->room_failures, run->n_failures + 1, sizeof *run->failures);
    struct recalc_failure *failure = &run->failures[run->n_failures++];
    memcpy(failure->lot_code, row->lot_code, sizeof failure->lot_code);
    failure->code = code;
}

void recalc_note(struct recalc_run *run, uint32_t row, const struct recalc_result *result, const struct quote *quotes,
                 size_t n)
{
    if (result->outcome == RECALC_FAILED) {
        keep_failure(run, &run->rows[row], result->failure);
        return;
    }
    if (run->dry_run)
        return;
    struct recalc_change *change = &run->changes[run->n_changes++];
    *change = (struct recalc_change){.row = row, .result = *result, .first_quote = run->n_quotes};
    change->audited = is_audited(run, &run->rows[row], result);
    if (change->audited)
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
    struct number old, new, raw, coefficient, pct;
    size_t pct_len = dec_format(r->change_pct, 2, false, pct.s, sizeof pct.s);
    /* Of a held price the proposal, which waits for a person; else what the component has from now on. */
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
                              STORE_SN(as_of, 10)};
    return store_bulk_add(run->write_change, v);
}

struct numbering {
    struct recalc_run *run;
    uint32_t at;
};

/* Both in the order of components. */
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

/* A bulk insert does not tell the ids it made; the unique key (task, component) does. */
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

static int write_price(struct recalc_run *run, const struct recalc_change *change, const char *task, const char *as_of)
{
    const struct recalc_result *r = &change->result;
    struct number price;
    struct store_value v[] = {or_null(r->price, PRICE_SCALE, &price), STORE_S(price_state_name(r->state)),
                              r->price ? STORE_SN(as_of, 10) : STORE_N, STORE_SN(task, 36),
                              STORE_U(run->ids[change->row])};
    return store_bulk_add(run->write_price, v);
}

/* State and date only, and only when they differ. */
static int write_touch(struct recalc_run *run, const struct recalc_change *change)
{
    const struct recalc_row *row = &run->rows[change->row];
    enum price_state state = change->result.state;
    int32_t day = change->result.outcome == RECALC_UNCHANGED ? run->rules.as_of : row->price_as_of;
    if (state == row->component.state && day == row->price_as_of)
        return 0;
    struct price_date text = price_date(day == QUOTE_NO_DATE ? 0 : day);
    struct store_value v[] = {STORE_S(price_state_name(state)), day == QUOTE_NO_DATE ? STORE_N : STORE_SN(text.s, 10),
                              STORE_U(run->ids[change->row])};
    return store_bulk_add(run->write_touch, v);
}

static int write_component(struct recalc_run *run, const struct recalc_change *change, const char *task,
                           const char *as_of)
{
    switch (change->result.outcome) {
    case RECALC_UPDATED:
        return write_price(run, change, task, as_of);
    case RECALC_CLEARED: /* nothing to clear: nothing to write */
        return run->rows[change->row].component.price ? write_price(run, change, task, as_of)
                                                      : write_touch(run, change);
    case RECALC_UNCHANGED:
    case RECALC_NO_QUOTES:
        return write_touch(run, change);
    case RECALC_HELD:
    case RECALC_FAILED:
        break;
    }
    return 0;
}

int recalc_flush(struct recalc_run *run)
{
    struct import_uuid task = import_uuid(run->job->id);
    struct price_date as_of = price_date(run->rules.as_of);
    bool audited = false;
    int rc = 0;
    for (uint32_t i = 0; i < run->n_changes && rc == 0; i++) {
        rc = write_component(run, &run->changes[i], task.s, as_of.s);
        if (rc == 0 && run->changes[i].audited)
            rc = write_change(run, &run->changes[i], task.s, as_of.s);
        audited |= run->changes[i].audited;
    }
    if (run->n_changes > 0 && rc == 0 &&
        (store_bulk_flush(run->write_price) != 0 || store_bulk_flush(run->write_touch) != 0 ||
         store_bulk_flush(run->write_change) != 0))
        rc = -1;
    if (audited && rc == 0)
        rc = read_change_ids(run, task.s);
    if (audited && rc == 0)
        rc = write_verdicts(run);
    run->n_changes = run->n_quotes = 0;
    return rc;
}

/* ---- Failures -------------------------------------------------------------------------------------------------- */

static const char *failure_text(const char *code)
{
    if (strcmp(code, "E_TOO_MANY_QUOTES") == 0)
        return "More than 10000 quotes: shorten the history or reject some.";
    return "The price would be 10 000 000 000 or more: look at its quotes and coefficient.";
}

int recalc_save_failures(struct recalc_run *run)
{
    struct import_uuid task = import_uuid(run->job->id);
    if (run->n_failures == 0)
        return 0;
    struct store_bulk *bulk = store_bulk_new(run->db,
                                             "INSERT INTO task_row_error (task_id, severity, row_no, field, code, "
                                             "message, raw) VALUES (?,'error',?,'lot_code',?,?,?)",
                                             5, 0);
    int rc = bulk ? 0 : -1;
    for (uint32_t i = 0; i < run->n_failures && rc == 0; i++) {
        const struct recalc_failure *failure = &run->failures[i];
        struct store_value v[] = {STORE_SN(task.s, 36), STORE_U(i + 1), STORE_S(failure->code),
                                  STORE_S(failure_text(failure->code)), STORE_S(failure->lot_code)};
        rc = store_bulk_add(bulk, v);
    }
    if (rc == 0)
        rc = store_bulk_flush(bulk);
    store_bulk_free(&bulk);
    return rc;
}
