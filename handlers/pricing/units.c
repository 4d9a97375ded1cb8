/* Units of measure by their names and OKEI codes. */
#include "handlers/pricing/values.h"

#include "handlers/pricing/labels.h"
#include "handlers/pricing/words.h"

#include <errno.h>

enum { UNIT_WORD_MAX = 64 }; /* longer than every known unit: a text that is cut here is unknown anyway */

int value_unit_text(const char *text, size_t n, struct value_unit *out)
{
    char word[UNIT_WORD_MAX];

    *out = (struct value_unit){UNIT_NONE, 1, false};
    if (label_normalise(text, n, word, sizeof word) == 0)
        return 0;
    const struct unit_word *found = word_find(word, unit_words, unit_words_count, sizeof unit_words[0]);
    if (!found)
        return -EINVAL;
    *out = found->unit;
    return 0;
}

const char *unit_name(enum unit unit)
{
    static const char *const names[] = {"", "pcs", "set", "m"};

    return names[unit];
}
