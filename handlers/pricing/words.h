/* The word tables of labels.h and values.h. Every table is sorted by the bytes of its words and searched by halving. */
#ifndef PF_PRICING_WORDS_H
#define PF_PRICING_WORDS_H

#include "handlers/pricing/labels.h"
#include "handlers/pricing/values.h"

struct label_synonym {
    const char *word;
    enum stock_field field;
};
extern const struct label_synonym label_synonyms[];
extern const size_t label_synonyms_count;

/* Captions of a closing balance in the upper row of a two-row heading. */
extern const char *const label_closings[];
extern const size_t label_closings_count;

struct unit_word {
    const char *word;
    struct value_unit unit;
};
extern const struct unit_word unit_words[];
extern const size_t unit_words_count;

/* Returns the entry whose first member, a string, equals `word`; NULL if there is none. `size` = bytes of one entry. */
const void *word_find(const char *word, const void *table, size_t count, size_t size);

#endif
