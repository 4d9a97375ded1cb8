/* Comparing tags, and making one from a text. */
#include "daemon/http/etag.h"

#include <string.h>

bool etag_matches(const char *header, const char *tag)
{
    const char *opaque = strchr(tag, '"');

    /* Quotes cannot occur inside a tag, so a substring with both of them is the whole tag. */
    return header && (strcmp(header, "*") == 0 || strstr(header, opaque));
}

uint64_t etag_digest(const char *text, size_t len)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)text[i]) * UINT64_C(1099511628211);
    return hash;
}
