/* What stands at a place of a normalised caption of a price list: a tier, a sum of the order, what a price is for. For
 * tiers.c. */
#ifndef PF_VALUES_TIER_H
#define PF_VALUES_TIER_H

#include "handlers/values/labels.h"

#define TIER_MARK '\x01' /* stands for what was taken out of a caption; no label has it */

/* What is read in a segment: a text that ends at `end`. */
struct text {
    const char *s;
    size_t end;
};
/* Does the character divide words? */
bool tier_joint(char c);
/* Where the blanks end that begin at `at`. */
size_t tier_blanks(struct text t, size_t at);

/* A number with what stands behind it. */
struct amount {
    int64_t value; /* thousandths */
    uint8_t unit;
    bool sum;    /* money */
    bool scaled; /* "тыс", "млн", "k" */
};

struct tier {
    struct amount from;
    bool odd; /* not understood */
};

/* Returns where a tier or a sum of the order that stands here ends; `at` if there is none. */
size_t tier_at(struct text t, size_t at, struct tier *out);
/* The same for what a price is for: "за 1000 шт", "per 100"; "/уп" behind anything, "/100" behind a currency. */
size_t per_at(struct text t, size_t at, struct quote_per *out);
/* Is the word that ends here a currency? */
bool tier_behind_currency(struct text t, size_t end);

#endif
