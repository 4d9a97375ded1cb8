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
    price_sql("SET GLOBAL innodb_flush_log_at_trx_commit = 0"); /* nothing here outlives the server */
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

/* ---- Worked examples ------------------------------------------------------------------------------------------- */

/* A member as a parameter: text, number, or NULL when it is null or missing. */
static inline struct store_value price_member(yajl_val object, const char *key, const char *otherwise)
{
    yajl_val value = json_member(object, key);
    const char *text = YAJL_IS_STRING(value)   ? value->u.string
                       : YAJL_IS_NUMBER(value) ? value->u.number.r
                       : YAJL_IS_TRUE(value)   ? "1"
                       : YAJL_IS_FALSE(value)  ? "0"
                                               : otherwise;
    return text ? STORE_S(text) : STORE_N;
}

static inline void price_insert(const char *sql, const struct store_value *v, unsigned n)
{
    if (store_run(&look, sql, v, n, NULL, NULL) != 0)
        fail_msg("%s: %s", sql, look.error.text);
}

static inline void price_case_rate(yajl_val r)
{
    struct store_value v[] = {price_member(r, "currency", NULL), price_member(r, "date", NULL),
                              price_member(r, "nominal", "1"), price_member(r, "rate", NULL)};
    price_insert("INSERT INTO currency_rate (currency, rate_date, nominal, rate) VALUES (?,?,?,?)", v, 4);
}

static inline void price_case_party(yajl_val p)
{
    struct store_value v[] = {price_member(p, "kind", "supplier"), price_member(p, "code", NULL),
                              price_member(p, "code", NULL), price_member(p, "weight", "1"),
                              price_member(p, "active", "1")};
    price_insert("INSERT INTO party (kind, code, name, weight, active) VALUES (?,?,?,?,?)", v, 5);
}

static inline void price_case_component(yajl_val c)
{
    struct store_value v[] = {price_member(c, "lot_code", NULL),     price_member(c, "lot_code", NULL),
                              price_member(c, "lot_code", NULL),     price_member(c, "active", "1"),
                              price_member(c, "price_method", NULL), price_member(c, "window_days", NULL),
                              price_member(c, "coefficient", "1"),   price_member(c, "manual_price", NULL),
                              price_member(c, "price", NULL),        STORE_N,
                              price_member(c, "price_as_of", NULL)};
    v[9] = price_member(c, "price_state", v[8].type == STORE_NULL ? "none" : "fresh");
    price_insert("INSERT INTO component (lot_code, lot_norm, name, active, price_method, window_days, coefficient, "
                 "manual_price, price, price_state, price_as_of) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                 v, 11);
}

static inline void price_case_quote(yajl_val q)
{
    struct store_value v[] = {price_member(q, "id", NULL),          price_member(q, "party", NULL),
                              price_member(q, "lot_code", "LOT-1"), price_member(q, "pn", ""),
                              price_member(q, "price", NULL),       price_member(q, "price_per", "1"),
                              price_member(q, "currency", NULL),    price_member(q, "vat_included", "0"),
                              price_member(q, "vat_rate", "0"),     price_member(q, "min_qty", "1"),
                              price_member(q, "qty", NULL),         price_member(q, "on", NULL),
                              price_member(q, "valid_until", NULL), price_member(q, "status", "active")};
    price_insert(
        "INSERT INTO price_quote (id, party_id, component_id, pn_norm, price, price_per, currency, vat_included, "
        "vat_rate, min_qty, qty, quoted_on, valid_until, status) VALUES (?, (SELECT id FROM party WHERE code = ?), "
        "(SELECT id FROM component WHERE lot_code = ?), ?,?,?,?,?,?,?,?,?,?,?)",
        v, 14);
}

static inline void price_case_stock(yajl_val s)
{
    static unsigned number;
    char pn[20];
    snprintf(pn, sizeof pn, "PN%u", ++number);
    struct store_value code[] = {price_member(s, "warehouse", NULL), price_member(s, "warehouse", NULL)};
    price_insert("INSERT IGNORE INTO warehouse (code, name) VALUES (?,?)", code, 2);
    price_insert(
        "INSERT IGNORE INTO stock_import (id, task_id, warehouse_id, file_name, file_sha256, file_format, mode, "
        "stock_date, rows_total, rows_rejected, inserted, updated, unchanged, deleted) SELECT id, UUID(), id, "
        "'x', '', 'xlsx', 'merge', '2026-02-05', 0, 0, 0, 0, 0, 0 FROM warehouse WHERE code = ?",
        code, 1);
    struct store_value v[] = {code[0],
                              code[0],
                              STORE_S(pn),
                              STORE_S(pn),
                              price_member(s, "lot_code", NULL),
                              price_member(s, "lot_qty", "1"),
                              price_member(s, "qty", NULL),
                              price_member(s, "reserved", "0"),
                              price_member(s, "unit_cost", NULL)};
    price_insert(
        "INSERT INTO stock_item (warehouse_id, stock_import_id, pn_norm, part_number, component_id, lot_qty, qty, "
        "reserved, unit_cost) VALUES ((SELECT id FROM warehouse WHERE code = ?), (SELECT id FROM warehouse WHERE "
        "code = ?), ?, ?, (SELECT id FROM component WHERE lot_code = ?), ?, ?, ?, ?)",
        v, 9);
}

static inline void price_case_each(yajl_val example, const char *key, void (*fn)(yajl_val))
{
    yajl_val list = json_member(example, key);
    for (size_t i = 0; YAJL_IS_ARRAY(list) && i < list->u.array.len; i++)
        fn(list->u.array.values[i]);
}

/* Into an empty catalogue. */
static inline void price_case_load(yajl_val example)
{
    static const char *const tables[] = {
        "DELETE FROM price_change", "DELETE FROM pricelist",     "DELETE FROM stock_item",
        "DELETE FROM stock_import", "DELETE FROM price_quote",   "DELETE FROM component",
        "DELETE FROM party",        "DELETE FROM currency_rate", "DELETE FROM warehouse"};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        price_sql(tables[i]);
    price_case_each(example, "rates", price_case_rate);
    price_case_each(example, "parties", price_case_party);
    price_case_each(example, "components", price_case_component);
    if (json_member(example, "component"))
        price_case_component(json_member(example, "component"));
    price_case_each(example, "quotes", price_case_quote);
    price_case_each(example, "stock", price_case_stock);
}

static inline void price_put_value(struct json_out *out, yajl_val value)
{
    if (YAJL_IS_STRING(value))
        json_string(out, value->u.string);
    else if (YAJL_IS_NUMBER(value))
        json_raw(out, value->u.number.r, strlen(value->u.number.r));
    else if (YAJL_IS_TRUE(value) || YAJL_IS_FALSE(value))
        json_bool(out, YAJL_IS_TRUE(value));
    else if (YAJL_IS_ARRAY(value)) {
        json_array(out);
        for (size_t i = 0; i < value->u.array.len; i++)
            price_put_value(out, value->u.array.values[i]);
        json_array_end(out);
    } else {
        json_null(out);
    }
}

/* The example's parameters and one more. Heap. */
static inline char *price_case_params(yajl_val example, const char *key, const char *value)
{
    struct json_out out;
    yajl_val params = json_member(example, "params");
    json_out_init(&out);
    json_object(&out);
    for (size_t i = 0; i < params->u.object.len; i++) {
        json_key(&out, params->u.object.keys[i]);
        price_put_value(&out, params->u.object.values[i]);
    }
    json_put_string(&out, key, value);
    json_object_end(&out);
    char *text = json_out_copy(&out);
    json_out_fini(&out);
    return text;
}

/* Columns of a row against members of an object: a NULL column and a missing or null member are equal. */
static inline void price_expect_columns(const char *what, const struct store_value *v, yajl_val expected,
                                        const char *const *keys)
{
    for (unsigned i = 0; keys[i]; i++) {
        struct store_value want = price_member(expected, keys[i], NULL);
        const char *got = v[i].type == STORE_NULL ? "(none)" : v[i].text;
        const char *wanted = want.type == STORE_NULL ? "(none)" : want.text;
        if (strcmp(got, wanted) != 0)
            fail_msg("%s, %s: %s, not %s", what, keys[i], got, wanted);
    }
}

#endif
