/* The master's loop and the order in which things start. */
#include "daemon/master/master.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/sandbox/landlock.h"
#include "daemon/process/notify.h"
#include "handlers/task_type.h"
#include "shm/lock.h"
#include "shm/wakeup.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* The loop turns at least this often, for heartbeats and for pokes that got lost. */
#define TICK_MS          1000
/* While children start: how soon their ACTIVE is noticed. */
#define STARTING_TICK_MS 20
#define SEGMENT_KEPT_MS  600000 /* a segment that lasted so long has worked: its loss is not a loop */

/* ---- Segment ---- */

/* Workers, runners and as many parsers, the janitor, the database; more than one entry for each, since a dead one is
 * only free again when the janitor has settled it. */
static uint32_t process_entries(const struct config *config)
{
    return PROCTAB_LIVES * (config->workers + 2 * config->runners + 1 + 1);
}

int master_new_segment(struct master *m)
{
    struct shm_geometry geometry = {
        .slots = m->config->slots, .procs = process_entries(m->config), .types = task_type_count()};

    for (unsigned i = 0; i < geometry.types; i++)
        geometry.type_limit[i] = (uint16_t)task_type_at(i)->concurrency;
    geometry.counters = METRICS_WORDS(geometry.types);
    int rc = shm_segment_new(&geometry, &m->segment);
    if (rc == 0) {
        rc = wakeup_init(m->segment);
        if (rc < 0)
            shm_segment_free(&m->segment);
        else
            reap_show_counts(m);
    }
    if (rc == -ENOSPC)
        log_error("start: /dev/shm has no room for the task table (tasks.slots = %u); enlarge it or lower tasks.slots",
                  m->config->slots);
    else if (rc < 0)
        log_error("start: cannot make the shared segment (tasks.slots = %u): %s", m->config->slots, strerror(-rc));
    return rc;
}

static void free_segment(struct master *m)
{
    if (!m->segment)
        return;
    wakeup_fini(m->segment);
    shm_segment_free(&m->segment);
}

/* ---- Events: they only end the wait, the turn does the work ---- */

static void on_wake(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    (void)ctx;
}

static struct event *event_for(struct master *m, int fd)
{
    struct event *event = event_new(m->base, fd, EV_READ | EV_PERSIST, on_wake, NULL);

    if (!event || event_add(event, NULL) < 0)
        abort();
    return event;
}

static void event_for_pokes(struct master *m)
{
    m->on_poke = event_for(m, wakeup_fd(m->segment, WAKEUP_MASTER));
}

static void unwatch(struct event **event)
{
    if (*event)
        event_free(*event);
    *event = NULL;
}

/* A signalfd instead of handlers: nothing interrupts, and there is nothing for a child to inherit but a mask. */
static int open_signals(struct master *m)
{
    sigset_t set;
    const int wanted[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        sigaddset(&set, wanted[i]);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return -errno;
    m->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return m->signal_fd < 0 ? -errno : 0;
}

static int open_loop(struct master *m)
{
    m->base = event_base_new();
    if (!m->base)
        return -ENOMEM;
    m->on_signal = event_for(m, m->signal_fd);
    event_for_pokes(m);
    if (m->database.notify_fd >= 0)
        m->on_notify = event_for(m, m->database.notify_fd);
    m->on_time = event_new(m->base, -1, 0, on_wake, NULL);
    return m->on_time ? 0 : -ENOMEM;
}

/* ---- One turn ---- */

static void take_signal(struct master *m, uint32_t sig, int64_t now_ms)
{
    if (sig == SIGHUP && m->stage != MASTER_DRAINING)
        reload_configuration(m);
    if (sig != SIGTERM && sig != SIGINT)
        return;
    if (m->stage == MASTER_DRAINING)
        drain_hurry(m, now_ms);
    else
        drain_begin(m, now_ms, EXIT_DONE, sig == SIGTERM ? "SIGTERM" : "SIGINT");
}

static void take_signals(struct master *m, int64_t now_ms)
{
    struct signalfd_siginfo info;

    while (read(m->signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
        take_signal(m, info.ssi_signo, now_ms);
}

static const struct post *janitor(const struct master *m)
{
    assert(m->posts[0].kind == PROC_JANITOR);
    return &m->posts[0];
}

/* ACTIVE, or at work for so long that waiting would only make polls fail: without its database it goes on trying, and
 * the workers answer what they can. */
static bool janitor_settled(const struct master *m, int64_t now_ms)
{
    int64_t limit = m->config->private_database ? MASTER_JANITOR_PRIVATE_MS : MASTER_JANITOR_EXTERNAL_MS;

    if (janitor(m)->active)
        return true;
    return m->restart[PROC_JANITOR].deaths > 0 || (janitor(m)->pid != 0 && now_ms - janitor(m)->started_ms > limit);
}

/* Runners as well, or a readiness asked for at once would say no; but one that cannot start must not keep polls from
 * being answered. */
static bool first_ones_ready(const struct master *m)
{
    for (unsigned i = 0; i < m->n_posts; i++) {
        const struct post *post = &m->posts[i];
        bool waived = post->kind == PROC_RUNNER && m->restart[PROC_RUNNER].deaths > 0;
        if ((post->kind == PROC_WORKER || post->kind == PROC_RUNNER) && !post->active && !waived)
            return false;
    }
    return true;
}

static void announce(struct master *m, int64_t now_ms)
{
    printf("ready: http=%s pid=%d\n", m->listeners.name, (int)m->pid);
    fflush(stdout);
    m->announced = true;
    notify_send("READY=1");
    log_info("ready after %lld ms: http %s, %u workers, %u runners, database %s%s", (long long)(now_ms - m->started_ms),
             m->listeners.name, m->config->workers, m->config->runners,
             m->config->private_database ? "built in (for evaluation and small sites) at " : "external",
             m->config->private_database ? m->config->private_socket : "");
    if (!janitor(m)->active)
        log_warn(
            "ready, but the janitor still waits for the database: polls are answered, new tasks are not taken yet");
}

static void start_more(struct master *m, int64_t now_ms)
{
    if (!m->others_may_start && janitor_settled(m, now_ms))
        m->others_may_start = true;
    children_start_due(m, now_ms);
    if (m->stage != MASTER_STARTING || !m->others_may_start || !first_ones_ready(m))
        return;
    m->stage = MASTER_SERVING;
    if (!m->announced)
        announce(m, now_ms);
}

/* All children are killed, nobody maps the old segment any more: begin again with an empty one. The janitor fills
 * it. */
static void renew_segment(struct master *m, int64_t now_ms)
{
    for (unsigned i = 0; i < m->n_posts; i++)
        children_kill(&m->posts[i], "the shared segment is lost");
    if (children_alive(m, 0) > 0)
        return;
    unwatch(&m->on_poke);
    free_segment(m);
    if (master_new_segment(m) < 0) {
        m->exit_code = EXIT_SHORTAGE;
        privatedb_stop(&m->database, now_ms);
        m->stage = MASTER_OVER;
        return;
    }
    event_for_pokes(m);
    m->database_pid = 0;
    m->others_may_start = false;
    m->restart[PROC_JANITOR].deaths = 0; /* those of earlier segments: this one has not been filled yet */
    if (now_ms - m->segment_restart.due_ms > SEGMENT_KEPT_MS)
        restart_worked(&m->segment_restart);
    int64_t due = restart_after_failure(&m->segment_restart, now_ms);
    for (unsigned i = 0; i < m->n_posts; i++)
        m->posts[i].due_ms = due;
    m->stage = MASTER_STARTING;
}

static void turn(struct master *m, int64_t now_ms)
{
    take_signals(m, now_ms);
    reap_children(m, now_ms);
    privatedb_turn(&m->database, now_ms);
    if (m->database.state == PRIVATEDB_FAILED)
        drain_begin(m, now_ms, EXIT_CONFIG, "the built-in database cannot be started, see above");
    supervise_kill_requests(m);
    supervise_children(m, now_ms);
    supervise_database(m);
    if (m->stage == MASTER_RENEWING)
        renew_segment(m, now_ms);
    if (m->stage == MASTER_OVER)
        return;
    start_more(m, now_ms);
    reload_turn(m, now_ms);
    drain_turn(m, now_ms);
    supervise_report(m, now_ms);
    log_flush();
    m->turned_ms = now_ms;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static bool somebody_starts(const struct master *m)
{
    for (unsigned i = 0; i < m->n_posts; i++) {
        if (m->posts[i].kind != PROC_PARSER && m->posts[i].pid != 0 && !m->posts[i].active)
            return true;
    }
    return false;
}

static void arm_timer(struct master *m, int64_t now_ms)
{
    int64_t wait = somebody_starts(m) ? STARTING_TICK_MS : TICK_MS;

    wait = least(wait, children_due(m) - now_ms);
    wait = least(wait, privatedb_due(&m->database) - now_ms);
    if (notify_watchdog_ms() != 0)
        wait = least(wait, m->watchdog_ms - now_ms);
    if (wait < STARTING_TICK_MS)
        wait = STARTING_TICK_MS; /* what is due but held back by something else must not make the loop spin */
    struct timeval tv = {.tv_sec = (time_t)(wait / 1000), .tv_usec = (suseconds_t)(wait % 1000 * 1000)};
    event_add(m->on_time, &tv);
}

static void loop(struct master *m)
{
    for (;;) {
        int64_t now_ms = clock_mono_ms();
        turn(m, now_ms);
        if (m->stage == MASTER_OVER)
            return;
        arm_timer(m, now_ms);
        if (event_base_loop(m->base, EVLOOP_ONCE) < 0) {
            log_error("the master's event loop failed: %s", strerror(errno));
            abort();
        }
    }
}

int master_run(struct master *m)
{
    int rc = open_signals(m);

    m->started_ms = clock_mono_ms();
    m->watchdog_ms = m->started_ms;
    if (rc == 0 && pipe2(m->alive_pipe, O_CLOEXEC) < 0)
        rc = -errno;
    if (rc == 0)
        rc = open_loop(m);
    if (rc < 0) {
        log_error("start: cannot set up the master's loop: %s", strerror(-rc));
        return EXIT_SHORTAGE;
    }
    if (landlock_version() == 0)
        log_warn("this kernel has no landlock: parsers are locked in by seccomp and limits alone");
    parserhub_init(&m->parsers, m->config->runners);
    children_make_posts(m);
    loop(m);
    log_info("stopped");
    return m->exit_code;
}

void master_fini(struct master *m)
{
    unwatch(&m->on_signal);
    unwatch(&m->on_poke);
    unwatch(&m->on_notify);
    unwatch(&m->on_time);
    if (m->base)
        event_base_free(m->base);
    m->base = NULL;
    for (unsigned i = 0; i < 2; i++) {
        if (m->alive_pipe[i] >= 0)
            close(m->alive_pipe[i]);
    }
    if (m->signal_fd >= 0)
        close(m->signal_fd);
    parserhub_fini(&m->parsers);
    free(m->posts);
    m->posts = NULL;
    privatedb_fini(&m->database);
    free_segment(m);
    listeners_close(&m->listeners);
    config_free(&m->config);
}
