/* 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01: version, trace, parent, flags. */
#include "daemon/accept/trace.h"

#include <stdio.h>
#include <string.h>

#define TRACE_ID  3
#define PARENT_ID 36
#define FLAGS     53

static bool hexadecimal(const char *text, size_t n)
{
    return strspn(text, "0123456789abcdef") >= n;
}

static bool all_zero(const char *text, size_t n)
{
    return strspn(text, "0") >= n;
}

bool trace_valid(const char *text)
{
    if (strlen(text) < TRACE_LEN || text[2] != '-' || text[PARENT_ID - 1] != '-' || text[FLAGS - 1] != '-')
        return false;
    if (!hexadecimal(text, 2) || !hexadecimal(text + TRACE_ID, 32) || !hexadecimal(text + PARENT_ID, 16) ||
        !hexadecimal(text + FLAGS, 2))
        return false;
    if (all_zero(text + TRACE_ID, 32) || all_zero(text + PARENT_ID, 16) || strncmp(text, "ff", 2) == 0)
        return false;
    return text[TRACE_LEN] == '\0' || (text[TRACE_LEN] == '-' && strncmp(text, "00", 2) != 0);
}

void trace_of(struct http_request *request, char out[TRACE_LEN + 1])
{
    const char *sent = http_header(request, "traceparent");

    out[0] = '\0';
    if (sent && trace_valid(sent))
        snprintf(out, TRACE_LEN + 1, "%.*s", TRACE_LEN, sent);
}
