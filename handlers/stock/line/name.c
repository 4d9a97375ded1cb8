/* The parts of a name that may be part numbers. */
#include "handlers/stock/line/name.h"

#include "base/utf8.h"

#include <string.h>

#define TOKEN_MIN 5

struct name_tokens name_tokens_of(struct cell_span name)
{
    return (struct name_tokens){.at = name.s, .end = name.s + name.n};
}

static bool is_separator(uint32_t cp)
{
    return utf8_is_space(cp) || cp == 0xab || cp == 0xbb || (cp > 0 && cp < 0x80 && strchr(",;()[]\"", (int)cp));
}

/* The next run of characters between separators; n 0 at the end. */
static struct cell_span next_run(struct name_tokens *tokens)
{
    const char *start = NULL;
    while (tokens->at < tokens->end) {
        size_t len;
        uint32_t cp = utf8_decode(tokens->at, (size_t)(tokens->end - tokens->at), &len);
        bool separator = is_separator(cp);
        if (start && separator)
            break;
        if (!start && !separator)
            start = tokens->at;
        tokens->at += len;
    }
    return start ? (struct cell_span){start, (size_t)(tokens->at - start)} : (struct cell_span){"", 0};
}

/* Cheap, before anything is normalised: most words have no digit. A digit of full width is not ASCII. */
static bool may_have_digit(struct cell_span run)
{
    for (size_t i = 0; i < run.n; i++)
        if ((run.s[i] >= '0' && run.s[i] <= '9') || (unsigned char)run.s[i] == 0xef)
            return true;
    return false;
}

static bool can_be_number(const char *norm)
{
    unsigned characters = 0;
    bool digit = false;
    for (const char *p = norm; *p; p++) {
        characters += ((unsigned char)*p & 0xc0) != 0x80;
        digit |= *p >= '0' && *p <= '9';
    }
    return characters >= TOKEN_MIN && digit;
}

bool name_tokens_next(struct name_tokens *tokens)
{
    for (tokens->text = next_run(tokens); tokens->text.n; tokens->text = next_run(tokens))
        if (tokens->text.n >= TOKEN_MIN && may_have_digit(tokens->text) &&
            pn_normalise(tokens->text.s, tokens->text.n, tokens->norm, &tokens->folded) == PN_OK &&
            can_be_number(tokens->norm))
            return true;
    return false;
}
