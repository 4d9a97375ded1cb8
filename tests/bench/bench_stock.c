/* Stock imports against what MariaDB needs for the same rows, on a server of its own.
 *
 *   make tests/bench/bench_stock && python3 tests/bench/make_stock.py 500000 DIR
 *   tests/bench/bench_stock DIR/before.xlsx DIR/after.xlsx ROWS CHANGED [ROUNDS]
 *
 * An import is measured from its start to the commit, the reading of the .xlsx file included (here in the same process;
 * the daemon reads in another one at the same time). LOAD DATA gets the rows ready made, in the order of the file.
 * First into an empty warehouse. Then into one that holds `before`, with `after`, in which CHANGED rows have another
 * quantity: beside it LOAD DATA into a staging table and INSERT … ON DUPLICATE KEY UPDATE of all rows. */
#include "tests/bench/bench_db.h"

#define COLUMNS                                                                                                        \
    "warehouse_id, pn_norm, vendor_norm, part_number, name, component_id, lot_qty, qty, reserved, unit, unit_cost, "   \
    "received_on, stock_import_id"

struct files {
    const char *before, *after;
    char csv_before[400], csv_after[400];
    int64_t rows, changed;
    MYSQL *raw;
};

static struct bench_cost import(const char *path, const char *key, int64_t wanted)
{
    return bench_task(&task_stock_import, "{\"warehouse\":\"MAIN\",\"stock_date\":\"2026-02-05\"}", path, key, wanted);
}

static void empty_stock(void)
{
    price_sql("TRUNCATE TABLE stock_item");
    bench_settle();
}

/* The rows as they are now, in the order of the file (its names count its rows). */
static void write_csv(const char *path)
{
    char text[900];
    unlink(path);
    snprintf(text, sizeof text,
             "SELECT " COLUMNS " INTO OUTFILE '%s' CHARACTER SET utf8mb4 FROM stock_item ORDER BY name", path);
    price_must(store_exec(&look, text, NULL));
}

static void prepare(struct files *files, const char *dir)
{
    snprintf(files->csv_before, sizeof files->csv_before, "%s/before.csv", dir);
    snprintf(files->csv_after, sizeof files->csv_after, "%s/after.csv", dir);
    files->raw = bench_loader();
    import(files->before, "inserted", files->rows);
    write_csv(files->csv_before);
    import(files->after, "updated", files->changed);
    write_csv(files->csv_after);
    price_sql("CREATE TABLE bench_stage (n INT UNSIGNED AUTO_INCREMENT PRIMARY KEY) SELECT " COLUMNS
              " FROM stock_item LIMIT 0");
}

static void into_empty(const struct files *files, struct bench_pair *pair)
{
    empty_stock();
    struct bench_cost ours = import(files->before, "inserted", files->rows);
    empty_stock();
    bench_add(pair, ours, bench_load(files->raw, files->csv_before, "stock_item", "(" COLUMNS ")"));
}

/* Starts and ends with `before` in stock. */
static void into_filled(const struct files *files, struct bench_pair *pair)
{
    bench_settle();
    struct bench_cost ours = import(files->after, "updated", files->changed);
    import(files->before, "updated", files->changed);
    price_sql("TRUNCATE TABLE bench_stage");
    bench_settle();
    struct bench_cost load = bench_load(files->raw, files->csv_after, "bench_stage", "(" COLUMNS ")");
    struct bench_cost merge = bench_statement(
        "INSERT INTO stock_item (" COLUMNS ") SELECT " COLUMNS
        " FROM bench_stage ON DUPLICATE KEY UPDATE part_number = "
        "VALUES(part_number), name = VALUES(name), component_id = VALUES(component_id), lot_qty = VALUES(lot_qty), qty "
        "= VALUES(qty), reserved = VALUES(reserved), unit = VALUES(unit), unit_cost = VALUES(unit_cost), received_on = "
        "VALUES(received_on), stock_import_id = VALUES(stock_import_id)");
    bench_add(pair, ours, bench_sum(load, merge));
    import(files->before, "updated", files->changed);
}

static void show(const char *what, const struct bench_pair *pair)
{
    const struct bench_cost *ours = &pair->ours[pair->n - 1], *theirs = &pair->theirs[pair->n - 1];
    printf("round %u, %s: %.2f against %.2f s; CPU %.2f against %.2f\n", pair->n - 1, what, ours->time, theirs->time,
           ours->cpu, theirs->cpu);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return 2;
    struct files files = {.before = argv[1], .after = argv[2], .rows = atoll(argv[3]), .changed = atoll(argv[4])};
    struct bench_pair empty = {.n = 0}, filled = {.n = 0};
    unsigned rounds = argc > 5 ? (unsigned)atoi(argv[5]) : 5;
    char dir[] = "/tmp/pf-bench-XXXXXX";
    if (fixture_start() != 0 || !mkdtemp(dir) || rounds == 0 || rounds > BENCH_ROUNDS_MAX)
        return 1;
    price_setup(NULL);
    bench_make_server_roomy();
    price_sql("INSERT INTO warehouse (code, name) VALUES ('MAIN', 'x')");
    prepare(&files, dir);
    for (unsigned i = 0; i < rounds; i++) {
        into_empty(&files, &empty);
        show("empty warehouse", &empty);
    }
    import(files.before, "rows_total", files.rows);
    for (unsigned i = 0; i < rounds; i++) {
        into_filled(&files, &filled);
        show("filled warehouse", &filled);
    }
    printf("%lld rows, %lld changed\n", (long long)files.rows, (long long)files.changed);
    bool reached = bench_report(&empty, "stock import, empty warehouse", "LOAD DATA", 1.25);
    reached = bench_report(&filled, "stock import, filled warehouse", "LOAD DATA + ON DUPLICATE KEY", 0.5) && reached;
    bench_report_memory("largest memory of a run (no goal)");
    mysql_close(files.raw);
    return reached ? 0 : 1;
}
