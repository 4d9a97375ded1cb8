/* What only the program can compute: normalised numbers, and the digests of price lists. */
#include "base/hex.h"
#include "daemon/admin/check.h"
#include "handlers/pricing/listhash.h"
#include "handlers/values/partnum.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Normalised numbers -------------------------------------------------------------------------------------- */

struct texts {
    struct check *check;
    const char *table;
};

/* key, text, normalised, skeleton (NULL: it has none) */
static int look_at_text(const struct store_value *v, unsigned n, void *ctx)
{
    struct texts *texts = ctx;
    char norm[PN_BYTES], skeleton[PN_BYTES];

    (void)n;
    if (pn_normalise(v[1].text, v[1].len, norm, NULL) != PN_OK || strcmp(norm, v[2].text) != 0)
        return !check_fault(texts->check, texts->table, v[0].text, "its normalised form is not the one of its number");
    pn_skeleton(norm, skeleton);
    if (v[3].type != STORE_NULL && strcmp(skeleton, v[3].text) != 0)
        return !check_fault(texts->check, texts->table, v[0].text, "its skeleton is not the one of its number");
    return 0;
}

int check_texts(struct check *check)
{
    static const struct {
        const char *table, *sql;
    } sources[] = {{"component", "SELECT lot_code, lot_code, lot_norm, lot_skeleton FROM component"},
                   {"part_number_map", "SELECT id, part_number, pn_norm, pn_skeleton FROM part_number_map"}};

    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        struct texts texts = {check, sources[i].table};
        check_kind(check);
        if (store_stream(check->conn, sources[i].sql, NULL, 0, look_at_text, &texts) < 0)
            return -1;
    }
    return 0;
}

/* ---- Price lists --------------------------------------------------------------------------------------------- */

struct list {
    struct check *check;
    char id[24], digest[65];
    uint64_t items, counted;
    struct listhash hash; /* of the list that is read; context NULL = none */
};

static void end_list(struct list *list)
{
    uint8_t digest[32];
    char hex[65];

    if (!list->hash.context)
        return;
    listhash_final(&list->hash, digest);
    hex_text(digest, sizeof digest, hex);
    if (list->items != list->counted)
        (void)check_fault(list->check, "pricelist", list->id, "has another number of items than it says");
    else if (strcmp(hex, list->digest) != 0)
        (void)check_fault(list->check, "pricelist", list->id, "its items are not those of its digest");
}

static void begin_list(struct list *list, const struct store_value *v)
{
    snprintf(list->id, sizeof list->id, "%s", v[0].text);
    snprintf(list->digest, sizeof list->digest, "%s", v[2].text ? v[2].text : "");
    list->items = strtoull(v[3].text, NULL, 10);
    list->counted = 0;
    listhash_init(&list->hash, v[1].text);
}

/* id, currency, digest, items; lot_code, price, qty: NULL lot_code for a list without items */
static int look_at_item(const struct store_value *v, unsigned n, void *ctx)
{
    struct list *list = ctx;
    dec128 price = 0, qty = 0;

    (void)n;
    if (!list->hash.context || strcmp(list->id, v[0].text) != 0) {
        end_list(list);
        begin_list(list, v);
    }
    if (v[4].type == STORE_NULL)
        return 0;
    (void)dec_parse(v[5].text, v[5].len, PRICE_SCALE, &price, NULL);
    if (v[6].type != STORE_NULL)
        (void)dec_parse(v[6].text, v[6].len, QTY_SCALE, &qty, NULL);
    listhash_add(&list->hash, v[4].text, (int64_t)price, v[6].type != STORE_NULL ? &qty : NULL);
    list->counted++;
    return 0;
}

int check_lists(struct check *check)
{
    struct list list = {.check = check};

    check_kind(check);
    int rc =
        store_stream(check->conn,
                     "SELECT l.id, l.currency, LOWER(HEX(l.content_sha256)), l.items, i.lot_code, i.price, i.qty FROM "
                     "pricelist l FORCE INDEX (PRIMARY) LEFT JOIN pricelist_item i FORCE INDEX (PRIMARY) ON "
                     "i.pricelist_id = l.id WHERE l.status = 'ready' ORDER BY l.id, i.lot_code",
                     NULL, 0, look_at_item, &list);
    if (rc == 0)
        end_list(&list);
    else if (list.hash.context)
        listhash_fini(&list.hash);
    return rc < 0 ? -1 : 0;
}
