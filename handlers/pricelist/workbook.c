/* A list as a workbook. */
#include "handlers/pricelist/workbook.h"

#include "handlers/pricelist/items.h"
#include "handlers/pricelist/walk.h"
#include "handlers/read/rowjson.h"
#include "handlers/read/xlsxout.h"
#include "handlers/values/decimal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define PAGE        2000
#define LARGE_ITEMS 200000 /* an item has at most 20 KB */
#define FORM        1      /* raise it when the same list gets other bytes */

/* ---- Options --------------------------------------------------------------------------------------------------- */

const struct param_spec workbook_params[] = {
    {.name = "lang",
     .kind = PARAM_CHOICE,
     .choices = csv_languages,
     .otherwise = "\"en\"",
     .help = "Language of the headings."},
    {.name = NULL},
};

void workbook_options_read(struct workbook_options *options, yajl_val params)
{
    options->russian = json_member_string(params, "lang", "en")[0] == 'r';
}

const char *workbook_form(const struct workbook_options *options, char text[WORKBOOK_FORM])
{
    char writer[48];
    snprintf(text, WORKBOOK_FORM, "xlsx%d%c-%s", FORM, options->russian ? 'r' : 'e', xlsx_out_version(writer));
    return text;
}

bool workbook_is_too_long(const struct pricelist_head *head)
{
    return head->items >= XLSX_ROWS_MAX;
}

/* ---- Rows ------------------------------------------------------------------------------------------------------ */

struct writing {
    const struct pricelist_head *head;
    struct xlsx_out *out;
    bool russian;
    char after[LIST_LOT_CODE]; /* last lot code of the page */
    uint32_t page;             /* rows of this page */
    uint64_t rows;
};

static void put_headings(struct xlsx_out *out, bool russian)
{
    static const unsigned widths[] = {[LIST_CELL_TEXT] = 16,
                                      [LIST_CELL_DAY] = 12,
                                      [LIST_CELL_PRICE] = 14,
                                      [LIST_CELL_QTY] = 12,
                                      [LIST_CELL_COUNT] = 12};
    enum { CODE = 0, NAME = 1, CODE_WIDTH = 24, NAME_WIDTH = 48, LAST_WIDTH = 40 };
    struct list_cell cells[LIST_CELLS];
    unsigned n = list_item_cells(cells, NULL, NULL, russian);
    for (unsigned i = 0; i < n; i++) {
        unsigned width = i == CODE    ? CODE_WIDTH
                         : i == NAME  ? NAME_WIDTH
                         : i == n - 1 ? LAST_WIDTH
                                      : widths[cells[i].kind];
        xlsx_out_heading(out, cells[i].heading, width);
    }
    xlsx_out_end(out);
}

/* Two digits, four if needed; as in the CSV, 0 is empty. */
static void put_price(struct xlsx_out *out, int64_t price)
{
    if (price == 0)
        xlsx_out_text(out, NULL);
    else
        xlsx_out_number(out, price, PRICE_SCALE, price % 100 == 0 ? 2 : PRICE_SCALE);
}

static void put_qty(struct xlsx_out *out, int64_t qty)
{
    unsigned digits = QTY_SCALE;
    for (int64_t rest = qty; digits > 0 && rest % 10 == 0; rest /= 10)
        digits--;
    xlsx_out_number(out, qty, QTY_SCALE, digits);
}

static void put_cell(struct xlsx_out *out, const struct list_cell *cell)
{
    if (!cell->given || cell->kind == LIST_CELL_TEXT)
        xlsx_out_text(out, cell->text);
    else if (cell->kind == LIST_CELL_DAY)
        xlsx_out_day(out, cell->text);
    else if (cell->kind == LIST_CELL_PRICE)
        put_price(out, cell->number);
    else if (cell->kind == LIST_CELL_QTY)
        put_qty(out, cell->number);
    else
        xlsx_out_number(out, cell->number, 0, 0);
}

static int on_item(const struct store_value *v, unsigned n, void *ctx)
{
    struct writing *writing = ctx;
    struct list_cell cells[LIST_CELLS];
    (void)n;
    unsigned count = list_item_cells(cells, writing->head->currency, v, writing->russian);
    for (unsigned i = 0; i < count; i++)
        put_cell(writing->out, &cells[i]);
    xlsx_out_end(writing->out);
    if (++writing->page == PAGE)
        row_copy(writing->after, sizeof writing->after, &v[0]);
    writing->rows++;
    return 0;
}

static int write_pages(struct store_conn *conn, struct writing *writing)
{
    int rc;
    do {
        writing->page = 0;
        rc = list_items_read(conn, writing->head->id, NULL, writing->after, PAGE, on_item, writing);
    } while (rc == 0 && writing->page == PAGE);
    if (rc == 0 && writing->rows != writing->head->items)
        rc = store_fail(conn, STORE_BUG, "a price list does not have as many items as its header says");
    return rc;
}

/* ---- The workbook ---------------------------------------------------------------------------------------------- */

static struct xlsx_out *begin(const struct pricelist_head *head, bool russian, int directory_fd, int fd)
{
    char title[64];
    snprintf(title, sizeof title, russian ? "Прайс-лист %s" : "Price list %s", head->version);
    struct xlsx_table table = {.fd = fd,
                               .directory_fd = directory_fd,
                               .sheet = head->version,
                               .title = title,
                               .made_s = head->created_s,
                               .russian = russian,
                               .large = head->items > LARGE_ITEMS};
    return xlsx_out_new(&table);
}

int pricelist_workbook(struct store_conn *conn, const struct pricelist_head *head,
                       const struct workbook_options *options, int directory_fd, struct file_sink *sink)
{
    struct writing writing = {.head = head, .russian = options->russian};
    writing.out = begin(head, options->russian, directory_fd, sink->fd);
    if (!writing.out) {
        sink->error = errno;
        return 1;
    }
    put_headings(writing.out, options->russian);
    if (write_pages(conn, &writing) != 0) {
        xlsx_out_free(&writing.out);
        return -1;
    }
    sink->error = -xlsx_out_close(&writing.out, &sink->len);
    return sink->error ? 1 : 0;
}
