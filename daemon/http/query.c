/* Percent escapes and query strings: decoded once, in place, into one allocation; nothing is allocated without a
 * query. */
#include "daemon/http/query.h"

#include "base/hex.h"
#include "base/utf8.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Length of the sequence that `lead` starts, 0 when it starts none. */
static size_t utf8_length(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead <= 0xdf)
        return 2;
    if ((lead & 0xf0) == 0xe0)
        return 3;
    return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

size_t query_decode(const char *p, size_t n, bool plus, char *out)
{
    size_t to = 0;

    for (size_t i = 0; i < n; i++) {
        if (p[i] == '%' && n - i > 2 && hex_digit(p[i + 1]) >= 0 && hex_digit(p[i + 2]) >= 0) {
            out[to++] = (char)(unsigned char)(hex_digit(p[i + 1]) * 16 + hex_digit(p[i + 2]));
            i += 2;
        } else {
            out[to++] = plus && p[i] == '+' ? ' ' : p[i];
        }
    }
    out[to] = '\0';
    return to;
}

static enum query_verdict check_escape(const char *p, size_t left, bool no_slash)
{
    int high, low;

    if (left < 3 || (high = hex_digit(p[1])) < 0 || (low = hex_digit(p[2])) < 0)
        return QUERY_BAD_ESCAPE;
    if (high == 0 && low == 0)
        return QUERY_NUL;
    return no_slash && ((high == 2 && low == 15) || (high == 5 && low == 12)) ? QUERY_SLASH : QUERY_OK;
}

enum query_verdict query_check_escapes(const char *p, size_t n, bool no_slash)
{
    char run[4];
    size_t have = 0, want = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        if (c == '%') {
            enum query_verdict verdict = check_escape(p + i, n - i, no_slash);
            if (verdict != QUERY_OK)
                return verdict;
            c = (unsigned char)(hex_digit(p[i + 1]) * 16 + hex_digit(p[i + 2]));
            i += 2;
        }
        if (have == 0 && (want = utf8_length(c)) == 0)
            return QUERY_NOT_UTF8;
        run[have++] = (char)c;
        if (have == want) {
            if (!utf8_valid(run, want))
                return QUERY_NOT_UTF8;
            have = 0;
        }
    }
    return have == 0 ? QUERY_OK : QUERY_NOT_UTF8;
}

static size_t count_pairs(const char *query)
{
    size_t n = 1;

    for (const char *p = query; (p = strchr(p, '&')); p++)
        n++;
    return n;
}

static char *put_decoded(char **to, const char *p, size_t n)
{
    char *start = *to;

    *to += query_decode(p, n, true, start) + 1;
    return start;
}

int query_parse(const char *query, struct param_raw **params, size_t *n, char **text)
{
    size_t pairs, used = 0;
    char *to;

    *params = NULL;
    *text = NULL;
    *n = 0;
    if (!query || query[0] == '\0')
        return 0;
    pairs = count_pairs(query);
    if (pairs > QUERY_PARAMS_MAX)
        return -1;
    *params = calloc(pairs, sizeof **params);
    /* every pair turns "a=b&" into "a\0b\0": at most one byte more than it had */
    to = *text = malloc(strlen(query) + pairs + 1);
    if (!*params || !*text)
        abort();
    for (const char *p = query; *p != '\0';) {
        size_t len = strcspn(p, "&"), name = strcspn(p, "=&");
        if (len > 0) {
            assert(used < pairs);
            (*params)[used].name = put_decoded(&to, p, name);
            (*params)[used].value = put_decoded(&to, p + name + (name < len), len - name - (name < len));
            used++;
        }
        p += len + (p[len] == '&');
    }
    *n = used;
    return 0;
}
