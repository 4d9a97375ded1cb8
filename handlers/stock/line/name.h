/* The parts of a name that may be part numbers. */
#ifndef PF_STOCK_LINE_NAME_H
#define PF_STOCK_LINE_NAME_H

#include "handlers/heading/cells.h"
#include "handlers/values/partnum.h"

struct name_tokens {
    const char *at, *end; /* what is left of the name */
    /* The present part. */
    struct cell_span text;
    char norm[PN_BYTES];
    bool folded;
};
struct name_tokens name_tokens_of(struct cell_span name);
/* Goes to the next part between white space, brackets, commas, semicolons and quotes that has five characters or more
 * and a digit in its normal form. Returns false at the end. */
bool name_tokens_next(struct name_tokens *tokens);

#endif
