/* Looking after the living: readiness, heartbeats, kill requests, and what the service manager is told. */
#include "base/log.h"
#include "daemon/master/master.h"
#include "daemon/process/notify.h"
#include "shm/wakeup.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* When our own turn comes this late, everybody was asleep: the machine was suspended or all of us were stopped. */
#define OVERSLEPT_MS 5000
#define PATIENCE_MS  30000

static void note_active(struct master *m, struct post *post)
{
    char role[48];

    post->active = true;
    restart_worked(&m->restart[post->kind]);
    children_role(post, role, sizeof role);
    log_debug("%s (pid %d, generation %u) is ready", role, (int)post->pid, post->ref.generation);
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* A child that has not beaten yet is measured from its birth: that is the time limit of the start. */
static int64_t silence(const struct master *m, const struct post *post, const struct proc_info *info, int64_t now_ms)
{
    return now_ms - later(later(info->beat_ms, post->started_ms), m->beat_floor_ms);
}

/* Gossip about an earlier life of the entry says nothing about this child. */
static bool read_entry(const struct master *m, const struct post *post, struct proc_info *out)
{
    return proctab_read(m->segment, post->ref.slot, out) && out->ref.generation == post->ref.generation;
}

void supervise_readiness(struct master *m, struct post *post)
{
    struct proc_info info;
    bool ready = read_entry(m, post, &info) && (info.state == PROC_ACTIVE || info.state == PROC_STOPPING);

    if (ready && !post->active)
        note_active(m, post);
}

static void supervise_child(struct master *m, struct post *post, int64_t now_ms)
{
    struct proc_info info;

    if (post->kill_ms != 0 && now_ms >= post->kill_ms)
        children_kill(post, "it did not end in time");
    supervise_readiness(m, post);
    /* A parser waits for its file without a table to beat into. */
    if (post->kind != PROC_PARSER && read_entry(m, post, &info) && silence(m, post, &info, now_ms) > MASTER_HUNG_MS)
        children_kill(post, post->active ? "no heartbeat" : "not ready in time");
}

void supervise_children(struct master *m, int64_t now_ms)
{
    if (m->turned_ms != 0 && now_ms - m->turned_ms > OVERSLEPT_MS)
        m->beat_floor_ms = now_ms;
    for (unsigned i = 0; i < m->n_posts; i++) {
        if (m->posts[i].pid != 0)
            supervise_child(m, &m->posts[i], now_ms);
    }
}

/* The janitor asks, we do it: only we know that a pid still is the process it means. */
void supervise_kill_requests(struct master *m)
{
    wakeup_drain(m->segment, WAKEUP_MASTER);
    for (unsigned i = 0; i < m->n_posts; i++) {
        struct post *post = &m->posts[i];
        struct proc_ref who;
        if (post->pid == 0)
            continue;
        int sig = proctab_take_kill(m->segment, post->ref.slot, &who);
        if (sig <= 0 || sig >= NSIG || who.generation != post->ref.generation || who.slot != post->ref.slot)
            continue;
        if (sig == SIGKILL)
            children_kill(post, post->kind == PROC_PARSER
                                    ? "its runner asked for it (it did not leave)"
                                    : "the janitor asked for it (time limit, cancellation or memory)");
        else
            kill(post->pid, sig);
    }
}

/* The database's server has an entry too, so that /processes shows the whole daemon. */
void supervise_database(struct master *m)
{
    const struct privatedb *db = &m->database;

    if (m->database_pid != 0 && m->database_pid != db->server) {
        proctab_dead(m->segment, m->database_ref, 0);
        proctab_release(m->segment, m->database_ref);
        m->database_pid = 0;
    }
    if (m->database_pid == 0 && db->server != 0 && db->state == PRIVATEDB_UP &&
        proctab_assign(m->segment, PROC_DATABASE, 0, &m->database_ref) == 0) {
        m->database_pid = db->server;
        proctab_set_pid(m->segment, m->database_ref, db->server);
        proctab_active(m->segment, m->database_ref);
    }
    if (m->database_pid != 0)
        proctab_beat(m->segment, m->database_ref); /* waitpid says more about it than a beat could */
}

/* Alive means more than "the master's loop turns": at least one worker that claims to work must have beaten lately. */
static bool workers_fresh(const struct master *m, int64_t now_ms)
{
    unsigned active = 0, fresh = 0;
    struct proc_info info;

    for (unsigned i = 0; i < m->n_posts; i++) {
        const struct post *post = &m->posts[i];
        if (post->kind != PROC_WORKER || post->pid == 0 || !read_entry(m, post, &info))
            continue;
        active++;
        fresh += silence(m, post, &info, now_ms) <= MASTER_HUNG_MS + OVERSLEPT_MS;
    }
    return active == 0 || fresh > 0;
}

static void report_status(const struct master *m)
{
    char throttled[120] = "";

    for (int kind = PROC_WORKER; kind <= PROC_PARSER; kind++) {
        if (restart_throttled(&m->restart[kind])) {
            size_t len = strlen(throttled);
            snprintf(throttled + len, sizeof throttled - len, "; %s keeps failing, see the log",
                     proc_kind_name((enum proc_kind)kind));
        }
    }
    if (m->stage == MASTER_DRAINING)
        notify_status("stopping: %u processes left", children_alive(m, 0));
    else
        notify_status("%s: %u of %u workers, %u of %u runners, built-in database %s%s",
                      m->announced ? "serving" : "starting", children_alive(m, PROC_WORKER), m->config->workers,
                      children_alive(m, PROC_RUNNER), m->config->runners, privatedb_state_name(&m->database),
                      throttled);
}

/* A first start on a slow disk, or a long recovery, must not make the service manager give up. */
static void ask_for_patience(struct master *m, int64_t now_ms)
{
    enum privatedb_state state = m->database.state;
    bool working = state == PRIVATEDB_PREPARING || state == PRIVATEDB_STARTING || state == PRIVATEDB_SETTING_UP;

    if (m->announced || m->stage != MASTER_STARTING || !working || now_ms < m->patience_ms)
        return;
    m->patience_ms = now_ms + PATIENCE_MS / 3;
    notify_send("EXTEND_TIMEOUT_USEC=%d", PATIENCE_MS * 1000);
}

void supervise_report(struct master *m, int64_t now_ms)
{
    report_status(m);
    ask_for_patience(m, now_ms);
    if (notify_watchdog_ms() == 0 || now_ms < m->watchdog_ms)
        return;
    m->watchdog_ms = now_ms + notify_watchdog_ms();
    if (workers_fresh(m, now_ms))
        notify_send("WATCHDOG=1");
}
