/* Limits, names and refusals: what every reader needs and what needs none of them. */
#include "handlers/sheet/sheet.h"

#include "handlers/sheet/bytes.h"

#include <stdarg.h>
#include <stdio.h>

const struct sheet_limits sheet_default_limits = {.max_rows = 500000,
                                                  .max_inflated = 4ull << 30,
                                                  .max_strings = 128ull << 20,
                                                  .max_text = 32767,
                                                  .max_entries = 10000};

/* A sentence may quote the file, and may have been cut within a character; it stays one line of text. */
static void make_printable(char *text)
{
    bool cut;
    size_t n = strlen(text);
    for (size_t at = 0; (at += utf8_check((unsigned char *)text + at, n - at, &cut)) < n;)
        text[at] = '?';
    for (; (text = strpbrk(text, "\t\n\r\x7f")) != NULL; text++)
        *text = ' ';
}

int sheet_refuse(struct sheet_error *err, const char *cls, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    snprintf(err->cls, sizeof err->cls, "%s", cls);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    make_printable(err->text);
    return -1;
}

const char *sheet_format_name(enum sheet_format format)
{
    switch (format) {
    case SHEET_XLSX:
        return "xlsx";
    case SHEET_MXL:
        return "mxl";
    case SHEET_CSV:
        return "csv";
    case SHEET_UNKNOWN:
        break;
    }
    return "unknown";
}
