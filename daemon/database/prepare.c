/* The built-in database, before its server: one server at a time, the data directory, versions; and the exec itself.
 * Runs in short-lived children, where waiting harms nobody. */
#include "base/log.h"
#include "daemon/database/server.h"
#include "daemon/process/privilege.h"
#include "daemon/process/process.h"
#include "daemon/process/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Seen: 26 MB for a new data directory; the rest is room to work. */
#define FIRST_RUN_BYTES (64u << 20)
#define LOG_KEEP_BYTES  (8 << 20)
#define PACKAGES        "install the packages mariadb-server-core and mariadb-client-core, or configure a server in [database]"

/* ---- Small parts ---- */

/* A state directory of PATH_MAX would have been refused long before: every mkdir in it would fail. */
static void path_in(const char *dir, const char *name, char out[PATH_MAX])
{
    if (snprintf(out, PATH_MAX, "%s/%s", dir, name) >= PATH_MAX)
        abort();
}

/* Debian has mariadbd in sbin, which is not in everybody's PATH. */
static bool find_program(const char *name, char out[PATH_MAX])
{
    const char *path = getenv("PATH");
    char list[4096];
    char *save = NULL;

    snprintf(list, sizeof list, "%s:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin", path ? path : "");
    for (char *dir = strtok_r(list, ":", &save); dir; dir = strtok_r(NULL, ":", &save)) {
        if (dir[0] == '/' && snprintf(out, PATH_MAX, "%s/%s", dir, name) < PATH_MAX && access(out, X_OK) == 0)
            return true;
    }
    log_error("the built-in database needs the program %s, which is not here: " PACKAGES, name);
    return false;
}

/* Runs in a child of the helper: same group, and its own death signal, since that is not inherited. */
static int run_program(char *const argv[], const char *log)
{
    int status;
    pid_t parent = getpid();
    pid_t pid = fork();

    if (pid < 0)
        return -errno;
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        if (getppid() == parent && spawn_prepare_exec(log) == 0)
            execv(argv[0], argv);
        _exit(127);
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return -errno;
    }
    return status;
}

/* The helper's group holds what it started: shell, bootstrap server. They must not outlive it. */
static void end_group(int sig)
{
    (void)sig;
    kill(0, SIGKILL);
}

/* ---- Versions ---- */

int privatedb_parse_version(const char *text, unsigned *major, unsigned *minor)
{
    char *end;
    *major = *minor = 0;
    if (text[0] < '0' || text[0] > '9')
        return -1;
    unsigned long first = strtoul(text, &end, 10);
    if (end[0] != '.' || end[1] < '0' || end[1] > '9')
        return -1;
    unsigned long second = strtoul(end + 1, &end, 10);
    if (end[0] != '.' || first > 999 || second > 999)
        return -1;
    *major = (unsigned)first;
    *minor = (unsigned)second;
    return 0;
}

int privatedb_data_version(const struct config *config, unsigned *major, unsigned *minor)
{
    static const char *const names[] = {"db/mariadb_upgrade_info", "db/mysql_upgrade_info"};
    char path[PATH_MAX], text[64] = "";
    int rc = -1;

    for (unsigned i = 0; i < 2 && rc < 0; i++) {
        path_in(config->state_dir, names[i], path);
        FILE *file = fopen(path, "re");
        if (file && fgets(text, sizeof text, file))
            rc = privatedb_parse_version(text, major, minor);
        if (file)
            fclose(file);
    }
    return rc;
}

/* "mariadbd  Ver 10.11.19-MariaDB-…" */
static int program_version(const char *program, unsigned *major, unsigned *minor)
{
    char command[PATH_MAX + 32], text[256] = "";

    snprintf(command, sizeof command, "'%s' --no-defaults --version", program);
    /* A shell sees nothing but one quoted word that has no quote in it. NOLINTNEXTLINE(cert-env33-c) */
    FILE *out = strchr(program, '\'') ? NULL : popen(command, "re");
    if (!out)
        return -1;
    (void)!fgets(text, sizeof text, out);
    pclose(out);
    const char *ver = strstr(text, " Ver ");
    return ver ? privatedb_parse_version(ver + 5, major, minor) : -1;
}

/* A server started on data of a newer one may damage it: refuse. An older one is upgraded after the start. */
static int check_version(const struct config *config, const char *program)
{
    unsigned data_major, data_minor, major, minor;

    if (privatedb_data_version(config, &data_major, &data_minor) < 0 || program_version(program, &major, &minor) < 0)
        return EXIT_DONE;
    if (data_major < major || (data_major == major && data_minor <= minor))
        return EXIT_DONE;
    log_error("the built-in database in %s/db was written by MariaDB %u.%u, the installed server is %u.%u: install "
              "MariaDB %u.%u or newer; the data was not touched",
              config->state_dir, data_major, data_minor, major, minor, data_major, data_minor);
    return EXIT_CONFIG;
}

/* ---- First start ---- */

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void say_why_install_failed(const struct config *config, int status, const char *log, int64_t log_offset)
{
    char reason[300];
    struct statvfs vfs;

    privatedb_first_error(log, log_offset, reason, sizeof reason);
    if (statvfs(config->state_dir, &vfs) == 0 && (uint64_t)vfs.f_bavail * vfs.f_frsize < FIRST_RUN_BYTES)
        snprintf(reason, sizeof reason, "only %llu MB are free there, %u are needed",
                 (unsigned long long)(vfs.f_bavail * vfs.f_frsize >> 20), FIRST_RUN_BYTES >> 20);
    log_error("the built-in database could not be created in %s (mariadb-install-db, status %d)%s%s; see %s",
              config->state_dir, status, reason[0] ? ": " : "", reason, log);
}

static int run_install(const struct config *config, const char *fresh, const char *log)
{
    char program[PATH_MAX], printer[PATH_MAX], datadir[PATH_MAX + 16], tmpdir[PATH_MAX + 32], user_option[100];
    const char *user = privilege_account();

    if (!find_program("mariadb-install-db", program) || !find_program("my_print_defaults", printer))
        return -1;
    if (!user) {
        log_error("the account with uid %u has no name in the user database; the built-in database logs in by name",
                  (unsigned)geteuid());
        return -1;
    }
    snprintf(datadir, sizeof datadir, "--datadir=%s", fresh);
    snprintf(tmpdir, sizeof tmpdir, "--tmpdir=%s/db.tmp", config->state_dir);
    snprintf(user_option, sizeof user_option, "--auth-root-socket-user=%s", user);
    char *const argv[] = {
        program, (char[]){"--no-defaults"}, datadir, tmpdir, (char[]){"--auth-root-authentication-method=socket"},
        user_option, (char[]){"--skip-test-db"},
        /* No account here goes by a host's name: a machine that does not know its own is good enough. */
        (char[]){"--skip-name-resolve"}, (char[]){"--force"}, (char[]){"--innodb-log-file-size=8M"},
        /* install() syncs everything once at the end, which takes less than half the time. */
        (char[]){"--loose-innodb-flush-method=nosync"}, (char[]){"--loose-debug-no-sync"}, NULL};
    struct stat st;
    int64_t log_offset = stat(log, &st) == 0 ? st.st_size : 0;
    int status = run_program(argv, log);
    if (status != 0)
        say_why_install_failed(config, status, log, log_offset);
    return status == 0 ? 0 : -1;
}

/* A server removes all temporary tables that it finds in its temporary directory when it starts, whoever's they are
 * (seen: a start of one server beside it broke our installation). So never /tmp, and always an empty one. */
static int make_tmpdir(const struct config *config)
{
    char path[PATH_MAX];

    path_in(config->state_dir, "db.tmp", path);
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    if (mkdir(path, 0700) == 0)
        return EXIT_DONE;
    log_error("cannot make the directory %s: %s", path, strerror(errno));
    return EXIT_CONFIG;
}

/* Made under another name and renamed when it is complete and on the disk: a kill in between leaves nothing half
 * made. */
static int install(const struct config *config, const char *log)
{
    char fresh[PATH_MAX], final[PATH_MAX];

    path_in(config->state_dir, "db.new", fresh);
    path_in(config->state_dir, "db", final);
    log_info("first start: creating the built-in database in %s (a few seconds)", final);
    nftw(fresh, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    int dir_fd = open(config->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir_fd < 0 || run_install(config, fresh, log) < 0) {
        if (dir_fd >= 0)
            close(dir_fd);
        return EXIT_CONFIG;
    }
    int rc = syncfs(dir_fd) == 0 && rename(fresh, final) == 0 && fsync(dir_fd) == 0 ? EXIT_DONE : EXIT_CONFIG;
    if (rc != EXIT_DONE)
        log_error("the built-in database could not be put in place as %s: %s", final, strerror(errno));
    close(dir_fd);
    return rc;
}

static int check_data(const struct config *config, const char *log)
{
    char path[PATH_MAX];
    struct stat st;

    path_in(config->state_dir, "db", path);
    if (lstat(path, &st) < 0)
        return errno == ENOENT ? install(config, log) : EXIT_CONFIG;
    if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid()) {
        log_error("%s belongs to uid %u or is not a directory; the daemon runs as uid %u and leaves it alone", path,
                  (unsigned)st.st_uid, (unsigned)geteuid());
        return EXIT_CONFIG;
    }
    path_in(config->state_dir, "db/mysql", path);
    if (access(path, X_OK) == 0)
        return EXIT_DONE;
    log_error("%s/db holds no database (no system tables); restore it from a backup, or move it away to begin with an "
              "empty one",
              config->state_dir);
    return EXIT_CONFIG;
}

int privatedb_prepare(const struct config *config, int lock_fd)
{
    char log[PATH_MAX], old[PATH_MAX], program[PATH_MAX];
    struct stat st;

    signal(SIGTERM, end_group);
    /* mariadb-install-db changes into directories of its own and wants to come back. */
    if (chdir(config->state_dir) < 0) {
        log_error("cannot enter %s: %s", config->state_dir, strerror(errno));
        return EXIT_CONFIG;
    }
    path_in(config->state_dir, "db.log", log);
    path_in(config->state_dir, "db.log.old", old);
    if (!find_program("mariadbd", program))
        return EXIT_CONFIG;
    int rc = privatedb_wait_for_predecessor(config, lock_fd);
    if (rc == EXIT_DONE && stat(log, &st) == 0 && st.st_size > LOG_KEEP_BYTES)
        rename(log, old);
    if (rc == EXIT_DONE)
        rc = make_tmpdir(config);
    if (rc == EXIT_DONE)
        rc = check_data(config, log);
    return rc == EXIT_DONE ? check_version(config, program) : rc;
}

/* ---- The server ---- */

#ifdef SYS_chown
#define CHOWN SYS_chown
#else
#define CHOWN SYS_fchownat
#endif

/* The server gives copies of its own files to itself, and takes a refusal for a failed statement: of two triggers on
 * one table the second. Where chown is forbidden, as by the shipped unit, let it do nothing and succeed: of two filters
 * that both answer for the kernel, the younger counts. */
static void forgive_chown(const char *own)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CHOWN, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO), /* 0: no error */
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {.len = sizeof code / sizeof *code, .filter = code};

    if (chown(own, geteuid(), getegid()) == 0)
        return;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
        log_warn("the built-in database may fail: it cannot change owners here (%s)", strerror(errno));
}

unsigned privatedb_connections(const struct config *config)
{
    unsigned ours = config->workers * CONNECTIONS_WORKER + config->runners * CONNECTIONS_RUNNER + CONNECTIONS_JANITOR;

    /* Twice: a process that was killed in the middle of a long statement leaves its connection until that ends, and its
     * successor has connected by then. The rest is for setup, backups and people. */
    return 2 * ours + 16;
}

int privatedb_exec_server(const struct config *config, int lock_fd)
{
    char program[PATH_MAX], log[PATH_MAX], datadir[PATH_MAX + 32], tmpdir[PATH_MAX + 32], socket[PATH_MAX + 32],
        pid_file[PATH_MAX + 32], log_option[PATH_MAX + 32], pool[64], connections[48], tables[48], notify[PATH_MAX];

    path_in(config->state_dir, "db.log", log);
    path_in(config->runtime_dir, "db.notify", notify);
    if (!find_program("mariadbd", program) || chdir(config->state_dir) < 0 || setenv("NOTIFY_SOCKET", notify, 1) < 0)
        return EXIT_CONFIG;
    snprintf(datadir, sizeof datadir, "--datadir=%s/db", config->state_dir);
    snprintf(tmpdir, sizeof tmpdir, "--tmpdir=%s/db.tmp", config->state_dir);
    snprintf(socket, sizeof socket, "--socket=%s", config->private_socket);
    snprintf(pid_file, sizeof pid_file, "--pid-file=%s/db.pid", config->runtime_dir);
    snprintf(log_option, sizeof log_option, "--log-error=%s", log);
    snprintf(pool, sizeof pool, "--innodb-buffer-pool-size=%llu", (unsigned long long)config->db_pool);
    snprintf(connections, sizeof connections, "--max-connections=%u", privatedb_connections(config));
    snprintf(tables, sizeof tables, "--table-open-cache=%u", 64 + 2 * privatedb_connections(config));
    fcntl(lock_fd, F_SETFD, 0); /* lives as long as the server: see server.h */
    if (spawn_prepare_exec(log) < 0) {
        log_error("cannot write %s: %s", log, strerror(errno));
        return EXIT_CONFIG;
    }
    forgive_chown(log);
    execl(program, program, "--no-defaults", datadir, tmpdir, socket, pid_file, "--skip-networking",
          "--skip-name-resolve", "--skip-log-bin", "--character-set-server=utf8mb4",
          "--collation-server=utf8mb4_uca1400_as_ci", "--performance-schema=0", pool, "--innodb-log-file-size=8M",
          "--innodb-log-buffer-size=2M", "--key-buffer-size=64K", "--aria-pagecache-buffer-size=1M", connections,
          "--thread-cache-size=4", tables, "--max-allowed-packet=16M", log_option, (char *)NULL);
    return EXIT_CONFIG;
}

/* ---- Its log ---- */

void privatedb_first_error(const char *log, int64_t offset, char *out, unsigned long size)
{
    char line[1024];
    FILE *file = fopen(log, "re");

    out[0] = '\0';
    if (!file)
        return;
    struct stat st;
    if (fstat(fileno(file), &st) == 0 && st.st_size < offset)
        offset = 0; /* moved aside meanwhile */
    fseeko(file, offset, SEEK_SET);
    while (out[0] == '\0' && fgets(line, sizeof line, file)) {
        /* The server's log, and what its bootstrap says about a statement. */
        const char *found = strstr(line, "[ERROR] ");
        found = found ? found + 8 : strncmp(line, "ERROR: ", 7) == 0 ? line + 7 : "";
        snprintf(out, size, "%.*s", (int)strcspn(found, "\r\n"), found);
    }
    fclose(file);
}
