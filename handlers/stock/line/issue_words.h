/* What the codes of the stock import are called and how their messages read. */
#ifndef PF_STOCK_LINE_ISSUE_WORDS_H
#define PF_STOCK_LINE_ISSUE_WORDS_H

#include "handlers/stock/line/issue.h"

struct stock_code_words {
    const char *name, *field;
    const char *message; /* one sentence without a place */
    /* Parts of the sentence with a place: what is wrong, and what to do. `of_text` and `of_detail` take the place of
     * `wrong` if the cell's text or the detail is given, which goes in for their "%". NULL = none. */
    const char *wrong, *of_text, *of_detail, *cure;
};
extern const struct stock_code_words stock_code_words[STOCK_CODES];
/* Those of a price list, if `prices`. */
const struct stock_code_words *stock_code_words_of(enum stock_code code, bool prices);

#endif
