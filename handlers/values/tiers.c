/* Tiers, sums of the order and what a price is for, in normalised captions.
 *
 * A caption is looked at in its segments, which commas and brackets divide. What is understood is marked by a byte that
 * no label has, and taken out at the end. */
#include "handlers/values/tiers.h"

#include "handlers/values/hints.h"
#include "handlers/values/tier.h"
#include "handlers/values/words.h"

#include <string.h>

#define MOST INT64_C(1000000000000) /* thousandths of the largest tier */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Words before a tier that go with it: "цена при заказе от 10 шт". */
static size_t before_fillers(const char *s, size_t from, size_t at)
{
    static const char *const words[] = {"при заказе на сумму",
                                        "при сумме заказа",
                                        "при сумме",
                                        "при заказе",
                                        "при покупке",
                                        "при количестве",
                                        "при кол-ве",
                                        "при партии",
                                        "при объеме",
                                        "за",
                                        "при",
                                        "для",
                                        "for",
                                        "for orders"};
    size_t end = at, best = at;

    while (end > from && s[end - 1] == ' ')
        end--;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t n = strlen(words[i]);
        if (end < from + n || memcmp(s + end - n, words[i], n) != 0)
            continue;
        size_t start = end - n;
        if ((start == from || tier_joint(s[start - 1])) && start < best)
            best = start;
    }
    return best;
}

static size_t segment_end(const char *label, size_t from)
{
    size_t at = from;

    for (; label[at] != '\0' && !strchr("()[];", label[at]); at++)
        if (label[at] == ',' && !(at > 0 && is_digit(label[at - 1]) && is_digit(label[at + 1])))
            break;
    return at;
}

/* Puts a mark in the place of label[start…end). */
static void put_mark(char *label, size_t start, size_t end)
{
    label[start] = TIER_MARK;
    memmove(label + start + 1, label + end, strlen(label + end) + 1);
}

static void add_sum(const char *text, size_t n, struct label_price *out)
{
    size_t used = strlen(out->more);

    if (used + n + 1 > sizeof out->more)
        return;
    memcpy(out->more + used, text, n);
    out->more[used + n] = '\0';
}

static void take_tier(const char *text, size_t n, const struct tier *tier, struct label_price *out, bool *odd)
{
    *odd |= tier->odd || tier->from.value > MOST || out->tier || out->order_sum; /* one is enough */
    if (tier->from.sum) {
        out->order_sum = true;
        add_sum(text, n, out);
        return;
    }
    out->tier = true;
    out->min_qty = tier->from.value > 0 ? tier->from.value : 1000;
    out->tier_unit = tier->from.unit;
}

static bool starts_word(const char *label, size_t at)
{
    return at == 0 || tier_joint(label[at - 1]) || label[at] == '/';
}

/* "price/unit", "цена за единицу": the name of a price. What a unit is, the unit column says. */
static bool is_name(const char *text, size_t n)
{
    char name[LABEL_BYTES];

    while (n > 0 && *text == ' ') {
        text++;
        n--;
    }
    if (n >= sizeof name)
        return false;
    memcpy(name, text, n);
    name[n] = '\0';
    return word_find(name, price_synonyms, price_synonyms_count, sizeof *price_synonyms) != NULL;
}

/* What a segment is searched for. */
enum sought { SEEK_PER, SEEK_TIER };

/* Takes what is sought out of the segment that begins at `from`. Returns true if there was something. */
static bool search_segment(char *label, size_t from, enum sought sought, struct label_price *out, bool *odd)
{
    bool found = false;

    for (size_t at = from; at < segment_end(label, from); at++) {
        struct text t = {label, segment_end(label, from)};
        struct tier tier = {.odd = false};
        if (!starts_word(label, at) || label[at] == ' ')
            continue;
        size_t end = sought == SEEK_TIER ? tier_at(t, at, &tier) : per_at(t, at, &out->per);
        if (end == at || (sought == SEEK_PER && is_name(label + from, end - from)))
            continue;
        if (sought == SEEK_TIER)
            take_tier(label + at, end - at, &tier, out, odd);
        size_t start = sought == SEEK_TIER ? before_fillers(label, from, at) : at;
        put_mark(label, start, end);
        at = start;
        found = true;
    }
    return found;
}

/* "руб./рулон": for something that is not known. */
static bool has_odd_slash(const char *label)
{
    struct text t = {label, strlen(label)};

    for (size_t at = 1; at < t.end; at++) {
        struct label_hints hints;
        size_t from = tier_blanks(t, at + 1), end = from;
        if (label[at] != '/')
            continue;
        while (end < t.end && !tier_joint(label[end]))
            end++;
        label_hints_none(&hints);
        size_t before = at;
        while (before > 0 && label[before - 1] == ' ')
            before--;
        if (end > from && tier_behind_currency(t, before) && !hint_only(label + from, end - from, true, &hints))
            return true;
    }
    return false;
}

/* A segment with a tier that is not the caption itself: has it another word that is no hint ("10+ бобин")? */
static bool has_other_words(const char *label, size_t from, size_t to)
{
    char rest[LABEL_BYTES];
    struct label_hints hints;
    size_t n = 0;

    for (size_t i = from; i < to && n + 1 < sizeof rest; i++)
        if (label[i] != TIER_MARK && (label[i] != ' ' || n > 0))
            rest[n++] = label[i];
    rest[n] = '\0';
    label_hints_none(&hints);
    return hint_before_joints(rest, n) > 0 && !hint_only(rest, n, true, &hints);
}

/* Removes the marks, and what has nothing left to divide. */
static void remove_marks(char *label)
{
    size_t used = 0;

    for (size_t i = 0; label[i] != '\0'; i++) {
        bool joint = strchr(" ,;)]", label[i]) != NULL;
        bool idle = label[i] == TIER_MARK || (joint && (used == 0 || (label[i] == ' ' && label[used - 1] == ' ')));
        if (joint && used > 0 && strchr("([", label[used - 1]) && label[i] != ' ') {
            used -= label[i] == ')' || label[i] == ']'; /* nothing is left in the bracket */
            continue;
        }
        if (!idle)
            label[used++] = label[i];
    }
    label[used] = '\0';
    label[hint_before_joints(label, used) + (used > 0 && strchr(")]", label[used - 1]) ? 1 : 0)] = '\0';
}

bool tiers_take(char *label, struct label_price *out, bool *odd)
{
    bool found = false, main = false;

    for (size_t from = 0, end; label[from] != '\0'; from = end + (label[end] != '\0')) {
        found |= search_segment(label, from, SEEK_PER, out, odd);
        bool tier = search_segment(label, from, SEEK_TIER, out, odd);
        found |= tier;
        end = segment_end(label, from);
        bool words = has_other_words(label, from, end);
        *odd |= tier && main && words;
        main |= words;
    }
    *odd |= has_odd_slash(label);
    remove_marks(label);
    return found;
}
