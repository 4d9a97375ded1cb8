/* Saving a profile: all faults at once, then one transaction. */
#include "base/utf8.h"
#include "handlers/profiles/profiles.h"
#include "handlers/profiles/start.h"
#include "handlers/profiles/use.h"
#include "store/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid.h>

enum { PARAMS_DEPTH = 8, RESULT_DEPTH = 32, SPECS_MAX = 64 };

struct saving {
    const struct profile_new *profile;
    struct param_faults *faults;
    const struct task_type *type; /* NULL: not known, which is among the faults */
    char *params;                 /* what is saved */
    /* Of the task that it is taken from: */
    struct journal_row row;
    yajl_val task_params;
    char target[PROFILE_TARGET_BYTES], captions[65], marks[PROFILE_MARKS_BYTES]; /* "" = not known */
    /* What is there. */
    char id[24], version[24], tag[PROFILE_TAG_BYTES]; /* id "" = nothing */
};

/* ---- Faults ------------------------------------------------------------------------------------------------------ */

static void check_name(const char *name, struct param_faults *faults)
{
    size_t n = strlen(name), len;
    if (!utf8_valid(name, n)) {
        param_faults_add(faults, "/name", "type", "must be UTF-8");
        param_faults_expect(faults, "text");
        return;
    }
    for (size_t i = 0; i < n; i += len) {
        uint32_t cp = utf8_decode(name + i, n - i, &len);
        if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || cp == '/') {
            param_faults_add(faults, "/name", "type", "must not contain control characters or a slash");
            param_faults_expect(faults, "text");
            break;
        }
    }
    const char *trimmed = name;
    size_t rest = n;
    utf8_trim(&trimmed, &rest);
    if (rest == 0 || rest != n) {
        param_faults_add(faults, "/name", "type", "must not be empty, nor begin or end with a blank");
        param_faults_expect(faults, "text");
    }
    if (utf8_count(name, n) > PROFILE_NAME) {
        param_faults_add(faults, "/name", "range", "must be at most %d characters", PROFILE_NAME);
        param_faults_max(faults, PROFILE_NAME, "characters");
    }
}

static void check_members(yajl_val body, struct param_faults *faults)
{
    static const char *const names[] = {"type", "params", "from_task"};
    for (size_t i = 0; YAJL_IS_OBJECT(body) && i < body->u.object.len; i++) {
        bool known = false;
        for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
            known |= strcmp(body->u.object.keys[i], names[k]) == 0;
        if (known)
            continue;
        param_faults_add(faults, "", "unknown", "%.60s is not a member here; known are type, params, from_task",
                         body->u.object.keys[i]);
        param_faults_value(faults, body->u.object.keys[i]);
        for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
            param_faults_allow(faults, names[k]);
    }
}

static bool has_profiles(const char *type)
{
    for (const char *const *known = profile_types; *known; known++)
        if (strcmp(type, *known) == 0)
            return true;
    return false;
}

static void tell_types(struct param_faults *faults)
{
    char list[200] = "";
    size_t used = 0;
    for (size_t i = 0; profile_types[i] && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "", profile_types[i]);
    param_faults_add(faults, "/type", "choice", "must be one of %s", list);
    for (size_t i = 0; profile_types[i]; i++)
        param_faults_allow(faults, profile_types[i]);
}

static void take_type(struct saving *saving)
{
    yajl_val member = json_member(saving->profile->body, "type");
    const char *name = YAJL_IS_STRING(member) ? member->u.string : "";
    bool given = member && !YAJL_IS_NULL(member);
    if (given && !has_profiles(name))
        tell_types(saving->faults);
    else if (given && saving->type && strcmp(saving->type->name, name) != 0)
        param_faults_add(saving->faults, "/type", "conflict", "the task is a %s", saving->type->name);
    else if (given)
        saving->type = task_type_at((unsigned)task_type_number(name));
    else if (!saving->type && !json_member(saving->profile->body, "from_task"))
        param_faults_add(saving->faults, "/type", "required", "is required");
}

/* ---- A task's parameters ----------------------------------------------------------------------------------------- */

/* A member of the result's file, if it fits. */
static void take_text(yajl_val result, const char *name, char *out, size_t size)
{
    const char *text = json_member_string(json_member(result, "file"), name, "");
    if (strlen(text) < size)
        memcpy(out, text, strlen(text) + 1);
}

static void take_captions(struct saving *saving)
{
    char why[80];
    const char *text = saving->row.result;
    yajl_val result = text ? json_parse(text, strlen(text), RESULT_DEPTH, why, sizeof why) : NULL;
    take_text(result, "captions", saving->captions, sizeof saving->captions);
    take_text(result, "caption_marks", saving->marks, sizeof saving->marks);
    yajl_tree_free(result);
    profile_target(saving->row.type, saving->task_params, saving->target);
}

static int take_task(struct store_conn *conn, struct saving *saving)
{
    yajl_val member = json_member(saving->profile->body, "from_task");
    char why[80];
    uuid_t id;
    if (!member || YAJL_IS_NULL(member))
        return 0;
    if (!YAJL_IS_STRING(member) || uuid_parse(member->u.string, id) != 0) {
        param_faults_add(saving->faults, "/from_task", "type", "must be the id of a task");
        param_faults_expect(saving->faults, "id");
        return 0;
    }
    int rc = journal_read(conn, id, &saving->row);
    if (rc < 0)
        return -1;
    if (rc == 0) {
        param_faults_add(saving->faults, "/from_task", "unknown-task", "there is no task with this id");
        param_faults_value(saving->faults, member->u.string);
        return 0;
    }
    if (!has_profiles(saving->row.type)) {
        param_faults_add(saving->faults, "/from_task", "conflict", "a %s has no profile", saving->row.type);
        return 0;
    }
    saving->type = task_type_at((unsigned)task_type_number(saving->row.type));
    saving->task_params = json_parse(saving->row.params, strlen(saving->row.params), PARAMS_DEPTH, why, sizeof why);
    take_captions(saving);
    return 0;
}

static bool is_default(const struct param_spec *spec, yajl_val value)
{
    struct json_out out;
    size_t n;
    if (YAJL_IS_NULL(value))
        return true;
    json_out_init(&out);
    json_value(&out, value);
    bool same = spec->otherwise && strcmp(json_out_text(&out, &n), spec->otherwise) == 0;
    json_out_fini(&out);
    return same;
}

/* What the task was told, but for what is of one run. */
static char *kept_of_task(const struct saving *saving)
{
    struct json_out out;
    json_out_init(&out);
    json_object(&out);
    for (const struct param_spec *spec = saving->type->params; spec->name; spec++) {
        yajl_val value = json_member(saving->task_params, spec->name);
        if (spec->saved != SAVED || !value || is_default(spec, value))
            continue;
        json_key(&out, spec->name);
        json_value(&out, value);
    }
    json_object_end(&out);
    char *text = json_out_copy(&out);
    json_out_fini(&out);
    return text;
}

/* ---- What is saved ----------------------------------------------------------------------------------------------- */

/* The parameters that the request names, those of no profile left out. */
static char *named(const struct saving *saving)
{
    struct param_spec specs[SPECS_MAX];
    unsigned n = 0, before = saving->faults->n;
    yajl_val params = json_member(saving->profile->body, "params");
    for (const struct param_spec *spec = saving->type->params; spec->name && n + 1 < SPECS_MAX; spec++)
        if (spec->saved != NOT_SAVED)
            specs[n++] = *spec;
    specs[n] = (struct param_spec){.name = NULL};
    char *text = params_given_json(specs, YAJL_IS_NULL(params) ? NULL : params, saving->faults);
    param_faults_prefix(saving->faults, before, "/params");
    return text;
}

static yajl_val parsed(const char *text)
{
    char why[80];
    return json_parse(text, strlen(text), PARAMS_DEPTH, why, sizeof why);
}

/* The task's parameters below the named ones; then what the database says of them. */
static int settle_params(struct store_conn *conn, struct saving *saving)
{
    unsigned before;
    char *text = named(saving);
    if (!text)
        return 0;
    char *task = saving->task_params ? kept_of_task(saving) : NULL;
    yajl_val over = parsed(text), base = task ? parsed(task) : NULL;
    saving->params = params_over(base, over);
    yajl_val whole = parsed(saving->params);
    before = saving->faults->n;
    int rc = profile_precheck(conn, saving->type, whole, saving->faults);
    param_faults_prefix(saving->faults, before, "/params");
    yajl_tree_free(whole);
    yajl_tree_free(base);
    yajl_tree_free(over);
    free(task);
    free(text);
    return rc < 0 ? -1 : 0;
}

/* ---- The transaction --------------------------------------------------------------------------------------------- */

static int on_locked(const struct store_value *v, unsigned n, void *ctx)
{
    struct saving *saving = ctx;
    (void)n;
    snprintf(saving->id, sizeof saving->id, "%s", v[0].text);
    snprintf(saving->version, sizeof saving->version, "%s", v[1].text);
    profile_tag(&v[0], &v[1], saving->tag);
    return 0;
}

static int write_row(struct store_conn *conn, const struct saving *saving)
{
    const struct profile_new *profile = saving->profile;
    struct store_value made[] = {STORE_S(profile->name), STORE_S(saving->type->name), STORE_S(saving->params),
                                 STORE_S(profile->who), STORE_S(profile->who)};
    struct store_value changed[] = {STORE_S(profile->name), STORE_S(saving->type->name), STORE_S(saving->params),
                                    STORE_S(profile->who), STORE_S(saving->id)};
    if (saving->id[0])
        return store_run(conn,
                         "UPDATE import_profile SET name = ?, type = ?, params = ?, version = version + 1, updated_by "
                         "= ?, updated_at = UTC_TIMESTAMP(3) WHERE id = ?",
                         changed, 5, NULL, NULL);
    return store_run(conn,
                     "INSERT INTO import_profile (name, type, params, created_by, created_at, updated_by, updated_at) "
                     "VALUES (?, ?, ?, ?, UTC_TIMESTAMP(3), ?, UTC_TIMESTAMP(3))",
                     made, 5, NULL, NULL);
}

static int write_all(struct store_conn *conn, void *ctx)
{
    struct saving *saving = ctx;
    const struct profile_guard *guard = &saving->profile->guard;
    struct store_value name = STORE_S(saving->profile->name);
    saving->id[0] = '\0';
    if (store_query(conn, "SELECT id, version FROM import_profile WHERE name = ? FOR UPDATE", &name, 1, on_locked,
                    saving) != 0)
        return -1;
    if (!saving->id[0] && guard->has_tags)
        return PROFILE_STALE;
    int rc = saving->id[0] ? profile_guarded(guard, saving->tag) : PROFILE_DONE;
    if (rc != PROFILE_DONE)
        return rc;
    if (write_row(conn, saving) != 0)
        return -1;
    return saving->target[0] && saving->captions[0]
               ? profile_used_for(conn, saving->profile->name, saving->target, saving->captions, saving->marks)
               : 0;
}

static int on_same(const struct store_value *v, unsigned n, void *ctx)
{
    (void)v;
    (void)n;
    (void)ctx;
    return 1;
}

/* Two saves of one text by one client are the same. */
static int settled(struct store_conn *conn, void *ctx)
{
    const struct saving *saving = ctx;
    struct store_value v[] = {STORE_S(saving->profile->name), STORE_S(saving->params), STORE_S(saving->profile->who),
                              STORE_S(saving->id[0] ? saving->version : "0")};
    return store_query(conn,
                       "SELECT 1 FROM import_profile WHERE name = ? AND params = ? AND updated_by = ? AND version = "
                       "CAST(? AS UNSIGNED) + 1",
                       v, 4, on_same, NULL);
}

static int check_all(struct store_conn *conn, struct saving *saving)
{
    yajl_val body = saving->profile->body;
    check_name(saving->profile->name, saving->faults);
    if (!YAJL_IS_OBJECT(body)) {
        param_faults_add(saving->faults, "", "type", "the body must be a JSON object");
        param_faults_expect(saving->faults, "object");
        return 0;
    }
    check_members(body, saving->faults);
    if (take_task(conn, saving) != 0)
        return -1;
    take_type(saving);
    return saving->type ? settle_params(conn, saving) : 0;
}

static int save(struct store_conn *conn, struct saving *saving, char tag[PROFILE_TAG_BYTES], struct json_out *out)
{
    int rc = store_transaction(conn, write_all, settled, saving, 0);
    if (rc == -1 && conn->error.cls == STORE_DUPLICATE)
        return PROFILE_STALE; /* another one made it meanwhile */
    if (rc != 0)
        return rc;
    rc = profile_find(conn, saving->profile->name, tag, out);
    return rc < 0 ? -1 : saving->id[0] ? PROFILE_DONE : PROFILE_MADE;
}

int profile_save(struct store_conn *conn, const struct profile_new *profile, struct param_faults *faults,
                 char tag[PROFILE_TAG_BYTES], struct json_out *out)
{
    struct saving *saving = calloc(1, sizeof *saving);
    if (!saving)
        abort();
    saving->profile = profile;
    saving->faults = faults;
    int rc = check_all(conn, saving);
    if (rc == 0)
        rc = faults->n > 0 ? PROFILE_REFUSED : save(conn, saving, tag, out);
    yajl_tree_free(saving->task_params);
    journal_row_fini(&saving->row);
    free(saving->params);
    free(saving);
    return rc;
}
