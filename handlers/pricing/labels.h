/* Column headings: labels to fields. The words are in words.c. */
#ifndef PF_PRICING_LABELS_H
#define PF_PRICING_LABELS_H

#include <stdbool.h>
#include <stddef.h>

enum stock_field {
    FIELD_NONE = 0,
    FIELD_PART_NUMBER,
    FIELD_LOT,
    FIELD_CODE,
    FIELD_NAME,
    FIELD_VENDOR,
    FIELD_QTY,
    FIELD_FREE,
    FIELD_RESERVED,
    FIELD_UNIT,
    FIELD_UNIT_COST,
    FIELD_TOTAL_COST,
    FIELD_WAREHOUSE,
    FIELD_CURRENCY,
    FIELD_RECEIVED_ON,
    FIELD_COUNT
};

/* What a heading says besides its field. */
struct label_hints {
    char currency[4]; /* "RUB" … or "" */
    int vat;          /* 1 = included, 0 = not included, -1 = not said */
};

/* Normalises a label: lower case, ё→е, white space to one space, dashes to "-", punctuation dropped. `out` has `size`
 * bytes; the text is terminated and cut at a character boundary. Returns the length. */
size_t label_normalise(const char *text, size_t n, char *out, size_t size);
/* Normalises, takes hints off the end, looks up the rest. */
enum stock_field label_field(const char *text, size_t n, struct label_hints *hints);
const char *stock_field_name(enum stock_field field); /* "part_number" … */
/* Is it a caption of a closing balance (остаток, конечный остаток, on hand …)? For headings of two rows. */
bool label_is_closing(const char *text, size_t n, struct label_hints *hints);
/* Does the text start with итог, итого, всего, total … as a whole word? */
bool label_is_total(const char *text, size_t n);

#endif
