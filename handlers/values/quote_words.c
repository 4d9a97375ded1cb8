/* Words around prices. */
#include "handlers/values/quote_words.h"

#include "handlers/values/words.h"

#include <string.h>

#define COUNT_MAX    100000 /* "/1000 шт": more is not a count */
#define COUNT_DIGITS 6

/* Numbers of currencies (ISO 4217), and names with their country. */
static const struct currency_word more_words[] = {
    {"156", "CNY"},      {"643", "RUB"},        {"810", "RUB"},          {"840", "USD"},         {"978", "EUR"},
    {"долл сша", "USD"}, {"доллар сша", "USD"}, {"долларов сша", "USD"}, {"доллары сша", "USD"},
};

static const char *find(const char *label, const struct currency_word *words, size_t count)
{
    const struct currency_word *found = word_find(label, words, count, sizeof *words);
    return found ? found->currency : NULL;
}

const char *quote_currency_word(const char *label)
{
    const char *currency = find(label, currency_words, currency_words_count);
    if (!currency)
        currency = find(label, price_currency_words, price_currency_words_count);
    return currency ? currency : find(label, more_words, sizeof more_words / sizeof more_words[0]);
}

/* ---- What a price is for --------------------------------------------------------------------------------------- */

static bool ends_word(const char *text, size_t at)
{
    return at == 0 || strchr(" /,;(", text[at - 1]);
}

/* The longest unit at the end of the text: "тыс шт" before "шт". Returns where it begins, n if there is none. */
static size_t unit_at_end(const char *text, size_t n, struct quote_per *out)
{
    size_t start = n;
    for (size_t i = 0; i < quote_per_words_count; i++) {
        size_t length = strlen(quote_per_words[i].word);
        if (length > n || n - length >= start || memcmp(text + n - length, quote_per_words[i].word, length) != 0 ||
            !ends_word(text, n - length))
            continue;
        start = n - length;
        *out = quote_per_words[i].per;
    }
    return start;
}

static size_t before_spaces(const char *text, size_t n)
{
    while (n > 0 && text[n - 1] == ' ')
        n--;
    return n;
}

/* A whole number at the end; returns where it begins, n if there is none. */
static size_t count_at_end(const char *text, size_t n, uint32_t *count)
{
    size_t start = n;
    uint32_t value = 0;
    while (start > 0 && text[start - 1] >= '0' && text[start - 1] <= '9')
        start--;
    if (start == n || n - start > COUNT_DIGITS || !ends_word(text, start))
        return n;
    for (size_t i = start; i < n; i++)
        value = value * 10 + (uint32_t)(text[i] - '0');
    if (value == 0 || value > COUNT_MAX)
        return n;
    *count = value;
    return start;
}

size_t quote_per_strip(const char *text, size_t n, struct quote_per *out)
{
    struct quote_per per = {QUOTE_UNIT_NONE, 1};
    uint32_t count = 0;
    size_t end = before_spaces(text, n), unit = unit_at_end(text, end, &per);
    size_t number = before_spaces(text, unit), start = count_at_end(text, number, &count);
    if (unit == end && start == number)
        return n;
    start = before_spaces(text, start);
    if (start == 0 || text[start - 1] != '/' || (count > 0 && count > COUNT_MAX / per.count))
        return n;
    *out = (struct quote_per){per.unit, per.count * (count ? count : 1)};
    return before_spaces(text, start - 1);
}
