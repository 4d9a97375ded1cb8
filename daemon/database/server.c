/* The built-in database: the states of its start and stop, as the master sees them. */
#include "daemon/database/server.h"

#include "base/log.h"
#include "daemon/process/notify.h"
#include "daemon/process/process.h"
#include "daemon/process/spawn.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Seen: 0.1 s, 1 s with recovery. The server asks for more by itself when it has a long recovery to do. */
#define START_MS        60000
#define STOP_MS         60000
/* A server that never came up in this life of the daemon: more tries would only repeat the message. */
#define FIRST_TRIES     3
/* sockaddr_un, minus room for the server's own checks. */
#define SOCKET_PATH_MAX 103

/* ---- Children ---- */

struct body {
    const struct config *config;
    int lock_fd;
    pid_t server;
};

static int prepare_body(void *ctx)
{
    const struct body *body = ctx;
    return privatedb_prepare(body->config, body->lock_fd);
}

static int server_body(void *ctx)
{
    const struct body *body = ctx;
    return privatedb_exec_server(body->config, body->lock_fd);
}

static int setup_body(void *ctx)
{
    const struct body *body = ctx;
    return privatedb_set_up(body->config);
}

static int guard_body(void *ctx)
{
    const struct body *body = ctx;
    return privatedb_guard(body->server);
}

/* The server gets TERM when the master dies and ends in good order; the helpers pass it on to their group. */
static pid_t start_child(struct privatedb *db, const char *role, int (*run)(void *), bool works_on_data)
{
    struct body body = {db->config, db->lock_fd, db->server};
    struct spawn how = {.role = role, .death_signal = SIGTERM, .keep = &db->lock_fd, .n_keep = works_on_data};

    pid_t pid = spawn_child(&how, run, &body);
    if (pid < 0)
        log_error("the built-in database: cannot fork: %s", strerror(-(int)pid));
    return pid;
}

/* ---- Moves ---- */

static void wait_and_retry(struct privatedb *db, int64_t now_ms)
{
    db->state = PRIVATEDB_WAITING;
    db->due_ms = restart_after_failure(&db->restart, now_ms);
    log_warn("the built-in database starts again in %lld ms; meanwhile polls are answered and new tasks are not taken",
             (long long)(db->due_ms - now_ms));
}

static void fail(struct privatedb *db, int64_t now_ms)
{
    if (!db->was_up && db->restart.failures + 1 >= FIRST_TRIES)
        db->state = PRIVATEDB_FAILED;
    else
        wait_and_retry(db, now_ms);
}

static void start_prepare(struct privatedb *db, int64_t now_ms)
{
    pid_t pid = start_child(db, "database setup", prepare_body, true);

    if (pid < 0) {
        fail(db, now_ms);
        return;
    }
    db->helper = pid;
    db->state = PRIVATEDB_PREPARING;
}

static void log_path(const struct privatedb *db, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/db.log", db->config->state_dir);
}

static void start_server(struct privatedb *db, int64_t now_ms)
{
    struct notify_message stale;
    char path[PATH_MAX];
    struct stat st;

    while (notify_receive(db->notify_fd, &stale)) /* of the server before */
        continue;
    log_path(db, path);
    db->log_offset = stat(path, &st) == 0 ? st.st_size : 0;
    pid_t pid = start_child(db, "mariadbd", server_body, true);
    if (pid < 0) {
        fail(db, now_ms);
        return;
    }
    db->server = pid;
    pid = start_child(db, "database guard", guard_body, false);
    db->guard =
        pid > 0 ? pid : 0; /* without one only a death of ours in the next moment would leave something behind */
    db->started_ms = now_ms;
    db->due_ms = now_ms + START_MS;
    db->state = PRIVATEDB_STARTING;
}

static void dismiss_guard(const struct privatedb *db)
{
    if (db->guard != 0)
        kill(db->guard, SIGKILL);
}

static void start_setup(struct privatedb *db, int64_t now_ms)
{
    dismiss_guard(db);
    pid_t pid = start_child(db, "database setup", setup_body, true);

    if (pid < 0) { /* without it the server is of no use; its death leads to the next try */
        kill(db->server, SIGTERM);
        db->due_ms = now_ms + STOP_MS;
        return;
    }
    db->helper = pid;
    db->state = PRIVATEDB_SETTING_UP;
    db->due_ms = INT64_MAX;
}

static void come_up(struct privatedb *db, int64_t now_ms)
{
    db->state = PRIVATEDB_UP;
    db->was_up = true;
    restart_worked(&db->restart);
    log_info("the built-in database (pid %d) is up after %lld ms, at %s", (int)db->server,
             (long long)(now_ms - db->started_ms), db->config->private_socket);
}

/* ---- What happens to it ---- */

static void server_message(struct privatedb *db, const struct notify_message *message, int64_t now_ms)
{
    if (message->status[0])
        log_debug("mariadbd: %s", message->status);
    /* Recovery after a crash may take long, and says so: patience, not a kill. */
    if (message->extend_us > 0 && db->due_ms != INT64_MAX) {
        int64_t until = now_ms + (int64_t)(message->extend_us / 1000 < 600000 ? message->extend_us / 1000 : 600000);
        db->due_ms = until > db->due_ms ? until : db->due_ms;
    }
    if (message->ready && db->state == PRIVATEDB_STARTING)
        start_setup(db, now_ms);
}

void privatedb_turn(struct privatedb *db, int64_t now_ms)
{
    struct notify_message message;

    while (db->notify_fd >= 0 && notify_receive(db->notify_fd, &message))
        server_message(db, &message, now_ms);
    if (now_ms < db->due_ms)
        return;
    if (db->state == PRIVATEDB_WAITING) {
        start_prepare(db, now_ms);
    } else if (db->state == PRIVATEDB_STARTING) {
        log_error("mariadbd (pid %d) is not ready after %lld s and is killed; see db.log in %s", (int)db->server,
                  (long long)(now_ms - db->started_ms) / 1000, db->config->state_dir);
        kill(db->server, SIGKILL);
        db->due_ms = INT64_MAX;
    } else if (db->state == PRIVATEDB_STOPPING) {
        log_warn("mariadbd (pid %d) still has work to do after %d s; it is left to finish by itself", (int)db->server,
                 STOP_MS / 1000);
        db->state = PRIVATEDB_STOPPED;
    }
}

int64_t privatedb_due(const struct privatedb *db)
{
    bool timed = db->state == PRIVATEDB_WAITING || db->state == PRIVATEDB_STARTING || db->state == PRIVATEDB_STOPPING;

    return timed ? db->due_ms : INT64_MAX;
}

static void helper_ended(struct privatedb *db, int status, int64_t now_ms)
{
    bool done = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_DONE;
    bool config = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_CONFIG;

    db->helper = 0;
    if (db->state == PRIVATEDB_STOPPING)
        return;
    if (WIFSIGNALED(status))
        log_warn("setting up the built-in database: killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    if (config)
        db->state = PRIVATEDB_FAILED;
    else if (done && db->state == PRIVATEDB_PREPARING)
        start_server(db, now_ms);
    else if (done && db->server != 0)
        come_up(db, now_ms);
    else if (db->server != 0)
        kill(db->server, SIGTERM); /* its death leads to the next try */
    else
        fail(db, now_ms);
}

static void server_ended(struct privatedb *db, int status, int64_t now_ms)
{
    char path[PATH_MAX], reason[300];

    db->server = 0;
    dismiss_guard(db);
    if (db->state == PRIVATEDB_STOPPING || db->state == PRIVATEDB_STOPPED) {
        db->state = db->helper == 0 ? PRIVATEDB_STOPPED : db->state;
        log_info("the built-in database has stopped");
        return;
    }
    log_path(db, path);
    privatedb_first_error(path, db->log_offset, reason, sizeof reason);
    db->restart.deaths++;
    log_error("mariadbd ended (%s %d) after %.1f s%s%s; its log is %s", WIFSIGNALED(status) ? "signal" : "exit code",
              WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), (double)(now_ms - db->started_ms) / 1000,
              reason[0] ? ": " : "", reason, path);
    if (db->state == PRIVATEDB_FAILED || db->helper != 0)
        return; /* the helper's end decides: without a server it counts as a failure */
    fail(db, now_ms);
}

bool privatedb_reaped(struct privatedb *db, pid_t pid, int wait_status, int64_t now_ms)
{
    if (pid == db->helper)
        helper_ended(db, wait_status, now_ms);
    else if (pid == db->server)
        server_ended(db, wait_status, now_ms);
    else if (pid == db->guard)
        db->guard = 0;
    else
        return false;
    return true;
}

void privatedb_stop(struct privatedb *db, int64_t now_ms)
{
    if (db->state == PRIVATEDB_OFF)
        return;
    /* While it starts nothing new is in it, and a SIGTERM may hang it (privatedb_guard). */
    int sig = db->state == PRIVATEDB_STARTING ? SIGKILL : SIGTERM;
    db->state = PRIVATEDB_STOPPING;
    db->due_ms = now_ms + STOP_MS;
    if (db->helper != 0)
        kill(-db->helper, SIGKILL);
    if (db->server != 0)
        kill(db->server, sig);
}

bool privatedb_gone(const struct privatedb *db)
{
    return db->state == PRIVATEDB_OFF || db->state == PRIVATEDB_STOPPED ||
           (db->helper == 0 && db->server == 0 && db->guard == 0);
}

bool privatedb_settled(const struct privatedb *db)
{
    return db->state == PRIVATEDB_OFF || db->state == PRIVATEDB_UP || db->was_up || db->restart.failures > 0;
}

const char *privatedb_state_name(const struct privatedb *db)
{
    static const char *const names[] = {[PRIVATEDB_OFF] = "off",
                                        [PRIVATEDB_WAITING] = "waiting to restart",
                                        [PRIVATEDB_PREPARING] = "being prepared",
                                        [PRIVATEDB_STARTING] = "starting",
                                        [PRIVATEDB_SETTING_UP] = "being set up",
                                        [PRIVATEDB_UP] = "up",
                                        [PRIVATEDB_STOPPING] = "stopping",
                                        [PRIVATEDB_STOPPED] = "stopped",
                                        [PRIVATEDB_FAILED] = "failed"};

    return names[db->state];
}

/* ---- Life cycle ---- */

int privatedb_init(struct privatedb *db, const struct config *config, int64_t now_ms)
{
    char path[PATH_MAX];

    *db = (struct privatedb){.config = config, .lock_fd = -1, .notify_fd = -1};
    if (!config->private_database)
        return 0;
    if (strlen(config->private_socket) > SOCKET_PATH_MAX) {
        log_error("start: %s is too long for a socket; set paths.runtime_dir to a shorter directory",
                  config->private_socket);
        return -1;
    }
    snprintf(path, sizeof path, "%s/db.lock", config->state_dir);
    db->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (db->lock_fd < 0) {
        log_error("start: cannot open %s: %s", path, strerror(errno));
        return -1;
    }
    snprintf(path, sizeof path, "%s/db.notify", config->runtime_dir);
    db->notify_fd = notify_listen(path);
    if (db->notify_fd < 0) {
        log_error("start: cannot listen on %s: %s", path, strerror(-db->notify_fd));
        return -1;
    }
    db->state = PRIVATEDB_WAITING;
    db->due_ms = now_ms;
    return 0;
}

void privatedb_fini(struct privatedb *db)
{
    if (db->lock_fd >= 0)
        close(db->lock_fd);
    if (db->notify_fd >= 0)
        close(db->notify_fd);
    db->lock_fd = db->notify_fd = -1;
}
