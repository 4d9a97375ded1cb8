/* Many clients that poll at a fixed pace, as pages do: an open loop. Each client has a keep-alive connection of its own
 * and a poll that is due every INTERVAL; phases are spread evenly. A poll's time counts from the moment it was due, so
 * a server that falls behind cannot hide it; a poll still unanswered when the next one is due makes that one missed.
 *
 *   pollers [-n CLIENTS] [-i INTERVAL_MS] [-d SECONDS] [-w WAIT_S] [-H HEADER] HOST:PORT|/SOCKET FILE
 *
 * FILE has one request target a line; client k takes line k modulo their number. -w: long polls instead: the next one,
 * with the tag of the last answer, goes out when the answer is there. Prints one JSON object. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MAX 8192
#define WARM_UP_US 1000000

struct client {
    int fd;
    const char *target;
    int64_t due; /* µs; of the poll that is under way */
    bool waiting;
    size_t got;
    char tag[64];
    char *answer; /* ANSWER_MAX */
};

static struct {
    unsigned clients, interval_ms, seconds, wait_s;
    const char *server, *header;
} options = {1000, 500, 10, 0, NULL, NULL};

static struct client *clients;
static char **targets;
static size_t n_targets;
static int64_t begin_us;
static uint32_t *times; /* µs a poll */
static size_t n_times, max_times;
static uint64_t missed, ok, unchanged, other, reconnects;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int connect_unix(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", options.server);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        die("connect");
    return fd;
}

/* Every 20 000 connections have a source address of their own: a pair of addresses has only about 28 000 ports. */
static int connect_tcp(size_t number)
{
    char host[64];
    const char *colon = strrchr(options.server, ':');
    struct sockaddr_in to = {.sin_family = AF_INET}, from = {.sin_family = AF_INET};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (!colon || fd < 0)
        die("socket");
    snprintf(host, sizeof host, "%.*s", (int)(colon - options.server), options.server);
    to.sin_port = htons((uint16_t)atoi(colon + 1));
    inet_pton(AF_INET, host, &to.sin_addr);
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)(number / 20000));
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&from, sizeof from) != 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void open_client(int epoll, struct client *client)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    client->fd = options.server[0] == '/' ? connect_unix() : connect_tcp((size_t)(client - clients));
    client->waiting = false;
    client->got = 0;
    if (fcntl(client->fd, F_SETFL, O_NONBLOCK) != 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, client->fd, &event) != 0)
        die("epoll_ctl");
}

static void send_poll(struct client *client, int64_t due)
{
    char text[1024], condition[160] = "";
    if (options.wait_s &&
        client->tag[0]) /* the first poll asks how things stand; only then can one wait for a change */
        snprintf(condition, sizeof condition, "Prefer: wait=%u\r\nIf-None-Match: %s\r\n", options.wait_s, client->tag);
    int n = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: localhost\r\n%s%s%s\r\n", client->target, condition,
                     options.header ? options.header : "", options.header ? "\r\n" : "");
    client->due = due;
    client->waiting = true;
    client->got = 0;
    if (send(client->fd, text, (size_t)n, MSG_NOSIGNAL) != n)
        client->got = 0; /* the read finds out */
}

static void count(const char *answer, int64_t micros)
{
    int status = atoi(answer + 9);
    if (status == 200)
        ok++;
    else if (status == 304)
        unchanged++;
    else
        other++;
    if (n_times < max_times)
        times[n_times++] = (uint32_t)(micros > UINT32_MAX ? UINT32_MAX : micros);
}

static void take_tag(struct client *client, const char *end)
{
    const char *tag = strcasestr(client->answer, "\r\nETag: ");
    if (!tag || tag > end)
        return;
    size_t n = strcspn(tag + 8, "\r");
    snprintf(client->tag, sizeof client->tag, "%.*s", (int)n, tag + 8);
}

/* Is the answer whole? */
static bool whole(struct client *client)
{
    client->answer[client->got] = '\0';
    const char *end = strstr(client->answer, "\r\n\r\n");
    if (!end)
        return false;
    const char *length = strcasestr(client->answer, "\r\nContent-Length:");
    size_t body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
    if (client->got < (size_t)(end + 4 - client->answer) + body)
        return false;
    take_tag(client, end);
    return true;
}

/* Did the server hold the poll, or would it have? Otherwise the client falls back to its interval. */
static bool honoured(const struct client *client)
{
    const char *applied = strcasestr(client->answer, "\r\nPreference-Applied:");
    return applied && applied < strstr(client->answer, "\r\n\r\n");
}

/* Returns false when the server has closed. */
static bool take_bytes(struct client *client, int64_t now)
{
    ssize_t n = recv(client->fd, client->answer + client->got, ANSWER_MAX - 1 - client->got, 0);
    if (n <= 0)
        return n < 0 && errno == EAGAIN;
    client->got += (size_t)n;
    if (!client->waiting || !whole(client))
        return true;
    client->waiting = false;
    if (now - begin_us > WARM_UP_US)
        count(client->answer, now - client->due);
    if (options.wait_s && honoured(client))
        send_poll(client, now);
    return true;
}

static void reopen(int epoll, struct client *client)
{
    close(client->fd);
    reconnects++;
    open_client(epoll, client);
    if (options.wait_s)
        send_poll(client, now_us());
}

static void read_answers(int epoll, int timeout_ms)
{
    struct epoll_event events[512];
    int n = epoll_wait(epoll, events, 512, timeout_ms);
    for (int i = 0; i < n; i++) {
        struct client *client = events[i].data.ptr;
        if (!take_bytes(client, now_us()))
            reopen(epoll, client);
    }
}

/* Send what is due. Clients are due in the order of their numbers, round after round. */
static int64_t send_due(uint64_t *next, int64_t now)
{
    int64_t step_ns = (int64_t)options.interval_ms * 1000000 / options.clients;
    for (;; ++*next) {
        int64_t due = begin_us + (int64_t)*next * step_ns / 1000;
        if (due > now)
            return due;
        struct client *client = &clients[*next % options.clients];
        if (client->waiting)
            missed += !options.wait_s && now - begin_us > WARM_UP_US;
        else
            send_poll(client, due);
    }
}

static void run(int epoll)
{
    uint64_t next = 0;
    begin_us = now_us();
    int64_t end = begin_us + WARM_UP_US + (int64_t)options.seconds * 1000000;
    for (int64_t now = begin_us; now < end; now = now_us()) {
        int64_t due = send_due(&next, now);
        read_answers(epoll, due - now > 1000 ? 1 : 0);
    }
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double at(double share)
{
    return n_times ? times[(size_t)((double)(n_times - 1) * share)] / 1000.0 : 0;
}

static void report(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    qsort(times, n_times, sizeof *times, by_size);
    printf(
        "{\"clients\":%u,\"polls\":%zu,\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"p999_ms\":%.2f,\"max_ms\":%.2f,\"missed\":%ju,"
        "\"ok\":%ju,\"unchanged\":%ju,\"other\":%ju,\"reconnects\":%ju,\"own_cpu_s\":%.2f}\n",
        options.clients, n_times, at(0.5), at(0.99), at(0.999), at(1), (uintmax_t)missed, (uintmax_t)ok,
        (uintmax_t)unchanged, (uintmax_t)other, (uintmax_t)reconnects,
        (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
            (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
}

static void read_targets(const char *path)
{
    FILE *in = fopen(path, "r");
    char line[512];
    if (!in)
        die(path);
    while (fgets(line, sizeof line, in)) {
        line[strcspn(line, "\n")] = '\0';
        char **more = realloc(targets, (n_targets + 1) * sizeof *targets);
        if (!more)
            die("memory");
        targets = more;
        if (!(targets[n_targets++] = strdup(line)))
            die("memory");
    }
    fclose(in);
    if (n_targets == 0)
        exit(64);
}

static void read_options(int argc, char **argv)
{
    int option;
    while ((option = getopt(argc, argv, "n:i:d:w:H:")) != -1) {
        if (option == 'n')
            options.clients = (unsigned)atoi(optarg);
        else if (option == 'i')
            options.interval_ms = (unsigned)atoi(optarg);
        else if (option == 'd')
            options.seconds = (unsigned)atoi(optarg);
        else if (option == 'w')
            options.wait_s = (unsigned)atoi(optarg);
        else if (option == 'H')
            options.header = optarg;
        else
            exit(64);
    }
    if (argc - optind != 2 || options.clients == 0 || options.interval_ms == 0)
        exit(64);
    options.server = argv[optind];
    read_targets(argv[optind + 1]);
}

int main(int argc, char **argv)
{
    struct rlimit files = {200000, 200000};
    read_options(argc, argv);
    if (setrlimit(RLIMIT_NOFILE, &files) != 0) {
        getrlimit(RLIMIT_NOFILE, &files);
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    clients = calloc(options.clients, sizeof *clients);
    max_times = (size_t)options.clients * ((size_t)options.seconds * 1000 / options.interval_ms + 2) + 1000000;
    times = malloc(max_times * sizeof *times);
    char *answers = malloc((size_t)options.clients * ANSWER_MAX);
    if (epoll < 0 || !clients || !times || !answers)
        die("memory");
    for (unsigned i = 0; i < options.clients; i++) {
        clients[i].answer = answers + (size_t)i * ANSWER_MAX;
        clients[i].target = targets[i % n_targets];
        open_client(epoll, &clients[i]);
    }
    run(epoll);
    report();
    return 0;
}
