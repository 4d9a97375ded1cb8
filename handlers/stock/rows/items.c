/* Items by key: merging, digests, and what differs from the warehouse. */
#include "handlers/stock/rows/items.h"

#include "base/grow.h"
#include "handlers/values/partnum.h"

#include <stdlib.h>
#include <string.h>

#define QTY_LIMIT 1000000000000000 /* 10^12 at three digits */
#define KEY_BYTES (2 * PN_BYTES)

void stock_items_init(struct stock_items *items, const struct catalog_map *catalog)
{
    *items = (struct stock_items){.catalog = catalog};
}

void stock_items_fini(struct stock_items *items)
{
    arena_fini(&items->keys);
    arena_fini(&items->texts);
    arena_index_fini(&items->index);
    free(items->item);
    free(items->sums);
    *items = (struct stock_items){0};
}

struct key {
    const struct stock_items *items;
    char bytes[KEY_BYTES]; /* pn_norm, NUL, vendor_norm, NUL */
    const char *vendor;
    size_t n; /* without the last NUL */
};

static void make_key(const struct stock_items *items, const char *pn_norm, const char *vendor_norm, struct key *key)
{
    size_t a = strlen(pn_norm), b = strlen(vendor_norm);
    if (a >= PN_BYTES || b >= PN_BYTES)
        abort();
    key->items = items;
    memcpy(key->bytes, pn_norm, a + 1);
    memcpy(key->bytes + a + 1, vendor_norm, b + 1);
    key->vendor = key->bytes + a + 1;
    key->n = a + 1 + b;
}

static bool same_key(const void *ctx, uint32_t number)
{
    const struct key *key = ctx;
    const char *text = arena_text(&key->items->keys, key->items->item[number].key);
    return strcmp(text, key->bytes) == 0 && strcmp(text + (key->vendor - key->bytes), key->vendor) == 0;
}

/* The item of this key; makes it if there is none. */
static uint32_t item_of(struct stock_items *items, const char *pn_norm, const char *vendor_norm)
{
    struct key key;
    make_key(items, pn_norm, vendor_norm, &key);
    uint64_t hash = arena_hash(key.bytes, key.n);
    uint32_t number = arena_index_find(&items->index, hash, same_key, &key);
    if (number != ARENA_NONE)
        return number;
    items->item = grow(items->item, &items->room, items->n + 1, sizeof *items->item);
    number = items->n++;
    items->item[number] =
        (struct stock_item){.sum = ARENA_NONE, .component = ARENA_NONE, .texts = ARENA_NONE, .cost = -1};
    items->item[number].key = arena_add(&items->keys, key.bytes, key.n);
    arena_index_add(&items->index, hash, number);
    return number;
}

const char *stock_item_pn(const struct stock_items *items, const struct stock_item *item)
{
    return arena_text(&items->keys, item->key);
}

const char *stock_item_vendor(const struct stock_items *items, const struct stock_item *item)
{
    const char *pn = stock_item_pn(items, item);
    return pn + strlen(pn) + 1;
}

const char *stock_item_part_number(const struct stock_items *items, const struct stock_item *item)
{
    return arena_text(&items->texts, item->texts);
}

const char *stock_item_name(const struct stock_items *items, const struct stock_item *item)
{
    const char *part_number = stock_item_part_number(items, item);
    return part_number + strlen(part_number) + 1;
}

/* ---- Digests --------------------------------------------------------------------------------------------------- */

static uint64_t digest_numbers(uint32_t component_id, int64_t lot_qty, int64_t qty, int64_t reserved, int64_t cost,
                               uint32_t date, enum unit unit)
{
    int64_t all[] = {component_id, lot_qty, qty, reserved, cost, date, (int64_t)unit};
    return arena_hash(all, sizeof all);
}

static uint64_t digest_name(const char *name, size_t n)
{
    return n ? arena_hash(name, n) : 0;
}

static uint32_t component_id(const struct stock_items *items, uint32_t component)
{
    return component == ARENA_NONE ? 0 : items->catalog->components[component].id;
}

void stock_items_add_old(struct stock_items *items, const struct stock_old *old)
{
    uint32_t number = item_of(items, old->pn_norm, old->vendor_norm);
    struct stock_item *item = &items->item[number];
    item->old_id = old->id;
    item->old_numbers =
        digest_numbers(old->component_id, old->lot_qty, old->qty, old->reserved, old->cost, old->date, old->unit);
    item->old_number = arena_hash(old->part_number, strlen(old->part_number));
    item->old_name = digest_name(old->name, strlen(old->name));
}

/* ---- Lines ----------------------------------------------------------------------------------------------------- */

static uint32_t packed_date(struct value_date date)
{
    return date.year == 0 ? 0 : (uint32_t)(date.year * 10000 + date.month * 100 + date.day);
}

/* Texts are kept only if they will be written: those of new items, and those that differ from the stock's. */
static void keep_texts(struct stock_items *items, struct stock_item *item, const struct stock_line *line)
{
    item->texts_differ = item->old_id && (item->old_number != arena_hash(line->part_number, line->part_number_len) ||
                                          item->old_name != digest_name(line->name, line->name_len));
    item->texts = ARENA_NONE;
    if (item->old_id && !item->texts_differ)
        return;
    item->texts = arena_add(&items->texts, line->part_number, line->part_number_len);
    arena_add(&items->texts, line->name, line->name_len);
}

static void set_line(struct stock_items *items, struct stock_item *item, const struct stock_line *line)
{
    item->component = line->component;
    item->lot_qty = line->lot_qty;
    item->qty = line->qty;
    item->reserved = line->reserved;
    item->cost = line->cost;
    item->date = packed_date(line->received_on);
    item->unit = (uint8_t)line->unit;
    item->in_file = true;
    item->order = line->order;
    keep_texts(items, item, line);
}

static void add_to_sum(struct stock_sum *sum, int64_t qty, int64_t cost)
{
    if (qty <= 0 || cost < 0)
        return;
    sum->value += (dec128)qty * cost;
    sum->qty += qty;
}

static struct stock_sum *sum_of(struct stock_items *items, struct stock_item *item)
{
    if (item->sum == ARENA_NONE) {
        items->sums = grow(items->sums, &items->room_sums, items->n_sums + 1, sizeof *items->sums);
        item->sum = items->n_sums++;
        items->sums[item->sum] = (struct stock_sum){0, 0};
        add_to_sum(&items->sums[item->sum], item->qty, item->cost);
    }
    return &items->sums[item->sum];
}

static enum stock_added merge_line(struct stock_items *items, struct stock_item *item, const struct stock_line *line)
{
    int64_t qty = item->qty + line->qty, reserved = item->reserved + line->reserved;
    if (qty >= QTY_LIMIT || qty <= -QTY_LIMIT || reserved >= QTY_LIMIT)
        return ADDED_RANGE;
    add_to_sum(sum_of(items, item), line->qty, line->cost);
    item->qty = qty;
    item->reserved = reserved;
    uint32_t date = packed_date(line->received_on);
    if (date > item->date)
        item->date = date;
    if (line->order < item->order) { /* number and name are those of the first line */
        item->order = line->order;
        keep_texts(items, item, line);
        return ADDED_FIRST;
    }
    return ADDED_SUMMED;
}

enum stock_added stock_items_add(struct stock_items *items, const struct stock_line *line, enum stock_duplicates mode,
                                 uint32_t *number)
{
    *number = item_of(items, line->pn_norm, line->vendor_norm);
    struct stock_item *item = &items->item[*number];
    if (items->texts.used > STOCK_TEXTS_MAX)
        return ADDED_FULL;
    if (!item->in_file) {
        set_line(items, item, line);
        return ADDED_NEW;
    }
    switch (mode) {
    case DUPLICATES_SUM:
        return merge_line(items, item, line);
    case DUPLICATES_FIRST:
    case DUPLICATES_LAST:
        if ((mode == DUPLICATES_FIRST) == (line->order >= item->order))
            return ADDED_IGNORED;
        set_line(items, item, line);
        return ADDED_REPLACED;
    case DUPLICATES_REJECT:
        return ADDED_REFUSED;
    }
    abort();
}

void stock_items_forget(struct stock_items *items)
{
    for (uint32_t i = 0; i < items->n; i++) {
        struct stock_item *item = &items->item[i];
        item->in_file = item->texts_differ = item->kept = false;
        item->sum = item->texts = ARENA_NONE;
    }
    items->n_sums = 0;
    items->texts.used = 0;
}

void stock_items_settle(struct stock_items *items)
{
    for (uint32_t i = 0; i < items->n; i++) {
        struct stock_item *item = &items->item[i];
        const struct stock_sum *sum = item->sum == ARENA_NONE ? NULL : &items->sums[item->sum];
        if (sum)
            item->cost = sum->qty > 0 ? (int64_t)dec_div_round(sum->value, sum->qty, ROUND_HALF_UP) : -1;
    }
}

void stock_items_keep(struct stock_items *items, struct stock_refused *refused)
{
    for (uint32_t i = 0; i < items->n && stock_refused_any(refused); i++) {
        struct stock_item *item = &items->item[i];
        if (item->old_id != 0 && !item->in_file)
            item->kept = stock_refused_may_be(refused, stock_item_pn(items, item), stock_item_vendor(items, item),
                                              item->old_name);
    }
}

enum stock_change stock_item_change(const struct stock_items *items, const struct stock_item *item,
                                    enum stock_mode mode)
{
    if (!item->in_file)
        return item->old_id && mode == STOCK_REPLACE && !item->kept ? CHANGE_DELETE : CHANGE_NONE;
    if (item->old_id == 0)
        return CHANGE_INSERT;
    uint64_t numbers = digest_numbers(component_id(items, item->component), item->lot_qty, item->qty, item->reserved,
                                      item->cost, item->date, (enum unit)item->unit);
    if (numbers != item->old_numbers)
        return CHANGE_UPDATE;
    return item->texts_differ ? CHANGE_TEXTS : CHANGE_NONE;
}

static void total_item(const struct stock_items *items, const struct stock_item *item, enum stock_mode mode,
                       struct stock_totals *t)
{
    enum stock_change change = stock_item_change(items, item, mode);
    t->old += item->old_id != 0;
    t->deleted += change == CHANGE_DELETE;
    t->kept += item->old_id != 0 && !item->in_file && item->kept;
    if (!item->in_file)
        return;
    t->items++;
    t->inserted += change == CHANGE_INSERT;
    t->updated += change == CHANGE_UPDATE;
    t->unchanged += change == CHANGE_NONE || change == CHANGE_TEXTS;
    t->texts += change == CHANGE_TEXTS;
    t->matched += item->component != ARENA_NONE;
    t->unmatched += item->component == ARENA_NONE;
    t->qty += item->qty;
    if (item->cost >= 0)
        t->value += (dec128)item->qty * item->cost;
}

struct stock_totals stock_items_totals(const struct stock_items *items, enum stock_mode mode)
{
    struct stock_totals t = {0};
    for (uint32_t i = 0; i < items->n; i++)
        total_item(items, &items->item[i], mode, &t);
    t.value = dec_rescale(t.value, QTY_SCALE + PRICE_SCALE, 2, ROUND_HALF_UP);
    return t;
}
