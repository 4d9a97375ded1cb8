/* What the next request may say so that the search finds the same columns again. */
#ifndef PF_HEADING_PROPOSE_H
#define PF_HEADING_PROPOSE_H

#include "handlers/heading/fields.h"

/* Fills out->proposal from a candidate that head_take() has taken. Each value is tried by reading the candidate again
 * into *scratch: a caption if it leads to the column, else the column's letter. Fields that are open have none. */
void head_propose(const struct head_candidate *c, struct head_candidate *scratch, struct table_heading *out);

#endif
