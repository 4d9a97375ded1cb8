/* The previous list of the source: read along in byte order and compared item by item. */
#include "handlers/pricelist/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int on_list(const struct store_value *v, unsigned n, void *ctx)
{
    struct list_run *run = ctx;
    struct list_previous *previous = &run->previous;
    (void)n;
    previous->id = (uint32_t)price_column_number(&v[0], 0);
    previous->compared = strcmp(v[1].text, run->currency) == 0;
    snprintf(previous->version, sizeof previous->version, "%s", v[2].text);
    previous->as_of = price_column_day(&v[4], 0);
    previous->has_sha256 = v[3].type != STORE_NULL && v[3].len == 64;
    for (size_t i = 0; previous->has_sha256 && i < 32; i++)
        previous->sha256[i] = (uint8_t)strtoul((char[]){v[3].text[2 * i], v[3].text[2 * i + 1], '\0'}, NULL, 16);
    return 0;
}

int list_find_previous(struct list_run *run)
{
    static const char *const names[] = {"estimate", "warehouse", "competitor"};
    struct store_value source = STORE_S(names[run->source]);
    int rc = store_query(
        run->db,
        "SELECT id, currency, version, HEX(content_sha256), TO_DAYS(as_of) FROM pricelist WHERE source = ? AND "
        "status = 'ready' ORDER BY seq DESC LIMIT 1",
        &source, 1, on_list, run);
    run->previous.ended = !run->previous.compared;
    return rc;
}

static int on_item(const struct store_value *v, unsigned n, void *ctx)
{
    struct list_previous *previous = ctx;
    (void)n;
    snprintf(previous->items[previous->n].lot_code, LIST_CODE, "%s", v[0].text);
    previous->items[previous->n++].price = price_column_scaled(&v[1], 0);
    return 0;
}

static int read_items(struct list_run *run)
{
    struct list_previous *previous = &run->previous;
    struct store_value v[] = {STORE_U(previous->id), STORE_S(previous->after)};
    if (!previous->items)
        previous->items = calloc(LIST_PAGE, sizeof *previous->items);
    if (!previous->items)
        abort();
    previous->n = previous->at = 0;
    if (store_query(run->db,
                    "SELECT lot_code, price FROM pricelist_item WHERE pricelist_id = ? AND lot_code > ? "
                    "ORDER BY lot_code LIMIT " LIST_PAGE_TEXT,
                    v, 2, on_item, previous) != 0)
        return -1;
    previous->ended = previous->n < LIST_PAGE;
    if (previous->n > 0)
        memcpy(previous->after, previous->items[previous->n - 1].lot_code, sizeof previous->after);
    return 0;
}

int list_compare(struct list_run *run, const char *lot_code, int64_t price)
{
    struct list_previous *previous = &run->previous;
    int order;
    if (!previous->compared)
        return 0;
    do {
        if (previous->at == previous->n && !previous->ended && read_items(run) != 0)
            return -1;
        if (previous->at == previous->n) {
            if (lot_code)
                diff_lot(lot_code, 0, price, &previous->diff);
            return 0;
        }
        const char *old = previous->items[previous->at].lot_code;
        int64_t old_price = previous->items[previous->at].price;
        order = lot_code ? strcmp(old, lot_code) : -1;
        if (order <= 0) {
            previous->at++;
            diff_lot(old, old_price, order == 0 ? price : 0, &previous->diff);
        } else {
            diff_lot(lot_code, 0, price, &previous->diff);
        }
    } while (order < 0);
    return 0;
}
