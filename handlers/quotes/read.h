/* What prices are computed from, read with few statements: rates and parties once into memory, quotes in pages ordered
 * by component, handed out one component after the other.
 *
 * Everything is read inside the caller's transaction, so that it is one snapshot; the first read fixes it. Memory is
 * one page of rows in the client library plus the quotes of one component. */
#ifndef PF_QUOTES_READ_H
#define PF_QUOTES_READ_H

#include "base/bytes.h"
#include "handlers/pricing/quotes.h"
#include "store/conn.h"

/* Rates and parties of one kind. */
struct price_input {
    struct rates rates;
    struct quote_party *parties;
    uint32_t *party_ids; /* ascending; the party of the same number */
    uint32_t n_parties, room_parties;
};
/* `kind`: "supplier" or "competitor". Reads the rates of the days since .. as_of. Returns 0 or -1 with db->error.
 * Release it in either case. */
int price_input_load(struct price_input *input, struct store_conn *db, const char *kind, const char *base_currency,
                     unsigned rate_max_age_days, int32_t since, int32_t as_of);
void price_input_fini(struct price_input *input);

/* Called for each component in the order of `ids`, with its quotes by ascending id (n may be 0). Quotes beyond
 * QUOTES_MAX are only counted. It must not run a statement. */
typedef void (*price_quotes_fn)(void *ctx, uint32_t index, const struct quote *quotes, size_t n);

struct quote_reader {
    struct store_conn *db;
    const struct price_input *input;
    int32_t since; /* older quotes are not read */
    price_quotes_fn component;
    bool (*wants)(void *ctx, uint32_t index); /* does this component need its quotes? */
    int (*page)(void *ctx); /* between two pages, when no result is pending; nonzero stops. May be NULL */
    void *ctx;

    /* Work of one call. */
    const uint32_t *ids;
    uint32_t n_ids, at; /* the component whose quotes are being gathered */
    uint64_t rows;      /* of this page */
    uint64_t last_component, last_id;
    struct quote *quotes;
    uint32_t *pn_at; /* offsets into texts: it moves while it grows */
    size_t n;        /* quotes of this component seen */
    uint32_t room;   /* of quotes and pn_at */
    struct bytes texts;
    char currency[4]; /* of the previous quote, and its number: looked up once for a run of equal ones */
    uint16_t currency_number;
    uint32_t party_at;
};
void quote_reader_init(struct quote_reader *reader, struct store_conn *db, const struct price_input *input,
                       int32_t since);
void quote_reader_fini(struct quote_reader *reader);
/* Quotes of the components `ids` (ascending). `dense`: they are nearly all components between the first and the last,
 * so one range of the index is read. Returns 0, -1 with db->error, or what `page` stopped with. */
int quote_reader_run(struct quote_reader *reader, const uint32_t *ids, uint32_t n, bool dense);

/* Ids as a JSON list, for statements that join with them. Heap. */
char *price_ids_json(const uint32_t *ids, uint32_t n);

/* Columns of our own tables, so they are well-formed. */
/* Digits of a DECIMAL column of fixed scale, without the point. `otherwise` if it is NULL. */
int64_t price_column_scaled(const struct store_value *value, int64_t otherwise);
uint64_t price_column_number(const struct store_value *value, uint64_t otherwise);
/* A TO_DAYS() column in days since 1970-01-01. */
int32_t price_column_day(const struct store_value *value, int32_t otherwise);
#define PRICE_TO_DAYS 719528 /* TO_DAYS('1970-01-01') */
/* Days since 1970-01-01 as YYYY-MM-DD. */
struct price_date {
    char s[11];
};
struct price_date price_date(int32_t day);

#endif
