/* Passing parsers to runners. */
#include "daemon/parser/hub.h"

#include "base/clock.h"
#include "daemon/process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void parserhub_init(struct parserhub *hub, unsigned runners)
{
    hub->n = runners;
    hub->control = calloc(runners, sizeof *hub->control);
    if (!hub->control)
        abort();
    for (unsigned i = 0; i < runners; i++)
        hub->control[i] = -1;
}

void parserhub_fini(struct parserhub *hub)
{
    for (unsigned i = 0; i < hub->n; i++)
        parserhub_drop(hub, i);
    free(hub->control);
    *hub = (struct parserhub){.n = 0};
}

int parserhub_renew(struct parserhub *hub, unsigned index, int *runner_end)
{
    int ends[2];

    parserhub_drop(hub, index);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
        return -errno;
    hub->control[index] = ends[0];
    *runner_end = ends[1];
    return 0;
}

void parserhub_drop(struct parserhub *hub, unsigned index)
{
    if (hub->control[index] >= 0)
        close(hub->control[index]);
    hub->control[index] = -1;
}

int parserhub_pair(int ends[2])
{
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0 ? -errno : 0;
}

/* Control data must be aligned like its header. */
union control {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
};

int parserhub_give(struct parserhub *hub, unsigned index, int end, const struct parser_ticket *ticket)
{
    struct parser_ticket copy = *ticket;
    struct iovec iov = {&copy, sizeof copy};
    union control control;
    struct msghdr message = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};

    memset(&control, 0, sizeof control);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof end);
    memcpy(CMSG_DATA(header), &end, sizeof end);
    int rc = hub->control[index] < 0                                                   ? -EPIPE
             : sendmsg(hub->control[index], &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno
                                                                                       : 0;
    close(end);
    return rc;
}

/* ---- Runner ---- */

/* One message. Returns 0, -EAGAIN, -EPIPE or -errno. */
static int receive(int control, struct parser_ticket *ticket, int *fd)
{
    struct iovec iov = {ticket, sizeof *ticket};
    union control room;
    struct msghdr message = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = room.bytes, .msg_controllen = sizeof room.bytes};
    ssize_t n;

    do {
        n = recvmsg(control, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EWOULDBLOCK ? -EAGAIN : -errno;
    struct cmsghdr *header = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (n == 0)
        return -EPIPE;
    /* Out of descriptors, the kernel delivers the bytes without the right. */
    if (!header || header->cmsg_type != SCM_RIGHTS || (message.msg_flags & MSG_CTRUNC))
        return -EMFILE;
    memcpy(fd, CMSG_DATA(header), sizeof *fd);
    return n == (ssize_t)sizeof *ticket ? 0 : (close(*fd), -EPROTO);
}

static int is_dead(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLRDHUP};

    return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLRDHUP | POLLERR));
}

int parser_take(int control, int timeout_ms, struct parser_ticket *ticket, int *fd)
{
    int64_t end = clock_mono_ms() + timeout_ms;

    for (;;) {
        int rc = receive(control, ticket, fd);
        if (rc == 0 && !is_dead(*fd))
            return 0;
        if (rc == 0) {
            close(*fd);
            continue;
        }
        if (rc != -EAGAIN)
            return rc;
        int64_t left = end - clock_mono_ms();
        struct pollfd p = {.fd = control, .events = POLLIN};
        if (left <= 0)
            return -ETIMEDOUT;
        if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
            return -errno;
    }
}
