/* CSV of a list. */
#include "handlers/pricelist/export.h"

#include "handlers/pricelist/items.h"
#include "handlers/pricelist/walk.h"
#include "handlers/read/rowjson.h"

#include <stdlib.h>

#define PAGE 2000

struct writing {
    const struct pricelist_head *head;
    struct csv_out csv;
    char after[LIST_LOT_CODE]; /* last lot code of the page */
    uint32_t page;             /* rows of this page */
    uint64_t rows;
};

static int on_item(const struct store_value *v, unsigned n, void *ctx)
{
    struct writing *writing = ctx;
    (void)n;
    list_item_csv(&writing->csv, writing->head->currency, v);
    if (++writing->page == PAGE)
        row_copy(writing->after, sizeof writing->after, &v[0]);
    writing->rows++;
    return writing->csv.failed != 0;
}

static int write_pages(struct store_conn *conn, struct writing *writing)
{
    int rc;
    do {
        writing->page = 0;
        rc = list_items_read(conn, writing->head->id, NULL, writing->after, PAGE, on_item, writing);
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
    csv_out_open(&writing->csv, options, file_sink_write, sink);
    if (options->header)
        list_item_csv_headings(&writing->csv);
    int rc = write_pages(conn, writing);
    if (rc == 0 && csv_out_flush(&writing->csv) != 0)
        rc = 1;
    if (rc == 0 && writing->rows != head->items)
        rc = store_fail(conn, STORE_BUG, "a price list does not have as many items as its header says");
    free(writing);
    return rc;
}
