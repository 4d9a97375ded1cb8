/* Hexadecimal digits, and the text of a UUID. Pure functions, any process. */
#ifndef PF_BASE_HEX_H
#define PF_BASE_HEX_H

#include <stddef.h>
#include <stdint.h>

#define HEX_UUID_SIZE 37

/* Value of one digit, upper or lower case; -1 if it is not a digit. */
static inline int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Writes n bytes as 2 * n lower-case digits and a terminator. Returns where the terminator is. */
char *hex_text(const void *bytes, size_t n, char *out);
/* Writes a number as lower-case digits without leading zeros, 16 at most; no terminator. Returns the end. */
char *hex_number(uint64_t value, char *out);
/* Reads 2 * n digits as hex_text() writes them, in lower case, into n bytes. Returns 0, or -1 if one of the characters
 * is not such a digit. What follows the digits is not looked at. */
int hex_read(const char *text, size_t n, void *out);
/* Writes a UUID in its usual form, lower case, terminated. */
void hex_uuid(const uint8_t id[16], char out[HEX_UUID_SIZE]);
/* Reads a UUID in its usual form, upper or lower case, and nothing behind it. Returns 0, or -1 if the text is not a
 * UUID. Every poll comes through here. */
int hex_uuid_read(const char *text, uint8_t id[16]);

#endif
