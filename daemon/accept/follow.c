/* Follow-ups: from the request to the chain. */
#include "daemon/accept/follow.h"

#include "daemon/task/id.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POINTER    "/then"
#define JSON_DEPTH 16

void follow_ups_fini(struct follow_ups *then)
{
    for (unsigned i = 0; i < then->n; i++)
        free(then->one[i].params);
    then->n = 0;
}

void follow_ups_add(struct follow_ups *then, const struct task_type *type, char *params)
{
    assert(then->n < CHAIN_FOLLOW_UPS);
    then->one[then->n].type = type;
    then->one[then->n++].params = params;
}

/* ---- One of them ------------------------------------------------------------------------------------------------ */

void follow_reject_type(struct param_faults *faults, const char *name)
{
    char known[400] = "";
    size_t used = 0;
    for (unsigned i = 0; i < task_type_count() && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "", task_type_at(i)->name);
    param_faults_add(faults, "/type", "choice", "unknown task type «%.60s»; known task types: %s", name, known);
    param_faults_value(faults, name);
    for (unsigned i = 0; i < task_type_count(); i++)
        param_faults_allow(faults, task_type_at(i)->name);
}

static void reject_members(yajl_val object, bool may_chain, struct param_faults *faults)
{
    for (size_t i = 0; i < object->u.object.len; i++) {
        const char *key = object->u.object.keys[i];
        char pointer[96];
        if (strcmp(key, "type") == 0 || strcmp(key, "params") == 0 || (may_chain && strcmp(key, "then") == 0))
            continue;
        snprintf(pointer, sizeof pointer, "/%.90s", key);
        param_faults_add(faults, pointer, "unknown", "unknown member; known members: type, params%s",
                         may_chain ? ", then" : "");
        param_faults_value(faults, key);
        param_faults_allow_all(faults, may_chain ? "type\nparams\nthen\n" : "type\nparams\n");
    }
}

int follow_type(yajl_val object, bool may_chain, struct param_faults *faults)
{
    reject_members(object, may_chain, faults);
    const char *name = json_member_string(object, "type", NULL);
    if (!name) {
        param_faults_add(faults, "/type", "required", "name the task type, for example \"recalculate\"");
        return -1;
    }
    int type = task_type_number(name);
    if (type < 0)
        follow_reject_type(faults, name);
    else if (task_type_at((unsigned)type)->takes_file) {
        param_faults_add(faults, "/type", "file", "%s needs a file: use its own path", name);
        param_faults_value(faults, name);
    }
    return type;
}

static void take_one(struct follow_ups *then, yajl_val object, struct param_faults *faults)
{
    if (!YAJL_IS_OBJECT(object)) {
        param_faults_add(faults, "", "type", "must be an object with type and params");
        param_faults_expect(faults, "object");
        return;
    }
    int number = follow_type(object, false, faults);
    if (number < 0 || task_type_at((unsigned)number)->takes_file)
        return;
    const struct task_type *type = task_type_at((unsigned)number);
    yajl_val params = json_member(object, "params");
    unsigned before = faults->n;
    char *text = params_from_json(type->params, YAJL_IS_NULL(params) ? NULL : params, faults);
    param_faults_prefix(faults, before, "/params");
    if (text)
        follow_ups_add(then, type, text);
}

/* ---- All of them ------------------------------------------------------------------------------------------------ */

void follow_ups_take(struct follow_ups *then, yajl_val list, struct param_faults *faults)
{
    char pointer[24];
    then->n = 0;
    if (!list || YAJL_IS_NULL(list))
        return;
    if (!YAJL_IS_ARRAY(list)) {
        param_faults_add(faults, POINTER, "type", "must be a list of objects with type and params");
        param_faults_expect(faults, "list");
        return;
    }
    if (list->u.array.len > CHAIN_FOLLOW_UPS) {
        param_faults_add(faults, POINTER, "range", "must have at most %d items", CHAIN_FOLLOW_UPS);
        param_faults_max(faults, CHAIN_FOLLOW_UPS, "items");
        return;
    }
    for (unsigned i = 0; i < list->u.array.len; i++) {
        unsigned before = faults->n;
        take_one(then, list->u.array.values[i], faults);
        snprintf(pointer, sizeof pointer, POINTER "/%u", i);
        param_faults_prefix(faults, before, pointer);
    }
}

void follow_ups_take_text(struct follow_ups *then, const char *text, struct param_faults *faults)
{
    char why[120];
    then->n = 0;
    if (!text || text[0] == '\0')
        return;
    yajl_val list = json_parse(text, strlen(text), JSON_DEPTH, why, sizeof why);
    if (list) {
        follow_ups_take(then, list, faults);
    } else {
        param_faults_add(faults, POINTER, "type", "must be the JSON text of a list, like [{\"type\":\"recalculate\"}]");
        param_faults_expect(faults, "list");
    }
    yajl_tree_free(list);
}

static bool is_dry_run(const char *params)
{
    char why[80];
    yajl_val tree = params ? json_parse(params, strlen(params), JSON_DEPTH, why, sizeof why) : NULL;
    bool dry = json_member_bool(tree, "dry_run", false);
    yajl_tree_free(tree);
    return dry;
}

void follow_ups_check(const struct follow_ups *then, const char *params, struct param_faults *faults)
{
    static const char words[] = "a dry run writes nothing, so nothing can follow it";
    char pointer[40];
    if (then->n && is_dry_run(params))
        param_faults_add(faults, POINTER, "conflict", "%s", words);
    for (unsigned i = 0; i + 1 < then->n; i++) {
        snprintf(pointer, sizeof pointer, POINTER "/%u/params/dry_run", i);
        if (is_dry_run(then->one[i].params))
            param_faults_add(faults, pointer, "conflict", "%s", words);
    }
}

yajl_val follow_ups_detach(yajl_val object)
{
    for (size_t i = 0; YAJL_IS_OBJECT(object) && i < object->u.object.len; i++) {
        if (strcmp(object->u.object.keys[i], "then") != 0)
            continue;
        yajl_val list = object->u.object.values[i];
        free((char *)(uintptr_t)object->u.object.keys[i]);
        size_t last = --object->u.object.len;
        object->u.object.keys[i] = object->u.object.keys[last];
        object->u.object.values[i] = object->u.object.values[last];
        return list;
    }
    return NULL;
}

char *follow_ups_text(const struct follow_ups *then)
{
    struct json_out out;
    if (then->n == 0)
        return NULL;
    json_out_init(&out);
    json_array(&out);
    for (unsigned i = 0; i < then->n; i++) {
        json_object(&out);
        json_put_string(&out, "type", then->one[i].type->name);
        json_key(&out, "params");
        json_raw(&out, then->one[i].params, strlen(then->one[i].params));
        json_object_end(&out);
    }
    json_array_end(&out);
    char *text = json_out_copy(&out);
    json_out_fini(&out);
    return text;
}

/* ---- The database ----------------------------------------------------------------------------------------------- */

int follow_ups_precheck(const struct follow_ups *then, struct store_conn *conn, struct param_faults *faults)
{
    bool refused = false;
    for (unsigned i = 0; i < then->n; i++) {
        const struct task_type *type = then->one[i].type;
        char why[80], pointer[32];
        unsigned before = faults->n;
        if (!type->precheck)
            continue;
        yajl_val params = json_parse(then->one[i].params, strlen(then->one[i].params), JSON_DEPTH, why, sizeof why);
        assert(params);
        int rc = type->precheck(conn, params, faults);
        yajl_tree_free(params);
        if (rc < 0)
            return -1;
        snprintf(pointer, sizeof pointer, POINTER "/%u/params", i);
        param_faults_prefix(faults, before, pointer);
        refused |= rc > 0;
    }
    return refused;
}

int follow_ups_insert(const struct follow_ups *then, struct store_conn *conn, const struct journal_new *first)
{
    struct chain_new members[CHAIN_FOLLOW_UPS];
    for (unsigned i = 0; i < then->n; i++) {
        members[i] = (struct chain_new){.type = then->one[i].type->name, .params = then->one[i].params};
        taskid_new(members[i].id);
    }
    return chain_insert(conn, first, members, then->n);
}
