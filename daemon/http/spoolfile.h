/* One upload's file: nameless (O_TMPFILE), so that a killed worker leaves nothing behind. */
#ifndef PF_HTTP_SPOOLFILE_H
#define PF_HTTP_SPOOLFILE_H

#include <event2/buffer.h>
#include <stdint.h>

struct spoolfile {
    int fd; /* -1 = none */
    uint64_t length, flushed;
};

void spoolfile_init(struct spoolfile *spool);
void spoolfile_fini(struct spoolfile *spool);
/* Make the file in the directory. All of these return 0 or -errno (ENOSPC, EDQUOT, EFBIG mean 507). */
int spoolfile_open(struct spoolfile *spool, int dir_fd);
int spoolfile_write(struct spoolfile *spool, const void *bytes, size_t n);
/* Move the first n bytes of the buffer to the file. */
int spoolfile_take(struct spoolfile *spool, struct evbuffer *from, size_t n);

#endif
