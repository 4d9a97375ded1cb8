/* Recognises files of other programs. */
#include "handlers/sheet/foreign.h"

#include "base/bytes.h"

#include <string.h>
#include <strings.h>

static bool begins(const unsigned char *head, size_t n, const char *with, size_t m)
{
    return n >= m && memcmp(head, with, m) == 0;
}

static bool holds(const unsigned char *head, size_t n, const char *word)
{
    return memmem(head, n, word, strlen(word)) != NULL;
}

/* ---- No text ---------------------------------------------------------------------------------------------------- */

/* Files of other programs that begin with a clear signature. */
static const struct other {
    const char *magic;
    size_t n;
    const char *text;
} others[] = {
#define MAGIC(bytes)  bytes, sizeof(bytes) - 1
#define PICTURE       "The file is a picture, not a spreadsheet. Send the table that it shows as .xlsx."
#define DIF           "The file is a table in data interchange format (.dif). Open it and save it as .xlsx."
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
    {MAGIC("TABLE\r\n0,1"), DIF},
    {MAGIC("TABLE\n0,1"), DIF},
    {MAGIC("\xff\xff\xff\x7f"), /* the container of 1C 8 */
     "The file is a 1C report or data processor (.erf, .epf), not its table. Run it. Save the table that it shows as "
     ".xlsx or .mxl and send that."},
    {MAGIC("\0\1\0\0Standard "), "The file is an Access database. Export its table as .xlsx and send that."},
};

/* SYLK begins with "ID;P" and the name of a program; its second line is another record. So may the captions of a CSV
 * file begin, but not its rows. */
static bool looks_sylk(const unsigned char *head, size_t n)
{
    const unsigned char *end = head + n, *line = n > 4 ? memchr(head, '\n', n) : NULL;

    if (!begins(head, n, "ID;P", 4))
        return false;
    line = line ? line + 1 : end;
    return end - line < 3 || (line[0] >= 'A' && line[0] <= 'Z' && line[1] == ';' && line[2] >= 'A' && line[2] <= 'Z');
}

/* The same, for signatures that stand further inside the file. */
static const char *by_later_bytes(const unsigned char *head, size_t n)
{
    if (n >= 12 && memcmp(head + 4, "ftyp", 4) == 0)
        return PICTURE; /* from a phone */
    if (n >= 12 && memcmp(head, "RIFF", 4) == 0 && memcmp(head + 8, "WEBP", 4) == 0)
        return PICTURE;
    if (n >= 262 && memcmp(head + 257, "ustar", 5) == 0)
        return ARCHIVE("a tar");
    return NULL;
}

static const char *other_program(const unsigned char *head, size_t n)
{
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (begins(head, n, others[i].magic, others[i].n))
            return others[i].text;
    return by_later_bytes(head, n);
}

/* dBase: version, date of the last change, and the length of the header, which is 32 bytes and 32 for each field and
 * one or a little more. */
static bool looks_dbf(const unsigned char *head, size_t n)
{
    return n > 32 && (head[0] & 7) == 3 && head[2] >= 1 && head[2] <= 12 && head[3] >= 1 && head[3] <= 31 &&
           get16(head + 8) > 64 && get16(head + 10) > 1 && memchr(head + 32, 0, 11);
}

/* Only zeros: a transfer or a disk that failed. */
static bool all_zeros(const unsigned char *head, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (head[i] != 0)
            return false;
    return n > 0;
}

bool foreign_refuse_binary(const unsigned char *head, size_t n, struct sheet_error *err)
{
    const char *text = other_program(head, n);

    if (!text && looks_sylk(head, n))
        text = "The file is a SYLK spreadsheet (.slk). Open it and save it as .xlsx.";
    if (!text && looks_dbf(head, n))
        text = "The file is a dBase table (.dbf). Open it and save it as .xlsx.";
    if (!text && n < 4)
        text = "The file is cut off: it has only a few bytes. Send it again.";
    if (!text && all_zeros(head, n))
        text = "The file is damaged: it begins with zeros. Send it again.";
    if (text)
        sheet_refuse(err, "not-zip", "%s", text);
    return text != NULL;
}

/* ---- Text ------------------------------------------------------------------------------------------------------- */

static bool is_text(const unsigned char *head, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (head[i] < ' ' && !strchr("\t\n\r\f", head[i]))
            return false;
    return !memchr(head, 0, n);
}

/* Is there a tag with this name, in upper or lower case? ("<p" is not "<price".) */
static bool is_tag(const unsigned char *head, size_t n, const char *tag)
{
    size_t m = strlen(tag);

    return n > m && strncasecmp((const char *)head, tag, m) == 0 && strchr(" \t\r\n/>", head[m]);
}

/* A page, or a report saved by a web shop, begins with one of these, behind a byte order mark and blanks. */
static bool begins_html(const unsigned char *head, size_t n)
{
    static const char *const tags[] = {"<html", "<!doctype html", "<head",   "<body",   "<meta", "<title", "<style",
                                       "<div",  "<table",         "<center", "<script", "<tr",   "<p",     "<h1"};

    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (is_tag(head, n, tags[i]))
            return true;
    return false;
}

/* HTML may also follow comments, declarations, or the head of a letter. */
static bool holds_html(const unsigned char *head, size_t n)
{
    if (holds(head, n, "MIME-Version:"))
        return true;
    for (size_t i = 0; i < n; i++)
        if (head[i] == '<' && (is_tag(head + i, n - i, "<html") || is_tag(head + i, n - i, "<!doctype html")))
            return true;
    return false;
}

static const char *tagged_text(const unsigned char *head, size_t n)
{
    if (holds(head, n, "urn:oasis:names:tc:opendocument:"))
        return "The file is an OpenDocument spreadsheet or text as XML (.fods). Open it and save it as .xlsx.";
    if (begins(head, n, "<?xml", 5))
        return "The file is an XML document, not a spreadsheet. Save its table as .xlsx.";
    if (n > 1 && head[0] == '<' && is_text(head, n))
        return "The file is a text with tags (XML or HTML), not a spreadsheet. Open it and save it as .xlsx.";
    return NULL;
}

/* Is it a JSON text? A CSV file may begin with a bracket, but hardly with what follows it here. */
static bool looks_json(const unsigned char *head, size_t n)
{
    size_t i = 1;

    if (n < 2 || (head[0] != '{' && head[0] != '['))
        return false;
    while (i < n && strchr(" \t\r\n", head[i]) && head[i] != 0)
        i++;
    if (i == n)
        return true;
    return head[0] == '{' ? head[i] == '"' || head[i] == '}' : strchr("[{\"-0123456789]", head[i]) && head[i] != 0;
}

static const char *plain_text(const unsigned char *head, size_t n, bool utf16)
{
    if (looks_json(head, n))
        return "The file is plain text in JSON, not a spreadsheet. Open it and save it as .xlsx.";
    if (utf16)
        return "The file is plain text in UTF-16 without columns, not a spreadsheet. Save its table as .xlsx or CSV.";
    if (is_text(head, n))
        return "The file is plain text without columns, not a spreadsheet. Save its table as .xlsx or CSV.";
    return "The file is not a spreadsheet of a known kind. Save the table as .xlsx.";
}

static bool is_xml_2003(const unsigned char *head, size_t n)
{
    return holds(head, n, "urn:schemas-microsoft-com:office:spreadsheet") || holds(head, n, "progid=\"Excel.Sheet\"");
}

bool foreign_is_plain(const unsigned char *head, size_t n)
{
    return !begins_html(head, n) && !holds_html(head, n) && !is_xml_2003(head, n) && !tagged_text(head, n) &&
           !looks_json(head, n);
}

void foreign_refuse_text(const unsigned char *head, size_t n, bool utf16, struct sheet_error *err)
{
    const char *text = tagged_text(head, n);

    if (is_xml_2003(head, n) && !begins_html(head, n))
        sheet_refuse(err, "xml-2003", "The file is an XML Spreadsheet 2003. Open it and save it as .xlsx.");
    else if (begins_html(head, n) || holds_html(head, n))
        sheet_refuse(err, "html",
                     "The file is an HTML page with the name of a spreadsheet. Open it and save it as .xlsx.");
    else
        sheet_refuse(err, "not-zip", "%s", text ? text : plain_text(head, n, utf16));
}
