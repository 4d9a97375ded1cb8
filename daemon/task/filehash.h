/* SHA-256 of a part of a file. */
#ifndef PF_TASK_FILEHASH_H
#define PF_TASK_FILEHASH_H

#include <stdint.h>

/* Read `length` bytes from `offset`. Blocking. Returns 0 or -errno; -EIO when the file is shorter. */
int filehash(int fd, uint64_t offset, uint64_t length, uint8_t digest[32]);

#endif
