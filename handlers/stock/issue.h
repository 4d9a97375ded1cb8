/* Errors and warnings of rows: all are counted, the first ten thousand are kept with their text. */
#ifndef PF_STOCK_ISSUE_H
#define PF_STOCK_ISSUE_H

#include "base/arena.h"

/* An error rejects its row; a row has at most one, the first that is found. Warnings are reported in this order. */
enum stock_code {
    CODE_NONE = 0,
    E_ENCODING,
    E_PN_EMPTY,
    E_PN_LONG,
    E_PN_SCI,
    E_PN_MANGLED,
    E_PN_AMBIGUOUS,
    E_QTY_MISSING,
    E_QTY_NUM,
    E_QTY_FORMULA,
    E_QTY_NEGATIVE,
    E_QTY_RANGE,
    E_COST_NUM,
    E_COST_NEGATIVE,
    E_CURRENCY,
    E_NO_RATE,
    E_UNIT,
    E_UNIT_PACK,
    E_UNIT_MISMATCH,
    E_DUP,
    W_PN_FOLDED,
    W_PN_FROM_NAME,
    W_VENDOR,
    W_QTY_APPROX,
    W_QTY_ROUNDED,
    W_QTY_FRACTION,
    W_QTY_NEGATIVE,
    W_RESERVED,
    W_COST_ZERO,
    W_COST_MISSING,
    W_COST_FORMULA,
    W_DATE,
    W_UNMATCHED,
    /* of the file */
    W_CAPTION,
    W_COLUMN_IGNORED,
    W_HEADING_MOVED,
    W_GROUP,
    W_DATE_FUTURE,
    W_TOTALS,
    STOCK_CODES
};
static inline bool stock_code_is_error(enum stock_code code)
{
    return code > CODE_NONE && code < W_PN_FOLDED;
}
const char *stock_code_name(enum stock_code code);    /* "E_QTY_NUM" */
const char *stock_code_field(enum stock_code code);   /* "qty" */
const char *stock_code_message(enum stock_code code); /* one sentence for people */

#define STOCK_ISSUES_KEPT 10000

struct stock_issue {
    uint32_t row; /* 0-based */
    uint8_t code;
    uint32_t raw, pn, suggestion; /* arena offsets, 0 = none */
};
struct stock_issues {
    uint64_t count[STOCK_CODES];
    struct arena text;
    /* Two lists, so that a flood of warnings cannot crowd the errors out. */
    struct stock_issue *error, *warning;
    uint32_t n_errors, room_errors, n_warnings, room_warnings;
};
void stock_issues_fini(struct stock_issues *issues);
/* Counts it. Returns whether its text will be kept; if not, the caller need not make one. */
bool stock_issues_count(struct stock_issues *issues, enum stock_code code);
/* Keeps one that was counted. Texts may be empty; raw is cut to 1000 characters. */
void stock_issues_keep(struct stock_issues *issues, enum stock_code code, uint32_t row, const char *raw, size_t raw_n,
                       const char *pn_norm, const char *suggestion);
/* All kept ones, errors first, at most STOCK_ISSUES_KEPT together. */
uint32_t stock_issues_kept(const struct stock_issues *issues);
const struct stock_issue *stock_issues_at(const struct stock_issues *issues, uint32_t i);
/* Were more counted than are kept? */
bool stock_issues_truncated(const struct stock_issues *issues);

#endif
