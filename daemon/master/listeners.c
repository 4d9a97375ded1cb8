/* TCP, unix sockets, socket activation. */
#include "daemon/master/listeners.h"

#include "base/log.h"
#include "daemon/config/table.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* The kernel lowers it to net.core.somaxconn. */
#define BACKLOG          4096
#define ACTIVATION_FIRST 3
#define ACTIVATION_MAX   512
#define BIND_LOOK_NS     20000000L /* 20 ms */
#define BIND_LOOKS       100

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un un;
    struct sockaddr_storage storage;
};

/* ---- Socket activation ---- */

static int prepare_activated(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return -1;
    return fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* Place in unix_fds of "worker-3" or "http-3", with or without ".sock"; -1 if there is none. */
static int place_of(const struct listeners *listeners, const char *name)
{
    char *end;
    bool worker = strncmp(name, "worker-", 7) == 0;
    const char *digits = worker ? name + 7 : name + 5;

    if ((!worker && strncmp(name, "http-", 5) != 0) || digits[0] < '0' || digits[0] > '9')
        return -1;
    unsigned long index = strtoul(digits, &end, 10);
    if ((*end != '\0' && strcmp(end, ".sock") != 0) || index >= (worker ? listeners->n_unix : listeners->n_proxy))
        return -1;
    return (int)index + (worker ? 0 : (int)listeners->n_unix);
}

/* A socket unit has one name for all its sockets: then their paths tell them apart. */
static int adopt_unix(struct listeners *listeners, int fd, const struct sockaddr_un *address, const char *name)
{
    const char *slash = strrchr(address->sun_path, '/');
    int place = place_of(listeners, name);

    if (place < 0 && slash)
        place = place_of(listeners, slash + 1);
    if (place < 0 || listeners->unix_fds[place] >= 0) {
        log_error("start: systemd passed a unix socket named '%s' at %s; its file or FileDescriptorName= must be "
                  "worker-0 to worker-%u or http-0 to http-%d",
                  name, address->sun_path, listeners->n_unix - 1, (int)listeners->n_proxy - 1);
        return -1;
    }
    listeners->unix_fds[place] = fd;
    return 0;
}

static int adopt(struct listeners *listeners, int fd, const char *name)
{
    union address address = {.any = {.sa_family = AF_UNSPEC}};
    socklen_t len = sizeof address;
    int listening = 0;
    socklen_t int_len = sizeof listening;

    if (prepare_activated(fd) < 0 || getsockname(fd, &address.any, &len) < 0 ||
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &int_len) < 0 || !listening) {
        log_error("start: descriptor %d that systemd passed as '%s' is not a listening socket", fd, name);
        return -1;
    }
    if (address.any.sa_family == AF_UNIX)
        return adopt_unix(listeners, fd, &address.un, name);
    if (listeners->tcp >= 0) {
        log_error("start: systemd passed two TCP sockets ('%s'); one is enough", name);
        return -1;
    }
    listeners->tcp = fd;
    return 0;
}

/* LISTEN_PID guards against variables inherited from somebody else's activation. */
static int adopt_activated(struct listeners *listeners)
{
    const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS"), *names = getenv("LISTEN_FDNAMES");
    long n = pid && count && strtol(pid, NULL, 10) == getpid() ? strtol(count, NULL, 10) : 0;
    int rc = 0;

    for (int i = 0; i < n && i < ACTIVATION_MAX && rc == 0; i++) {
        char name[64] = "";
        if (names) {
            size_t len = strcspn(names, ":");
            snprintf(name, sizeof name, "%.*s", (int)(len < sizeof name ? len : sizeof name - 1), names);
            names = names[len] == ':' ? names + len + 1 : NULL;
        }
        rc = adopt(listeners, ACTIVATION_FIRST + i, name);
    }
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    return rc;
}

/* ---- TCP ---- */

static socklen_t tcp_address(const char *text, union address *out)
{
    char host[64];
    unsigned port;

    *out = (union address){.any = {.sa_family = AF_UNSPEC}};
    if (config_split_listen(text, host, sizeof host, &port) < 0)
        abort(); /* the configuration was checked */
    if (strcmp(host, "localhost") == 0 || inet_pton(AF_INET, host, &out->v4.sin_addr) == 1) {
        if (strcmp(host, "localhost") == 0)
            out->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons((uint16_t)port);
        return sizeof out->v4;
    }
    if (inet_pton(AF_INET6, host, &out->v6.sin6_addr) != 1)
        abort();
    out->v6.sin6_family = AF_INET6;
    out->v6.sin6_port = htons((uint16_t)port);
    return sizeof out->v6;
}

/* The children of a daemon that was killed have its socket until they have ended, which takes milliseconds. */
static int bind_patiently(int fd, const union address *address, socklen_t len)
{
    struct timespec pause = {.tv_nsec = BIND_LOOK_NS};
    for (unsigned looks = 1; bind(fd, &address->any, len) != 0; looks++) {
        if (errno != EADDRINUSE || looks == BIND_LOOKS)
            return -1;
        nanosleep(&pause, NULL);
    }
    return 0;
}

static int open_tcp(const char *text)
{
    union address address;
    socklen_t len = tcp_address(text, &address);
    const int one = 1;
    int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0 && bind_patiently(fd, &address, len) == 0 &&
        listen(fd, BACKLOG) == 0)
        return fd;
    if (errno == EADDRINUSE)
        log_error(
            "start: http.listen = %s: another program is listening there; choose another port, or 0 for a free one",
            text);
    else
        log_error("start: http.listen = %s: %s", text, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Name of the bound socket; refuses an activated one that the world could reach. */
static int name_tcp(struct listeners *listeners, bool tokens)
{
    union address address = {.any = {.sa_family = AF_UNSPEC}};
    socklen_t len = sizeof address;
    char host[INET6_ADDRSTRLEN] = "";
    bool v6;

    snprintf(listeners->name, sizeof listeners->name, "none");
    if (listeners->tcp < 0)
        return 0;
    if (getsockname(listeners->tcp, &address.any, &len) < 0)
        return -1;
    v6 = address.any.sa_family == AF_INET6;
    inet_ntop(address.any.sa_family, v6 ? (void *)&address.v6.sin6_addr : (void *)&address.v4.sin_addr, host,
              sizeof host);
    snprintf(listeners->name, sizeof listeners->name, v6 ? "[%s]:%u" : "%s:%u", host,
             (unsigned)ntohs(v6 ? address.v6.sin6_port : address.v4.sin_port));
    if (tokens || config_loopback(host))
        return 0;
    log_error("start: the listener %s is not a loopback address; it would ask for no credentials and is refused. Set "
              "auth.tokens_file, or let nginx face the network",
              listeners->name);
    return -1;
}

/* ---- Unix ---- */

static int open_unix(const char *path)
{
    union address address = {.un = {.sun_family = AF_UNIX}};

    /* The length was checked with the configuration. A file of that name is a leftover: the lock in this directory is
     * ours. */
    assert(strlen(path) < sizeof address.un.sun_path);
    memcpy(address.un.sun_path, path, strlen(path) + 1);
    unlink(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, &address.any, sizeof address.un) == 0 && chmod(path, 0660) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    log_error("start: cannot listen on %s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

static int open_unix_sockets(struct listeners *listeners, const char *dir)
{
    char path[128];

    for (unsigned i = 0; i < listeners->n_unix + listeners->n_proxy; i++) {
        bool worker = i < listeners->n_unix;
        if (listeners->unix_fds[i] >= 0)
            continue;
        snprintf(path, sizeof path, "%s/%s-%u.sock", dir, worker ? "worker" : "http",
                 worker ? i : i - listeners->n_unix);
        listeners->unix_fds[i] = open_unix(path);
        if (listeners->unix_fds[i] < 0)
            return -1;
        listeners->paths[i] = strdup(path);
        if (!listeners->paths[i])
            abort();
    }
    return 0;
}

int listeners_open(struct listeners *listeners, const struct config *config)
{
    unsigned n = config->workers + config->sockets;

    *listeners = (struct listeners){.tcp = -1, .n_unix = config->workers, .n_proxy = config->sockets};
    listeners->unix_fds = calloc(n, sizeof *listeners->unix_fds);
    listeners->paths = calloc(n, sizeof *listeners->paths);
    if (!listeners->unix_fds || !listeners->paths)
        abort();
    for (unsigned i = 0; i < n; i++)
        listeners->unix_fds[i] = -1;
    if (adopt_activated(listeners) < 0)
        return -1;
    bool activated = listeners->tcp >= 0;
    if (!activated && config->listen[0]) {
        listeners->tcp = open_tcp(config->listen);
        if (listeners->tcp < 0)
            return -1;
    }
    if (name_tcp(listeners, config->tokens_file[0] != '\0') < 0)
        return -1;
    if (activated && strcmp(config->listen, listeners->name) != 0)
        log_info("start: http.listen = '%s' is not used: systemd passed the listener %s", config->listen,
                 listeners->name);
    return open_unix_sockets(listeners, config->runtime_dir);
}

/* Every socket has a worker, and every worker a socket: with more workers than sockets some share one. */
unsigned listeners_deal(const struct listeners *listeners, unsigned index, int out[HTTP_SOCKETS_MAX])
{
    unsigned n = 0;

    for (unsigned i = 0; i < listeners->n_proxy; i++) {
        if (i % listeners->n_unix == index || index % listeners->n_proxy == i)
            out[n++] = listeners->unix_fds[listeners->n_unix + i];
    }
    return n;
}

void listeners_close(struct listeners *listeners)
{
    if (listeners->tcp >= 0)
        close(listeners->tcp);
    listeners->tcp = -1;
    for (unsigned i = 0; i < listeners->n_unix + listeners->n_proxy; i++) {
        if (listeners->unix_fds && listeners->unix_fds[i] >= 0)
            close(listeners->unix_fds[i]);
        if (listeners->paths && listeners->paths[i])
            unlink(listeners->paths[i]);
        if (listeners->paths)
            free(listeners->paths[i]);
    }
    free(listeners->unix_fds);
    free(listeners->paths);
    *listeners = (struct listeners){.tcp = -1};
}
