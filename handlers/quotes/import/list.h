/* All quotes of a file: one for each number and smallest quantity, in the file's order; what stands twice is merged. */
#ifndef PF_QUOTES_IMPORT_LIST_H
#define PF_QUOTES_IMPORT_LIST_H

#include "handlers/quotes/import/line.h"

#define QUOTES_TEXTS_MAX  (256u << 20) /* bytes of numbers and names of vendors */
#define QUOTES_OFFERS_MAX 3000000u     /* quotes of one file */
#define QUOTE_REF         20           /* bytes of a reference: half of a SHA-256, and more than enough */

/* A number as the file has it. */
struct quote_number {
    uint32_t key;  /* "pn", "lot" or "code", TAB, the number, TAB, the vendor: what the reference is made of; offset */
    uint32_t norm; /* as stored, pn_norm: offset; "" = the lot alone */
};

/* What becomes of a quote. */
enum quote_outcome { QUOTE_INSERTED, QUOTE_REPLACED /* inserted; an active one is rejected for it */, QUOTE_UNCHANGED };

struct quote_new {
    uint32_t number;
    uint32_t row;         /* 0-based */
    uint32_t part_number; /* as written; offset; "" = none */
    uint32_t component;   /* number in the catalogue, or ARENA_NONE: a row may name another lot than the map */
    uint16_t sheet;       /* number of the sheet in the file */
    uint8_t column;
    bool vat_included;
    bool currency_open; /* neither file nor request says a currency: it is the base currency */
    uint16_t vat_rate;
    char currency[4];
    uint32_t price_per;
    int64_t price, min_qty;
    int64_t qty; /* -1 = unknown */
    /* Found on record (record.h): */
    uint8_t ref[QUOTE_REF];
    uint32_t ref_n;  /* of the last one with this reference; 0 = there is none */
    uint64_t old_id; /* the one that decides */
    bool old_active, old_same, old_by_person;
    uint8_t outcome;       /* enum quote_outcome */
    bool compared, jumped; /* with the newest active quote of its number */
    /* Of that one, for the message. */
    int64_t old_price;
    char old_currency[4];
};

struct quote_list {
    struct arena texts;
    struct quote_number *number;
    uint32_t n_numbers, room_numbers;
    struct quote_new *quote;
    uint32_t n, room;
    struct arena_index by_key, by_offer;
    uint32_t last_text; /* the part number that was kept last */
    uint64_t merged;    /* offers that were there already */
};
void quote_list_fini(struct quote_list *list);
static inline const char *quote_list_text(const struct quote_list *list, uint32_t offset)
{
    return arena_text(&list->texts, offset);
}

enum quote_added { OFFERS_TAKEN, OFFERS_DUPLICATE /* E_DUP: nothing was taken */, OFFERS_FULL };
/* Takes all offers of a row, or none. With OFFERS_DUPLICATE *at is the offer at fault and *other the quote that it
 * contradicts. */
enum quote_added quote_list_add(struct quote_list *list, const struct quote_line *line, uint16_t sheet,
                                enum quote_duplicates mode, unsigned *at, const struct quote_new **other);

#endif
