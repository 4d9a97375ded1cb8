/* Reading rates, parties and quotes. */
#include "handlers/quotes/read.h"

#include "base/arena.h"
#include "base/grow.h"
#include "handlers/values/values.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE      20000 /* rows of a statement: the decisions are written between two pages */
#define PAGE_TEXT "20000"

/* ---- Columns --------------------------------------------------------------------------------------------------- */

int64_t price_column_scaled(const struct store_value *value, int64_t otherwise)
{
    int64_t number = 0;
    if (value->type == STORE_NULL)
        return otherwise;
    bool negative = value->text[0] == '-';
    for (const char *at = value->text + negative; *at != '\0'; at++)
        if (*at != '.')
            number = number * 10 + (*at - '0');
    return negative ? -number : number;
}

uint64_t price_column_number(const struct store_value *value, uint64_t otherwise)
{
    uint64_t number = 0;
    if (value->type == STORE_NULL)
        return otherwise;
    for (const char *at = value->text; *at != '\0'; at++)
        number = number * 10 + (uint64_t)(*at - '0');
    return number;
}

int32_t price_column_day(const struct store_value *value, int32_t otherwise)
{
    return value->type == STORE_NULL ? otherwise : (int32_t)price_column_number(value, 0) - PRICE_TO_DAYS;
}

struct price_date price_date(int32_t day)
{
    struct price_date text;
    value_date_format(value_date_from_days(day), text.s);
    return text;
}

char *price_ids_json(const uint32_t *ids, uint32_t n)
{
    char *text = malloc((size_t)n * 11 + 3), *at = text;
    if (!text)
        abort();
    *at++ = '[';
    for (uint32_t i = 0; i < n; i++)
        at += snprintf(at, 12, "%s%" PRIu32, i ? "," : "", ids[i]);
    memcpy(at, "]", 2);
    return text;
}

/* ---- Rates and parties ----------------------------------------------------------------------------------------- */

static int on_rate(const struct store_value *v, unsigned n, void *ctx)
{
    struct price_input *input = ctx;
    (void)n;
    /* A rate of the base currency itself is left out. */
    rates_add(&input->rates, v[0].text, price_column_day(&v[1], 0), (int64_t)price_column_number(&v[2], 1),
              price_column_scaled(&v[3], 0));
    return 0;
}

static int on_party(const struct store_value *v, unsigned n, void *ctx)
{
    struct price_input *input = ctx;
    uint32_t room = input->room_parties;
    (void)n;
    input->party_ids = grow(input->party_ids, &room, input->n_parties + 1, sizeof *input->party_ids);
    input->parties = grow(input->parties, &input->room_parties, input->n_parties + 1, sizeof *input->parties);
    input->party_ids[input->n_parties] = (uint32_t)price_column_number(&v[0], 0);
    input->parties[input->n_parties++] =
        (struct quote_party){(uint32_t)price_column_scaled(&v[1], 0), v[2].text[0] == '1'};
    return 0;
}

int price_input_load(struct price_input *input, struct store_conn *db, const char *kind, const char *base_currency,
                     unsigned rate_max_age_days, int32_t since, int32_t as_of)
{
    struct price_date from = price_date(since - (int32_t)rate_max_age_days), to = price_date(as_of);
    struct store_value days[] = {STORE_S(from.s), STORE_S(to.s)}, of_kind = STORE_S(kind);
    *input = (struct price_input){0};
    rates_init(&input->rates, base_currency, rate_max_age_days);
    if (store_query(db,
                    "SELECT currency, TO_DAYS(rate_date), nominal, rate FROM currency_rate "
                    "WHERE rate_date BETWEEN ? AND ?",
                    days, 2, on_rate, input) != 0 ||
        store_query(db, "SELECT id, weight, active FROM party WHERE kind = ? ORDER BY id", &of_kind, 1, on_party,
                    input) != 0)
        return -1;
    if (rates_seal(&input->rates) != 0)
        abort(); /* the table's primary key */
    return 0;
}

void price_input_fini(struct price_input *input)
{
    rates_fini(&input->rates);
    free(input->parties);
    free(input->party_ids);
    *input = (struct price_input){0};
}

/* The number of a party of our kind, or ARENA_NONE. */
static uint32_t find_party(const struct price_input *input, uint32_t id)
{
    uint32_t from = 0, to = input->n_parties;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (input->party_ids[middle] < id)
            from = middle + 1;
        else
            to = middle;
    }
    return from < input->n_parties && input->party_ids[from] == id ? from : ARENA_NONE;
}

/* ---- Quotes ---------------------------------------------------------------------------------------------------- */

void quote_reader_init(struct quote_reader *reader, struct store_conn *db, const struct price_input *input,
                       int32_t since)
{
    *reader = (struct quote_reader){.db = db, .input = input, .since = since};
}

void quote_reader_fini(struct quote_reader *reader)
{
    free(reader->quotes);
    free(reader->pn_at);
    bytes_free(&reader->texts);
    *reader = (struct quote_reader){0};
}

/* All quotes of the component have been read, or it has none. */
static void finish_component(struct quote_reader *reader)
{
    size_t kept = reader->n < QUOTES_MAX ? reader->n : QUOTES_MAX;
    for (size_t i = 0; i < kept; i++)
        reader->quotes[i].pn = reader->pn_at[i] == UINT32_MAX ? "" : reader->texts.data + reader->pn_at[i];
    reader->component(reader->ctx, reader->at, reader->quotes, reader->n);
    reader->at++;
    reader->n = 0;
    reader->texts.len = 0;
}

static uint32_t keep_text(struct quote_reader *reader, const struct store_value *value)
{
    if (value->len == 0)
        return UINT32_MAX;
    uint32_t at = (uint32_t)reader->texts.len;
    bytes_add(&reader->texts, value->text, value->len + 1);
    return at;
}

static uint16_t currency_of(struct quote_reader *reader, const char *name)
{
    if (strcmp(reader->currency, name) != 0) {
        reader->currency_number = rates_currency(&reader->input->rates, name);
        snprintf(reader->currency, sizeof reader->currency, "%s", name);
    }
    return reader->currency_number;
}

/* The columns of QUOTE_COLUMNS. */
enum { Q_COMPONENT, Q_ID, Q_PARTY, Q_PRICE, Q_PER, Q_CURRENCY, Q_VAT, Q_MIN, Q_QTY, Q_ON, Q_UNTIL, Q_STATUS, Q_PN };
#define QUOTE_COLUMNS                                                                                                  \
    "q.component_id, q.id, q.party_id, q.price, q.price_per, q.currency, (q.vat_included <> 0) * q.vat_rate, "         \
    "q.min_qty, "                                                                                                      \
    "q.qty, TO_DAYS(q.quoted_on), TO_DAYS(q.valid_until), q.status + 0, q.pn_norm "

static void keep_quote(struct quote_reader *reader, const struct store_value *v, uint32_t party)
{
    if (reader->n++ >= QUOTES_MAX)
        return;
    uint32_t room = reader->room;
    reader->quotes = grow(reader->quotes, &room, (uint32_t)reader->n, sizeof *reader->quotes);
    reader->pn_at = grow(reader->pn_at, &reader->room, (uint32_t)reader->n, sizeof *reader->pn_at);
    reader->pn_at[reader->n - 1] = keep_text(reader, &v[Q_PN]);
    reader->quotes[reader->n - 1] = (struct quote){
        .id = reader->last_id,
        .price = price_column_scaled(&v[Q_PRICE], 0),
        .min_qty = price_column_scaled(&v[Q_MIN], 1000),
        .qty = price_column_scaled(&v[Q_QTY], QUOTE_NO_QTY),
        .party = party,
        .price_per = (uint32_t)price_column_number(&v[Q_PER], 1),
        .quoted_on = price_column_day(&v[Q_ON], 0),
        .valid_until = price_column_day(&v[Q_UNTIL], QUOTE_NO_DATE),
        .currency = currency_of(reader, v[Q_CURRENCY].text),
        .vat_rate = (uint16_t)price_column_scaled(&v[Q_VAT], 0),
        .vat_included = true, /* else the rate is 0 */
        .rejected = v[Q_STATUS].text[0] == '2',
    };
}

static int on_quote(const struct store_value *v, unsigned n, void *ctx)
{
    struct quote_reader *reader = ctx;
    (void)n;
    reader->rows++;
    reader->last_component = price_column_number(&v[Q_COMPONENT], 0);
    reader->last_id = price_column_number(&v[Q_ID], 0);
    while (reader->at < reader->n_ids && reader->ids[reader->at] < reader->last_component)
        finish_component(reader);
    if (reader->at == reader->n_ids || reader->ids[reader->at] != reader->last_component ||
        !reader->wants(reader->ctx, reader->at))
        return 0;
    uint32_t party = find_party(reader->input, (uint32_t)price_column_number(&v[Q_PARTY], 0));
    if (party != ARENA_NONE)
        keep_quote(reader, v, party);
    return 0;
}

/* Reads one page, behind the last quote that was read. A component with more quotes than a page goes on in the next
 * one. */
static int read_page(struct quote_reader *reader, bool dense)
{
    struct price_date since = price_date(reader->since);
    uint32_t first = reader->ids[reader->at], last = reader->ids[reader->n_ids - 1];
    reader->rows = 0;
    if (dense) {
        struct store_value v[] = {STORE_U(first), STORE_U(last), STORE_S(since.s), STORE_U(reader->last_component),
                                  STORE_U(reader->last_id)};
        return store_stream(reader->db,
                            "SELECT " QUOTE_COLUMNS "FROM price_quote q FORCE INDEX (ix_price) "
                            "WHERE q.component_id BETWEEN ? AND ? AND q.quoted_on >= ? AND (q.component_id > ? OR "
                            "q.id > ?) ORDER BY q.component_id, q.id LIMIT " PAGE_TEXT,
                            v, 5, on_quote, reader);
    }
    char *list = price_ids_json(reader->ids + reader->at, reader->n_ids - reader->at);
    struct store_value v[] = {STORE_S(list), STORE_S(since.s), STORE_U(reader->last_component),
                              STORE_U(reader->last_id)};
    int rc = store_stream(reader->db,
                          "SELECT STRAIGHT_JOIN " QUOTE_COLUMNS
                          "FROM JSON_TABLE(?, '$[*]' COLUMNS (id INT UNSIGNED PATH '$')) j "
                          "JOIN price_quote q FORCE INDEX (ix_price) ON q.component_id = j.id "
                          "WHERE q.quoted_on >= ? AND (q.component_id > ? OR q.id > ?) "
                          "ORDER BY q.component_id, q.id LIMIT " PAGE_TEXT,
                          v, 4, on_quote, reader);
    free(list);
    return rc;
}

int quote_reader_run(struct quote_reader *reader, const uint32_t *ids, uint32_t n, bool dense)
{
    bool more;
    int rc = 0;
    reader->ids = ids;
    reader->n_ids = n;
    reader->at = 0;
    reader->n = reader->texts.len = 0;
    reader->last_component = reader->last_id = 0;
    do {
        if (n == 0)
            return 0;
        rc = read_page(reader, dense);
        more = reader->rows == PAGE && reader->at < n;
        if (rc == 0 && more && reader->page)
            rc = reader->page(reader->ctx);
    } while (rc == 0 && more);
    while (rc == 0 && reader->at < n)
        finish_component(reader);
    return rc;
}
