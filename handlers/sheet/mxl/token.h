/* Tokens of the brace form: groups, strings, atoms, strict commas.
 *
 * Every function takes exactly one piece, passing over blanks in front of it, and returns 0 or -1 with the failure
 * recorded in the input ("mxl-malformed", "mxl-truncated", "mxl-limit"). */
#ifndef PF_SHEET_MXL_TOKEN_H
#define PF_SHEET_MXL_TOKEN_H

#include "handlers/sheet/mxl/input.h"

#define MXL_MAX_DEPTH 32
#define MXL_MAX_ATOM  63 /* a GUID has 36 bytes, a database reference about 40 */

int mxl_open(struct mxl_in *in);
int mxl_close(struct mxl_in *in);
int mxl_comma(struct mxl_in *in);

/* The next byte that is no blank, without taking it; -1 at the end. */
int mxl_ahead(struct mxl_in *in);

/* "," follows rather than "}": 1 or 0, -1 when neither. The comma is taken. */
int mxl_another(struct mxl_in *in);

/* A whole number of at most 18 digits; _in: also within low..high, else "mxl-limit" above and "mxl-malformed" below. */
int mxl_integer(struct mxl_in *in, int64_t *value);
int mxl_integer_in(struct mxl_in *in, int64_t low, int64_t high, int64_t *value);

/* Any atom; *len bytes in `atom`. */
int mxl_atom(struct mxl_in *in, char atom[MXL_MAX_ATOM], size_t *len);

/* A string without its quotes, doubled ones made single, checked as UTF-8. `to` holds MXL_MAX_STRING bytes. */
int mxl_string(struct mxl_in *in, char *to, size_t *len);

/* Pass over one item, checking its grammar; strings are checked with the help of `scratch` (MXL_MAX_STRING bytes). */
int mxl_skip_item(struct mxl_in *in, char *scratch);
/* The same for the rest of a group whose "{" and first items have been taken, through its "}". */
int mxl_skip_rest(struct mxl_in *in, char *scratch);
/* Pass over one group by its braces and quotes alone: fast, for a text that is read again with all checks. */
int mxl_skip_group_fast(struct mxl_in *in);

/* "," and then the item. */
int mxl_comma_integer(struct mxl_in *in, int64_t low, int64_t high, int64_t *value);
int mxl_comma_skip(struct mxl_in *in, char *scratch);

bool mxl_is_guid(const char *text, size_t len);

#endif
