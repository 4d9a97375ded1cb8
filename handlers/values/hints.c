/* Hints at the end of labels. A text is cut into its last words; each kind of hint looks whether it ends the text. */
#include "handlers/values/hints.h"

#include "handlers/values/words.h"

#include <string.h>

enum { WORDS = 6 };

/* The last words of a text, the last one first. */
struct last_words {
    unsigned n;
    struct {
        const char *s;
        size_t n;
    } word[WORDS];
};

void label_hints_none(struct label_hints *hints)
{
    *hints = (struct label_hints){.vat = -1, .vat_rate = -1, .unit = {UNIT_NONE, 1, false}};
}

void label_hints_add(struct label_hints *hints, const struct label_hints *other)
{
    if (hints->currency[0] == '\0')
        memcpy(hints->currency, other->currency, sizeof hints->currency);
    if (hints->vat < 0)
        hints->vat = other->vat;
    if (hints->vat_rate < 0)
        hints->vat_rate = other->vat_rate;
    if (hints->unit.unit == UNIT_NONE)
        hints->unit = other->unit;
    hints->pieces |= other->pieces;
    if (hints->date.year == 0)
        hints->date = other->date;
}

static bool is_joint(char c)
{
    return c == ' ' || c == ',' || c == '(' || c == ')' || c == '[' || c == ']' || c == '/' || c == ';';
}

size_t hint_before_joints(const char *text, size_t n)
{
    while (n > 0 && (is_joint(text[n - 1]) || (text[n - 1] == '-' && (n == 1 || is_joint(text[n - 2])))))
        n--;
    return n;
}

static void cut(const char *text, size_t n, struct last_words *out)
{
    out->n = 0;
    while (out->n < WORDS) {
        size_t end = hint_before_joints(text, n), start = end;
        while (start > 0 && !is_joint(text[start - 1]))
            start--;
        if (start == end)
            return;
        out->word[out->n].s = text + start;
        out->word[out->n++].n = end - start;
        n = start;
    }
}

static bool is_word(const struct last_words *words, unsigned i, const char *word)
{
    size_t n = strlen(word);

    return i < words->n && words->word[i].n == n && memcmp(words->word[i].s, word, n) == 0;
}

/* Do the words before the first `i` end with this phrase? Returns the number of its words, or 0. */
static unsigned phrase_at(const struct last_words *words, unsigned i, const char *phrase)
{
    unsigned used = 0;
    size_t end = strlen(phrase);

    while (end > 0) {
        size_t start = end;
        while (start > 0 && phrase[start - 1] != ' ')
            start--;
        if (i + used >= words->n || words->word[i + used].n != end - start ||
            memcmp(words->word[i + used].s, phrase + start, end - start) != 0)
            return 0;
        used++;
        end = start > 0 ? start - 1 : 0;
    }
    return used;
}

/* ---- VAT ------------------------------------------------------------------------------------------------------- */

struct vat_word {
    const char *phrase;
    int vat;
};
static const struct vat_word vat_before[] = {
    {"без", 0},  {"с", 1},         {"вкл", 1},  {"включая", 1},   {"в тч", 1}, {"в том числе", 1},
    {"excl", 0}, {"excluding", 0}, {"incl", 1}, {"including", 1}, {"with", 1}, {"without", 0},
};
static const struct vat_word vat_behind[] = {
    {"не включен", 0}, {"включен", 1}, {"вкл", 1}, {"excluded", 0}, {"excl", 0}, {"included", 1}, {"incl", 1},
};

/* In price lists, before the others: these words end with some of those. */
static const struct vat_word vat_before_prices[] = {
    {"не включая", 0}, {"не включают", 0},  {"не включает", 0},  {"без учета", 0},     {"с учетом", 1},
    {"включают", 1},   {"включает", 1},     {"not include", 0},  {"not including", 0}, {"ex", 0},
    {"net of", 0},     {"exclusive of", 0}, {"inclusive of", 1}, {"include", 1},       {"includes", 1},
};
static const struct vat_word vat_behind_prices[] = {
    {"не включен в цену", 0}, {"включен в цену", 1}, {"не облагается", 0},
    {"not included", 0},      {"inclusive", 1},      {"exclusive", 0},
};

static unsigned vat_phrase(const struct last_words *words, unsigned i, const struct vat_word *list, size_t count,
                           int *vat)
{
    for (size_t k = 0; k < count; k++) {
        unsigned used = phrase_at(words, i, list[k].phrase);
        if (used == 0)
            continue;
        *vat = list[k].vat;
        return used;
    }
    return 0;
}

/* "20%", "20 %"; "20" too if a number alone is allowed. */
static unsigned vat_rate(const struct last_words *words, unsigned i, bool bare, int *rate)
{
    unsigned percent = is_word(words, i, "%");
    int value = 0;
    size_t at = 0;

    if (i + percent >= words->n)
        return 0;
    const char *s = words->word[i + percent].s;
    size_t n = words->word[i + percent].n;
    while (at < n && at < 2 && s[at] >= '0' && s[at] <= '9')
        value = value * 10 + (s[at++] - '0');
    bool marked = percent || (at + 1 == n && s[at] == '%');
    if (at == 0 || (!marked && (!bare || at != n)) || (percent && at != n))
        return 0;
    *rate = value * 100;
    return 1 + percent;
}

#define PHRASES(list) list, sizeof(list) / sizeof(list)[0]

static unsigned vat_word_behind(const struct last_words *words, bool prices, int *vat)
{
    unsigned used = prices ? vat_phrase(words, 0, PHRASES(vat_behind_prices), vat) : 0;

    return used > 0 ? used : vat_phrase(words, 0, PHRASES(vat_behind), vat);
}

static unsigned vat_word_before(const struct last_words *words, unsigned i, bool prices, int *vat)
{
    unsigned used = prices ? vat_phrase(words, i, PHRASES(vat_before_prices), vat) : 0;

    return used > 0 ? used : vat_phrase(words, i, PHRASES(vat_before), vat);
}

static unsigned take_vat(const struct last_words *words, unsigned how, struct label_hints *out)
{
    int vat = -1, rate = -1;
    bool prices = how & HINT_PRICES;
    unsigned behind = vat_word_behind(words, prices, &vat);
    unsigned used = behind + vat_rate(words, behind, true, &rate);

    if (!is_word(words, used, "ндс") && !is_word(words, used, "vat"))
        return 0;
    used++;
    if (rate < 0)
        used += vat_rate(words, used, false, &rate);
    unsigned before = vat < 0 ? vat_word_before(words, used, prices, &vat) : 0;
    if (vat < 0 && (!(how & HINT_ALL) || rate < 0))
        return 0; /* "сумма ндс 20%" is the tax */
    if (out->vat < 0)
        out->vat = vat;
    if (out->vat_rate < 0)
        out->vat_rate = rate;
    return used + before;
}

/* ---- Dates ----------------------------------------------------------------------------------------------------- */

static bool all_digits(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i] < '0' || s[i] > '9')
            return false;
    return n > 0;
}

/* A date, perhaps with "на" or "as of" in front, "г" behind, and a time of day, whose colons are gone. */
static unsigned take_date(const struct last_words *words, struct label_hints *out)
{
    static const char *const before[] = {"на конец дня", "на", "as of", "as at"};
    struct value_date date;
    unsigned used = is_word(words, 0, "г") || is_word(words, 0, "года");

    if (used + 1 < words->n && words->word[used].n >= 3 && words->word[used].n <= 6 &&
        all_digits(words->word[used].s, words->word[used].n))
        used++;
    if (used >= words->n)
        return 0;
    size_t n = words->word[used].n;
    if (n > 2 && memcmp(words->word[used].s + n - 2, "г", 2) == 0)
        n -= 2;
    if (value_date_text(words->word[used].s, n, &date) != 0)
        return 0;
    used++;
    if (out->date.year == 0)
        out->date = date;
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        unsigned more = phrase_at(words, used, before[i]);
        if (more > 0)
            return used + more;
    }
    return used;
}

/* ---- Currencies and pieces ------------------------------------------------------------------------------------- */

static unsigned currency_word_at(const struct last_words *words, unsigned at, const struct currency_word *list,
                                 size_t count, const char **currency)
{
    for (size_t i = 0; i < count; i++) {
        unsigned used = phrase_at(words, at, list[i].word);
        if (used == 0)
            continue;
        *currency = list[i].currency;
        return used;
    }
    return 0;
}

static unsigned take_currency(const struct last_words *words, unsigned how, struct label_hints *out)
{
    const char *currency = "";
    bool prices = how & HINT_PRICES;
    unsigned land = prices && (is_word(words, 0, "сша") || is_word(words, 0, "usa")); /* "долл. США" */
    unsigned used = currency_word_at(words, land, currency_words, currency_words_count, &currency);

    if (used == 0 && prices)
        used = currency_word_at(words, land, price_currency_words, price_currency_words_count, &currency);
    if (used == 0 || (land && strcmp(currency, "USD") != 0))
        return 0;
    used += land;
    if (prices && is_word(words, used, "us") && strcmp(currency, "USD") == 0)
        used++; /* "US dollars" */
    if (out->currency[0] == '\0')
        memcpy(out->currency, currency, sizeof out->currency);
    else if (prices && strcmp(out->currency, currency) != 0)
        memcpy(out->currency, "?", sizeof "?"); /* two of them say none */
    return used + (is_word(words, used, "в") || is_word(words, used, "in"));
}

const char *hint_currency_at(const char *text, size_t *length)
{
    const char *found = "";

    *length = 0;
    for (size_t i = 0; i < currency_words_count + price_currency_words_count; i++) {
        const struct currency_word *word =
            i < currency_words_count ? &currency_words[i] : &price_currency_words[i - currency_words_count];
        size_t n = strlen(word->word);
        if (n <= *length || strncmp(text, word->word, n) != 0 || (text[n] != '\0' && !is_joint(text[n])))
            continue;
        found = word->currency;
        *length = n;
    }
    return found;
}

static unsigned take_phrase(const struct last_words *words, struct label_hints *out)
{
    static const struct {
        const char *phrase;
        int vat;
        unsigned pieces; /* of a unit; 0 = not a unit, 1 = plain pieces */
    } known[] = {
        {"за ед изм", -1, 0}, {"за ед", -1, 0},     {"за единицу", -1, 0}, {"за 1 шт", -1, 0},  {"за шт", -1, 0},
        {"за штуку", -1, 0},  {"тыс шт", -1, 1000}, {"1000 шт", -1, 1000}, {"тысшт", -1, 1000}, {"шт", -1, 1},
        {"pcs", -1, 1},       {"net", 0, 0},        {"gross", 1, 0},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        unsigned used = phrase_at(words, 0, known[i].phrase);
        if (used == 0)
            continue;
        if (known[i].vat >= 0 && out->vat < 0)
            out->vat = known[i].vat;
        out->pieces |= known[i].pieces == 1;
        if (known[i].pieces > 1 && out->unit.unit == UNIT_NONE)
            out->unit = (struct value_unit){UNIT_PCS, known[i].pieces, false};
        return used;
    }
    return 0;
}

/* "руб/м", "за 1 ед", "USD per pc": the price of one is the default. Only in brackets and behind commas. */
static unsigned take_one(const struct last_words *words)
{
    struct value_unit unit;

    if (words->n == 0 || value_unit_text(words->word[0].s, words->word[0].n, &unit) != 0 || unit.factor != 1 ||
        unit.pack)
        return 0;
    unsigned one = is_word(words, 1, "1");
    return 1 + one + (is_word(words, 1 + one, "за") || is_word(words, 1 + one, "per"));
}

/* "за 1000 шт" is not "за" and a unit. */
static bool is_per(const struct last_words *words, unsigned used)
{
    return is_word(words, used, "за") || is_word(words, used, "per");
}

size_t hint_strip_vat(const char *text, size_t n, struct label_hints *hints)
{
    struct last_words words;

    cut(text, n, &words);
    unsigned used = take_vat(&words, HINT_PRICES, hints);
    return used == 0 ? n : hint_before_joints(text, (size_t)(words.word[used - 1].s - text));
}

size_t hint_strip(const char *text, size_t n, unsigned how, struct label_hints *hints)
{
    struct last_words words;
    struct label_hints found = *hints;
    bool all = how & HINT_ALL;

    cut(text, n, &words);
    unsigned used = take_vat(&words, how, &found);
    if (used == 0)
        used = take_date(&words, &found);
    if (used == 0)
        used = take_currency(&words, how, &found);
    if (used == 0)
        used = take_phrase(&words, &found);
    if (used == 0 && all)
        used = take_one(&words);
    if (used == 0 || (!all && used >= words.n) || is_per(&words, used))
        return n;
    *hints = found;
    return hint_before_joints(text, (size_t)(words.word[used - 1].s - text));
}

bool hint_only(const char *text, size_t n, bool prices, struct label_hints *hints)
{
    struct label_hints found = *hints;

    for (size_t end = hint_before_joints(text, n), next; end > 0; end = next) {
        next = hint_strip(text, end, HINT_ALL | (prices ? HINT_PRICES : 0), &found);
        if (next == end)
            return false;
    }
    *hints = found;
    return true;
}
