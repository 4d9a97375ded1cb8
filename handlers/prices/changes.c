/* Changes of one run, page by page. */
#include "handlers/prices/changes.h"

#include "base/clock.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#define PAGE_TEXT "1000"
#define PAGE      1000

const struct param_spec price_changes_params[] = {CSV_PARAMS, {.name = NULL}};

/* clang-format off */
static const struct {
    const char *name, *russian;
    bool number;
} columns[] = {
    {"lot_code", "Лот", false},
    {"name", "Наименование", false},
    {"category", "Категория", false},
    {"outcome", "Что с ценой", false},
    {"method", "Метод", false},
    {"old_price", "Цена была", true},
    {"new_price", "Цена новая", true},
    {"change_pct", "Изменение, %", true},
    {"raw_price", "Цена до коэффициента", true},
    {"coefficient", "Коэффициент", true},
    {"n_quotes", "Котировок", true},
    {"n_used", "Учтено", true},
    {"outlier_low", "Выбросы ниже", true},
    {"outlier_high", "Выбросы выше", true},
};
/* clang-format on */
#define N_COLUMNS (sizeof columns / sizeof columns[0])

/* The component's number follows the columns. */
#define SELECT                                                                                                         \
    "SELECT c.lot_code, c.name, c.category, p.outcome, p.method, p.old_price, p.new_price, p.change_pct, "             \
    "p.raw_price, p.coefficient, p.n_quotes, p.n_used, p.outlier_low, p.outlier_high, p.component_id FROM "
#define REST                                                                                                           \
    " STRAIGHT_JOIN component c FORCE INDEX (PRIMARY) ON c.id = p.component_id WHERE p.task_id = ? AND "               \
    "p.component_id > ? ORDER BY p.component_id LIMIT " PAGE_TEXT
static const char of_run[] = SELECT "price_change p FORCE INDEX (uq_run)" REST;
static const char of_trial[] = SELECT "trial_change p FORCE INDEX (PRIMARY)" REST;

static bool is_trial(const struct journal_row *task)
{
    char why[80];
    yajl_val params = json_parse(task->params, strlen(task->params), 8, why, sizeof why);
    bool trial = json_member_bool(params, "dry_run", false);
    yajl_tree_free(params);
    return trial;
}

const char *price_changes_missing(const struct journal_row *task)
{
    static const char text[] = "the changes of a dry run are kept for a day, and this one is older; start it again";
    if (strcmp(task->type, "recalculate") != 0)
        return "only a recalculation has changes of prices";
    bool old = task->done_ms > 0 && clock_wall_ms() - task->done_ms >= PRICE_TRIAL_HOURS * INT64_C(3600000);
    return old && is_trial(task) ? text : "";
}

struct changes {
    struct csv_out csv;
    uint32_t last; /* number of the component read last */
    unsigned page;
};

static int on_change(const struct store_value *v, unsigned n, void *ctx)
{
    struct changes *changes = ctx;
    (void)n;
    for (size_t i = 0; i < N_COLUMNS; i++) {
        if (columns[i].number && v[i].text)
            csv_out_number(&changes->csv, v[i].text);
        else
            csv_out_text(&changes->csv, v[i].text);
    }
    csv_out_end(&changes->csv);
    changes->last = (uint32_t)strtoul(v[N_COLUMNS].text, NULL, 10);
    changes->page++;
    return changes->csv.failed != 0;
}

static int write_pages(struct store_conn *conn, struct changes *changes, const char *sql, const char *task)
{
    int rc;
    do {
        struct store_value v[] = {STORE_S(task), STORE_U(changes->last)};
        changes->page = 0;
        rc = store_query(conn, sql, v, 2, on_change, changes);
    } while (rc == 0 && changes->page == PAGE);
    return rc;
}

static void write_heading(struct csv_out *csv)
{
    for (size_t i = 0; i < N_COLUMNS; i++)
        csv_out_text(csv, csv->options.russian ? columns[i].russian : columns[i].name);
    csv_out_end(csv);
}

int price_changes_write(struct store_conn *conn, const struct journal_row *task, const struct csv_options *options,
                        struct file_sink *sink)
{
    struct changes *changes = calloc(1, sizeof *changes);
    char id[37];
    if (!changes)
        abort();
    uuid_unparse_lower(task->id, id);
    csv_out_open(&changes->csv, options, file_sink_write, sink);
    if (options->header)
        write_heading(&changes->csv);
    int rc = write_pages(conn, changes, is_trial(task) ? of_trial : of_run, id);
    if (rc >= 0)
        rc = csv_out_flush(&changes->csv) != 0 ? 1 : 0;
    free(changes);
    return rc;
}

int price_changes_purge(struct store_conn *conn, unsigned rows, uint64_t *deleted)
{
    struct store_value v[] = {STORE_U(PRICE_TRIAL_HOURS), STORE_U(rows)};
    return store_run(conn,
                     "DELETE FROM trial_change WHERE created_at < UTC_TIMESTAMP(3) - INTERVAL ? HOUR ORDER BY "
                     "created_at LIMIT ?",
                     v, 2, deleted, NULL);
}
