/* The last step of the heading search. */
#ifndef PF_HEADING_TAKE_H
#define PF_HEADING_TAKE_H

#include "handlers/heading/fields.h"

/* Fills the empty heading *out from a candidate. Columns that are open keep their field and are marked. */
void head_take(const struct head_candidate *c, struct table_heading *out);

#endif
