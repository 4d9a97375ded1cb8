/* Serving the API document, and the schemas in it that come from the task types' parameter tables. */
#include "daemon/api/openapi/openapi.h"

#include "base/hex.h"
#include "daemon/http/etag.h"
#include "handlers/task_type.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
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

static void put_params(struct json_out *out, const struct task_type *type)
{
    char name[80];
    snprintf(name, sizeof name, "%s_params", type->name);
    json_key(out, name);
    json_object(out);
    json_put_string(out, "title", type->title);
    json_put_string(out, "type", "object");
    json_key(out, "properties");
    json_object(out);
    for (const struct param_spec *spec = type->params; spec->name; spec++)
        put_param(out, spec);
    json_object_end(out);
    /* Of an upload the parameters may stand in the form or in the query: neither place needs them all. */
    if (!type->takes_file)
        put_required(out, type->params);
    json_object_end(out);
}

/* ---- POST /api/tasks: one alternative per type that needs no file ---- */

static bool needs_params(const struct task_type *type)
{
    for (const struct param_spec *spec = type->params; spec->name; spec++)
        if (spec->required)
            return true;
    return false;
}

static void put_start(struct json_out *out, const struct task_type *type)
{
    char text[200];
    json_object(out);
    json_put_string(out, "title", type->title);
    json_put_string(out, "type", "object");
    json_key(out, "properties");
    int n = snprintf(text, sizeof text,
                     "{\"type\":{\"const\":\"%s\"},\"params\":{\"anyOf\":[{\"$ref\":\"#/components/schemas/"
                     "%s_params\"},{\"type\":\"null\"}],\"unevaluatedProperties\":false}}",
                     type->name, type->name);
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

/* {"…_params": {…}, …, "TaskStart": {…}} */
static char *make_schemas(void)
{
    struct json_out out;
    json_out_init(&out);
    json_object(&out);
    for (unsigned i = 0; i < task_type_count(); i++)
        put_params(&out, task_type_at(i));
    json_key(&out, "TaskStart");
    json_object(&out);
    json_key(&out, "oneOf");
    json_array(&out);
    for (unsigned i = 0; i < task_type_count(); i++)
        if (!task_type_at(i)->takes_file)
            put_start(&out, task_type_at(i));
    json_array_end(&out);
    json_object_end(&out);
    json_object_end(&out);
    char *text = json_out_copy(&out);
    json_out_fini(&out);
    return text;
}

/* ---- The whole ---- */

static struct {
    char *text;
    size_t len;
    char etag[36];
} document;

static void make_etag(void)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    if (EVP_Digest(document.text, document.len, digest, NULL, EVP_sha256(), NULL) != 1)
        abort();
    document.etag[0] = '"';
    memcpy(hex_text(digest, 16, document.etag + 1), "\"", 2);
}

static void make_document(void)
{
    char *schemas = make_schemas();
    size_t inner = strlen(schemas) - 2; /* without the braces */
    size_t size = strlen(openapi_before) + inner + strlen(openapi_after) + 3;
    document.text = malloc(size);
    if (!document.text)
        abort();
    int n = snprintf(document.text, size, "%s%.*s,\n%s", openapi_before, (int)inner, schemas + 1, openapi_after);
    document.len = (size_t)n;
    free(schemas);
    make_etag();
}

const char *openapi_text(size_t *len)
{
    if (!document.text)
        make_document();
    if (len)
        *len = document.len;
    return document.text;
}

void resource_openapi(struct http_request *request)
{
    size_t len;
    const char *text = openapi_text(&len);
    http_reply_header(request, "ETag", document.etag);
    http_reply_header(request, "Cache-Control", "public, max-age=60");
    if (etag_matches(http_header(request, "If-None-Match"), document.etag))
        http_reply_empty(request, 304);
    else
        http_reply_json(request, 200, text, len);
}
