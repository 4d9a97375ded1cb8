/* Row errors and warnings of the stock import. */
#include "handlers/stock/issue.h"

#include "base/grow.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *field, *message;
} codes[STOCK_CODES] = {
    [CODE_NONE] = {"", "", ""},
    [E_ENCODING] = {"E_ENCODING", "part_number", "The text is not valid UTF-8; export the file again."},
    [E_PN_EMPTY] = {"E_PN_EMPTY", "part_number", "No part number, lot, code or known number in the name."},
    [E_PN_LONG] = {"E_PN_LONG", "part_number", "The part number has more than 64 letters and digits."},
    [E_PN_SCI] = {"E_PN_SCI", "part_number",
                  "The part number was turned into a number or date; format the column as text."},
    [E_PN_MANGLED] = {"E_PN_MANGLED", "part_number",
                      "A spreadsheet rewrote the part number; format the column as text."},
    [E_PN_AMBIGUOUS] = {"E_PN_AMBIGUOUS", "part_number", "Several lots bear this number; name the manufacturer."},
    [E_QTY_MISSING] = {"E_QTY_MISSING", "qty", "The quantity is missing."},
    [E_QTY_NUM] = {"E_QTY_NUM", "qty", "The quantity is not a number."},
    [E_QTY_FORMULA] = {"E_QTY_FORMULA", "qty",
                       "The formula has no stored value; open the file in Excel or LibreOffice and save it."},
    [E_QTY_NEGATIVE] = {"E_QTY_NEGATIVE", "qty", "The quantity is negative."},
    [E_QTY_RANGE] = {"E_QTY_RANGE", "qty", "The quantity is too large."},
    [E_COST_NUM] = {"E_COST_NUM", "cost", "The price or amount is not a number that fits."},
    [E_COST_NEGATIVE] = {"E_COST_NEGATIVE", "cost", "The price is negative."},
    [E_CURRENCY] = {"E_CURRENCY", "currency", "The currency is unknown; write its three-letter code."},
    [E_NO_RATE] = {"E_NO_RATE", "currency", "There is no recent rate of this currency; load it into the rates."},
    [E_UNIT] = {"E_UNIT", "unit", "The unit is unknown."},
    [E_UNIT_PACK] = {"E_UNIT_PACK", "unit", "Counted in packs, but the pack size is not in the part-number map."},
    [E_UNIT_MISMATCH] = {"E_UNIT_MISMATCH", "unit", "Metres cannot be counted as pieces or sets."},
    [E_DUP] = {"E_DUP", "part_number", "The part number stands in the file more than once."},
    [W_PN_FOLDED] = {"W_PN_FOLDED", "part_number", "Look-alike letters were read as Latin ones."},
    [W_PN_FROM_NAME] = {"W_PN_FROM_NAME", "part_number", "The part number was taken from the name."},
    [W_VENDOR] = {"W_VENDOR", "vendor", "The map knows this number under another manufacturer."},
    [W_QTY_APPROX] = {"W_QTY_APPROX", "qty", "The quantity is a lower bound."},
    [W_QTY_ROUNDED] = {"W_QTY_ROUNDED", "qty", "The quantity was rounded to three digits."},
    [W_QTY_FRACTION] = {"W_QTY_FRACTION", "qty", "A fraction of a piece."},
    [W_QTY_NEGATIVE] = {"W_QTY_NEGATIVE", "qty", "The quantity is negative."},
    [W_RESERVED] = {"W_RESERVED", "reserved",
                    "The reserve exceeds the stock, or it cannot be read and was taken as 0."},
    [W_COST_ZERO] = {"W_COST_ZERO", "cost", "The price is 0; stored without a cost."},
    [W_COST_MISSING] = {"W_COST_MISSING", "cost", "The price is missing; stored without a cost."},
    [W_COST_FORMULA] = {"W_COST_FORMULA", "cost",
                        "The formula has no stored value; open the file in Excel or LibreOffice and save it."},
    [W_DATE] = {"W_DATE", "received_on", "The date cannot be read; stored without one."},
    [W_UNMATCHED] = {"W_UNMATCHED", "part_number", "No lot is known for this number; stored without one."},
    [W_CAPTION] = {"W_CAPTION", "warehouse", "An unknown caption was taken for the warehouse."},
    [W_COLUMN_IGNORED] = {"W_COLUMN_IGNORED", "", "The column is not read."},
    [W_HEADING_MOVED] = {"W_HEADING_MOVED", "", "The heading is repeated with other columns; they hold from here on."},
    [W_GROUP] = {"W_GROUP", "part_number", "The row was taken for the heading of a block, not for an item."},
    [W_DATE_FUTURE] = {"W_DATE_FUTURE", "stock_date", "The date is in the future and was passed over."},
    [W_TOTALS] = {"W_TOTALS", "qty", "The rows do not add up to the report's own total."},
};

const char *stock_code_name(enum stock_code code)
{
    return codes[code].name;
}

const char *stock_code_field(enum stock_code code)
{
    return codes[code].field;
}

const char *stock_code_message(enum stock_code code)
{
    return codes[code].message;
}

void stock_issues_fini(struct stock_issues *issues)
{
    arena_fini(&issues->text);
    free(issues->error);
    free(issues->warning);
    memset(issues, 0, sizeof *issues);
}

bool stock_issues_count(struct stock_issues *issues, enum stock_code code)
{
    issues->count[code]++;
    return (stock_code_is_error(code) ? issues->n_errors : issues->n_warnings) < STOCK_ISSUES_KEPT;
}

static uint32_t keep_text(struct stock_issues *issues, const char *text, size_t n)
{
    if (issues->text.used == 0)
        arena_add(&issues->text, "", 0);
    return n ? arena_add(&issues->text, text, n) : 0;
}

void stock_issues_keep(struct stock_issues *issues, enum stock_code code, uint32_t row, const char *raw, size_t raw_n,
                       const char *pn_norm, const char *suggestion)
{
    struct stock_issue issue = {.row = row, .code = (uint8_t)code};
    issue.raw = keep_text(issues, raw, raw_n);
    issue.pn = keep_text(issues, pn_norm, strlen(pn_norm));
    issue.suggestion = keep_text(issues, suggestion, strlen(suggestion));
    if (stock_code_is_error(code)) {
        issues->error = grow(issues->error, &issues->room_errors, issues->n_errors + 1, sizeof issue);
        issues->error[issues->n_errors++] = issue;
    } else {
        issues->warning = grow(issues->warning, &issues->room_warnings, issues->n_warnings + 1, sizeof issue);
        issues->warning[issues->n_warnings++] = issue;
    }
}

uint32_t stock_issues_kept(const struct stock_issues *issues)
{
    uint32_t n = issues->n_errors + issues->n_warnings;
    return n < STOCK_ISSUES_KEPT ? n : STOCK_ISSUES_KEPT;
}

const struct stock_issue *stock_issues_at(const struct stock_issues *issues, uint32_t i)
{
    return i < issues->n_errors ? &issues->error[i] : &issues->warning[i - issues->n_errors];
}

bool stock_issues_truncated(const struct stock_issues *issues)
{
    uint64_t all = 0;
    for (unsigned code = 0; code < STOCK_CODES; code++)
        all += issues->count[code];
    return all > stock_issues_kept(issues);
}
