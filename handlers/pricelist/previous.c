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
    /* An archived list is compared with, but is not the answer to who wants a list. */
    bool archived = price_column_number(&v[5], 0) != 0;
    previous->has_sha256 = !archived && v[3].type != STORE_NULL && v[3].len == 64;
    for (size_t i = 0; previous->has_sha256 && i < 32; i++)
        previous->sha256[i] = (uint8_t)strtoul((char[]){v[3].text[2 * i], v[3].text[2 * i + 1], '\0'}, NULL, 16);
    return 0;
}

int list_find_previous(struct list_run *run)
{
    static const char *const names[] = {"estimate", "warehouse", "competitor"};
    struct store_value source = STORE_S(names[run->source]);
    int rc = store_query(run->db,
                         "SELECT id, currency, version, HEX(content_sha256), TO_DAYS(as_of), archived_at IS NOT NULL "
                         "FROM pricelist FORCE INDEX "
                         "(uq_seq) WHERE source = ? AND "
                         "status = 'ready' ORDER BY seq DESC LIMIT 1",
                         &source, 1, on_list, run);
    list_walk_init(&run->previous.walk, run->previous.id);
    return rc;
}

int list_compare(struct list_run *run, const char *lot_code, int64_t price)
{
    struct list_walk *walk = &run->previous.walk;
    struct diff_summary *diff = &run->previous.diff;
    int order;
    if (!run->previous.compared)
        return 0;
    do {
        if (list_walk_fill(walk, run->db) != 0)
            return -1;
        if (list_walk_ended(walk)) {
            if (lot_code)
                diff_lot(lot_code, 0, price, diff);
            return 0;
        }
        const char *old = walk->items[walk->at].lot_code;
        int64_t old_price = walk->items[walk->at].price;
        order = lot_code ? strcmp(old, lot_code) : -1;
        if (order <= 0) {
            walk->at++;
            diff_lot(old, old_price, order == 0 ? price : 0, diff);
        } else {
            diff_lot(lot_code, 0, price, diff);
        }
    } while (order < 0);
    return 0;
}
