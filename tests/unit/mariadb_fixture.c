/* Install, start and stop a private mariadbd. */
#include "tests/unit/mariadb_fixture.h"

#include "store/internal.h"
#include "store/migrate.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char root[64], socket_path[96], account[64];
static _Atomic pid_t server; /* tests kill it from a fault hook on another thread */
static pid_t owner;
static struct store_config config;

static void fail(const char *what)
{
    fprintf(stderr, "mariadb fixture: %s: %s\n", what, strerror(errno));
    abort();
}

/* ---- Running programs ---------------------------------------------------------------------------------------- */

static pid_t spawn(char *const argv[], const char *log)
{
    pid_t parent = getpid(), pid = fork();
    if (pid != 0)
        return pid;
    /* The server must not outlive a test that crashes. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
        _exit(127);
    setenv("TMPDIR", root, 1); /* a server deletes all temporary tables there when it starts, its neighbours' too */
    execvp(argv[0], argv);
    _exit(127);
}

static bool have_program(const char *name)
{
    static const char *const folders[] = {"/usr/sbin", "/usr/bin", "/usr/libexec", "/usr/local/bin", "/usr/local/sbin"};
    char path[128];
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folders[i], name);
        if (access(path, X_OK) == 0)
            return true;
    }
    return false;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

/* ---- Server -------------------------------------------------------------------------------------------------- */

static void install(void)
{
    char data[96], log[96], user[80], socket_user[112];
    snprintf(data, sizeof data, "--datadir=%s/db", root);
    snprintf(log, sizeof log, "%s/install.log", root);
    snprintf(user, sizeof user, "--user=%s", account);
    snprintf(socket_user, sizeof socket_user, "--auth-root-socket-user=%s", account);
    char install_db[] = "mariadb-install-db", defaults[] = "--no-defaults",
         method[] = "--auth-root-authentication-method=socket", no_test[] = "--skip-test-db",
         no_names[] = "--skip-name-resolve", force[] = "--force", redo[] = "--innodb-log-file-size=8M";
    char *argv[] = {install_db, defaults, data, user, method, socket_user, no_test, no_names, force, redo, NULL};
    int status = 0;
    pid_t pid = spawn(argv, log);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        fail("mariadb-install-db");
    if (status != 0) {
        fprintf(stderr, "mariadb fixture: mariadb-install-db ended with status %d, see %s\n", status, log);
        abort();
    }
}

static bool answers(void)
{
    struct store_config bare = config;
    struct store_conn conn;
    bare.name = NULL;
    store_conn_init(&conn, &bare);
    bool ok = store_ensure(&conn) == 0;
    store_conn_fini(&conn);
    return ok;
}

static void start_server(void)
{
    char data[96], socket_option[112], pid_file[96], log[96], user[80];
    snprintf(data, sizeof data, "--datadir=%s/db", root);
    snprintf(socket_option, sizeof socket_option, "--socket=%s", socket_path);
    snprintf(pid_file, sizeof pid_file, "--pid-file=%s/pid", root);
    snprintf(log, sizeof log, "%s/server.log", root);
    snprintf(user, sizeof user, "--user=%s", account);
    char mariadbd[] = "mariadbd", defaults[] = "--no-defaults", a[] = "--skip-networking", b[] = "--skip-name-resolve",
         c[] = "--skip-log-bin", d[] = "--performance-schema=0", e[] = "--innodb-buffer-pool-size=32M",
         f[] = "--innodb-log-file-size=8M", g[] = "--max-allowed-packet=2M", h[] = "--max-connections=40",
         i[] = "--aria-pagecache-buffer-size=1M";
    char *argv[] = {mariadbd, defaults, data, socket_option, pid_file, user, a, b, c, d, e, f, g, h, i, NULL};
    server = spawn(argv, log);
    if (server < 0)
        fail("mariadbd");
    for (int tries = 0; tries < 600; tries++) { /* 30 s: a busy machine, recovery included */
        if (answers())
            return;
        if (waitpid(server, NULL, WNOHANG) == server) {
            fprintf(stderr, "mariadb fixture: mariadbd ended at start, see %s\n", log);
            abort();
        }
        store_sleep_ms(50);
    }
    fail("mariadbd does not answer");
}

void fixture_kill(void)
{
    if (server <= 0)
        return;
    kill(server, SIGKILL);
    kill(server, SIGCONT);
    waitpid(server, NULL, 0);
    server = 0;
}

void fixture_restart(void)
{
    if (server > 0)
        fixture_kill();
    start_server();
}

void fixture_pause(void)
{
    kill(server, SIGSTOP);
}

void fixture_resume(void)
{
    kill(server, SIGCONT);
}

static void clean_up(void)
{
    if (getpid() != owner) /* a forked child that calls exit() */
        return;
    fixture_kill();
    if (!getenv("PF_KEEP"))
        nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- Set-up -------------------------------------------------------------------------------------------------- */

static void make_paths(void)
{
    struct passwd *self = getpwuid(geteuid());
    const char *base = getenv("TMPDIR");
    /* The socket's path is bounded at 107 bytes, so a long TMPDIR will not do. */
    snprintf(root, sizeof root, "%s/pfdb.XXXXXX", base && strlen(base) < 40 ? base : "/tmp");
    if (!self || !mkdtemp(root))
        fail("temporary directory");
    snprintf(account, sizeof account, "%s", self->pw_name);
    snprintf(socket_path, sizeof socket_path, "%s/s", root);
    owner = getpid();
    atexit(clean_up);
}

int fixture_start(void)
{
    if (server > 0)
        return 0;
    if (!have_program("mariadbd") || !have_program("mariadb-install-db") || !have_program("my_print_defaults")) {
        fprintf(stderr, "skipped: needs mariadbd (apt install mariadb-server-core mariadb-client-core)\n");
        return -1;
    }
    signal(SIGPIPE, SIG_IGN);
    if (store_library_init() != 0)
        fail("client library");
    if (root[0] == 0) {
        make_paths();
        install();
    }
    config =
        (struct store_config){.socket = socket_path, .name = "pf_test", .lock_timeout_s = 1, .connect_timeout_s = 3};
    start_server();
    fixture_empty_database();
    return 0;
}

const struct store_config *fixture_config(void)
{
    return &config;
}

void fixture_empty_database(void)
{
    struct store_config bare = config;
    struct store_conn conn;
    struct store_error error;
    bare.name = NULL;
    store_conn_init(&conn, &bare);
    if (store_ensure(&conn) != 0 || store_exec(&conn, "DROP DATABASE IF EXISTS pf_test", NULL) != 0)
        fail(conn.error.text);
    store_conn_fini(&conn);
    if (store_create_database(&config, &error) != 0)
        fail(error.text);
}
