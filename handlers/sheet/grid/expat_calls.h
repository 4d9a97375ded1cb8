/* Calls of expat that have new names since 2.8 and 2.9; the old names are deprecated there. */
#ifndef PF_SHEET_GRID_EXPAT_CALLS_H
#define PF_SHEET_GRID_EXPAT_CALLS_H

#include <expat.h>
#include <stdint.h>
#include <string.h>

/* Returns the offset, in the bytes given to the parser, of what is being parsed; -1 if there is none. */
static inline int64_t expat_offset(XML_Parser parser)
{
#ifdef HAVE_XML_GETCURRENTBYTEINDEX64
    return XML_GetCurrentByteIndex64(parser);
#else
    return XML_GetCurrentByteIndex(parser);
#endif
}

/* Sets the salt of the parser's hash tables to `secret`, mixed so that no part of the salt is 0. Must be called before parsing. */
static inline void expat_set_salt(XML_Parser parser, uintptr_t secret)
{
    uint64_t salt[2] = {(uint64_t)secret >> 4 | 1, ((uint64_t)secret * 0x9e3779b97f4a7c15U) | 1};
#ifdef HAVE_XML_SETHASHSALT16BYTES
    uint8_t bytes[16];
    memcpy(bytes, salt, sizeof bytes);
    (void)XML_SetHashSalt16Bytes(parser, bytes);
#else
    (void)XML_SetHashSalt(parser, (unsigned long)salt[0]);
#endif
}

#endif
