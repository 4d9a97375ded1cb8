/* Tables as CSV: RFC 4180, UTF-8, CR LF, written row by row into whatever the caller has. Pure. */
#ifndef PF_READ_CSVOUT_H
#define PF_READ_CSVOUT_H

#include "handlers/params.h"
#include "handlers/pricing/decimal.h"

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
void csv_out_price(struct csv_out *out, int64_t price);
void csv_out_scaled(struct csv_out *out, bool given, dec128 value, unsigned scale);
void csv_out_end(struct csv_out *out);
/* A whole record of texts. A text that is a number with its sign is not guarded, so that it can be sent again as it
 * was. */
void csv_out_record(struct csv_out *out, const char *const *fields, size_t n);
/* Write what is left in the buffer. Returns 0 or the number `write` failed with. */
int csv_out_flush(struct csv_out *out);

#endif
