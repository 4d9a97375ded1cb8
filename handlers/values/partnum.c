/* Part numbers in a form that can be compared. Each code point goes through fixed tables, so that the result is the
 * same on every machine and with every release of a Unicode library. */
#include "handlers/values/partnum.h"

#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

struct code_range {
    uint16_t first, last;
};

/* Characters above ASCII that are dropped: separators, spaces, dashes, quotes, signs and marks that are not part of a
 * number. Of ASCII only letters, digits, + and = are kept. */
static const struct code_range deleted[] = {
    {0x0080, 0x00BF}, {0x00D7, 0x00D7}, {0x00F7, 0x00F7}, {0x0300, 0x036F},
    {0x2000, 0x2BFF}, {0x3000, 0x303F}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF},
};

static bool is_deleted(uint32_t cp)
{
    for (size_t i = 0; i < sizeof deleted / sizeof deleted[0]; i++) {
        if (cp >= deleted[i].first && cp <= deleted[i].last)
            return true;
    }
    return false;
}

static uint32_t upper(uint32_t cp)
{
    if (cp >= 'a' && cp <= 'z')
        return cp - 0x20;
    if ((cp >= 0xE0 && cp <= 0xFE) || (cp >= 0x430 && cp <= 0x44F))
        return cp - 0x20;
    if (cp == 0x3C2) /* final sigma has the capital of sigma */
        return 0x3A3;
    if (cp >= 0x3B1 && cp <= 0x3C9)
        return cp - 0x20;
    return cp >= 0x450 && cp <= 0x45F ? cp - 0x50 : cp;
}

/* Returns the Latin letter that looks the same, or 0. */
static char look_alike(uint32_t cp)
{
    static const char greek[0x3AA - 0x391] = {
        [0x391 - 0x391] = 'A', [0x392 - 0x391] = 'B', [0x395 - 0x391] = 'E', [0x396 - 0x391] = 'Z',
        [0x397 - 0x391] = 'H', [0x399 - 0x391] = 'I', [0x39A - 0x391] = 'K', [0x39C - 0x391] = 'M',
        [0x39D - 0x391] = 'N', [0x39F - 0x391] = 'O', [0x3A1 - 0x391] = 'P', [0x3A4 - 0x391] = 'T',
        [0x3A5 - 0x391] = 'Y', [0x3A7 - 0x391] = 'X',
    };
    static const char cyrillic[0x430 - 0x401] = {
        [0x401 - 0x401] = 'E', [0x405 - 0x401] = 'S', [0x406 - 0x401] = 'I', [0x408 - 0x401] = 'J',
        [0x410 - 0x401] = 'A', [0x412 - 0x401] = 'B', [0x415 - 0x401] = 'E', [0x41A - 0x401] = 'K',
        [0x41C - 0x401] = 'M', [0x41D - 0x401] = 'H', [0x41E - 0x401] = 'O', [0x420 - 0x401] = 'P',
        [0x421 - 0x401] = 'C', [0x422 - 0x401] = 'T', [0x423 - 0x401] = 'Y', [0x425 - 0x401] = 'X',
    };

    if (cp >= 0x391 && cp < 0x3AA)
        return greek[cp - 0x391];
    return cp >= 0x401 && cp < 0x430 ? cyrillic[cp - 0x401] : '\0';
}

static bool is_kept_ascii(uint32_t cp)
{
    return (cp >= 'A' && cp <= 'Z') || (cp >= '0' && cp <= '9') || cp == '+' || cp == '=';
}

/* Returns the normalised code point, or 0 if it is dropped. */
static uint32_t fold(uint32_t cp, bool *folded)
{
    if (cp >= 0xFF01 && cp <= 0xFF5E)
        cp -= 0xFEE0;
    if (cp < 0x80) { /* nearly always */
        cp = upper(cp);
        return is_kept_ascii(cp) ? cp : 0;
    }
    if (is_deleted(cp))
        return 0;
    cp = upper(cp);
    char latin = look_alike(cp);
    if (latin == '\0')
        return cp;
    *folded = true;
    return (uint32_t)latin;
}

enum pn_status pn_normalise(const char *text, size_t n, char *out, bool *folded)
{
    enum pn_status status = PN_OK;
    unsigned characters = 0;
    bool changed = false;
    size_t used = 0, len;

    out[0] = '\0';
    if (folded)
        *folded = false;
    for (size_t i = 0; i < n; i += len) {
        uint32_t cp = utf8_decode(text + i, n - i, &len);
        if (cp == UTF8_BAD) {
            out[0] = '\0';
            return PN_ENCODING;
        }
        cp = fold(cp, &changed);
        if (cp == 0 || status == PN_LONG)
            continue; /* too long already: only the encoding of the rest is checked */
        if (characters++ == PN_MAX)
            status = PN_LONG;
        else
            used += utf8_encode(cp, out + used);
    }
    if (status == PN_OK && used == 0)
        status = PN_EMPTY;
    out[status == PN_OK ? used : 0] = '\0';
    if (folded)
        *folded = changed && status == PN_OK;
    return status;
}

static uint32_t skeleton_of(uint32_t cp)
{
    switch (cp) {
    case 'O':
    case 'Q':
        return '0';
    case 'I':
    case 'L':
        return '1';
    case 'Z':
        return '2';
    case 'S':
        return '5';
    case 'B':
        return '8';
    case 'G':
    case 0x411: /* Б */
        return '6';
    case 0x417: /* З */
        return '3';
    case 0x427: /* Ч */
        return '4';
    default:
        return cp;
    }
}

void pn_skeleton(const char *norm, char *out)
{
    size_t n = strlen(norm), used = 0, len;

    for (size_t i = 0; i < n && used + 4 < PN_BYTES; i += len) {
        uint32_t cp = utf8_decode(norm + i, n - i, &len);
        if (cp != UTF8_BAD)
            used += utf8_encode(skeleton_of(cp), out + used);
    }
    out[used] = '\0';
}

const char *pn_status_code(enum pn_status status)
{
    static const char *const codes[] = {"", "E_PN_EMPTY", "E_PN_LONG", "E_ENCODING"};

    return codes[status];
}
