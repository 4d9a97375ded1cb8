/* Items that refused rows may stand for. */
#include "handlers/stock/rows/refused.h"

#include "base/grow.h"
#include "handlers/stock/line/forms.h"

#include <stdlib.h>
#include <string.h>

void stock_refused_fini(struct stock_refused *refused)
{
    free(refused->keys.list);
    free(refused->forms.list);
    free(refused->names.list);
    *refused = (struct stock_refused){0};
}

void stock_hashes_add(struct stock_hashes *hashes, uint64_t hash)
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

static void sort(struct stock_hashes *hashes)
{
    if (!hashes->sorted && hashes->n > 0)
        qsort(hashes->list, hashes->n, sizeof *hashes->list, by_value);
    hashes->sorted = true;
}

uint32_t stock_hashes_distinct(struct stock_hashes *hashes)
{
    uint32_t n = 0;
    sort(hashes);
    for (uint32_t i = 0; i < hashes->n; i++)
        n += i == 0 || hashes->list[i] != hashes->list[i - 1];
    return n;
}

bool stock_hashes_has(struct stock_hashes *hashes, uint64_t hash)
{
    if (hashes->n == 0)
        return false;
    sort(hashes);
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

void stock_refused_add(struct stock_refused *refused, const struct table_row *row, const struct stock_ident *ident)
{
    struct cell_span name = cell_span(row->field[FIELD_NAME]);
    struct stock_forms forms;
    if (ident->settled) {
        stock_hashes_add(&refused->keys, key_hash(ident->pn_norm, ident->vendor_norm));
        return;
    }
    stock_row_forms(ident, row, &forms);
    for (unsigned i = 0; i < forms.n; i++)
        stock_hashes_add(&refused->forms, forms.hash[i]);
    if (name.n > 0)
        stock_hashes_add(&refused->names, arena_hash(name.s, stock_name_length(name)));
}

static bool has_form(struct stock_refused *refused, const char *pn_norm)
{
    struct stock_forms forms;
    if (refused->forms.n == 0)
        return false;
    stock_item_forms(pn_norm, &forms);
    for (unsigned i = 0; i < forms.n; i++)
        if (stock_hashes_has(&refused->forms, forms.hash[i]))
            return true;
    return false;
}

bool stock_refused_may_be(struct stock_refused *refused, const char *pn_norm, const char *vendor_norm, uint64_t name)
{
    return stock_hashes_has(&refused->keys, key_hash(pn_norm, vendor_norm)) ||
           (name != 0 && stock_hashes_has(&refused->names, name)) || has_form(refused, pn_norm);
}
