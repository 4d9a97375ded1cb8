/* The parser process: one file in, a stream of rows out, nothing else within reach. */
#include "daemon/parser/parser.h"

#include "base/bytes.h"
#include "base/log.h"
#include "base/sandbox/sandbox.h"
#include "daemon/process/process.h"
#include "handlers/sheet/wire.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct parser_limits parser_limits = {.memory = 256 << 20, .cpu_s = 300, .silence_ms = 60000};
parser_decode_fn *parser_decode = parser_decode_file;

int parser_await(int sock, int timeout_ms)
{
    struct pollfd p = {.fd = sock, .events = POLLIN};
    char said = 0;
    int n;
    do
        n = poll(&p, 1, timeout_ms);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return n < 0 ? -errno : -ETIMEDOUT;
    return read(sock, &said, 1) == 1 && said == PARSER_READY ? 0 : -EPIPE;
}

int parser_send_request(int sock, const struct parser_request *request, int file_fd)
{
    union {
        char buf[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {.buf = {0}};
    struct iovec iov = {.iov_base = (void *)(uintptr_t)request, .iov_len = sizeof *request};
    struct msghdr msg = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf, .msg_controllen = sizeof control.buf};
    struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
    cmsg->cmsg_level = SOL_SOCKET;
    cmsg->cmsg_type = SCM_RIGHTS;
    cmsg->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(cmsg), &file_fd, sizeof file_fd);
    ssize_t n;
    do
        n = sendmsg(sock, &msg, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof *request ? 0 : -(n < 0 ? errno : EPIPE);
}

/* Returns the file's descriptor, or -1 when the runner closed the socket or sent nonsense. */
static int receive_request(int sock, struct parser_request *request)
{
    union {
        char buf[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec iov = {.iov_base = request, .iov_len = sizeof *request};
    struct msghdr msg = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf, .msg_controllen = sizeof control.buf};
    ssize_t n;
    do
        n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC | MSG_WAITALL);
    while (n < 0 && errno == EINTR);
    struct cmsghdr *cmsg = n == (ssize_t)sizeof *request ? CMSG_FIRSTHDR(&msg) : NULL;
    int fd = -1;
    if (cmsg && cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS &&
        cmsg->cmsg_len == CMSG_LEN(sizeof fd))
        memcpy(&fd, CMSG_DATA(cmsg), sizeof fd);
    return fd;
}

int parser_decode_file(int sock, const struct parser_request *request, int file_fd)
{
    struct sheet_input input = {file_fd, request->offset, request->length};
    struct sheet_limits limits = sheet_default_limits;
    struct sheet_error err = {.cls = ""};
    limits.max_rows = request->max_rows;
    limits.code_page = request->code_page;
    struct gridwire_writer *writer = gridwire_writer_new(sock);
    struct grid_sink sink = gridwire_writer_sink(writer);
    int rc = sheet_read(&input, (enum sheet_format)request->format, &limits, &sink, &err);
    if (rc == 0)
        rc = gridwire_write_end(writer);
    else if (rc == -1)
        rc = gridwire_write_refused(writer, &err);
    gridwire_writer_free(&writer);
    return rc;
}

/* ---- The end of what it may take --------------------------------------------------------------------------------- */

static int answer_fd;
static struct sheet_error beyond_memory, beyond_time; /* made before they are needed: there is no memory then */

/* One beyond its limits says so itself: that is a fact about the file, and no second attempt will change it. */
static void refuse_for_memory(void)
{
    gridwire_refuse_now(answer_fd, &beyond_memory);
    _exit(EXIT_DONE);
}

/* In the middle of a frame nothing can be said; the signal comes again after another second of work. */
static void refuse_for_time(int sig)
{
    (void)sig;
    if (gridwire_refuse_now(answer_fd, &beyond_time) != -EBUSY)
        _exit(EXIT_DONE);
}

static int watch_limits(int sock)
{
    struct sigaction action = {.sa_handler = refuse_for_time, .sa_flags = SA_RESTART};
    answer_fd = sock;
    sheet_refuse(&beyond_memory, "limit-memory",
                 "Reading the file takes more than %" PRIu64 " MiB of memory. Split it and send the parts.",
                 parser_limits.memory >> 20);
    sheet_refuse(&beyond_time, "limit-time",
                 "Reading the file takes more than %u s of computing time. Split it and send the parts.",
                 parser_limits.cpu_s);
    on_no_memory = refuse_for_memory;
    return sigaction(SIGXCPU, &action, NULL);
}

/* A parser that its file has taken over must not write the log either: what it has to say goes to its runner. The
 * sanitizers report to standard error. */
static void close_log(void)
{
#ifndef PF_SANITIZERS
    if (log_fd() != STDERR_FILENO)
        close(log_fd());
    close(STDERR_FILENO);
#endif
}

/* Beside the socket the log stays open until it is known that the sandbox stands. */
static int lock_in(int sock)
{
    struct sandbox sandbox = {.keep = {sock, log_fd(), STDERR_FILENO},
                              .n_keep = 3,
                              .memory = parser_limits.memory,
                              .cpu_s = parser_limits.cpu_s};
    const char *why;
    int rc = sandbox_enter(&sandbox, &why);
    if (rc != 0) {
        log_error("parser not started: %s (%s)", why, strerror(-rc));
        return -1;
    }
    if (sandbox.landlock < 0)
        log_warn("a parser is without landlock, which refuses (%s)", strerror(-sandbox.landlock));
    close_log();
    return 0;
}

int parser_main(const struct process *process)
{
    int sock = process->parser_control;
    struct parser_request request;
    if (watch_limits(sock) != 0)
        return EXIT_SHORTAGE;
    static const char ready = PARSER_READY;
    if (lock_in(sock) != 0)
        return EXIT_SHORTAGE;
    if (write(sock, &ready, 1) != 1)
        return EXIT_DONE;
    int file_fd = receive_request(sock, &request);
    if (file_fd < 0)
        return EXIT_DONE; /* the runner is gone or needed no parser */
    return parser_decode(sock, &request, file_fd) == 0 ? EXIT_DONE : EXIT_RECYCLE;
}
