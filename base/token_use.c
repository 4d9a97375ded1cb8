/* The last use of a token is the modification time of a file. */
#include "base/token_use.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int tokens_use_make(const char *state_dir)
{
    char path[PATH_MAX];

    if ((size_t)snprintf(path, sizeof path, "%s/tokens-used", state_dir) >= sizeof path)
        return -ENAMETOOLONG;
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return -errno;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int tokens_use_note(int directory, const char *id, int64_t used_s)
{
    struct stat st;
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = (time_t)used_s}};
    int fd = openat(directory, id, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), rc;
    bool made = fd >= 0;

    if (!made && errno == EEXIST)
        fd = openat(directory, id, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (!made && fstat(fd, &st) == 0 && st.st_mtim.tv_sec >= used_s) /* another worker has noted a later use */
        rc = 0;
    else
        rc = futimens(fd, times) == 0 ? 0 : -errno;
    close(fd);
    return rc;
}

int64_t tokens_use_read(int directory, const char *id)
{
    struct stat st;

    return fstatat(directory, id, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) ? (int64_t)st.st_mtim.tv_sec
                                                                                        : 0;
}
