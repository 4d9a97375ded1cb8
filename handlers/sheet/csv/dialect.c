/* The separator of a CSV file, and whether a file is one. */
#include "handlers/sheet/csv/csv.h"

#include "base/bytes.h"
#include "handlers/sheet/csv/encoding.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Records with 1, 2 … separators; many of them are as good as the last. */
enum { COUNTED = 256 };

/* The walk through a text with one separator. */
struct walk {
    char separator;
    bool quoted, begun; /* inside quotes; a character that is no blank was behind the last sign that may separate */
    unsigned separators;
    uint32_t records[COUNTED];
};

static void end_record(struct walk *walk)
{
    unsigned n = walk->separators < COUNTED ? walk->separators : COUNTED - 1;

    walk->records[n]++;
    walk->separators = 0;
    walk->begun = false;
}

static void step(struct walk *walk, char c)
{
    if (walk->quoted) {
        walk->quoted = c != '"';
    } else if (c == ';' || c == ',' || c == '\t') {
        walk->separators += c == walk->separator;
        walk->begun =
            false; /* behind any of them a quote opens a field: else what is in it would count for the others */
    } else if (c == '\n' || c == '\r') {
        end_record(walk);
    } else if (c == '"') {
        walk->quoted = !walk->begun; /* a doubled quote opens it again at once */
    } else {
        walk->begun |= c != ' ';
    }
}

/* Returns how many cells this separator explains, in records that have it equally often. */
static uint64_t explained(char separator, const char *text, size_t n, unsigned *records)
{
    struct walk walk = {.separator = separator};
    uint64_t best = 0;

    for (size_t i = 0; i < n; i++)
        step(&walk, text[i]);
    end_record(&walk);
    *records = 0;
    for (unsigned k = 1; k < COUNTED; k++)
        if ((uint64_t)k * walk.records[k] > best) {
            best = (uint64_t)k * walk.records[k];
            *records = walk.records[k];
        }
    return best;
}

static bool may_separate(char c)
{
    return c == '\t' ||
           (c > ' ' && c < 0x7f && c != '"' && !(c >= '0' && c <= '9') && !((c | 32) >= 'a' && (c | 32) <= 'z'));
}

/* "sep=;", perhaps in quotes, alone in the first line. Returns its length with the line's end; 0 if there is none. */
static size_t told_separator(const char *text, size_t n, char *separator)
{
    size_t quote = n > 0 && text[0] == '"', i = quote + 5;

    if (n < i || strncasecmp(text + quote, "sep=", 4) != 0 || !may_separate(text[i - 1]))
        return 0;
    *separator = text[i - 1];
    if (quote && (i == n || text[i++] != '"'))
        return 0;
    while (i < n && (text[i] == ' ' || text[i] == ';' || text[i] == ',' || text[i] == '\t'))
        i++; /* cells that a program has put behind it */
    if (i < n && text[i] != '\n' && text[i] != '\r')
        return 0;
    if (i + 1 < n && text[i] == '\r' && text[i + 1] == '\n')
        i++;
    return i < n ? i + 1 : n;
}

struct csv_dialect csv_dialect_of(const char *text, size_t n)
{
    static const char known[] = {'\t', ';', ','};
    struct csv_dialect dialect = {0};
    uint64_t best = 0;

    dialect.told = told_separator(text, n, &dialect.separator);
    if (dialect.told > 0) {
        dialect.records = 2;
        return dialect;
    }
    for (size_t i = 0; i < sizeof known; i++) {
        unsigned records;
        uint64_t cells = explained(known[i], text, n, &records);
        if (cells > best) {
            best = cells;
            dialect.separator = known[i];
            dialect.records = records;
        }
    }
    return dialect;
}

/* ---- Is it a table? --------------------------------------------------------------------------------------------- */

static enum csv_verdict has_table(const char *text, size_t n, bool separated)
{
    return !separated || csv_dialect_of(text, n).records >= 2 ? CSV_YES : CSV_NO;
}

static enum csv_verdict sniff_utf16(const unsigned char *head, size_t n, bool separated)
{
    char *text = xalloc(n / 2 * 3 + 1);
    size_t used;
    bool bad, little = head[0] == 0xff;
    size_t made = csv_from_utf16(head + 2, n / 2 - 1, little, text, &used, &bad);
    enum csv_verdict verdict = bad ? CSV_NO : has_table(text, made, separated);

    free(text);
    return verdict;
}

static enum csv_verdict sniff_1251(const unsigned char *head, size_t n, bool separated)
{
    struct csv_letters letters = {0};

    for (size_t i = 0; i < n; i++)
        if (head[i] < ' ' && (head[i] == 0 || !strchr("\t\n\r", head[i])))
            return CSV_NO;
    csv_letters_add(&letters, head, n);
    if (!csv_letters_make_words(&letters))
        return CSV_STRANGE;
    return has_table((const char *)head, n, separated); /* separators and quotes are the same in both */
}

enum csv_verdict csv_sniff(const unsigned char *head, size_t n, bool whole, bool separated)
{
    bool cut;

    if (n < 4)
        return CSV_NO;
    if (memcmp(head, "\xff\xfe", 2) == 0 || memcmp(head, "\xfe\xff", 2) == 0)
        return sniff_utf16(head, n, separated);
    size_t mark = memcmp(head, "\xef\xbb\xbf", 3) == 0 ? 3 : 0, good = utf8_check(head, n, &cut);
    if (good == n || (cut && !whole))
        return has_table((const char *)head + mark, good - mark, separated);
    return sniff_1251(head, n, separated);
}
