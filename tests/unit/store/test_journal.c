/* The journal against a real server: rows, moves, lists, ends. */
#include "tests/unit/store/db.h"

/* ---- Journal ------------------------------------------------------------------------------------------------- */

static void inserts_and_reads_everything(void **state)
{
    (void)state;
    struct journal_new task;
    struct journal_row row;
    struct journal_file file = {
        .name = "отчёт \xff.xlsx", .offset = 17, .length = 1ull << 40, .format = "xlsx", .hashed = true};
    memset(file.sha256, 0xe1, sizeof file.sha256);
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
    assert_int_equal(row.counts.known, 0);
    assert_true(row.is_retry);
    assert_memory_equal(row.retry_of, node, 16);
    assert_false(row.cancel_requested);
    assert_string_equal(row.file.name, "отчёт ?.xlsx");
    assert_int_equal(row.file.offset, 17);
    assert_int_equal(row.file.length, 1ull << 40);
    assert_string_equal(row.file.format, "xlsx");
    assert_true(row.file.hashed);
    assert_memory_equal(row.file.sha256, file.sha256, sizeof file.sha256);
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

/* Claims a task and checks that the row is the one of now. Returns the attempt, 0 if the task could not be claimed. */
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

/* Unknown is not 0, neither for counts nor for their total. */
static void ends_keep_what_was_reached(void **state)
{
    (void)state;
    const unsigned written = COUNTED(COUNT_CREATED) | COUNTED(COUNT_UPDATED) | COUNTED(COUNT_UNCHANGED);
    struct task_counts counts[3] = {{.known = 0}};
    task_count(&counts[1], COUNT_DONE, 7);
    task_count(&counts[1], COUNT_REJECTED, 0);
    for (unsigned i = 0; i < TASK_COUNTS; i++)
        task_count(&counts[2], (enum task_count)i, 120000 + i);
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
        assert_int_equal(told.counts.known, counts[i].known & ~written);
        for (unsigned c = 0; c < TASK_COUNTS; c++)
            assert_int_equal(told.counts.n[c], (written & COUNTED(c)) ? 0 : counts[i].n[c]);
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

/* A success keeps every count of its type; the others stay unknown. */
static void a_success_keeps_its_counts(void **state)
{
    (void)state;
    struct journal_end end = {
        .status = JOURNAL_SUCCEEDED, .outcome = OUTCOME_SUCCEEDED, .result = "{}", .done_ms = 1770000000999};
    struct journal_new task;
    struct journal_row row;
    task_count(&end.counts, COUNT_TOTAL, 0);
    task_count(&end.counts, COUNT_CREATED, UINT64_C(5000000000));
    make(&task);
    OK(journal_insert(&db, &task));
    assert_int_equal(journal_finish(&db, task.id, node, JOURNAL_QUEUED, 0, &end), 1);
    assert_int_equal(journal_read(&db, task.id, &row), 1);
    assert_int_equal(row.counts.known, COUNTED(COUNT_TOTAL) | COUNTED(COUNT_CREATED));
    assert_int_equal(row.counts.n[COUNT_TOTAL], 0);
    assert_true(row.counts.n[COUNT_CREATED] == UINT64_C(5000000000));
    journal_row_fini(&row);
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

/* Every end is counted once, whichever statement writes it, before and after the changes are added up. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(inserts_and_reads_everything),
        T(keys_are_unique),
        T(moves_are_compare_and_set),
        T(ends_keep_what_was_reached),
        T(a_success_keeps_its_counts),
        T(cancels_a_queued_one),
        T(lists_in_order),
        T(purges_old_ones_only),
        T(ranges_page_without_gaps),
        T(reads_rows_by_ids),
        T(ends_are_counted),
    };
    if (fixture_start() != 0)
        return 77; /* automake's "skipped" */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
