/* Reading imports on record. */
#include "handlers/history/history.h"

#include "base/utf8.h"
#include "handlers/read/rowjson.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LATER_SHOWN 5

/* ---- Lists ----------------------------------------------------------------------------------------------------- */

struct listing_of {
    const struct import_book *book;
    struct page *page; /* NULL for one record */
    struct json_out *out;
};

static void put_common(struct json_out *out, const struct import_book *book, const struct store_value *v)
{
    static const char *const counts[] = {"rows_total", "rows_rejected", "inserted", "unchanged"};
    row_put_number(out, "id", &v[0]);
    row_put_text(out, "task_id", &v[1]);
    row_put_text(out, "effect", &v[2]);
    row_put_text(out, book->owner_param, &v[3]);
    row_put_number(out, "of_import", &v[4]);
    row_put_number(out, "undone_by", &v[5]);
    row_put_text(out, "file_name", &v[6]);
    row_put_text(out, "file_sha256", &v[7]);
    row_put_text(out, "file_format", &v[8]);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        row_put_number(out, counts[i], &v[9 + i]);
    row_put_text(out, "requested_by", &v[13]);
    row_put_moment(out, "created_at", &v[14]);
    row_put_moment(out, "undo_until", &v[15]);
    json_put_bool(out, "can_undo", v[16].type == STORE_NULL);
    row_put_text(out, "undo_refused", &v[16]);
}

static int on_import(const struct store_value *v, unsigned n, void *ctx)
{
    struct listing_of *listing = ctx;
    (void)n;
    if (listing->page && !page_take(listing->page, &v[0].text))
        return 0;
    json_object(listing->out);
    put_common(listing->out, listing->book, v);
    listing->book->put(listing->out, v + HISTORY_OWN);
    json_object_end(listing->out);
    return listing->page ? 0 : 1;
}

/* Imports are numbered as they are made, so the newest has the highest id. */
int history_list(struct store_conn *conn, const struct import_book *book, yajl_val params, struct page *page,
                 struct json_out *out)
{
    struct listing_of listing = {book, page, out};
    const char *owner = json_member_string(params, book->owner_param, NULL);
    const char *who = json_member_string(params, "who", NULL);
    struct store_value kind = STORE_S_OR_NULL(json_member_string(params, "kind", NULL));
    struct store_value v[] = {kind,
                              kind,
                              STORE_S_OR_NULL(owner),
                              STORE_S_OR_NULL(owner),
                              STORE_S_OR_NULL(who),
                              STORE_S_OR_NULL(who),
                              STORE_S(json_member_string(params, "from", "0001-01-01")),
                              STORE_S(json_member_string(params, "to", "9999-12-30")),
                              STORE_S(page_after(page, 0, "9223372036854775807")),
                              STORE_U(page_want(page))};
    json_object(out);
    json_key(out, "imports");
    json_array(out);
    int rc = store_query(conn,
                         owner ? book->by_owner
                         : who ? book->by_asker
                               : book->by_number,
                         v, 10, on_import, &listing);
    json_array_end(out);
    page_put_next(page, out);
    json_object_end(out);
    return rc;
}

int history_one(struct store_conn *conn, const struct import_book *book, const char *id, struct json_out *out)
{
    struct listing_of listing = {book, NULL, out};
    uint64_t number;
    if (!row_id(id, &number))
        return 0;
    struct store_value v = STORE_U(number);
    return store_query(conn, book->one, &v, 1, on_import, &listing);
}

/* ---- The last import ------------------------------------------------------------------------------------------- */

/* A moment as people read it: to the minute. */
static int minute_length(const struct store_value *moment)
{
    return moment->len < 16 ? (int)moment->len : 16;
}

static int on_last(const struct store_value *v, unsigned n, void *ctx)
{
    struct import_last *last = ctx;
    const char *name = v[2].text;
    (void)n;
    last->id = strtoull(v[0].text, NULL, 10);
    last->state = strtoull(v[1].text, NULL, 10);
    snprintf(last->at, sizeof last->at, "%.*s UTC", minute_length(&v[4]), v[4].text);
    row_copy(last->who, sizeof last->who, &v[3]);
    row_copy(last->file, sizeof last->file, &v[2]);
    snprintf(last->text, sizeof last->text, "number %" PRIu64 " of %s (%.*s%s%s)", last->id, last->at,
             (int)utf8_cut(name, strlen(name), 100), name, *name && *last->who ? ", " : "", last->who);
    return 0;
}

int history_last(struct store_conn *conn, const struct import_book *book, uint32_t owner_id, struct import_last *last)
{
    struct store_value v = STORE_U(owner_id);
    *last = (struct import_last){.id = 0};
    return store_query(conn, book->last, &v, 1, on_last, last);
}

/* ---- For an undo ----------------------------------------------------------------------------------------------- */

struct later {
    unsigned n;
    char list[300];
};

static int on_later(const struct store_value *v, unsigned n, void *ctx)
{
    struct later *later = ctx;
    size_t used = strlen(later->list);
    bool asked = v[2].type != STORE_NULL;
    (void)n;
    if (later->n++ == LATER_SHOWN)
        snprintf(later->list + used, sizeof later->list - used, " and more");
    else
        snprintf(later->list + used, sizeof later->list - used, "%s%s (%.*s UTC%s%.*s)", used ? ", " : "", v[0].text,
                 minute_length(&v[1]), v[1].text, asked ? ", " : "", asked ? (int)utf8_cut(v[2].text, v[2].len, 16) : 0,
                 asked ? v[2].text : "");
    return 0;
}

static int name_later(struct store_conn *conn, const struct import_book *book, struct import_record *record)
{
    struct later later = {.n = 0};
    struct store_value v[] = {STORE_U(record->owner_id), STORE_U(record->id), STORE_U(!record->takes_back)};
    if (store_query(conn, book->later, v, 3, on_later, &later) != 0)
        return -1;
    snprintf(record->why, sizeof record->why,
             "only the latest import of %.40s can be undone; later than number %" PRIu64
             " are: %s; undo these first, beginning with the last",
             record->owner, record->id, later.list);
    return 0;
}

/* `undone_by` 0 = it is not undone. */
struct finding {
    struct import_record *record;
    uint64_t undone_by;
    char refused[16];
};

static int on_record(const struct store_value *v, unsigned n, void *ctx)
{
    struct finding *finding = ctx;
    struct import_record *record = finding->record;
    (void)n;
    record->id = strtoull(v[0].text, NULL, 10);
    record->root = strtoull(v[1].text, NULL, 10);
    record->takes_back = strcmp(v[2].text, "undo") != 0;
    record->owner_id = (uint32_t)strtoul(v[3].text, NULL, 10);
    finding->undone_by = strtoull(v[4].text, NULL, 10);
    record->state_before = strtoull(v[5].text, NULL, 10);
    row_copy(record->owner, sizeof record->owner, &v[6]);
    row_copy(finding->refused, sizeof finding->refused, &v[7]);
    row_copy(record->kind, sizeof record->kind, &v[8]);
    row_copy(record->day, sizeof record->day, &v[9]);
    return 1;
}

static int say_why(struct store_conn *conn, const struct import_book *book, const struct finding *finding)
{
    struct import_record *record = finding->record;
    if (strcmp(finding->refused, "later-imports") == 0)
        return name_later(conn, book, record);
    if (strcmp(finding->refused, "undone") == 0)
        snprintf(record->why, sizeof record->why,
                 "import number %" PRIu64 " was undone already, by number %" PRIu64
                 "; to have it again, undo that one, or import the file again",
                 record->id, finding->undone_by);
    else if (*finding->refused)
        snprintf(record->why, sizeof record->why,
                 "import number %" PRIu64 " cannot be undone any more: what it replaced is kept for some days only "
                 "(undo_days in [tasks]); import the earlier file again",
                 record->id);
    return 0;
}

int history_record(struct store_conn *conn, const struct import_book *book, uint64_t id, struct import_record *record)
{
    struct finding finding = {.record = record};
    struct store_value v = STORE_U(id);
    *record = (struct import_record){.id = 0};
    int rc = store_query(conn, book->record, &v, 1, on_record, &finding);
    if (rc != 1)
        return rc;
    return say_why(conn, book, &finding) == 0 ? 1 : -1;
}

/* ---- Who asked -------------------------------------------------------------------------------------------------- */

static int on_asker(const struct store_value *v, unsigned n, void *ctx)
{
    struct history_asker *asker = ctx;
    (void)n;
    asker->known = v[0].type != STORE_NULL;
    snprintf(asker->name, sizeof asker->name, "%s", asker->known ? v[0].text : "");
    return 0;
}

int history_asker(struct store_conn *conn, const char *task, struct history_asker *asker)
{
    struct store_value id = STORE_S(task);
    *asker = (struct history_asker){.known = false};
    return store_query(conn, "SELECT requested_by FROM task FORCE INDEX (PRIMARY) WHERE id = ?", &id, 1, on_asker,
                       asker);
}

struct store_value history_asker_value(const struct history_asker *asker)
{
    return asker->known ? STORE_S(asker->name) : STORE_N;
}
