/* Column headings: labels to fields; and the words that rows and cells are told by. The words are in synonyms.c and
 * words.c.
 *
 * A label is normalised (label_normalise), then hints are taken off until what is left is known: brackets anywhere,
 * words and comma tails at the end ("Цена закупки (с НДС 20%), руб."). */
#ifndef PF_VALUES_LABELS_H
#define PF_VALUES_LABELS_H

#include "handlers/values/values.h"

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
    FIELD_PRICE, /* from here on: of price lists only */
    FIELD_MIN_QTY,
    FIELD_PACK_QTY,
    FIELD_COUNT,
    FIELD_STOCK_COUNT = FIELD_PRICE /* the fields of stock reports are those before it */
};
const char *stock_field_name(enum stock_field field); /* "part_number" … */
/* A quantity: qty, free or reserved. */
static inline bool stock_field_counts(enum stock_field field)
{
    return field == FIELD_QTY || field == FIELD_FREE || field == FIELD_RESERVED;
}
/* A quantity, a cost or a price. */
static inline bool stock_field_is_amount(enum stock_field field)
{
    return stock_field_counts(field) || field == FIELD_UNIT_COST || field == FIELD_TOTAL_COST || field == FIELD_PRICE;
}
/* part_number, lot, code or name. */
static inline bool stock_field_identifies(enum stock_field field)
{
    return field >= FIELD_PART_NUMBER && field <= FIELD_NAME;
}

/* What a heading says besides its field. */
struct label_hints {
    char currency[4];       /* "RUB" …; "?" for conventional units (у.е.), which have no rate; or "" */
    int vat;                /* 1 = included, 0 = not included, -1 = not said */
    int vat_rate;           /* in hundredths of a percent ("с НДС 20%" is 2000), -1 = not said */
    struct value_unit unit; /* "тыс. шт"; UNIT_NONE = not said. Plain pieces are not said: they are the default. */
    bool pieces;            /* they are said all the same ("MOQ, шт"): where the default is another one */
    struct value_date date; /* "остаток на 01.02.2026"; year 0 = not said */
};
void label_hints_none(struct label_hints *hints);
/* Adds what `other` says and *hints does not. */
void label_hints_add(struct label_hints *hints, const struct label_hints *other);

/* Normalises a label: lower case, ё→е, white space and "_" to one space, dashes to "-", punctuation dropped (a date
 * keeps its dots). `out` has `size` bytes; the text is terminated and cut at a character boundary. Returns the length. */
size_t label_normalise(const char *text, size_t n, char *out, size_t size);

#define LABEL_BYTES 256
#define LABEL_TAILS 3

/* What a caption of a price says. */
struct label_price {
    bool retail;            /* a retail price */
    bool order_sum;         /* it holds from a sum of the order on: "от 50 000 руб" */
    bool tier;              /* it has a tier, also one that is not understood ("от 5 бобин") */
    int64_t min_qty;        /* of the tier, in thousandths; 0 = none */
    uint8_t tier_unit;      /* enum quote_unit */
    struct quote_per per;   /* what the price is for; unit none = not said */
    char more[LABEL_BYTES]; /* what else its brackets and commas say, and the sum: not hints */
};

/* A label, read. */
struct label {
    bool prices; /* it was read as a caption of a price list */
    enum stock_field field;
    bool foreign; /* an opening balance, a turnover, something expected: never read */
    bool closing; /* it says that the field below counts; alone it is the quantity (and `field` too, as a rule) */
    bool selling; /* a selling price: never a cost */
    bool total;   /* "итого", "итого по складам", "total": `field` may be set too */
    bool hint;    /* nothing but hints: "шт", "USD", "на 01.02.2026" */
    bool stock;   /* a unit, or a word that cells have instead of a quantity: "шт", "в наличии" */
    bool passed;  /* "#row", "#code" …: a column that is not read and not told about */
    struct label_hints hints;
    char base[LABEL_BYTES]; /* normalised, without hints */
    /* What stood in brackets and behind commas: it may name a place. */
    char tail[LABEL_TAILS][LABEL_BYTES / 2];
    unsigned n_tails;
    struct label_price price;
};
void label_read(const char *text, size_t n, struct label *out);
/* Reads it as a caption of a price list: selling prices and tiers are prices, sums and old prices are foreign, and there
 * are no costs, warehouses and days of receipt. */
void label_read_price(const char *text, size_t n, struct label *out);
/* What a normalised text without hints is, as out->prices says: sets field, foreign, closing, selling and total, and
 * out->price.retail. Returns false if nothing of these. */
bool label_look_up(const char *label, struct label *out);
/* Is it known what the label says? */
static inline bool label_known(const struct label *label)
{
    return label->field != FIELD_NONE || label->foreign || label->closing || label->selling || label->total;
}
/* The field of a label, FIELD_NONE if it is foreign, a selling price or unknown. `hints` may be NULL. */
enum stock_field label_field(const char *text, size_t n, struct label_hints *hints);
/* Does a caption have a word of quantities or money (цена, остаток, qty …)? */
bool label_is_about_amounts(const char *text, size_t n);
/* The same for price lists, where опт, скидка, vat and the like are about money too. */
bool label_is_about_prices(const char *text, size_t n);

/* Words in cells. These are asked for each row: they look at the first letter before they look closer. */

/* Does the text start with итог, итого, всего, total … followed by a space, one of : . , ; ( or its end? */
bool label_is_total(const char *text, size_t n);
/* Is the text a placeholder for a missing part number (-, нет, б/н, n/a, 0 …)? */
bool label_is_placeholder(const char *text, size_t n);
/* Does the text start or end with группа, категория, group … as a word? */
bool label_is_group(const char *text, size_t n);
/* Is the text a word that stands for a quantity and says no number (в наличии, много, under order …)? */
bool label_is_quantity_word(const char *text, size_t n);
/* Is the text a word that stands for a price and says none (по запросу, call, -, 0 …)? Not the empty text. */
bool label_is_no_price(const char *text, size_t n);

#endif
