/* Quotes of a file in memory. */
#include "handlers/quotes/import/list.h"

#include "base/grow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_BYTES (2 * PN_BYTES + 16)

void quote_list_fini(struct quote_list *list)
{
    arena_fini(&list->texts);
    arena_index_fini(&list->by_key);
    arena_index_fini(&list->by_offer);
    free(list->number);
    free(list->quote);
    *list = (struct quote_list){.n = 0};
}

/* ---- Numbers ---------------------------------------------------------------------------------------------------- */

struct key_wanted {
    const struct quote_list *list;
    const char *text;
};

static bool same_key(const void *ctx, uint32_t number)
{
    const struct key_wanted *wanted = ctx;
    return strcmp(quote_list_text(wanted->list, wanted->list->number[number].key), wanted->text) == 0;
}

static size_t key_text(const struct quote_line *line, char out[KEY_BYTES])
{
    static const char *const names[] = {[KEY_PN] = "pn", [KEY_LOT] = "lot", [KEY_CODE] = "code"};
    return (size_t)snprintf(out, KEY_BYTES, "%s\t%s\t%s", names[line->key], line->norm, line->vendor);
}

static uint32_t add_number(struct quote_list *list, const struct quote_line *line, const char *key, size_t n)
{
    list->number = grow(list->number, &list->room_numbers, list->n_numbers + 1, sizeof *list->number);
    struct quote_number *number = &list->number[list->n_numbers];
    number->key = arena_add(&list->texts, key, n);
    number->norm = arena_add(&list->texts, line->pn_norm, strlen(line->pn_norm));
    arena_index_add(&list->by_key, arena_hash(key, n), list->n_numbers);
    return list->n_numbers++;
}

/* ---- Offers ----------------------------------------------------------------------------------------------------- */

struct offer_wanted {
    const struct quote_list *list;
    uint32_t number;
    int64_t min_qty;
};

static uint64_t offer_hash(uint32_t number, int64_t min_qty)
{
    int64_t key[2] = {number, min_qty};
    return arena_hash(key, sizeof key);
}

static bool same_offer(const void *ctx, uint32_t at)
{
    const struct offer_wanted *wanted = ctx;
    const struct quote_new *quote = &wanted->list->quote[at];
    return quote->number == wanted->number && quote->min_qty == wanted->min_qty;
}

static struct quote_new *find_offer(const struct quote_list *list, uint32_t number, int64_t min_qty)
{
    struct offer_wanted wanted = {list, number, min_qty};
    uint32_t at = arena_index_find(&list->by_offer, offer_hash(number, min_qty), same_offer, &wanted);
    return at == ARENA_NONE ? NULL : &list->quote[at];
}

static bool same_terms(const struct quote_new *quote, const struct quote_offer *offer)
{
    return quote->price_per == offer->price_per && strcmp(quote->currency, offer->currency) == 0 &&
           quote->vat_included == offer->vat_included && quote->vat_rate == offer->vat_rate;
}

static bool contradicts(const struct quote_new *quote, const struct quote_offer *offer, enum quote_duplicates mode)
{
    bool terms = same_terms(quote, offer);
    if (mode == QUOTES_LAST || (terms && quote->price == offer->price))
        return false;
    return mode == QUOTES_REJECT || !terms;
}

/* Tiers of a row share its text. */
static uint32_t keep_text(struct quote_list *list, struct cell_span text)
{
    const char *last = list->last_text ? quote_list_text(list, list->last_text) : NULL;
    if (!last || strlen(last) != text.n || memcmp(last, text.s, text.n) != 0)
        list->last_text = arena_add(&list->texts, text.s, text.n);
    return list->last_text;
}

static void fill(struct quote_list *list, struct quote_new *quote, const struct quote_line *line,
                 const struct quote_offer *offer, uint16_t sheet)
{
    quote->part_number = keep_text(list, line->part_number);
    quote->component = line->component;
    quote->row = line->row;
    quote->sheet = sheet;
    quote->column = offer->column;
    quote->vat_included = offer->vat_included;
    quote->vat_rate = offer->vat_rate;
    memcpy(quote->currency, offer->currency, sizeof quote->currency);
    quote->currency_open = offer->currency_open;
    quote->price_per = offer->price_per;
    quote->price = offer->price;
    quote->min_qty = offer->min_qty;
    quote->qty = line->qty;
}

static void merge(struct quote_list *list, struct quote_new *quote, const struct quote_line *line,
                  const struct quote_offer *offer, uint16_t sheet, enum quote_duplicates mode)
{
    bool same = same_terms(quote, offer) && quote->price == offer->price;
    if (mode == QUOTES_LAST || (!same && offer->price < quote->price))
        fill(list, quote, line, offer, sheet);
    else if (same && quote->qty < 0)
        quote->qty = line->qty;
}

static void take(struct quote_list *list, uint32_t number, const struct quote_line *line,
                 const struct quote_offer *offer, uint16_t sheet, enum quote_duplicates mode)
{
    struct quote_new *quote = find_offer(list, number, offer->min_qty);
    if (quote) {
        merge(list, quote, line, offer, sheet, mode);
        list->merged++;
        return;
    }
    list->quote = grow(list->quote, &list->room, list->n + 1, sizeof *list->quote);
    list->quote[list->n] = (struct quote_new){.number = number};
    fill(list, &list->quote[list->n], line, offer, sheet);
    arena_index_add(&list->by_offer, offer_hash(number, offer->min_qty), list->n++);
}

enum quote_added quote_list_add(struct quote_list *list, const struct quote_line *line, uint16_t sheet,
                                enum quote_duplicates mode, unsigned *at, const struct quote_new **other)
{
    char key[KEY_BYTES];
    size_t n = key_text(line, key);
    struct key_wanted wanted = {list, key};
    uint32_t number = arena_index_find(&list->by_key, arena_hash(key, n), same_key, &wanted);
    if (list->n + line->n > QUOTES_OFFERS_MAX || list->texts.used > QUOTES_TEXTS_MAX)
        return OFFERS_FULL;
    for (unsigned i = 0; number != ARENA_NONE && i < line->n; i++) {
        *other = find_offer(list, number, line->offer[i].min_qty);
        *at = i;
        if (*other && contradicts(*other, &line->offer[i], mode))
            return OFFERS_DUPLICATE;
    }
    if (number == ARENA_NONE)
        number = add_number(list, line, key, n);
    for (unsigned i = 0; i < line->n; i++)
        take(list, number, line, &line->offer[i], sheet, mode);
    return OFFERS_TAKEN;
}
