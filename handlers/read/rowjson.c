/* Columns into JSON. */
#include "handlers/read/rowjson.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void row_put_text(struct json_out *out, const char *key, const struct store_value *value)
{
    json_key(out, key);
    if (value->type == STORE_NULL)
        json_null(out);
    else
        json_string_n(out, value->text, value->len);
}

static void put_raw(struct json_out *out, const char *key, const struct store_value *value)
{
    json_key(out, key);
    if (value->type == STORE_NULL)
        json_null(out);
    else
        json_raw(out, value->text, value->len);
}

void row_put_number(struct json_out *out, const char *key, const struct store_value *value)
{
    put_raw(out, key, value);
}

void row_put_json(struct json_out *out, const char *key, const struct store_value *value)
{
    put_raw(out, key, value);
}

void row_put_bool(struct json_out *out, const char *key, const struct store_value *value)
{
    json_key(out, key);
    if (value->type == STORE_NULL)
        json_null(out);
    else
        json_bool(out, strcmp(value->text, "0") != 0);
}

void row_put_moment(struct json_out *out, const char *key, const struct store_value *value)
{
    char text[32];
    json_key(out, key);
    if (value->type == STORE_NULL) {
        json_null(out);
        return;
    }
    snprintf(text, sizeof text, "%.10sT%.12sZ", value->text, value->len > 11 ? value->text + 11 : "00:00:00.000");
    json_string(out, text);
}

const char *row_copy(char *out, size_t size, const struct store_value *value)
{
    snprintf(out, size, "%s", value->type == STORE_NULL ? "" : value->text);
    return out;
}

bool row_id(const char *text, uint64_t *id)
{
    size_t n = strlen(text);
    if (n == 0 || n > 18 || strspn(text, "0123456789") != n)
        return false;
    *id = strtoull(text, NULL, 10);
    return *id > 0;
}
