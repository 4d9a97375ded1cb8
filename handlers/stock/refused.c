/* Items that refused rows may stand for. */
#include "handlers/stock/refused.h"

#include "base/grow.h"
#include "handlers/pricing/partnum.h"

#include <stdlib.h>
#include <string.h>

/*SHIM*/
static size_t stock_name_length(struct cell_span n)
{
    return n.n;
}
static bool stock_identity_may_be(const struct stock_ident *i, const struct table_row *r, const char *p)
{
    (void)i;
    (void)r;
    (void)p;
    return false;
}
#define settled known
/*SHIM*/
void stock_refused_fini(struct stock_refused *refused)
{
    for (uint32_t i = 0; i < refused->n_odd; i++)
        free(refused->odd[i].copy);
    free(refused->odd);
    free(refused->keys.list);
    free(refused->numbers.list);
    free(refused->names.list);
    *refused = (struct stock_refused){0};
}

static void add_hash(struct stock_hashes *hashes, uint64_t hash)
{
    hashes->list = grow(hashes->list, &hashes->room, hashes->n + 1, sizeof hash);
    hashes->list[hashes->n++] = hash;
    hashes->sorted = false;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static bool has_hash(struct stock_hashes *hashes, uint64_t hash)
{
    if (hashes->n == 0)
        return false;
    if (!hashes->sorted)
        qsort(hashes->list, hashes->n, sizeof hash, by_value);
    hashes->sorted = true;
    return bsearch(&hash, hashes->list, hashes->n, sizeof hash, by_value) != NULL;
}

static uint64_t key_hash(const char *pn_norm, const char *vendor_norm)
{
    char key[2 * PN_BYTES];
    size_t a = strlen(pn_norm), b = strlen(vendor_norm);
    memcpy(key, pn_norm, a + 1);
    memcpy(key + a + 1, vendor_norm, b + 1);
    return arena_hash(key, a + 1 + b);
}

/* Keeps the row itself: what its number was is asked later, for each item. */
static void add_odd(struct stock_refused *refused, const struct table_row *row, const struct stock_ident *ident)
{
    if (refused->n_odd == STOCK_ODD_MAX) {
        refused->too_many = true;
        return;
    }
    refused->odd = grow(refused->odd, &refused->room_odd, refused->n_odd + 1, sizeof *refused->odd);
    struct stock_odd *odd = &refused->odd[refused->n_odd++];
    *odd = (struct stock_odd){.ident = *ident, .copy = table_row_copy(row->row)};
    odd->row.row = odd->copy;
    for (unsigned field = FIELD_NONE + 1; field < FIELD_COUNT; field++)
        if (row->field[field])
            odd->row.field[field] = table_row_cell(odd->copy, row->field[field]->column);
}

void stock_refused_add(struct stock_refused *refused, const struct table_row *row, const struct stock_ident *ident)
{
    struct cell_span name = cell_span(row->field[FIELD_NAME]);
    if (ident->pn_norm[0] && ident->settled) {
        add_hash(&refused->keys, key_hash(ident->pn_norm, ident->vendor_norm));
        return;
    }
    if (ident->pn_norm[0])
        add_hash(&refused->numbers, arena_hash(ident->pn_norm, strlen(ident->pn_norm)));
    else if (ident->from != FIELD_NONE && ident->from != FIELD_NAME)
        add_odd(refused, row, ident);
    if (name.n > 0)
        add_hash(&refused->names, arena_hash(name.s, stock_name_length(name)));
}

bool stock_refused_may_be(struct stock_refused *refused, const char *pn_norm, const char *vendor_norm, uint64_t name)
{
    if (refused->too_many || has_hash(&refused->keys, key_hash(pn_norm, vendor_norm)) ||
        has_hash(&refused->numbers, arena_hash(pn_norm, strlen(pn_norm))) ||
        (name != 0 && has_hash(&refused->names, name)))
        return true;
    for (uint32_t i = 0; i < refused->n_odd; i++)
        if (stock_identity_may_be(&refused->odd[i].ident, &refused->odd[i].row, pn_norm))
            return true;
    return false;
}
