/* Migrations, journal, leases and bulk against a real server. */
#include "store/bulk.h"
#include "store/fault.h"
#include "store/journal.h"
#include "store/lease.h"
#include "store/migrate.h"
#include "tests/unit/mariadb_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uuid.h>

static struct store_conn db;
static store_uuid node;

#define OK(call) ok((call), #call, __LINE__)
static void ok(int rc, const char *what, int line)
{
    if (rc != 0)
        fail_msg("line %d: %s gave %d: %s %u %s", line, what, rc, store_class_name(db.error.cls), db.error.number,
                 db.error.text);
}

static int number_row(const struct store_value *v, unsigned n, void *ctx)
{
    assert_int_equal(n, 1);
    *(long long *)ctx = v[0].text != NULL ? atoll(v[0].text) : -1;
    return 0;
}

static long long one(const char *sql)
{
    long long value = -2;
    OK(store_query(&db, sql, NULL, 0, number_row, &value));
    return value;
}

static int setup(void **state)
{
    (void)state;
    uuid_generate(node);
    store_conn_init(&db, fixture_config());
    fixture_empty_database();
    OK(store_ensure(&db));
    OK(store_migrate(&db, NULL));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    store_fault_hook = NULL;
    store_conn_fini(&db);
    return 0;
}

static void make(struct journal_new *task)
{
    memset(task, 0, sizeof *task);
    uuid_generate(task->id);
    memcpy(task->node, node, sizeof node);
    task->type = "recalculate";
    task->params = "{}";
    task->created_ms = 1770000000123;
}

/* ---- Migrations ---------------------------------------------------------------------------------------------- */

static void migrates_once(void **state)
{
    (void)state;
    unsigned applied = 9;
    assert_int_equal(store_schema_current(&db), 1);
    OK(store_migrate(&db, &applied));
    assert_int_equal(applied, 0);
    assert_int_equal(one("SELECT COUNT(*) FROM schema_version"), store_schema_version());
    assert_int_equal(one("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND "
                         "(engine <> 'InnoDB' OR table_collation <> 'utf8mb4_uca1400_as_ci')"),
                     0);
    assert_int_equal(one("SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = DATABASE()"), 7);
}

/* A migration killed after any statement is completed by the next start. */
static void migrates_from_any_prefix(void **state)
{
    (void)state;
    const char *const *all = store_migrations[0].statements;
    unsigned n = 0, applied = 0;
    while (all[n] != NULL)
        n++;
    assert_true(n > 20);
    for (unsigned prefix = 0; prefix <= n; prefix += prefix < n - 4 ? 4 : 1) {
        fixture_empty_database();
        store_conn_fini(&db);
        OK(store_ensure(&db));
        assert_int_equal(store_schema_current(&db), 0);
        for (unsigned i = 0; i < prefix; i++)
            OK(store_exec(&db, all[i], NULL));
        OK(store_migrate(&db, &applied));
        assert_int_equal(applied, store_schema_version());
        assert_int_equal(store_schema_current(&db), 1);
    }
}

static void refuses_newer_and_changed(void **state)
{
    (void)state;
    OK(store_exec(&db, "INSERT INTO schema_version (version, name, sha256) VALUES (99, 'x', REPEAT('a', 32))", NULL));
    assert_int_equal(store_migrate(&db, NULL), -1);
    assert_int_equal(db.error.cls, STORE_CONFIG);
    assert_non_null(strstr(db.error.text, "newer"));
    assert_int_equal(store_schema_current(&db), -1);
    OK(store_exec(&db, "DELETE FROM schema_version WHERE version = 99", NULL));
    OK(store_exec(&db, "UPDATE schema_version SET sha256 = REPEAT('a', 32)", NULL));
    assert_int_equal(store_migrate(&db, NULL), -1);
    assert_int_equal(db.error.cls, STORE_CONFIG);
}

static void one_migrates_at_a_time(void **state)
{
    (void)state;
    struct store_conn other;
    long long got = 0;
    store_conn_init(&other, fixture_config());
    assert_int_equal(store_ensure(&other), 0);
    assert_int_equal(
        store_query(&other, "SELECT GET_LOCK(CONCAT('priceforge.migrate.', DATABASE()), 0)", NULL, 0, number_row, &got),
        0);
    assert_int_equal(got, 1);
    assert_int_equal(store_migrate(&db, NULL), -1);
    assert_int_equal(db.error.cls, STORE_RETRY);
    store_conn_fini(&other);
    OK(store_migrate(&db, NULL));
}

#define REFUSED(sql)                                                                                                   \
    do {                                                                                                               \
        assert_int_equal(store_exec(&db, sql, NULL), -1);                                                              \
        assert_int_equal(db.error.number, 1644);                                                                       \
        assert_int_equal(db.error.cls, STORE_CONFIG);                                                                  \
    } while (0)

static void price_lists_are_immutable(void **state)
{
    (void)state;
    OK(store_exec(&db, "INSERT INTO component (id, lot_code, lot_norm, name) VALUES (1, 'A', 'A', 'a')", NULL));
    OK(store_exec(&db,
                  "INSERT INTO pricelist (id, source, seq, version, currency, as_of, params, task_id) VALUES "
                  "(1, 'estimate', 1, '2026-02-05-001', 'RUB', '2026-02-05', '{}', UUID())",
                  NULL));
#define ITEM(lot)                                                                                                      \
    "INSERT INTO pricelist_item (pricelist_id, lot_code, component_id, name, category, unit, price, basis) VALUES "    \
    "(1, '" lot "', 1, 'a', '', 'pcs', 10, 'fresh')"
    OK(store_exec(&db, ITEM("A"), NULL));
    REFUSED("UPDATE pricelist_item SET price = 11");
    REFUSED("DELETE FROM pricelist_item");
    OK(store_exec(&db, "UPDATE pricelist SET items = 1, status = 'ready'", NULL));
    REFUSED(ITEM("B"));
    REFUSED("UPDATE pricelist SET items = 2");
    REFUSED("UPDATE pricelist SET status = 'building'");
    REFUSED("UPDATE pricelist SET previous_id = 7");
    OK(store_exec(&db, "UPDATE pricelist SET archived_at = NOW(3), note = 'old'", NULL));
    OK(store_exec(&db, "DELETE FROM pricelist", NULL));
    assert_int_equal(one("SELECT COUNT(*) FROM pricelist_item"), 0);
}

/* ---- Journal ------------------------------------------------------------------------------------------------- */

static void inserts_and_reads_everything(void **state)
{
    (void)state;
    struct journal_new task;
    struct journal_row row;
    struct journal_file file = {.name = "отчёт \xff.xlsx", .offset = 17, .length = 1ull << 40};
    uint8_t scope[32], payload[32], got[32];
    store_uuid found;
    char params[70000];
    memset(scope, 0xfe, 32);
    memset(payload, 0, 32);
    payload[31] = 9;
    memset(params, ' ', sizeof params);
    params[0] = '{';
    params[sizeof params - 2] = '}';
    params[sizeof params - 1] = 0;
    make(&task);
    task.params = params;
    task.file = &file;
    task.idem_scope = scope;
    task.idem_payload = payload;
    task.live_key = "{\"a\":1}";
    task.requested_by = "anna";
    task.request_id = "0f0e0d0c-0b0a-4908-8706-050403020100";
    task.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    task.retry_of = node;
    OK(journal_insert(&db, &task));
    assert_int_equal(journal_read(&db, task.id, &row), 1);
    assert_memory_equal(row.id, task.id, 16);
    assert_memory_equal(row.node, node, 16);
    assert_string_equal(row.type, "recalculate");
    assert_int_equal(row.status, JOURNAL_QUEUED);
    assert_int_equal(row.outcome, OUTCOME_NONE);
    assert_int_equal(row.attempt, 0);
    assert_int_equal(row.created_ms, 1770000000123);
    assert_int_equal(row.started_ms, 0);
    assert_int_equal(row.done_ms, 0);
    assert_string_equal(row.params, params);
    assert_null(row.result);
    assert_string_equal(row.message, "");
    assert_string_equal(row.requested_by, "anna");
    assert_string_equal(row.request_id, task.request_id);
    assert_string_equal(row.traceparent, task.traceparent);
    assert_int_equal(row.progress, 0);
    assert_false(row.counts.known);
    assert_true(row.is_retry);
    assert_memory_equal(row.retry_of, node, 16);
    assert_false(row.cancel_requested);
    assert_string_equal(row.file.name, "отчёт ?.xlsx");
    assert_int_equal(row.file.offset, 17);
    assert_int_equal(row.file.length, 1ull << 40);
    journal_row_fini(&row);
    assert_int_equal(journal_find_idem(&db, scope, found, got), 1);
    assert_memory_equal(found, task.id, 16);
    assert_memory_equal(got, payload, 32);
    assert_int_equal(journal_find_live(&db, "recalculate", "{\"a\":1}", found), 1);
    assert_int_equal(journal_find_live(&db, "other", "{\"a\":1}", found), 0);
    uuid_generate(found);
    assert_int_equal(journal_read(&db, found, &row), 0);
}

static void keys_are_unique(void **state)
{
    (void)state;
    struct journal_new a, b;
    uint8_t scope[32] = {1};
    uint64_t expired = 0;
    make(&a);
    a.live_key = "k";
    a.idem_scope = scope;
    OK(journal_insert(&db, &a));
    assert_int_equal(journal_insert(&db, &a), -1);
    assert_int_equal(db.error.cls, STORE_DUPLICATE);
    make(&b);
    b.live_key = "k";
    assert_int_equal(journal_insert(&db, &b), -1);
    assert_int_equal(db.error.cls, STORE_DUPLICATE);
    b.type = "stock_import";
    OK(journal_insert(&db, &b));
    make(&b);
    b.idem_scope = scope;
    assert_int_equal(journal_insert(&db, &b), -1);
    assert_int_equal(db.error.cls, STORE_DUPLICATE);
    OK(store_exec(&db, "UPDATE task SET created_at = UTC_TIMESTAMP(3) - INTERVAL 23 HOUR", NULL));
    OK(journal_expire_idem(&db, 24, 100, &expired));
    assert_int_equal(expired, 0);
    OK(journal_expire_idem(&db, 22, 100, &expired));
    assert_int_equal(expired, 1);
    OK(journal_insert(&db, &b));
    make(&b);
    b.params = "not json";
    assert_int_equal(journal_insert(&db, &b), -1);
    assert_int_equal(db.error.cls, STORE_DATA);
}

/* Claim; the attempt, 0 when it was not ours to have. What comes with it is the row as it is now. */
static unsigned claim(const store_uuid id, const store_uuid by)
{
    struct journal_row row, now;
    int rc = journal_claim(&db, id, by, &row);
    assert_true(rc == 0 || rc == 1);
    if (rc == 0)
        return 0;
    assert_int_equal(journal_read(&db, id, &now), 1);
    assert_true(row.status == JOURNAL_RUNNING && row.started_ms >= row.created_ms && row.started_ms == now.started_ms);
    assert_int_equal(row.attempt, now.attempt);
    assert_string_equal(row.params, now.params);
    unsigned attempt = row.attempt;
    journal_row_fini(&row);
    journal_row_fini(&now);
    return attempt;
}

static void moves_are_compare_and_set(void **state)
{
    (void)state;
    struct journal_new task;
    struct journal_row row;
    struct journal_end end = {.status = JOURNAL_SUCCEEDED, .outcome = OUTCOME_PARTIAL, .result = "{\"n\":1}"};
    store_uuid other;
    char text[2000];
    uuid_generate(other);
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    end.message = text; /* too long: clipped, not refused */
    end.done_ms = 1770000001000;
    make(&task);
    task.live_key = "k";
    OK(journal_insert(&db, &task));
    assert_int_equal(claim(task.id, other), 0);
    assert_int_equal(claim(task.id, node), 1);
    assert_int_equal(claim(task.id, node), 0);
    assert_int_equal(journal_requeue(&db, task.id, node, 2, false), 0);
    assert_int_equal(journal_requeue(&db, task.id, node, 1, false), 1);
    assert_int_equal(claim(task.id, node), 2);
    assert_int_equal(journal_requeue(&db, task.id, node, 2, true), 1);
    assert_int_equal(claim(task.id, node), 2);
    assert_int_equal(journal_ask_cancel(&db, task.id, "10.0.0.7", "wrong file"), 1);
    assert_int_equal(journal_ask_cancel(&db, task.id, "10.0.0.7", "wrong file"), 1);
    assert_int_equal(journal_finish(&db, task.id, node, JOURNAL_RUNNING, 1, &end), 0);
    assert_int_equal(journal_finish(&db, task.id, other, JOURNAL_RUNNING, 2, &end), 0);
    assert_int_equal(journal_finish(&db, task.id, node, JOURNAL_QUEUED, 0, &end), 0);
    assert_int_equal(journal_finish(&db, task.id, node, JOURNAL_RUNNING, 2, &end), 1);
    assert_int_equal(journal_finish(&db, task.id, node, JOURNAL_RUNNING, 2, &end), 0);
    assert_int_equal(journal_ask_cancel(&db, task.id, "10.0.0.7", "wrong file"), 0);
    assert_int_equal(journal_find_live(&db, "recalculate", "k", other), 0);
    assert_int_equal(journal_read(&db, task.id, &row), 1);
    assert_int_equal(row.status, JOURNAL_SUCCEEDED);
    assert_int_equal(row.outcome, OUTCOME_PARTIAL);
    assert_true(row.cancel_requested);
    assert_string_equal(row.cancel_by, "10.0.0.7");
    assert_string_equal(row.cancel_reason, "wrong file");
    assert_true(row.cancel_ms > 0);
    assert_string_equal(row.result, "{\"n\":1}");
    assert_int_equal(strlen(row.message), 255);
    assert_int_equal(row.done_ms, 1770000001000);
    assert_true(row.started_ms >= row.created_ms);
    journal_row_fini(&row);
}

static void cancels_a_queued_one(void **state)
{
    (void)state;
    struct journal_new task;
    struct journal_row row;
    struct journal_end end = {.status = JOURNAL_CANCELLED,
                              .outcome = OUTCOME_CANCELLED,
                              .error_code = "cancelled",
                              .error_message = "Cancelled by anna; nothing was written.",
                              .done_ms = 1}; /* a clock that jumped back */
    make(&task);
    OK(journal_insert(&db, &task));
    assert_int_equal(journal_finish(&db, task.id, node, JOURNAL_QUEUED, 0, &end), 1);
    assert_int_equal(journal_read(&db, task.id, &row), 1);
    assert_int_equal(row.done_ms, row.created_ms);
    assert_string_equal(row.error_code, "cancelled");
    assert_string_equal(row.error_message, end.error_message);
    assert_null(row.result);
    journal_row_fini(&row);
}

struct seen {
    unsigned n;
    int64_t created[10];
};

static int see_row(const struct journal_row *row, void *ctx)
{
    struct seen *seen = ctx;
    seen->created[seen->n++] = row->created_ms;
    return 0;
}

/* Unknown is not nought: neither of what was counted nor of how much there would have been. */
static void ends_keep_what_was_reached(void **state)
{
    (void)state;
    static const struct task_counts counts[] = {
        {.known = false}, {.known = true, .total = 0, .done = 7, .rejected = 0}, {true, 500000, 120000, 9}};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct journal_end end = {.status = JOURNAL_FAILED,
                                  .outcome = OUTCOME_FAILED,
                                  .message = "row 120000",
                                  .error_code = "E_COLUMN",
                                  .error_message = "No.",
                                  .done_ms = 1770000000999,
                                  .progress = 40 + (unsigned)i,
                                  .counts = counts[i]};
        struct journal_new task;
        struct journal_row row;
        make(&task);
        OK(journal_insert(&db, &task));
        assert_int_equal(journal_finish(&db, task.id, node, JOURNAL_QUEUED, 0, &end), 1);
        assert_int_equal(journal_read(&db, task.id, &row), 1);
        struct journal_end told = journal_end_of(&row);
        assert_int_equal(told.progress, end.progress);
        assert_int_equal(told.counts.known, counts[i].known);
        assert_int_equal(told.counts.total, counts[i].total);
        assert_int_equal(told.counts.done, counts[i].done);
        assert_int_equal(told.counts.rejected, counts[i].rejected);
        assert_string_equal(told.message, end.message);
        assert_string_equal(told.error_code, end.error_code);
        assert_string_equal(told.error_message, end.error_message);
        assert_null(told.result);
        assert_int_equal(told.status, end.status);
        assert_int_equal(told.outcome, end.outcome);
        journal_row_fini(&row);
    }
}

static int see_id(const store_uuid id, void *ctx)
{
    (void)id;
    return ++*(int *)ctx == 2 ? 5 : 0;
}

static void lists_in_order(void **state)
{
    (void)state;
    struct journal_new task;
    struct journal_end end = {.status = JOURNAL_FAILED, .outcome = OUTCOME_FAILED};
    struct seen live = {0}, finished = {0};
    int ids = 0;
    for (int i = 0; i < 6; i++) {
        make(&task);
        task.created_ms = 1770000000000 + (i * 7 % 6) * 1000; /* not in order of insertion */
        OK(journal_insert(&db, &task));
        end.done_ms = task.created_ms + 1;
        if (i % 2 != 0)
            assert_int_equal(journal_finish(&db, task.id, node, JOURNAL_QUEUED, 0, &end), 1);
        if (i == 0)
            assert_int_equal(claim(task.id, node), 1);
    }
    OK(journal_each_live(&db, node, see_row, &live));
    assert_int_equal(live.n, 3);
    assert_true(live.created[0] < live.created[1] && live.created[1] < live.created[2]);
    OK(journal_each_finished(&db, 2, see_row, &finished));
    assert_int_equal(finished.n, 2);
    assert_true(finished.created[0] > finished.created[1]);
    assert_int_equal(journal_each_queued_id(&db, node, see_id, &ids), 5); /* the callback's own value */
    assert_int_equal(ids, 2);
}

static void purges_old_ones_only(void **state)
{
    (void)state;
    struct journal_new task, kept;
    struct journal_row row;
    struct journal_end end = {.status = JOURNAL_FAILED, .outcome = OUTCOME_FAILED, .done_ms = 1000};
    uint8_t scope[32] = {7}, payload[32] = {8}, got[32];
    store_uuid found;
    uint64_t deleted = 0;
    make(&kept);
    kept.created_ms = 1000; /* old, but not final */
    kept.idem_scope = scope;
    kept.idem_payload = payload;
    OK(journal_insert(&db, &kept));
    for (int i = 0; i < 3; i++) {
        make(&task);
        task.created_ms = 1000;
        OK(journal_insert(&db, &task));
        assert_int_equal(journal_finish(&db, task.id, node, JOURNAL_QUEUED, 0, &end), 1);
    }
    OK(journal_purge(&db, 30, 2, &deleted));
    assert_int_equal(deleted, 2);
    OK(journal_purge(&db, 30, 2, &deleted));
    assert_int_equal(deleted, 1);
    assert_int_equal(one("SELECT COUNT(*) FROM task"), 1);
    assert_int_equal(journal_gone(&db, task.id), 1);
    assert_int_equal(journal_gone(&db, kept.id), 0);
    assert_int_equal(journal_forget(&db, kept.id), 0);
    assert_int_equal(journal_finish(&db, kept.id, node, JOURNAL_QUEUED, 0, &end), 1);
    assert_int_equal(journal_forget(&db, kept.id), 1);
    assert_int_equal(journal_forget(&db, kept.id), 0);
    assert_int_equal(journal_read(&db, kept.id, &row), 0);
    assert_int_equal(journal_gone(&db, kept.id), 1);
    /* The key outlives the task: a repeat must not start the work again. */
    assert_int_equal(journal_find_idem(&db, scope, found, got), 1);
    assert_memory_equal(found, kept.id, 16);
    assert_memory_equal(got, payload, 32);
    assert_int_equal(journal_keep_idem(&db, scope, payload, task.id), -1);
    assert_int_equal(db.error.cls, STORE_DUPLICATE);
    OK(journal_expire_idem(&db, 24, 100, &deleted));
    assert_int_equal(deleted, 1);
    assert_int_equal(journal_find_idem(&db, scope, found, got), 0);
    OK(journal_keep_idem(&db, scope, payload, task.id));
    assert_int_equal(journal_find_idem(&db, scope, found, got), 1);
    assert_memory_equal(found, task.id, 16);
    OK(store_exec(&db, "UPDATE task_tombstone SET gone_at = '2020-01-01'", NULL));
    OK(journal_purge_tombstones(&db, 90, 100, &deleted));
    assert_int_equal(deleted, 4);
}

/* ---- Lists and counters -------------------------------------------------------------------------------------- */

struct listed {
    unsigned n;
    store_uuid ids[64];
};

static int keep_listed(const struct journal_row *row, void *ctx)
{
    struct listed *listed = ctx;
    assert_true(listed->n < 64);
    memcpy(listed->ids[listed->n++], row->id, sizeof row->id);
    return 0;
}

/* Forty rows of two types and two states at two moments. */
static void make_history(void)
{
    struct journal_end end = {.status = JOURNAL_SUCCEEDED, .outcome = OUTCOME_SUCCEEDED, .done_ms = 1770000000999};
    for (unsigned i = 0; i < 40; i++) {
        struct journal_new task;
        make(&task);
        task.type = i % 2 ? "recalculate" : "stock_import";
        task.created_ms = 1770000000123 + i / 20;
        OK(journal_insert(&db, &task));
        if (i % 4 < 2)
            assert_int_equal(journal_finish(&db, task.id, node, JOURNAL_QUEUED, 0, &end), 1);
    }
}

static void walk(struct journal_range range, unsigned limit, struct listed *all)
{
    all->n = 0;
    for (;;) {
        struct listed page = {.n = 0};
        struct journal_row last;
        OK(journal_each_in(&db, &range, limit, keep_listed, &page));
        for (unsigned i = 0; i < page.n; i++)
            memcpy(all->ids[all->n++], page.ids[i], sizeof page.ids[i]);
        if (page.n < limit)
            return;
        assert_int_equal(journal_read(&db, page.ids[page.n - 1], &last), 1);
        range.started = true;
        range.last_ms = last.created_ms;
        memcpy(range.last_id, last.id, sizeof last.id);
        journal_row_fini(&last);
    }
}

static void ranges_page_without_gaps(void **state)
{
    (void)state;
    static const struct {
        const char *type, *status;
        unsigned n;
    } cases[] = {{NULL, NULL, 40}, {"recalculate", NULL, 20}, {NULL, "queued", 20}, {"recalculate", "succeeded", 10}};
    make_history();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct journal_range range = {.type = cases[i].type, .status = cases[i].status, .before_ms = INT64_MAX};
        struct listed whole, paged;
        walk(range, 64, &whole);
        walk(range, 3, &paged);
        assert_int_equal(whole.n, cases[i].n);
        assert_int_equal(paged.n, whole.n);
        assert_memory_equal(paged.ids, whole.ids, whole.n * sizeof whole.ids[0]);
        for (unsigned k = 1; k < whole.n; k++) /* descending within each of the two moments */
            assert_true(k == whole.n / 2 || journal_id_compare(whole.ids[k - 1], whole.ids[k]) > 0);
    }
    struct journal_range later = {.after_ms = 1770000000123, .before_ms = 1770000000125};
    struct listed found;
    walk(later, 64, &found);
    assert_int_equal(found.n, 20);
}

static void reads_rows_by_ids(void **state)
{
    (void)state;
    struct journal_new first, second;
    struct listed found = {.n = 0};
    char a[37], b[37], text[160];
    make(&first);
    make(&second);
    OK(journal_insert(&db, &first));
    OK(journal_insert(&db, &second));
    uuid_unparse_lower(first.id, a);
    uuid_unparse_lower(second.id, b);
    snprintf(text, sizeof text, "[\"%s\",\"00000000-0000-4000-8000-000000000000\",\"%s\"]", a, b);
    OK(journal_each_of(&db, text, keep_listed, &found));
    assert_int_equal(found.n, 2);
    OK(journal_each_of(&db, "[]", keep_listed, &found));
    assert_int_equal(found.n, 2);
}

static int sum_counts(const char *type, enum journal_status status, int64_t n, void *ctx)
{
    assert_string_equal(type, "recalculate");
    ((int64_t *)ctx)[status] += n;
    return 0;
}

/* Every end is counted once, whichever statement makes it, and before as after the changes are added up. */
static void ends_are_counted(void **state)
{
    (void)state;
    struct journal_end end = {.status = JOURNAL_FAILED, .outcome = OUTCOME_FAILED, .done_ms = 1770000000999};
    struct journal_new tasks[6];
    for (unsigned i = 0; i < 6; i++) {
        make(&tasks[i]);
        OK(journal_insert(&db, &tasks[i]));
        end.status = i < 2 ? JOURNAL_SUCCEEDED : JOURNAL_FAILED;
        if (i < 4)
            assert_int_equal(journal_finish(&db, tasks[i].id, node, JOURNAL_QUEUED, 0, &end), 1);
    }
    OK(store_begin(&db)); /* an end that is rolled back is none */
    assert_int_equal(journal_finish(&db, tasks[4].id, node, JOURNAL_QUEUED, 0, &end), 1);
    store_rollback(&db);
    assert_int_equal(journal_forget(&db, tasks[0].id), 1);
    for (unsigned round = 0; round < 3; round++) {
        int64_t counts[5] = {0};
        OK(journal_counts(&db, sum_counts, counts));
        assert_int_equal(counts[JOURNAL_SUCCEEDED], 1);
        assert_int_equal(counts[JOURNAL_FAILED], 2);
        assert_int_equal(counts[JOURNAL_QUEUED] + counts[JOURNAL_RUNNING] + counts[JOURNAL_CANCELLED], 0);
        OK(journal_fold_counts(&db, 3));
    }
    assert_int_equal(one("SELECT COUNT(*) FROM task_count_change"), 0);
}

/* ---- Leases -------------------------------------------------------------------------------------------------- */

static void leases_exclude(void **state)
{
    (void)state;
    store_uuid a, b;
    uint64_t fence_a = 0, fence_b = 0;
    uuid_generate(a);
    uuid_generate(b);
    assert_int_equal(lease_acquire(&db, "recalc", a, 60, &fence_a), 1);
    assert_int_equal(fence_a, 1);
    assert_int_equal(lease_acquire(&db, "recalc", b, 60, &fence_b), 0);
    assert_int_equal(lease_acquire(&db, "recalc", a, 60, &fence_a), 1);
    assert_int_equal(fence_a, 2);
    assert_int_equal(lease_renew(&db, "recalc", a, 1, 60), 0);
    assert_int_equal(lease_renew(&db, "recalc", a, 2, 60), 1);
    OK(store_begin(&db));
    assert_int_equal(lease_check(&db, "recalc", a, 2), 1);
    assert_int_equal(lease_check(&db, "recalc", b, 2), 0);
    OK(store_commit(&db));
    /* A sleeps through its expiry, B takes over. */
    OK(store_exec(&db, "UPDATE lease SET until = '2001-01-01'", NULL));
    assert_int_equal(lease_acquire(&db, "recalc", b, 60, &fence_b), 1);
    assert_int_equal(fence_b, 3);
    assert_int_equal(lease_check(&db, "recalc", a, 2), 0);
    assert_int_equal(lease_renew(&db, "recalc", a, 2, 60), 0);
    OK(lease_release(&db, "recalc", a, 2)); /* harmless */
    assert_int_equal(lease_check(&db, "recalc", b, 3), 1);
    OK(lease_release(&db, "recalc", b, 3));
    assert_int_equal(lease_acquire(&db, "recalc", a, 60, &fence_a), 1);
    assert_int_equal(fence_a, 4);
    OK(lease_release_all(&db, a));
    assert_int_equal(lease_check(&db, "recalc", a, 4), 0);
}

/* ---- Bulk ---------------------------------------------------------------------------------------------------- */

static const char insert_t[] = "INSERT INTO t (id, name, price, raw) VALUES (?,?,?,?)";

static void make_t(void)
{
    OK(store_exec(
        &db,
        "CREATE TABLE t (id BIGINT PRIMARY KEY, name LONGTEXT NULL, price DECIMAL(14,4) NULL, raw LONGBLOB NULL) "
        "CHARSET utf8mb4",
        NULL));
}

static void bulk_loads_all_types(void **state)
{
    (void)state;
    make_t();
    struct store_bulk *bulk = store_bulk_new(&db, insert_t, 4, 1000);
    assert_non_null(bulk);
    OK(store_begin(&db));
    for (int i = 0; i < 2500; i++) {
        struct store_value row[] = {STORE_I(i - 5), i % 3 ? STORE_S("дверь") : STORE_N,
                                    i % 5 ? STORE_S("12.5000") : STORE_N, i % 7 ? STORE_B("\0\xff\n", 3) : STORE_S("")};
        OK(store_bulk_add(bulk, row));
    }
    assert_int_equal(store_bulk_sent(bulk), 2000);
    OK(store_bulk_flush(bulk));
    OK(store_commit(&db));
    assert_int_equal(store_bulk_sent(bulk), 2500);
    assert_int_equal(one("SELECT COUNT(*) FROM t"), 2500);
    assert_int_equal(one("SELECT MIN(id) FROM t"), -5);
    assert_int_equal(one("SELECT COUNT(*) FROM t WHERE name = 'дверь'"), 1666);
    assert_int_equal(one("SELECT COUNT(*) FROM t WHERE price IS NULL"), 500);
    assert_int_equal(one("SELECT COUNT(*) FROM t WHERE raw = X'00FF0A'"), 2142);
    store_bulk_free(&bulk);
    assert_null(bulk);
}

/* A column has one type in a batch: another one starts the next, and none of it is seen in the table. */
static void bulk_takes_changing_types(void **state)
{
    (void)state;
    make_t();
    const struct store_value ids[] = {STORE_I(-3),        STORE_I(INT64_MIN), STORE_U(7),
                                      STORE_U(INT64_MAX), STORE_S("-12"),     STORE_I(0)};
    const struct store_value prices[] = {STORE_N,           STORE_U(5), STORE_S("0.0001"),
                                         STORE_B("2.5", 3), STORE_N,    STORE_I(-9999999999)};
    struct store_bulk *bulk = store_bulk_new(&db, insert_t, 4, 1000);
    OK(store_begin(&db));
    for (unsigned i = 0; i < 6; i++) {
        struct store_value row[] = {ids[i], STORE_U(i), prices[i], STORE_N};
        OK(store_bulk_add(bulk, row));
    }
    assert_int_equal(store_bulk_sent(bulk), 5); /* two signed ids, two unsigned ones, a text */
    OK(store_bulk_flush(bulk));
    OK(store_commit(&db));
    assert_int_equal(one("SELECT id = -3 AND price IS NULL FROM t WHERE name = '0'"), 1);
    assert_int_equal(one("SELECT id = -9223372036854775808 AND price = 5 FROM t WHERE name = '1'"), 1);
    assert_int_equal(one("SELECT id = 7 AND price = 0.0001 FROM t WHERE name = '2'"), 1);
    assert_int_equal(one("SELECT id = 9223372036854775807 AND price = 2.5 FROM t WHERE name = '3'"), 1);
    assert_int_equal(one("SELECT id = -12 AND price IS NULL FROM t WHERE name = '4'"), 1);
    assert_int_equal(one("SELECT id = 0 AND price = -9999999999 FROM t WHERE name = '5'"), 1);
    store_bulk_free(&bulk);
}

/* The server has max_allowed_packet 2 MiB: rows of 300 kB must be split by bytes. */
static void bulk_splits_by_bytes(void **state)
{
    (void)state;
    make_t();
    char *big = malloc(3000000);
    memset(big, 'x', 3000000);
    struct store_bulk *bulk = store_bulk_new(&db, insert_t, 4, 0);
    OK(store_begin(&db));
    for (int i = 0; i < 20; i++) {
        struct store_value row[] = {STORE_U(i), STORE_SN(big, i == 7 ? 1500000 : 300000), STORE_N, STORE_N};
        OK(store_bulk_add(bulk, row));
    }
    struct store_value huge[] = {STORE_U(100), STORE_SN(big, 3000000), STORE_N, STORE_N};
    assert_int_equal(store_bulk_add(bulk, huge), -1);
    assert_int_equal(db.error.cls, STORE_DATA);
    assert_non_null(db.mysql);
    OK(store_bulk_flush(bulk));
    OK(store_commit(&db));
    assert_int_equal(one("SELECT COUNT(*) FROM t"), 20);
    assert_int_equal(one("SELECT SUM(LENGTH(name)) FROM t"), 19 * 300000 + 1500000);
    store_bulk_free(&bulk);
    free(big);
}

static void bulk_is_strict(void **state)
{
    (void)state;
    make_t();
    struct store_bulk *bulk = store_bulk_new(&db, insert_t, 4, 10);
    static const char *const bad[] = {"abc", "99999999999.0", ""};
    for (size_t i = 0; i < 3; i++) {
        OK(store_begin(&db));
        struct store_value good[] = {STORE_U(1), STORE_N, STORE_S("1"), STORE_N};
        struct store_value wrong[] = {STORE_U(2), STORE_N, STORE_S(bad[i]), STORE_N};
        OK(store_bulk_add(bulk, good));
        OK(store_bulk_add(bulk, wrong));
        assert_int_equal(store_bulk_flush(bulk), -1);
        assert_int_equal(db.error.cls, STORE_DATA);
        store_rollback(&db);
    }
    struct store_value twice[] = {STORE_U(1), STORE_N, STORE_N, STORE_N};
    OK(store_begin(&db));
    OK(store_bulk_add(bulk, twice));
    OK(store_bulk_add(bulk, twice));
    assert_int_equal(store_bulk_flush(bulk), -1);
    assert_int_equal(db.error.cls, STORE_DUPLICATE);
    store_rollback(&db);
    /* A new connection prepares again. */
    store_conn_fini(&db);
    OK(store_ensure(&db));
    OK(store_bulk_add(bulk, twice));
    OK(store_bulk_flush(bulk));
    assert_int_equal(one("SELECT COUNT(*) FROM t"), 1);
    store_bulk_free(&bulk);
    assert_null(store_bulk_new(&db, "INSERT INTO nowhere VALUES (?)", 1, 0));
    assert_int_equal(db.error.cls, STORE_CONFIG);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(migrates_once),
        T(migrates_from_any_prefix),
        T(refuses_newer_and_changed),
        T(one_migrates_at_a_time),
        T(price_lists_are_immutable),
        T(inserts_and_reads_everything),
        T(keys_are_unique),
        T(moves_are_compare_and_set),
        T(ends_keep_what_was_reached),
        T(cancels_a_queued_one),
        T(lists_in_order),
        T(purges_old_ones_only),
        T(leases_exclude),
        T(ranges_page_without_gaps),
        T(reads_rows_by_ids),
        T(ends_are_counted),
        T(bulk_takes_changing_types),
        T(bulk_loads_all_types),
        T(bulk_splits_by_bytes),
        T(bulk_is_strict),
    };
    if (fixture_start() != 0)
        return 77; /* automake's "skipped" */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
