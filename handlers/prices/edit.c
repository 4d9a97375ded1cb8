/* Changing a component. */
#include "handlers/prices/edit.h"

#include "base/utf8.h"
#include "handlers/catalog/words.h"
#include "handlers/prices/components.h"
#include "handlers/read/rowjson.h"
#include "handlers/values/decimal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARAMS_DEPTH      2
#define TRIES             2 /* of two seconds each: a run may hold the lock for a minute */
#define REASON_CHARACTERS 255
#define PRICE_MOST        99999999999999

static const char *const units[] = {"pcs", "set", "m", NULL};
static const char *const methods[] = {"weighted_avg", "average", "median", "min", "latest", "manual", NULL};

/* clang-format off */
const struct param_spec component_edit_params[] = {
    {.name = "name", .kind = PARAM_STRING, .max = EDIT_NAME - 1, .help = "Its name."},
    {.name = "category", .kind = PARAM_STRING, .may_be_empty = true, .max = 128, .help = "Its category; empty = none."},
    {.name = "unit", .kind = PARAM_CHOICE, .choices = units, .help = "What it is counted in."},
    {.name = "active", .kind = PARAM_BOOL, .help = "Inactive components get no prices and are in no lists."},
    {.name = "price_method", .kind = PARAM_CHOICE, .choices = methods, .help = "Instead of the method of the recalculation; null = that method."},
    {.name = "window_days", .kind = PARAM_INT, .min = 1, .max = 3650, .help = "Instead of the window of the recalculation; null = that window."},
    {.name = "coefficient", .kind = PARAM_DECIMAL, .scale = COEF_SCALE, .min = 1, .max = 9999999, .help = "Multiplies the price."},
    {.name = "manual_price", .kind = PARAM_DECIMAL, .scale = PRICE_SCALE, .min = 1, .max = PRICE_MOST, .help = "The price of the method manual; null = none."},
    {.name = "reason", .kind = PARAM_STRING, .max = EDIT_NAME - 1, .help = "Why; required with a manual price."},
    {.name = NULL},
};
/* clang-format on */

/* As in the table of parameters. */
enum field { NAME, CATEGORY, UNIT, ACTIVE, METHOD, WINDOW, COEFFICIENT, MANUAL };

static const char *field_name(enum field field)
{
    return component_edit_params[field].name;
}

static bool may_be_null(enum field field)
{
    return field == METHOD || field == WINDOW || field == MANUAL;
}

/* ---- Reading the request --------------------------------------------------------------------------------------- */

static void refuse(struct param_faults *faults, const char *name, const char *code, const char *why)
{
    char pointer[40];
    snprintf(pointer, sizeof pointer, "/%s", name);
    param_faults_add(faults, pointer, code, "%s", why);
}

static void refuse_empty(struct param_faults *faults, const char *name)
{
    refuse(faults, name, "range", "must not be empty");
    param_faults_fact(faults, "min", "1");
    param_faults_fact(faults, "unit", "characters");
}

static void take_text(char out[EDIT_NAME], yajl_val params, const char *name, size_t characters,
                      struct param_faults *faults)
{
    char why[60];
    const char *text = json_member_string(params, name, "");
    size_t n = strlen(text);
    utf8_trim(&text, &n);
    assert(n < EDIT_NAME);
    memcpy(out, text, n);
    out[n] = '\0';
    if (utf8_count(out, n) <= characters)
        return;
    snprintf(why, sizeof why, "must be at most %zu characters", characters);
    refuse(faults, name, "range", why);
    param_faults_max(faults, (int64_t)characters, "characters");
}

/* As the database writes it: all digits of the scale. */
static void take_decimal(char out[EDIT_VALUE], const char *text, unsigned scale)
{
    dec128 value = 0;
    if (dec_parse(text, strlen(text), scale, &value, NULL) == 0)
        dec_format(value, scale, false, out, EDIT_VALUE);
}

static void take_value(struct component_edit *edit, enum field field, yajl_val params)
{
    char *out = edit->value[field];
    const char *name = field_name(field);
    if (field == ACTIVE)
        snprintf(out, EDIT_VALUE, "%d", json_member_bool(params, name, false));
    else if (field == WINDOW)
        snprintf(out, EDIT_VALUE, "%lld", (long long)json_member_int(params, name, 0));
    else if (field == COEFFICIENT || field == MANUAL)
        take_decimal(out, json_member_string(params, name, ""), component_edit_params[field].scale);
    else
        snprintf(out, EDIT_VALUE, "%s", json_member_string(params, name, ""));
}

static void take_field(struct component_edit *edit, enum field field, yajl_val object, yajl_val params,
                       struct param_faults *faults)
{
    yajl_val given = json_member(object, field_name(field));
    edit->given[field] = given != NULL;
    edit->empty[field] = YAJL_IS_NULL(given);
    if (edit->empty[field] && !may_be_null(field)) {
        refuse(faults, field_name(field), "type", "must not be null; leave it out to keep what is there");
        param_faults_expect(faults, param_form(&component_edit_params[field]));
    } else if (given && field > CATEGORY) {
        take_value(edit, field, params);
    }
}

void component_edit_take(struct component_edit *edit, yajl_val object, struct param_faults *faults)
{
    char why[80];
    unsigned before = faults->n;
    char *text = params_usable_json(component_edit_params, object, faults);
    yajl_val params = json_parse(text, strlen(text), PARAMS_DEPTH, why, sizeof why);
    assert(params);
    free(text);
    take_text(edit->name, params, "name", 255, faults);
    take_text(edit->category, params, "category", 32, faults);
    take_text(edit->reason, params, "reason", REASON_CHARACTERS, faults);
    for (enum field field = NAME; field <= MANUAL; field++)
        take_field(edit, field, object, params, faults);
    if (faults->n == before && edit->given[NAME] && edit->name[0] == '\0')
        refuse_empty(faults, "name");
    yajl_tree_free(params);
}

/* ---- What is there ---------------------------------------------------------------------------------------------- */

struct editing {
    const struct component_edit *edit;
    struct param_faults *faults;
    struct json_out *out; /* the object as it is now */
    struct json_out changes;
    uint32_t id;
    unsigned changed;
    bool null[EDIT_FIELDS]; /* the present values, and then the new ones */
    char value[EDIT_FIELDS][EDIT_NAME];
};

static int on_values(const struct store_value *v, unsigned n, void *ctx)
{
    struct editing *editing = ctx;
    for (unsigned i = 0; i < n; i++) {
        editing->null[i] = v[i].type == STORE_NULL;
        row_copy(editing->value[i], sizeof editing->value[i], &v[i]);
    }
    return 0;
}

static int lock(struct store_conn *conn, struct editing *editing)
{
    struct store_value id = STORE_U(editing->id);
    return store_query(conn,
                       "SELECT name, category, unit, active, price_method, window_days, coefficient, manual_price FROM "
                       "component WHERE id = ? FOR UPDATE WAIT 2",
                       &id, 1, on_values, editing);
}

/* Writes the object as it is now. Returns 0 or -1. */
static int write_object(struct store_conn *conn, struct editing *editing)
{
    json_out_fini(editing->out);
    json_out_init(editing->out);
    return component_find_whole(conn, editing->edit->lot, &editing->id, editing->out) == 1 ? 0 : -1;
}

/* Returns 0, EDIT_STALE or -1. */
static int compare(struct store_conn *conn, struct editing *editing)
{
    size_t len;
    if (write_object(conn, editing) != 0)
        return -1;
    const char *text = json_out_text(editing->out, &len);
    return editing->edit->seen(text, len, editing->edit->ctx) ? 0 : EDIT_STALE;
}

/* ---- What becomes of it ----------------------------------------------------------------------------------------- */

static const char *new_value(const struct component_edit *edit, enum field field)
{
    if (edit->empty[field])
        return NULL;
    return field == NAME ? edit->name : field == CATEGORY ? edit->category : edit->value[field];
}

static void put_value(struct json_out *out, const char *key, enum field field, const char *text)
{
    json_key(out, key);
    if (!text)
        json_null(out);
    else if (field == ACTIVE)
        json_bool(out, text[0] == '1');
    else if (field == WINDOW)
        json_int(out, strtoll(text, NULL, 10));
    else
        json_string(out, text);
}

static void change_field(struct editing *editing, enum field field)
{
    const char *old = editing->null[field] ? NULL : editing->value[field], *new = new_value(editing->edit, field);
    if (old == new || (old && new &&strcmp(old, new) == 0))
        return;
    json_object(&editing->changes);
    json_put_string(&editing->changes, "field", field_name(field));
    put_value(&editing->changes, "old", field, old);
    put_value(&editing->changes, "new", field, new);
    json_object_end(&editing->changes);
    editing->null[field] = !new;
    snprintf(editing->value[field], sizeof editing->value[field], "%s", new ? new : "");
    editing->changed |= 1u << field;
}

/* A price that a person sets has a reason, and the method that takes it has a price. */
static void judge(const struct editing *editing)
{
    bool set = (editing->changed & 1u << MANUAL) && !editing->null[MANUAL];
    bool chosen = (editing->changed & 1u << METHOD) && strcmp(editing->value[METHOD], "manual") == 0;
    bool taken = (editing->changed & 1u << MANUAL) && strcmp(editing->value[METHOD], "manual") == 0;
    if ((set || chosen) && editing->edit->reason[0] == '\0')
        refuse(editing->faults, "reason", "required", "is required with a manual price");
    if ((chosen || taken) && editing->null[MANUAL])
        refuse(editing->faults, "manual_price", "required", "is required by the method manual");
}

static void change(struct editing *editing)
{
    editing->changed = 0;
    json_out_fini(&editing->changes);
    json_out_init(&editing->changes);
    json_array(&editing->changes);
    for (enum field field = NAME; field <= MANUAL; field++)
        if (editing->edit->given[field])
            change_field(editing, field);
    json_array_end(&editing->changes);
    editing->faults->n = 0; /* a transaction may run again */
    judge(editing);
}

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

static int write_values(struct store_conn *conn, const struct editing *editing)
{
    struct store_value v[EDIT_FIELDS + 1];
    for (unsigned i = 0; i < EDIT_FIELDS; i++)
        v[i] = editing->null[i] ? STORE_N : STORE_S(editing->value[i]);
    v[EDIT_FIELDS] = STORE_U(editing->id);
    return store_run(
        conn,
        "UPDATE component SET name = ?, category = ?, unit = ?, active = ?, price_method = ?, window_days = "
        "?, coefficient = ?, manual_price = ?, updated_at = UTC_TIMESTAMP(3) WHERE id = ?",
        v, EDIT_FIELDS + 1, NULL, NULL);
}

/* Components are found by the words of their names. */
static int write_component(struct store_conn *conn, const struct editing *editing)
{
    char ids[16];
    bool renamed = editing->changed & 1u << NAME;
    snprintf(ids, sizeof ids, "[%u]", editing->id);
    if (renamed && words_forget(conn, ids) != 0)
        return -1;
    if (write_values(conn, editing) != 0)
        return -1;
    return renamed ? words_learn(conn, ids) : 0;
}

static int write_history(struct store_conn *conn, struct editing *editing)
{
    size_t len;
    const struct component_edit *edit = editing->edit;
    const char *text = json_out_text(&editing->changes, &len);
    struct store_value v[] = {STORE_U(editing->id), STORE_SN(text, len),
                              edit->reason[0] ? STORE_S(edit->reason) : STORE_N, STORE_S(edit->who),
                              STORE_S(edit->request_id)};
    return store_run(
        conn,
        "INSERT INTO component_edit (component_id, changes, reason, edited_by, request_id, edited_at) VALUES "
        "(?, ?, ?, ?, ?, UTC_TIMESTAMP(3))",
        v, 5, NULL, NULL);
}

static int write_all(struct store_conn *conn, void *ctx)
{
    struct editing *editing = ctx;
    if (lock(conn, editing) != 0)
        return -1;
    int rc = compare(conn, editing);
    if (rc != 0)
        return rc;
    change(editing);
    if (editing->faults->n)
        return EDIT_REFUSED;
    if (editing->changed == 0)
        return 0;
    if (write_component(conn, editing) != 0 || write_history(conn, editing) != 0)
        return -1;
    return write_object(conn, editing);
}

static int on_committed(const struct store_value *v, unsigned n, void *ctx)
{
    struct editing *editing = ctx;
    size_t len;
    const char *text = json_out_text(&editing->changes, &len);
    (void)n;
    return v[0].len == len && memcmp(v[0].text, text, len) == 0 && v[1].type != STORE_NULL &&
           strcmp(v[1].text, editing->edit->request_id) == 0;
}

/* Called after a commit whose outcome is not known: is the newest change this one? */
static int settled(struct store_conn *conn, void *ctx)
{
    struct editing *editing = ctx;
    struct store_value id = STORE_U(editing->id);
    return editing->changed == 0 ? 1
                                 : store_query(conn,
                                               "SELECT changes, request_id FROM component_edit FORCE INDEX (ix_hist) "
                                               "WHERE component_id = ? ORDER BY id DESC LIMIT 1",
                                               &id, 1, on_committed, editing);
}

int component_edit(struct store_conn *conn, const struct component_edit *edit, struct param_faults *faults,
                   struct json_out *out)
{
    struct editing *editing = calloc(1, sizeof *editing);
    if (!editing)
        abort();
    editing->edit = edit;
    editing->faults = faults;
    editing->out = out;
    json_out_init(&editing->changes);
    int rc = component_find(conn, edit->lot, &editing->id, out);
    if (rc == 1) {
        rc = store_transaction(conn, write_all, settled, editing, TRIES);
        if (rc == -1 && conn->error.cls == STORE_RETRY)
            rc = EDIT_BUSY;
    } else if (rc == 0)
        rc = EDIT_NOT_FOUND;
    json_out_fini(&editing->changes);
    free(editing);
    return rc;
}
