/* A job as the runner would make it, for tests of the imports against a real server: callbacks, journal row, file. */
#ifndef PF_IMPORT_JOB_H
#define PF_IMPORT_JOB_H

#include "tests/unit/mariadb_fixture.h"
#include "tests/unit/stock_grid.h"
#include "tests/unit/task_types.h"

#include "store/fault.h"
#include "store/lease.h"
#include "store/migrate.h"

#include <fcntl.h>
#include <unistd.h>
#include <uuid.h>

struct import_job {
    struct job job;
    struct job_ops ops;
    struct job_settings settings;
    struct journal_file file;
    struct store_conn db;
    store_uuid node;
    yajl_val params;
    yajl_val grid;         /* instead of the file, or NULL */
    unsigned cancel_after; /* cancelled() turns true at this call; 0 = never */
    unsigned asked;
    unsigned progressed;
    unsigned percent;
    struct task_counts shown;                       /* with the last progress */
    void (*before_finish)(struct import_job *test); /* what happens between reading and writing, or NULL */
    /* How it ended. */
    yajl_val result;
    enum task_outcome outcome;
    char message[256], error_code[40], error[500];
};

static inline struct import_job *import_of(struct job *job)
{
    return (struct import_job *)job->runner;
}

static inline void import_progress(struct job *job, unsigned percent, const char *text)
{
    struct import_job *test = import_of(job);
    assert_true(percent >= test->percent && percent < 100);
    assert_true(strlen(text) > 0);
    assert_true(job->counts.n[COUNT_TOTAL] == 0 || job->counts.n[COUNT_DONE] <= job->counts.n[COUNT_TOTAL]);
    test->percent = percent;
    test->shown = job->counts;
    test->progressed++;
}

static inline bool import_cancelled(struct job *job)
{
    struct import_job *test = import_of(job);
    return ++test->asked >= test->cancel_after && test->cancel_after;
}

static inline int import_read_file(struct job *job, enum sheet_format format, const struct grid_sink *sink,
                                   struct sheet_error *err)
{
    struct import_job *test = import_of(job);
    struct sheet_input input = {job->file_fd, job->file->offset, job->file->length};
    struct sheet_limits limits = sheet_default_limits;
    limits.max_rows = job->settings->max_rows;
    limits.code_page = job->settings->mxl_code_page;
    if (!test->grid)
        return sheet_read(&input, format, &limits, sink, err);
    int rc = grid_send(test->grid, NULL, NULL, false, sink);
    return rc == GRID_STOP ? 0 : rc;
}

static inline void import_log(struct job *job, const char *format, ...)
{
    (void)job;
    (void)format;
}

/* ---- Ending ---------------------------------------------------------------------------------------------------- */

struct import_finish {
    struct job *job;
    struct job_ending *ending;
    job_effect_fn effect;
    void *ctx;
};

static inline int import_finish_body(struct store_conn *db, void *ctx)
{
    struct import_finish *f = ctx;
    struct import_job *test = import_of(f->job);
    int rc = f->effect ? f->effect(f->job, db, f->ending, f->ctx) : 0;
    if (rc != 0)
        return rc;
    struct journal_end end = {.status = f->ending->outcome == OUTCOME_FAILED ? JOURNAL_FAILED : JOURNAL_SUCCEEDED};
    end.outcome = f->ending->outcome;
    end.result = f->ending->result;
    end.message = f->ending->message;
    end.error_code = f->ending->error_code;
    end.error_message = f->ending->error;
    end.done_ms = 1770000000999;
    rc = journal_finish(db, f->job->id, test->node, JOURNAL_RUNNING, f->job->attempt, &end);
    return rc == 1 ? 0 : -1;
}

static inline enum job_verdict import_finish(struct job *job, struct job_ending *ending, job_effect_fn effect,
                                             job_effect_fn on_fail, void *ctx)
{
    struct import_job *test = import_of(job);
    struct import_finish f = {job, ending, effect, ctx};
    char why[100];
    if (test->before_finish)
        test->before_finish(test);
    if (ending->outcome == OUTCOME_FAILED)
        f.effect = on_fail;
    int rc = store_transaction(job->db, import_finish_body, NULL, &f, 3);
    if (rc == JOB_EFFECT_REJECT) {
        assert_int_equal(ending->outcome, OUTCOME_FAILED);
        f.effect = on_fail;
        rc = store_transaction(job->db, import_finish_body, NULL, &f, 3);
    }
    if (rc != 0) {
        job->error = job->db->error;
        return JOB_AGAIN;
    }
    test->outcome = ending->outcome;
    snprintf(test->message, sizeof test->message, "%s", ending->message);
    snprintf(test->error_code, sizeof test->error_code, "%s", ending->error_code);
    snprintf(test->error, sizeof test->error, "%s", ending->error);
    test->result = ending->result ? json_parse(ending->result, strlen(ending->result), 16, why, sizeof why) : NULL;
    return JOB_ENDED;
}

/* ---- Life ------------------------------------------------------------------------------------------------------ */

/* The counts that the progress showed last. `total` 0: not known yet. */
static inline void import_expect_counts(const struct import_job *test, uint64_t total, uint64_t done, uint64_t rejected)
{
    const struct task_counts *all[] = {&test->shown, &test->job.counts};
    for (size_t i = 0; i < 2; i++) {
        assert_true(all[i]->known);
        assert_int_equal(all[i]->n[COUNT_TOTAL], total);
        assert_int_equal(all[i]->n[COUNT_DONE], done);
        assert_int_equal(all[i]->n[COUNT_REJECTED], rejected);
    }
}

/* A path below tests/data. */
static inline const char *import_path(const char *name)
{
    static char path[4096];
    const char *dir = getenv("PF_DATA");
    snprintf(path, sizeof path, "%s/%s", dir ? dir : "tests/data", name);
    return path;
}

static inline void import_must(struct import_job *test, int rc, const char *what)
{
    if (rc != 0)
        fail_msg("%s: %s %u %s", what, store_class_name(test->db.error.cls), test->db.error.number,
                 test->db.error.text);
}

/* A fresh attempt at a fresh task: parameters as a client would send them, checked and filled up by the type's
 * table. */
static inline void import_job_init(struct import_job *test, const struct task_type *type, const char *params,
                                   const char *path)
{
    struct param_faults faults = {0};
    char why[100];
    *test = (struct import_job){.settings = {"RUB", "22", 14, 400, 30, "Europe/Moscow", 500000, 1251}};
    test->ops = (struct job_ops){import_progress, import_cancelled, import_read_file, import_finish, import_log};
    yajl_val given = json_parse(params, strlen(params), 4, why, sizeof why);
    char *canonical = params_from_json(type->params, given, &faults);
    if (!canonical)
        fail_msg("%s %s", faults.fault[0].pointer, faults.fault[0].detail);
    yajl_tree_free(given);
    test->params = json_parse(canonical, strlen(canonical), 4, why, sizeof why);
    uuid_generate(test->node);
    uuid_generate(test->job.id);
    store_conn_init(&test->db, fixture_config());
    import_must(test, store_ensure(&test->db), "connect");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail_msg("%s cannot be opened", path);
    off_t size = lseek(fd, 0, SEEK_END);
    test->file = (struct journal_file){.length = (uint64_t)size};
    const char *slash = strrchr(path, '/');
    snprintf(test->file.name, sizeof test->file.name, "%s", slash ? slash + 1 : path);
    test->job = (struct job){.ops = &test->ops,
                             .attempt = 1,
                             .params = test->params,
                             .file = &test->file,
                             .file_fd = fd,
                             .db = &test->db,
                             .settings = &test->settings,
                             .runner = test};
    uuid_generate(test->job.id);
    memset(test->job.file_sha256, 0x5a, 32);
    struct journal_new row = {
        .type = type->name, .params = canonical, .created_ms = 1770000000000, .file = &test->file};
    memcpy(row.id, test->job.id, 16);
    memcpy(row.node, test->node, 16);
    import_must(test, journal_insert(&test->db, &row), "journal_insert");
    struct journal_row claimed;
    assert_int_equal(journal_claim(&test->db, test->job.id, test->node, &claimed), 1);
    test->job.attempt = claimed.attempt;
    journal_row_fini(&claimed);
    free(canonical);
}

static inline void import_job_fini(struct import_job *test)
{
    yajl_tree_free(test->params);
    yajl_tree_free(test->result);
    close(test->job.file_fd);
    store_conn_fini(&test->db);
}

/* ---- Tables ---------------------------------------------------------------------------------------------------- */

/* Group set-up: the schema, once. These tests do not cut the power, so commits need not reach the disk. */
static inline int import_make_tables(void **state)
{
    struct store_conn db;
    (void)state;
    store_conn_init(&db, fixture_config());
    fixture_empty_database();
    int rc = store_ensure(&db) || store_migrate(&db, NULL) ||
             store_exec(&db, "SET GLOBAL innodb_flush_log_at_trx_commit = 0", NULL);
    if (rc != 0)
        fprintf(stderr, "%s\n", db.error.text);
    store_conn_fini(&db);
    return rc;
}

static inline void import_empty_tables(struct store_conn *db)
{
    static const char *const tables[] = {
        "DELETE FROM stock_item",      "DELETE FROM stock_import", "DELETE FROM warehouse", "DELETE FROM price_quote",
        "DELETE FROM quote_undo",      "DELETE FROM quote_import", "DELETE FROM party",     "DELETE FROM currency_rate",
        "DELETE FROM part_number_map", "DELETE FROM component",    "DELETE FROM task",      "DELETE FROM lease"};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        if (store_exec(db, tables[i], NULL) != 0)
            fail_msg("%s: %s", tables[i], db->error.text);
}

/* ---- Looking --------------------------------------------------------------------------------------------------- */

static inline int import_on_number(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(long long *)ctx = v[0].type == STORE_NULL ? -1 : atoll(v[0].text);
    return 0;
}

/* One number; -1 for NULL, -2 for no row. `sql` must be a string constant. */
static inline long long import_number(struct store_conn *db, const char *sql)
{
    long long value = -2;
    if (store_query(db, sql, NULL, 0, import_on_number, &value) != 0)
        fail_msg("%s: %s", sql, db->error.text);
    return value;
}

static inline int64_t import_count(const struct import_job *test, const char *key)
{
    return json_member_int(test->result, key, -1);
}

#endif
