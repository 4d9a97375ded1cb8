/* Upload file: plain writes into the page cache, written back early so that dirty pages of a big upload do not pile up
 * and stall everybody at the final fsync (which the file thread does, not the loop). */
#include "daemon/http/spoolfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#define FLUSH_EVERY (8u << 20)
#define PIECES      16

void spoolfile_init(struct spoolfile *spool)
{
    spool->fd = -1;
    spool->length = spool->flushed = 0;
}

void spoolfile_fini(struct spoolfile *spool)
{
    if (spool->fd >= 0)
        close(spool->fd);
    spoolfile_init(spool);
}

int spoolfile_open(struct spoolfile *spool, int dir_fd)
{
    spool->fd = openat(dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return spool->fd >= 0 ? 0 : -errno;
}

/* Start write-back of what is complete; never waits for it. */
static void flush_early(struct spoolfile *spool)
{
    if (spool->length - spool->flushed < FLUSH_EVERY)
        return;
    sync_file_range(spool->fd, (off_t)spool->flushed, (off_t)(spool->length - spool->flushed), SYNC_FILE_RANGE_WRITE);
    spool->flushed = spool->length;
}

int spoolfile_write(struct spoolfile *spool, const void *bytes, size_t n)
{
    const char *p = bytes;

    while (n > 0) {
        ssize_t done = write(spool->fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return done == 0 ? -ENOSPC : -errno;
        p += done;
        n -= (size_t)done;
        spool->length += (uint64_t)done;
    }
    flush_early(spool);
    return 0;
}

int spoolfile_take(struct spoolfile *spool, struct evbuffer *from, size_t n)
{
    while (n > 0) {
        struct evbuffer_iovec piece[PIECES];
        int pieces = evbuffer_peek(from, (ev_ssize_t)n, NULL, piece, PIECES);
        size_t here = 0;
        for (int i = 0; i < pieces && i < PIECES && here < n; i++) {
            size_t len = piece[i].iov_len < n - here ? piece[i].iov_len : n - here;
            int error = spoolfile_write(spool, piece[i].iov_base, len);
            if (error != 0)
                return error;
            here += len;
        }
        evbuffer_drain(from, here);
        n -= here;
    }
    return 0;
}
