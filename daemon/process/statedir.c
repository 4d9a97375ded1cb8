/* State and runtime directory: made, checked, locked. */
#include "daemon/process/statedir.h"

#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK_LOOK_NS 20000000L /* 20 ms */
#define LOCK_LOOKS   500       /* 10 s: a child may have to be killed by the parent-death signal under load */

/* Open file description locks belong to us, not to the process table: they survive a close of another descriptor of the
 * file in a library, and end with the last copy of ours. */
static int lock_fds[2] = {-1, -1};

static int make_parents(const char *path)
{
    char part[PATH_MAX];

    if (strlen(path) >= sizeof part)
        return -ENAMETOOLONG;
    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        if (mkdir(part, 0700) < 0) {
            if (errno != EEXIST)
                return -errno;
        } else if (geteuid() == 0 && chmod(part, 0755) < 0) { /* the account has to get through */
            return -errno;
        }
    }
    return 0;
}

static bool is_empty(int fd)
{
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
    unsigned entries = 0;

    if (!dir)
        return false;
    while (readdir(dir))
        entries++;
    closedir(dir);
    return entries <= 2; /* "." and ".." */
}

static int give(int fd, const char *path, uid_t uid, gid_t gid, bool made)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return -errno;
    if (st.st_uid == uid || geteuid() != 0)
        return 0;
    if (!made && (st.st_uid != 0 || !is_empty(fd))) {
        log_error(
            "start: %s belongs to uid %u and is not ours to take; choose another directory or run: chown -R %u:%u %s",
            path, (unsigned)st.st_uid, (unsigned)uid, (unsigned)gid, path);
        return -EPERM;
    }
    return fchown(fd, uid, gid) < 0 ? -errno : 0;
}

int statedir_make(const char *path, uid_t uid, gid_t gid)
{
    int rc = make_parents(path);
    bool made = rc == 0 && mkdir(path, 0700) == 0;

    if (rc == 0 && !made && errno != EEXIST)
        rc = -errno;
    int fd = rc == 0 ? open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
    if (rc == 0 && fd < 0)
        rc = -errno;
    if (rc < 0) {
        log_error("start: cannot make the directory %s: %s", path, strerror(-rc));
        return -1;
    }
    rc = give(fd, path, uid, gid, made);
    if (rc < 0 && rc != -EPERM)
        log_error("start: cannot give %s to uid %u: %s", path, (unsigned)uid, strerror(-rc));
    close(fd);
    return rc < 0 ? -1 : 0;
}

/* 0700 for what holds data. A runtime directory made by systemd may be open to nginx's group on purpose. */
static int check_directory(const char *path, bool private)
{
    struct stat st;

    if (stat(path, &st) < 0) {
        log_error("start: the account (uid %u) cannot reach %s: %s; choose a directory it can", (unsigned)geteuid(),
                  path, strerror(errno));
        return -1;
    }
    if (st.st_uid != geteuid()) {
        log_error("start: %s belongs to uid %u, the daemon runs as uid %u; run: chown -R %u %s", path,
                  (unsigned)st.st_uid, (unsigned)geteuid(), (unsigned)geteuid(), path);
        return -1;
    }
    mode_t allowed = private ? 0700 : 0755;
    if ((st.st_mode & 07777 & ~allowed) && chmod(path, st.st_mode & allowed) < 0) {
        log_error("start: cannot restrict the mode of %s: %s", path, strerror(errno));
        return -1;
    }
    return 0;
}

/* The pid that the holder of the lock has written; 0 if it cannot be read. */
static pid_t holder_of(int fd)
{
    char pid[32] = "";

    ssize_t n = pread(fd, pid, sizeof pid - 1, 0);
    return n > 0 ? (pid_t)strtol(pid, NULL, 10) : 0;
}

static void name_holder(pid_t holder, const char *dir)
{
    char pid[32] = "unknown";

    if (holder > 0)
        snprintf(pid, sizeof pid, "%d", (int)holder);
    log_error("start: another priceforged (pid %s) is using %s; stop it, or give this one another paths.state_dir and "
              "paths.runtime_dir",
              pid, dir);
}

/* A child that was forked when the master was killed still has the lock until it has ended. So a lock whose master is
 * gone is waited for. Returns 0 or -errno: -EAGAIN if somebody else has it. */
static int take_lock(int fd)
{
    struct timespec pause = {.tv_nsec = LOCK_LOOK_NS};

    for (unsigned looks = 0;; looks++) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
            return 0;
        if (errno != EAGAIN && errno != EACCES)
            return -errno;
        pid_t holder = holder_of(fd);
        if (holder <= 0 || kill(holder, 0) == 0 || errno != ESRCH || looks == LOCK_LOOKS)
            return -EAGAIN;
        nanosleep(&pause, NULL);
    }
}

/* `holder` (may be NULL): gets the pid of whoever has the lock, -1 = not known, who is then no reason for a message. */
static int lock_directory(const char *dir, int *out, pid_t *holder)
{
    char path[PATH_MAX], pid[32];
    pid_t other;

    if ((size_t)snprintf(path, sizeof path, "%s/lock", dir) >= sizeof path)
        return -1;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        log_error("start: cannot open %s: %s", path, strerror(errno));
        return -1;
    }
    int rc = take_lock(fd);
    if (rc < 0) {
        other = rc == -EAGAIN ? holder_of(fd) : 0;
        if (rc == -EAGAIN && holder)
            *holder = other > 0 ? other : -1;
        else if (rc == -EAGAIN)
            name_holder(other, dir);
        else
            log_error("start: cannot lock %s: %s", path, strerror(-rc));
        close(fd);
        return -1;
    }
    int len = snprintf(pid, sizeof pid, "%d\n", (int)getpid());
    if (ftruncate(fd, 0) < 0 || pwrite(fd, pid, (size_t)len, 0) != len) {
        log_error("start: cannot write %s: %s", path, strerror(errno));
        close(fd);
        return -1;
    }
    *out = fd;
    return 0;
}

static int open_directories(const struct config *config, pid_t *holder)
{
    if (check_directory(config->state_dir, true) < 0 || lock_directory(config->state_dir, &lock_fds[0], holder) < 0)
        return -1;
    if (statedir_make(config->runtime_dir, geteuid(), getegid()) < 0 ||
        check_directory(config->runtime_dir, false) < 0 ||
        lock_directory(config->runtime_dir, &lock_fds[1], holder) < 0)
        return -1;
    return 0;
}

int statedir_open(const struct config *config)
{
    if (open_directories(config, NULL) < 0 || statedir_make(config->spool_dir, geteuid(), getegid()) < 0)
        return -1;
    return check_directory(config->spool_dir, true);
}

int statedir_open_unless_used(const struct config *config, pid_t *holder)
{
    *holder = 0;
    if (open_directories(config, holder) == 0)
        return 0;
    statedir_close();
    return *holder != 0 ? 0 : -1;
}

void statedir_close(void)
{
    for (unsigned i = 0; i < 2; i++) {
        if (lock_fds[i] >= 0)
            close(lock_fds[i]);
        lock_fds[i] = -1;
    }
}
