/* Recalculation side by side with what a person would write by hand, on a server of its own.
 *
 *   make tests/bench/bench_recalc && tests/bench/bench_recalc [COMPONENTS [ROUNDS]]
 *
 * Ten quotes a component, all within the window, so that every quote is judged and recorded. Each round: the
 * hand-written statement (quantity-weighted average by a covering index of its own, into a copy of the component
 * table), a dry run, a real run in which every price changes, LOAD DATA LOCAL of the audit rows that run wrote. */
#include "tests/bench/bench_db.h"

/* ---- Data ------------------------------------------------------------------------------------------------------ */

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
    bench_sql(
        "INSERT INTO component (id, lot_code, lot_norm, name, category) SELECT seq, CONCAT('LOT-', LPAD(seq, 7, '0')), "
        "CONCAT('LOT', seq), CONCAT('Component number ', seq), CONCAT('C', seq MOD 20) FROM seq_%u_to_%u",
        from + 1, to);
    bench_sql("INSERT INTO price_quote (party_id, component_id, part_number, pn_norm, price, currency, vat_included, "
              "vat_rate, qty, quoted_on) SELECT 1 + (seq * 7) MOD 12, 1 + seq DIV 10, CONCAT('PN', seq MOD 100000), "
              "CONCAT('PN', seq MOD 100000), 1000 + (seq * 7919) MOD 200, IF(seq MOD 2, 'RUB', 'USD'), seq MOD 3 = 0, "
              "20, 1 + (seq * 31) MOD 90, '2026-02-05' - INTERVAL (seq * 13) MOD 90 DAY FROM seq_%u_to_%u",
              from * 10, to * 10 - 1);
}

/* ---- Ours ------------------------------------------------------------------------------------------------------ */

static struct bench_cost dry_run(unsigned components)
{
    return bench_task(&task_recalculate, "{\"as_of\":\"2026-02-05\",\"dry_run\":true}", "/dev/null", "components_total",
                      components);
}

static struct bench_cost real_run(unsigned round, unsigned components)
{
    char params[80];
    snprintf(params, sizeof params, "{\"as_of\":\"2026-02-05\",\"coefficient\":\"1.%02u\"}", round + 1);
    return bench_task(&task_recalculate, params, "/dev/null", "updated", components);
}

/* The best of many: what is compared is a few milliseconds. */
static struct bench_cost scoped_run(void)
{
    struct bench_cost best = {1e9, 1e9};
    for (unsigned i = 0; i < 60; i++) {
        struct bench_cost cost =
            bench_task(&task_recalculate,
                       "{\"as_of\":\"2026-02-05\",\"dry_run\":true,\"lot_codes\":[\"LOT-0000100\",\"LOT-0000200\","
                       "\"LOT-0000300\",\"LOT-0000400\",\"LOT-0000500\",\"LOT-0000600\",\"LOT-0000700\","
                       "\"LOT-0000800\",\"LOT-0000900\",\"LOT-0001000\"]}",
                       "/dev/null", "components_total", 10);
        best = cost.time < best.time ? cost : best;
    }
    return best;
}

/* ---- By hand --------------------------------------------------------------------------------------------------- */

static struct bench_cost by_hand(void)
{
    price_sql("DROP TABLE IF EXISTS bench_component");
    price_sql("CREATE TABLE bench_component LIKE component");
    price_sql("INSERT INTO bench_component SELECT * FROM component");
    bench_settle();
    return bench_statement(
        "UPDATE bench_component c JOIN (SELECT component_id, SUM(price * qty) / SUM(qty) AS mean FROM price_quote "
        "FORCE INDEX (ix_bench) WHERE quoted_on >= '2025-11-07' GROUP BY component_id) q ON q.component_id = c.id "
        "SET c.price = q.mean");
}

static void empty_audit(void)
{
    price_sql("SET foreign_key_checks = 0");
    price_sql("TRUNCATE TABLE price_change_quote");
    price_sql("TRUNCATE TABLE price_change");
    price_sql("SET foreign_key_checks = 1");
    bench_settle();
}

/* The rows the run before wrote, through files. */
static struct bench_cost load_audit(const char *dir)
{
    static const char *const tables[] = {"price_change", "price_change_quote"};
    struct bench_cost cost = {0, 0};
    char path[2][400], text[900];
    MYSQL *raw = bench_loader();
    for (size_t i = 0; i < 2; i++) {
        snprintf(path[i], sizeof path[i], "%s/%s", dir, tables[i]);
        unlink(path[i]);
        snprintf(text, sizeof text, "SELECT * INTO OUTFILE '%s' CHARACTER SET utf8mb4 FROM %s", path[i], tables[i]);
        price_must(store_exec(&look, text, NULL));
    }
    empty_audit();
    for (size_t i = 0; i < 2; i++)
        cost = bench_sum(cost, bench_load(raw, path[i], tables[i], ""));
    mysql_close(raw);
    return cost;
}

/* ---- Rounds ---------------------------------------------------------------------------------------------------- */

static bool compare(unsigned components, unsigned rounds, const char *dir)
{
    struct bench_pair dry = {.n = 0}, real = {.n = 0};
    for (unsigned i = 0; i < rounds; i++) {
        struct bench_cost hand = by_hand();
        bench_add(&dry, dry_run(components), hand);
        empty_audit();
        struct bench_cost ours = real_run(i, components);
        struct bench_cost load = load_audit(dir);
        bench_add(&real, ours, bench_sum(hand, load));
        printf("round %u: statement %.2f, dry run %.2f, real run %.2f, LOAD DATA %.2f s; CPU %.2f, %.2f, %.2f, %.2f\n",
               i, hand.time, dry.ours[i].time, ours.time, load.time, hand.cpu, dry.ours[i].cpu, ours.cpu, load.cpu);
        fflush(stdout);
    }
    printf("%u components, %u quotes\n", components, components * 10);
    bool reached = bench_report(&dry, "recalculate, dry run", "statement", 1.5);
    return bench_report(&real, "recalculate, every price and quote written", "statement + LOAD DATA", 1.3) && reached;
}

int main(int argc, char **argv)
{
    unsigned components = argc > 1 ? (unsigned)atoi(argv[1]) : 100000, rounds = argc > 2 ? (unsigned)atoi(argv[2]) : 5;
    char dir[] = "/tmp/pf-bench-XXXXXX";
    if (fixture_start() != 0 || !mkdtemp(dir) || rounds == 0 || rounds > BENCH_ROUNDS_MAX || components < 1000)
        return 1;
    price_setup(NULL);
    bench_make_server_roomy();
    make_base();
    make_components(0, 1000);
    double few = scoped_run().time;
    make_components(1000, components);
    price_sql("CREATE INDEX ix_bench ON price_quote (component_id, quoted_on, qty, price)");
    price_sql("ANALYZE TABLE price_quote, component");
    double many = scoped_run().time;
    bool reached = compare(components, rounds, dir);
    bool alike = many / few <= 1.2 && many / few >= 0.8;
    printf("%-44s %7.2f ms  of 1000: %.2f ms  ratio %.2f (goal 0.80-1.20%s)\n", "10 components of all", many * 1e3,
           few * 1e3, many / few, alike ? "" : ": MISSED");
    reached = bench_report_memory("largest memory of a run") && reached;
    return reached && alike ? 0 : 1;
}
