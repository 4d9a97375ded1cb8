/* CSV of a list. */
#include "handlers/pricelist/export.h"

#include "handlers/quotes/read.h"
#include "handlers/read/rowjson.h"

#include <stdlib.h>
#include <string.h>

#define PAGE      2000
#define PAGE_TEXT "2000"
#define LOT_BYTES (64 * 4 + 1)

struct writing {
    const struct pricelist_head *head;
    struct csv_out csv;
    char after[LOT_BYTES]; /* last lot code of the page */
    uint32_t page;         /* rows of this page */
    uint64_t rows;
};

static const char *text(const struct store_value *value)
{
    return value->type == STORE_NULL ? NULL : value->text;
}

static int on_item(const struct store_value *v, unsigned n, void *ctx)
{
    struct writing *writing = ctx;
    (void)n;
    const struct csv_item item = {.lot_code = v[0].text,
                                  .name = v[1].text,
                                  .category = v[2].text,
                                  .unit = v[3].text,
                                  .currency = writing->head->currency,
                                  .basis = v[6].text,
                                  .price = price_column_scaled(&v[4], 0),
                                  .has_qty = v[5].type != STORE_NULL,
                                  .qty = price_column_scaled(&v[5], 0),
                                  .has_n_obs = v[7].type != STORE_NULL,
                                  .n_obs = (uint32_t)price_column_number(&v[7], 0),
                                  .price_min = price_column_scaled(&v[8], 0),
                                  .price_max = price_column_scaled(&v[9], 0),
                                  .price_as_of = text(&v[10]),
                                  .part_numbers = v[11].text};
    csv_out_item(&writing->csv, &item);
    if (++writing->page == PAGE)
        row_copy(writing->after, sizeof writing->after, &v[0]);
    writing->rows++;
    return writing->csv.failed != 0;
}

static int write_pages(struct store_conn *conn, struct writing *writing)
{
    int rc;
    do {
        struct store_value v[] = {STORE_U(writing->head->id), STORE_S(writing->after)};
        writing->page = 0;
        rc = store_query(conn,
                         "SELECT lot_code, name, category, unit, price, qty, basis, n_obs, price_min, price_max, "
                         "price_as_of, part_numbers FROM pricelist_item WHERE pricelist_id = ? AND lot_code > ? "
                         "ORDER BY lot_code LIMIT " PAGE_TEXT,
                         v, 2, on_item, writing);
    } while (rc == 0 && writing->page == PAGE);
    return rc;
}

int pricelist_export(struct store_conn *conn, const struct pricelist_head *head, const struct csv_options *options,
                     struct file_sink *sink)
{
    struct writing *writing = calloc(1, sizeof *writing);
    if (!writing)
        abort();
    writing->head = head;
    csv_out_begin(&writing->csv, options, file_sink_write, sink);
    int rc = write_pages(conn, writing);
    if (rc == 0 && csv_out_flush(&writing->csv) != 0)
        rc = 1;
    if (rc == 0 && writing->rows != head->items)
        rc = store_fail(conn, STORE_BUG, "a price list has not the number of items that its header tells");
    free(writing);
    return rc;
}
