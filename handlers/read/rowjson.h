/* Columns of our own tables as members of a JSON object. NULL becomes null. */
#ifndef PF_READ_ROWJSON_H
#define PF_READ_ROWJSON_H

#include "base/json.h"
#include "store/conn.h"

void row_put_text(struct json_out *out, const char *key, const struct store_value *value); /* also decimals and dates */
void row_put_number(struct json_out *out, const char *key, const struct store_value *value); /* whole numbers */
void row_put_bool(struct json_out *out, const char *key, const struct store_value *value);
/* DATETIME(3) in UTC as RFC 3339. */
void row_put_moment(struct json_out *out, const char *key, const struct store_value *value);
/* A column that holds JSON. */
void row_put_json(struct json_out *out, const char *key, const struct store_value *value);

/* A column's text, terminated and cut to `size`; "" for NULL. Returns out. */
const char *row_copy(char *out, size_t size, const struct store_value *value);

/* A row's number as a client writes it: 1 to 18 digits, not 0. Returns false if it is not one. */
bool row_id(const char *text, uint64_t *id);

#endif
