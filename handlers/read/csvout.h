/* Tables as CSV: RFC 4180, UTF-8, CR LF, written row by row into whatever the caller has. Pure. */
#ifndef PF_READ_CSVOUT_H
#define PF_READ_CSVOUT_H

#include "handlers/params.h"
#include "handlers/values/decimal.h"

/* How the text looks. */
struct csv_options {
    char separator; /* ',' ';' or TAB */
    char decimal;   /* '.' or ',' */
    bool bom;       /* Excel takes a file without it for the system's 8-bit encoding */
    bool header;
    bool russian;       /* headings in Russian */
    bool formula_guard; /* keep spreadsheets from running a text that begins like a formula */
};
/* Comma, point, no BOM, English headings, guard on. */
void csv_options_init(struct csv_options *options);
/* The export's parameters sep, decimal, bom, header, lang, formula_guard and the preset excel=ru. An option that is not
 * given stays null, so that single options can override the preset. */
extern const struct param_spec csv_params[];
extern const char *const csv_separators[], *const csv_decimals[], *const csv_languages[], *const csv_presets[];
/* The same, for a list of parameters that has more. */
#define CSV_PARAMS                                                                                                     \
    {.name = "sep",                                                                                                    \
     .kind = PARAM_CHOICE,                                                                                             \
     .choices = csv_separators,                                                                                        \
     .help = "Separator between fields; default: comma."},                                                             \
        {.name = "decimal", .kind = PARAM_CHOICE, .choices = csv_decimals, .help = "Decimal sign; default: dot."},     \
        {.name = "bom", .kind = PARAM_BOOL, .help = "Begin with a byte order mark; default: no."},                     \
        {.name = "header", .kind = PARAM_BOOL, .help = "Begin with a row of headings; default: yes."},                 \
        {.name = "lang",                                                                                               \
         .kind = PARAM_CHOICE,                                                                                         \
         .choices = csv_languages,                                                                                     \
         .help = "Language of the headings; default: en."},                                                            \
        {.name = "formula_guard",                                                                                      \
         .kind = PARAM_BOOL,                                                                                           \
         .help = "Put an apostrophe before texts that a spreadsheet would run as a formula; default: yes."},           \
    {                                                                                                                  \
        .name = "excel", .kind = PARAM_CHOICE, .choices = csv_presets,                                                 \
        .help = "ru: semicolon, decimal comma, byte order mark and Russian headings, which Excel in Russia opens by "  \
                "a double "                                                                                            \
                "click."                                                                                               \
    }
/* Options from parameters in canonical form; a single option wins over the preset. */
void csv_options_read(struct csv_options *options, yajl_val params);
#define CSV_OPTIONS_TEXT 8
/* A short text that differs whenever the options do, for an entity tag. Returns buf (CSV_OPTIONS_TEXT bytes). */
const char *csv_options_text(const struct csv_options *options, char *buf);

/* Takes n bytes. Returns 0, or a negative number that ends the writing. */
typedef int (*csv_write_fn)(const char *text, size_t n, void *ctx);

struct csv_out {
    struct csv_options options;
    csv_write_fn write;
    void *ctx;
    int failed; /* first negative number of `write`; nothing is written after it */
    bool in_record;
    size_t used;
    char buffer[16384];
};

/* Begin: the BOM, if the options want one. Text goes out in pieces of up to 16 KiB. */
void csv_out_open(struct csv_out *out, const struct csv_options *options, csv_write_fn write, void *ctx);
/* Fields of a record, one after the other, and its end. Texts are UTF-8, terminated; NULL = empty. A price has scale 4,
 * two decimals if that is all it has, and 0 is empty. Numbers are never guarded: a minus is a minus. */
void csv_out_text(struct csv_out *out, const char *text);
/* A text of a file that is written again as it was: a number with its sign is not guarded. */
void csv_out_cell(struct csv_out *out, const char *text);
/* A number's plain decimal text ("-1234.5"), with the decimal sign asked for. Behind a comma stand never exactly three
 * digits, lest they be read as thousands: a zero is added. */
void csv_out_number(struct csv_out *out, const char *text);
void csv_out_price(struct csv_out *out, int64_t price);
void csv_out_scaled(struct csv_out *out, bool given, dec128 value, unsigned scale);
void csv_out_end(struct csv_out *out);
/* Write what is left in the buffer. Returns 0 or the number `write` failed with. */
int csv_out_flush(struct csv_out *out);

#endif
