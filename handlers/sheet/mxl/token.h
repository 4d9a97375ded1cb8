/* Tokens of the brace form: groups, strings, atoms, commas.
 *
 * Every function takes exactly one piece, skips blanks in front of it, and returns 0, or -1 with the failure in the
 * input ("mxl-malformed", "mxl-truncated", "mxl-limit"). */
#ifndef PF_SHEET_MXL_TOKEN_H
#define PF_SHEET_MXL_TOKEN_H

#include "handlers/sheet/mxl/input.h"

#define MXL_MAX_DEPTH 32
#define MXL_MAX_ATOM  63 /* a GUID has 36 bytes, a database reference about 40 */

int mxl_open(struct mxl_in *in);
int mxl_close(struct mxl_in *in);
int mxl_comma(struct mxl_in *in);

/* Returns the next byte that is not a blank, without taking it; -1 at the end. */
int mxl_ahead(struct mxl_in *in);

/* Returns 1 and takes the comma if "," follows, 0 if "}" follows, -1 otherwise. */
int mxl_another(struct mxl_in *in);

/* Reads a whole number of at most 18 digits. mxl_integer_in() also checks low..high: "mxl-limit" above,
 * "mxl-malformed" below. */
int mxl_integer(struct mxl_in *in, int64_t *value);
int mxl_integer_in(struct mxl_in *in, int64_t low, int64_t high, int64_t *value);

/* Reads any atom: *len bytes in `atom`. */
int mxl_atom(struct mxl_in *in, char atom[MXL_MAX_ATOM], size_t *len);

/* Reads a string, without its quotes, with doubled quotes made single, checked as UTF-8. `to` has MXL_MAX_STRING
 * bytes. */
int mxl_string(struct mxl_in *in, char *to, size_t *len);

/* Skips one item and checks its grammar; `scratch` (MXL_MAX_STRING bytes) is used to check strings. */
int mxl_skip_item(struct mxl_in *in, char *scratch);
/* The same for the rest of a group, through its "}": its "{" and first items are already taken. */
int mxl_skip_rest(struct mxl_in *in, char *scratch);
/* Skips one group by its braces and quotes alone: fast, for text that is read again with all checks. */
int mxl_skip_group_fast(struct mxl_in *in);

/* "," and then the item. */
int mxl_comma_integer(struct mxl_in *in, int64_t low, int64_t high, int64_t *value);
int mxl_comma_skip(struct mxl_in *in, char *scratch);

bool mxl_is_guid(const char *text, size_t len);

#endif
