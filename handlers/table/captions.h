/* The captions of a heading as digests, by which a file of the same form is recognised.
 *
 * What counts are the different texts in the rows of the heading, without letter case, punctuation and days; not their
 * order. Where no heading was found, any rows may be the ones that somebody named before: each is a set of its own. */
#ifndef PF_TABLE_CAPTIONS_H
#define PF_TABLE_CAPTIONS_H

#include "handlers/heading/head.h"

#define CAPTION_MARKS (TABLE_COLUMNS * TABLE_HEADING_MAX)

struct table_caption_set {
    uint8_t digest[32];           /* of all texts */
    uint32_t mark[CAPTION_MARKS]; /* of each text, ascending: the first bytes of its SHA-256 */
    unsigned n;
};
struct table_captions {
    struct table_caption_set *set;
    unsigned n, room;
    bool own; /* the first is that of the heading in force */
};
void table_captions_fini(struct table_captions *captions);

/* Takes the rows of *found, if `is_found`, and all that may be a heading. */
void table_captions_take(struct table_captions *captions, const struct table_head_input *input, bool is_found,
                         const struct table_heading *found);

/* Are two sets nearly the same: at least three texts in common, and those two thirds of all texts of both? Returns the
 * share in per cent, 0 = they are not. Marks as above. */
unsigned table_captions_near(const uint32_t *a, unsigned n_a, const uint32_t *b, unsigned n_b);

#endif
