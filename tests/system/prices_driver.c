/* The heading of a price list, asked from outside: one scene a line on standard input (what stock_driver takes), on output a line
 * with the columns, what the captions of the prices say, and what stands above. tests/system/test_quotes_heading.py
 * compares with a model of its own. */
#include "tests/unit/stock_grid.h"

#include "base/json.h"

#define ROWS 50

/* The first rows of a sheet. */
struct top {
    struct grid_row row[ROWS];
    struct grid_cell cell[ROWS][GRID_TEST_COLUMNS];
    const struct grid_row *rows[ROWS];
    uint32_t n;
    struct grid_merge merges[GRID_TEST_MERGES];
    uint32_t n_merges;
};

static int keep_row(void *ctx, const struct grid_row *row)
{
    struct top *top = ctx;
    if (row->row >= ROWS)
        return 0;
    memcpy(top->cell[top->n], row->cells, row->n_cells * sizeof row->cells[0]);
    top->row[top->n] = *row;
    top->row[top->n].cells = top->cell[top->n];
    top->rows[top->n] = &top->row[top->n];
    top->n++;
    return 0;
}

static void read_top(struct top *top, yajl_val sheet)
{
    const struct grid_sink sink = {.row = keep_row, .ctx = top};
    yajl_val rows = json_member(sheet, "rows");
    top->n = 0;
    for (size_t i = 0; i < rows->u.array.len; i++)
        grid_send_row(rows->u.array.values[i], (uint32_t)i, &sink);
    top->n_merges = grid_merges(json_member(sheet, "merges"), top->merges);
}

static void read_ask(struct table_ask *ask, struct table_choice *choices, yajl_val params, const char *today)
{
    yajl_val columns = json_member(params, "columns");
    *ask = (struct table_ask){.kind = TABLE_PRICES, .choices = choices, .wanted = ARENA_NONE, .base = "RUB"};
    for (unsigned field = FIELD_NONE + 1; columns && field < FIELD_COUNT; field++) {
        const char *value = json_member_string(columns, stock_field_name((enum stock_field)field), NULL);
        if (value)
            choices[ask->n_choices++] = (struct table_choice){(enum stock_field)field, value};
    }
    ask->price = json_member_string(params, "price", NULL);
    ask->min_qty = grid_decimal(params, "min_qty", QTY_SCALE, 0);
    ask->currency = json_member_string(params, "currency", NULL);
    ask->vat_included = json_member(params, "vat_included") ? json_member_bool(params, "vat_included", false) : -1;
    ask->header_row = (uint32_t)json_member_int(params, "header_row", 0);
    ask->header_rows = (unsigned)json_member_int(params, "header_rows", 0);
    assert_int_equal(value_date_text(today, strlen(today), &ask->latest), 0);
    ask->latest = value_date_from_days(value_date_days(ask->latest) + 1);
}

static void put_day(struct json_out *out, const char *key, struct value_date day)
{
    char text[40] = "";
    if (day.year)
        snprintf(text, sizeof text, "%04d-%02d-%02d", day.year, day.month, day.day);
    json_put_string(out, key, text);
}

static void put_price(struct json_out *out, const struct table_price *price)
{
    json_object(out);
    json_put_int(out, "column", price->column);
    json_put_int(out, "min_qty", price->min_qty);
    json_put_int(out, "tier_unit", price->tier_unit);
    json_put_string(out, "currency", price->hints.currency);
    json_put_int(out, "vat", price->hints.vat);
    json_put_int(out, "vat_rate", price->hints.vat_rate);
    json_put_int(out, "per_unit", price->per.unit);
    json_put_int(out, "per_count", price->per.count);
    json_put_bool(out, "retail", price->retail);
    json_put_bool(out, "order_sum", price->order_sum);
    json_object_end(out);
}

static void put_columns(struct json_out *out, const struct table_heading *heading)
{
    char letter[4];
    json_key(out, "columns");
    json_object(out);
    for (unsigned field = FIELD_NONE + 1; field < FIELD_COUNT; field++)
        if (field != FIELD_PRICE && table_heading_has(heading, (enum stock_field)field))
            json_put_int(out, stock_field_name((enum stock_field)field), heading->column[field] + 1);
    json_object_end(out);
    for (unsigned told = 0; told < 2; told++) {
        json_key(out, told ? "told" : "ignored");
        json_array(out);
        for (uint32_t column = 0; column < TABLE_COLUMNS; column++)
            if (told ? heading->at[column].told : heading->at[column].why != READ_OK)
                json_string(out, table_column_letter(column, letter));
        json_array_end(out);
    }
    json_key(out, "unknown");
    json_array(out);
    for (unsigned i = 0; i < heading->n_unknown; i++)
        json_string(out, table_column_letter(heading->unknown[i].column, letter));
    json_array_end(out);
}

static void put_above(struct json_out *out, const struct table_above *above)
{
    json_put_string(out, "currency", above->currency);
    json_put_int(out, "vat", above->vat);
    json_put_int(out, "vat_rate", above->vat_rate);
    put_day(out, "quoted_on", above->quoted_on);
    put_day(out, "valid_until", above->valid_until);
    json_put_int(out, "future_row", above->future.year ? above->future_row + 1 : 0);
}

static void put_heading(struct json_out *out, const struct table_head_input *input, const struct table_heading *heading)
{
    const struct table_above above = table_heading_above(input, heading);
    json_put_int(out, "header_row", heading->row + 1);
    json_put_int(out, "header_rows", heading->rows);
    json_key(out, "prices");
    json_array(out);
    for (unsigned i = 0; i < heading->n_prices; i++)
        put_price(out, &heading->price[i]);
    json_array_end(out);
    put_columns(out, heading);
    put_above(out, &above);
}

static void answer(yajl_val scene)
{
    static const char *const results[] = {"found", "none", "ambiguous"};
    static struct table_choice choices[FIELD_COUNT];
    static struct table_heading heading;
    static struct top top;
    struct table_ask ask;
    char why[600] = "";
    struct json_out out;
    read_top(&top, json_member(scene, "sheets")->u.array.values[0]);
    read_ask(&ask, choices, json_member(scene, "params"), testdata_string(scene, "today"));
    struct table_head_input input = {top.rows, top.n, top.merges, top.n_merges, &ask, NULL};
    enum table_head_result found = table_heading_find(&input, &heading, why, sizeof why);
    json_out_init(&out);
    json_object(&out);
    json_put_string(&out, "result", results[found]);
    json_put_string(&out, "why", why);
    if (found == HEAD_FOUND)
        put_heading(&out, &input, &heading);
    json_object_end(&out);
    printf("%s\n", json_out_text(&out, NULL));
    json_out_fini(&out);
    table_heading_fini(&heading);
}

/* {"label": "Цена, USD"}: what one caption says. */
static void answer_label(const char *text)
{
    struct label label;
    struct json_out out;
    label_read_price(text, strlen(text), &label);
    json_out_init(&out);
    json_object(&out);
    json_put_string(&out, "field", label.field == FIELD_NONE ? "" : stock_field_name((enum stock_field)label.field));
    json_put_bool(&out, "foreign", label.foreign);
    json_put_bool(&out, "closing", label.closing);
    json_put_string(&out, "currency", label.hints.currency);
    json_put_int(&out, "vat", label.hints.vat);
    json_put_int(&out, "vat_rate", label.hints.vat_rate);
    json_put_bool(&out, "retail", label.price.retail);
    json_put_bool(&out, "order_sum", label.price.order_sum);
    json_put_int(&out, "min_qty", label.price.min_qty);
    json_put_int(&out, "tier_unit", label.price.tier_unit);
    json_put_int(&out, "per_unit", label.price.per.unit);
    json_put_int(&out, "per_count", label.price.per.count);
    json_object_end(&out);
    printf("%s\n", json_out_text(&out, NULL));
    json_out_fini(&out);
}

int main(void)
{
    char *line = NULL, why[100];
    size_t size = 0;
    ssize_t n;
    while ((n = getline(&line, &size, stdin)) > 0) {
        yajl_val scene = json_parse(line, (size_t)n, 16, why, sizeof why);
        if (!scene) {
            fprintf(stderr, "prices_driver: %s\n", why);
            return 2;
        }
        if (json_member(scene, "label"))
            answer_label(json_member_string(scene, "label", ""));
        else
            answer(scene);
        yajl_tree_free(scene);
    }
    free(line);
    return 0;
}
