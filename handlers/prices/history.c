/* The trail of one component's price. */
#include "handlers/prices/history.h"

#include "handlers/prices/change.h"
#include "handlers/prices/components.h"
#include "handlers/prices/judged.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A run may look at 10 000 quotes of a component, but an answer must stay within a few megabytes. */
#define QUOTES_MAX_PAGE 20000
#define FIRST           "18446744073709551615" /* behind no row */

/* clang-format off */
const struct param_spec price_history_params[] = {
    {.name = "lot", .kind = PARAM_STRING, .required = true, .max = 64 * 4, .help = "The component, by its lot code in any spelling."},
    {.name = "quotes", .kind = PARAM_BOOL, .otherwise = "true", .help = "With the quotes of each run."},
    PAGE_PARAMS,
    {.name = NULL},
};
/* clang-format on */

struct run {
    uint64_t id;
    struct json_out out; /* its object, open until its quotes are in */
};

struct edit {
    char id[24], moment[32];
    char *object; /* JSON */
};

struct history {
    struct page *page;
    bool quotes;
    struct run runs[PAGE_LIMIT_MAX];
    unsigned n, at;
    uint64_t n_quotes;
    struct edit edits[PAGE_LIMIT_MAX + 1]; /* newest first; those before `taken` are in the page */
    unsigned n_edits, taken;
    char last_run[24], last_edit[24]; /* where the page stands: the next one begins behind both */
};

/* ---- Edits ------------------------------------------------------------------------------------------------------ */

static int on_edit(const struct store_value *v, unsigned n, void *ctx)
{
    struct history *history = ctx;
    struct edit *edit = &history->edits[history->n_edits++];
    struct json_out out;
    (void)n;
    row_copy(edit->id, sizeof edit->id, &v[0]);
    row_copy(edit->moment, sizeof edit->moment, &v[1]);
    json_out_init(&out);
    json_object(&out);
    row_put_number(&out, "id", &v[0]);
    row_put_moment(&out, "edited_at", &v[1]);
    row_put_text(&out, "edited_by", &v[2]);
    row_put_text(&out, "reason", &v[3]);
    row_put_json(&out, "changes", &v[4]);
    json_object_end(&out);
    edit->object = json_out_copy(&out);
    json_out_fini(&out);
    return 0;
}

static int read_edits(struct store_conn *conn, uint32_t component, struct history *history)
{
    struct store_value v[] = {STORE_U(component), STORE_S(history->last_edit), STORE_U(page_want(history->page))};
    return store_query(
        conn,
        "SELECT id, edited_at, edited_by, reason, changes FROM component_edit FORCE INDEX (ix_hist) WHERE "
        "component_id = ? AND id < CAST(? AS UNSIGNED) ORDER BY id DESC LIMIT ?",
        v, 3, on_edit, history);
}

/* Takes the edits that are not older than a moment. Returns false when the page is full. */
static bool take_edits(struct history *history, const char *since)
{
    for (; history->taken < history->n_edits; history->taken++) {
        const struct edit *edit = &history->edits[history->taken];
        const char *const key[] = {history->last_run, edit->id};
        if (strcmp(edit->moment, since) < 0)
            return true;
        if (!page_take(history->page, key))
            return false;
        memcpy(history->last_edit, edit->id, sizeof history->last_edit);
    }
    return true;
}

/* ---- Runs ------------------------------------------------------------------------------------------------------ */

static int on_run(const struct store_value *v, unsigned n, void *ctx)
{
    struct history *history = ctx;
    uint64_t quotes = strtoull(v[PRICE_CHANGE_N_QUOTES].text, NULL, 10);
    const char *const key[] = {v[0].text, history->last_edit};
    (void)n;
    if (!take_edits(history, v[PRICE_CHANGE_MOMENT].text))
        return 1;
    if (history->quotes && history->n > 0 && history->n_quotes + quotes > QUOTES_MAX_PAGE) {
        history->page->more = true;
        return 1;
    }
    if (!page_take(history->page, key))
        return 1;
    row_copy(history->last_run, sizeof history->last_run, &v[0]);
    struct run *run = &history->runs[history->n++];
    history->n_quotes += quotes;
    run->id = strtoull(v[0].text, NULL, 10);
    json_out_init(&run->out);
    json_object(&run->out);
    price_change_put(&run->out, v);
    row_put_json(&run->out, "params", &v[PRICE_CHANGE_N]);
    json_key(&run->out, "quotes");
    if (history->quotes)
        json_array(&run->out);
    else
        json_null(&run->out);
    return 0;
}

/* With the edits between them. */
static int read_runs(struct store_conn *conn, uint32_t component, struct history *history)
{
    struct store_value v[] = {STORE_U(component), STORE_S(history->last_run), STORE_U(page_want(history->page))};
    int rc = store_query(conn,
                         "SELECT " PRICE_CHANGE_COLUMNS ", t.params FROM price_change pc FORCE INDEX (ix_hist) "
                         "LEFT JOIN task t ON t.id = pc.task_id WHERE pc.component_id = ? AND pc.id < CAST(? AS "
                         "UNSIGNED) ORDER BY pc.id DESC LIMIT ?",
                         v, 3, on_run, history);
    if (rc == 0 && !history->page->more)
        take_edits(history, "");
    return rc < 0 ? -1 : 0;
}

/* ---- Quotes ---------------------------------------------------------------------------------------------------- */

/* Quotes come in the order of the runs. */
static int on_quote(const struct store_value *v, unsigned n, void *ctx)
{
    struct history *history = ctx;
    uint64_t run = strtoull(v[JUDGED_RUN].text, NULL, 10);
    (void)n;
    while (history->at < history->n && history->runs[history->at].id != run)
        history->at++;
    if (history->at < history->n)
        judged_put(&history->runs[history->at].out, v);
    return 0;
}

static int read_quotes(struct store_conn *conn, struct history *history)
{
    char ids[PAGE_LIMIT_MAX * 21 + 3] = "[";
    size_t used = 1;
    if (history->n == 0 || !history->quotes)
        return 0;
    for (unsigned i = 0; i < history->n; i++)
        used += (size_t)snprintf(ids + used, sizeof ids - used, "%s%llu", i ? "," : "",
                                 (unsigned long long)history->runs[i].id);
    snprintf(ids + used, sizeof ids - used, "]");
    struct store_value v = STORE_S(ids);
    return store_query(
        conn,
        JUDGED_SELECT
        "FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) j JOIN price_change_quote a FORCE "
        "INDEX (PRIMARY) ON a.price_change_id = j.id " JUDGED_JOINS "ORDER BY a.price_change_id DESC, a.quote_id",
        &v, 1, on_quote, history);
}

/* ---- Both ------------------------------------------------------------------------------------------------------ */

static void put_runs(struct history *history, struct json_out *out)
{
    json_key(out, "runs");
    json_array(out);
    for (unsigned i = 0; i < history->n; i++) {
        struct run *run = &history->runs[i];
        size_t len;
        if (history->quotes)
            json_array_end(&run->out);
        json_object_end(&run->out);
        const char *text = json_out_text(&run->out, &len);
        json_raw(out, text, len);
    }
    json_array_end(out);
}

static void put_edits(const struct history *history, struct json_out *out)
{
    json_key(out, "edits");
    json_array(out);
    for (unsigned i = 0; i < history->taken; i++)
        json_raw(out, history->edits[i].object, strlen(history->edits[i].object));
    json_array_end(out);
}

static int read_history(struct store_conn *conn, uint32_t component, struct history *history, struct json_out *out)
{
    snprintf(history->last_run, sizeof history->last_run, "%s", page_after(history->page, 0, FIRST));
    snprintf(history->last_edit, sizeof history->last_edit, "%s", page_after(history->page, 1, FIRST));
    int rc = read_edits(conn, component, history);
    if (rc == 0)
        rc = read_runs(conn, component, history);
    if (rc == 0)
        rc = read_quotes(conn, history);
    if (rc == 0) {
        put_runs(history, out);
        put_edits(history, out);
    }
    for (unsigned i = 0; i < history->n; i++)
        json_out_fini(&history->runs[i].out);
    for (unsigned i = 0; i < history->n_edits; i++)
        free(history->edits[i].object);
    return rc;
}

int price_history_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out)
{
    uint32_t component;
    if (store_begin_snapshot(conn) != 0) /* runs and their quotes belong together */
        return -1;
    json_object(out);
    json_key(out, "component");
    int rc = component_find(conn, json_member_string(params, "lot", ""), &component, out);
    if (rc != 1)
        return rc == 0 ? 1 : -1;
    struct history *history = calloc(1, sizeof *history);
    if (!history)
        abort();
    history->page = page;
    history->quotes = json_member_bool(params, "quotes", true);
    rc = read_history(conn, component, history, out);
    free(history);
    if (rc != 0)
        return -1;
    page_put_next(page, out);
    json_object_end(out);
    return 0;
}
