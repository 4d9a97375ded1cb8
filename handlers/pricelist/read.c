/* Reading price lists. */
#include "handlers/pricelist/read.h"

#include "base/time_text.h"
#include "handlers/pricelist/items.h"
#include "handlers/read/filters.h"
#include "handlers/read/rowjson.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const sources[] = {"estimate", "warehouse", "competitor", NULL};
static const char *const archive_filters[] = {"false", "true", "all", NULL};

const struct param_spec pricelists_params[] = {
    {.name = "source", .kind = PARAM_CHOICE, .choices = sources, .help = "Only lists of this source."},
    {.name = "archived",
     .kind = PARAM_CHOICE,
     .choices = archive_filters,
     .otherwise = "\"false\"",
     .help = "Only archived lists (true), only those that are not (false), or all of them."},
    {.name = "q",
     .kind = PARAM_STRING,
     .max = FILTER_TEXT,
     .help = "Only lists with this text in their version or note."},
    PAGE_PARAMS,
    {.name = NULL},
};

const struct param_spec pricelist_items_params[] = {
    {.name = "id", .kind = PARAM_STRING, .required = true, .help = "The list."},
    {.name = "q",
     .kind = PARAM_STRING,
     .max = FILTER_TEXT,
     .help = "Only items with this text in their lot code, name or part numbers."},
    PAGE_PARAMS,
    {.name = NULL},
};

/* ---- Headers --------------------------------------------------------------------------------------------------- */

#define HEAD_COLUMNS                                                                                                   \
    "id, source, version, currency, as_of, items, LOWER(HEX(content_sha256)), previous_id, task_id, created_at, "      \
    "archived_at, note"
enum { HEAD_PARAMS = 12 }; /* the column behind them */

static void put_head(struct json_out *out, const struct store_value *v)
{
    row_put_number(out, "id", &v[0]);
    row_put_text(out, "source", &v[1]);
    row_put_text(out, "version", &v[2]);
    row_put_text(out, "currency", &v[3]);
    row_put_text(out, "as_of", &v[4]);
    row_put_number(out, "items", &v[5]);
    row_put_text(out, "content_sha256", &v[6]);
    row_put_number(out, "previous_id", &v[7]);
    row_put_text(out, "task_id", &v[8]);
    row_put_moment(out, "created_at", &v[9]);
    row_put_moment(out, "archived_at", &v[10]);
    row_put_text(out, "note", &v[11]);
}

struct listing_of {
    struct page *page;
    struct json_out *out;
};

static int on_list(const struct store_value *v, unsigned n, void *ctx)
{
    struct listing_of *listing = ctx;
    (void)n;
    if (!page_take(listing->page, &v[0].text))
        return 0;
    json_object(listing->out);
    put_head(listing->out, v);
    json_object_end(listing->out);
    return 0;
}

/* Lists are numbered as they are made, so the newest has the highest id. */
int pricelists_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out)
{
    struct listing_of listing = {page, out};
    const char *source = json_member_string(params, "source", NULL);
    const char *archived = json_member_string(params, "archived", "false");
    const char *q = json_member_string(params, "q", NULL);
    char pattern[FILTER_PATTERN_BYTES];
    struct store_value like = q ? STORE_S(filter_pattern(pattern, q, true)) : STORE_N;
    struct store_value v[] = {STORE_S_OR_NULL(source),
                              STORE_S_OR_NULL(source),
                              STORE_U(archived[0] == 'a'),
                              STORE_U(archived[0] == 't'),
                              like,
                              like,
                              like,
                              STORE_S(page_after(page, 0, "4294967296")),
                              STORE_U(page_want(page))};
    json_object(out);
    json_key(out, "pricelists");
    json_array(out);
    int rc = store_query(conn,
                         "SELECT " HEAD_COLUMNS
                         " FROM pricelist FORCE INDEX (PRIMARY) WHERE status = 'ready' AND (? IS NULL OR source = ?) "
                         "AND (? OR (archived_at IS NOT NULL) = ?) AND (? IS NULL OR version LIKE ? OR note LIKE ?) "
                         "AND id < CAST(? AS UNSIGNED) ORDER BY id DESC LIMIT ?",
                         v, 9, on_list, &listing);
    json_array_end(out);
    page_put_next(page, out);
    json_object_end(out);
    return rc;
}

/* ---- One list -------------------------------------------------------------------------------------------------- */

struct finding {
    struct pricelist_head *head;
    struct json_out *out; /* NULL: the head alone */
    bool whole;
};

static int64_t seconds_of(const struct store_value *moment)
{
    char text[32];
    int64_t ms = 0;
    snprintf(text, sizeof text, "%.10sT%.8sZ", moment->text, moment->text + 11);
    return time_parse(text, &ms) ? ms / 1000 : 0;
}

static int on_head(const struct store_value *v, unsigned n, void *ctx)
{
    struct finding *finding = ctx;
    struct pricelist_head *head = finding->head;
    (void)n;
    head->id = (uint32_t)strtoul(v[0].text, NULL, 10);
    row_copy(head->source, sizeof head->source, &v[1]);
    row_copy(head->version, sizeof head->version, &v[2]);
    row_copy(head->currency, sizeof head->currency, &v[3]);
    head->items = strtoull(v[5].text, NULL, 10);
    row_copy(head->sha256, sizeof head->sha256, &v[6]);
    head->created_s = seconds_of(&v[9]);
    if (finding->out) {
        json_object(finding->out);
        put_head(finding->out, v);
        if (finding->whole)
            row_put_json(finding->out, "params", &v[HEAD_PARAMS]);
        json_object_end(finding->out);
    }
    return 1;
}

static int find(struct store_conn *conn, const char *id, struct finding *finding)
{
    uint64_t number;
    if (!row_id(id, &number))
        return 0;
    struct store_value v = STORE_U(number);
    return store_query(conn, "SELECT " HEAD_COLUMNS ", params FROM pricelist WHERE id = ? AND status = 'ready'", &v, 1,
                       on_head, finding);
}

int pricelist_find(struct store_conn *conn, const char *id, struct pricelist_head *head, struct json_out *out)
{
    struct finding finding = {head, out, true};
    return find(conn, id, &finding);
}

int pricelist_find_short(struct store_conn *conn, const char *id, struct pricelist_head *head, struct json_out *out)
{
    struct finding finding = {head, out, false};
    return find(conn, id, &finding);
}

/* ---- Items ----------------------------------------------------------------------------------------------------- */

static int on_item(const struct store_value *v, unsigned n, void *ctx)
{
    struct listing_of *listing = ctx;
    (void)n;
    if (!page_take(listing->page, &v[0].text))
        return 0;
    json_object(listing->out);
    list_item_json(listing->out, v);
    json_object_end(listing->out);
    return 0;
}

int pricelist_items_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out)
{
    struct listing_of listing = {page, out};
    struct pricelist_head head = {0};
    const char *q = json_member_string(params, "q", NULL);
    char pattern[FILTER_PATTERN_BYTES];
    json_object(out);
    json_key(out, "pricelist");
    int rc = pricelist_find_short(conn, json_member_string(params, "id", ""), &head, out);
    if (rc != 1)
        return rc == 0 ? 1 : -1;
    json_key(out, "items");
    json_array(out);
    rc = list_items_read(conn, head.id, q ? filter_pattern(pattern, q, true) : NULL, page_after(page, 0, ""),
                         page_want(page), on_item, &listing);
    json_array_end(out);
    page_put_next(page, out);
    json_object_end(out);
    return rc;
}
