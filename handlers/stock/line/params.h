/* Parameters of the stock import, and the line: what the file says about one part number. */
#ifndef PF_STOCK_LINE_PARAMS_H
#define PF_STOCK_LINE_PARAMS_H

#include "handlers/catalog/map.h"
#include "handlers/heading/head.h"
#include "handlers/table/view.h"

enum stock_mode { STOCK_REPLACE, STOCK_MERGE };
enum stock_negative { NEGATIVE_REJECT, NEGATIVE_ZERO, NEGATIVE_KEEP };
enum stock_totals_check { TOTALS_FAIL, TOTALS_WARN, TOTALS_OFF };
enum stock_duplicates { DUPLICATES_SUM, DUPLICATES_FIRST, DUPLICATES_LAST, DUPLICATES_REJECT };

/* The task's parameters, decoded. */
struct stock_params {
    char warehouse[40];
    enum stock_mode mode;
    struct value_date stock_date; /* year 0: take it from the file, else today */
    struct value_date today;      /* in the configured time zone */
    bool dry_run;
    enum stock_negative negative;
    enum stock_duplicates duplicates;
    enum number_locale locale;
    bool cost_vat_included;
    int64_t vat_rate; /* hundredths of a per cent */
    bool pn_from_name;
    unsigned max_reject_pct, max_delete_pct;
    bool force;
    bool skip_seen;       /* if_seen = skip */
    char sheet[128];      /* name of the sheet to read; "" = the only one with a heading, "*" = all */
    uint32_t header_row;  /* from 1; 0 = search */
    unsigned header_rows; /* 1 to 3; 0 = search */
    struct table_choice choices[FIELD_COUNT]; /* `columns`; texts are borrowed */
    unsigned n_choices;
    enum stock_totals_check check_totals;
};

/* Why rows below the heading are not data rows. */
enum stock_skip { SKIP_HEADER, SKIP_GROUP, SKIP_TOTAL, SKIP_OTHER_WAREHOUSE, SKIP_COUNT };
/* The same for people who look at the rows. */
static inline enum table_row_kind stock_skip_kind(enum stock_skip skip)
{
    static const enum table_row_kind kinds[SKIP_COUNT] = {ROW_KIND_HEADING, ROW_KIND_GROUP, ROW_KIND_TOTAL,
                                                          ROW_KIND_OTHER_WAREHOUSE};
    return kinds[skip];
}

/* One accepted row: what the file says about one (part number, vendor). Texts are borrowed. */
struct stock_line {
    uint32_t row;   /* 0-based */
    uint64_t order; /* of rows in the file: greater is later */
    const char *pn_norm, *vendor_norm;
    const char *part_number; /* as written; not terminated */
    size_t part_number_len;
    const char *name; /* not terminated */
    size_t name_len;
    uint32_t component;             /* number in the catalogue, or ARENA_NONE: unmatched */
    int64_t lot_qty, qty, reserved; /* thousandths */
    int64_t cost;                   /* ten-thousandths of the base currency, net; -1 = none */
    struct value_date received_on;  /* year 0 = none */
    enum unit unit;
};

#endif
