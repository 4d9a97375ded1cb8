/* Components by what somebody types: words of the name and the code, or the beginning of a code or a part number.
 *
 * A component is found if each word typed begins a word of its name or lot code, or its whole code or a part number of
 * it without their punctuation; or if all that is typed, normalised, begins its code or a part number. The order is that
 * of the lot codes, as without a search.
 *
 * The table component_word finds them. The rows of a rare word are read and sorted; those of a frequent one are in order
 * along the primary key, so that a page reads little more than itself. */
#ifndef PF_PRICES_SEARCH_H
#define PF_PRICES_SEARCH_H

#include "handlers/read/page.h"
#include "store/conn.h"

#define SEARCH_CHARACTERS 100 /* of what is typed; longer is refused by the parameter's check */

/* Filters beside the search. */
struct search_filter {
    const char *q, *category, *state; /* category, state: NULL = any */
    int active;                       /* 0 or 1; -1 = any */
};

/* Write the lot codes that are found behind `after` as a JSON array, at most `want`, in byte order. Returns 0 or -1 with
 * conn->error. */
int search_codes(struct store_conn *conn, const struct search_filter *filter, const char *after, unsigned want,
                 struct json_out *codes);

#endif
