/* Random rows through a stock import: everything adds up, and a second run finds nothing to change. */
#include "tests/unit/stock/scene.h"

/* ---- Everything adds up ---------------------------------------------------------------------------------------- */

static const char *const words[] = {"MM64-R5",
                                    "KLV-32R5-48",
                                    "SD3T8-E",
                                    "DUP-100",
                                    "NEW-1",
                                    "Итого",
                                    "Артикул",
                                    "Количество",
                                    "шт",
                                    "упак",
                                    "м",
                                    "кг",
                                    "12",
                                    "-3",
                                    "1 000,5",
                                    "1.23E+15",
                                    "USD",
                                    "100 $",
                                    "MAIN",
                                    "Удалённый склад",
                                    "05.02.2026",
                                    "—",
                                    "(5)",
                                    ">7",
                                    "ММ64 R5",
                                    " ",
                                    "Модуль MM64-R5",
                                    "0"};

static int send_random_row(uint64_t *random, uint32_t number, const struct grid_sink *sink)
{
    struct grid_cell cells[10];
    struct grid_row row = {.row = number, .outline = (uint8_t)(testdata_random(random) % 3), .cells = cells};
    for (uint32_t column = 0; column < 10; column++) {
        uint64_t r = testdata_random(random) >> 8;
        if (r % 4 == 0)
            continue;
        const char *text = words[(r >> 4) % (sizeof words / sizeof words[0])];
        cells[row.n_cells] =
            (struct grid_cell){.column = column, .kind = GRID_TEXT, .text = text, .len = (uint32_t)strlen(text)};
        if (r % 4 == 1 && column > 4) {
            cells[row.n_cells].kind = GRID_NUMBER;
            cells[row.n_cells].text = r % 3 ? "7.5" : "46037";
            cells[row.n_cells].len = r % 3 ? 3 : 5;
        }
        row.n_cells++;
    }
    return sink->row(sink->ctx, &row);
}

static int send_random_sheet(uint64_t seed, struct grid_run *run)
{
    static const char *const head[10] = {"Артикул",    "Бренд",  "Наименование", "Ед.",    "Склад",
                                         "Количество", "Резерв", "Цена",         "Валюта", "Дата прихода"};
    struct grid_sink sink = stock_reader_sink(&run->reader);
    struct grid_sheet sheet = {.name = "S"};
    struct grid_cell cells[10];
    uint64_t random = seed;
    assert_int_equal(sink.sheet(sink.ctx, &sheet), 0);
    for (uint32_t i = 0; i < 10; i++) {
        const char *text = i == 4 && seed % 8 ? "Примечание" : head[i]; /* few rows name our warehouse by chance */
        cells[i] = (struct grid_cell){.column = i, .kind = GRID_TEXT, .text = text, .len = (uint32_t)strlen(text)};
    }
    struct grid_row row = {.row = 0, .n_cells = 10, .cells = cells};
    assert_int_equal(sink.row(sink.ctx, &row), 0);
    int rc = 0;
    for (uint32_t i = 1; i < 60 && rc == 0; i++)
        rc = send_random_row(&random, i, &sink);
    return rc == 0 ? sink.sheet_end(sink.ctx) : rc;
}

static void send_random(uint64_t seed, struct grid_run *run)
{
    int rc = send_random_sheet(seed, run);
    if (rc == STOCK_SINK_AGAIN) {
        stock_reader_again(&run->reader);
        rc = send_random_sheet(seed, run);
    }
    assert_int_equal(rc, 0);
    run->rc = stock_reader_finish(&run->reader);
}

static void check_sums(const struct grid_run *run)
{
    struct stock_totals t = stock_items_totals(&run->items, run->params.mode);
    uint64_t errors = 0;
    for (unsigned code = 1; code < STOCK_CODES; code++)
        if (stock_code_is_error((enum stock_code)code))
            errors += run->reader.issues.count[code];
    assert_true(errors >= run->reader.rows_rejected); /* all faults of a row are told */
    assert_int_equal(stock_reader_accepted(&run->reader),
                     t.inserted + t.updated + t.unchanged + run->reader.duplicates_merged);
    assert_int_equal(t.matched + t.unmatched, t.inserted + t.updated + t.unchanged);
}

/* Give the items of one run to another as its present stock. */
static void copy_stock(const struct grid_run *from, struct grid_run *to)
{
    for (uint32_t i = 0; i < from->items.n; i++) {
        const struct stock_item *item = &from->items.item[i];
        if (!item->in_file) /* a first reading knew it */
            continue;
        struct stock_old old = {
            .id = i + 1, .pn_norm = stock_item_pn(&from->items, item), .part_number = "", .name = ""};
        old.vendor_norm = stock_item_vendor(&from->items, item);
        old.component_id = item->component == ARENA_NONE ? 0 : from->catalog.components[item->component].id;
        old.lot_qty = item->lot_qty;
        old.qty = item->qty;
        old.reserved = item->reserved;
        old.cost = item->cost;
        old.date = item->date;
        old.unit = (enum unit)item->unit;
        stock_items_add_old(&to->items, &old);
    }
}

static void adds_up_and_repeats(void **state)
{
    (void)state;
    static struct grid_run first, second;
    static const char *const variants[] = {ALL, ALL ",'duplicates':'last'",
                                           ALL ",'duplicates':'first','negative':'keep'",
                                           ALL ",'duplicates':'reject','mode':'merge'"};
    unsigned with_items = 0; /* all runs together */
    for (uint64_t seed = 1; seed <= 400; seed++) {
        yajl_val tree = parse_scene(&(struct scene){"random", variants[seed % 4], "", "", "", ""});
        grid_run_init(&first, tree);
        send_random(seed * 77777, &first);
        check_sums(&first);
        grid_run_init(&second, tree);
        copy_stock(&first, &second);
        send_random(seed * 77777, &second);
        check_sums(&second);
        struct stock_totals t = stock_items_totals(&second.items, second.params.mode);
        assert_int_equal(t.inserted + t.updated + t.deleted, 0);
        assert_int_equal(t.unchanged, stock_items_totals(&first.items, first.params.mode).items);
        with_items += t.unchanged;
        grid_run_fini(&first);
        grid_run_fini(&second);
        yajl_tree_free(tree);
    }
    if (with_items < 250)
        fail_msg("only %u items in all", with_items);
}

static void keeps_ten_thousand_issues(void **state)
{
    (void)state;
    static struct grid_run run;
    yajl_val tree = parse_scene(&(struct scene){"flood", ALL, "", "", "", ""});
    grid_run_init(&run, tree);
    run.reader.out.line = NULL;
    struct grid_sink sink = stock_reader_sink(&run.reader);
    struct grid_sheet sheet = {.name = "S"};
    sink.sheet(sink.ctx, &sheet);
    for (uint32_t i = 0; i < 25000; i++) {
        char number[16];
        int n = snprintf(number, sizeof number, i ? "N-%u" : "sku", i);
        const char *qty = i == 0 ? "qty" : i < 20000 ? "1" : "x";
        struct grid_cell cells[2] = {{.column = 0, .kind = GRID_TEXT, .text = number, .len = (uint32_t)n},
                                     {.column = 1, .kind = GRID_TEXT, .text = qty, .len = (uint32_t)strlen(qty)}};
        struct grid_row row = {.row = i, .n_cells = 2, .cells = cells};
        assert_int_equal(sink.row(sink.ctx, &row), 0);
    }
    sink.sheet_end(sink.ctx);
    assert_int_equal(stock_reader_finish(&run.reader), 0);
    assert_int_equal(run.reader.issues.count[W_UNMATCHED], 19999);
    assert_int_equal(run.reader.issues.count[E_QTY_NUM], 5000);
    assert_int_equal(stock_issues_kept(&run.reader.issues), STOCK_ISSUES_KEPT + 5000);
    assert_true(stock_issues_truncated(&run.reader.issues));
    /* Warnings do not crowd errors out. */
    assert_int_equal(stock_issues_at(&run.reader.issues, 9999)->code, W_UNMATCHED);
    assert_int_equal(stock_issues_at(&run.reader.issues, 10000)->code, E_QTY_NUM);
    grid_run_fini(&run);
    yajl_tree_free(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adds_up_and_repeats),
        cmocka_unit_test(keeps_ten_thousand_issues),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
