/* The built-in database: one server at a time, and none left over. */
#include "base/clock.h"
#include "base/log.h"
#include "daemon/database/server.h"
#include "daemon/process/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <time.h>
#include <unistd.h>

/* An orderly stop took 12-100 ms; flushing a big pool to a slow disk takes longer. After this time the old server is
 * taken for hung and killed: InnoDB recovers from that as from any crash. */
#define PREDECESSOR_MS 60000
#define AFTER_KILL_MS  10000
#define NEXT_LOOK_MS   20
#define TELL_MS        1000

/* ---- The guard of a start ---- */

static volatile sig_atomic_t guarded_pidfd = -1;

static void kill_guarded(int sig)
{
    (void)sig;
    /* A bare system call. NOLINTNEXTLINE(bugprone-signal-handler,cert-sig30-c) */
    pidfd_send_signal(guarded_pidfd, SIGKILL, NULL, 0);
    _exit(EXIT_DONE);
}

int privatedb_guard(pid_t server)
{
    guarded_pidfd = pidfd_open(server, 0);
    if (guarded_pidfd < 0)
        return EXIT_DONE; /* it has ended already */
    signal(SIGTERM, kill_guarded);
    for (;;)
        pause();
}

/* ---- The predecessor ---- */

/* Does this process have the lock file open? */
static bool holds(const char *pid, const char *lock_path)
{
    char path[64], link[PATH_MAX];
    struct dirent *entry;
    bool found = false;

    snprintf(path, sizeof path, "/proc/%.16s/fd", pid);
    DIR *dir = opendir(path);
    while (dir && !found && (entry = readdir(dir))) {
        ssize_t n = readlinkat(dirfd(dir), entry->d_name, link, sizeof link - 1);
        link[n > 0 ? n : 0] = '\0';
        found = strcmp(link, lock_path) == 0;
    }
    if (dir)
        closedir(dir);
    return found;
}

/* The pid of a process of an earlier daemon that keeps the lock, 0 when there is none to be seen. Our own daemon has
 * the file open too: its master, and this helper. */
static pid_t find_holder(const char *lock_path)
{
    struct dirent *entry;
    pid_t found = 0;
    DIR *dir = opendir("/proc");

    while (dir && found == 0 && (entry = readdir(dir))) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 1 && pid != getpid() && pid != getppid() && holds(entry->d_name, lock_path))
            found = pid;
    }
    if (dir)
        closedir(dir);
    return found;
}

/* By descriptor: if the process ends and its number is given away between the look and the kill, nobody else is hit. */
static void kill_holder(const char *lock_path)
{
    pid_t pid = find_holder(lock_path);
    char text[16];
    int fd = pid > 0 ? pidfd_open(pid, 0) : -1;

    if (fd < 0)
        return;
    snprintf(text, sizeof text, "%d", (int)pid);
    if (holds(text, lock_path)) {
        log_warn("the database server of an earlier daemon (pid %d) does not end; it is killed, and its data recovered",
                 (int)pid);
        pidfd_send_signal(fd, SIGKILL, NULL, 0);
    }
    close(fd);
}

/* Returns 0, or errno: EAGAIN when somebody else has it. */
static int try_lock(int lock_fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    if (fcntl(lock_fd, F_OFD_SETLK, &lock) == 0)
        return 0;
    return errno == EACCES || errno == EINTR ? EAGAIN : errno;
}

/* Returns 0, EAGAIN when the time is over, or another error. */
static int lock_within(int lock_fd, int64_t limit_ms, const char *lock_path)
{
    const struct timespec pause = {.tv_nsec = NEXT_LOOK_MS * 1000000L};
    int64_t start = clock_mono_ms();
    bool told = false;
    int rc;

    while ((rc = try_lock(lock_fd)) == EAGAIN && clock_mono_ms() - start < limit_ms) {
        if (!told && clock_mono_ms() - start > TELL_MS) {
            log_info("waiting for the database server of an earlier daemon (pid %d) to end",
                     (int)find_holder(lock_path));
            told = true;
        }
        nanosleep(&pause, NULL);
    }
    return rc;
}

int privatedb_wait_for_predecessor(const struct config *config, int lock_fd)
{
    char lock_path[PATH_MAX];

    if (snprintf(lock_path, sizeof lock_path, "%s/db.lock", config->state_dir) >= PATH_MAX)
        return EXIT_CONFIG;
    int rc = lock_within(lock_fd, PREDECESSOR_MS, lock_path);
    if (rc == EAGAIN) {
        kill_holder(lock_path);
        rc = lock_within(lock_fd, AFTER_KILL_MS, lock_path);
    }
    if (rc == 0)
        return EXIT_DONE;
    if (rc == EAGAIN)
        log_error("the database server of an earlier daemon is still working on %s/db; stop it", config->state_dir);
    else
        log_error("cannot lock %s: %s", lock_path, strerror(rc));
    return rc == EAGAIN ? EXIT_SHORTAGE : EXIT_CONFIG;
}
