/* Finds the encoding of a CSV file. */
#include "handlers/sheet/csv/encoding.h"

#include "base/bytes.h"

#include <stdlib.h>

enum { BLOCK = 64 << 10 };

/* What is known of a file that is being looked through. */
struct look {
    const struct sheet_input *input;
    struct sheet_error *err;
    unsigned char *block;
    uint64_t line; /* of the fault, from 1 */
    const char *what;
};

static int refuse(const struct look *look)
{
    return sheet_refuse(look->err, "csv-malformed", "Line %llu of the CSV file: %s.", (unsigned long long)look->line,
                        look->what);
}

static uint64_t line_ends(const unsigned char *text, size_t n)
{
    uint64_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += text[i] == '\n';
    return count;
}

static size_t next_block(const struct look *look, uint64_t at)
{
    uint64_t rest = look->input->length - at;

    return rest < BLOCK ? (size_t)rest : BLOCK;
}

/* Returns 1 if all of it is UTF-8, 0 with the line of the first fault, or -1 with the error. */
static int look_utf8(struct look *look)
{
    size_t kept = 0;

    look->line = 1;
    for (uint64_t at = 0; at < look->input->length;) {
        size_t n = next_block(look, at), all = kept + n;
        bool cut;
        if (input_read(look->input, at, look->block + kept, n, look->err) < 0)
            return -1;
        at += n;
        size_t good = utf8_check(look->block, all, &cut);
        look->line += line_ends(look->block, good);
        if (good < all && (!cut || at == look->input->length))
            return 0;
        kept = all - good;
        memmove(look->block, look->block + good, kept);
    }
    return 1;
}

/* A byte that is in no text, whatever its encoding: all are but one below the blank. Returns n if there is none. */
static size_t find_control(const unsigned char *text, size_t n)
{
    size_t i = 0;

    while (i < n && (text[i] >= ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r'))
        i++;
    return i;
}

/* Is the file Windows-1251? Returns 1, 0 or -1 with the error. */
static int look_1251(struct look *look)
{
    struct csv_letters letters = {0};
    uint64_t line = 1;

    for (uint64_t at = 0; at < look->input->length;) {
        size_t n = next_block(look, at);
        if (input_read(look->input, at, look->block, n, look->err) < 0)
            return -1;
        at += n;
        size_t good = find_control(look->block, n);
        line += line_ends(look->block, good);
        if (good < n) {
            look->line = line;
            look->what = "a control character, which no text has. Save the table again as CSV UTF-8";
            return 0;
        }
        csv_letters_add(&letters, look->block, n);
    }
    return csv_letters_make_words(&letters);
}

static int look_utf16(struct look *look, bool little)
{
    char *text = xalloc((size_t)BLOCK / 2 * 3);
    bool bad = false;
    size_t used;

    look->line = 1;
    look->what = "text that is not UTF-16, as the file begins. Save the table again as CSV UTF-8";
    for (uint64_t at = 2; at + 1 < look->input->length && !bad; at += 2 * used) {
        size_t n = next_block(look, at);
        if (input_read(look->input, at, look->block, n, look->err) < 0) {
            free(text);
            return -1;
        }
        size_t made = csv_from_utf16(look->block, n / 2, little, text, &used, &bad);
        bad = bad || used == 0;
        look->line += line_ends((unsigned char *)text, made);
    }
    free(text);
    return !bad && look->input->length % 2 == 0;
}

static int by_content(struct look *look, bool marked, enum csv_encoding *encoding)
{
    int rc = look_utf8(look);

    *encoding = CSV_UTF8;
    if (rc != 0)
        return rc;
    look->what = marked ? "text that is not UTF-8, as the file begins. Save the table again as CSV UTF-8"
                        : "text that is neither UTF-8 nor Windows-1251. Save the table as CSV UTF-8";
    *encoding = CSV_CP1251;
    return marked ? 0 : look_1251(look);
}

int csv_find_encoding(const struct sheet_input *input, enum csv_encoding *encoding, struct sheet_error *err)
{
    unsigned char mark[3] = {0};
    struct look look = {.input = input, .err = err};
    size_t n = input->length < 3 ? (size_t)input->length : 3;

    if (input_read(input, 0, mark, n, err) < 0)
        return -1;
    look.block = xalloc(BLOCK + 4);
    bool little = memcmp(mark, "\xff\xfe", 2) == 0;
    int rc;
    if (little || memcmp(mark, "\xfe\xff", 2) == 0) {
        *encoding = little ? CSV_UTF16LE : CSV_UTF16BE;
        rc = look_utf16(&look, little);
    } else {
        rc = by_content(&look, memcmp(mark, "\xef\xbb\xbf", 3) == 0, encoding);
    }
    free(look.block);
    return rc > 0 ? 0 : rc < 0 ? -1 : refuse(&look);
}
