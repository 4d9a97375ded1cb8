/* Names and words of the codes of the stock import; the sentence with its place. */
#include "handlers/stock/line/issue_words.h"

#include "base/utf8.h"
#include "handlers/heading/head.h"

#include <stdio.h>
#include <string.h>

#define FORMULA_CURE "open the file in Excel or LibreOffice and save it"
#define AS_TEXT      "format the column as text and write it anew"

/* clang-format off */
const struct stock_code_words stock_code_words[STOCK_CODES] = {
    [CODE_NONE] = {"", "", "", "", NULL, NULL, ""},
    [E_ENCODING] = {"E_ENCODING", "part_number", "The text is not valid UTF-8; export the file again.",
                    "the text is not valid UTF-8", NULL, NULL, "export the file again"},
    [E_PN_EMPTY] = {"E_PN_EMPTY", "part_number", "No part number, lot, code or known number in the name.",
                    "there is no part number, lot or code", "no part number, lot or code, nor a known number in «%»", NULL,
                    "fill one in"},
    [E_PN_LONG] = {"E_PN_LONG", "part_number", "The part number has more than 64 letters and digits.",
                   "the part number has more than 64 letters and digits",
                   "«%» has more than 64 letters and digits", NULL, "shorten it"},
    [E_PN_SCI] = {"E_PN_SCI", "part_number", "The part number was turned into a number or date; format the column as text.",
                  "a spreadsheet turned the part number into a number or date",
                  "a spreadsheet turned the part number into «%»", NULL, AS_TEXT},
    [E_PN_MANGLED] = {"E_PN_MANGLED", "part_number", "A spreadsheet rewrote the part number; format the column as text.",
                      "a spreadsheet rewrote the part number", "a spreadsheet rewrote the part number as «%»", NULL,
                      AS_TEXT},
    [E_PN_AMBIGUOUS] = {"E_PN_AMBIGUOUS", "part_number", "Several lots bear this number; name the manufacturer.",
                        "several lots bear this number", "several lots bear the number «%»", NULL,
                        "name the manufacturer, or the lot"},
    [E_QTY_MISSING] = {"E_QTY_MISSING", "qty", "The quantity is missing.", "the quantity is missing", NULL, NULL,
                       "write it in digits"},
    [E_QTY_NUM] = {"E_QTY_NUM", "qty", "The quantity is not a number.", "the quantity is not a number",
                   "«%» is not a number", NULL, "write the quantity in digits"},
    [E_QTY_FORMULA] = {"E_QTY_FORMULA", "qty",
                       "The formula has no stored value; open the file in Excel or LibreOffice and save it.",
                       "the formula has no stored value", NULL, NULL, FORMULA_CURE},
    [E_QTY_NEGATIVE] = {"E_QTY_NEGATIVE", "qty", "The quantity is negative.", "the quantity is negative",
                        "the quantity «%» is negative", NULL, "put it right, or import with negative=zero or keep"},
    [E_QTY_RANGE] = {"E_QTY_RANGE", "qty", "The quantity is too large.", "the quantity is too large",
                     "the quantity «%» is too large", NULL, "put it right"},
    [E_COST_NUM] = {"E_COST_NUM", "cost", "The price or amount is not a number that fits.",
                    "the price or amount is not a number that fits", "«%» is not a price or amount that fits", NULL,
                    "write it in digits"},
    [E_COST_NEGATIVE] = {"E_COST_NEGATIVE", "cost", "The price is negative.", "the price is negative",
                         "the price «%» is negative", NULL, "put it right"},
    [E_CURRENCY] = {"E_CURRENCY", "currency", "The currency is unknown; write its three-letter code.",
                    "the currency is unknown", "the currency «%» is unknown", NULL, "write its three-letter code"},
    [E_NO_RATE] = {"E_NO_RATE", "currency", "There is no recent rate of this currency; load it into the rates.",
                   "there is no recent rate of this currency", NULL, "there is no recent rate of %",
                   "load it into the rates"},
    [E_UNIT] = {"E_UNIT", "unit", "The unit is unknown.", "the unit is unknown", "the unit «%» is unknown", NULL,
                "write pcs, set, m or pack"},
    [E_UNIT_PACK] = {"E_UNIT_PACK", "unit", "Counted in packs, but the pack size is not in the part-number map.",
                     "it is counted in packs, and the pack size is not known", NULL, NULL,
                     "give it in the part-number map, or count in pieces"},
    [E_UNIT_MISMATCH] = {"E_UNIT_MISMATCH", "unit", "Metres cannot be counted as pieces or sets.",
                         "metres cannot be counted as pieces or sets", NULL, NULL, "put the unit right"},
    [E_DUP] = {"E_DUP", "part_number", "The part number stands in the file more than once.",
               "the part number stands in the file more than once", "«%» stands in the file more than once",
               "the part number stands in % too", "leave one row, or import with duplicates=sum"},
    [E_PRICE_NUM] = {"E_PRICE_NUM", "price", "The price is not a number.", "the price is not a number",
                     "«%» is not a price", NULL, "write it in digits, or leave it empty if there is none"},
    [E_PRICE_FORMULA] = {"E_PRICE_FORMULA", "price",
                         "The formula has no stored value; open the file in Excel or LibreOffice and save it.",
                         "the formula has no stored value", NULL, NULL, FORMULA_CURE},
    [E_PRICE_NEGATIVE] = {"E_PRICE_NEGATIVE", "price", "The price is negative.", "the price is negative",
                          "the price «%» is negative", NULL, "put it right"},
    [E_PRICE_RANGE] = {"E_PRICE_RANGE", "price", "The price would be too large, or so small that nothing is left of it.",
                       "the price is too large, or so small that nothing is left of it",
                       "the price «%» is too large, or so small that nothing is left of it", NULL,
                       "look at the number and at what it is for"},
    [W_PN_FOLDED] = {"W_PN_FOLDED", "part_number", "Look-alike letters were read as Latin ones.",
                     "look-alike letters were read as Latin ones", "look-alike letters in «%» were read as Latin ones",
                     NULL, "nothing need be done"},
    [W_PN_FROM_NAME] = {"W_PN_FROM_NAME", "part_number", "The part number was taken from the name.",
                        "the part number was taken from the name", "the part number was taken from the name «%»",
                        "% was taken from the name as the part number", "check it"},
    [W_VENDOR] = {"W_VENDOR", "vendor", "The map knows this number under another manufacturer.",
                  "the map knows this number under another manufacturer",
                  "the map knows this number under another manufacturer than «%»", NULL, "check it"},
    [W_QTY_APPROX] = {"W_QTY_APPROX", "qty", "The quantity is a lower bound.", "the quantity is a lower bound",
                      "«%» is a lower bound; that number was taken", NULL, "write the quantity itself if it is known"},
    [W_QTY_ROUNDED] = {"W_QTY_ROUNDED", "qty", "The quantity was rounded to three digits.",
                       "the quantity was rounded to three digits", "«%» was rounded to three digits", NULL, "check it"},
    [W_QTY_FRACTION] = {"W_QTY_FRACTION", "qty", "A fraction of a piece.", "a fraction of a piece",
                        "«%» is a fraction of a piece", NULL, "check quantity and unit"},
    [W_QTY_NEGATIVE] = {"W_QTY_NEGATIVE", "qty", "The quantity is negative.", "the quantity is negative",
                        "the quantity «%» is negative", NULL, "check it"},
    [W_RESERVED] = {"W_RESERVED", "reserved", "The reserve exceeds the stock, or it cannot be read and was taken as 0.",
                    "the reserve exceeds the stock, or it cannot be read and was taken as 0",
                    "the reserve «%» exceeds the stock, or cannot be read and was taken as 0", NULL, "check it"},
    [W_COST_ZERO] = {"W_COST_ZERO", "cost", "The price is 0; stored without a cost.",
                     "the price is 0; the item is stored without a cost", NULL, NULL, "write the price if it has one"},
    [W_COST_MISSING] = {"W_COST_MISSING", "cost", "The price is missing; stored without a cost.",
                        "the price is missing; the item is stored without a cost", NULL, NULL,
                        "write the price if it has one"},
    [W_COST_FORMULA] = {"W_COST_FORMULA", "cost",
                        "The formula has no stored value; open the file in Excel or LibreOffice and save it.",
                        "the formula has no stored value and was passed over", NULL, NULL, FORMULA_CURE},
    [W_DATE] = {"W_DATE", "received_on", "The date cannot be read; stored without one.",
                "the date cannot be read; stored without one", "«%» is not a date that can be read; stored without one",
                NULL, "write it as 31.12.2026"},
    [W_UNMATCHED] = {"W_UNMATCHED", "part_number", "No lot is known for this number; stored without one.",
                     "no lot is known for this number; stored without one",
                     "no lot is known for «%»; stored without one", NULL, "add it to the part-number map"},
    [W_PRICE_ROUNDED] = {"W_PRICE_ROUNDED", "price", "The price was rounded to four digits.",
                         "the price was rounded to four digits", "«%» was rounded to four digits", NULL, "check it"},
    [W_PRICE_JUMP] = {"W_PRICE_JUMP", "price", "The price is more than five times off the one before.",
                      "the price is more than five times off the one before", NULL,
                      "the price is more than five times off the one before: %", "check price and currency"},
    [W_TIER] = {"W_TIER", "price", "A larger quantity costs more than a smaller one.",
                "a larger quantity costs more than a smaller one", NULL, "a larger quantity costs more: %", "check it"},
    [W_CAPTION] = {"W_CAPTION", "warehouse", "An unknown caption was taken for the warehouse.",
                   "an unknown caption was taken for the warehouse", "the unknown caption «%» was taken for the warehouse",
                   "%", "check it, or name the columns with the parameter columns"},
    [W_COLUMN_IGNORED] = {"W_COLUMN_IGNORED", "", "The column is not read.", "the column is not read", NULL,
                          "the column is not read: %", "name it with the parameter columns if it counts"},
    [W_HEADING_MOVED] = {"W_HEADING_MOVED", "", "The heading is repeated with other columns; they hold from here on.",
                         "the heading is repeated with other columns; they hold from here on", NULL, "%",
                         "check the rows below it"},
    [W_GROUP] = {"W_GROUP", "part_number", "The row was taken for the heading of a block, not for an item.",
                 "the row was taken for the heading of a block, not for an item",
                 "«%» was taken for the heading of a block, not for an item", "%", "check it"},
    [W_DATE_FUTURE] = {"W_DATE_FUTURE", "stock_date", "The date is in the future and was passed over.",
                       "the date is in the future and was passed over", "the date «%» is in the future and was passed over",
                       "the date % is in the future and was passed over", "give stock_date if another day is meant"},
    [W_TOTALS] = {"W_TOTALS", "qty", "The rows do not add up to the report's own total.",
                  "the rows do not add up to the report's own total", NULL, "%", "check groups and items"},
    [W_CURRENCY] = {"W_CURRENCY", "currency", "Two currencies are named; the one that stands nearer to the price was taken.",
                    "two currencies are named; the one that stands nearer to the price was taken", NULL, "%", "check it"},
    [W_VAT] = {"W_VAT", "price", "The file says two things about VAT; the one that goes before was taken.",
               "two things are said about VAT", NULL, "%", "check it"},
};

/* What a price list says otherwise. */
static const struct {
    enum stock_code code;
    struct stock_code_words words;
} price_list_words[] = {
    {E_CURRENCY, {"E_CURRENCY", "currency", "The currency is unknown; write its three-letter code.",
                  "the currency is unknown", "the currency of «%» is unknown", NULL,
                  "write its three-letter code, or send the file with currency=USD or the like"}},
    {E_UNIT_PACK, {"E_UNIT_PACK", "unit", "Priced by the pack, but the pack size is not known.",
                   "the price is for a pack, and the pack size is not known", NULL, NULL,
                   "give it in the part-number map or in a column of the file"}},
    {E_UNIT_MISMATCH, {"E_UNIT_MISMATCH", "unit", "Metres cannot be priced as pieces or sets.",
                       "a price of metres is no price of pieces or sets", NULL, NULL, "put the unit right"}},
    {E_DUP, {"E_DUP", "part_number", "The part number stands in the file more than once, with different prices.",
             "the part number stands in the file more than once, with different prices", NULL,
             "the part number has another price in %", "leave one of them, or import with duplicates=min or last"}},
    {W_DATE, {"W_DATE", "valid_until", "The list would end before its own day; stored without an end.",
              "the list would end before its own day; stored without an end", NULL, "%; stored without an end",
              "give valid_until if it has one"}},
    {W_CAPTION, {"W_CAPTION", "price", "The caption of a price or quantity is not understood, or names a price for others.",
                 "the caption is not understood, or names a price for others", NULL, "%",
                 "check it, or name the column with the parameter price"}},
    {W_COLUMN_IGNORED, {"W_COLUMN_IGNORED", "", "The column is not read.", "the column is not read", NULL,
                        "the column is not read: %", "name it with the parameter price or columns if it counts"}},
    {W_DATE_FUTURE, {"W_DATE_FUTURE", "quoted_on", "The date is in the future and was passed over.",
                     "the date is in the future and was passed over", NULL,
                     "the date % is in the future and was passed over", "give quoted_on if another day is meant"}},
};
/* clang-format on */

const struct stock_code_words *stock_code_words_of(enum stock_code code, bool prices)
{
    for (size_t i = 0; prices && i < sizeof price_list_words / sizeof price_list_words[0]; i++)
        if (price_list_words[i].code == code)
            return &price_list_words[i].words;
    return &stock_code_words[code];
}

/* ---- The sentence ---------------------------------------------------------------------------------------------- */

/* How many characters of texts from the file a message may show. */
struct limits {
    size_t sheet, caption, text, detail;
};

struct sentence {
    char *out;
    size_t used, size, characters;
    bool full; /* something did not fit */
};

/* Adds up to `max` characters of one line; "…" stands for the rest. */
static void put(struct sentence *s, const char *text, size_t n, size_t max)
{
    for (size_t i = 0, len = 1, done = 0; i < n; i += len, done++) {
        unsigned char c = (unsigned char)text[i];
        bool plain = c >= 0x20 && c < 0x7f;
        len = 1;
        uint32_t cp = plain ? c : utf8_decode(text + i, n - i, &len);
        bool cut = done + 1 >= max && i + len < n;
        if (s->characters >= ISSUES_MESSAGE || s->used + 5 > s->size) {
            s->full = true;
            return;
        }
        cp = cp == UTF8_BAD ? 0xfffd : cp < 0x20 || cp == 0x7f ? ' ' : cp;
        if (plain && !cut)
            s->out[s->used++] = (char)c;
        else
            s->used += utf8_encode(cut ? 0x2026 : cp, s->out + s->used);
        s->characters++;
        if (cut)
            return;
    }
}

static void put_s(struct sentence *s, const char *text)
{
    put(s, text, strlen(text), SIZE_MAX);
}

/* A template with a text from the file in place of its "%". */
static void put_with(struct sentence *s, const char *format, const char *text, size_t n, size_t max)
{
    const char *place = strchr(format, '%');
    size_t before = place ? (size_t)(place - format) : strlen(format);
    put(s, format, before, SIZE_MAX);
    if (!place)
        return;
    put(s, text, n, max);
    put_s(s, place + 1);
}

static void put_column(struct sentence *s, const struct stock_issue_at *at, const struct limits *limits)
{
    char letter[4];
    if (at->column != ARENA_NONE) {
        put_s(s, s->used ? ", column " : "Column ");
        put_s(s, table_column_letter(at->column, letter));
    }
    if (at->caption && *at->caption) {
        put_s(s, s->used ? " «" : "«");
        put(s, at->caption, strlen(at->caption), limits->caption);
        put_s(s, "»");
    }
}

static void put_place(struct sentence *s, const struct stock_issue_at *at, const struct limits *limits)
{
    char number[24];
    if (at->sheet && *at->sheet) {
        put_s(s, "Sheet «");
        put(s, at->sheet, strlen(at->sheet), limits->sheet);
        put_s(s, "»");
    }
    if (at->row != ARENA_NONE) {
        snprintf(number, sizeof number, "%s %u", s->used ? ", row" : "Row", at->row + 1);
        put_s(s, number);
    }
    put_column(s, at, limits);
    put_s(s, s->used ? ": " : "File: ");
}

static void put_wrong(struct sentence *s, const struct stock_code_words *words, const struct stock_issue_at *at,
                      const struct limits *limits)
{
    const char *detail = at->detail && *at->detail ? at->detail : NULL;
    if (detail && words->of_detail)
        put_with(s, words->of_detail, detail, strlen(detail), limits->detail);
    else if (at->text_n && words->of_text)
        put_with(s, words->of_text, at->text, at->text_n, limits->text);
    else
        put_s(s, words->wrong);
    if (detail && !words->of_detail)
        put_with(s, " (%)", detail, strlen(detail), limits->detail);
}

static void put_cure(struct sentence *s, const struct stock_code_words *words, const struct stock_issue_at *at,
                     const struct limits *limits)
{
    put_s(s, "; ");
    put_s(s, words->cure);
    if (at->suggestion && *at->suggestion)
        put_with(s, "; known: %", at->suggestion, strlen(at->suggestion), limits->detail);
    put_s(s, ".");
}

static void put_all(struct sentence *s, enum stock_code code, const struct stock_issue_at *at,
                    const struct limits *limits)
{
    const struct stock_code_words *words = stock_code_words_of(code, at->prices);
    put_place(s, at, limits);
    put_wrong(s, words, at, limits);
    put_cure(s, words, at, limits);
}

/* The advice stands at the end. When the sentence is too long, the texts of the file are shortened first. */
void stock_issue_message(enum stock_code code, const struct stock_issue_at *at, char *out)
{
    static const struct limits steps[] = {
        {64, 80, 80, 160}, {31, 40, 40, 120}, {31, 20, 20, 80}, {16, 12, 12, 40}, {8, 8, 8, 16}};
    struct sentence s = {.full = true};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && s.full; i++) {
        s = (struct sentence){.out = out, .size = STOCK_MESSAGE_BYTES};
        put_all(&s, code, at, &steps[i]);
    }
    out[s.used] = '\0';
}
