/* Reading and deleting profiles. */
#include "handlers/profiles/profiles.h"

#include "handlers/read/filters.h"
#include "handlers/read/rowjson.h"

#include <stdio.h>
#include <string.h>

const char *const profile_types[] = {"stock_import", "quotes_import", "catalog_import", NULL};

const struct param_spec profiles_params[] = {
    {.name = "q", .kind = PARAM_STRING, .max = 4 * FILTER_TEXT, .help = "Only those whose name contains this."},
    {.name = "type", .kind = PARAM_CHOICE, .choices = profile_types, .help = "Only those of this type of task."},
    PAGE_PARAMS,
    {.name = NULL},
};

#define PROFILE_COLUMNS                                                                                                \
    "p.id, p.version, p.name, p.type, p.params, p.created_by, p.created_at, p.updated_by, p.updated_at, (SELECT "      \
    "MAX(u.used_at) FROM import_profile_use u FORCE INDEX (ix_profile) WHERE u.profile_id = p.id)"

void profile_tag(const struct store_value *id, const struct store_value *version, char tag[PROFILE_TAG_BYTES])
{
    snprintf(tag, PROFILE_TAG_BYTES, "\"profile-%.10s-%.10s\"", id->text, version->text);
}

int profile_guarded(const struct profile_guard *guard, const char *tag)
{
    if (guard->must_be_new)
        return PROFILE_STALE;
    if (!guard->has_tags)
        return PROFILE_UNSEEN;
    return guard->matches(tag, guard->ctx) ? PROFILE_DONE : PROFILE_STALE;
}

static void put_profile(struct json_out *out, const struct store_value *v)
{
    json_object(out);
    row_put_text(out, "name", &v[2]);
    row_put_text(out, "type", &v[3]);
    row_put_json(out, "params", &v[4]);
    row_put_text(out, "created_by", &v[5]);
    row_put_moment(out, "created_at", &v[6]);
    row_put_text(out, "updated_by", &v[7]);
    row_put_moment(out, "updated_at", &v[8]);
    row_put_moment(out, "used_at", &v[9]);
    json_object_end(out);
}

/* ---- The list ---------------------------------------------------------------------------------------------------- */

struct list {
    struct page *page;
    struct json_out *out;
};

static int on_listed(const struct store_value *v, unsigned n, void *ctx)
{
    struct list *list = ctx;
    (void)n;
    if (page_take(list->page, &v[2].text))
        put_profile(list->out, v);
    return 0;
}

int profiles_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out)
{
    struct list list = {page, out};
    char pattern[FILTER_PATTERN_BYTES];
    const char *q = json_member_string(params, "q", NULL), *type = json_member_string(params, "type", NULL);
    struct store_value search = q ? STORE_S(filter_pattern(pattern, q, true)) : STORE_N;
    struct store_value v[] = {search,
                              search,
                              STORE_S_OR_NULL(type),
                              STORE_S_OR_NULL(type),
                              STORE_S(page_after(page, 0, "")),
                              STORE_U(page_want(page))};
    json_object(out);
    json_key(out, "profiles");
    json_array(out);
    int rc = store_query(conn,
                         "SELECT " PROFILE_COLUMNS " FROM import_profile p FORCE INDEX (uq_name) WHERE (? IS NULL OR "
                         "p.name LIKE ?) AND (? IS NULL OR p.type = ?) AND p.name > ? ORDER BY p.name LIMIT ?",
                         v, 6, on_listed, &list);
    json_array_end(out);
    page_put_next(page, out);
    json_object_end(out);
    return rc;
}

/* ---- One --------------------------------------------------------------------------------------------------------- */

struct found {
    char *tag;
    struct json_out *out;
};

static int on_found(const struct store_value *v, unsigned n, void *ctx)
{
    struct found *found = ctx;
    (void)n;
    profile_tag(&v[0], &v[1], found->tag);
    put_profile(found->out, v);
    return 1;
}

int profile_find(struct store_conn *conn, const char *name, char tag[PROFILE_TAG_BYTES], struct json_out *out)
{
    struct found found = {tag, out};
    struct store_value v = STORE_S(name);
    return store_query(conn, "SELECT " PROFILE_COLUMNS " FROM import_profile p FORCE INDEX (uq_name) WHERE p.name = ?",
                       &v, 1, on_found, &found);
}

/* ---- Deleting ---------------------------------------------------------------------------------------------------- */

struct deleting {
    const char *name;
    const struct profile_guard *guard;
    char tag[PROFILE_TAG_BYTES];
};

static int on_locked(const struct store_value *v, unsigned n, void *ctx)
{
    struct deleting *deleting = ctx;
    (void)n;
    profile_tag(&v[0], &v[1], deleting->tag);
    return 0;
}

static int delete_it(struct store_conn *conn, void *ctx)
{
    struct deleting *deleting = ctx;
    struct store_value v = STORE_S(deleting->name);
    deleting->tag[0] = '\0';
    if (store_query(conn, "SELECT id, version FROM import_profile WHERE name = ? FOR UPDATE", &v, 1, on_locked,
                    deleting) != 0)
        return -1;
    if (!deleting->tag[0])
        return PROFILE_NOT_FOUND;
    if (deleting->guard->has_tags && !deleting->guard->matches(deleting->tag, deleting->guard->ctx))
        return PROFILE_STALE;
    return store_run(conn, "DELETE FROM import_profile WHERE name = ?", &v, 1, NULL, NULL);
}

int profile_delete(struct store_conn *conn, const char *name, const struct profile_guard *guard)
{
    struct deleting deleting = {.name = name, .guard = guard};
    return store_transaction(conn, delete_it, NULL, &deleting, 0);
}

/* ---- Whose files ------------------------------------------------------------------------------------------------- */

void profile_target(const char *type, yajl_val params, char target[PROFILE_TARGET_BYTES])
{
    const char *warehouse = json_member_string(params, "warehouse", NULL);
    const char *party = json_member_string(params, "party", NULL);
    const char *table = json_member_string(params, "table", NULL);
    target[0] = '\0';
    if (strcmp(type, "stock_import") == 0 && warehouse)
        snprintf(target, PROFILE_TARGET_BYTES, "stock:%s", warehouse);
    if (strcmp(type, "quotes_import") == 0 && party)
        snprintf(target, PROFILE_TARGET_BYTES, "%s:%s", json_member_string(params, "kind", "supplier"), party);
    if (strcmp(type, "catalog_import") == 0 && table)
        snprintf(target, PROFILE_TARGET_BYTES, "catalog:%s", table);
}
