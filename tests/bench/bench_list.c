/* A price list of every component against INSERT … SELECT of the same rows, on a server of its own.
 *
 *   make tests/bench/bench_list && tests/bench/bench_list [COMPONENTS [ROUNDS]]
 *
 * INSERT … SELECT takes rows that are computed already and pays for the triggers and keys of the items as well. Part
 * numbers are there too: two a component. */
#include "tests/bench/bench_db.h"

static void make_components(unsigned n)
{
    bench_sql("INSERT INTO component (id, lot_code, lot_norm, name, category, price, price_state, price_as_of) SELECT "
              "seq, CONCAT('LOT-', LPAD(seq, 7, '0')), CONCAT('LOT', seq), CONCAT('Component number ', seq), "
              "CONCAT('C', seq MOD 20), 100 + seq / 100, 'fresh', '2026-02-05' FROM seq_%u_to_%u",
              1, n);
    bench_sql("INSERT INTO part_number_map (pn_norm, pn_skeleton, part_number, component_id) SELECT CONCAT('PN', seq), "
              "CONCAT('PN', seq), CONCAT('PN-', seq), 1 + seq MOD %u FROM seq_1_to_%u",
              n, 2 * n);
    price_sql("ANALYZE TABLE component, part_number_map");
}

static void remove_lists(void)
{
    price_sql("DELETE FROM pricelist");
    bench_settle();
}

/* From a plain copy: selecting from the table itself would make the server buffer the rows first. */
static struct bench_cost by_hand(void)
{
    price_sql("CREATE OR REPLACE TABLE bench_item AS SELECT * FROM pricelist_item");
    price_sql("INSERT INTO pricelist (source, seq, version, currency, as_of, params, task_id) VALUES ('warehouse', 1, "
              "'x', 'RUB', '2026-02-05', '{}', UUID())");
    bench_settle();
    return bench_statement(
        "INSERT INTO pricelist_item SELECT (SELECT id FROM pricelist WHERE source = 'warehouse'), lot_code, "
        "component_id, name, category, unit, price, qty, basis, n_obs, price_min, price_max, price_as_of, part_numbers "
        "FROM bench_item");
}

int main(int argc, char **argv)
{
    unsigned components = argc > 1 ? (unsigned)atoi(argv[1]) : 100000, rounds = argc > 2 ? (unsigned)atoi(argv[2]) : 5;
    struct bench_pair pair = {.n = 0};
    if (fixture_start() != 0 || rounds == 0 || rounds > BENCH_ROUNDS_MAX || components < 1000)
        return 1;
    price_setup(NULL);
    bench_make_server_roomy();
    make_components(components);
    for (unsigned i = 0; i < rounds; i++) {
        remove_lists();
        struct bench_cost ours =
            bench_task(&task_pricelist_create, "{\"source\":\"estimate\",\"as_of\":\"2026-02-05\"}", "/dev/null",
                       "items", components);
        bench_add(&pair, ours, by_hand());
    }
    printf("%u items\n", components);
    bool reached = bench_report(&pair, "price list", "INSERT SELECT", 2.0);
    return bench_report_memory("largest memory of a run") && reached ? 0 : 1;
}
