/* The parser process: one file in, a stream of rows out, nothing else within reach. */
#include "daemon/parser.h"

#include "daemon/log.h"
#include "daemon/process.h"
#include "daemon/sandbox.h"
#include "handlers/sheet/gridwire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct parser_limits parser_limits = {.memory = 256 << 20, .cpu_s = 300, .silence_ms = 60000};
parser_decode_fn *parser_decode = parser_decode_file;

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

int parser_main(const struct process *process)
{
    int sock = process->parser_control;
    struct parser_request request;
    if (sandbox_enter(sock, parser_limits.memory, parser_limits.cpu_s) != 0)
        return EXIT_SHORTAGE;
    int file_fd = receive_request(sock, &request);
    if (file_fd < 0)
        return EXIT_DONE; /* the runner is gone or needed no parser */
    return parser_decode(sock, &request, file_fd) == 0 ? EXIT_DONE : EXIT_RECYCLE;
}
