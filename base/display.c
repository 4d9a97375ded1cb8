/* The disturbing characters are found by their UTF-8 bytes. */
#include "base/display.h"

#include <string.h>

/* Returns the length of the disturbing character at p, or 0. */
static unsigned disturbing(const unsigned char *p)
{
    if (p[0] < ' ' || p[0] == 0x7f)
        return 1;
    if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f) /* C1 */
        return 2;
    if (p[0] == 0xd8 && p[1] == 0x9c) /* U+061C, Arabic letter mark */
        return 2;
    if (p[0] != 0xe2)
        return 0;
    /* U+200E, U+200F, U+2028 to U+202E */
    if (p[1] == 0x80 && (p[2] == 0x8e || p[2] == 0x8f || (p[2] >= 0xa8 && p[2] <= 0xae)))
        return 3;
    return p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9 ? 3 : 0; /* U+2066 to U+2069 */
}

void display_clean(char *text, char with)
{
    for (unsigned char *p = (unsigned char *)text; *p; p++) {
        unsigned n = disturbing(p);
        if (n > 0) {
            memset(p, with, n);
            p += n - 1;
        }
    }
}
