/* Does a text make words when it is read as Windows-1251? Other encodings give signs that no text has (866), capitals
 * inside words (KOI8-R), single Cyrillic letters inside Latin words (1252), or pairs that are UTF-8 (a damaged one). */
#include "handlers/sheet/csv/encoding.h"

#include <string.h>

enum byte_kind { PLAIN, LATIN, SMALL, CAPITAL, SIGN, ODD };

/* Letters of Russian, Ukrainian and Belarusian; quotes, dashes, currencies and the like. */
static enum byte_kind kind_of(unsigned char c)
{
    static const char signs[] =
        "\x82\x84\x85\x88\x89\x8b\x91\x92\x93\x94\x95\x96\x97\x99\x9b\xa0\xa7\xa9\xab\xad\xae\xb0\xb1\xb5\xb7\xb9\xbb";
    static const char small[] = "\xa2\xb3\xb4\xb8\xba\xbf", capital[] = "\xa1\xa5\xa8\xaa\xaf\xb2";

    if (c < 0x80)
        return (c | 32) >= 'a' && (c | 32) <= 'z' ? LATIN : PLAIN;
    if (c >= 0xe0 || strchr(small, c))
        return SMALL;
    if (c >= 0xc0 || strchr(capital, c))
        return CAPITAL;
    return strchr(signs, c) ? SIGN : ODD;
}

static bool is_letter(enum byte_kind kind)
{
    return kind == SMALL || kind == CAPITAL;
}

static void add(struct csv_letters *l, unsigned char before, unsigned char c)
{
    enum byte_kind last = kind_of(before), now = kind_of(c);

    l->odd += now == ODD;
    l->pairs += before >= 0xc2 && before < 0xf0 && c >= 0x80 && c < 0xc0;
    l->letters += is_letter(now);
    l->lower += now == SMALL;
    l->upper += now == CAPITAL;
    l->same += is_letter(last) && is_letter(now);
    l->mixed += (last == LATIN && is_letter(now)) || (is_letter(last) && now == LATIN);
    l->rising += last == SMALL && now == CAPITAL;
    l->falling += last == CAPITAL && now == SMALL;
}

void csv_letters_add(struct csv_letters *letters, const unsigned char *text, size_t n)
{
    unsigned char last = letters->last;

    for (size_t i = 0; i < n; last = text[i++])
        if ((text[i] | last) >= 0x80)
            add(letters, last, text[i]);
    letters->last = last;
}

bool csv_letters_make_words(const struct csv_letters *l)
{
    bool inside_out = l->rising >= 5 && l->rising > l->falling && l->upper > l->lower && l->rising * 40 > l->letters;

    return l->odd * 20 <= l->letters && l->pairs * 4 <= l->letters && l->mixed <= l->same && !inside_out;
}
