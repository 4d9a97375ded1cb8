/* The last step of the heading search. */
#ifndef PF_HEADING_TAKE_H
#define PF_HEADING_TAKE_H

#include "handlers/heading/fields.h"

/* Fills the empty heading *out from a candidate that is not ambiguous. */
void head_take(const struct head_candidate *c, struct table_heading *out);

#endif
