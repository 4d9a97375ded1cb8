/* A dictionary of structured fields (RFC 8941), read no further than it is needed: "sha-256=:BASE64:, other=:…:". */
#include "daemon/accept/contentdigest.h"

#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

#define BASE64_LEN 44 /* of 32 bytes: 43 characters and one for padding */

/* The value of a member: ":BASE64:", then nothing, parameters, or the next member. */
static int take_value(const char *text, uint8_t digest[32])
{
    unsigned char bytes[BASE64_LEN / 4 * 3];
    if (text[0] != ':' || strcspn(text + 1, ":") != BASE64_LEN || text[BASE64_LEN] != '=' ||
        text[BASE64_LEN - 1] == '=' || text[BASE64_LEN + 1] != ':')
        return -1;
    if (EVP_DecodeBlock(bytes, (const unsigned char *)text + 1, BASE64_LEN) != (int)sizeof bytes)
        return -1;
    memcpy(digest, bytes, 32);
    return 1;
}

int contentdigest_parse(const char *header, uint8_t digest[32])
{
    static const char key[] = "sha-256=";
    int found = 0;
    for (const char *p = header; p && *p; p = strchr(p, ',')) {
        p += strspn(p, ", \t");
        if (strncasecmp(p, key, sizeof key - 1) == 0 && (found = take_value(p + sizeof key - 1, digest)) < 0)
            return -1; /* of several the last one counts */
    }
    return found;
}
