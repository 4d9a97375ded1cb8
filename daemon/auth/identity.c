/* The one place that decides what makes two requests come from the same client. */
#include "daemon/auth/identity.h"

#include <stdio.h>

void client_identity(struct http_request *request, char out[IDENTITY_MAX])
{
    if (request->who[0] != '\0') { /* a token says more than an address, which many may share */
        snprintf(out, IDENTITY_MAX, "token:%s", request->who);
        return;
    }
    http_client_address(request, out);
    if (out[0] == '\0')
        snprintf(out, IDENTITY_MAX, "unknown");
}

/* FNV-1a: two clients that share a number share a waiting line, nothing more. */
uint32_t client_number(const char *identity)
{
    uint32_t hash = UINT32_C(2166136261);
    for (const unsigned char *p = (const unsigned char *)identity; *p; p++)
        hash = (hash ^ *p) * UINT32_C(16777619);
    return hash != 0 ? hash : 1;
}
