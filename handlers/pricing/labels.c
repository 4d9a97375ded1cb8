/* From the text of a heading to its field: normalises it, takes hints off its end, looks the rest up. */
#include "handlers/pricing/labels.h"

#include "base/utf8.h"
#include "handlers/pricing/words.h"

#include <string.h>

enum { LABEL_MAX = 256 };

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

size_t label_normalise(const char *text, size_t n, char *out, size_t size)
{
    size_t used = 0, len;
    bool space = false;

    for (size_t i = 0; i < n; i += len) {
        uint32_t cp = utf8_decode(text + i, n - i, &len);
        if (is_dropped(cp))
            continue;
        if (utf8_is_space(cp)) {
            space = used > 0; /* written with the next character: never at an end, never twice */
            continue;
        }
        char bytes[4];
        size_t add = utf8_encode(label_fold(cp), bytes);
        if (used + space + add + 1 > size)
            break;
        if (space)
            out[used++] = ' ';
        space = false;
        memcpy(out + used, bytes, add);
        used += add;
    }
    if (size > 0)
        out[used] = '\0';
    return used;
}

/* A phrase at the end of a heading that qualifies the field. */
struct hint {
    const char *phrase;
    const char *currency;
    int vat;
};

static const struct hint hints_known[] = {
    {"без ндс", "", 0},  {"с ндс", "", 1},    {"вкл ндс", "", 1},     {"включая ндс", "", 1}, {"excl vat", "", 0},
    {"incl vat", "", 1}, {"with vat", "", 1}, {"without vat", "", 0}, {"за ед", "", -1},      {"за шт", "", -1},
    {"руб", "RUB", -1},  {"р", "RUB", -1},    {"₽", "RUB", -1},     {"rub", "RUB", -1},     {"usd", "USD", -1},
    {"$", "USD", -1},    {"eur", "EUR", -1},  {"€", "EUR", -1},       {"cny", "CNY", -1},     {"¥", "CNY", -1},
    {"юань", "CNY", -1}, {"шт", "", -1},      {"pcs", "", -1},        {"net", "", 0},         {"gross", "", 1},
};

/* What may stand between a label and a hint, or between two hints. */
static bool is_joint(char c)
{
    return c == ' ' || c == ',' || c == '(' || c == ')' || c == '/' || c == ';';
}

/* Returns where the phrase starts if text[0..n) ends with it and a joint is before it; else n. */
static size_t phrase_start(const char *text, size_t n, const char *phrase)
{
    size_t len = strlen(phrase);

    if (len >= n || memcmp(text + n - len, phrase, len) != 0 || !is_joint(text[n - len - 1]))
        return n;
    return n - len;
}

static void keep_hint(const struct hint *hint, struct label_hints *out)
{
    if (hint->currency[0] != '\0' && out->currency[0] == '\0')
        memcpy(out->currency, hint->currency, 4);
    if (hint->vat >= 0 && out->vat < 0)
        out->vat = hint->vat;
}

/* Skips joints backwards. */
static size_t before_joints(const char *text, size_t n)
{
    while (n > 0 && is_joint(text[n - 1]))
        n--;
    return n;
}

/* Takes one hint off the end if a label remains. Returns the shorter length, or n if there is no hint. Brackets are
 * removed with the hints inside them; text that is left in an open bracket is not a hint, so the label "цена
 * (закупка, руб)" stays unknown. */
static size_t strip_hint(const char *text, size_t n, struct label_hints *out)
{
    size_t end = before_joints(text, n);

    for (size_t i = 0; i < sizeof hints_known / sizeof hints_known[0]; i++) {
        size_t start = phrase_start(text, end, hints_known[i].phrase);
        if (start == end || before_joints(text, start) == 0)
            continue;
        keep_hint(&hints_known[i], out);
        return start;
    }
    return n;
}

/* Is a bracket open where text[0..n) ends? */
static bool in_bracket(const char *text, size_t n)
{
    while (n > 0 && text[n - 1] != '(' && text[n - 1] != ')')
        n--;
    return n > 0 && text[n - 1] == '(';
}

/* Removes the hints of a normalised label in place; returns its length. */
static size_t strip_hints(char *label, size_t n, struct label_hints *out)
{
    out->currency[0] = '\0';
    out->vat = -1;
    size_t stripped = n;
    for (size_t next = strip_hint(label, n, out); next != stripped; next = strip_hint(label, stripped, out))
        stripped = next;
    if (stripped == n)
        return n;
    stripped = before_joints(label, stripped);
    if (label[stripped] == ')' && in_bracket(label, stripped))
        stripped++; /* it closes a bracket of the label itself: "марка (бренд), шт" */
    label[stripped] = '\0';
    return stripped;
}

enum stock_field label_field(const char *text, size_t n, struct label_hints *hints)
{
    char label[LABEL_MAX];
    struct label_hints own;

    strip_hints(label, label_normalise(text, n, label, sizeof label), hints ? hints : &own);
    const struct label_synonym *found =
        word_find(label, label_synonyms, label_synonyms_count, sizeof label_synonyms[0]);
    return found ? found->field : FIELD_NONE;
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
    };

    return names[field];
}

bool label_is_closing(const char *text, size_t n, struct label_hints *hints)
{
    char label[LABEL_MAX];

    strip_hints(label, label_normalise(text, n, label, sizeof label), hints);
    return word_find(label, label_closings, label_closings_count, sizeof label_closings[0]) != NULL;
}

/* A word ends where no letter and no digit follows; every character above ASCII counts as a letter. */
static bool is_word_end(char c)
{
    unsigned char u = (unsigned char)c;

    return u < 0x80 && !(u >= '0' && u <= '9') && !(u >= 'a' && u <= 'z') && !(u >= 'A' && u <= 'Z');
}

bool label_is_total(const char *text, size_t n)
{
    static const char *const words[] = {"итог", "итого", "всего", "общий итог", "total", "grand total", "subtotal"};
    char label[LABEL_MAX];
    size_t label_len = label_normalise(text, n, label, sizeof label);

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t len = strlen(words[i]);
        if (label_len >= len && memcmp(label, words[i], len) == 0 && (label_len == len || is_word_end(label[len])))
            return true;
    }
    return false;
}
