/* Normalising labels, and the names of the fields. */
#include "handlers/values/labels.h"

#include "base/utf8.h"
#include "handlers/values/words.h"

#include <string.h>

/* Is it a character without meaning in a heading: a decoration, an invisible character or a control? */
static bool is_dropped(uint32_t cp)
{
    switch (cp) {
    case '.':
    case ':':
    case '*':
    case '"':
    case '\'':
    case 0xAB:   /* « */
    case 0xBB:   /* » */
    case 0xAD:   /* soft hyphen */
    case 0x200B: /* zero width */
    case 0x200C:
    case 0x200D:
    case 0x2060:
    case 0xFEFF:
        return true;
    default:
        return (cp < 0x20 || (cp >= 0x7F && cp < 0xA0)) && !utf8_is_space(cp);
    }
}

static bool is_dash(uint32_t cp)
{
    return (cp >= 0x2010 && cp <= 0x2015) || cp == 0x2212 || cp == 0xFE58 || cp == 0xFE63 || cp == 0xFF0D;
}

static uint32_t label_fold(uint32_t cp)
{
    if (cp == UTF8_BAD)
        return 0xFFFD;
    if (is_dash(cp))
        return '-';
    cp = utf8_lower(cp);
    return cp == 0x451 ? 0x435 : cp; /* ё as е */
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digits(const char *s, size_t n)
{
    size_t i = 0;

    while (i < n && is_digit(s[i]))
        i++;
    return i;
}

/* Length of a date with dots at the start of s, or 0. What follows it, without what is dropped, must not be a digit:
 * versions ("3.0.15.22") are not dates. */
static size_t dotted_date(const char *s, size_t n)
{
    struct value_date date;
    size_t day = digits(s, n);
    size_t month = day < n && s[day] == '.' ? digits(s + day + 1, n - day - 1) : 0;
    size_t at = day + 1 + month, len;

    if (day == 0 || day > 2 || month == 0 || month > 2 || at >= n || s[at] != '.')
        return 0;
    size_t year = digits(s + at + 1, n - at - 1), end = at + 1 + year;
    if ((year != 2 && year != 4) || value_date_text(s, end, &date) != 0)
        return 0;
    for (size_t i = end; i < n; i += len) {
        uint32_t cp = utf8_decode(s + i, n - i, &len);
        if (!is_dropped(cp))
            return cp >= '0' && cp <= '9' ? 0 : end;
    }
    return end;
}

size_t label_normalise(const char *text, size_t n, char *out, size_t size)
{
    size_t used = 0, len;
    bool space = false;

    for (size_t i = 0; i < n; i += len) {
        uint32_t cp = utf8_decode(text + i, n - i, &len);
        if (is_dropped(cp))
            continue;
        if (utf8_is_space(cp) || cp == '_') {
            space = used > 0; /* written with the next character: never at an end, never twice */
            continue;
        }
        char bytes[4];
        size_t add = utf8_encode(label_fold(cp), bytes);
        bool starts = is_digit(bytes[0]) && (space || used == 0 || !is_digit(out[used - 1]));
        size_t date = starts ? dotted_date(text + i, n - i) : 0;
        if (date > 0)
            len = add = date;
        if (used + space + add + 1 > size)
            break;
        if (space)
            out[used++] = ' ';
        space = false;
        memcpy(out + used, date > 0 ? text + i : bytes, add);
        used += add;
    }
    if (size > 0)
        out[used] = '\0';
    return used;
}

const char *stock_field_name(enum stock_field field)
{
    static const char *const names[FIELD_COUNT] = {
        [FIELD_NONE] = "",
        [FIELD_PART_NUMBER] = "part_number",
        [FIELD_LOT] = "lot",
        [FIELD_CODE] = "code",
        [FIELD_NAME] = "name",
        [FIELD_VENDOR] = "vendor",
        [FIELD_QTY] = "qty",
        [FIELD_FREE] = "free",
        [FIELD_RESERVED] = "reserved",
        [FIELD_UNIT] = "unit",
        [FIELD_UNIT_COST] = "unit_cost",
        [FIELD_TOTAL_COST] = "total_cost",
        [FIELD_WAREHOUSE] = "warehouse",
        [FIELD_CURRENCY] = "currency",
        [FIELD_RECEIVED_ON] = "received_on",
        [FIELD_PRICE] = "price",
        [FIELD_MIN_QTY] = "min_qty",
        [FIELD_PACK_QTY] = "pack_qty",
    };

    return names[field];
}

/* ---- Words in cells -------------------------------------------------------------------------------------------- */

static bool in_list(const char *label, const char *const *list, size_t count)
{
    return word_find(label, list, count, sizeof *list) != NULL;
}

/* The first letter of a text as it would be normalised; 0 if there is none. */
static uint32_t first_letter(const char *text, size_t n)
{
    size_t len;

    for (size_t i = 0; i < n; i += len) {
        uint32_t cp = utf8_decode(text + i, n - i, &len);
        if (!is_dropped(cp) && !utf8_is_space(cp) && cp != '_')
            return label_fold(cp);
    }
    return 0;
}

/* Does a word of the list start with this letter? Asked for each row: the first byte decides nearly always. */
static bool starts_one(uint32_t letter, const char *const *list, size_t count)
{
    char bytes[4];
    size_t n = utf8_encode(letter, bytes);

    for (size_t i = 0; i < count; i++)
        if (list[i][0] == bytes[0] && strncmp(list[i], bytes, n) == 0)
            return true;
    return false;
}

/* The longest word of these lists has far fewer bytes; a longer text is none of them. */
enum { WORD_MAX = 64 };

static bool is_one(const char *text, size_t n, const char *const *list, size_t count)
{
    char label[WORD_MAX];

    if (n >= WORD_MAX || !starts_one(first_letter(text, n), list, count))
        return false;
    label_normalise(text, n, label, sizeof label);
    return in_list(label, list, count);
}

bool label_is_placeholder(const char *text, size_t n)
{
    return is_one(text, n, label_placeholders, label_placeholders_count);
}

bool label_is_quantity_word(const char *text, size_t n)
{
    return is_one(text, n, label_quantity_words, label_quantity_words_count);
}

bool label_is_no_price(const char *text, size_t n)
{
    utf8_trim(&text, &n);
    return (n == 1 && text[0] == '*') || is_one(text, n, price_nones, price_nones_count);
}

/* Returns where the text goes on behind `word`, or 0 if it does not start with it. */
static size_t behind_word(const char *text, size_t n, const char *word)
{
    size_t at = 0, len, word_len = strlen(word);
    bool begun = false;

    for (size_t w = 0; w < word_len;) {
        if (at >= n)
            return 0;
        uint32_t cp = utf8_decode(text + at, n - at, &len);
        bool space = utf8_is_space(cp) || cp == '_';
        if (!begun && (space || is_dropped(cp))) {
            at += len;
            continue;
        }
        begun = true;
        size_t own;
        uint32_t wanted = utf8_decode(word + w, word_len - w, &own);
        if (wanted != (space ? ' ' : label_fold(cp)))
            return 0;
        for (at += len; space && at < n && utf8_is_space(utf8_decode(text + at, n - at, &len));)
            at += len;
        w += own;
    }
    return at;
}

static bool ends_total(const char *text, size_t n)
{
    size_t len;

    if (n == 0 || strchr(":.,;(", text[0]))
        return true;
    uint32_t cp = utf8_decode(text, n, &len);
    return utf8_is_space(cp) || cp == '"' || cp == 0xBB;
}

bool label_is_total(const char *text, size_t n)
{
    if (!starts_one(first_letter(text, n), label_totals, label_totals_count))
        return false;
    for (size_t i = 0; i < label_totals_count; i++) {
        size_t at = behind_word(text, n, label_totals[i]);
        if (at > 0 && ends_total(text + at, n - at))
            return true;
    }
    return false;
}

/* What words of a normalised label are divided by. */
static bool is_divider(char c)
{
    return strchr(" ,;()[]/", c) != NULL;
}

bool label_is_group(const char *text, size_t n)
{
    char label[LABEL_BYTES];
    size_t len = label_normalise(text, n, label, sizeof label);

    while (len > 0 && is_divider(label[len - 1]))
        label[--len] = '\0';
    for (size_t i = 0; i < label_groups_count; i++) {
        size_t word = strlen(label_groups[i]);
        if (len < word)
            continue;
        bool first = memcmp(label, label_groups[i], word) == 0 && is_divider(label[word]); /* or its end */
        bool last =
            memcmp(label + len - word, label_groups[i], word) == 0 && len > word && is_divider(label[len - word - 1]);
        if (first || last)
            return true;
    }
    return false;
}

static bool has_money_word(const char *text, size_t n, bool prices)
{
    char label[LABEL_BYTES * 2];
    size_t len = label_normalise(text, n, label, sizeof label);

    for (size_t i = 0, start = 0; i <= len; i++) {
        if (!is_divider(label[i])) /* the end is one */
            continue;
        label[i] = '\0';
        if (in_list(label + start, label_amount_words, label_amount_words_count) ||
            (prices && in_list(label + start, price_money_words, price_money_words_count)))
            return true;
        start = i + 1;
    }
    return false;
}

bool label_is_about_amounts(const char *text, size_t n)
{
    return has_money_word(text, n, false);
}

bool label_is_about_prices(const char *text, size_t n)
{
    return has_money_word(text, n, true);
}
