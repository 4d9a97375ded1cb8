/* JSON through yajl: generation that cannot fail, and parsing that is stricter than yajl alone. */
#include "base/json.h"

#include "base/utf8.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

/* ---- Writing ------------------------------------------------------------------------------------------------ */

static void *must_malloc(void *ctx, size_t size)
{
    (void)ctx;
    void *memory = malloc(size);
    if (!memory)
        abort();
    return memory;
}

static void *must_realloc(void *ctx, void *old, size_t size)
{
    (void)ctx;
    void *memory = realloc(old, size);
    if (!memory)
        abort();
    return memory;
}

static void must_free(void *ctx, void *memory)
{
    (void)ctx;
    free(memory);
}

void json_out_init(struct json_out *out)
{
    static const yajl_alloc_funcs alloc = {must_malloc, must_realloc, must_free, NULL};

    out->gen = yajl_gen_alloc(&alloc);
}

void json_out_fini(struct json_out *out)
{
    yajl_gen_free(out->gen);
    out->gen = NULL;
}

const char *json_out_text(struct json_out *out, size_t *len)
{
    const unsigned char *text;
    size_t n;

    yajl_gen_get_buf(out->gen, &text, &n);
    if (len)
        *len = n;
    return n > 0 ? (const char *)text : "";
}

void json_out_clear(struct json_out *out)
{
    yajl_gen_clear(out->gen);
}

char *json_out_copy(struct json_out *out)
{
    size_t n;
    const char *text = json_out_text(out, &n);
    char *copy = must_malloc(NULL, n + 1);

    memcpy(copy, text, n);
    copy[n] = '\0';
    return copy;
}

/* The generator refuses a wrong order of calls. That is a fault of ours; the first test that makes these calls finds
 * it. */
static void must(yajl_gen_status status)
{
    assert(status == yajl_gen_status_ok);
    (void)status;
}

void json_object(struct json_out *out)
{
    must(yajl_gen_map_open(out->gen));
}

void json_object_end(struct json_out *out)
{
    must(yajl_gen_map_close(out->gen));
}

void json_array(struct json_out *out)
{
    must(yajl_gen_array_open(out->gen));
}

void json_array_end(struct json_out *out)
{
    must(yajl_gen_array_close(out->gen));
}

void json_key(struct json_out *out, const char *key)
{
    json_string(out, key);
}

void json_string(struct json_out *out, const char *text)
{
    if (text)
        json_string_n(out, text, strlen(text));
    else
        json_null(out);
}

/* Puts one U+FFFD in place of each malformed sequence. */
static void put_repaired(struct json_out *out, const char *text, size_t n)
{
    char *clean = must_malloc(NULL, n * 3); /* worst case: every byte becomes the three bytes of U+FFFD */
    size_t used = 0, len;

    for (size_t i = 0; i < n; i += len) {
        uint32_t cp = utf8_decode(text + i, n - i, &len);
        used += utf8_encode(cp == UTF8_BAD ? 0xFFFD : cp, clean + used);
    }
    must(yajl_gen_string(out->gen, (const unsigned char *)clean, used));
    free(clean);
}

void json_string_n(struct json_out *out, const char *text, size_t n)
{
    if (utf8_valid(text, n))
        must(yajl_gen_string(out->gen, (const unsigned char *)(n ? text : ""), n));
    else
        put_repaired(out, text, n);
}

void json_int(struct json_out *out, int64_t value)
{
    must(yajl_gen_integer(out->gen, value));
}

void json_bool(struct json_out *out, bool value)
{
    must(yajl_gen_bool(out->gen, value));
}

void json_null(struct json_out *out)
{
    must(yajl_gen_null(out->gen));
}

void json_raw(struct json_out *out, const char *json, size_t n)
{
    must(yajl_gen_number(out->gen, json, n)); /* yajl writes the text of a number unchanged */
}

void json_value(struct json_out *out, yajl_val value)
{
    if (YAJL_IS_OBJECT(value)) {
        json_object(out);
        for (size_t i = 0; i < value->u.object.len; i++) {
            json_key(out, value->u.object.keys[i]);
            json_value(out, value->u.object.values[i]);
        }
        json_object_end(out);
    } else if (YAJL_IS_ARRAY(value)) {
        json_array(out);
        for (size_t i = 0; i < value->u.array.len; i++)
            json_value(out, value->u.array.values[i]);
        json_array_end(out);
    } else if (YAJL_IS_STRING(value)) {
        json_string(out, YAJL_GET_STRING(value));
    } else if (YAJL_IS_NUMBER(value)) {
        json_raw(out, YAJL_GET_NUMBER(value), strlen(YAJL_GET_NUMBER(value)));
    } else if (YAJL_IS_TRUE(value) || YAJL_IS_FALSE(value)) {
        json_bool(out, YAJL_IS_TRUE(value));
    } else {
        json_null(out);
    }
}

void json_put_string(struct json_out *out, const char *key, const char *text)
{
    json_key(out, key);
    json_string(out, text);
}

void json_put_int(struct json_out *out, const char *key, int64_t value)
{
    json_key(out, key);
    json_int(out, value);
}

void json_put_bool(struct json_out *out, const char *key, bool value)
{
    json_key(out, key);
    json_bool(out, value);
}

/* ---- Reading ------------------------------------------------------------------------------------------------ */

struct depth_gauge {
    unsigned depth, max;
    bool too_deep;
};

static int gauge_open(void *ctx)
{
    struct depth_gauge *gauge = ctx;

    gauge->too_deep = ++gauge->depth > gauge->max;
    return !gauge->too_deep;
}

static int gauge_close(void *ctx)
{
    struct depth_gauge *gauge = ctx;

    gauge->depth--;
    return 1;
}

/* Numbers are taken as text: without this callback yajl refuses integers beyond 64 bits, which are valid decimals. */
static int gauge_number(void *ctx, const char *text, size_t n)
{
    (void)ctx, (void)text, (void)n;
    return 1;
}

static int refuse(char *why, size_t why_size, const char *reason)
{
    snprintf(why, why_size, "%s", reason);
    return -1;
}

/* First pass, before anything is allocated whose size depends on the input: grammar, depth and trailing data.
 * yajl_tree_parse() accepts comments, has no limit of depth, and in 2.1.0 leaks what it built when the text is
 * broken. */
static int check_grammar(const char *text, size_t n, unsigned depth, char *why, size_t why_size)
{
    struct depth_gauge gauge = {.max = depth};
    const yajl_callbacks callbacks = {
        .yajl_number = gauge_number,
        .yajl_start_map = gauge_open,
        .yajl_end_map = gauge_close,
        .yajl_start_array = gauge_open,
        .yajl_end_array = gauge_close,
    };
    yajl_handle parser = yajl_alloc(&callbacks, NULL, &gauge);

    if (!parser)
        abort();
    yajl_status status = yajl_parse(parser, (const unsigned char *)text, n);
    bool read_all = status == yajl_status_ok;
    if (read_all)
        status = yajl_complete_parse(parser);
    size_t at = yajl_get_bytes_consumed(parser);
    yajl_free(parser);
    if (status == yajl_status_ok)
        return 0;
    if (gauge.too_deep)
        snprintf(why, why_size, "nested deeper than %u levels", depth);
    else if (read_all)
        snprintf(why, why_size, "the JSON value is cut short, or something follows it");
    else
        snprintf(why, why_size, "not JSON at byte %zu", at);
    return -1;
}

/* Value of the four hex digits at p, which the grammar has checked. */
static unsigned hex4(const char *p)
{
    char digits[5] = {p[0], p[1], p[2], p[3], '\0'};

    return (unsigned)strtoul(digits, NULL, 16);
}

/* Refuses escapes that stand for no character: \u0000 would end a C string early, and yajl turns half a surrogate
 * pair into "?". In valid JSON a backslash stands only inside strings. */
static int check_escapes(const char *text, size_t n, char *why, size_t why_size)
{
    for (size_t i = 0; i < n; i++) {
        if (text[i] != '\\')
            continue;
        i++;
        if (text[i] != 'u')
            continue;
        unsigned unit = hex4(text + i + 1);
        i += 4;
        if (unit == 0)
            return refuse(why, why_size, "a string contains the character U+0000");
        if (unit < 0xD800 || unit > 0xDFFF)
            continue;
        bool paired = unit < 0xDC00 && i + 6 < n && text[i + 1] == '\\' && text[i + 2] == 'u';
        unsigned low = paired ? hex4(text + i + 3) : 0;
        if (low < 0xDC00 || low > 0xDFFF)
            return refuse(why, why_size, "a string contains half a surrogate pair");
        i += 6;
    }
    return 0;
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted first: comparing every key with every other would cost the square of their number. */
static bool keys_repeat(const char *const *keys, size_t n)
{
    if (n < 2)
        return false;
    const char **sorted = must_malloc(NULL, n * sizeof *sorted);
    memcpy(sorted, keys, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, compare_keys);
    bool repeat = false;
    for (size_t i = 1; i < n && !repeat; i++)
        repeat = strcmp(sorted[i - 1], sorted[i]) == 0;
    free(sorted);
    return repeat;
}

/* The depth that check_grammar() accepts bounds the recursion. */
static bool has_duplicate_keys(yajl_val value)
{
    if (YAJL_IS_ARRAY(value)) {
        for (size_t i = 0; i < value->u.array.len; i++) {
            if (has_duplicate_keys(value->u.array.values[i]))
                return true;
        }
    }
    if (!YAJL_IS_OBJECT(value))
        return false;
    if (keys_repeat((const char *const *)value->u.object.keys, value->u.object.len))
        return true;
    for (size_t i = 0; i < value->u.object.len; i++) {
        if (has_duplicate_keys(value->u.object.values[i]))
            return true;
    }
    return false;
}

/* yajl_tree_parse() needs a terminated text; the body of a request is not terminated. */
static yajl_val build_tree(const char *text, size_t n)
{
    char *copy = must_malloc(NULL, n + 1);

    memcpy(copy, text, n);
    copy[n] = '\0';
    char reason[128];
    yajl_val tree = yajl_tree_parse(copy, reason, sizeof reason);
    free(copy);
    return tree;
}

yajl_val json_parse(const char *text, size_t n, unsigned depth, char *why, size_t why_size)
{
    if (n == 0) {
        refuse(why, why_size, "empty");
        return NULL;
    }
    if (!utf8_valid(text, n)) {
        refuse(why, why_size, "not UTF-8");
        return NULL;
    }
    if (memchr(text, '\0', n)) {
        refuse(why, why_size, "contains a zero byte");
        return NULL;
    }
    if (check_grammar(text, n, depth, why, why_size) != 0 || check_escapes(text, n, why, why_size) != 0)
        return NULL;
    yajl_val tree = build_tree(text, n);
    if (!tree) {
        refuse(why, why_size, "not JSON");
        return NULL;
    }
    if (has_duplicate_keys(tree)) {
        yajl_tree_free(tree);
        refuse(why, why_size, "an object has the same key twice");
        return NULL;
    }
    return tree;
}

char *json_joined(const char *a, size_t a_len, const char *b, size_t b_len, size_t *len)
{
    bool both = a_len > 2 && b_len > 2; /* "{}" has no member that a comma could follow */
    size_t head = a_len - 1;
    char *text = malloc(a_len + b_len + 1);
    if (!text)
        abort();
    memcpy(text, a, head);
    if (both)
        text[head++] = ',';
    memcpy(text + head, b + 1, b_len - 1);
    *len = head + b_len - 1;
    text[*len] = '\0';
    return text;
}

yajl_val json_member(yajl_val object, const char *key)
{
    if (!YAJL_IS_OBJECT(object))
        return NULL;
    for (size_t i = 0; i < object->u.object.len; i++) {
        if (strcmp(object->u.object.keys[i], key) == 0)
            return object->u.object.values[i];
    }
    return NULL;
}

const char *json_member_string(yajl_val object, const char *key, const char *otherwise)
{
    yajl_val value = json_member(object, key);

    return YAJL_IS_STRING(value) ? value->u.string : otherwise;
}

bool json_member_bool(yajl_val object, const char *key, bool otherwise)
{
    yajl_val value = json_member(object, key);

    return YAJL_IS_TRUE(value) || (otherwise && !YAJL_IS_FALSE(value));
}

int64_t json_member_int(yajl_val object, const char *key, int64_t otherwise)
{
    yajl_val value = json_member(object, key);

    return YAJL_IS_INTEGER(value) ? value->u.number.i : otherwise;
}
