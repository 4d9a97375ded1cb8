/* The word tables of labels.h and values.h. Every table is sorted by the bytes of its words and searched by halving. */
#ifndef PF_VALUES_WORDS_H
#define PF_VALUES_WORDS_H

#include "handlers/values/labels.h"

struct label_synonym {
    const char *word;
    enum stock_field field;
};
extern const struct label_synonym label_synonyms[];
extern const size_t label_synonyms_count;

/* Captions over the balance that counts. Some are synonyms of the quantity too. */
extern const char *const label_closings[];
extern const size_t label_closings_count;
/* Captions of what is not the present stock: opening balances, turnovers, what is expected. */
extern const char *const label_foreigns[];
extern const size_t label_foreigns_count;
/* Captions of selling prices. */
extern const char *const label_sellings[];
extern const size_t label_sellings_count;
/* What rows of totals begin with. */
extern const char *const label_totals[];
extern const size_t label_totals_count;
/* What rows of groups begin or end with. */
extern const char *const label_groups[];
extern const size_t label_groups_count;
/* Instead of a part number. */
extern const char *const label_placeholders[];
extern const size_t label_placeholders_count;
/* A caption with one of these words is about quantities or money. */
extern const char *const label_amount_words[];
extern const size_t label_amount_words_count;
/* Instead of a quantity. */
extern const char *const label_quantity_words[];
extern const size_t label_quantity_words_count;

/* Of price lists. These are asked before the others. */
extern const struct label_synonym price_synonyms[];
extern const size_t price_synonyms_count;
/* Captions of old prices, of what the buyer orders, and of its sums. */
extern const char *const price_foreigns[];
extern const size_t price_foreigns_count;
/* Captions of retail prices. */
extern const char *const price_retails[];
extern const size_t price_retails_count;
/* A caption with one of these words is about money too. */
extern const char *const price_money_words[];
extern const size_t price_money_words_count;
/* Instead of a price. */
extern const char *const price_nones[];
extern const size_t price_nones_count;

struct currency_word {
    const char *word;
    char currency[4]; /* "?" for conventional units, which have no rate */
};
extern const struct currency_word currency_words[];
extern const size_t currency_words_count;
/* In price lists these too. */
extern const struct currency_word price_currency_words[];
extern const size_t price_currency_words_count;

struct unit_word {
    const char *word;
    struct value_unit unit;
};
extern const struct unit_word unit_words[];
extern const size_t unit_words_count;

struct quote_word {
    const char *word;
    struct quote_per per;
};
/* Behind the number of a tier. */
extern const struct quote_word quote_tier_words[];
extern const size_t quote_tier_words_count;
/* Behind "за", "per" and "/". */
extern const struct quote_word quote_per_words[];
extern const size_t quote_per_words_count;

/* Returns the entry whose first member, a string, equals `word`; NULL if there is none. `size` = bytes of one entry. */
const void *word_find(const char *word, const void *table, size_t count, size_t size);

#endif
