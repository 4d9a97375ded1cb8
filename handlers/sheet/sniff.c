/* Recognises a file by its first bytes. */
#include "handlers/sheet/sheet.h"

#include "base/bytes.h"
#include "handlers/sheet/csv/csv.h"
#include "handlers/sheet/foreign.h"
#include "handlers/sheet/ole.h"

#include <stdlib.h>
#include <string.h>

#define MXL_NAMESPACE "http://v8.1c.ru/8.2/data/spreadsheet" /* of its XML form */

enum { HEAD_SIZE = 512, FURTHER = 64 << 10 };

static bool begins(const unsigned char *head, size_t n, const char *with, size_t m)
{
    return n >= m && memcmp(head, with, m) == 0;
}

static bool holds(const unsigned char *head, size_t n, const char *word)
{
    return memmem(head, n, word, strlen(word)) != NULL;
}

/* BIFF 2 to 8 without a container: the BOF record, its length, its version. */
static bool looks_biff(const unsigned char *head, size_t n)
{
    return n >= 4 && head[0] == 9 && (head[1] == 0 || head[1] == 2 || head[1] == 4 || head[1] == 8) && head[2] >= 4 &&
           head[2] <= 16 && head[3] == 0;
}

/* For a file that begins like a 1C document. An empty shell of that form is not a document. The reader checks the
 * version. */
static enum sheet_format sniff_mxl(const unsigned char *head, size_t n, struct sheet_error *err)
{
    if (n > 13 && head[7] == 8 && head[13] != 0xef && head[13] != '{') {
        sheet_refuse(err, "not-zip",
                     "The file begins like a 1C spreadsheet but has no table in it. Save it again as .xlsx or .mxl.");
        return SHEET_UNKNOWN;
    }
    return SHEET_MXL;
}

/* Turns UTF-16 with a byte order mark into ASCII, with '?' for other characters. Returns the length; 0 if it is not
 * UTF-16. */
static size_t narrow(const unsigned char *head, size_t n, unsigned char *to)
{
    bool little = begins(head, n, "\xff\xfe", 2);

    if (!little && !begins(head, n, "\xfe\xff", 2))
        return 0;
    size_t made = 0;
    for (size_t i = 2; i + 1 < n; i += 2) {
        unsigned char low = head[i + !little], high = head[i + little];
        to[made++] = high == 0 && low < 0x80 ? low : '?';
    }
    return made;
}

/* Returns the offset of the text behind a byte order mark and blanks. */
static size_t skip_blanks(const unsigned char *head, size_t n)
{
    size_t skip = begins(head, n, "\xef\xbb\xbf", 3) ? 3 : 0;

    while (skip < n && strchr(" \t\r\n", head[skip]) && head[skip] != 0)
        skip++;
    return skip;
}

/* `head` may be the result of narrow(). */
static enum sheet_format sniff_text(const unsigned char *head, size_t n, bool utf16, struct sheet_error *err)
{
    size_t skip = skip_blanks(head, n);

    if (holds(head + skip, n - skip, MXL_NAMESPACE))
        return SHEET_MXL;
    foreign_refuse_text(head + skip, n - skip, utf16, err);
    return SHEET_UNKNOWN;
}

static enum sheet_format sniff_other(const unsigned char *head, size_t n, struct sheet_error *err)
{
    unsigned char ascii[HEAD_SIZE / 2];

    if (foreign_refuse_binary(head, n, err))
        return SHEET_UNKNOWN;
    size_t made = narrow(head, n < HEAD_SIZE ? n : HEAD_SIZE, ascii);
    return made > 0 ? sniff_text(ascii, made, true, err) : sniff_text(head, n, false, err);
}

enum sheet_format sheet_sniff(const unsigned char *head, size_t n, struct sheet_error *err)
{
    if (n == 0) {
        sheet_refuse(err, "empty-file", "The file is empty. Send it again.");
        return SHEET_UNKNOWN;
    }
    if (begins(head, n, "PK\3\4", 4) || begins(head, n, "PK\5\6", 4))
        return SHEET_XLSX;
    if (begins(head, n, "MOXCEL", 6))
        return sniff_mxl(head, n, err);
    if (begins(head, n, "\xd0\xcf\x11\xe0", 4)) {
        sheet_refuse(err, "legacy-xls",
                     "The file is an old .xls workbook or one with a password. Save it as .xlsx without a password.");
        return SHEET_UNKNOWN;
    }
    if (looks_biff(head, n)) {
        sheet_refuse(err, "legacy-xls", "The file is an old .xls workbook. Save it as .xlsx and send that.");
        return SHEET_UNKNOWN;
    }
    return sniff_other(head, n, err);
}

/* What a file begins with that is no spreadsheet by its first bytes. */
struct beginning {
    unsigned char *head;
    size_t n;
    bool whole; /* that is all of the file */
};

/* The root of an XML document may name its namespace late: behind a comment, or as the last of many. `ascii` holds the
 * characters that are ASCII. */
static bool is_late_mxl(const unsigned char *ascii, size_t n)
{
    size_t skip = skip_blanks(ascii, n);

    return skip < n && ascii[skip] == '<' && holds(ascii + skip, n - skip, MXL_NAMESPACE);
}

static enum sheet_format sniff_csv(const struct beginning *file, const unsigned char *ascii, size_t n, bool separated,
                                   struct sheet_error *err)
{
    size_t skip = skip_blanks(ascii, n);
    struct sheet_error ignored;

    if (foreign_refuse_binary(file->head, file->n < HEAD_SIZE ? file->n : HEAD_SIZE, &ignored) ||
        !foreign_is_plain(ascii + skip, n - skip < HEAD_SIZE ? n - skip : HEAD_SIZE))
        return SHEET_UNKNOWN;
    enum csv_verdict verdict = csv_sniff(file->head, file->n, file->whole, separated);
    if (verdict == CSV_STRANGE)
        sheet_refuse(err, "not-zip",
                     "The file is plain text, but neither UTF-8 nor Windows-1251. Save it as .xlsx or CSV UTF-8.");
    return verdict == CSV_YES ? SHEET_CSV : SHEET_UNKNOWN;
}

/* Looks further into a file that its first bytes do not explain. */
static enum sheet_format sniff_further(const struct beginning *file, bool separated, struct sheet_error *err)
{
    unsigned char *ascii = xalloc(file->n + 1);
    size_t n = narrow(file->head, file->n, ascii);

    if (n == 0)
        memcpy(ascii, file->head, n = file->n);
    enum sheet_format format = is_late_mxl(ascii, n) ? SHEET_MXL : sniff_csv(file, ascii, n, separated, err);
    free(ascii);
    return format;
}

static enum sheet_format sniff(const struct sheet_input *input, bool separated, struct sheet_error *err)
{
    struct beginning file = {.n = input->length < FURTHER ? (size_t)input->length : FURTHER};

    file.head = xalloc(file.n + 1);
    file.whole = file.n == input->length;
    if (input_read(input, 0, file.head, file.n, err) < 0) {
        free(file.head);
        return SHEET_UNKNOWN;
    }
    enum sheet_format format = sheet_sniff(file.head, file.n < HEAD_SIZE ? file.n : HEAD_SIZE, err);
    if (format == SHEET_UNKNOWN && begins(file.head, file.n, "\xd0\xcf\x11\xe0", 4))
        ole_refuse(input, err); /* only the directory shows whether it is an old workbook or one with a password */
    else if (format == SHEET_UNKNOWN && strcmp(err->cls, "not-zip") == 0)
        format = sniff_further(&file, separated, err);
    if (format != SHEET_UNKNOWN)
        *err = (struct sheet_error){0};
    free(file.head);
    return format;
}

enum sheet_format sheet_sniff_file(const struct sheet_input *input, struct sheet_error *err)
{
    return sniff(input, true, err);
}

enum sheet_format sheet_sniff_text(const struct sheet_input *input, struct sheet_error *err)
{
    return sniff(input, false, err);
}
