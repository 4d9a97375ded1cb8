/* Errors and warnings of rows: all are counted; ten thousand errors and, beside them, ten thousand warnings are kept
 * with their text. */
#ifndef PF_STOCK_LINE_ISSUE_H
#define PF_STOCK_LINE_ISSUE_H

#include "base/json.h"
#include "handlers/run/issues.h"
#include "handlers/values/labels.h"

/* An error rejects its row; all of a row's faults are told. */
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
    E_PRICE_NUM, /* these and the other codes of prices: of price lists only */
    E_PRICE_FORMULA,
    E_PRICE_NEGATIVE,
    E_PRICE_RANGE,
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
    W_PRICE_ROUNDED,
    W_PRICE_JUMP,
    W_TIER,
    /* of the file */
    W_CAPTION,
    W_COLUMN_IGNORED,
    W_HEADING_MOVED,
    W_GROUP,
    W_DATE_FUTURE,
    W_TOTALS,
    W_CURRENCY,
    W_VAT,
    STOCK_CODES
};
static inline bool stock_code_is_error(enum stock_code code)
{
    return code > CODE_NONE && code < W_PN_FOLDED;
}
/* Is it about the file, or about a row that is no data row? Such a row is not written again by rejects.csv. */
static inline bool stock_code_of_file(enum stock_code code)
{
    return code >= W_CAPTION;
}
const char *stock_code_name(enum stock_code code);    /* "E_QTY_NUM" */
const char *stock_code_field(enum stock_code code);   /* "qty" */
const char *stock_code_message(enum stock_code code); /* one sentence for people, without place */

#define STOCK_ISSUES_KEPT ISSUES_KEPT

/* Where it is and what it is about. All texts may be NULL. */
struct stock_issue_at {
    const char *sheet;      /* name; "" = the file has none */
    uint32_t row;           /* 0-based, ARENA_NONE = of the file (row_no 0) */
    uint32_t column;        /* 0-based, ARENA_NONE */
    const char *caption;    /* of the column, as written */
    enum stock_field field; /* of the column; FIELD_NONE: the code's own */
    const char *text;       /* the cell at fault, as it stands in the file */
    size_t text_n;          /* 0 = none */
    /* What the message names besides: "USD on 2025-03-15", "row 5"; of a code of the file: what is the matter, in
     * words that go on after "column C «Остаток»: ". */
    const char *detail;
    const char *facts; /* the detail as fields (base/facts.h); NULL or "" = it is words alone */
    uint32_t heading;  /* number from stock_issues_heading() */
    const char *cells; /* of the whole row, table_row_cells_filled(), for rejects.csv */
    size_t cells_n;
    const char *pn_norm, *suggestion;
    const char *suggestions; /* the same as a JSON array of catalog_map_suggest(); NULL = none */
    bool prices;             /* of a price list: some sentences are others */
};

struct stock_issues {
    uint64_t count[STOCK_CODES];
    struct issues list; /* those that are kept: struct issue, with `code` an enum stock_code */
};
void stock_issues_fini(struct stock_issues *issues);
/* Counts it. Returns whether its text will be kept; if not, the caller need not make one. */
bool stock_issues_count(struct stock_issues *issues, enum stock_code code);
/* Are the cells of this row known from the issue that was kept last? Then `at->cells` need not be made. */
bool stock_issues_has_row(const struct stock_issues *issues, const struct stock_issue_at *at);
/* Keeps one that was counted. Texts are copied. */
void stock_issues_keep(struct stock_issues *issues, enum stock_code code, const struct stock_issue_at *at);
/* Keeps the heading in force, `captions` from table_heading_captions(), and returns its number. */
uint32_t stock_issues_heading(struct stock_issues *issues, const char *sheet, const char *captions, size_t n);
/* One sentence: sheet, row, column, what is wrong, what to do. `out` has STOCK_MESSAGE_BYTES. */
#define STOCK_MESSAGE_BYTES (ISSUES_MESSAGE * 4 + 1)
void stock_issue_message(enum stock_code code, const struct stock_issue_at *at, char *out);

/* What the sentence says beside its place, as a JSON object of texts: `text` of the cell, the facts, or `detail` in
 * words, and `suggestions`. */
void stock_issue_args(const struct stock_issue_at *at, struct json_out *out);

/* All kept ones, in the order of reporting until issues_sort(&issues->list). */
static inline uint32_t stock_issues_kept(const struct stock_issues *issues)
{
    return issues->list.n;
}
static inline const struct issue *stock_issues_at(const struct stock_issues *issues, uint32_t i)
{
    return &issues->list.list[i];
}
/* Were more counted than are kept? */
bool stock_issues_truncated(const struct stock_issues *issues);

#endif
