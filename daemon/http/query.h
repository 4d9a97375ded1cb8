/* Percent escapes and query strings. */
#ifndef PF_HTTP_QUERY_H
#define PF_HTTP_QUERY_H

#include "handlers/params.h"

#include <stdbool.h>
#include <stddef.h>

#define QUERY_PARAMS_MAX 64

enum query_verdict { QUERY_OK = 0, QUERY_BAD_ESCAPE, QUERY_NUL, QUERY_SLASH, QUERY_NOT_UTF8 };

/* Would these bytes decode to UTF-8 without NUL (and, with no_slash, without an encoded slash or backslash)? */
enum query_verdict query_check_escapes(const char *p, size_t n, bool no_slash);

/* Decode p[0..n) into out (n + 1 bytes are enough), terminated; '+' becomes a space when plus is set. The escapes must
 * have been checked. Returns the length. */
size_t query_decode(const char *p, size_t n, bool plus, char *out);

/* Split and decode a checked query string ("a=1&b=2") into at most QUERY_PARAMS_MAX pairs. *params and *text are heap
 * memory that the caller frees (both NULL for an empty query). Returns 0, or -1 with too many pairs. */
int query_parse(const char *query, struct param_raw **params, size_t *n, char **text);

#endif
