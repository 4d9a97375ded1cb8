/* GET /api/stock: pages of stock_item along its unique key, whatever the filter. */
#include "handlers/read/stock.h"

#include "handlers/read/filters.h"
#include "handlers/read/rowjson.h"
#include "handlers/values/partnum.h"

#include <stdlib.h>
#include <string.h>

/* clang-format off */
const struct param_spec stock_params[] = {
    {.name = "warehouse", .kind = PARAM_STRING, .max = 128, .help = "Only this warehouse, by its code."},
    {.name = "lot", .kind = PARAM_STRING, .help = "Only stock of this lot, by its code in any spelling."},
    {.name = "pn", .kind = PARAM_STRING, .help = "Only this part number, in any spelling."},
    {.name = "q", .kind = PARAM_STRING, .max = FILTER_TEXT,
     .help = "Only numbers of the warehouse that begin with this, in any spelling."},
    PAGE_PARAMS,
    {.name = NULL},
};
/* clang-format on */

/* ---- Filters --------------------------------------------------------------------------------------------------- */

static int on_id(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(uint32_t *)ctx = (uint32_t)strtoul(v[0].text, NULL, 10);
    return 0;
}

/* *id 0 = there is none. */
static int find_id(struct store_conn *conn, const char *sql, const char *key, uint32_t *id)
{
    struct store_value param = STORE_S(key);
    *id = 0;
    return store_query(conn, sql, &param, 1, on_id, id);
}

int stock_warehouse_range(struct store_conn *conn, yajl_val params, uint32_t range[2], struct param_faults *faults)
{
    const char *code = json_member_string(params, "warehouse", NULL);
    uint32_t id;
    range[0] = 0;
    range[1] = UINT32_MAX;
    if (!code)
        return 0;
    if (find_id(conn, "SELECT id FROM warehouse WHERE code = ?", code, &id) != 0)
        return -1;
    range[0] = range[1] = id;
    if (id == 0) {
        param_faults_add(faults, "/warehouse", "unknown-warehouse", "no warehouse has this code");
        param_faults_value(faults, code);
    }
    return 0;
}

struct filter {
    uint32_t warehouses[2];
    uint32_t lot;                      /* component id, 0 = any */
    char pn[PN_BYTES];                 /* normalised, "" = any */
    char begins[FILTER_PATTERN_BYTES]; /* pattern of `q`, "" = any; only with one warehouse */
};

/* The beginning of numbers is a range of one warehouse's numbers and of nothing else. */
static void take_beginning(yajl_val params, struct filter *filter, struct param_faults *faults)
{
    char norm[PN_BYTES] = "";
    const char *q = json_member_string(params, "q", NULL);
    filter_number(q, "/q", norm, faults);
    filter_pattern(filter->begins, norm, false);
    if (!q)
        filter->begins[0] = '\0';
    else if (!json_member_string(params, "warehouse", NULL))
        param_faults_add(faults, "/warehouse", "required", "name the warehouse whose numbers begin so");
    else if (json_member_string(params, "lot", NULL) || json_member_string(params, "pn", NULL))
        param_faults_add(faults, "/q", "conflict", "goes with neither lot nor pn");
}

static int resolve(struct store_conn *conn, yajl_val params, struct filter *filter, struct param_faults *faults)
{
    const char *pn = json_member_string(params, "pn", NULL);
    *filter = (struct filter){.lot = 0};
    filter_number(pn, "/pn", filter->pn, faults);
    take_beginning(params, filter, faults);
    if (stock_warehouse_range(conn, params, filter->warehouses, faults) != 0)
        return -1;
    return filter_lot(conn, json_member_string(params, "lot", NULL), &filter->lot, faults);
}

/* ---- Statements ------------------------------------------------------------------------------------------------ */

/* The page is found in an index alone, then its rows are joined with what they refer to; without the hints the
 * optimiser joins the whole table first. One row of `stock_item` per row of the answer, however far the page is. */
#define PAGE_OF(source)                                                                                                \
    "SELECT STRAIGHT_JOIN s.warehouse_id, s.pn_norm, s.vendor_norm, w.code, s.part_number, s.name, c.lot_code, "       \
    "s.lot_qty, s.qty, "                                                                                               \
    "s.reserved, GREATEST(0, s.qty - s.reserved), s.unit, s.unit_cost, s.received_on, w.stock_date, i.id, i.task_id, " \
    "i.file_name, i.stock_date FROM (SELECT s.* FROM " source " s.warehouse_id BETWEEN ? AND ? AND "                   \
    "(s.warehouse_id > ? OR (s.warehouse_id = ? AND (s.pn_norm > ? OR (s.pn_norm = ? AND s.vendor_norm > ?)))) "       \
    "ORDER BY s.warehouse_id, s.pn_norm, s.vendor_norm LIMIT ?) s STRAIGHT_JOIN warehouse w ON w.id = s.warehouse_id " \
    "STRAIGHT_JOIN stock_import i FORCE INDEX (PRIMARY) ON i.id = s.stock_import_id LEFT JOIN component c FORCE "      \
    "INDEX (PRIMARY) ON c.id = s.component_id "                                                                        \
    "ORDER BY s.warehouse_id, s.pn_norm, s.vendor_norm"

static const char page_of_all[] = PAGE_OF("stock_item s FORCE INDEX (uq_stock) WHERE");
/* The same for one warehouse: the plan must not depend on estimates. */
static const char page_of_warehouse[] =
    PAGE_OF("stock_item s FORCE INDEX (uq_stock) WHERE s.warehouse_id = ? AND s.pn_norm >= ? AND");
static const char page_of_begin[] =
    PAGE_OF("stock_item s FORCE INDEX (uq_stock) WHERE s.warehouse_id = ? AND s.pn_norm >= ? AND s.pn_norm LIKE ? AND");
static const char page_of_pn[] = PAGE_OF("warehouse h STRAIGHT_JOIN stock_item s FORCE INDEX (uq_stock) ON "
                                         "s.warehouse_id = h.id AND s.pn_norm = ? WHERE");
static const char page_of_lot[] = PAGE_OF("stock_item s FORCE INDEX (ix_comp) WHERE s.component_id = ? AND");
static const char page_of_both[] =
    PAGE_OF("stock_item s FORCE INDEX (ix_comp) WHERE s.component_id = ? AND s.pn_norm = ? AND");

enum {
    AT_WAREHOUSE_ID,
    AT_PN_NORM,
    AT_VENDOR_NORM,
    AT_WAREHOUSE,
    AT_PART_NUMBER,
    AT_NAME,
    AT_LOT_CODE,
    AT_LOT_QTY,
    AT_QTY,
    AT_RESERVED,
    AT_FREE,
    AT_UNIT,
    AT_UNIT_COST,
    AT_RECEIVED_ON,
    AT_STOCK_DATE,
    AT_IMPORT_ID,
    AT_TASK_ID,
    AT_FILE_NAME,
    AT_IMPORT_DATE
};

/* ---- Rows ------------------------------------------------------------------------------------------------------ */

struct writing {
    struct page *page;
    struct json_out *out;
};

static void write_import(const struct store_value *v, struct json_out *out)
{
    json_key(out, "import");
    json_object(out);
    row_put_number(out, "id", &v[AT_IMPORT_ID]);
    row_put_text(out, "task_id", &v[AT_TASK_ID]);
    row_put_text(out, "file_name", &v[AT_FILE_NAME]);
    row_put_text(out, "stock_date", &v[AT_IMPORT_DATE]);
    json_object_end(out);
}

static void write_item(const struct store_value *v, struct json_out *out)
{
    json_object(out);
    row_put_text(out, "warehouse", &v[AT_WAREHOUSE]);
    row_put_text(out, "stock_date", &v[AT_STOCK_DATE]);
    row_put_text(out, "part_number", &v[AT_PART_NUMBER]);
    row_put_text(out, "pn_norm", &v[AT_PN_NORM]);
    row_put_text(out, "vendor_norm", &v[AT_VENDOR_NORM]);
    row_put_text(out, "name", &v[AT_NAME]);
    row_put_text(out, "lot_code", &v[AT_LOT_CODE]);
    row_put_text(out, "lot_qty", &v[AT_LOT_QTY]);
    row_put_text(out, "unit", &v[AT_UNIT]);
    row_put_text(out, "qty", &v[AT_QTY]);
    row_put_text(out, "reserved", &v[AT_RESERVED]);
    row_put_text(out, "free", &v[AT_FREE]);
    row_put_text(out, "unit_cost", &v[AT_UNIT_COST]);
    row_put_text(out, "received_on", &v[AT_RECEIVED_ON]);
    write_import(v, out);
    json_object_end(out);
}

static int on_item(const struct store_value *v, unsigned n, void *ctx)
{
    struct writing *writing = ctx;
    const char *key[STOCK_KEYS] = {v[AT_WAREHOUSE_ID].text, v[AT_PN_NORM].text, v[AT_VENDOR_NORM].text};
    (void)n;
    if (page_take(writing->page, key))
        write_item(v, writing->out);
    return 0;
}

/* Is the warehouse the only filter? */
static bool one_warehouse(const struct filter *filter)
{
    return filter->lot == 0 && filter->pn[0] == '\0' && filter->warehouses[0] == filter->warehouses[1];
}

static const char *statement(const struct filter *filter)
{
    if (filter->lot)
        return filter->pn[0] ? page_of_both : page_of_lot;
    if (filter->pn[0])
        return page_of_pn;
    if (filter->begins[0])
        return page_of_begin;
    return one_warehouse(filter) ? page_of_warehouse : page_of_all;
}

static int read_items(struct store_conn *conn, const struct filter *filter, struct writing *writing)
{
    const struct page *page = writing->page;
    const char *warehouse = page_after(page, 0, "0"), *pn = page_after(page, 1, ""), *vendor = page_after(page, 2, "");
    struct store_value v[11];
    unsigned n = 0;
    if (one_warehouse(filter)) {
        v[n++] = STORE_U(filter->warehouses[0]);
        v[n++] = STORE_S(pn);
        if (filter->begins[0])
            v[n++] = STORE_S(filter->begins);
    }
    if (filter->lot)
        v[n++] = STORE_U(filter->lot);
    if (filter->pn[0])
        v[n++] = STORE_S(filter->pn);
    v[n++] = STORE_U(filter->warehouses[0]);
    v[n++] = STORE_U(filter->warehouses[1]);
    v[n++] = STORE_U(strtoul(warehouse, NULL, 10));
    v[n] = v[n - 1];
    n++;
    v[n++] = STORE_S(pn);
    v[n++] = STORE_S(pn);
    v[n++] = STORE_S(vendor);
    v[n++] = STORE_U(page_want(page));
    return store_query(conn, statement(filter), v, n, on_item, writing);
}

int stock_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out)
{
    struct filter filter;
    struct writing writing = {page, out};
    if (resolve(conn, params, &filter, page->faults) != 0)
        return -1;
    if (page->faults->n)
        return 0;
    json_object(out);
    json_key(out, "stock");
    json_array(out);
    if (read_items(conn, &filter, &writing) != 0)
        return -1;
    json_array_end(out);
    page_put_next(page, out);
    json_object_end(out);
    return 0;
}
