/* What the refused rows may stand for: items that replace must not delete.
 *
 * A key whose row was refused stands in the file, so it stays as it was. Where the number itself could not be read, the
 * items that it may have been are kept: those of the same number under any manufacturer, those of the same name, and
 * those that the rewritten number may come from. (domain.md section 5, "Modes") */
#ifndef PF_STOCK_ROWS_REFUSED_H
#define PF_STOCK_ROWS_REFUSED_H

#include "handlers/stock/line/line.h"

struct stock_hashes {
    uint64_t *list;
    uint32_t n, room;
    bool sorted;
};
void stock_hashes_add(struct stock_hashes *hashes, uint64_t hash);
/* How many different ones there are. */
uint32_t stock_hashes_distinct(struct stock_hashes *hashes);
bool stock_hashes_has(struct stock_hashes *hashes, uint64_t hash);
struct stock_refused {
    struct stock_hashes keys, forms /* of numbers that could not be read: handlers/stock/line/forms.h */, names;
};
void stock_refused_fini(struct stock_refused *refused);
void stock_refused_add(struct stock_refused *refused, const struct table_row *row, const struct stock_ident *ident);
/* Is it possible that a refused row is about this item? `name` is arena_hash() of the item's name, 0 = it has none. */
bool stock_refused_may_be(struct stock_refused *refused, const char *pn_norm, const char *vendor_norm, uint64_t name);
static inline bool stock_refused_any(const struct stock_refused *refused)
{
    return refused->keys.n + refused->forms.n + refused->names.n > 0;
}

#endif
