/* The party's quotes on record. */
#include "handlers/quotes/import/record.h"

#include "base/grow.h"
#include "base/hex.h"
#include "handlers/catalog/load.h"
#include "handlers/pricing/quotes.h"
#include "handlers/run/run.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE        20000 /* rows of a statement: what the client buffers at once */
#define PAGE_TEXT   "20000"
#define JUMP_FACTOR 5
#define TO_DAYS     719528 /* TO_DAYS('1970-01-01') */

void quote_mentions_fini(struct quote_mentions *mentions)
{
    free(mentions->named.list);
    free(mentions->refused.list);
    stock_refused_fini(&mentions->unread);
    *mentions = (struct quote_mentions){0};
}

void quote_record_fini(struct quote_record *record)
{
    free(record->gone);
    free(record->named.list);
    free(record->kept_names.list);
    arena_index_fini(&record->by_ref);
    arena_index_fini(&record->by_number);
    rates_fini(&record->rates);
    *record = (struct quote_record){0};
}

/* ---- Numbers as they are stored --------------------------------------------------------------------------------- */

/* The party's own lots without a number, and numbers: the same number of another lot is another one, as long as both
 * lots are known. */
static uint64_t name_hash(const char *pn_norm, uint32_t component_id)
{
    char text[PN_BYTES + 24];
    int n = snprintf(text, sizeof text, "%s\t%u", pn_norm, component_id);
    return arena_hash(text, (size_t)n);
}

/* Of a number with any lot; of a lot without a number the lot's. */
static uint64_t number_hash(const char *pn_norm, uint32_t component_id)
{
    return *pn_norm ? arena_hash(pn_norm, strlen(pn_norm)) : name_hash(pn_norm, component_id);
}

static void add_name(struct stock_hashes *names, const char *pn_norm, uint32_t component_id)
{
    stock_hashes_add(names, name_hash(pn_norm, component_id));
    stock_hashes_add(names, number_hash(pn_norm, component_id));
}

/* Is it one of these numbers? A number that waits for its lot is that of any lot. */
static bool has_name(struct stock_hashes *names, const char *pn_norm, uint32_t component_id)
{
    if (component_id == 0)
        return stock_hashes_has(names, number_hash(pn_norm, 0));
    return stock_hashes_has(names, name_hash(pn_norm, component_id)) || stock_hashes_has(names, name_hash(pn_norm, 0));
}

static uint32_t component_id(const struct catalog_map *catalog, uint32_t component)
{
    return component == ARENA_NONE ? 0 : catalog->components[component].id;
}

void quote_mentions_add(struct quote_mentions *mentions, const struct quote_context *context,
                        const struct table_row *row, const struct stock_ident *ident, bool refused)
{
    if (!ident->settled) {
        if (refused)
            stock_refused_add(&mentions->unread, row, ident);
        return;
    }
    const char *norm = quote_line_is_lot(context, ident) ? "" : ident->pn_norm;
    add_name(refused ? &mentions->refused : &mentions->named, norm,
             component_id(context->stock.catalog, ident->component));
}

/* ---- References ------------------------------------------------------------------------------------------------- */

static void must(int done)
{
    if (done != 1)
        abort(); /* SHA-256 fails only if memory runs out */
}

static void make_refs(struct quote_record *record)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    char head[160], day[11], least[1 + 48];
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    must(md != NULL);
    value_date_format(record->quoted_on, day);
    int n = snprintf(head, sizeof head, "%s\t%s\t%s\t", record->params->kind, record->params->party, day);
    for (uint32_t i = 0; i < record->list->n; i++) {
        struct quote_new *quote = &record->list->quote[i];
        const char *key = quote_list_text(record->list, record->list->number[quote->number].key);
        least[0] = '\t';
        size_t m = 1 + dec_format(quote->min_qty, QTY_SCALE, false, least + 1, sizeof least - 1);
        must(EVP_DigestInit_ex(md, i == 0 ? EVP_sha256() : NULL, NULL));
        must(EVP_DigestUpdate(md, head, (size_t)n));
        must(EVP_DigestUpdate(md, key, strlen(key)));
        must(EVP_DigestUpdate(md, least, m));
        must(EVP_DigestFinal_ex(md, digest, NULL));
        memcpy(quote->ref, digest, QUOTE_REF);
        arena_index_add(&record->by_ref, arena_hash(quote->ref, QUOTE_REF), i);
    }
    EVP_MD_CTX_free(md);
}

void quote_ref_text(const struct quote_new *quote, uint32_t n, char out[QUOTE_REF_TEXT])
{
    memcpy(out, "q:", 2);
    hex_text(quote->ref, QUOTE_REF, out + 2);
    if (n > 1)
        snprintf(out + 2 + 2 * QUOTE_REF, QUOTE_REF_TEXT - 2 - 2 * QUOTE_REF, "#%u", n);
}

struct ref_wanted {
    const struct quote_list *list;
    const uint8_t *ref;
};

static bool same_ref(const void *ctx, uint32_t at)
{
    const struct ref_wanted *wanted = ctx;
    return memcmp(wanted->list->quote[at].ref, wanted->ref, QUOTE_REF) == 0;
}

/* The file's quote with this reference, and which of its turns this is; NULL if the file has none. */
static struct quote_new *find_ref(struct quote_record *record, const struct store_value *text, uint32_t *n)
{
    uint8_t ref[QUOTE_REF];
    if (text->type == STORE_NULL || text->len < 2 + 2 * QUOTE_REF || memcmp(text->text, "q:", 2) != 0 ||
        hex_read(text->text + 2, QUOTE_REF, ref) != 0)
        return NULL;
    const char *rest = text->text + 2 + 2 * QUOTE_REF;
    *n = *rest == '#' ? (uint32_t)strtoul(rest + 1, NULL, 10) : 1;
    struct ref_wanted wanted = {record->list, ref};
    uint32_t at = arena_index_find(&record->by_ref, arena_hash(ref, QUOTE_REF), same_ref, &wanted);
    return at == ARENA_NONE ? NULL : &record->list->quote[at];
}

/* ---- One quote on record ---------------------------------------------------------------------------------------- */

enum {
    C_ID,
    C_COMPONENT,
    C_PN,
    C_PRICE,
    C_PER,
    C_CURRENCY,
    C_VAT,
    C_VAT_RATE,
    C_MIN,
    C_QTY,
    C_DAY,
    C_UNTIL,
    C_ACTIVE,
    C_BY_PERSON,
    C_REF
};
#define QUOTE_COLUMNS                                                                                                  \
    "id, component_id, pn_norm, price, price_per, currency, vat_included <> 0, vat_rate, min_qty, qty, "               \
    "TO_DAYS(quoted_on), valid_until, status = 'active', rejected_by IS NULL, ext_ref "

static bool is_true(const struct store_value *v)
{
    return v->text[0] == '1';
}

static bool same_until(const struct quote_record *record, const struct store_value *v)
{
    char day[11];
    if (v->type == STORE_NULL)
        return record->valid_until.year == 0;
    value_date_format(record->valid_until, day);
    return record->valid_until.year != 0 && strcmp(day, v->text) == 0;
}

static bool same_quote(const struct quote_record *record, const struct quote_new *quote, const struct store_value *v)
{
    int64_t rate = is_true(&v[C_VAT]) ? column_decimal(&v[C_VAT_RATE], VAT_SCALE, 0) : 0;
    return column_decimal(&v[C_PRICE], PRICE_SCALE, 0) == quote->price && column_u64(&v[C_PER]) == quote->price_per &&
           strcmp(v[C_CURRENCY].text, quote->currency) == 0 && is_true(&v[C_VAT]) == quote->vat_included &&
           rate == quote->vat_rate && column_decimal(&v[C_QTY], QTY_SCALE, -1) == quote->qty &&
           same_until(record, &v[C_UNTIL]);
}

/* The active one of a reference decides, else the last. */
static void note_turn(struct quote_record *record, struct quote_new *quote, uint32_t n, const struct store_value *v)
{
    bool active = is_true(&v[C_ACTIVE]), last = n > quote->ref_n;
    if (last)
        quote->ref_n = n;
    if (quote->old_active || (!active && !last))
        return;
    quote->old_id = column_u64(&v[C_ID]);
    quote->old_active = active;
    quote->old_same = same_quote(record, quote, v);
    quote->old_by_person = !active && is_true(&v[C_BY_PERSON]);
}

/* ---- Jumps ------------------------------------------------------------------------------------------------------ */

static dec128 base_price(const struct rates *rates, const struct quote *quote)
{
    const struct rate *rate = NULL;
    if (quote->currency == CURRENCY_UNKNOWN)
        return 0;
    if (quote->currency != CURRENCY_BASE) {
        rate = rates_find(rates, quote->currency, quote->quoted_on);
        if (!rate)
            return 0;
    }
    return quote_base_price(quote, rate);
}

/* A quote on record that is being compared with those of the file. */
struct comparing {
    struct quote_record *record;
    const struct store_value *v;
    uint32_t component;
    int64_t min_qty;
    dec128 base; /* 0 = not computed yet, -1 = it has none */
};

static dec128 old_base(struct comparing *comparing)
{
    const struct store_value *v = comparing->v;
    if (comparing->base != 0)
        return comparing->base;
    struct quote old = {.price = column_decimal(&v[C_PRICE], PRICE_SCALE, 0),
                        .price_per = (uint32_t)column_u64(&v[C_PER]),
                        .quoted_on = (int32_t)column_u64(&v[C_DAY]) - TO_DAYS,
                        .currency = rates_currency(&comparing->record->rates, v[C_CURRENCY].text),
                        .vat_rate = (uint16_t)column_decimal(&v[C_VAT_RATE], VAT_SCALE, 0),
                        .vat_included = is_true(&v[C_VAT])};
    dec128 base = base_price(&comparing->record->rates, &old);
    comparing->base = base >= 1 ? base : -1;
    return comparing->base;
}

static void compare(struct comparing *comparing, struct quote_new *quote)
{
    struct quote_record *record = comparing->record;
    struct quote mine = {.price = quote->price,
                         .price_per = quote->price_per,
                         .quoted_on = (int32_t)value_date_days(record->quoted_on),
                         .currency = rates_currency(&record->rates, quote->currency),
                         .vat_rate = quote->vat_rate,
                         .vat_included = quote->vat_included};
    dec128 before = old_base(comparing), now = base_price(&record->rates, &mine);
    quote->compared = true;
    record->unseen--;
    if (before < 1 || now < 1)
        return;
    record->compared++;
    if (now <= before * JUMP_FACTOR && before <= now * JUMP_FACTOR)
        return;
    record->jumped++;
    quote->jumped = true;
    quote->old_price = column_decimal(&comparing->v[C_PRICE], PRICE_SCALE, 0);
    snprintf(quote->old_currency, sizeof quote->old_currency, "%s", comparing->v[C_CURRENCY].text);
}

/* Is it a quote of the same number, lot and smallest quantity? All of them are looked at: returns false. */
static bool visit(const void *ctx, uint32_t at)
{
    struct comparing *comparing = *(struct comparing *const *)ctx;
    const struct quote_list *list = comparing->record->list;
    struct quote_new *quote = &list->quote[at];
    const struct quote_number *number = &list->number[quote->number];
    uint32_t own = component_id(comparing->record->catalog, quote->component);
    bool lot = own == comparing->component || own == 0 || comparing->component == 0;
    if (!quote->compared && quote->min_qty == comparing->min_qty && lot &&
        strcmp(quote_list_text(list, number->norm), comparing->v[C_PN].text) == 0)
        compare(comparing, quote);
    return false;
}

static void compare_all(struct quote_record *record, const struct store_value *v)
{
    struct comparing comparing = {record, v, (uint32_t)column_u64(&v[C_COMPONENT]),
                                  column_decimal(&v[C_MIN], QTY_SCALE, 1000), 0};
    struct comparing *ctx = &comparing;
    uint64_t name = number_hash(v[C_PN].text, comparing.component);
    arena_index_find(&record->by_number, name ^ (uint64_t)comparing.min_qty, visit, &ctx);
}

/* ---- What goes -------------------------------------------------------------------------------------------------- */

static bool may_be_refused(struct quote_record *record, const char *pn_norm, uint32_t component)
{
    size_t own = strlen(record->own);
    bool code = strncmp(pn_norm, record->own, own) == 0 && pn_norm[own] == '=';
    return has_name(&record->mentions->refused, pn_norm, component) ||
           (*pn_norm && stock_refused_may_be(&record->mentions->unread, code ? pn_norm + own + 1 : pn_norm, "", 0));
}

static void supersede(struct quote_record *record, const struct store_value *v)
{
    const char *pn_norm = v[C_PN].text;
    uint32_t component = (uint32_t)column_u64(&v[C_COMPONENT]);
    if (record->params->supersede == SUPERSEDE_NONE)
        return;
    bool named = has_name(&record->named, pn_norm, component) || has_name(&record->mentions->named, pn_norm, component);
    if (may_be_refused(record, pn_norm, component)) {
        stock_hashes_add(&record->kept_names, name_hash(pn_norm, component));
        return;
    }
    if (!named && record->params->supersede == SUPERSEDE_NAMED)
        return;
    record->unnamed += !named;
    record->gone = grow(record->gone, &record->room_gone, record->n_gone + 1, sizeof *record->gone);
    record->gone[record->n_gone++] = column_u64(&v[C_ID]);
}

static int on_quote(const struct store_value *v, unsigned n, void *ctx)
{
    struct quote_record *record = ctx;
    uint32_t turn = 0;
    (void)n;
    record->rows++;
    record->last_id = column_u64(&v[C_ID]);
    record->last_day = (int32_t)column_u64(&v[C_DAY]);
    struct quote_new *quote = find_ref(record, &v[C_REF], &turn);
    if (quote)
        note_turn(record, quote, turn, v);
    if (!is_true(&v[C_ACTIVE]))
        return 0;
    record->active++;
    compare_all(record, v);
    if (!quote)
        supersede(record, v);
    return 0;
}

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

/* The quotes of the day itself, rejected ones too. */
static int read_day(struct quote_record *record)
{
    char day[11];
    value_date_format(record->quoted_on, day);
    static const char *const statuses[] = {"active", "rejected"};
    for (size_t i = 0; i < 2; i++) {
        record->last_id = INT64_MAX;
        do {
            struct store_value v[] = {STORE_U(record->party_id), STORE_S(statuses[i]), STORE_S(day),
                                      STORE_U(record->last_id)};
            record->rows = 0;
            if (run_go_on(record->job, record->job->db) != 0 ||
                store_query(record->job->db,
                            "SELECT " QUOTE_COLUMNS "FROM price_quote FORCE INDEX (ix_party) WHERE party_id = ? AND "
                            "status = ? AND quoted_on = ? AND id < ? ORDER BY id DESC LIMIT " PAGE_TEXT,
                            v, 4, on_quote, record) != 0)
                return -1;
        } while (record->rows == PAGE);
    }
    return 0;
}

/* Active quotes of earlier days, newest first. Without supersede only until each quote of the file has found the one
 * before it. */
static int read_before(struct quote_record *record)
{
    bool all = record->params->supersede != SUPERSEDE_NONE;
    record->last_id = 0;
    record->last_day = (int32_t)value_date_days(record->quoted_on) + TO_DAYS;
    do {
        struct store_value v[] = {STORE_U(record->party_id), STORE_U(record->last_day), STORE_U(record->last_day),
                                  STORE_U(record->last_id)};
        record->rows = 0;
        if (run_go_on(record->job, record->job->db) != 0 ||
            store_query(record->job->db,
                        "SELECT " QUOTE_COLUMNS "FROM price_quote FORCE INDEX (ix_party) WHERE party_id = ? AND "
                        "status = 'active' AND quoted_on <= FROM_DAYS(?) AND (quoted_on < FROM_DAYS(?) OR id < ?) "
                        "ORDER BY quoted_on DESC, id DESC LIMIT " PAGE_TEXT,
                        v, 4, on_quote, record) != 0)
            return -1;
    } while (record->rows == PAGE && (all || record->unseen > 0));
    return 0;
}

static void index_numbers(struct quote_record *record)
{
    const struct quote_list *list = record->list;
    for (uint32_t i = 0; i < list->n; i++) {
        const struct quote_new *quote = &list->quote[i];
        const struct quote_number *number = &list->number[quote->number];
        const char *norm = quote_list_text(list, number->norm);
        uint32_t component = component_id(record->catalog, quote->component);
        arena_index_add(&record->by_number, number_hash(norm, component) ^ (uint64_t)quote->min_qty, i);
        if (record->params->supersede != SUPERSEDE_NONE)
            add_name(&record->named, norm, component);
    }
    record->unseen = list->n;
}

static void load_rates(struct quote_record *record)
{
    const struct catalog_map *catalog = record->catalog;
    rates_init(&record->rates, catalog->base_currency, catalog->rate_max_age_days);
    for (uint32_t i = 0; i < catalog->n_rates; i++)
        rates_add(&record->rates, catalog->rates[i].currency, (int32_t)catalog->rates[i].day, catalog->rates[i].nominal,
                  catalog->rates[i].rate);
    if (rates_seal(&record->rates) != 0)
        abort(); /* the table's primary key */
}

static void settle(struct quote_list *list)
{
    for (uint32_t i = 0; i < list->n; i++) {
        struct quote_new *quote = &list->quote[i];
        bool stands = quote->old_same && (quote->old_active || quote->old_by_person);
        quote->outcome = stands ? QUOTE_UNCHANGED : quote->old_active ? QUOTE_REPLACED : QUOTE_INSERTED;
    }
}

int quote_record_read(struct quote_record *record)
{
    load_rates(record);
    make_refs(record);
    index_numbers(record);
    if (read_day(record) != 0 || read_before(record) != 0)
        return -1;
    settle(record->list);
    record->kept = stock_hashes_distinct(&record->kept_names);
    return 0;
}
