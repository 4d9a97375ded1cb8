/* Values as people write them in cells: numbers, dates, units, currencies. */
#ifndef PF_VALUES_VALUES_H
#define PF_VALUES_VALUES_H

#include "handlers/values/decimal.h"

enum number_locale { LOCALE_RU, LOCALE_EN };

/* What the text of a number tells about the locale of its file. */
enum number_style {
    STYLE_NONE = 0,  /* nothing: both read it alike */
    STYLE_AMBIGUOUS, /* they read it differently: "1,234" */
    STYLE_RU,        /* a comma is decimal, or dots group: "1 234,56", "12,5", "1.234.567" */
    STYLE_EN         /* commas group: "12,345,678", "2,500.00" */
};

/* A number read from text. */
struct value_number {
    bool missing;     /* empty or a single dash, with or without a currency or "шт" */
    bool approx;      /* ">" in front or "+" behind: W_QTY_APPROX */
    bool lost;        /* digits beyond the scale were rounded off, and they were not binary noise: W_QTY_ROUNDED */
    char currency[4]; /* from a word behind or a sign in front: "RUB" …; "?" = conventional units; "" if none */
    uint8_t style;    /* enum number_style; also told of text that is no number in this locale but in the other */
    dec128 value;     /* at the scale asked for */
};
/* Reads a text cell. Returns 0, -EINVAL (E_QTY_NUM, E_COST_NUM) or -ERANGE. */
int value_number_text(const char *text, size_t n, unsigned scale, enum number_locale locale, struct value_number *out);
/* Does the text say that there is none ("нет")? In a quantity that is 0. */
bool value_says_none(const char *text, size_t n);
/* Reads the decimal text of a number cell. */
int value_number_cell(const char *text, size_t n, unsigned scale, struct value_number *out);

/* A plain date. year 0 = none. */
struct value_date {
    int year, month, day;
};
/* Reads "DD.MM.YYYY", "D.M.YY" or "YYYY-MM-DD"; a time behind it is ignored. Returns 0 or -EINVAL. */
int value_date_text(const char *text, size_t n, struct value_date *out);
/* Reads a cell with a serial number, of the 1900 or the 1904 system. */
int value_date_serial(const char *text, size_t n, bool date1904, struct value_date *out);
bool value_date_valid(struct value_date date);
int value_date_compare(struct value_date a, struct value_date b);
/* "YYYY-MM-DD" into buf of 11. */
void value_date_format(struct value_date date, char *buf);
/* Returns the days since 1970-01-01. */
int64_t value_date_days(struct value_date date);
struct value_date value_date_from_days(int64_t days);

/* Units. */
enum unit { UNIT_NONE = 0, UNIT_PCS, UNIT_SET, UNIT_M };
struct value_unit {
    enum unit unit;  /* base unit */
    unsigned factor; /* 1, 2 (pair), 1000 (thousand pieces) */
    bool pack;       /* multiply by the map's pack_qty */
};
/* Reads a unit; an empty text is UNIT_NONE with factor 1. Returns 0 or -EINVAL (E_UNIT). */
int value_unit_text(const char *text, size_t n, struct value_unit *out);
const char *unit_name(enum unit unit); /* "pcs", "set", "m" */

/* What a price or a tier is counted in. */
enum quote_unit { QUOTE_UNIT_NONE = 0, QUOTE_PCS, QUOTE_PACK, QUOTE_SET, QUOTE_M };
/* "за 1000 шт" is 1000 pcs, "за уп." 1 pack, "за пару" 2 pcs. */
struct quote_per {
    uint8_t unit;   /* enum quote_unit; none = not said */
    uint32_t count; /* 1 or more */
};
/* A count may be said alone ("за 100"): it is of whatever the item is counted in. */
static inline bool quote_per_said(struct quote_per per)
{
    return per.unit != QUOTE_UNIT_NONE || per.count > 1;
}
/* Reads what may stand behind "за", "per" or "/" in a price: "шт", "тыс. шт", "уп", "м". Returns 0 or -EINVAL. */
int quote_per_text(const char *text, size_t n, struct quote_per *out);

#endif
