/* Host names: the port is taken off, then they are compared as text or as addresses. */
#include "daemon/http/hostname.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define NAME_MAX_LEN 253
#define SEPARATORS   ", \t"

/* The length of the name in host[0..n), or 0 if what follows it is not a port. "[::1]:80" has the name "[::1]". */
static size_t name_length(const char *host, size_t n)
{
    const char *end = n > 0 && host[0] == '[' ? memchr(host, ']', n) : memchr(host, ':', n);
    size_t len = n;

    if (end)
        len = (size_t)(end - host) + (*end == ']');
    else if (n > 0 && host[0] == '[')
        return 0;
    if (len < n && host[len] != ':')
        return 0;
    for (size_t i = len + 1; i < n; i++)
        if (host[i] < '0' || host[i] > '9')
            return 0;
    if (len > 1 && host[len - 1] == '.') /* the root, written out */
        len--;
    return len <= NAME_MAX_LEN ? len : 0;
}

/* An address of 16 bytes, IPv4 as ::ffff:a.b.c.d. Returns false if the name is not an address. */
static bool take_address(const char *name, size_t n, struct in6_addr *out)
{
    char text[INET6_ADDRSTRLEN + 8] = "::ffff:";
    bool bracketed = n > 2 && name[0] == '[';
    size_t at = bracketed ? 0 : 7, len = bracketed ? n - 2 : n;

    if (at + len >= sizeof text || (!bracketed && memchr(name, ':', n)))
        return false;
    memcpy(text + at, name + bracketed, len);
    text[at + len] = '\0';
    return inet_pton(AF_INET6, text, out) == 1;
}

static bool ends_in_localhost(const char *name, size_t n)
{
    return n >= 9 && strncasecmp(name + n - 9, "localhost", 9) == 0 && (n == 9 || name[n - 10] == '.');
}

bool hostname_is_loopback(const char *host, size_t n)
{
    struct in6_addr address;

    if (n >= 10 && memcmp(host, "127.0.0.1:", 10) == 0)
        return name_length(host, n) == 9;
    n = name_length(host, n);
    if (n == 0)
        return false;
    if (!take_address(host, n, &address))
        return ends_in_localhost(host, n);
    return IN6_IS_ADDR_LOOPBACK(&address) || (IN6_IS_ADDR_V4MAPPED(&address) && address.s6_addr[12] == 127);
}

bool hostname_in_list(const char *host, size_t n, const char *list)
{
    struct in6_addr wanted, address;

    n = name_length(host, n);
    if (n == 0)
        return false;
    bool is_address = take_address(host, n, &wanted);
    for (const char *p = list + strspn(list, SEPARATORS); *p; p += strspn(p, SEPARATORS)) {
        size_t len = strcspn(p, SEPARATORS);
        if (len == n && strncasecmp(p, host, n) == 0)
            return true;
        if (is_address && take_address(p, len, &address) && memcmp(&address, &wanted, sizeof address) == 0)
            return true;
        p += len;
    }
    return false;
}

bool hostname_is_local(const char *host, size_t n, int fd)
{
    struct sockaddr_storage own = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof own;
    struct in6_addr wanted;
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)&own;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)&own;

    n = name_length(host, n);
    if (n == 0 || !take_address(host, n, &wanted) || getsockname(fd, (struct sockaddr *)&own, &size) != 0)
        return false;
    if (own.ss_family == AF_INET)
        return IN6_IS_ADDR_V4MAPPED(&wanted) && memcmp(&wanted.s6_addr[12], &v4->sin_addr, 4) == 0;
    return own.ss_family == AF_INET6 && memcmp(&wanted, &v6->sin6_addr, sizeof wanted) == 0;
}

int hostname_list_check(const char *list, char bad[100])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._";
    struct in6_addr address;

    for (const char *p = list + strspn(list, SEPARATORS); *p; p += strspn(p, SEPARATORS)) {
        size_t len = strcspn(p, SEPARATORS);
        snprintf(bad, 100, "%.*s", (int)(len < 99 ? len : 99), p);
        bool name = strspn(p, letters) == len && len <= NAME_MAX_LEN && p[0] != '.' && p[len - 1] != '.';
        if (!name && !(p[0] == '[' && p[len - 1] == ']' && take_address(p, len, &address)))
            return -1;
        p += len;
    }
    return 0;
}
