/* What a file is by its first bytes, and the way to its reader. */
#include "handlers/sheet/sheet.h"

#include "handlers/sheet/bytes.h"
#include "handlers/sheet/ole.h"
#include "handlers/sheet/zip.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MXL_NAMESPACE "http://v8.1c.ru/8.2/data/spreadsheet" /* of its XML form */

enum { HEAD_SIZE = 512, XML_HEAD_SIZE = 64 << 10 };

static bool begins(const unsigned char *head, size_t n, const char *with, size_t m)
{
    return n >= m && memcmp(head, with, m) == 0;
}

static bool holds(const unsigned char *head, size_t n, const char *word)
{
    return memmem(head, n, word, strlen(word)) != NULL;
}

/* A page or a report saved by a web shop begins with one of these, in any case, behind a byte order mark and blanks. */
static bool looks_html(const unsigned char *head, size_t n)
{
    static const char *const tags[] = {"<html", "<table", "<!doctype html", "<head", "<body", "<meta"};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (n >= strlen(tags[i]) && strncasecmp((const char *)head, tags[i], strlen(tags[i])) == 0)
            return true;
    return false;
}

/* BIFF 2 to 8 without a container: the BOF record, its length, its version. */
static bool looks_biff(const unsigned char *head, size_t n)
{
    return n >= 4 && head[0] == 9 && (head[1] == 0 || head[1] == 2 || head[1] == 4 || head[1] == 8) && head[2] >= 4 &&
           head[2] <= 16 && head[3] == 0;
}

/* A file that begins like a 1C document; empty shells of that form are no documents. The reader itself tells
 * versions. */
static enum sheet_format sniff_mxl(const unsigned char *head, size_t n, struct sheet_error *err)
{
    if (n > 13 && head[7] == 8 && head[13] != 0xef && head[13] != '{') {
        sheet_refuse(err, "not-zip",
                     "The file begins like a 1C spreadsheet but holds none. Save it again as .xlsx or .mxl.");
        return SHEET_UNKNOWN;
    }
    return SHEET_MXL;
}

/* Files of other programs that begin with something unmistakable. */
static const struct other {
    const char *magic;
    size_t n;
    const char *text;
} others[] = {
#define MAGIC(bytes)  bytes, sizeof(bytes) - 1
#define PICTURE       "The file is a picture, not a spreadsheet. Send the table that it shows as .xlsx."
#define ARCHIVE(kind) "The file is " kind " archive. Unpack it and send the .xlsx or .mxl that is in it."
    {MAGIC("%PDF"), "The file is a PDF document. Send the table it was made from as .xlsx."},
    {MAGIC("{\\rtf"), "The file is a text document (.rtf). Save its table as .xlsx and send that."},
    {MAGIC("\x89PNG"), PICTURE},
    {MAGIC("\xff\xd8\xff"), PICTURE},
    {MAGIC("GIF8"), PICTURE},
    {MAGIC("II*\0"), PICTURE},
    {MAGIC("MM\0*"), PICTURE},
    {MAGIC("\x1f\x8b"), ARCHIVE("a gzip")},
    {MAGIC("BZh"), ARCHIVE("a bzip2")},
    {MAGIC("Rar!\x1a\x07"), ARCHIVE("a RAR")},
    {MAGIC("7z\xbc\xaf\x27\x1c"), ARCHIVE("a 7z")},
    {MAGIC("\xfd\x37zXZ"), ARCHIVE("an xz")},
    {MAGIC("PK\7\10"), ARCHIVE("a part of a ZIP")},
    {MAGIC("ID;P"), "The file is a SYLK spreadsheet (.slk). Open it and save it as .xlsx."},
};

static const char *other_program(const unsigned char *head, size_t n)
{
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (begins(head, n, others[i].magic, others[i].n))
            return others[i].text;
    return NULL;
}

/* dBase: version, date of the last change, and a header of 32 bytes and 32 a field and one or a little more. */
static bool looks_dbf(const unsigned char *head, size_t n)
{
    return n > 32 && (head[0] & 7) == 3 && head[2] >= 1 && head[2] <= 12 && head[3] >= 1 && head[3] <= 31 &&
           get16(head + 8) > 64 && get16(head + 10) > 1 && memchr(head + 32, 0, 11) != NULL;
}

/* UTF-16 with its mark as ASCII, '?' for all else. Returns the length, 0 when it is none. */
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

static bool is_text(const unsigned char *head, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (head[i] < ' ' && strchr("\t\n\r\f", head[i]) == NULL)
            return false;
    return memchr(head, 0, n) == NULL;
}

static void refuse_text(const unsigned char *head, size_t n, bool utf16, struct sheet_error *err)
{
    bool table =
        holds(head, n, "urn:schemas-microsoft-com:office:spreadsheet") || holds(head, n, "progid=\"Excel.Sheet\"");
    bool page = holds(head, n, "<html") || holds(head, n, "<HTML") || holds(head, n, "MIME-Version:");
    if (looks_html(head, n) || (page && !table))
        sheet_refuse(err, "html",
                     "The file is an HTML page with the name of a spreadsheet. Open it and save it as .xlsx.");
    else if (table)
        sheet_refuse(err, "xml-2003", "The file is an XML Spreadsheet 2003. Open it and save it as .xlsx.");
    else if (holds(head, n, "<office:document"))
        sheet_refuse(err, "not-zip", "The file is a flat OpenDocument (.fods). Open it and save it as .xlsx.");
    else if (begins(head, n, "<?xml", 5))
        sheet_refuse(err, "not-zip", "The file is an XML document, not a spreadsheet. Save its table as .xlsx.");
    else if (utf16)
        sheet_refuse(err, "not-zip",
                     "The file is plain text in UTF-16, not a spreadsheet. Open it and save it as .xlsx.");
    else if (is_text(head, n))
        sheet_refuse(err, "not-zip", "The file is plain text (CSV?), not a spreadsheet. Open it and save it as .xlsx.");
    else
        sheet_refuse(err, "not-zip", "The file is no spreadsheet that is read here. Save the table as .xlsx.");
}

/* Where the text begins behind a byte order mark and blanks. */
static size_t skip_blanks(const unsigned char *head, size_t n)
{
    size_t skip = begins(head, n, "\xef\xbb\xbf", 3) ? 3 : 0;
    while (skip < n && strchr(" \t\r\n", head[skip]) != NULL && head[skip] != 0)
        skip++;
    return skip;
}

/* `head` may be of UTF-16 made narrow. */
static enum sheet_format sniff_text(const unsigned char *head, size_t n, bool utf16, struct sheet_error *err)
{
    size_t skip = skip_blanks(head, n);
    if (holds(head + skip, n - skip, MXL_NAMESPACE))
        return SHEET_MXL;
    refuse_text(head + skip, n - skip, utf16, err);
    return SHEET_UNKNOWN;
}

static enum sheet_format sniff_other(const unsigned char *head, size_t n, struct sheet_error *err)
{
    unsigned char ascii[HEAD_SIZE / 2];
    const char *text = other_program(head, n);
    if (text == NULL && looks_dbf(head, n))
        text = "The file is a dBase table (.dbf). Open it and save it as .xlsx.";
    if (text != NULL) {
        sheet_refuse(err, "not-zip", "%s", text);
        return SHEET_UNKNOWN;
    }
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

/* The root of an XML document may name its namespace late: behind a comment, or as the last of many. */
static bool is_late_mxl(const struct sheet_input *input)
{
    struct sheet_error ignored;
    size_t n = input->length < XML_HEAD_SIZE ? (size_t)input->length : XML_HEAD_SIZE;
    unsigned char *head = xalloc(n);
    bool found = false;
    if (input_read(input, 0, head, n, &ignored) == 0) {
        size_t made = narrow(head, n, head), skip;
        n = made > 0 ? made : n;
        skip = skip_blanks(head, n);
        found = skip < n && head[skip] == '<' && holds(head + skip, n - skip, MXL_NAMESPACE);
    }
    free(head);
    return found;
}

enum sheet_format sheet_sniff_file(const struct sheet_input *input, struct sheet_error *err)
{
    unsigned char head[HEAD_SIZE];
    size_t n = input->length < HEAD_SIZE ? (size_t)input->length : HEAD_SIZE;
    if (input_read(input, 0, head, n, err) < 0)
        return SHEET_UNKNOWN;
    enum sheet_format format = sheet_sniff(head, n, err);
    if (format == SHEET_UNKNOWN && begins(head, n, "\xd0\xcf\x11\xe0", 4))
        ole_refuse(input, err); /* the directory tells an old workbook from one with a password */
    if (format != SHEET_UNKNOWN || strcmp(err->cls, "not-zip") != 0 || !is_late_mxl(input))
        return format;
    *err = (struct sheet_error){0};
    return SHEET_MXL;
}

int sheet_read(const struct sheet_input *input, enum sheet_format format, const struct sheet_limits *limits,
               const struct grid_sink *sink, struct sheet_error *err)
{
    *err = (struct sheet_error){0};
    if (format == SHEET_CSV)
        return csv_read(input, limits, sink, err);
    enum sheet_format found = sheet_sniff_file(input, err);
    if (found == SHEET_UNKNOWN)
        return -1;
    if (format != SHEET_UNKNOWN && found != format)
        return sheet_refuse(err, "not-zip", "The file is not of the kind that was asked for (%s) but .%s.",
                            sheet_format_name(format), sheet_format_name(found));
    return found == SHEET_XLSX ? xlsx_read(input, limits, sink, err) : mxl_read(input, limits, sink, err);
}
