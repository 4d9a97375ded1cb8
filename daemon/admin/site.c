/* Opens the daemon's database for a command. */
#include "daemon/admin/site.h"

#include "base/clock.h"
#include "daemon/process/privilege.h"
#include "daemon/process/statedir.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A daemon that has just been started makes or recovers its database first. */
#define DAEMON_WAIT_MS 60000
#define LOOK_MS        100
/* A row of a table that is read takes this long at most. */
#define READ_TIMEOUT_S 3600

/* ---- The built-in server, if no daemon runs it --------------------------------------------------------------- */

static void reap(struct privatedb *server)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        (void)privatedb_reaped(server, pid, status, clock_mono_ms());
}

/* One turn of what the master does for it. */
static void turn(struct site *site)
{
    struct pollfd fds[] = {{.fd = site->signal_fd, .events = POLLIN}, {.fd = site->server.notify_fd, .events = POLLIN}};
    int64_t wait = privatedb_due(&site->server) - clock_mono_ms();
    struct signalfd_siginfo info;

    (void)poll(fds, 2, wait < 0 ? 0 : wait > 1000 ? 1000 : (int)wait);
    while (read(site->signal_fd, &info, sizeof info) > 0)
        continue;
    reap(&site->server);
    privatedb_turn(&site->server, clock_mono_ms());
}

static int listen_to_children(struct site *site)
{
    sigset_t children;

    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &children, NULL) != 0)
        return -1;
    site->signal_fd = signalfd(-1, &children, SFD_NONBLOCK | SFD_CLOEXEC);
    return site->signal_fd < 0 ? -1 : 0;
}

static int start_server(struct site *site)
{
    struct privatedb *server = &site->server;

    if (listen_to_children(site) != 0)
        return admin_say(site->admin, ADMIN_FAILED, "%s", strerror(errno));
    if (privatedb_init(server, site->admin->config, clock_mono_ms()) < 0)
        return ADMIN_FAILED;
    while (server->state != PRIVATEDB_UP && server->state != PRIVATEDB_FAILED)
        turn(site);
    if (server->state == PRIVATEDB_UP)
        return ADMIN_DONE;
    return admin_say(site->admin, ADMIN_AWAY, "the built-in database does not start");
}

static void stop_server(struct site *site)
{
    struct privatedb *server = &site->server;

    if (server->state == PRIVATEDB_OFF)
        return;
    privatedb_stop(server, clock_mono_ms());
    while (!privatedb_gone(server))
        turn(site);
    privatedb_fini(server);
}

/* ---- The connection ------------------------------------------------------------------------------------------ */

int site_say(const struct site *site)
{
    const struct store_error *error = &site->conn.error;
    bool away = error->cls == STORE_GONE || error->cls == STORE_UNKNOWN || error->cls == STORE_UNUSABLE;

    return admin_say(site->admin, away ? ADMIN_AWAY : ADMIN_FAILED, "the database: %s", error->text);
}

/* The built-in database of a daemon that is starting is not there yet. */
static int connect_database(struct site *site)
{
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
    int64_t end = clock_mono_ms() + DAEMON_WAIT_MS;
    bool may_come = site->admin->config->private_database && site->daemon != 0;

    while (store_ensure(&site->conn) != 0) {
        if (!may_come || site->conn.error.cls != STORE_GONE || clock_mono_ms() > end)
            return site_say(site);
        nanosleep(&pause, NULL);
    }
    return ADMIN_DONE;
}

static bool has_data(const struct config *config)
{
    char path[PATH_MAX];

    return snprintf(path, sizeof path, "%s/db", config->state_dir) < PATH_MAX && access(path, F_OK) == 0;
}

static int find_database(struct site *site, bool make)
{
    const struct config *config = site->admin->config;

    if (!config->private_database || site->daemon != 0)
        return ADMIN_DONE;
    if (!make && !has_data(config))
        return admin_say(site->admin, ADMIN_REFUSED,
                         "there is no database in %s: name the daemon's configuration by --config", config->state_dir);
    return start_server(site);
}

int site_open(struct site *site, const struct admin *admin, enum site_use use, bool make)
{
    *site = (struct site){.admin = admin, .signal_fd = -1, .server = {.lock_fd = -1, .notify_fd = -1}};
    site->store = config_store(admin->config, READ_TIMEOUT_S, 0);
    store_conn_init(&site->conn, &site->store);
    if (privilege_drop(admin->config) < 0 || statedir_open_unless_used(admin->config, &site->daemon) < 0)
        return ADMIN_USAGE;
    if (site->daemon > 0 && use == SITE_ALONE)
        return admin_say(admin, ADMIN_REFUSED, "the daemon is running (pid %d); stop it first", (int)site->daemon);
    if (site->daemon != 0 && use == SITE_ALONE)
        return admin_say(admin, ADMIN_REFUSED, "the daemon is running; stop it first");
    int code = find_database(site, make);
    return code == ADMIN_DONE ? connect_database(site) : code;
}

void site_close(struct site *site)
{
    store_conn_fini(&site->conn);
    stop_server(site);
    if (site->signal_fd >= 0)
        close(site->signal_fd);
    statedir_close();
}
