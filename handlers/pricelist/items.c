/* The columns of a price list's items. */
#include "handlers/pricelist/items.h"

#include "handlers/pricelist/run.h"
#include "handlers/read/rowjson.h"

#include <string.h>

/* STORED(name, Russian heading, kind, value) is a column that is stored. The name is that of the SQL column, the JSON
 * member and the English heading; the value is made from `run`, `row` and `item`. OF_LIST(name, Russian heading) is a
 * column of the export alone. The first column is the lot code. */
/* clang-format off */
#define ITEM_COLUMNS(STORED, OF_LIST)                                                                                  \
    STORED(lot_code,     "Код лота",     TEXT,  STORE_S(row->lot_code))                                                \
    STORED(name,         "Наименование", TEXT,  STORE_S(arena_text(&run->texts, row->name)))                           \
    STORED(category,     "Категория",    TEXT,  STORE_S(arena_text(&run->texts, row->category)))                       \
    STORED(unit,         "Ед.",          TEXT,  STORE_S(row->unit))                                                    \
    STORED(price,        "Цена",         PRICE, decimal(true, item->price, PRICE_SCALE, &(struct number){0}))          \
    OF_LIST(currency,    "Валюта")                                                                                     \
    STORED(qty,          "Количество",   QTY,   decimal(item->has_qty, item->qty, QTY_SCALE, &(struct number){0}))     \
    STORED(basis,        "Основание",    TEXT,  STORE_S(list_basis_name(item->basis)))                                 \
    STORED(n_obs,        "Наблюдений",   COUNT, item->n_obs ? STORE_U(item->n_obs) : STORE_N)                          \
    STORED(price_min,    "Мин. цена",    PRICE, price_or_null(item->price_min, &(struct number){0}))                   \
    STORED(price_max,    "Макс. цена",   PRICE, price_or_null(item->price_max, &(struct number){0}))                   \
    STORED(price_as_of,  "Дата цены",    DAY,   price_day(run, row, &(struct price_date){""}))                         \
    STORED(part_numbers, "Парт-номера",  NUMBERS, part_numbers(run, row))
/* clang-format on */

/* NUMBERS: texts with " | " between them; in JSON a list. */
enum kind { TEXT, NUMBERS, DAY, PRICE, QTY, COUNT, CURRENCY };

static const struct {
    const char *heading[2]; /* English, which is also its name; Russian */
    enum kind kind;         /* CURRENCY: not stored */
} columns[] = {
#define STORED(name, russian, kind, value) {{#name, russian}, kind},
#define OF_LIST(name, russian)             {{#name, russian}, CURRENCY},
    ITEM_COLUMNS(STORED, OF_LIST)
#undef STORED
#undef OF_LIST
};
#define COLUMNS (sizeof columns / sizeof columns[0])
_Static_assert(COLUMNS <= LIST_CELLS, "an item has room for its cells");

#define NONE(name, russian)
#define SQL_NAME(name, russian, kind, value) #name ", "
#define SQL_MARK(name, russian, kind, value) "?, "
#define AT(name, russian, kind, value)       AT_##name,
#define SQL_NAMES                            ITEM_COLUMNS(SQL_NAME, NONE)
#define SQL_MARKS                            ITEM_COLUMNS(SQL_MARK, NONE)

enum { ITEM_COLUMNS(AT, NONE) STORED_COLUMNS };

/* ---- Writing --------------------------------------------------------------------------------------------------- */

struct number {
    char s[48];
};

static struct store_value decimal(bool present, dec128 value, unsigned scale, struct number *text)
{
    if (!present)
        return STORE_N;
    size_t n = dec_format(value, scale, false, text->s, sizeof text->s);
    return STORE_SN(text->s, n);
}

static struct store_value price_or_null(int64_t price, struct number *text)
{
    return decimal(price != 0, price, PRICE_SCALE, text);
}

/* The day of an estimate; stock and quotes have none. */
static struct store_value price_day(const struct list_run *run, const struct list_row *row, struct price_date *text)
{
    bool estimate = run->source == LIST_ESTIMATE || row->item.basis == BASIS_ESTIMATE;
    if (!estimate || row->price_as_of == QUOTE_NO_DATE)
        return STORE_N;
    *text = price_date(row->price_as_of);
    return STORE_S(text->s);
}

static struct store_value part_numbers(const struct list_run *run, const struct list_row *row)
{
    return STORE_S(row->numbers == ARENA_NONE ? "" : arena_text(&run->texts, row->numbers));
}

struct store_bulk *list_items_begin(struct store_conn *db)
{
    return store_bulk_new(
        db, "INSERT INTO pricelist_item (" SQL_NAMES "pricelist_id, component_id) VALUES (" SQL_MARKS "?, ?)",
        STORED_COLUMNS + 2, 0);
}

int list_items_add(struct store_bulk *bulk, const struct list_run *run, const struct list_row *row)
{
    const struct list_item *item = &row->item;
#define VALUE(name, russian, kind, value) value,
    struct store_value v[] = {ITEM_COLUMNS(VALUE, NONE) STORE_U(run->list_id), STORE_U(row->id)};
#undef VALUE
    return store_bulk_add(bulk, v);
}

/* ---- Reading --------------------------------------------------------------------------------------------------- */

int list_items_read(struct store_conn *conn, uint32_t list, const char *like, const char *after, unsigned limit,
                    store_row_fn fn, void *ctx)
{
    struct store_value q = STORE_S_OR_NULL(like);
    struct store_value v[] = {STORE_U(list), STORE_S(after), q, q, q, q, STORE_U(limit)};
    return store_query(
        conn,
        "SELECT " SQL_NAMES
        "component_id FROM pricelist_item FORCE INDEX (PRIMARY) WHERE pricelist_id = ? AND lot_code > ? "
        "AND (? IS NULL OR lot_code COLLATE utf8mb4_uca1400_as_ci LIKE ? OR name LIKE ? OR part_numbers LIKE ?) "
        "ORDER BY lot_code LIMIT ?",
        v, 7, fn, ctx);
}

static void put_numbers(struct json_out *out, const char *key, const struct store_value *value)
{
    const char *text = value->type == STORE_NULL ? "" : value->text, *end;
    json_key(out, key);
    json_array(out);
    for (; (end = strstr(text, BETWEEN_NUMBERS)); text = end + sizeof BETWEEN_NUMBERS - 1)
        json_string_n(out, text, (size_t)(end - text));
    if (*text)
        json_string(out, text);
    json_array_end(out);
}

void list_item_json(struct json_out *out, const struct store_value *v)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        if (columns[i].kind == CURRENCY)
            continue;
        if (columns[i].kind == COUNT)
            row_put_number(out, columns[i].heading[0], v++);
        else if (columns[i].kind == NUMBERS)
            put_numbers(out, columns[i].heading[0], v++);
        else
            row_put_text(out, columns[i].heading[0], v++);
    }
}

void list_item_csv_headings(struct csv_out *out)
{
    for (size_t i = 0; i < COLUMNS; i++)
        csv_out_text(out, columns[i].heading[out->options.russian]);
    csv_out_end(out);
}

static void put_field(struct csv_out *out, enum kind kind, const struct store_value *value)
{
    bool given = value->type != STORE_NULL;
    if (kind == PRICE)
        csv_out_price(out, price_column_scaled(value, 0));
    else if (kind == QTY)
        csv_out_scaled(out, given, price_column_scaled(value, 0), QTY_SCALE);
    else if (kind == COUNT)
        csv_out_scaled(out, given, (dec128)price_column_number(value, 0), 0);
    else
        csv_out_text(out, given ? value->text : NULL);
}

void list_item_csv(struct csv_out *out, const char *currency, const struct store_value *v)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        if (columns[i].kind == CURRENCY)
            csv_out_text(out, currency);
        else
            put_field(out, columns[i].kind, v++);
    }
    csv_out_end(out);
}

/* ---- Cells ----------------------------------------------------------------------------------------------------- */

static void fill_cell(struct list_cell *cell, const struct store_value *value)
{
    cell->given = value->type != STORE_NULL;
    if (cell->kind == LIST_CELL_TEXT || cell->kind == LIST_CELL_DAY)
        cell->text = cell->given ? value->text : NULL;
    else if (cell->kind == LIST_CELL_COUNT)
        cell->number = (int64_t)price_column_number(value, 0);
    else
        cell->number = price_column_scaled(value, 0);
}

unsigned list_item_cells(struct list_cell cells[LIST_CELLS], const char *currency, const struct store_value *v,
                         bool russian)
{
    static const enum list_cell_kind kinds[] = {
        [TEXT] = LIST_CELL_TEXT, [NUMBERS] = LIST_CELL_TEXT, [DAY] = LIST_CELL_DAY,      [PRICE] = LIST_CELL_PRICE,
        [QTY] = LIST_CELL_QTY,   [COUNT] = LIST_CELL_COUNT,  [CURRENCY] = LIST_CELL_TEXT};
    for (size_t i = 0; i < COLUMNS; i++) {
        cells[i] = (struct list_cell){.heading = columns[i].heading[russian], .kind = kinds[columns[i].kind]};
        if (!v)
            continue;
        if (columns[i].kind != CURRENCY)
            fill_cell(&cells[i], v++);
        else
            fill_cell(&cells[i], &STORE_S(currency));
    }
    return COLUMNS;
}
