/* Spool files by task id, always relative to the directory's descriptor. */
#include "daemon/task/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uuid/uuid.h>

int spool_open_dir(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    return fd < 0 ? -errno : fd;
}

static void name_of(const uint8_t id[16], char name[37])
{
    uuid_unparse_lower(id, name);
}

/* linkat by /proc works without CAP_DAC_READ_SEARCH, AT_EMPTY_PATH does not (open(2), O_TMPFILE). */
static int link_unnamed(int dir_fd, int file_fd, const char *name)
{
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file_fd);
    return linkat(AT_FDCWD, path, dir_fd, name, AT_SYMLINK_FOLLOW) == 0 ? 0 : -errno;
}

int spool_keep(int dir_fd, int file_fd, const uint8_t id[16])
{
    char name[37];
    name_of(id, name);
    if (fsync(file_fd) != 0)
        return -errno; /* never "fsync again": the kernel has dropped the pages */
    int rc = link_unnamed(dir_fd, file_fd, name);
    if (rc != 0)
        return rc;
    if (fsync(dir_fd) != 0) {
        rc = -errno;
        unlinkat(dir_fd, name, 0);
    }
    return rc;
}

int spool_share(int dir_fd, const uint8_t from[16], const uint8_t to[16])
{
    char old[37], new[37];
    name_of(from, old);
    name_of(to, new);
    if (linkat(dir_fd, old, dir_fd, new, 0) != 0)
        return -errno;
    if (fsync(dir_fd) == 0)
        return 0;
    int rc = -errno;
    unlinkat(dir_fd, new, 0);
    return rc;
}

int spool_open(int dir_fd, const uint8_t id[16])
{
    char name[37];
    name_of(id, name);
    int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return fd < 0 ? -errno : fd;
}

void spool_drop(int dir_fd, const uint8_t id[16])
{
    char name[37];
    name_of(id, name);
    unlinkat(dir_fd, name, 0);
}

int spool_each(int dir_fd, time_t before, int (*fn)(const struct spool_file *file, void *ctx), void *ctx)
{
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        int rc = -errno;
        if (fd >= 0)
            close(fd);
        return rc;
    }
    int rc = 0;
    for (struct dirent *entry; rc == 0 && (entry = readdir(dir));) {
        struct spool_file file;
        struct stat st;
        if (fstatat(dir_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            (st.st_mtime >= before && before != SPOOL_ALL))
            continue;
        /* libxlsxwriter names its files for a moment: one of a process that was killed in that moment is empty. */
        if (strncmp(entry->d_name, "tmp.", 4) == 0 && before != SPOOL_ALL)
            unlinkat(dir_fd, entry->d_name, 0);
        else if (uuid_parse(entry->d_name, file.id) == 0) {
            file.changed_ms = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
            file.bytes = (uint64_t)st.st_size / (st.st_nlink ? st.st_nlink : 1);
            rc = fn(&file, ctx);
        }
    }
    closedir(dir);
    return rc;
}
