/* The captions of a heading as digests, by which a file of the same form is recognised.
 *
 * What counts are the different texts in the rows of the heading, without letter case, punctuation and days; not their
 * order. Where no heading was found, any rows may be the ones that somebody named before: each is a digest of its own. */
#ifndef PF_TABLE_CAPTIONS_H
#define PF_TABLE_CAPTIONS_H

#include "handlers/heading/head.h"

struct table_captions {
    uint8_t digest[TABLE_HEAD_ROWS * TABLE_HEADING_MAX + 1][32];
    unsigned n;
    bool own; /* the first is that of the heading in force */
};

/* Takes the rows of *found, if `is_found`, and all that may be a heading. */
void table_captions_take(struct table_captions *captions, const struct table_head_input *input, bool is_found,
                         const struct table_heading *found);

#endif
