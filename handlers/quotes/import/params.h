/* Parameters of quotes_import, decoded, and what the file says about one number. */
#ifndef PF_QUOTES_IMPORT_PARAMS_H
#define PF_QUOTES_IMPORT_PARAMS_H

#include "handlers/job.h"
#include "handlers/params.h"
#include "handlers/stock/line/params.h"

enum quote_duplicates { QUOTES_REJECT, QUOTES_MIN, QUOTES_LAST };
enum quote_supersede {
    SUPERSEDE_NONE,  /* older quotes stay */
    SUPERSEDE_NAMED, /* those of the numbers that the file names go */
    SUPERSEDE_ALL    /* the file is the whole list: all others go */
};

struct quote_params {
    char kind[12];                            /* "supplier" or "competitor" */
    char party[40];                           /* its code */
    struct value_date quoted_on, valid_until; /* year 0 = not said */
    struct value_date today;                  /* in the configured time zone */
    char currency[4];                         /* "" = not said */
    int vat_included;                         /* 1, 0, or -1 = not said */
    int64_t vat_rate;                         /* hundredths of a per cent */
    int64_t min_qty;                          /* thousandths */
    const char *price;                        /* as in struct table_ask; borrowed */
    enum quote_duplicates duplicates;
    enum quote_supersede supersede;
    bool dry_run, force;
    unsigned max_reject_pct;
    /* What handlers/stock/line reads rows by: locale, pn_from_name, sheet, header_row, header_rows, choices. */
    struct stock_params shared;
};

extern const struct param_spec quotes_import_params[];
extern const char *const quote_kinds[];
extern const char *const quote_column_fields[]; /* what the parameter `columns` may name */
extern const char *const quote_supersedes[];
/* At submission: is the party known, do the dates fit each other? */
int quotes_import_precheck(struct store_conn *db, yajl_val params, struct param_faults *faults);
void quote_params_read(const struct job *job, struct quote_params *out);

#endif
