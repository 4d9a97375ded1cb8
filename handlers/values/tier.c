/* One tier, one sum of the order, one "за 1000 шт": what stands at a place of a caption. */
#include "handlers/values/tier.h"

#include "handlers/values/hints.h"
#include "handlers/values/words.h"

#include <string.h>

#define LIST(list) list, sizeof(list) / sizeof(list)[0]

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool tier_joint(char c)
{
    return strchr(" ,()[];/", c) != NULL || c == TIER_MARK; /* the end of the label too */
}

size_t tier_blanks(struct text t, size_t at)
{
    while (at < t.end && t.s[at] == ' ')
        at++;
    return at;
}

static bool ends_word(struct text t, size_t at)
{
    return at >= t.end || tier_joint(t.s[at]);
}

/* Where the text goes on behind the longest phrase of the list that stands here as whole words; `at` if none does. */
static size_t behind_phrase(struct text t, size_t at, const char *const *list, size_t count)
{
    size_t best = at;

    for (size_t i = 0; i < count; i++) {
        size_t n = strlen(list[i]);
        if (at + n <= t.end && at + n > best && memcmp(t.s + at, list[i], n) == 0 && ends_word(t, at + n))
            best = at + n;
    }
    return best;
}

/* The same for units. "10 шт+" has no blank behind the unit. */
static size_t behind_unit(struct text t, size_t at, const struct quote_word *list, size_t count, struct quote_per *per)
{
    size_t best = at;

    for (size_t i = 0; i < count; i++) {
        size_t n = strlen(list[i].word), next = at + n;
        if (next > t.end || next <= best || memcmp(t.s + at, list[i].word, n) != 0)
            continue;
        if (!ends_word(t, next) && t.s[next] != '+')
            continue;
        best = next;
        *per = list[i].per;
    }
    return best;
}

/* "$1000", and "от USD 1000" with `words`. */
static size_t before_money(struct text t, size_t at, bool words)
{
    static const char *const signs[] = {"$", "€", "₽", "¥", "£"};
    size_t n = 0;

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (at + strlen(signs[i]) <= t.end && memcmp(t.s + at, signs[i], strlen(signs[i])) == 0)
            return at + strlen(signs[i]);
    if (words && at < t.end)
        hint_currency_at(t.s + at, &n);
    return at + n;
}

static size_t behind_money(struct text t, size_t at)
{
    static const char *const short_sums[] = {"тр", "труб", "тысруб", "т р", "т руб"}; /* "50 т.р." */
    size_t n = 0;

    if (at < t.end)
        hint_currency_at(t.s + at, &n);
    return n > 0 ? at + n : behind_phrase(t, at, LIST(short_sums));
}

/* ---- Numbers ---------------------------------------------------------------------------------------------------- */

enum { DIGITS = 9 };

static size_t digits(struct text t, size_t at)
{
    size_t n = 0;

    while (at + n < t.end && is_digit(t.s[at + n]))
        n++;
    return n;
}

/* A number with blanks between thousands and at most two decimals, in thousandths. Returns where the text goes on, `at`
 * if there is none. */
static size_t number_at(struct text t, size_t at, int64_t *value)
{
    size_t n = digits(t, at), all = n, next = at + n;
    bool groups = all > 0 && all <= 3;

    for (*value = 0; n > 0 && all <= DIGITS; n--)
        *value = *value * 10 + (t.s[next - n] - '0');
    for (; groups && all + 3 <= DIGITS && next < t.end && t.s[next] == ' ' && digits(t, next + 1) == 3;
         all += 3, next += 4)
        for (size_t i = 1; i <= 3; i++)
            *value = *value * 10 + (t.s[next + i] - '0');
    if (all == 0 || all > DIGITS)
        return at;
    *value *= 1000;
    size_t decimals = next < t.end && t.s[next] == ',' ? digits(t, next + 1) : 0;
    if (decimals > 2)
        return at; /* "1,000" is one or a thousand */
    for (size_t i = 0, scale = 100; i < decimals; i++, scale /= 10)
        *value += (t.s[next + 1 + i] - '0') * (int64_t)scale;
    return decimals > 0 ? next + 1 + decimals : next;
}

/* ---- Tiers ------------------------------------------------------------------------------------------------------ */

/* "тыс", "млн", "k" behind the number. */
static size_t behind_scale(struct text t, size_t at, int64_t *scale)
{
    static const char *const thousands[] = {"тыс", "тысяч", "тысячи", "тысяча", "thousand", "k", "к"};
    static const char *const millions[] = {"млн", "миллион", "миллиона", "mln", "million"};
    size_t next = behind_phrase(t, at, LIST(thousands));

    *scale = 1000;
    if (next > at)
        return next;
    *scale = 1000000;
    next = behind_phrase(t, at, LIST(millions));
    if (next == at)
        *scale = 1;
    return next;
}

/* `led`: a word that begins a tier stands before it. */
static size_t amount_at(struct text t, size_t at, bool led, struct amount *out)
{
    struct quote_per per = {QUOTE_UNIT_NONE, 1};
    size_t sign = before_money(t, at, led),
           start = led ? tier_blanks(t, sign) : sign; /* "цена $ 10+" is a price in $ */
    size_t number = number_at(t, start, &out->value);
    int64_t scale;

    if (number == start)
        return at;
    size_t behind = behind_scale(t, tier_blanks(t, number), &scale);
    bool scaled = behind > tier_blanks(t, number);
    size_t next = scaled ? behind : number, word = tier_blanks(t, next);
    size_t unit = behind_unit(t, word, quote_tier_words, quote_tier_words_count, &per);
    size_t money = unit == word ? behind_money(t, word) : word;

    out->value *= scale;
    out->unit = per.unit;
    out->scaled = scaled;
    out->sum = sign > at || money > word || (scaled && unit == word);
    return unit > word ? unit : money > word ? money : next;
}

/* Words that may follow a tier in its segment. */
static bool may_follow(struct text t, size_t at)
{
    static const char *const words[] = {"без",  "с",     "вкл",       "включая",   "в",       "за",  "excl",
                                        "incl", "with",  "excluding", "including", "without", "net", "ндс",
                                        "vat",  "gross", "per",       "при",       "for",     "ex"};
    size_t next = tier_blanks(t, at);

    if (next == at || next >= t.end || t.s[next] == TIER_MARK)
        return true;
    return behind_phrase(t, next, LIST(words)) > next || behind_money(t, next) > next;
}

/* "… до 49 шт", "… - 49". Returns `at` if nothing of this follows. */
static size_t range_at(struct text t, size_t at, bool led, struct amount *to)
{
    static const char *const words[] = {"до", "to", "по"};
    size_t next = tier_blanks(t, at), behind = led ? behind_phrase(t, next, LIST(words)) : next;

    if (behind == next && next < t.end && t.s[next] == '-')
        behind = next + 1;
    if (behind == next)
        return at;
    size_t end = amount_at(t, tier_blanks(t, behind), led, to);
    return end > tier_blanks(t, behind) ? end : at;
}

/* "+", "и более". */
static size_t open_end_at(struct text t, size_t at)
{
    static const char *const words[] = {"и более", "и выше",   "и больше", "и далее",
                                        "or more", "and more", "and up",   "and above"};
    size_t next = tier_blanks(t, at);

    if (next < t.end && t.s[next] == '+')
        return next + 1;
    size_t behind = behind_phrase(t, next, LIST(words));
    return behind > next ? behind : at;
}

/* A unit behind "10+". */
static size_t late_unit_at(struct text t, size_t at, struct amount *amount)
{
    struct amount late = {.value = 0};
    char copy[LABEL_BYTES + 3];
    size_t word = tier_blanks(t, at), n = t.end - word;

    if (word >= t.end || is_digit(t.s[word]) || amount->unit != QUOTE_UNIT_NONE || amount->sum || n >= LABEL_BYTES)
        return at;
    memcpy(copy, "1 ", 2); /* as behind a number */
    memcpy(copy + 2, t.s + word, n);
    copy[n + 2] = '\0';
    size_t end = amount_at((struct text){copy, n + 2}, 0, false, &late);
    if (end <= 2)
        return at;
    amount->unit = late.unit;
    amount->sum = late.sum;
    amount->value *= late.value / 1000;
    return word + end - 2;
}

/* What begins a tier. */
enum lead { LEAD_NONE, LEAD_FROM, LEAD_UP_TO, LEAD_ODD };

static size_t lead_at(struct text t, size_t at, enum lead *lead)
{
    static const char *const from[] = {"от", "from", "начиная от", "начиная с", "starting from"};
    static const char *const up_to[] = {"до", "up to"};
    static const char *const odd[] = {"более", "свыше", "больше", "менее",     "меньше",   "over",
                                      "above", "under", "below",  "more than", "less than"};
    static const char *const signs[] = {"≥", ">=", ">", "<", "≤"};
    size_t next = behind_phrase(t, at, LIST(from));

    *lead = LEAD_FROM;
    if (next > at)
        return next;
    *lead = LEAD_UP_TO;
    if ((next = behind_phrase(t, at, LIST(up_to))) > at)
        return next;
    *lead = LEAD_ODD;
    if ((next = behind_phrase(t, at, LIST(odd))) > at)
        return next;
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        size_t n = strlen(signs[i]);
        if (at + n <= t.end && memcmp(t.s + at, signs[i], n) == 0) {
            *lead = i < 2 ? LEAD_FROM : LEAD_ODD;
            return at + n;
        }
    }
    *lead = LEAD_NONE;
    return at;
}

/* "Опт 50 000 руб" is a sum of the order; "цена 10 шт" may be a tier or the price of ten. "1 USD = 90 руб" is a rate. */
static bool is_bare_amount(struct text t, size_t at, size_t end, const struct amount *amount)
{
    size_t next = tier_blanks(t, end);
    bool rate = (next < t.end && t.s[next] == '=') || (at > 1 && t.s[at - 2] == '=');

    return !rate && (amount->sum || (amount->unit != QUOTE_UNIT_NONE && amount->value != 1000));
}

size_t tier_at(struct text t, size_t at, struct tier *out)
{
    struct amount to = {.value = 0};
    enum lead lead;
    size_t start = tier_blanks(t, lead_at(t, at, &lead)), next = amount_at(t, start, lead != LEAD_NONE, &out->from);

    if (next == start)
        return at;
    size_t range = range_at(t, next, lead == LEAD_FROM, &to), open = next;
    if (range > next) {
        open = range;
        if (to.value <= out->from.value * (out->from.scaled ? 1 : to.scaled ? 1000 : 1) && !to.sum)
            return at; /* no range */
    }
    size_t end = open_end_at(t, open);
    bool is_open = end > open;
    if (is_open)
        end = late_unit_at(t, end, &out->from);
    bool bare = lead == LEAD_NONE && range == next && !is_open;
    if (!ends_word(t, end) || (bare && !is_bare_amount(t, at, end, &out->from)))
        return at;
    out->odd = (bare && !out->from.sum) || lead == LEAD_ODD || !may_follow(t, end) ||
               (range > next && to.scaled && !out->from.scaled);
    out->from.sum |= to.sum;
    if (out->from.unit == QUOTE_UNIT_NONE)
        out->from.unit = to.unit;
    if (lead == LEAD_UP_TO)
        out->from.value = 1000;
    return end;
}

/* ---- What a price is for ---------------------------------------------------------------------------------------- */

/* Returns where "1000 шт", "100", "уп" ends; `at` if there is nothing of these. */
static size_t count_at(struct text t, size_t at, bool needs_unit, struct quote_per *out)
{
    struct quote_per per = {QUOTE_UNIT_NONE, 1};
    int64_t value;
    size_t number = number_at(t, at, &value), word = tier_blanks(t, number);
    size_t unit = behind_unit(t, word, quote_per_words, quote_per_words_count, &per);

    if (unit == word && (number == at || needs_unit))
        return at;
    size_t end = unit > word ? unit : number;
    if (number == at)
        value = 1000;
    bool whole = value >= 1000 && value % 1000 == 0 && value / 1000 <= 1000000;
    struct tier tier;
    size_t next = tier_blanks(t, end);
    bool tier_follows = next > end && tier_at(t, next, &tier) > next; /* "за уп. 10+" */
    if (!whole || !ends_word(t, end) || (!tier_follows && !may_follow(t, end)))
        return at;
    *out = (struct quote_per){per.unit, (uint32_t)(value / 1000) * per.count};
    return end;
}

bool tier_behind_currency(struct text t, size_t end)
{
    size_t start = end, n;

    while (start > 0 && !tier_joint(t.s[start - 1]))
        start--;
    hint_currency_at(t.s + start, &n);
    return n > 0 && start + n == end;
}

size_t per_at(struct text t, size_t at, struct quote_per *out)
{
    static const char *const words[] = {"за", "per"};
    size_t behind = behind_phrase(t, at, LIST(words));
    bool slash = behind == at && at < t.end && t.s[at] == '/';

    if (slash)
        behind = at + 1;
    if (behind == at)
        return at;
    size_t before = at;
    while (before > 0 && t.s[before - 1] == ' ')
        before--;
    size_t end = count_at(t, tier_blanks(t, behind), slash && !tier_behind_currency(t, before), out);
    return end > tier_blanks(t, behind) ? end : at;
}
