/* Trusted proxies: the list, and reading X-Forwarded-For from the right. */
#include "daemon/http/proxies.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Any address as 16 bytes. Returns the number of bits that count at the end (32 or 128), or 0. */
static unsigned take_address(const char *text, uint8_t out[16])
{
    memset(out, 0, 16);
    if (inet_pton(AF_INET, text, out + 12) == 1) {
        out[10] = out[11] = 0xff;
        return 32;
    }
    return inet_pton(AF_INET6, text, out) == 1 ? 128 : 0;
}

static bool add_net(const char *item, struct proxies *out)
{
    char address[64];
    const char *slash = strchr(item, '/');
    size_t len = slash ? (size_t)(slash - item) : strlen(item);
    struct proxy_net *net = &out->nets[out->n_nets];
    char *end = NULL;

    if (len >= sizeof address || out->n_nets == PROXIES_MAX)
        return false;
    memcpy(address, item, len);
    address[len] = '\0';
    unsigned width = take_address(address, net->address);
    unsigned long bits = slash ? strtoul(slash + 1, &end, 10) : width;
    if (width == 0 || bits > width || (slash && (slash[1] < '0' || slash[1] > '9' || *end != '\0')))
        return false;
    net->bits = 128 - width + (unsigned)bits;
    out->n_nets++;
    return true;
}

static bool add_user(const char *name, struct proxies *out)
{
    const struct passwd *user = getpwnam(name);

    if (!user || out->n_users == PROXIES_MAX)
        return false;
    out->users[out->n_users++] = user->pw_uid;
    return true;
}

static bool add_item(const char *item, struct proxies *out)
{
    if (strcmp(item, "unix") == 0)
        return out->any_user = true;
    return strncmp(item, "unix:", 5) == 0 ? add_user(item + 5, out) : add_net(item, out);
}

int proxies_parse(const char *text, struct proxies *out, char bad[100])
{
    memset(out, 0, sizeof *out);
    for (const char *p = text + strspn(text, ", \t"); *p != '\0'; p += strspn(p, ", \t")) {
        size_t n = strcspn(p, ", \t");
        snprintf(bad, 100, "%.*s", (int)(n < 99 ? n : 99), p);
        if (n > 99 || !add_item(bad, out))
            return -1;
        p += n;
    }
    return 0;
}

bool proxies_has_user(const struct proxies *proxies, uid_t user)
{
    for (unsigned i = 0; i < proxies->n_users; i++)
        if (proxies->users[i] == user)
            return true;
    return proxies->any_user;
}

static bool in_net(const struct proxy_net *net, const uint8_t address[16])
{
    unsigned whole = net->bits / 8, rest = net->bits % 8;

    if (memcmp(net->address, address, whole) != 0)
        return false;
    return rest == 0 || (net->address[whole] ^ address[whole]) >> (8 - rest) == 0;
}

static bool trusted(const struct proxies *proxies, const uint8_t address[16])
{
    for (unsigned i = 0; i < proxies->n_nets; i++)
        if (in_net(&proxies->nets[i], address))
            return true;
    return false;
}

bool proxies_has_address(const struct proxies *proxies, const char *address)
{
    uint8_t bytes[16];

    return take_address(address, bytes) != 0 && trusted(proxies, bytes);
}

/* The item that ends before `end`, without blanks; returns where it starts. Returns false if it is not an address. */
static bool take_hop(const char *list, const char **end, uint8_t address[16], unsigned *width)
{
    const char *start = *end, *stop = *end;
    char text[64];

    while (start > list && start[-1] != ',')
        start--;
    *end = start > list ? start - 1 : NULL;
    start += strspn(start, " \t");
    while (stop > start && (stop[-1] == ' ' || stop[-1] == '\t'))
        stop--;
    if (stop <= start || (size_t)(stop - start) >= sizeof text)
        return false;
    memcpy(text, start, (size_t)(stop - start));
    text[stop - start] = '\0';
    *width = take_address(text, address);
    return *width != 0;
}

bool proxies_client(const struct proxies *proxies, const char *list, char out[64])
{
    const char *end = list + strlen(list);
    uint8_t address[16];
    unsigned width;
    bool found = false;

    while (end && take_hop(list, &end, address, &width)) {
        bool v4 = width == 32;
        found = inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? address + 12 : address, out, 64) != NULL;
        if (!trusted(proxies, address))
            break;
    }
    return found;
}
