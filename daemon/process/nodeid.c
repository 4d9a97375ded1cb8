/* The node's identity file. */
#include "daemon/process/nodeid.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uuid.h>

#define ID_TEXT 36

static int write_all(int fd, const char *text, size_t len)
{
    ssize_t n = write(fd, text, len);

    if (n >= 0 && (size_t)n < len)
        errno = ENOSPC;
    return n == (ssize_t)len && fsync(fd) == 0 ? 0 : -1;
}

/* Complete or absent: written beside, synced, renamed, and the directory synced. */
static int make(int dir_fd, store_uuid out)
{
    char text[ID_TEXT + 2];

    uuid_generate_random(out);
    uuid_unparse_lower(out, text);
    text[ID_TEXT] = '\n';
    int fd = openat(dir_fd, "node-id.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -1;
    int rc = write_all(fd, text, ID_TEXT + 1);
    int saved = errno;
    close(fd);
    errno = saved;
    if (rc < 0)
        return -1;
    return renameat(dir_fd, "node-id.new", dir_fd, "node-id") == 0 && fsync(dir_fd) == 0 ? 0 : -1;
}

/* Returns 0, 1 when there is no file, -1 with errno (EBADMSG: not an id). */
static int read_id(int dir_fd, store_uuid out)
{
    char text[64] = "";
    int fd = openat(dir_fd, "node-id", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0)
        return errno == ENOENT ? 1 : -1;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n == ID_TEXT + 1 && text[ID_TEXT] == '\n') {
        text[ID_TEXT] = '\0';
        if (uuid_parse(text, out) == 0)
            return 0;
    }
    errno = EBADMSG;
    return -1;
}

int nodeid_load(const char *state_dir, store_uuid out)
{
    int dir_fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = dir_fd < 0 ? -1 : read_id(dir_fd, out);

    if (rc == 1)
        rc = make(dir_fd, out);
    if (rc < 0 && errno == EBADMSG)
        log_error(
            "start: %s/node-id holds no node id; restore it from a backup, or remove it if no task of this node is "
            "unfinished",
            state_dir);
    else if (rc < 0)
        log_error("start: cannot read or write %s/node-id: %s", state_dir, strerror(errno));
    if (dir_fd >= 0)
        close(dir_fd);
    return rc < 0 ? -1 : 0;
}
