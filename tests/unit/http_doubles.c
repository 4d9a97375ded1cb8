/* Stand-ins for what the HTTP server takes from other folders, so that it can be tested alone: weak, so that the real
 * ones win where they are linked. */
#include "daemon/log.h"
#include "handlers/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WEAK __attribute__((weak))

WEAK void log_write(enum log_level level, const char *format, ...)
{
    va_list args;

    if (level == LOG_LEVEL_DEBUG && getenv("HTTP_DEBUG") == NULL)
        return;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

WEAK void json_out_init(struct json_out *out)
{
    out->gen = yajl_gen_alloc(NULL);
}
WEAK void json_out_fini(struct json_out *out)
{
    yajl_gen_free(out->gen);
}
WEAK const char *json_out_text(struct json_out *out, size_t *len)
{
    const unsigned char *text;

    yajl_gen_get_buf(out->gen, &text, len);
    return (const char *)text;
}
WEAK void json_object(struct json_out *out)
{
    yajl_gen_map_open(out->gen);
}
WEAK void json_object_end(struct json_out *out)
{
    yajl_gen_map_close(out->gen);
}
WEAK void json_array(struct json_out *out)
{
    yajl_gen_array_open(out->gen);
}
WEAK void json_array_end(struct json_out *out)
{
    yajl_gen_array_close(out->gen);
}
WEAK void json_key(struct json_out *out, const char *key)
{
    yajl_gen_string(out->gen, (const unsigned char *)key, strlen(key));
}
WEAK void json_put_string(struct json_out *out, const char *key, const char *text)
{
    json_key(out, key);
    yajl_gen_string(out->gen, (const unsigned char *)text, strlen(text));
}
WEAK void json_put_int(struct json_out *out, const char *key, int64_t value)
{
    json_key(out, key);
    yajl_gen_integer(out->gen, value);
}
