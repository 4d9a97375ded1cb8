/* sd_notify without the library: the protocol is one datagram. */
#include "daemon/process/notify.h"

#include "base/clock.h"
#include "daemon/process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static struct {
    int fd;
    struct sockaddr_un address;
    socklen_t address_len;
    int64_t watchdog_ms;
    char status[200];
} notify_state = {.fd = -1};

static int fill_address(const char *path, struct sockaddr_un *address, socklen_t *len)
{
    size_t n = strlen(path);

    if (n == 0 || n >= sizeof address->sun_path)
        return -ENAMETOOLONG;
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(address->sun_path, path, n);
    if (path[0] == '@')
        address->sun_path[0] = '\0'; /* abstract: the length ends the name, no terminator */
    *len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (path[0] == '@' ? 0 : 1));
    return 0;
}

static void read_watchdog(void)
{
    const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

    notify_state.watchdog_ms = 0;
    if (!usec || (pid && strtol(pid, NULL, 10) != getpid()))
        return;
    long long us = strtoll(usec, NULL, 10);
    if (us >= 2000 && us < 1000LL * 1000 * 86400)
        notify_state.watchdog_ms = us / 2000;
}

void notify_init(void)
{
    const char *path = getenv("NOTIFY_SOCKET");

    notify_fini();
    read_watchdog();
    if (path && (path[0] == '/' || path[0] == '@') &&
        fill_address(path, &notify_state.address, &notify_state.address_len) == 0)
        notify_state.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

void notify_fini(void)
{
    if (notify_state.fd >= 0)
        close(notify_state.fd);
    notify_state.fd = -1;
    notify_state.status[0] = '\0';
}

int64_t notify_watchdog_ms(void)
{
    return notify_state.watchdog_ms;
}

void notify_send(const char *format, ...)
{
    char text[512];
    va_list args;

    if (notify_state.fd < 0)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    /* A lost datagram is repeated by the next status or watchdog line; there is nothing better to do here. */
    (void)!sendto(notify_state.fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
                  (const struct sockaddr *)&notify_state.address, notify_state.address_len);
}

void notify_status(const char *format, ...)
{
    char text[sizeof notify_state.status];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    text[strcspn(text, "\n")] = '\0';
    if (strcmp(text, notify_state.status) == 0)
        return;
    memcpy(notify_state.status, text, sizeof text);
    notify_send("STATUS=%s", text);
}

void notify_reloading(void)
{
    notify_send("RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_mono_ms() * 1000);
}

/* ---- The receiving side ---- */

static void parse_line(const char *line, size_t len, struct notify_message *out)
{
    char text[200];

    snprintf(text, sizeof text, "%.*s", (int)(len < sizeof text ? len : sizeof text - 1), line);
    if (strcmp(text, "READY=1") == 0)
        out->ready = true;
    else if (strcmp(text, "STOPPING=1") == 0)
        out->stopping = true;
    else if (strncmp(text, "EXTEND_TIMEOUT_USEC=", 20) == 0 && text[20] >= '0' && text[20] <= '9')
        out->extend_us = strtoull(text + 20, NULL, 10);
    else if (strncmp(text, "STATUS=", 7) == 0)
        snprintf(out->status, sizeof out->status, "%.*s", (int)sizeof out->status - 1, text + 7);
}

void notify_parse(const char *text, unsigned long len, struct notify_message *out)
{
    const char *end = text + len;

    *out = (struct notify_message){.ready = false};
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *stop = newline ? newline : end;
        parse_line(text, (size_t)(stop - text), out);
        text = stop + 1;
    }
}

int notify_listen(const char *path)
{
    struct sockaddr_un address;
    socklen_t len;
    int rc = fill_address(path, &address, &len);

    if (rc < 0)
        return rc;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (path[0] == '/')
        unlink(path);
    if (bind(fd, (const struct sockaddr *)&address, len) < 0) {
        rc = -errno;
        close(fd);
        return rc;
    }
    return fd;
}

int notify_receive(int fd, struct notify_message *out)
{
    char text[2048];
    ssize_t n;

    do {
        n = recv(fd, text, sizeof text, MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return 0;
    notify_parse(text, (unsigned long)n, out);
    return 1;
}
