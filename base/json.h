/* JSON in and out through yajl: a growing text with a yajl generator on it, and helpers for reading trees. Any
 * process. */
#ifndef PF_BASE_JSON_H
#define PF_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_tree.h>

/* A JSON text that is being written. Running out of memory aborts, so that the functions have no error to return. */
struct json_out {
    yajl_gen gen;
};

void json_out_init(struct json_out *out);
void json_out_fini(struct json_out *out);
/* Returns the text so far, terminated; it is valid until the next call. */
const char *json_out_text(struct json_out *out, size_t *len);
/* Clears the text after the caller has taken it. The document is continued: the next call writes what comes next in
 * it. */
void json_out_clear(struct json_out *out);
/* Returns a copy of the text on the heap, terminated. The generator keeps its own. */
char *json_out_copy(struct json_out *out);

void json_object(struct json_out *out); /* { */
void json_object_end(struct json_out *out);
void json_array(struct json_out *out);
void json_array_end(struct json_out *out);
void json_key(struct json_out *out, const char *key);
void json_string(struct json_out *out, const char *text); /* NULL = null; bad UTF-8 becomes U+FFFD */
void json_string_n(struct json_out *out, const char *text, size_t n);
void json_int(struct json_out *out, int64_t value);
void json_bool(struct json_out *out, bool value);
void json_null(struct json_out *out);
void json_raw(struct json_out *out, const char *json, size_t n); /* already JSON */
/* A tree that was parsed. */
void json_value(struct json_out *out, yajl_val value);
/* A key and its value. */
void json_put_string(struct json_out *out, const char *key, const char *text);
void json_put_int(struct json_out *out, const char *key, int64_t value);
void json_put_bool(struct json_out *out, const char *key, bool value);

/* Two objects as one: the text on the heap, terminated, with room for one byte more. Both are written without white space around them. */
char *json_joined(const char *a, size_t a_len, const char *b, size_t b_len, size_t *len);

/* Parses a text of at most `depth` levels. Returns NULL, and in `why` a short reason, for a text that is not JSON, is
 * not UTF-8, is followed by other data, or has an object with the same key twice. Freed by yajl_tree_free(). */
yajl_val json_parse(const char *text, size_t n, unsigned depth, char *why, size_t why_size);
/* Returns the member of an object; NULL if there is none, or if `object` is not an object. */
yajl_val json_member(yajl_val object, const char *key);
const char *json_member_string(yajl_val object, const char *key, const char *otherwise);
bool json_member_bool(yajl_val object, const char *key, bool otherwise);
int64_t json_member_int(yajl_val object, const char *key, int64_t otherwise);

#endif
