/* Heading search: which rows name the columns, and what each column is.
 *
 * A heading has one to three rows. The texts over a column, from top to bottom, are its path ("Central store / Quantity
 * / Closing balance"); the last field that a path names is the column's. Nothing is guessed: what the captions leave
 * open is refused with a sentence that names the choices. */
#ifndef PF_HEADING_HEAD_H
#define PF_HEADING_HEAD_H

#include "base/arena.h"
#include "base/facts.h"
#include "handlers/heading/cells.h"
#include "handlers/values/quote_words.h"
#include "handlers/values/values.h"

#define TABLE_HEADING_MAX 3 /* rows of a heading */

/* "Read this field from that column." */
struct table_choice {
    enum stock_field field;
    const char *value; /* a caption of the column, or the letter of a column that has a caption */
};

/* What the table is of. Captions mean other things in price lists: "опт" is a price there, "сумма" the buyer's. */
enum table_kind { TABLE_STOCK = 0, TABLE_PRICES };

/* What the searcher knows from outside. */
struct table_ask {
    enum table_kind kind;
    /* Returns the number of the warehouse with this name or code, or ARENA_NONE. NULL: there are no places. */
    uint32_t (*place)(void *ctx, const char *text, size_t n);
    void *ctx;
    uint32_t wanted;         /* the warehouse that is asked for */
    const char *wanted_name; /* its code, for messages */
    uint32_t header_row;     /* from 1; the heading starts there. 0 = search */
    unsigned header_rows;    /* 1 to 3; 0 = search */
    const struct table_choice *choices;
    unsigned n_choices;
    struct value_date latest; /* later dates are passed over; year 0 = none are */
    /* Of price lists: */
    const char *price;    /* captions or letters of price columns, divided by ";"; wins over a choice of FIELD_PRICE */
    const char *currency; /* "USD"; NULL = not said: of prices that differ in currency alone this one is read */
    const char *base;     /* the base currency, of prices that say none; NULL = "RUB" */
    int64_t min_qty;      /* thousandths: what a price without a tier holds from; 0 = 1 piece */
    int vat_included; /* 1, 0, or -1 = not said: with 1 the price with VAT is read of two that differ in VAT alone */
};

/* Why a column is not read. */
enum table_unread {
    READ_OK = 0,    /* it is read, or it has no caption */
    UNREAD_FOREIGN, /* an opening balance, a turnover, something expected */
    UNREAD_PLACE,   /* another warehouse's */
    UNREAD_SUM,     /* the sum of several warehouses */
    UNREAD_SELLING, /* a selling price */
    UNREAD_LOST,    /* another column of its field was taken */
    UNREAD_ALIKE,   /* of price lists: one of several quantities that cannot be told apart */
    UNREAD_OTHER,   /* of price lists: an old price, an order, a sum, or not the present stock */
    UNREAD_UNKNOWN  /* not understood */
};
/* "not understood" … */
const char *table_unread_text(enum table_unread why);

struct table_column {
    uint8_t field;    /* enum stock_field that is read here, or FIELD_NONE */
    uint8_t last;     /* the last column under the caption that begins in this one */
    uint8_t why;      /* enum table_unread */
    uint8_t says;     /* enum stock_field that the caption says, whether it is read or not */
    bool told;        /* W_COLUMN_IGNORED is due */
    bool chosen;      /* the request names it */
    bool rival;       /* it could be the field's, and so could another column */
    uint32_t caption; /* the path as written, joined by " / ": offset into table_heading.text; 0 = no caption */
    /* Normalised texts of the column, offsets, 0 = none: by row of the heading, then the whole path in one. A heading
     * is repeated on each printed page. */
    uint32_t label[TABLE_HEADING_MAX + 1];
};

/* An unknown caption over a quantity or a cost that is read: W_CAPTION. */
struct table_caption {
    uint32_t column;
    uint32_t text;  /* as written; offset */
    uint32_t label; /* the caption of the field below it; offset, 0 = none */
};

/* A price column that is read. */
struct table_price {
    uint32_t column;
    uint32_t caption;         /* as in table_column */
    int64_t min_qty;          /* of the tier, in thousandths; 0 = the caption names none */
    uint8_t tier_unit;        /* enum quote_unit: "от 5 уп"; none = not said */
    struct label_hints hints; /* currency, VAT and its rate, date */
    struct quote_per per;     /* what the price is for */
    bool retail;              /* a retail caption: W_CAPTION is due for a supplier */
    bool order_sum;           /* it holds from a sum of the order on: W_CAPTION is due */
    /* Neither is set if the request names the column. */
};

/* Where the columns are. */
struct table_heading {
    uint32_t row;                          /* 0-based, the first of `rows` */
    unsigned rows;                         /* 1 to 3; 0 = none was found */
    uint16_t grid;                         /* whose columns they are: grid_row.grid */
    uint32_t column[FIELD_COUNT];          /* 0-based, ARENA_NONE = the sheet has no such column */
    struct label_hints hints[FIELD_COUNT]; /* what the column's captions say besides the field */
    struct table_column at[TABLE_COLUMNS];
    struct table_caption unknown[TABLE_COLUMNS];
    unsigned n_unknown;
    bool has_places; /* several warehouses stand side by side */
    /* Of price lists: the columns of prices, from left to right. column[FIELD_PRICE] is the first of them. */
    struct table_price price[TABLE_COLUMNS];
    unsigned n_prices;
    /* By field: the value of `columns` that leads to what is read here, offset in `text`; 0 = none. Only filled by
     * table_heading_find(). */
    uint32_t proposal[FIELD_COUNT];
    struct arena text;
};
void table_heading_fini(struct table_heading *heading);
static inline bool table_heading_has(const struct table_heading *heading, enum stock_field field)
{
    return heading->column[field] != ARENA_NONE;
}
/* The caption of a column, "" if it has none. */
const char *table_heading_caption(const struct table_heading *heading, uint32_t column);

/* What a sheet begins with. */
struct table_head_input {
    const struct grid_row *const *rows; /* in file order */
    uint32_t n_rows;
    const struct grid_merge *merges;
    uint32_t n_merges;
    const struct table_ask *ask; /* NULL: nothing is asked */
    struct fault_told *told;     /* NULL, or gets what `why` says as facts and choices */
};
enum table_head_result { HEAD_FOUND, HEAD_NONE, HEAD_AMBIGUOUS };
/* Fills *out; release it with table_heading_fini() in any case. With HEAD_AMBIGUOUS `why` gets the sentence for
 * E_AMBIGUOUS_COLUMN, and *out is the heading that is open; with HEAD_NONE it gets the sentence for E_NO_HEADER, and
 * *out is what is most like a heading (rows 0: nothing is). Neither can be read by; they are for people. Both sentences
 * name the values of `columns` that settle it. */
enum table_head_result table_heading_find(const struct table_head_input *input, struct table_heading *out, char *why,
                                          size_t size);
/* The same for a heading that begins in the first row of the input and nowhere else: one that stands further down.
 * ask->header_row and header_rows are ignored; *out is filled only with HEAD_FOUND, and has no proposal. */
enum table_head_result table_heading_here(const struct table_head_input *input, struct table_heading *out, char *why,
                                          size_t size);
/* Do two headings read the same fields from the same columns, and prices of the same tiers, currencies and VAT? */
bool table_heading_same(const struct table_heading *a, const struct table_heading *b);
/* Is the row like a heading: two or more labels of fields (words for units and stock do not count), and no number?
 * Cheap for ordinary rows. */
bool table_row_labels(enum table_kind kind, const struct grid_row *row);
/* Does the row repeat the heading: are all its cells texts of the heading in their columns? Cheap for ordinary rows. */
bool table_row_repeats(const struct table_heading *heading, const struct grid_row *row);

/* Dates of the stock. */
struct table_dates {
    struct value_date date;             /* the latest that counts; year 0 = none */
    struct value_date future;           /* one after ask->latest that was passed over; year 0 = none */
    uint32_t future_row, future_column; /* its cell */
};
/* Looks at the phrases above the heading ("на 01.02.2026", "as of …", a period's end) and at the date in the quantity's
 * own caption. */
struct table_dates table_heading_dates(const struct table_head_input *input, const struct table_heading *heading);

/* What stands above the heading of a price list. */
struct table_above {
    char currency[4];              /* "USD" …; "" = none; "?" = open: two different ones, or conventional units */
    int vat;                       /* 1 = included, 0 = not, -1 = not said, or both are */
    int vat_rate;                  /* in hundredths of a percent, -1 = not said */
    struct value_date quoted_on;   /* the latest day of the list; year 0 = none */
    struct value_date valid_until; /* the earliest end; year 0 = none */
    struct value_date future;      /* a day of the list after ask->latest, which was passed over; year 0 = none */
    uint32_t future_row, future_column; /* its cell */
};
/* Looks at the texts above the heading, and at the dates in the captions of prices. */
struct table_above table_heading_above(const struct table_head_input *input, const struct table_heading *heading);

/* "A", "Z", "AA" … into buf. Returns buf. */
const char *table_column_letter(uint32_t column, char buf[4]);

#endif
