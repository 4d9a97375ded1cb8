/* Recalculation side by side with what a person would write by hand, on a server of its own.
 *
 *   make tests/bench/bench_recalc && tests/bench/bench_recalc [COMPONENTS [ROUNDS]]
 *
 * Ten quotes a component, all within the window, so that every quote is judged and recorded. Each round: the
 * hand-written statement (quantity-weighted average by a covering index of its own, into a copy of the component
 * table), a dry run, a real run in which every price changes, LOAD DATA LOCAL of the audit rows that run wrote. Medians
 * and ratios at the end; then a list of all components against INSERT … SELECT of its items. */
#include "tests/unit/price_job.h"

#include <inttypes.h>
#include <time.h>

#include <sys/resource.h>

enum { ROUNDS_MAX = 15 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- Data ------------------------------------------------------------------------------------------------------ */

static void sql(const char *format, unsigned a, unsigned b)
{
    char text[2000];
    /* Formats are constants of this file. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, sizeof text, format, a, b);
#pragma GCC diagnostic pop
    price_must(store_exec(&look, text, NULL));
}

static void make_server_roomy(void)
{
    price_sql("SET GLOBAL innodb_buffer_pool_size = 1073741824");
    price_sql("SET GLOBAL innodb_log_file_size = 1073741824");
    price_sql("SET GLOBAL innodb_flush_log_at_trx_commit = 1");
}

static void make_base(void)
{
    price_sql("INSERT INTO party (kind, code, name, weight) SELECT 'supplier', CONCAT('S', seq), 'x', 0.5 + seq / 10 "
              "FROM seq_1_to_12");
    price_sql(
        "INSERT INTO currency_rate (currency, rate_date, rate) SELECT 'USD', '2025-01-01' + INTERVAL seq DAY, 80 + "
        "seq / 100 FROM seq_1_to_430");
}

/* Components from + 1 … to, ten quotes each, of the last 90 days, half of them in dollars. */
static void make_components(unsigned from, unsigned to)
{
    sql("INSERT INTO component (id, lot_code, lot_norm, name, category) SELECT seq, CONCAT('LOT-', LPAD(seq, 7, '0')), "
        "CONCAT('LOT', seq), CONCAT('Component number ', seq), CONCAT('C', seq MOD 20) FROM seq_%u_to_%u",
        from + 1, to);
    sql("INSERT INTO price_quote (party_id, component_id, part_number, pn_norm, price, currency, vat_included, "
        "vat_rate, "
        "qty, quoted_on) SELECT 1 + (seq * 7) MOD 12, 1 + seq DIV 10, CONCAT('PN', seq MOD "
        "100000), CONCAT('PN', seq MOD 100000), 1000 + (seq * 7919) MOD 200, IF(seq MOD 2, 'RUB', 'USD'), seq MOD 3 = "
        "0, "
        "20, 1 + (seq * 31) MOD 90, '2026-02-05' - INTERVAL (seq * 13) MOD 90 DAY FROM seq_%u_to_%u",
        from * 10, to * 10 - 1);
}

/* ---- Ours ------------------------------------------------------------------------------------------------------ */

static double run_task(const struct task_type *type, const char *params, int64_t *count, const char *key)
{
    struct import_job test;
    price_job(&test, type, params);
    double start = now();
    price_must_end(&test, type);
    double spent = now() - start;
    if (test.outcome != OUTCOME_SUCCEEDED)
        fail_msg("%s: %s", test.error_code, test.error);
    *count = import_count(&test, key);
    import_job_fini(&test);
    return spent;
}

static double dry_run(void)
{
    int64_t n;
    return run_task(&task_recalculate, "{\"as_of\":\"2026-02-05\",\"dry_run\":true}", &n, "components_total");
}

static double real_run(unsigned round, unsigned components)
{
    char params[80];
    int64_t updated;
    snprintf(params, sizeof params, "{\"as_of\":\"2026-02-05\",\"coefficient\":\"1.%02u\"}", round + 1);
    double spent = run_task(&task_recalculate, params, &updated, "updated");
    assert_int_equal(updated, components);
    return spent;
}

static double scoped_run(void)
{
    int64_t n;
    double best = 1e9;
    for (unsigned i = 0; i < 9; i++) {
        double spent =
            run_task(&task_recalculate,
                     "{\"as_of\":\"2026-02-05\",\"dry_run\":true,\"lot_codes\":[\"LOT-0000100\",\"LOT-0000200\","
                     "\"LOT-0000300\",\"LOT-0000400\",\"LOT-0000500\",\"LOT-0000600\",\"LOT-0000700\","
                     "\"LOT-0000800\",\"LOT-0000900\",\"LOT-0001000\"]}",
                     &n, "components_total");
        assert_int_equal(n, 10);
        best = spent < best ? spent : best;
    }
    return best;
}

/* ---- By hand --------------------------------------------------------------------------------------------------- */

static double by_hand(void)
{
    price_sql("DROP TABLE IF EXISTS bench_component");
    price_sql("CREATE TABLE bench_component LIKE component");
    price_sql("INSERT INTO bench_component SELECT * FROM component");
    double start = now();
    price_sql(
        "UPDATE bench_component c JOIN (SELECT component_id, SUM(price * qty) / SUM(qty) AS mean FROM price_quote "
        "FORCE INDEX (ix_bench) WHERE quoted_on >= '2025-11-07' GROUP BY component_id) q ON q.component_id = c.id "
        "SET c.price = q.mean");
    return now() - start;
}

static void empty_audit(void)
{
    price_sql("SET foreign_key_checks = 0");
    price_sql("TRUNCATE TABLE price_change_quote");
    price_sql("TRUNCATE TABLE price_change");
    price_sql("SET foreign_key_checks = 1");
}

static double load_table(MYSQL *raw, const char *dir, const char *table)
{
    char text[400];
    snprintf(text, sizeof text, "LOAD DATA LOCAL INFILE '%s/%s' INTO TABLE %s", dir, table, table);
    double start = now();
    if (mysql_query(raw, text) != 0)
        fail_msg("%s: %s", text, mysql_error(raw));
    return now() - start;
}

/* The rows the run before wrote, through files. */
static double load_audit(const char *dir)
{
    const struct store_config *config = fixture_config();
    static const char *const tables[] = {"price_change", "price_change_quote"};
    unsigned on = 1;
    char text[400];
    MYSQL *raw = mysql_init(NULL);
    mysql_options(raw, MYSQL_OPT_LOCAL_INFILE, &on);
    if (!mysql_real_connect(raw, NULL, config->user, NULL, config->name, 0, config->socket, 0))
        fail_msg("%s", mysql_error(raw));
    for (size_t i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "%s/%s", dir, tables[i]);
        unlink(text);
        snprintf(text, sizeof text, "SELECT * INTO OUTFILE '%s/%s' FROM %s", dir, tables[i], tables[i]);
        price_must(store_exec(&look, text, NULL));
    }
    empty_audit();
    double spent = load_table(raw, dir, tables[0]) + load_table(raw, dir, tables[1]);
    mysql_close(raw);
    return spent;
}

/* ---- Lists ----------------------------------------------------------------------------------------------------- */

static void bench_list(unsigned components)
{
    int64_t items;
    double ours =
        run_task(&task_pricelist_create, "{\"source\":\"estimate\",\"as_of\":\"2026-02-05\"}", &items, "items");
    assert_int_equal(items, components);
    price_sql(
        "INSERT INTO pricelist (source, seq, version, currency, as_of, params, task_id) VALUES ('warehouse', 1, 'x', "
        "'RUB', '2026-02-05', '{}', UUID())");
    double start = now();
    price_sql(
        "INSERT INTO pricelist_item SELECT (SELECT MAX(id) FROM pricelist), lot_code, component_id, name, category, "
        "unit, price, qty, basis, n_obs, price_min, price_max, price_as_of, part_numbers FROM pricelist_item");
    double hand = now() - start;
    printf("list of %u items     %7.2f s; INSERT SELECT %.2f s: ratio %.2f (goal 2)\n", components, ours, hand,
           ours / hand);
}

/* ---- Report ---------------------------------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, unsigned n)
{
    qsort(values, n, sizeof *values, ascending);
    return values[n / 2];
}

int main(int argc, char **argv)
{
    unsigned components = argc > 1 ? (unsigned)atoi(argv[1]) : 100000, rounds = argc > 2 ? (unsigned)atoi(argv[2]) : 3;
    double hand[ROUNDS_MAX], dry[ROUNDS_MAX], real[ROUNDS_MAX], load[ROUNDS_MAX];
    char dir[] = "/tmp/pf-bench-XXXXXX";
    struct rusage usage;
    if (fixture_start() != 0 || !mkdtemp(dir) || rounds == 0 || rounds > ROUNDS_MAX || components < 1000)
        return 1;
    price_setup(NULL);
    make_server_roomy();
    make_base();
    make_components(0, 1000);
    double few = scoped_run();
    make_components(1000, components);
    price_sql("CREATE INDEX ix_bench ON price_quote (component_id, quoted_on, qty, price)");
    price_sql("ANALYZE TABLE price_quote, component");
    double many = scoped_run();
    for (unsigned i = 0; i < rounds; i++) {
        hand[i] = by_hand();
        dry[i] = dry_run();
        empty_audit();
        real[i] = real_run(i, components);
        load[i] = load_audit(dir);
        printf("round %u: by hand %.2f, dry run %.2f, real run %.2f, LOAD DATA %.2f s\n", i, hand[i], dry[i], real[i],
               load[i]);
        fflush(stdout);
    }
    double h = median(hand, rounds), d = median(dry, rounds), r = median(real, rounds), l = median(load, rounds);
    getrusage(RUSAGE_SELF, &usage);
    printf("%u components, %u quotes\n", components, components * 10);
    printf("dry run        %7.2f s; statement %.2f s: ratio %.2f (goal 1.5)\n", d, h, d / h);
    printf("real run       %7.2f s; statement + LOAD DATA %.2f s: ratio %.2f (goal 1.3)\n", r, h + l, r / (h + l));
    printf("10 components  %7.4f s of %u, %.4f s of 1000: ratio %.2f (goal 0.8-1.2)\n", many, components, few,
           many / few);
    printf("largest memory %7ld KiB (goal 131072)\n", usage.ru_maxrss);
    bench_list(components);
    return 0;
}
