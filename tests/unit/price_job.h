/* Recalculation and price lists in tests: the demo catalogue, jobs without a file, CSV files of expected numbers. */
#ifndef PF_PRICE_JOB_H
#define PF_PRICE_JOB_H

#include "tests/unit/import_job.h"

static struct store_conn look;

static inline void price_must(int rc)
{
    if (rc != 0)
        fail_msg("%s %u %s", store_class_name(look.error.cls), look.error.number, look.error.text);
}

static inline void price_sql(const char *sql)
{
    price_must(store_exec(&look, sql, NULL));
}

static inline long long price_number(const char *sql)
{
    return import_number(&look, sql);
}

static inline int price_setup(void **state)
{
    (void)state;
    store_fault_hook = NULL;
    fixture_empty_database();
    store_conn_init(&look, fixture_config());
    price_must(store_ensure(&look));
    price_must(store_migrate(&look, NULL));
    return 0;
}

static inline int price_teardown(void **state)
{
    (void)state;
    store_fault_hook = NULL;
    store_conn_fini(&look);
    return 0;
}

/* A fresh task, not run yet. */
static inline void price_job(struct import_job *test, const struct task_type *type, const char *params)
{
    import_job_init(test, type, params, "/dev/null");
}

static inline void price_must_end(struct import_job *test, const struct task_type *type)
{
    enum job_verdict verdict = type->run(&test->job);
    if (verdict != JOB_ENDED)
        fail_msg("%s: verdict %d: %u %s", type->name, verdict, test->job.error.number, test->job.error.text);
}

static inline void price_run(struct import_job *test, const struct task_type *type, const char *params)
{
    price_job(test, type, params);
    price_must_end(test, type);
    if (test->outcome == OUTCOME_FAILED)
        fail_msg("%s: %s: %s", type->name, test->error_code, test->error);
}

static inline int price_on_text(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(char **)ctx = v[0].type == STORE_NULL ? NULL : strdup(v[0].text);
    return 0;
}

/* One text; NULL for NULL or no row. Heap. `sql` must be a string constant. */
static inline char *price_text(const char *sql)
{
    char *text = NULL;
    price_must(store_query(&look, sql, NULL, 0, price_on_text, &text));
    return text;
}

static inline void price_expect_text(const char *sql, const char *expected)
{
    char *text = price_text(sql);
    if (!text || strcmp(text, expected) != 0)
        fail_msg("%s\n is %s,\nnot %s", sql, text ? text : "(none)", expected);
    free(text);
}

/* The task's result in the journal, byte for byte. */
static inline void price_expect_json(const struct import_job *test, const char *expected)
{
    struct import_uuid_text {
        char s[40];
    } id;
    char *text = NULL;
    uuid_unparse(test->job.id, id.s);
    struct store_value v = STORE_S(id.s);
    price_must(store_query(&look, "SELECT result FROM task WHERE id = ?", &v, 1, price_on_text, &text));
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}

/* ---- The demo catalogue ---------------------------------------------------------------------------------------- */

static inline void price_load_table(const char *table, const char *path)
{
    struct import_job test;
    char params[60];
    snprintf(params, sizeof params, "{\"table\":\"%s\"}", table);
    import_job_init(&test, &task_catalog_import, params, import_path(path));
    price_must_end(&test, &task_catalog_import);
    assert_int_equal(test.outcome, OUTCOME_SUCCEEDED);
    import_job_fini(&test);
}

static inline void price_load_demo(void)
{
    price_load_table("warehouses", "demo/warehouses.csv");
    price_load_table("components", "demo/components.csv");
    price_load_table("part_numbers", "demo/part_numbers.csv");
    price_load_table("parties", "demo/parties.csv");
    price_load_table("rates", "demo/rates.csv");
    price_load_table("quotes", "demo/quotes.csv");
}

/* ---- Expected numbers ------------------------------------------------------------------------------------------ */

/* Plain CSV without quotes, heading skipped. */
struct price_csv {
    FILE *file;
    char line[512];
    char *field[8];
};

static inline struct price_csv price_csv_open(const char *name)
{
    struct price_csv csv = {.file = fopen(import_path(name), "r")};
    if (!csv.file || !fgets(csv.line, sizeof csv.line, csv.file))
        fail_msg("%s cannot be read", import_path(name));
    return csv;
}

static inline bool price_csv_next(struct price_csv *csv)
{
    if (!fgets(csv->line, sizeof csv->line, csv->file))
        return false;
    csv->line[strcspn(csv->line, "\r\n")] = '\0';
    char *at = csv->line;
    for (unsigned i = 0; i < 8; i++) {
        csv->field[i] = at;
        size_t n = strcspn(at, ",");
        at += n + (at[n] == ',');
        csv->field[i][n] = '\0';
    }
    return true;
}

static inline void price_csv_close(struct price_csv *csv)
{
    fclose(csv->file);
}

#endif
