/* Sentences of the heading search. Each names what settles it, so that it can be copied into the next request. */
#ifndef PF_HEADING_TELL_H
#define PF_HEADING_TELL_H

#include "handlers/heading/fields.h"

/* E_AMBIGUOUS_COLUMN: the rivals of each field, and `columns` with one of them. */
void head_tell_rivals(const struct head_candidate *c, char *why, size_t size);
/* E_NO_HEADER: what was understood of these rows, what was not, and what is missing. */
void head_tell_missing(const struct head_candidate *c, char *why, size_t size);
/* E_NO_HEADER: no row is like a heading. */
void head_tell_nothing(const struct table_ask *ask, char *why, size_t size);
/* How much these rows are like a heading; 0 = not at all. */
unsigned head_worth(const struct head_candidate *c);

/* The same as facts and choices, if the caller of the search wants them (table_head_input.told). settle.c */
void head_settle_rivals(const struct head_candidate *c);
void head_settle_missing(const struct head_candidate *c, bool quantity, bool identity);

#endif
