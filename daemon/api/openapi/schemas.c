/* Schemas that come from tables of the program: parameters and results of the task types, kinds of problems. */
#include "daemon/api/openapi/openapi.h"
#include "handlers/table/mapping.h"
#include "handlers/task_type.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* ---- Schemas of parameters ---- */

static void put_type(struct json_out *out, const char *type, bool nullable)
{
    json_key(out, "type");
    if (!nullable) {
        json_string(out, type);
        return;
    }
    json_array(out);
    json_string(out, type);
    json_string(out, "null");
    json_array_end(out);
}

static void put_choices(struct json_out *out, const struct param_spec *spec, bool nullable)
{
    json_key(out, "enum");
    json_array(out);
    for (const char *const *choice = spec->choices; *choice; choice++)
        json_string(out, *choice);
    if (nullable)
        json_null(out);
    json_array_end(out);
}

static void put_bounds(struct json_out *out, const struct param_spec *spec, const char *least, const char *most)
{
    if (spec->min == 0 && spec->max == 0)
        return;
    json_put_int(out, least, spec->min);
    if (spec->max != 0)
        json_put_int(out, most, spec->max);
}

/* Bounds of a decimal are in units of its last place, and its value is text: both are for people to read. */
static void put_decimal(struct json_out *out, const struct param_spec *spec, bool nullable)
{
    json_key(out, "type");
    json_array(out);
    json_string(out, "string");
    json_string(out, "number");
    if (nullable)
        json_string(out, "null");
    json_array_end(out);
    json_put_string(out, "pattern", "^-?\\d+(\\.\\d+)?$");
    json_put_int(out, "x-decimal-places", spec->scale);
}

static void put_map(struct json_out *out, const struct param_spec *spec, bool nullable)
{
    put_type(out, "object", nullable);
    json_put_bool(out, "additionalProperties", false);
    json_key(out, "properties");
    json_object(out);
    for (const char *const *name = spec->choices; *name; name++) {
        json_key(out, *name);
        json_object(out);
        json_put_string(out, "type", "string");
        json_put_int(out, "minLength", 1);
        json_put_int(out, "maxLength", spec->max);
        json_object_end(out);
    }
    json_object_end(out);
}

static void put_named(struct json_out *out, const struct param_spec *spec, bool nullable)
{
    char ref[80];
    snprintf(ref, sizeof ref, "#/components/schemas/%s", spec->schema);
    json_key(out, "anyOf");
    json_array(out);
    json_object(out);
    json_put_string(out, "$ref", ref);
    json_object_end(out);
    if (nullable) {
        json_object(out);
        json_put_string(out, "type", "null");
        json_object_end(out);
    }
    json_array_end(out);
}

static void put_kind(struct json_out *out, const struct param_spec *spec, bool nullable)
{
    switch (spec->kind) {
    case PARAM_STRING: /* bounds count bytes of UTF-8; characters are never more */
        put_type(out, "string", nullable);
        json_put_int(out, "maxLength", spec->max ? spec->max : 255);
        break;
    case PARAM_BOOL:
        put_type(out, "boolean", nullable);
        break;
    case PARAM_INT:
        put_type(out, "integer", nullable);
        put_bounds(out, spec, "minimum", "maximum");
        break;
    case PARAM_DECIMAL:
        put_decimal(out, spec, nullable);
        break;
    case PARAM_DATE:
        put_type(out, "string", nullable);
        json_put_string(out, "format", "date");
        break;
    case PARAM_CHOICE:
        put_choices(out, spec, nullable);
        break;
    case PARAM_STRINGS:
        put_type(out, "array", nullable);
        json_put_int(out, "maxItems", spec->max ? spec->max : 10000);
        json_key(out, "items");
        json_object(out);
        json_put_string(out, "type", "string");
        json_object_end(out);
        break;
    case PARAM_MAP:
        put_map(out, spec, nullable);
        break;
    case PARAM_OWN:
        put_named(out, spec, nullable);
        break;
    }
}

static void put_param(struct json_out *out, const struct param_spec *spec)
{
    json_key(out, spec->name);
    json_object(out);
    put_kind(out, spec, !spec->required);
    json_put_string(out, "description", spec->help);
    if (spec->otherwise) {
        json_key(out, "default");
        json_raw(out, spec->otherwise, strlen(spec->otherwise));
    }
    json_object_end(out);
}

static void put_required(struct json_out *out, const struct param_spec *specs)
{
    json_key(out, "required");
    json_array(out);
    for (const struct param_spec *spec = specs; spec->name; spec++)
        if (spec->required)
            json_string(out, spec->name);
    json_array_end(out);
}

/* If a type needs a file, its path decides whether the parameters are one schema: those of a catalogue import stand in
 * the path. */
static bool refers_to(const char *name)
{
    char text[120];
    snprintf(text, sizeof text, "\"#/components/schemas/%s\"", name);
    return strstr(openapi_before, text) || strstr(openapi_after, text);
}

static void put_params(struct json_out *out, const struct task_type *type)
{
    char name[80];
    snprintf(name, sizeof name, "%s_params", type->name);
    if (type->takes_file && !refers_to(name))
        return;
    json_key(out, name);
    json_object(out);
    json_put_string(out, "title", type->title);
    json_put_string(out, "type", "object");
    json_key(out, "properties");
    json_object(out);
    for (const struct param_spec *spec = type->params; spec->name; spec++)
        put_param(out, spec);
    json_object_end(out);
    /* The parameters of an upload may stand in the form or in the query: neither place needs them all. */
    if (!type->takes_file)
        put_required(out, type->params);
    json_object_end(out);
}

/* ---- POST /api/tasks, and what follows a start: one alternative per type that needs no file ---- */

static bool needs_params(const struct task_type *type)
{
    for (const struct param_spec *spec = type->params; spec->name; spec++)
        if (spec->required)
            return true;
    return false;
}

static void put_start(struct json_out *out, const struct task_type *type, bool may_chain)
{
    char text[300];
    json_object(out);
    json_put_string(out, "title", type->title);
    json_put_string(out, "type", "object");
    json_key(out, "properties");
    int n =
        snprintf(text, sizeof text,
                 "{\"type\":{\"const\":\"%s\"},\"params\":{\"anyOf\":[{\"$ref\":\"#/components/schemas/"
                 "%s_params\"},{\"type\":\"null\"}],\"unevaluatedProperties\":false}%s}",
                 type->name, type->name, may_chain ? ",\"then\":{\"$ref\":\"#/components/schemas/FollowUps\"}" : "");
    assert(n > 0 && (size_t)n < sizeof text);
    json_raw(out, text, (size_t)n);
    json_key(out, "required");
    json_array(out);
    json_string(out, "type");
    if (needs_params(type))
        json_string(out, "params");
    json_array_end(out);
    json_put_bool(out, "additionalProperties", false);
    json_object_end(out);
}

/* ---- Results ---- */

static void put_members(struct json_out *out, const struct result_spec *specs);

static void put_names(struct json_out *out, const char *key, const char *const *names)
{
    json_key(out, key);
    json_array(out);
    for (; *names; names++)
        json_string(out, *names);
    json_array_end(out);
}

static void put_whole_number(struct json_out *out, int64_t least)
{
    json_put_string(out, "type", "integer");
    json_put_int(out, "minimum", least);
}

/* An object with a count for each name. `names` is the schema of the names; NULL = any. */
static void put_counts(struct json_out *out, const char *names)
{
    json_put_string(out, "type", "object");
    if (names) {
        json_key(out, "propertyNames");
        json_object(out);
        json_put_string(out, "$ref", names);
        json_object_end(out);
    }
    json_key(out, "additionalProperties");
    json_object(out);
    put_whole_number(out, 0);
    json_object_end(out);
}

static void put_items(struct json_out *out, const struct result_spec *members)
{
    json_put_string(out, "type", "array");
    json_key(out, "items");
    json_object(out);
    put_members(out, members);
    json_object_end(out);
}

static void put_shape(struct json_out *out, const struct result_spec *spec)
{
    char name[80];
    switch (spec->kind) {
    case RESULT_TEXT:
        json_put_string(out, "type", "string");
        break;
    case RESULT_TEXTS:
        json_put_string(out, "type", "array");
        json_key(out, "items");
        json_object(out);
        json_put_string(out, "type", "string");
        json_object_end(out);
        break;
    case RESULT_BOOL:
        json_put_string(out, "type", "boolean");
        break;
    case RESULT_COUNT:
        put_whole_number(out, 0);
        break;
    case RESULT_IDS:
        json_put_string(out, "type", "array");
        json_key(out, "items");
        json_object(out);
        put_whole_number(out, 1);
        json_object_end(out);
        break;
    case RESULT_ID:
        put_whole_number(out, 1);
        break;
    case RESULT_DECIMAL:
        json_put_string(out, "$ref", "#/components/schemas/Decimal");
        break;
    case RESULT_DATE:
        json_put_string(out, "$ref", "#/components/schemas/Date");
        break;
    case RESULT_SHA256:
        json_put_string(out, "type", "string");
        json_put_string(out, "pattern", "^[0-9a-f]{64}$");
        break;
    case RESULT_CHOICE:
        put_names(out, "enum", spec->choices);
        break;
    case RESULT_COUNTS:
        put_counts(out, NULL);
        break;
    case RESULT_ISSUES:
        put_counts(out, "#/components/schemas/RowCode");
        break;
    case RESULT_OBJECT:
        if (spec->members == table_mapping_members) {
            json_put_string(out, "$ref", "#/components/schemas/Mapping");
            break;
        }
        put_members(out, spec->members);
        break;
    case RESULT_LIST:
        put_items(out, spec->members);
        break;
    case RESULT_SCHEMA:
        snprintf(name, sizeof name, "#/components/schemas/%s", spec->schema);
        json_put_string(out, "$ref", name);
        break;
    }
}

static void put_shape_or_null(struct json_out *out, const struct result_spec *spec)
{
    json_key(out, "anyOf");
    json_array(out);
    json_object(out);
    put_shape(out, spec);
    json_object_end(out);
    json_object(out);
    json_put_string(out, "type", "null");
    json_object_end(out);
    json_array_end(out);
}

static void put_member(struct json_out *out, const struct result_spec *spec)
{
    json_key(out, spec->name);
    json_object(out);
    if (spec->nullable)
        put_shape_or_null(out, spec);
    else
        put_shape(out, spec);
    if (spec->help)
        json_put_string(out, "description", spec->help);
    if (spec->deprecated)
        json_put_bool(out, "deprecated", true);
    json_object_end(out);
}

/* The inside of an object's schema. */
static void put_members(struct json_out *out, const struct result_spec *specs)
{
    json_put_string(out, "type", "object");
    json_key(out, "properties");
    json_object(out);
    for (const struct result_spec *spec = specs; spec->name; spec++)
        put_member(out, spec);
    json_object_end(out);
    json_key(out, "required");
    json_array(out);
    for (const struct result_spec *spec = specs; spec->name; spec++)
        if (!spec->optional)
            json_string(out, spec->name);
    json_array_end(out);
    json_put_bool(out, "additionalProperties", false);
}

static void put_result(struct json_out *out, const struct task_type *type)
{
    char name[80];
    if (!type->result)
        return;
    snprintf(name, sizeof name, "%s_result", type->name);
    json_key(out, name);
    json_object(out);
    put_members(out, type->result);
    json_object_end(out);
}

/* The columns of a file: of the results of its dry runs, and of the ends of tasks that ask something about it. */
static void put_mapping(struct json_out *out)
{
    json_key(out, "Mapping");
    json_object(out);
    put_members(out, table_mapping_members);
    json_object_end(out);
}

/* ---- Tasks by type ---- */

static void put_ref(struct json_out *out, const char *name)
{
    char text[120];
    snprintf(text, sizeof text, "#/components/schemas/%s", name);
    json_object(out);
    json_put_string(out, "$ref", text);
    json_object_end(out);
}

/* What the type decides: its name and the members of its result. */
static void put_own(struct json_out *out, const struct task_type *type)
{
    char text[300], result[120] = "{\"type\":\"object\",\"additionalProperties\":true}";
    if (type->result)
        snprintf(result, sizeof result, "{\"$ref\":\"#/components/schemas/%s_result\"}", type->name);
    int n = snprintf(text, sizeof text,
                     "{\"type\":\"object\",\"properties\":{\"type\":{\"const\":\"%s\"},\"result\":{\"anyOf\":[%s,{"
                     "\"type\":\"null\"}]}}"
                     ",\"required\":[\"type\",\"result\"]}",
                     type->name, result);
    assert(n > 0 && (size_t)n < sizeof text);
    json_raw(out, text, (size_t)n);
}

/* A task of one type. `tail` tells the view: "task" or "task_full". */
static void put_task(struct json_out *out, const struct task_type *type, const char *tail, bool full)
{
    char name[80];
    snprintf(name, sizeof name, "%s_%s", type->name, tail);
    json_key(out, name);
    json_object(out);
    json_put_string(out, "title", type->title);
    json_key(out, "allOf");
    json_array(out);
    put_ref(out, "TaskMembers");
    if (full)
        put_ref(out, "TaskDetails");
    put_own(out, type);
    json_array_end(out);
    json_put_bool(out, "unevaluatedProperties", false);
    json_object_end(out);
}

/* A task of any type: `type` tells which. */
static void put_any_task(struct json_out *out, const char *key, const char *tail, const char *description)
{
    char name[80], path[120];
    json_key(out, key);
    json_object(out);
    json_put_string(out, "description", description);
    json_key(out, "oneOf");
    json_array(out);
    for (unsigned i = 0; i < task_type_count(); i++) {
        snprintf(name, sizeof name, "%s_%s", task_type_at(i)->name, tail);
        put_ref(out, name);
    }
    json_array_end(out);
    json_key(out, "discriminator");
    json_object(out);
    json_put_string(out, "propertyName", "type");
    json_key(out, "mapping");
    json_object(out);
    for (unsigned i = 0; i < task_type_count(); i++) {
        snprintf(path, sizeof path, "#/components/schemas/%s_%s", task_type_at(i)->name, tail);
        json_put_string(out, task_type_at(i)->name, path);
    }
    json_object_end(out);
    json_object_end(out);
    json_object_end(out);
}

/* ---- Problems ---- */

static void put_problem_type(struct json_out *out)
{
    char text[80];
    json_key(out, "ProblemType");
    json_object(out);
    json_put_string(out, "type", "string");
    json_put_string(out, "description", "Path of an explanation on this server.");
    json_key(out, "enum");
    json_array(out);
    for (size_t i = 0; http_problem_at(i); i++) {
        snprintf(text, sizeof text, "/problems/%s", http_problem_at(i)->slug);
        json_string(out, text);
    }
    json_array_end(out);
    json_key(out, "x-enumDescriptions");
    json_object(out);
    for (size_t i = 0; http_problem_at(i); i++) {
        snprintf(text, sizeof text, "/problems/%s", http_problem_at(i)->slug);
        json_put_string(out, text, http_problem_at(i)->detail);
    }
    json_object_end(out);
    json_object_end(out);
}

/* ---- All ---- */

static void put_task_starts(struct json_out *out, const char *name, bool may_chain)
{
    json_key(out, name);
    json_object(out);
    json_key(out, "oneOf");
    json_array(out);
    for (unsigned i = 0; i < task_type_count(); i++)
        if (!task_type_at(i)->takes_file)
            put_start(out, task_type_at(i), may_chain);
    json_array_end(out);
    json_object_end(out);
}

char *openapi_schemas(void)
{
    struct json_out out;
    json_out_init(&out);
    json_object(&out);
    for (unsigned i = 0; i < task_type_count(); i++) {
        put_params(&out, task_type_at(i));
        put_result(&out, task_type_at(i));
        put_task(&out, task_type_at(i), "task", false);
        put_task(&out, task_type_at(i), "task_full", true);
    }
    put_task_starts(&out, "TaskStart", true);
    put_task_starts(&out, "FollowUp", false);
    put_any_task(&out, "Task", "task", "A task; its type tells the members of its result.");
    put_any_task(&out, "TaskFull", "task_full", "A task with ?view=full: all that is known of it.");
    put_mapping(&out);
    put_problem_type(&out);
    json_object_end(&out);
    char *text = json_out_copy(&out);
    json_out_fini(&out);
    return text;
}
