/* What every reader needs: limits, names, refusals, reading at an offset. */
#include "handlers/sheet/grid/reader.h"

#include "base/bytes.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const struct sheet_limits sheet_default_limits = {.max_rows = 500000,
                                                  .max_inflated = 4ull << 30,
                                                  .max_strings = 128ull << 20,
                                                  .max_text = 32767,
                                                  .max_entries = 10000};

/* A sentence may quote the file and may be cut inside a character: make it one line of valid text. */
static void make_printable(char *text)
{
    bool cut;
    size_t n = strlen(text);

    for (size_t at = 0; (at += utf8_check((unsigned char *)text + at, n - at, &cut)) < n;)
        text[at] = '?';
    for (; (text = strpbrk(text, "\t\n\r\x7f")); text++)
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

enum sheet_format sheet_format_named(const char *name)
{
    enum sheet_format format = SHEET_CSV;

    while (format != SHEET_UNKNOWN && strcmp(name, sheet_format_name(format)) != 0)
        format--;
    return format;
}

static ssize_t read_some(const struct sheet_input *input, uint64_t offset, unsigned char *to, size_t n)
{
    ssize_t got;

    do
        got = pread(input->fd, to, n, (off_t)(input->offset + offset));
    while (got < 0 && errno == EINTR);
    return got;
}

int input_read(const struct sheet_input *input, uint64_t offset, void *buf, size_t n, struct sheet_error *err)
{
    unsigned char *to = buf;

    if (offset > input->length || n > input->length - offset) {
        sheet_refuse(err, "zip-truncated", "The file ends too early. Send it again.");
        return -1;
    }
    for (size_t done = 0; done < n;) {
        ssize_t got = read_some(input, offset + done, to + done, n - done);
        if (got <= 0) {
            sheet_refuse(err, "io", "The file cannot be read: %s. Send it again.",
                         got < 0 ? strerror(errno) : "it became shorter");
            return -1;
        }
        done += (size_t)got;
    }
    return 0;
}
