/* The request header Content-Digest (RFC 9530), its member sha-256 alone: what the client says the body's digest is. */
#ifndef PF_ACCEPT_CONTENTDIGEST_H
#define PF_ACCEPT_CONTENTDIGEST_H

#include <stdint.h>

/* Take the member sha-256 of the header (NULL = no header). Returns 1 with the digest; 0 when there is none, whatever
 * other algorithms it names; -1 when the member is not 32 bytes in base64 between colons. */
int contentdigest_parse(const char *header, uint8_t digest[32]);

#endif
