/* Units of measure by their names and OKEI codes. */
#include "handlers/values/values.h"

#include "handlers/values/labels.h"
#include "handlers/values/words.h"

#include <errno.h>
#include <string.h>

enum { UNIT_WORD_MAX = 64 }; /* longer than every known unit: a text that is cut here is unknown anyway */

static const struct value_unit *find_unit(const char *word)
{
    const struct unit_word *found = word_find(word, unit_words, unit_words_count, sizeof unit_words[0]);
    return found ? &found->unit : NULL;
}

static bool same_unit(const struct value_unit *a, const struct value_unit *b)
{
    return a->unit == b->unit && a->factor == b->factor && a->pack == b->pack;
}

/* The unit before brackets whose content is a code or says the same: "шт (796)", "796 (шт)". "упак (10 шт)" says more,
 * and is not known. */
static const struct value_unit *find_before_brackets(char *word, size_t n)
{
    char *open = strchr(word, '(');
    if (!open || open == word || word[n - 1] != ')')
        return NULL;
    word[n - 1] = '\0';
    char *end = open;
    while (end > word && end[-1] == ' ')
        end--;
    *open = *end = '\0';
    const char *inside = open + 1;
    const struct value_unit *unit = find_unit(word), *other = find_unit(inside);
    bool code = *inside && strspn(inside, "0123456789") == strlen(inside);
    return unit && (code || (other && same_unit(unit, other))) ? unit : NULL;
}

int value_unit_text(const char *text, size_t n, struct value_unit *out)
{
    char word[UNIT_WORD_MAX];

    *out = (struct value_unit){UNIT_NONE, 1, false};
    size_t length = label_normalise(text, n, word, sizeof word);
    if (length == 0)
        return 0;
    const struct value_unit *found = find_unit(word);
    if (!found)
        found = find_before_brackets(word, length);
    if (!found)
        return -EINVAL;
    *out = *found;
    return 0;
}

int quote_per_text(const char *text, size_t n, struct quote_per *out)
{
    char word[UNIT_WORD_MAX];
    const struct quote_word *found = NULL;

    if (label_normalise(text, n, word, sizeof word) > 0)
        found = word_find(word, quote_per_words, quote_per_words_count, sizeof *quote_per_words);
    *out = found ? found->per : (struct quote_per){QUOTE_UNIT_NONE, 1};
    return found ? 0 : -EINVAL;
}

const char *unit_name(enum unit unit)
{
    static const char *const names[] = {"", "pcs", "set", "m"};

    return names[unit];
}
