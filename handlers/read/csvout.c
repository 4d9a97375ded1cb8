/* Tables as CSV. */
#include "handlers/read/csvout.h"

#include <stdio.h>
#include <string.h>

#define CSV_NUMBER 512 /* a binary number has at most 309 digits before its point */

/* ---- Options --------------------------------------------------------------------------------------------------- */

const char *const csv_separators[] = {"comma", "semicolon", "tab", NULL};
const char *const csv_decimals[] = {"dot", "comma", NULL};
const char *const csv_languages[] = {"en", "ru", NULL};
const char *const csv_presets[] = {"ru", NULL};

const struct param_spec csv_params[] = {
    CSV_PARAMS,
    {.name = NULL},
};

void csv_options_init(struct csv_options *options)
{
    *options = (struct csv_options){.separator = ',', .decimal = '.', .header = true, .formula_guard = true};
}

static bool is(const char *given, const char *word)
{
    return strcmp(given, word) == 0;
}

void csv_options_read(struct csv_options *options, yajl_val params)
{
    csv_options_init(options);
    if (is(json_member_string(params, "excel", ""), "ru")) {
        options->separator = ';';
        options->decimal = ',';
        options->bom = true;
        options->russian = true;
    }
    const char *sep = json_member_string(params, "sep", ""), *decimal = json_member_string(params, "decimal", "");
    const char *lang = json_member_string(params, "lang", "");
    if (sep[0] != '\0')
        options->separator = is(sep, "tab") ? '\t' : is(sep, "semicolon") ? ';' : ',';
    if (decimal[0] != '\0')
        options->decimal = is(decimal, "comma") ? ',' : '.';
    if (lang[0] != '\0')
        options->russian = is(lang, "ru");
    options->bom = json_member_bool(params, "bom", options->bom);
    options->header = json_member_bool(params, "header", options->header);
    options->formula_guard = json_member_bool(params, "formula_guard", options->formula_guard);
}

const char *csv_options_text(const struct csv_options *options, char *buf)
{
    char *at = buf;
    *at++ = options->separator == ',' ? 'c' : options->separator == ';' ? 's' : 't';
    *at++ = options->decimal == ',' ? 'c' : 'd';
    *at++ = options->bom ? 'b' : '-';
    *at++ = options->header ? 'h' : '-';
    *at++ = options->russian ? 'r' : 'e';
    *at++ = options->formula_guard ? 'g' : '-';
    *at = '\0';
    return buf;
}

/* ---- Bytes ----------------------------------------------------------------------------------------------------- */

static void put(struct csv_out *out, const char *text, size_t n)
{
    while (n > 0) {
        if (out->used == sizeof out->buffer)
            csv_out_flush(out);
        size_t part = sizeof out->buffer - out->used;
        part = part < n ? part : n;
        memcpy(out->buffer + out->used, text, part);
        out->used += part;
        text += part;
        n -= part;
    }
}

static void put_char(struct csv_out *out, char c)
{
    if (out->used == sizeof out->buffer)
        csv_out_flush(out);
    out->buffer[out->used++] = c;
}

int csv_out_flush(struct csv_out *out)
{
    if (out->used > 0 && out->failed == 0)
        out->failed = out->write(out->buffer, out->used, out->ctx);
    out->used = 0;
    return out->failed;
}

/* ---- Fields ---------------------------------------------------------------------------------------------------- */

/* `guarded`: an apostrophe comes first, so that a leading space is not at the end of the field any more. */
static bool needs_quotes(const struct csv_out *out, const char *text, size_t n, bool guarded)
{
    const char special[] = {out->options.separator, '"', '\r', '\n', '\0'};
    return (text[0] == ' ' && !guarded) || text[n - 1] == ' ' || strcspn(text, special) < n;
}

/* Would a spreadsheet run this as a formula? The full-width forms U+FF1D, FF0B, FF0D and FF20 count too: East Asian
 * versions treat them as the ASCII ones. */
static bool looks_like_formula(const char *text)
{
    while (*text == ' ')
        text++;
    switch (*text) {
    case '=':
    case '+':
    case '-':
    case '@':
    case '\t':
    case '\r':
    case '\n':
        return true;
    case '\xEF':
        return strncmp(text, "\uFF1D", 3) == 0 || strncmp(text, "\uFF0B", 3) == 0 || strncmp(text, "\uFF0D", 3) == 0 ||
               strncmp(text, "\uFF20", 3) == 0;
    default:
        return false;
    }
}

static void put_quoted(struct csv_out *out, bool guard, const char *text)
{
    put_char(out, '"');
    if (guard)
        put_char(out, '\'');
    for (const char *quote = strchr(text, '"'); quote; quote = strchr(text, '"')) {
        put(out, text, (size_t)(quote + 1 - text));
        put_char(out, '"');
        text = quote + 1;
    }
    put(out, text, strlen(text));
    put_char(out, '"');
}

static void put_field(struct csv_out *out, const char *text, bool guard)
{
    if (!text || text[0] == '\0')
        return;
    size_t n = strlen(text);
    if (needs_quotes(out, text, n, guard)) {
        put_quoted(out, guard, text);
        return;
    }
    if (guard)
        put_char(out, '\'');
    put(out, text, n);
}

static void next_field(struct csv_out *out)
{
    if (out->in_record)
        put_char(out, out->options.separator);
    out->in_record = true;
}

void csv_out_text(struct csv_out *out, const char *text)
{
    next_field(out);
    put_field(out, text, out->options.formula_guard && text && looks_like_formula(text));
}

/* "-3", "+1.5", "-2,75": a number in the spreadsheets of every country. */
static bool is_signed_number(const char *text)
{
    static const char digits[] = "0123456789";
    size_t whole = text[0] == '-' || text[0] == '+' ? strspn(text + 1, digits) : 0;
    const char *rest = text + 1 + whole;
    if (whole == 0 || *rest == '\0')
        return whole > 0;
    return (*rest == '.' || *rest == ',') && rest[1] != '\0' && rest[1 + strspn(rest + 1, digits)] == '\0';
}

/* A number's own text, with the decimal sign asked for. */
static void put_number(struct csv_out *out, char *text, size_t n)
{
    char *point = memchr(text, '.', n);
    if (point)
        *point = out->options.decimal;
    bool quotes = point && out->options.decimal == out->options.separator;
    if (quotes)
        put_char(out, '"');
    put(out, text, n);
    if (quotes)
        put_char(out, '"');
}

/* One apostrophe is taken off a guarded text when it is read, so one is added to a text that looks guarded already. */
void csv_out_cell(struct csv_out *out, const char *text)
{
    bool guard =
        out->options.formula_guard && text && !is_signed_number(text) && looks_like_formula(text + strspn(text, "'"));
    next_field(out);
    put_field(out, text, guard);
}

void csv_out_number(struct csv_out *out, const char *text)
{
    char copy[CSV_NUMBER];
    size_t n = strlen(text);
    if (n + 2 > sizeof copy) {
        csv_out_cell(out, text);
        return;
    }
    memcpy(copy, text, n + 1);
    char *point = strchr(copy, '.');
    if (point && out->options.decimal == ',' && strlen(point) == 4)
        copy[n++] = '0';
    next_field(out);
    put_number(out, copy, n);
}

void csv_out_price(struct csv_out *out, int64_t price)
{
    char text[48];
    next_field(out);
    if (price == 0)
        return;
    size_t n = dec_format(price, PRICE_SCALE, false, text, sizeof text);
    put_number(out, text, price % 100 == 0 ? n - 2 : n);
}

void csv_out_scaled(struct csv_out *out, bool given, dec128 value, unsigned scale)
{
    char text[48];
    next_field(out);
    if (given)
        put_number(out, text, dec_format(value, scale, true, text, sizeof text));
}

/* ---- Records --------------------------------------------------------------------------------------------------- */

void csv_out_open(struct csv_out *out, const struct csv_options *options, csv_write_fn write, void *ctx)
{
    out->options = *options;
    out->write = write;
    out->ctx = ctx;
    out->failed = 0;
    out->in_record = false;
    out->used = 0;
    if (options->bom)
        put(out, "\xEF\xBB\xBF", 3);
}

void csv_out_end(struct csv_out *out)
{
    put(out, "\r\n", 2);
    out->in_record = false;
}
