/* Bytes to hexadecimal digits and back. */
#include "base/hex.h"

static const char digits[] = "0123456789abcdef";

char *hex_text(const void *bytes, size_t n, char *out)
{
    const unsigned char *p = bytes;

    for (size_t i = 0; i < n; i++) {
        *out++ = digits[p[i] >> 4];
        *out++ = digits[p[i] & 15];
    }
    *out = '\0';
    return out;
}

char *hex_number(uint64_t value, char *out)
{
    int shift = 60;

    while (shift > 0 && value >> shift == 0)
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        *out++ = digits[value >> shift & 15];
    return out;
}

int hex_read(const char *text, size_t n, void *out)
{
    unsigned char *to = out;

    for (size_t i = 0; i < 2 * n; i++) {
        int value = text[i] >= 'A' && text[i] <= 'F' ? -1 : hex_digit(text[i]);
        if (value < 0)
            return -1;
        to[i / 2] = (unsigned char)(i % 2 ? to[i / 2] | value : value << 4);
    }
    return 0;
}

void hex_uuid(const uint8_t id[16], char out[HEX_UUID_SIZE])
{
    static const unsigned char starts[] = {0, 4, 6, 8, 10, 16};

    for (unsigned group = 0; group < 5; group++) {
        out = hex_text(id + starts[group], (size_t)starts[group + 1] - starts[group], out);
        if (group < 4)
            *out++ = '-';
    }
}

int hex_uuid_read(const char *text, uint8_t id[16])
{
    for (unsigned i = 0; i < 16; i++) {
        if ((i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-')
            return -1;
        int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);
        if (low < 0)
            return -1;
        id[i] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    return *text == '\0' ? 0 : -1;
}
