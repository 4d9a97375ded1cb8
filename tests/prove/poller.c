/* Polls the tasks of a running daemon at a steady rate, times every poll and checks every answer.
 *
 *   poller [--rate N] [--connections N] SOCKET...
 *
 * SOCKET is the socket of one worker; each gets N keep-alive connections (default 4), and N polls a second (default
 * 2000) go out in all. On standard input come ids, a line each: tasks that are known from now on. The latest 128 are
 * polled in turn, whichever worker. At the end of the input the report is printed, one JSON object.
 *
 * A poll's time runs from the moment in which it is due to the end of its answer; waiting for a free connection counts.
 * When a connection is cut under a poll, its worker was killed: as nginx does, the poll is sent again to another
 * worker, and its time goes on ("cut"). The connection is opened anew, which has to wait for the worker's successor;
 * its first poll is timed apart ("reopened"), since no proxy would have to send it there. `net` is the poll's time
 * without the longest that the machine itself was late meanwhile (poller.h). */
#include "tests/prove/poller.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#define POOL            128
#define WORKERS_MAX     8
#define CONNECTIONS_MAX 64
#define WAITING_MAX     65536
#define ANSWER_MAX      16384
#define SAMPLES_MAX     4000000
#define SLOWEST         5
#define LIMIT_NS        50000000
#define TICK_NS         1000000

struct poll {
    struct truth *truth;
    int64_t begin_ns;
    bool cut;
};

struct connection {
    int fd;
    unsigned worker;
    bool busy, fresh; /* fresh: nothing was answered on it yet */
    int64_t cut_ns;   /* fresh: since when the worker is being waited for */
    struct poll poll;
    size_t len;
    char answer[ANSWER_MAX + 1];
};

struct slow {
    int64_t begin_ns, took_ns, net_ns;
    unsigned worker; /* who answered */
};

struct report {
    uint64_t polls, violations, cut, reopened, over_limit, over_limit_net;
    int64_t worst_ns, worst_net_ns, cut_worst_ns, reopened_worst_ns, late_worst_ns;
    struct slow slowest[SLOWEST];
    char first[500];
};

static const char *sockets[WORKERS_MAX];
static unsigned worker_count;
static struct connection connections[CONNECTIONS_MAX];
static unsigned connection_count;
static struct truth *pool[POOL];
static unsigned known, turn;
static struct poll waiting[WAITING_MAX]; /* a ring: due, and no connection was free */
static unsigned waiting_head, waiting_count;
static uint32_t *samples; /* microseconds */
static unsigned sample_count;
static struct report report;
static int epoll_fd;

static void give_up(const char *what)
{
    (void)fprintf(stderr, "poller: %s: %s\n", what, strerror(errno));
    exit(2);
}

static void violate(const char *why, const struct truth *truth)
{
    if (report.violations++ == 0)
        (void)snprintf(report.first, sizeof report.first, "%s: %.400s", truth->id, why);
}

/* --- times --- */

static void keep_slowest(struct slow one)
{
    for (unsigned i = 0; i < SLOWEST; i++) {
        if (one.took_ns <= report.slowest[i].took_ns)
            continue;
        struct slow other = report.slowest[i];
        report.slowest[i] = one;
        one = other;
    }
}

static void raise_to(int64_t *worst, int64_t value)
{
    if (value > *worst)
        *worst = value;
}

static void time_poll(const struct poll *poll, unsigned worker)
{
    int64_t end = now_ns(), took = end - poll->begin_ns;
    int64_t net = took < LIMIT_NS / 10 ? took : took - noise_between(poll->begin_ns, end);

    report.polls++;
    if (poll->cut) {
        raise_to(&report.cut_worst_ns, took);
        return;
    }
    if (sample_count < SAMPLES_MAX)
        samples[sample_count++] = (uint32_t)(took / 1000);
    raise_to(&report.worst_ns, took);
    raise_to(&report.worst_net_ns, net);
    report.over_limit += took > LIMIT_NS;
    report.over_limit_net += net > LIMIT_NS;
    keep_slowest((struct slow){poll->begin_ns, took, net, worker});
}

/* --- connections --- */

static void send_poll(struct connection *connection, struct poll poll)
{
    char request[128];
    int len =
        snprintf(request, sizeof request, "GET /api/tasks/%s HTTP/1.1\r\nHost: localhost\r\n\r\n", poll.truth->id);

    connection->poll = poll;
    connection->busy = true;
    connection->len = 0;
    /* A failure shows as a cut when the connection is read. */
    (void)!send(connection->fd, request, (size_t)len, MSG_NOSIGNAL);
}

static void connect_to_worker(struct connection *connection)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};

    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", sockets[connection->worker]);
    connection->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    /* The master holds the listening socket: this waits for nobody, whether or not the worker lives. */
    if (connection->fd < 0 || connect(connection->fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        fcntl(connection->fd, F_SETFL, O_NONBLOCK) != 0 ||
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, connection->fd, &event) != 0)
        give_up(sockets[connection->worker]);
    connection->busy = false;
    connection->fresh = true;
}

static struct truth *next_truth(void)
{
    for (unsigned i = 0; i < POOL; i++) {
        struct truth *truth = pool[turn++ % POOL];
        if (truth && !truth->busy) {
            truth->busy = true;
            return truth;
        }
    }
    return NULL;
}

/* The first poll of a new connection. */
static void try_out(struct connection *connection)
{
    struct truth *truth = next_truth();

    if (truth)
        send_poll(connection, (struct poll){.truth = truth, .begin_ns = now_ns()});
}

static void wait_in_line(struct poll poll)
{
    if (waiting_count == WAITING_MAX) {
        violate("no connection is free for so long that the client gives up", poll.truth);
        poll.truth->busy = false;
        return;
    }
    waiting[(waiting_head + waiting_count++) % WAITING_MAX] = poll;
}

static struct connection *free_connection(void)
{
    static unsigned at;

    for (unsigned i = 0; i < connection_count; i++) {
        struct connection *connection = &connections[at++ % connection_count];
        if (!connection->busy && !connection->fresh)
            return connection;
    }
    return NULL;
}

static void send_or_wait(struct poll poll)
{
    struct connection *connection = free_connection();

    if (connection)
        send_poll(connection, poll);
    else
        wait_in_line(poll);
}

static void serve_line(void)
{
    while (waiting_count > 0) {
        struct connection *connection = free_connection();
        if (!connection)
            return;
        struct poll poll = waiting[waiting_head];
        waiting_head = (waiting_head + 1) % WAITING_MAX;
        waiting_count--;
        send_poll(connection, poll);
    }
}

static void cut(struct connection *connection)
{
    bool busy = connection->busy, fresh = connection->fresh;
    struct poll poll = connection->poll;

    (void)close(connection->fd);
    if (!fresh)
        connection->cut_ns = now_ns();
    connect_to_worker(connection);
    if (busy && fresh)
        poll.truth->busy = false;
    if (busy && !fresh) {
        report.cut++;
        poll.cut = true;
        send_or_wait(poll);
    }
    try_out(connection);
}

/* --- answers --- */

/* The length of the head with its empty line, and what it says; 0 while it is not complete. */
static size_t parse_head(const char *answer, int *status, size_t *body_len)
{
    const char *end = strstr(answer, "\r\n\r\n"), *length = strcasestr(answer, "\r\nContent-Length:");

    if (!end)
        return 0;
    *status = (int)strtol(answer + strcspn(answer, " "), NULL, 10);
    *body_len = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
    return (size_t)(end + 4 - answer);
}

static void answered(struct connection *connection, int status, const char *body, size_t body_len)
{
    struct poll *poll = &connection->poll;
    const char *why = truth_check(poll->truth, status, body, body_len);

    if (why)
        violate(why, poll->truth);
    if (connection->fresh) {
        report.reopened += connection->cut_ns != 0;
        if (connection->cut_ns != 0)
            raise_to(&report.reopened_worst_ns, now_ns() - connection->cut_ns);
    } else {
        time_poll(poll, connection->worker);
    }
    poll->truth->busy = false;
    connection->busy = connection->fresh = false;
}

static void receive(struct connection *connection)
{
    size_t body_len = 0;
    int status = 0;
    ssize_t n = recv(connection->fd, connection->answer + connection->len, ANSWER_MAX - connection->len, 0);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        cut(connection);
        return;
    }
    connection->len += (size_t)n;
    connection->answer[connection->len] = '\0';
    size_t head = parse_head(connection->answer, &status, &body_len);
    if (head == 0 || connection->len < head + body_len)
        return;
    answered(connection, status, connection->answer + head, body_len);
}

/* --- the clock --- */

static void poll_due(int64_t now)
{
    struct truth *truth = next_truth();

    if (truth)
        send_or_wait((struct poll){.truth = truth, .begin_ns = now});
}

static void tick(int timer_fd, unsigned rate)
{
    static int64_t start;
    static uint64_t sent;
    uint64_t expired;
    int64_t now = now_ns();

    (void)!read(timer_fd, &expired, sizeof expired);
    if (known == 0)
        return;
    if (start == 0)
        start = now;
    uint64_t due = (uint64_t)(now - start) * rate / 1000000000;
    if (due > sent)
        raise_to(&report.late_worst_ns, now - start - (int64_t)(sent * 1000000000 / rate));
    for (; sent < due; sent++)
        poll_due(now);
    for (unsigned i = 0; i < connection_count; i++)
        if (connections[i].fresh && !connections[i].busy)
            try_out(&connections[i]);
}

/* --- input --- */

static void learn(const char *id)
{
    struct truth *truth = calloc(1, sizeof *truth); /* an old one may still be on its way: never freed */

    if (!truth)
        abort();
    if (strlen(id) != sizeof truth->id - 1) {
        (void)fprintf(stderr, "poller: not an id: %s\n", id);
        exit(2);
    }
    memcpy(truth->id, id, sizeof truth->id);
    pool[known++ % POOL] = truth;
}

/* Returns false at the end of the input. */
static bool read_ids(void)
{
    static char line[4096];
    static size_t len;
    ssize_t n = read(STDIN_FILENO, line + len, sizeof line - 1 - len);

    if (n <= 0)
        return false;
    len += (size_t)n;
    line[len] = '\0';
    char *at = line;
    for (char *end; (end = strchr(at, '\n')); at = end + 1) {
        *end = '\0';
        learn(at);
    }
    len -= (size_t)(at - line);
    memmove(line, at, len);
    return true;
}

/* --- the report --- */

static int by_size(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

    return (left > right) - (left < right);
}

static double ms(int64_t ns)
{
    return (double)ns / 1e6;
}

static double quantile_ms(double share)
{
    return sample_count == 0 ? 0 : samples[(unsigned)(share * (sample_count - 1))] / 1e3;
}

static void print_first(void)
{
    (void)printf("\"first\":\"");
    for (const char *at = report.first; *at != '\0'; at++)
        (void)putchar(*at == '"' || *at == '\\' || (unsigned char)*at < ' ' ? '\'' : *at);
    (void)printf("\"}\n");
}

static void print_report(void)
{
    qsort(samples, sample_count, sizeof samples[0], by_size);
    (void)printf("{\"polls\":%llu,\"violations\":%llu,\"cut\":%llu,\"reopened\":%llu,\"over\":%llu,\"over_net\":%llu,",
                 (unsigned long long)report.polls, (unsigned long long)report.violations,
                 (unsigned long long)report.cut, (unsigned long long)report.reopened,
                 (unsigned long long)report.over_limit, (unsigned long long)report.over_limit_net);
    (void)printf("\"worst\":%.2f,\"worst_net\":%.2f,\"cut_worst\":%.2f,\"reopened_worst\":%.2f,", ms(report.worst_ns),
                 ms(report.worst_net_ns), ms(report.cut_worst_ns), ms(report.reopened_worst_ns));
    (void)printf("\"p50\":%.3f,\"p99\":%.3f,\"p999\":%.3f,\"late\":%.2f,\"noise\":%.2f,\"slowest\":[", quantile_ms(0.5),
                 quantile_ms(0.99), quantile_ms(0.999), ms(report.late_worst_ns), ms(noise_worst()));
    for (unsigned i = 0; i < SLOWEST; i++)
        (void)printf("%s[%.3f,%.2f,%.2f,%u]", i == 0 ? "" : ",", (double)report.slowest[i].begin_ns / 1e9,
                     ms(report.slowest[i].took_ns), ms(report.slowest[i].net_ns), report.slowest[i].worker);
    (void)printf("],");
    print_first();
}

/* --- main --- */

static void open_connections(unsigned each)
{
    for (unsigned worker = 0; worker < worker_count; worker++) {
        for (unsigned i = 0; i < each && connection_count < CONNECTIONS_MAX; i++) {
            connections[connection_count].worker = worker;
            connect_to_worker(&connections[connection_count++]);
        }
    }
}

static int start_timer(void)
{
    const struct itimerspec every = {.it_interval.tv_nsec = TICK_NS, .it_value.tv_nsec = TICK_NS};
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

    if (fd < 0 || timerfd_settime(fd, 0, &every, NULL) != 0)
        give_up("timer");
    return fd;
}

static void watch(int *fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = fd};

    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, *fd, &event) != 0)
        give_up("epoll");
}

static void go(unsigned rate)
{
    int timer_fd = start_timer(), input_fd = STDIN_FILENO;
    struct epoll_event events[CONNECTIONS_MAX + 2];

    watch(&timer_fd);
    watch(&input_fd);
    for (;;) {
        int n = epoll_wait(epoll_fd, events, CONNECTIONS_MAX + 2, -1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == &timer_fd)
                tick(timer_fd, rate);
            else if (events[i].data.ptr != &input_fd)
                receive(events[i].data.ptr);
            else if (!read_ids())
                return;
        }
        serve_line();
    }
}

int main(int argc, char **argv)
{
    unsigned rate = 2000, each = 4;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--rate") == 0 && i + 1 < argc)
            rate = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--connections") == 0 && i + 1 < argc)
            each = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (worker_count < WORKERS_MAX)
            sockets[worker_count++] = argv[i];
    }
    samples = malloc(SAMPLES_MAX * sizeof *samples);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (!samples || epoll_fd < 0)
        give_up("start");
    noise_start();
    open_connections(each);
    go(rate == 0 ? 1 : rate);
    print_report();
    return 0;
}
